//! What somebody types about a thing, and the thing that it means.

use certus_registry::resource::{Location, Months, ResourceCode};
use certus_registry::store::volunteer;
use certus_registry::vocabulary::{CompetenceKind, ResourceKind};
use certus_registry::volunteer::PersonName;
use certus_registry::{
    Language, Organisation, OrganisationId, Phone, Resource, ResourceId, Season, VolunteerId, WeeklyHours,
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
        }
    }

    /// The fields, with what is wrong beside them.
    pub(super) fn fields(&self, language: Language, known: &[Organisation], wrongs: &Wrongs) -> Vec<Field> {
        let nobody = (String::new(), text(language, "things-none", &[]));
        let named = |one: &Organisation| (one.id.to_string(), one.name.as_str().to_owned());
        let organisations = std::iter::once(nobody).chain(known.iter().map(named)).collect();
        let none = Some("things-none");
        Form::new(language, "thing-field", wrongs)
            .needed("code", &self.code, "text", 40)
            .choice("kind", &self.kind, options(language, "kind", ResourceKind::ALL, None))
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
            .choice("licence", &self.licence, options(language, "competence", CompetenceKind::ALL, none))
            .choice("organisation", &self.organisation, organisations)
            .fields()
    }

    /// The thing that was typed, as one that nobody has confirmed; or what is wrong.
    pub(super) async fn thing(&self, app: &App, id: ResourceId) -> Result<Result<Resource, Wrongs>, Problem> {
        let mut wrongs = Wrongs::new();
        let code: Option<ResourceCode> = read(&mut wrongs, "code", &self.code, "thing-wrong-code");
        let kind: Option<ResourceKind> = read(&mut wrongs, "kind", &self.kind, "thing-wrong-kind");
        let place = read_optional(&mut wrongs, "place", &self.place, "thing-wrong-place");
        let months = read_optional(&mut wrongs, "months", &self.months, "thing-wrong-months");
        let hours = read_optional(&mut wrongs, "hours", &self.hours, "plan-wrong-hours");
        let season = read_optional(&mut wrongs, "season", &self.season, "thing-wrong-season");
        let licence = read_optional(&mut wrongs, "licence", &self.licence, "thing-wrong-licence");
        let organisation: Option<OrganisationId> =
            read_optional(&mut wrongs, "organisation", &self.organisation, "thing-wrong-organisation");
        let location = self.location(app, &mut wrongs).await?;
        Ok(match (code, kind, location) {
            (Some(code), Some(kind), Some(location)) if wrongs.is_empty() => Ok(Resource {
                place,
                months: months.unwrap_or(Months::ALL),
                hours: hours.unwrap_or(WeeklyHours::ALWAYS),
                season,
                licence,
                organisation,
                ..Resource::new(id, code, kind, location)
            }),
            _ => Err(wrongs),
        })
    }

    /// Where it is: one of a place and a keeper.
    async fn location(&self, app: &App, wrongs: &mut Wrongs) -> Result<Option<Location>, Problem> {
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
                let keeper = self.keeper(app, phone).await?;
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

    async fn keeper(&self, app: &App, phone: &str) -> Result<Option<VolunteerId>, Problem> {
        let Ok(phone) = phone.parse::<Phone>() else { return Ok(None) };
        Ok(volunteer::by_phone(&app.db, &phone).await?.map(|person| person.id))
    }
}
