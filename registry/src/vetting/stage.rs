//! Where a person stands in the vetting, and what an approval still waits for.

use super::dossier::Standing;
use super::{Dossier, StepKind};
use crate::AccountId;
use crate::vocabulary::vocabulary;
use crate::volunteer::Day;

vocabulary!(
    /// Where a person stands on a day. Interview, background check and agreement may come in any order; the stage names
    /// how far they go without a gap.
    Stage, "stage of vetting" {
        /// Has applied; to be interviewed.
        Applied = "applied",
        /// Interviewed; a background check is to be seen, or to be seen again.
        Interviewed = "interviewed",
        /// An extract, the first or a new one, was seen by one official; another is to confirm it.
        Reported = "reported",
        /// A background check that counts was seen; the agreement is to be signed.
        Checked = "checked",
        /// The agreement is signed; the approval is to be proposed.
        Agreed = "agreed",
        /// An approval, the first or a new one, is proposed; another official is to decide.
        Proposed = "proposed",
        /// Approved; may be asked.
        Active = "active",
        /// The approval has ended; to be renewed.
        Expired = "expired",
        /// Suspended by the board.
        Suspended = "suspended",
        /// Has left.
        Left = "left",
    }
);

vocabulary!(
    /// What an approval needs.
    Missing, "need of an approval" {
        /// The interview.
        Interview = "interview",
        /// A background check that counts on the day.
        BackgroundCheck = "background_check",
        /// The signed agreement.
        Agreement = "agreement",
    }
);

impl Dossier {
    /// Where the person stands on `today`; `None` when nothing was ever put down of them.
    #[must_use]
    pub fn stage(&self, today: Day) -> Option<Stage> {
        let lapsed = self.check.is_some_and(|check| !check.counts_on(today));
        let stage = self.stage_reached()?;
        Some(match stage {
            Stage::Active if self.ends().is_some_and(|until| until < today) => Stage::Expired,
            Stage::Checked | Stage::Agreed if lapsed => Stage::Interviewed,
            Stage::Applied
            | Stage::Interviewed
            | Stage::Reported
            | Stage::Checked
            | Stage::Agreed
            | Stage::Proposed
            | Stage::Active
            | Stage::Expired
            | Stage::Suspended
            | Stage::Left => stage,
        })
    }

    /// The stage as it is while nothing lapses: never [`Stage::Expired`].
    pub(crate) fn stage_reached(&self) -> Option<Stage> {
        Some(match self.standing {
            Standing::New => return None,
            Standing::Suspended => Stage::Suspended,
            Standing::Left => Stage::Left,
            Standing::Open if self.proposal.is_some() => Stage::Proposed,
            Standing::Open if self.report.is_some() => Stage::Reported,
            Standing::Open if self.approval.is_some() => Stage::Active,
            Standing::Open => match (self.interview, self.check, &self.agreement) {
                (None, _, _) => Stage::Applied,
                (Some(_), None, _) => Stage::Interviewed,
                (Some(_), Some(_), None) => Stage::Checked,
                (Some(_), Some(_), Some(_)) => Stage::Agreed,
            },
        })
    }

    /// What an approval that is decided on `today` still waits for.
    #[must_use]
    pub fn missing(&self, today: Day) -> Vec<Missing> {
        let counts = self.check.is_some_and(|check| check.counts_on(today));
        let there = |need: Missing| match need {
            Missing::Interview => self.interview.is_some(),
            Missing::BackgroundCheck => counts,
            Missing::Agreement => self.agreement.is_some(),
        };
        Missing::ALL.iter().copied().filter(|need| !there(*need)).collect()
    }

    /// The steps that the official `by` may take on `today`, in the order of the workflow.
    #[must_use]
    pub fn possible(&self, today: Day, by: AccountId) -> Vec<StepKind> {
        let allowed = |kind: &StepKind| self.allows(*kind, today, by).is_ok();
        StepKind::ALL.iter().copied().filter(allowed).collect()
    }
}
