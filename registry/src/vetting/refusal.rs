//! Why a step cannot be taken, and what was expected instead.

use super::{CHECK_YEARS_MAX, Missing};
use crate::volunteer::Day;

/// Why a step was refused; nothing was put down.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Nothing was ever put down of the person.
    #[error("the person has not applied; expected an application first")]
    NotApplied,
    /// The person's application is there already.
    #[error("the person has applied already; expected the next step")]
    AlreadyApplied,
    /// The person has left.
    #[error("the person has left; expected a new application first")]
    HasLeft,
    /// Not while the person is suspended.
    #[error("the person is suspended; expected them to be reinstated first")]
    IsSuspended,
    /// Only a suspension can be lifted.
    #[error("the person is not suspended; there is nothing to lift")]
    NotSuspended,
    /// What an approval needs is not there.
    #[error("not ready for approval; still missing: {}", listed(.0))]
    Missing(Vec<Missing>),
    /// One proposal at a time.
    #[error(
        "an approval until {until} is proposed already; expected a decision on it, or that it be withdrawn"
    )]
    AlreadyProposed {
        /// The last day that was proposed.
        until: Day,
    },
    /// There is no proposal to decide on.
    #[error("no approval is proposed; expected a proposal by another official first")]
    NothingProposed,
    /// Four eyes.
    #[error("whoever proposed the approval cannot approve it; expected another official")]
    SameOfficial,
    /// The proposal was changed since it was read.
    #[error("an approval until {proposed} is proposed, not the one named; expected that day")]
    OtherProposal {
        /// The last day that is proposed.
        proposed: Day,
    },
    /// An approval rests on a background check.
    #[error("the background check counts until {due}; expected an approval that ends by then")]
    BeyondCheck {
        /// The last day on which the check counts.
        due: Day,
    },
    /// The approval would be over.
    #[error("{day} has passed; expected a last day that is today or later")]
    Passed {
        /// The day that was given.
        day: Day,
    },
    /// What is put down has happened.
    #[error("{day} is still to come; expected the day on which it happened")]
    ToCome {
        /// The day that was given.
        day: Day,
    },
    /// The next check is due too soon or too late.
    #[error("expected a next background check that is due after {seen}, by {CHECK_YEARS_MAX} years later")]
    CheckDue {
        /// The day on which the check was seen.
        seen: Day,
    },
    /// Nobody speaks for another official.
    #[error("a background check is put down by one official; expected another to confirm it then")]
    OneOfficial,
    /// There is no extract to confirm.
    #[error("no background check waits for another official; expected one to be put down first")]
    NothingReported,
    /// Four eyes.
    #[error("whoever put the background check down cannot confirm it; expected another official")]
    SameWitness,
    /// What was put down was changed since it was read.
    #[error(
        "a background check seen {seen}, next by {next_due}, waits, not the one named; expected those days"
    )]
    OtherReport {
        /// The day on which it was seen.
        seen: Day,
        /// The last day on which it counts.
        next_due: Day,
    },
    /// There is no approval to go back to.
    #[error("no approval holds that could go on; expected a new application")]
    ApprovalEnded,
}

fn listed(missing: &[Missing]) -> String {
    missing.iter().map(|need| need.as_str()).collect::<Vec<_>>().join(", ")
}
