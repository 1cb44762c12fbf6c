//! The form about a person as text: what a browser shows and sends, what was wrong with it, and what it makes of whom it is about.
//! Pure.

use certus_registry::birth_year::BirthYear;
use certus_registry::volunteer::{Competence, Day, PersonName, parse_day};
use certus_registry::{
    CompetenceKind, County, Language, Mode, Organisation, OrganisationId, Phone, Position, Remit, Volunteer,
};
use serde::{Deserialize, Serialize};

use crate::own::application::home;
use crate::places::Names;

/// The fields, in the order of the form; also the second halves of keys in the Fluent files, under `people-` or `edit-wrong-`.
pub(super) const FIELDS: [&str; 9] =
    ["name", "birth-year", "phone", "languages", "competences", "modes", "home", "organisation", "county"];

/// What the form says; lists in the order in which the form has them, the preferred language first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Filled {
    pub(super) name: String,
    pub(super) birth_year: String,
    pub(super) phone: String,
    pub(super) languages: Vec<String>,
    /// What is ticked, and the last day behind it; empty: never ends.
    pub(super) competences: Vec<(String, String)>,
    pub(super) modes: Vec<String>,
    pub(super) home: String,
    /// Its identifier; empty: none.
    pub(super) organisation: String,
    /// Its name or code; empty: that of whoever adds the person.
    pub(super) county: String,
}

/// A form without mistakes.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Fields {
    pub(super) name: PersonName,
    pub(super) birth_year: Option<BirthYear>,
    pub(super) phone: Phone,
    pub(super) languages: Vec<Language>,
    pub(super) competences: Vec<Competence>,
    pub(super) modes: Vec<Mode>,
    pub(super) home: Option<Position>,
    pub(super) organisation: Option<OrganisationId>,
    pub(super) county: Option<County>,
}

/// What a form is read against.
pub(super) struct Known<'a> {
    pub(super) names: &'a Names,
    pub(super) organisations: &'a [Organisation],
    pub(super) today: Day,
}

impl Filled {
    /// The form about somebody who is registered.
    pub(super) fn of(person: &Volunteer) -> Self {
        Self {
            name: person.name.as_str().to_owned(),
            birth_year: person.birth_year.map(|year| year.to_string()).unwrap_or_default(),
            phone: person.phone.as_str().to_owned(),
            languages: person.languages.iter().map(ToString::to_string).collect(),
            competences: competences_of(&person.competences),
            modes: in_order(Mode::ALL, |mode| person.modes.contains(mode)),
            home: person.home.map(|home| format!("{}, {}", home.lat(), home.lon())).unwrap_or_default(),
            organisation: person.organisation.map(|id| id.to_string()).unwrap_or_default(),
            county: person.county.name().to_owned(),
        }
    }

    /// The form about somebody new.
    pub(super) fn empty() -> Self {
        Self {
            languages: vec![Language::Swedish.to_string()],
            modes: vec![Mode::Car.to_string()],
            ..Self::default()
        }
    }

    /// The form as a browser sends it. What nobody knows is left out.
    pub(super) fn typed(pairs: &[(String, String)]) -> Self {
        let all =
            |name: &'static str| pairs.iter().filter(move |(key, _)| key == name).map(|(_, value)| value);
        let one =
            |name: &'static str| all(name).next().map(|text| text.trim().to_owned()).unwrap_or_default();
        let is_ticked = |name: &'static str, word: &str| all(name).any(|value| value == word);
        let until = |kind: &CompetenceKind| {
            let name = format!("until-{kind}");
            let day = pairs.iter().find(|(key, _)| *key == name).map(|(_, day)| day.trim().to_owned());
            (kind.to_string(), day.unwrap_or_default())
        };
        let preferred = one("preferred");
        let others = in_order(Language::ALL, |language| is_ticked("language", language.as_str()));
        let others = others.into_iter().filter(|language| *language != preferred);
        let kinds = CompetenceKind::ALL.iter().filter(|kind| is_ticked("competence", kind.as_str()));
        Self {
            name: one("name"),
            birth_year: one("birth_year"),
            phone: one("phone"),
            languages: std::iter::once(preferred.clone()).chain(others).collect(),
            competences: kinds.map(until).collect(),
            modes: in_order(Mode::ALL, |mode| is_ticked("mode", mode.as_str())),
            home: one("home"),
            organisation: one("organisation"),
            county: one("county"),
        }
    }

