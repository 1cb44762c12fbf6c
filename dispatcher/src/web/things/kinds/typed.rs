//! What somebody types about a kind of resource, and the entry of the catalogue that it means.

use certus_registry::catalogue::{ConfirmedFor, Entry, Phrase, Words};
use certus_registry::vocabulary::CompetenceKind;
use certus_registry::{Language, ResourceKind, Season};
use serde::Deserialize;

use super::super::field::{Field, Form, Wrongs, options, read, read_optional};
use crate::text::text;

/// The form about a kind.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(in crate::web::things) struct Typed {
    code: String,
    name_sv: String,
    the_sv: String,
    name_en: String,
    the_en: String,
    season: String,
    licence: String,
    confirmed: String,
    brought: String,
}

impl Typed {
    /// A new kind's form: everything as it mostly is.
    pub(super) fn fresh() -> Self {
        Self { confirmed: "12".to_owned(), brought: true.to_string(), ..Self::default() }
    }

    /// The form that says what is held.
    pub(super) fn of(held: &Entry) -> Self {
        let said = |word: Option<&str>| word.unwrap_or_default().to_owned();
        Self {
            code: held.code.to_string(),
            name_sv: held.name.sv.to_string(),
            the_sv: held.the.sv.to_string(),
            name_en: held.name.en.to_string(),
            the_en: held.the.en.to_string(),
            season: said(held.season.map(Season::as_str)),
            licence: said(held.licence.map(CompetenceKind::as_str)),
            confirmed: held.confirmed_for.map_or_else(String::new, |holds| holds.months().to_string()),
            brought: held.brought.to_string(),
        }
    }

    /// The fields, with what is wrong beside them; a code is chosen once.
    pub(super) fn fields(&self, language: Language, is_new: bool, wrongs: &Wrongs) -> Vec<Field> {
        let form = Form::new(language, "kind-field", wrongs);
        let form = if is_new { form.needed("code", &self.code, "text", 32).explained() } else { form };
        let none = Some("things-none");
        let yes_or_no = [(true, "kinds-yes"), (false, "kinds-no")];
        let yes_or_no = yes_or_no.map(|(value, key)| (value.to_string(), text(language, key, &[])));
        form.needed("name_sv", &self.name_sv, "text", Phrase::LENGTH_MAX)
            .explained()
            .needed("the_sv", &self.the_sv, "text", Phrase::LENGTH_MAX)
            .explained()
            .needed("name_en", &self.name_en, "text", Phrase::LENGTH_MAX)
            .explained()
            .needed("the_en", &self.the_en, "text", Phrase::LENGTH_MAX)
            .explained()
            .choice("season", &self.season, options(language, "season", Season::ALL, none))
            .explained()
            .choice("licence", &self.licence, options(language, "competence", CompetenceKind::ALL, none))
            .explained()
            .words("confirmed", &self.confirmed, "text", 2)
            .explained()
            .choice("brought", &self.brought, yes_or_no.into())
            .explained()
            .fields()
    }

    /// The code that was typed for a new kind; with what else is wrong, if it is none.
    pub(super) fn code(&self) -> Result<ResourceKind, Wrongs> {
        let mut wrongs = Wrongs::new();
        let code = read(&mut wrongs, "code", &self.code, "kind-wrong-code");
        code.ok_or_else(|| {
            wrongs.extend(self.entry(ResourceKind::AED).err().unwrap_or_default());
            wrongs
        })
    }

    /// What was typed about the kind with this code, as one that is not retired; or what is wrong.
    pub(super) fn entry(&self, code: ResourceKind) -> Result<Entry, Wrongs> {
        let mut wrongs = Wrongs::new();
        let mut words = |name, typed: &str| read::<Phrase>(&mut wrongs, name, typed, "kind-wrong-words");
        let name = (words("name_sv", &self.name_sv), words("name_en", &self.name_en));
        let the = (words("the_sv", &self.the_sv), words("the_en", &self.the_en));
        let season = read_optional(&mut wrongs, "season", &self.season, "thing-wrong-season");
        let licence = read_optional(&mut wrongs, "licence", &self.licence, "thing-wrong-licence");
        let confirmed = &self.confirmed;
        let confirmed_for: Option<ConfirmedFor> =
            read_optional(&mut wrongs, "confirmed", confirmed, "kind-wrong-confirmed");
        let brought = read(&mut wrongs, "brought", &self.brought, "kind-wrong-brought");
        let both = |(sv, en): (Option<Phrase>, Option<Phrase>)| sv.zip(en).map(|(sv, en)| Words { sv, en });
        match (both(name), both(the), brought) {
            (Some(name), Some(the), Some(brought)) if wrongs.is_empty() => {
                Ok(Entry { code, name, the, season, licence, confirmed_for, brought, retired: false })
            }
            (_, _, _) => Err(wrongs),
        }
    }
}
