//! A change of the policies that somebody proposes and somebody else approves. Pure.

use certus_registry::mutation::{Rule, broken};
use certus_registry::{AccountId, Timestamp, define_id};

use super::NotBrought;

/// The longest reason, characters: a paragraph of a decision.
pub const REASON_MAX: usize = 500;

define_id!(
    /// One proposal of policies.
    ProposalId
);

/// Policies that somebody has proposed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// Its identifier.
    pub id: ProposalId,
    /// The version in force that it was written against; 0: none had been approved.
    pub based_on: u64,
    /// The whole of the policies, a policy file.
    pub text: String,
    /// Why, for whoever approves and for later; 1 to [`REASON_MAX`] characters.
    pub reason: String,
    /// When.
    pub proposed_at: Timestamp,
    /// By whom.
    pub proposed_by: AccountId,
    /// What has become of it.
    pub state: State,
}

/// What has become of a proposal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It waits for somebody else.
    Open,
    /// It has become the version after the one it was written against.
    Approved {
        /// When.
        at: Timestamp,
        /// By whom.
        by: AccountId,
    },
    /// It was taken back.
    Withdrawn {
        /// When.
        at: Timestamp,
        /// By whom.
        by: AccountId,
    },
}

/// Why a proposal does not become the policies in force, or is not taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is no such proposal.
    #[error("there is no such proposal")]
    Unknown,
    /// It was approved or withdrawn before.
    #[error("the proposal was approved or withdrawn before")]
    Settled,
    /// Nobody approves what they have proposed.
    #[error("whoever has proposed a change cannot approve it")]
    SameOfficial,
    /// Another version is in force than the one it was written against.
    #[error(
        "the proposal was written against version {based_on}, and {in_force} is in force: propose it again"
    )]
    Outdated {
        /// The one it was written against.
        based_on: u64,
        /// The one in force.
        in_force: u64,
    },
    /// It wants something brought that cannot be.
    #[error("[{}] bring: {}", .0.event, .0)]
    NotBrought(NotBrought),
}

impl Proposal {
    /// Whether the official `by` may make it the policies in force while version `in_force` is.
    ///
    /// # Errors
    /// [`Refusal`], which says what was expected.
    pub fn may_be_approved(&self, by: AccountId, in_force: u64) -> Result<(), Refusal> {
        self.is_open()?;
        if self.proposed_by == by && !broken(Rule::FourEyes) {
            return Err(Refusal::SameOfficial);
        }
        if self.based_on != in_force {
            return Err(Refusal::Outdated { based_on: self.based_on, in_force });
        }
        Ok(())
    }

    /// Whether it still waits.
    ///
    /// # Errors
    /// [`Refusal::Settled`].
    pub fn is_open(&self) -> Result<(), Refusal> {
        match self.state {
            State::Open => Ok(()),
            State::Approved { .. } | State::Withdrawn { .. } => Err(Refusal::Settled),
        }
    }
}

/// What incidents and decisions call a version that the board has approved.
#[must_use]
pub fn version_name(number: u64) -> String {
    format!("policies-{number}")
}

#[cfg(test)]
mod tests {
    use certus_registry::Random;

    use super::*;

    #[test]
    fn a_proposal_is_approved_by_somebody_else_over_the_version_it_was_written_against() {
        let (at, random) = (Timestamp::from_millis(0), Random::from_seed(1));
        let [anna, bo] = [(); 2].map(|()| AccountId::new(at, &random));
        let open = Proposal {
            id: ProposalId::new(at, &random),
            based_on: 3,
            text: String::new(),
            reason: "fler till brand".to_owned(),
            proposed_at: at,
            proposed_by: anna,
            state: State::Open,
        };
        let approved = Proposal { state: State::Approved { at, by: bo }, ..open.clone() };
        let withdrawn = Proposal { state: State::Withdrawn { at, by: anna }, ..open.clone() };
        let table = [
            (&open, bo, 3, Ok(())),
            (&open, anna, 3, Err(Refusal::SameOfficial)),
            (&open, bo, 4, Err(Refusal::Outdated { based_on: 3, in_force: 4 })),
            (&approved, bo, 4, Err(Refusal::Settled)),
            (&withdrawn, bo, 3, Err(Refusal::Settled)),
        ];
        for (proposal, by, in_force, expected) in table {
            assert_eq!(proposal.may_be_approved(by, in_force), expected);
        }
    }
}
