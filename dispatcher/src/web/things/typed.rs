//! What somebody types about a thing, and the thing that it means.

use certus_registry::resource::{Location, Months, ResourceCode};
use certus_registry::store::{organisation, volunteer};
use certus_registry::vocabulary::CompetenceKind;
use certus_registry::volunteer::PersonName;
use certus_registry::{
    Language, Organisation, OrganisationId, Phone, Remit, Resource, ResourceId, ResourceKind, Season,
    VolunteerId, WeeklyHours,
};
use serde::Deserialize;

use super::field::{Field, Form, Wrongs, options, read, read_optional};
use crate::api::{App, Problem};
use crate::places::coordinates;
use crate::text::text;

/// The form about a thing.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Typed {
    pub(super) code: String,
    kind: String,
    at: String,
    keeper: String,
    place: String,
    months: String,
    hours: String,
    season: String,
    licence: String,
    organisation: String,
    county: String,
}

/// What the form offers.
pub(super) struct Choices<'a> {
    pub(super) organisations: &'a [Organisation],
    /// Codes and names.
    pub(super) kinds: Vec<(String, String)>,
}

impl Typed {
    /// A new thing's form: everything as it mostly is.
    pub(super) fn fresh() -> Self {
        let (months, hours) = (Months::ALL.to_string(), WeeklyHours::ALWAYS.to_string());
        Self { months, hours, ..Self::default() }
    }

    /// The form that says what is held; `phone` is the keeper's.
    pub(super) fn of(held: &Resource, phone: Option<&Phone>) -> Self {
        let at = match held.location {
            Location::Fixed(at) => format!("{}, {}", at.lat(), at.lon()),
            Location::Keeper(_) => String::new(),
        };
        let said = |word: Option<&str>| word.unwrap_or_default().to_owned();
        Self {
            code: held.code.to_string(),
            kind: held.kind.to_string(),
            at,
            keeper: said(phone.map(Phone::as_str)),
            place: said(held.place.as_ref().map(PersonName::as_str)),
            months: held.months.to_string(),
            hours: held.hours.to_string(),
            season: said(held.season.map(Season::as_str)),
            licence: said(held.licence.map(CompetenceKind::as_str)),
            organisation: held.organisation.map_or_else(String::new, |id| id.to_string()),
            county: held.county.name().to_owned(),
        }
    }

    /// The fields that a remit leaves open, with what is wrong beside them.
    pub(super) fn fields(
        &self,
        language: Language,
        remit: Remit,
        choices: Choices<'_>,
        wrongs: &Wrongs,
    ) -> Vec<Field> {
        let nobody = (String::new(), text(language, "things-none", &[]));
        let named = |one: &Organisation| (one.id.to_string(), one.name.as_str().to_owned());
        let organisations = std::iter::once(nobody).chain(choices.organisations.iter().map(named)).collect();
        let none = Some("things-as-its-kind");
        let form = Form::new(language, "thing-field", wrongs)
            .needed("code", &self.code, "text", 40)
            .choice("kind", &self.kind, choices.kinds)
            .words("at", &self.at, "text", 100)
            .explained()
            .words("keeper", &self.keeper, "tel", 30)
            .explained()
            .words("place", &self.place, "text", PersonName::LENGTH_MAX)
            .explained()
            .words("months", &self.months, "text", 40)
            .explained()
            .words("hours", &self.hours, "text", 300)
            .explained()
            .choice("season", &self.season, options(language, "season", Season::ALL, none))
            .choice("licence", &self.licence, options(language, "competence", CompetenceKind::ALL, none));
        match remit {
            Remit::All => form
                .choice("organisation", &self.organisation, organisations)
                .words("county", &self.county, "text", 40)
                .fields(),
            Remit::County(_) => form.choice("organisation", &self.organisation, organisations).fields(),
            Remit::Organisation(..) => form.fields(),
        }
    }

    /// The thing that was typed, as one that nobody has confirmed; or what is wrong.
    pub(super) async fn thing(
        &self,
        app: &App,
        remit: Remit,
        id: ResourceId,
    ) -> Result<Result<Resource, Wrongs>, Problem> {
        let mut wrongs = Wrongs::new();
        let code: Option<ResourceCode> = read(&mut wrongs, "code", &self.code, "thing-wrong-code");
        let kind: Option<ResourceKind> = read(&mut wrongs, "kind", &self.kind, "thing-wrong-kind");
        let place = read_optional(&mut wrongs, "place", &self.place, "thing-wrong-place");
        let months = read_optional(&mut wrongs, "months", &self.months, "thing-wrong-months");
        let hours = read_optional(&mut wrongs, "hours", &self.hours, "plan-wrong-hours");
        let season = read_optional(&mut wrongs, "season", &self.season, "thing-wrong-season");
        let licence = read_optional(&mut wrongs, "licence", &self.licence, "thing-wrong-licence");
        let organisation = self.organisation(app, remit, &mut wrongs).await?;
        let typed = if remit.is_all() { self.county.as_str() } else { "" };
        let county = read_optional(&mut wrongs, "county", typed, "thing-wrong-county");
        let county = county.or(remit.county()).unwrap_or(app.config.county);
        let location = self.location(app, remit, &mut wrongs).await?;
        Ok(match (code, kind, location) {
            (Some(code), Some(kind), Some(location)) if wrongs.is_empty() => Ok(Resource {
                place,
                months: months.unwrap_or(Months::ALL),
                hours: hours.unwrap_or(WeeklyHours::ALWAYS),
                season,
                licence,
                organisation,
                ..Resource::new(id, code, kind, location, county)
            }),
            _ => Err(wrongs),
        })
    }

    /// Who lists it: whoever keeps one list adds to that one.
    async fn organisation(
        &self,
        app: &App,
        remit: Remit,
        wrongs: &mut Wrongs,
    ) -> Result<Option<OrganisationId>, Problem> {
        if let Some(own) = remit.organisation() {
            return Ok(Some(own));
        }
        let expected = "thing-wrong-organisation";
        let id: Option<OrganisationId> = read_optional(wrongs, "organisation", &self.organisation, expected);
        let Some(id) = id else { return Ok(None) };
        if organisation::get(&app.db, remit, id).await?.is_none() {
            wrongs.insert("organisation", expected);
        }
        Ok(Some(id))
    }

    /// Where it is: one of a place and a keeper.
    async fn location(
        &self,
        app: &App,
        remit: Remit,
        wrongs: &mut Wrongs,
    ) -> Result<Option<Location>, Problem> {
        match (self.at.trim(), self.keeper.trim()) {
            ("", "") => {
                wrongs.insert("at", "thing-wrong-nowhere");
                Ok(None)
            }
            (at, "") => {
                let read = coordinates::read(at).and_then(Result::ok);
                if read.is_none() {
                    wrongs.insert("at", "thing-wrong-at");
                }
                Ok(read.map(|read| Location::Fixed(read.position)))
            }
            ("", phone) => {
                let keeper = self.keeper(app, remit, phone).await?;
                if keeper.is_none() {
                    wrongs.insert("keeper", "thing-wrong-keeper");
                }
                Ok(keeper.map(Location::Keeper))
            }
            (_, _) => {
                wrongs.insert("keeper", "thing-wrong-both");
                Ok(None)
            }
        }
    }

    async fn keeper(&self, app: &App, remit: Remit, phone: &str) -> Result<Option<VolunteerId>, Problem> {
        let Ok(phone) = phone.parse::<Phone>() else { return Ok(None) };
        Ok(volunteer::by_phone(&app.db, remit, &phone).await?.map(|person| person.id))
    }
}
