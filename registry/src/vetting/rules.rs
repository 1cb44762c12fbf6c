//! Which step may be taken when, and by whom.

use jiff::ToSpan as _;

use super::dossier::Standing;
use super::{CheckReport, Dossier, Entry, PendingCheck, Proposal, Refusal, Step, StepKind, What};
use crate::volunteer::Day;
use crate::{AccountId, Timestamp};

/// The longest time that may pass from one background check to the next, in years: longer is a slip of the pen.
pub const CHECK_YEARS_MAX: i32 = 5;

impl Dossier {
    /// The entry that puts down `step`, taken by the official `by` at `now`, which is the local day `today`. The dossier
    /// stays as it is; [`Dossier::add`] the entry once it is stored.
    ///
    /// # Errors
    /// [`Refusal`], which says what was expected.
    pub fn take(&self, now: Timestamp, today: Day, by: AccountId, step: Step) -> Result<Entry, Refusal> {
        self.allows(step.kind(), today, by)?;
        match &step {
            Step::Interviewed { day } => happened(*day, today)?,
            Step::AgreementSigned(agreement) => happened(agreement.signed, today)?,
            Step::CheckReported(report) => is_sound(*report, today)?,
            Step::CheckConfirmed { seen, next_due } => self.is_reported(*seen, *next_due)?,
            Step::ApprovalProposed { until } => self.can_last(*until, today)?,
            Step::Approved { until } => {
                self.is_proposed(*until)?;
                self.can_last(*until, today)?;
            }
            Step::Applied
            | Step::CheckSeen(_)
            | Step::ProposalWithdrawn
            | Step::Suspended
            | Step::Reinstated
            | Step::Left => {}
        }
        Ok(self.next(now, What::Taken { step, by }))
    }

    /// Whether the official `by` may take a step of this kind on `today`, whatever else it says.
    ///
    /// # Errors
    /// [`Refusal`], which says what was expected.
    pub fn allows(&self, kind: StepKind, today: Day, by: AccountId) -> Result<(), Refusal> {
        if kind == StepKind::Applied {
            return self.may_apply(today);
        }
        self.allows_check(kind, by)?;
        match self.standing {
            Standing::New => return Err(Refusal::NotApplied),
            Standing::Left => return Err(Refusal::HasLeft),
            Standing::Suspended => return self.allows_suspended(kind, today),
            Standing::Open => {}
        }
        match (kind, &self.proposal) {
            (StepKind::ApprovalProposed, Some(open)) => Err(Refusal::AlreadyProposed { until: open.until }),
            (StepKind::ProposalWithdrawn | StepKind::Approved, None) => Err(Refusal::NothingProposed),
            (StepKind::Approved, Some(open)) if open.by == by => Err(Refusal::SameOfficial),
            (StepKind::ApprovalProposed, None) | (StepKind::Approved, Some(_)) => self.is_ready(today),
            (StepKind::Reinstated, _) => Err(Refusal::NotSuspended),
            (
                StepKind::Applied
                | StepKind::Interviewed
                | StepKind::CheckSeen
                | StepKind::CheckReported
                | StepKind::CheckConfirmed
                | StepKind::AgreementSigned
                | StepKind::ProposalWithdrawn
                | StepKind::Suspended
                | StepKind::Left,
                _,
            ) => Ok(()),
        }
    }

    /// A background check counts by the word of two officials, each their own.
    fn allows_check(&self, kind: StepKind, by: AccountId) -> Result<(), Refusal> {
        match (kind, &self.report) {
            (StepKind::CheckSeen, _) => Err(Refusal::OneOfficial),
            (StepKind::CheckConfirmed, Some(pending)) if pending.by == by => Err(Refusal::SameWitness),
            // Nothing waits of whoever has not applied, or has left: that is what they are told.
            (StepKind::CheckConfirmed, None)
                if matches!(self.standing, Standing::Open | Standing::Suspended) =>
            {
                Err(Refusal::NothingReported)
            }
            _ => Ok(()),
        }
    }

    /// Whoever is suspended and has no approval to go back to begins anew, as whoever has left does.
    fn may_apply(&self, today: Day) -> Result<(), Refusal> {
        match self.standing {
            Standing::New | Standing::Left => Ok(()),
            Standing::Suspended if !self.holds(today) => Ok(()),
            Standing::Suspended => Err(Refusal::IsSuspended),
            Standing::Open => Err(Refusal::AlreadyApplied),
        }
    }

    fn allows_suspended(&self, kind: StepKind, today: Day) -> Result<(), Refusal> {
        match kind {
            StepKind::Reinstated if !self.holds(today) => Err(Refusal::ApprovalEnded),
            StepKind::ApprovalProposed
            | StepKind::ProposalWithdrawn
            | StepKind::Approved
            | StepKind::Suspended
            | StepKind::Applied => Err(Refusal::IsSuspended),
            StepKind::Interviewed
            | StepKind::CheckSeen
            | StepKind::CheckReported
            | StepKind::CheckConfirmed
            | StepKind::AgreementSigned
            | StepKind::Reinstated
            | StepKind::Left => Ok(()),
        }
    }

    fn holds(&self, today: Day) -> bool {
        self.ends().is_some_and(|until| today <= until)
    }

    fn is_ready(&self, today: Day) -> Result<(), Refusal> {
        let missing = self.missing(today);
        if missing.is_empty() { Ok(()) } else { Err(Refusal::Missing(missing)) }
    }

    fn is_proposed(&self, until: Day) -> Result<(), Refusal> {
        match self.proposal {
            Some(Proposal { until: proposed, .. }) if proposed != until => {
                Err(Refusal::OtherProposal { proposed })
            }
            Some(_) => Ok(()),
            None => Err(Refusal::NothingProposed),
        }
    }

    fn is_reported(&self, seen: Day, next_due: Day) -> Result<(), Refusal> {
        match self.report {
            Some(PendingCheck { report, .. }) if (report.seen, report.next_due) != (seen, next_due) => {
                Err(Refusal::OtherReport { seen: report.seen, next_due: report.next_due })
            }
            Some(_) => Ok(()),
            None => Err(Refusal::NothingReported),
        }
    }

    /// An approval lasts at most as long as the check counts on which it rests.
    fn can_last(&self, until: Day, today: Day) -> Result<(), Refusal> {
        match self.check {
            Some(check) if check.next_due < until => Err(Refusal::BeyondCheck { due: check.next_due }),
            _ if until < today => Err(Refusal::Passed { day: until }),
            _ => Ok(()),
        }
    }
}

fn happened(day: Day, today: Day) -> Result<(), Refusal> {
    if day <= today { Ok(()) } else { Err(Refusal::ToCome { day }) }
}

fn is_sound(report: CheckReport, today: Day) -> Result<(), Refusal> {
    let CheckReport { seen, next_due, form: _ } = report;
    happened(seen, today)?;
    let latest = seen.saturating_add(CHECK_YEARS_MAX.years());
    if next_due <= seen || latest < next_due { Err(Refusal::CheckDue { seen }) } else { Ok(()) }
}