    /// The form as somebody sends it who does not choose what their remit has settled: the county, where it is one, and the list, where
    /// they keep it.
    pub(super) fn within(self, remit: Remit, was: &Self) -> Self {
        let county = if remit.is_all() { self.county } else { was.county.clone() };
        let organisation = remit.organisation().map_or(self.organisation, |own| own.to_string());
        Self { organisation, county, ..self }
    }

    /// What one field says, in the order of [`FIELDS`].
    fn said(&self) -> [String; FIELDS.len()] {
        let Self { name, birth_year, phone, languages, competences, modes, home, organisation, county } =
            self.clone();
        let competences: Vec<String> =
            competences.into_iter().map(|(kind, until)| format!("{kind}:{until}")).collect();
        [
            name,
            birth_year,
            phone,
            languages.join(" "),
            competences.join(" "),
            modes.join(" "),
            home,
            organisation,
            county,
        ]
    }

    /// The fields in which `other` says something else.
    pub(super) fn differs(&self, other: &Self) -> Vec<&'static str> {
        let pairs = self.said().into_iter().zip(other.said()).zip(FIELDS);
        pairs.filter(|((one, other), _)| one != other).map(|(_, field)| field).collect()
    }

    /// What was typed on top of what somebody else has changed since: a field that was left as it stood in `was` says what it says
    /// `now`, one that was typed keeps what was typed.
    pub(super) fn onto(self, was: &Self, now: &Self) -> Self {
        let typed = self.differs(was);
        let is_typed = |field: &str| typed.contains(&field);
        Self {
            name: if is_typed("name") { self.name } else { now.name.clone() },
            birth_year: if is_typed("birth-year") { self.birth_year } else { now.birth_year.clone() },
            phone: if is_typed("phone") { self.phone } else { now.phone.clone() },
            languages: if is_typed("languages") { self.languages } else { now.languages.clone() },
            competences: if is_typed("competences") { self.competences } else { now.competences.clone() },
            modes: if is_typed("modes") { self.modes } else { now.modes.clone() },
            home: if is_typed("home") { self.home } else { now.home.clone() },
            organisation: if is_typed("organisation") { self.organisation } else { now.organisation.clone() },
            county: if is_typed("county") { self.county } else { now.county.clone() },
        }
    }

    /// Reads it.
    ///
    /// # Errors
    /// Every field that is wrong.
    pub(super) fn read(&self, known: &Known<'_>) -> Result<Fields, Vec<&'static str>> {
        let mut wrong = Vec::new();
        let name = or_wrong(self.name.parse().ok(), "name", &mut wrong);
        let birth_year = optional(&self.birth_year, |year| BirthYear::read(year, known.today).ok());
        let birth_year = or_wrong(birth_year, "birth-year", &mut wrong);
        let phone = or_wrong(self.phone.parse().ok(), "phone", &mut wrong);
        let languages = or_wrong(some(&self.languages), "languages", &mut wrong);
        let competences = self.competences.iter().map(|(kind, until)| {
            Some(Competence {
                kind: kind.parse().ok()?,
                expires: optional(until, |day| parse_day(day).ok())?,
            })
        });
        let competences = or_wrong(competences.collect(), "competences", &mut wrong);
        let modes = or_wrong(some(&self.modes), "modes", &mut wrong);
        let home = or_wrong(home(&self.home, known.names).ok(), "home", &mut wrong);
        let is_known = |id: &OrganisationId| known.organisations.iter().any(|known| known.id == *id);
        let organisation = optional(&self.organisation, |id| id.parse().ok().filter(is_known));
        let organisation = or_wrong(organisation, "organisation", &mut wrong);
        let county = or_wrong(optional(&self.county, |county| county.parse().ok()), "county", &mut wrong);
        let all = (|| {
            Some(Fields {
                name: name?,
                birth_year: birth_year?,
                phone: phone?,
                languages: languages?,
                competences: competences?,
                modes: modes?,
                home: home?,
                organisation: organisation?,
                county: county?,
            })
        })();
        all.ok_or(wrong)
    }
}

