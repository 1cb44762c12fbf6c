//! Asks keepers by text message whether what they keep is there and in order: two weeks before its confirmation lapses, and
//! once more when it has. What nobody has ever confirmed is asked about once.
//!
//! [`stage`] says what is to be asked, [`words`] how; [`Pass`] asks. The engine takes the answer (`engine/confirming.rs`).

mod pass;
pub mod store;

use std::time::Duration;

use certus_registry::resource::{Location, Standing};
use certus_registry::volunteer::PersonName;
use certus_registry::{Catalogue, Language, Resource};

use crate::text::text;

pub(crate) use pass::message;
pub use pass::{Pass, run_hourly};

/// People who are asked in one pass; the rest an hour later. A pass leaves room in any gateway for what cannot wait.
pub const ASKED_MAX: usize = 200;
/// Things that one text names; the next text, an hour later, names the next. Our arithmetic: so many fit into three parts.
pub const NAMED_MAX: usize = 5;
/// How long an answer is taken for one to the question: a month, in which an OK to nothing else was asked for.
pub const ANSWERED_WITHIN: Duration = Duration::from_hours(30 * 24);
/// What the references of questions say that they are about.
pub const ABOUT: &str = "confirm";

/// Which of its two questions about a confirmation is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// It lapses soon.
    Due,
    /// It has lapsed, or there was none.
    Lapsed,
}

impl Stage {
    /// The one spelling.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Due => "due",
            Self::Lapsed => "lapsed",
        }
    }
}

/// What is to be asked about a thing that stands so.
#[must_use]
pub fn stage(standing: Standing) -> Option<Stage> {
    match standing {
        Standing::Confirmed { .. } | Standing::Unasked => None,
        Standing::Due { .. } => Some(Stage::Due),
        Standing::Unconfirmed { .. } => Some(Stage::Lapsed),
    }
}

/// The question about these things, at most [`NAMED_MAX`] of them.
#[must_use]
pub fn words(language: Language, kinds: &Catalogue, things: &[&Resource]) -> String {
    let key = if things.len() == 1 { "sms-confirm" } else { "sms-confirm-several" };
    let named: Vec<String> = things.iter().map(|thing| named(language, kinds, thing)).collect();
    text(language, key, &[("things", named.join(", ").into())])
}

/// `hjärtstartaren AED-1 (Coop Järpen, entrén)`.
fn named(language: Language, kinds: &Catalogue, resource: &Resource) -> String {
    let what = format!("{} {}", kinds.the(resource.kind).within(language), resource.code);
    match (&resource.place, resource.location) {
        (Some(place), Location::Fixed(_)) => format!("{what} ({})", PersonName::as_str(place)),
        (Some(_), Location::Keeper(_)) | (None, _) => what,
    }
}

#[cfg(test)]
mod tests {
    use certus_registry::{Position, Random, ResourceId, ResourceKind, Timestamp};

    use super::*;

    #[test]
    fn the_question_names_every_thing_and_where_it_hangs() {
        let (now, random) = (Timestamp::from_millis(0), Random::from_seed(1));
        let at = Location::Fixed(Position::new(63.0, 14.0).unwrap());
        let code = |code: &str| code.parse().unwrap();
        let aed = Resource::new(
            ResourceId::new(now, &random),
            code("AED-1"),
            ResourceKind::AED,
            at,
            certus_registry::County::DEFAULT,
        );
        let aed = Resource { place: Some("Coop Järpen".parse().unwrap()), ..aed };
        let boat = Resource::new(
            ResourceId::new(now, &random),
            code("B-7"),
            ResourceKind::BOAT,
            at,
            certus_registry::County::DEFAULT,
        );
        assert_eq!(
            words(Language::Swedish, &Catalogue::default(), &[&aed]),
            "Certus: finns hjärtstartaren AED-1 (Coop Järpen) kvar och i ordning? Svara OK."
        );
        assert_eq!(
            words(Language::English, &Catalogue::default(), &[&aed, &boat]),
            "Certus: are all of these still there and in order: the defibrillator AED-1 (Coop Järpen), the boat B-7? \
             If so, answer OK."
        );
    }
}
