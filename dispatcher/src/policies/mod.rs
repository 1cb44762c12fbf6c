//! The call-out policies: one for every event type, read as a whole and refused whole when one key is wrong.
//!
//! A fresh installation starts with those of the file or of the program; what the board has approved at `/policies` holds from then
//! on (`proposal`, `store`). An incident keeps the policy it was raised under.

mod proposal;
mod sheet;
pub mod store;

use std::collections::BTreeMap;

use certus_registry::{Catalogue, EventType, ResourceKind};

use crate::incident::{Policy, PolicyError};

pub use proposal::{Proposal, ProposalId, REASON_MAX, Refusal, State, version_name};
pub use sheet::{FIELDS, Field, Kind, Sheet, Why, Wrong};

/// The policies that come with the program.
const EMBEDDED: &str = include_str!("../../policies.toml");

/// The policies in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policies {
    version: String,
    by_event: BTreeMap<EventType, Policy>,
}

/// Why a policy file is refused.
#[derive(Debug, thiserror::Error)]
pub enum PoliciesError {
    /// Not TOML, a key missing, misspelt or of the wrong kind; the message names the line.
    #[error("{0}")]
    Toml(#[from] toml::de::Error),
    /// No policy for one of the event types.
    #[error("[{0}] is missing; every event type needs a policy")]
    Missing(EventType),
    /// A section that is no event type.
    #[error("[{0}] is no event type")]
    Unknown(String),
    /// A number out of bounds.
    #[error("[{event}] {source}")]
    OutOfBounds {
        /// The section.
        event: EventType,
        /// Key, value and bounds.
        source: PolicyError,
    },
    /// Something is to be brought that cannot be.
    #[error("[{}] bring: {}", .0.event, .0)]
    NotBrought(NotBrought),
}

/// Something that a policy wants brought and that cannot be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "'{kind}' is not in the catalogue of resource kinds (/resources/kinds) as something that can be brought"
)]
pub struct NotBrought {
    /// The event type whose policy does.
    pub event: EventType,
    /// What.
    pub kind: ResourceKind,
}

#[derive(serde::Deserialize)]
struct File {
    version: String,
    #[serde(flatten)]
    sections: BTreeMap<String, Policy>,
}

impl Policies {
    /// The policies that come with the program.
    ///
    /// # Panics
    /// Never: a test parses them.
    #[must_use]
    pub fn embedded() -> Self {
        Self::parse(EMBEDDED).expect("the embedded policies are tested")
    }

    /// Parses a policy file.
    ///
    /// # Errors
    /// [`PoliciesError`], naming section, key and what was expected.
    pub fn parse(text: &str) -> Result<Self, PoliciesError> {
        let File { version, sections } = toml::from_str(text)?;
        let mut by_event = BTreeMap::new();
        for (section, policy) in sections {
            let event: EventType = section.parse().map_err(|_| PoliciesError::Unknown(section))?;
            policy.check().map_err(|source| PoliciesError::OutOfBounds { event, source })?;
            by_event.insert(event, Policy { version: version.clone(), ..policy });
        }
        let missing = EventType::ALL.iter().find(|event| !by_event.contains_key(event));
        missing.map_or(Ok(Self { version, by_event }), |event| Err(PoliciesError::Missing(*event)))
    }

    /// The policy of one event type.
    #[must_use]
    pub fn of(&self, event: EventType) -> &Policy {
        &self.by_event[&event]
    }

    /// What one of them wants brought that, by the catalogue, cannot be.
    ///
    /// # Errors
    /// [`NotBrought`], the first of them.
    pub fn can_be_brought(&self, kinds: &Catalogue) -> Result<(), NotBrought> {
        let wanted =
            self.by_event.iter().flat_map(|(event, policy)| policy.bring.iter().map(|kind| (*event, *kind)));
        let missing = wanted.into_iter().find(|(_, kind)| !kinds.may_be_brought(*kind));
        missing.map_or(Ok(()), |(event, kind)| Err(NotBrought { event, kind }))
    }

    /// The first event type whose policy wants one of this kind brought.
    #[must_use]
    pub fn wants(&self, kind: ResourceKind) -> Option<EventType> {
        self.by_event.iter().find(|(_, policy)| policy.bring.contains(&kind)).map(|(event, _)| *event)
    }

    /// The version the file names.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The whole of them as a policy file, as [`Policies::parse`] reads it.
    ///
    /// # Panics
    /// Never: policies are plain numbers and words.
    #[must_use]
    pub fn text(&self) -> String {
        let mut file = toml::Table::new();
        file.insert("version".to_owned(), self.version.clone().into());
        for (event, policy) in &self.by_event {
            let mut section = toml::Table::try_from(policy).expect("numbers and words");
            section.remove("version"); // the file's own, once
            file.insert(event.to_string(), section.into());
        }
        file.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_policies_hold_every_event_type() {
        let policies = Policies::parse(EMBEDDED).unwrap();
        assert_eq!(policies.of(EventType::CardiacArrest).gain_min.0, 0);
        assert_eq!(policies.of(EventType::Other).version, policies.version());
    }

    #[test]
    fn what_is_to_be_brought_has_to_be_in_the_catalogue_as_something_that_can_be() {
        let kinds = Catalogue::default();
        assert_eq!(Policies::embedded().can_be_brought(&kinds), Ok(()));
        for word in ["hydrocopter", "shelter"] {
            let text = EMBEDDED.replace("bring = [\"search_dog\"]", &format!("bring = [\"{word}\"]"));
            let (event, kind) = (EventType::MissingPerson, word.parse().unwrap());
            let policies = Policies::parse(&text).unwrap();
            assert_eq!(policies.can_be_brought(&kinds), Err(NotBrought { event, kind }));
            assert_eq!((policies.wants(kind), policies.wants(ResourceKind::BOAT)), (Some(event), None));
        }
    }

    #[test]
    fn policies_that_are_written_read_back() {
        let policies = Policies::parse(EMBEDDED).unwrap();
        assert_eq!(Policies::parse(&policies.text()).unwrap(), policies);
    }

    #[test]
    fn a_wrong_file_is_refused_with_section_key_and_bounds() {
        let cases = [
            (
                EMBEDDED.replace("wave_size = 32", "wave_size = 0"),
                "[missing_person] wave_size is 0; expected 1 to 100",
            ),
            (
                EMBEDDED.replace("asked_max = 12", "asked_max = 12\nrest_s = 172801"),
                "rest_s is 172801; expected 0 to 172800",
            ),
            (EMBEDDED.replace("[other]", "[otter]"), "[otter] is no event type"),
            (EMBEDDED.replace("asked_max = 12\n", ""), "asked_max"),
            (EMBEDDED.replace("asked_max = 12", "asked_max = 12\ncolour = 1"), "colour"),
            (
                EMBEDDED.replace("bring = [\"aed\"]", "bring = [\"aed\", \"boat\", \"atv\"]"),
                "[cardiac_arrest] bring (how many) is 3; expected 0 to 2",
            ),
            (
                EMBEDDED.replace("bring = [\"aed\"]", "guides = 3"),
                "[cardiac_arrest] guides is 3; expected 0 to 2",
            ),
            (EMBEDDED.split("[other]").next().unwrap().to_owned(), "[other] is missing"),
        ];
        for (text, expected) in cases {
            let message = Policies::parse(&text).unwrap_err().to_string();
            assert!(message.contains(expected), "{message} should contain {expected}");
        }
    }
}