/// The value, or `None` and the field among those that are wrong.
fn or_wrong<T>(read: Option<T>, field: &'static str, wrong: &mut Vec<&'static str>) -> Option<T> {
    if read.is_none() {
        wrong.push(field);
    }
    read
}

#[expect(clippy::option_option, reason = "nothing typed is one thing, something unreadable another")]
/// Nothing when nothing was typed; `None` when what was typed cannot be read.
fn optional<T>(text: &str, read: impl FnOnce(&str) -> Option<T>) -> Option<Option<T>> {
    if text.is_empty() { Some(None) } else { read(text).map(Some) }
}

/// Words, at least one.
fn some<T: std::str::FromStr>(words: &[String]) -> Option<Vec<T>> {
    let read: Option<Vec<T>> = words.iter().map(|word| word.parse().ok()).collect();
    read.filter(|all| !all.is_empty())
}

fn in_order<T: ToString>(all: &[T], is_held: impl Fn(&T) -> bool) -> Vec<String> {
    all.iter().filter(|one| is_held(one)).map(ToString::to_string).collect()
}

/// Each kind once, with the certificate that lasts longest.
fn competences_of(held: &[Competence]) -> Vec<(String, String)> {
    let longest = |kind: &CompetenceKind| {
        let of_kind = held.iter().filter(|one| one.kind == *kind);
        let longest = of_kind.max_by_key(|one| one.expires.unwrap_or(Day::MAX))?;
        Some((kind.to_string(), longest.expires.map(|day| day.to_string()).unwrap_or_default()))
    };
    CompetenceKind::ALL.iter().filter_map(longest).collect()
}

impl Fields {
    /// The person as `typed`, of whom `held` is stored. What the form shows more coarsely than it is stored, and nobody has touched, stays as
    /// it is: the order of lists, the last digit of a position, a second certificate of a kind.
    pub(super) fn onto(self, typed: &Filled, held: Volunteer) -> Volunteer {
        let shown = Filled::of(&held);
        let Self { name, birth_year, phone, languages, competences, modes, home, organisation, county } =
            self;
        let home = if typed.home == shown.home { held.home } else { home };
        let competences = merged(held.competences, competences);
        let mut ordered: Vec<Mode> = held.modes.into_iter().filter(|mode| modes.contains(mode)).collect();
        ordered.extend(modes.into_iter().filter(|mode| !ordered.contains(mode)).collect::<Vec<_>>());
        Volunteer {
            name,
            birth_year,
            phone,
            languages,
            competences,
            modes: ordered,
            home,
            organisation,
            county: county.unwrap_or(held.county),
            ..held
        }
    }
}

/// Those of a kind about which nothing was said anew stay as they were held, and where they stood.
fn merged(held: Vec<Competence>, typed: Vec<Competence>) -> Vec<Competence> {
    let (before, after) = (competences_of(&held), competences_of(&typed));
    let of = |all: &[(String, String)], kind: CompetenceKind| {
        all.iter().find(|(word, _)| word == kind.as_str()).cloned()
    };
    let stays = |kind: CompetenceKind| of(&before, kind) == of(&after, kind);
    let mut merged: Vec<Competence> = held.into_iter().filter(|one| stays(one.kind)).collect();
    merged.extend(typed.into_iter().filter(|one| !stays(one.kind)));
    merged
}

#[cfg(test)]
mod tests;
