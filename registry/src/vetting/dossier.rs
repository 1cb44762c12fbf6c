//! What a person's history adds up to.

use super::{Agreement, BackgroundCheck, CheckReport, Entry, Officials, Step, What};
use crate::volunteer::{Day, Vetting};
use crate::{AccountId, Timestamp};

/// What a person's entries add up to. Whoever has none has the [`Default`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Dossier {
    /// How many entries it is made of.
    entries: u32,
    /// When the last of them was put down.
    since: Option<Timestamp>,
    pub(super) standing: Standing,
    pub(super) interview: Option<Day>,
    pub(super) report: Option<PendingCheck>,
    pub(super) check: Option<BackgroundCheck>,
    pub(super) agreement: Option<Agreement>,
    pub(super) proposal: Option<Proposal>,
    pub(super) approval: Option<Approval>,
}

/// Whether steps towards an approval can be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Standing {
    /// Nothing was ever put down.
    #[default]
    New,
    /// Applied, whether approved by now or not.
    Open,
    /// Suspended; what was there before waits.
    Suspended,
    /// Gone; nothing of what was there before counts.
    Left,
}

/// An extract that one official has seen, and another is to confirm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PendingCheck {
    /// What was put down.
    pub report: CheckReport,
    /// By whom; somebody else is to confirm it.
    pub by: AccountId,
}

/// An approval that waits for a second official.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Proposal {
    /// The last day of the approval.
    pub until: Day,
    /// Who proposed it; somebody else is to approve it.
    pub by: AccountId,
}

/// An approval that was given; it may have ended since.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Approval {
    /// The last day for which it was given.
    pub until: Day,
    /// By whom.
    pub ground: Ground,
}

/// Who stands behind an approval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ground {
    /// Two officials: who proposed it, then who approved it.
    FourEyes(Officials),
    /// An earlier list, or another program.
    List,
}

/// Why entries are no history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected entry {expected}, found entry {found}")]
pub struct OutOfOrder {
    /// The number that was to come next.
    pub expected: u32,
    /// The number that came.
    pub found: u32,
}

impl Dossier {
    /// What `entries` add up to, the oldest first.
    ///
    /// # Errors
    /// [`OutOfOrder`] when one is left out, or there twice.
    pub fn of(entries: &[Entry]) -> Result<Self, OutOfOrder> {
        let mut dossier = Self::default();
        entries.iter().try_for_each(|entry| dossier.add(entry))?;
        Ok(dossier)
    }

    /// Adds the next entry. Whether it may be put down was decided when it was: [`Dossier::take`].
    ///
    /// # Errors
    /// [`OutOfOrder`] when it is not the next; nothing has changed then.
    pub fn add(&mut self, entry: &Entry) -> Result<(), OutOfOrder> {
        let expected = self.entries.saturating_add(1);
        if entry.number != expected {
            return Err(OutOfOrder { expected, found: entry.number });
        }
        (self.entries, self.since) = (expected, Some(entry.at));
        match &entry.what {
            What::Taken { step, by } => self.follow(step, *by),
            What::TakenOver { vetting } => self.follow_list(*vetting),
        }
        Ok(())
    }

    /// The entry by which a list's word is taken over.
    #[must_use]
    pub fn take_over(&self, now: Timestamp, vetting: Vetting) -> Entry {
        self.next(now, What::TakenOver { vetting })
    }

    pub(super) fn next(&self, at: Timestamp, what: What) -> Entry {
        Entry { number: self.entries.saturating_add(1), at, what }
    }

    fn follow(&mut self, step: &Step, by: AccountId) {
        match step {
            Step::Applied => self.begin_anew(Standing::Open),
            Step::Interviewed { day } => self.interview = Some(*day),
            Step::CheckSeen(check) => self.check = Some(*check),
            Step::CheckReported(report) => self.report = Some(PendingCheck { report: *report, by }),
            Step::CheckConfirmed { .. } => self.confirm(by),
            Step::AgreementSigned(agreement) => self.agreement = Some(agreement.clone()),
            Step::ApprovalProposed { until } => self.proposal = Some(Proposal { until: *until, by }),
            Step::ProposalWithdrawn => self.proposal = None,
            Step::Approved { .. } => self.approve(by),
            Step::Suspended => (self.standing, self.proposal) = (Standing::Suspended, None),
            Step::Reinstated => self.standing = Standing::Open,
            Step::Left => self.begin_anew(Standing::Left),
        }
    }

    /// What was put down is what is confirmed; an entry that says so without two officials confirms nothing.
    fn confirm(&mut self, by: AccountId) {
        let Some(PendingCheck { report: CheckReport { seen, form, next_due }, by: first }) =
            self.report.take()
        else {
            return;
        };
        let both = Officials::new(first, by).ok();
        self.check = both.map(|officials| BackgroundCheck { seen, officials, form, next_due }).or(self.check);
    }

    /// What was proposed is what is approved; an entry that says so without two officials approves nobody.
    fn approve(&mut self, by: AccountId) {
        let Some(Proposal { until, by: proposer }) = self.proposal.take() else { return };
        let four_eyes = Officials::new(proposer, by).map(Ground::FourEyes);
        self.approval = four_eyes.ok().map(|ground| Approval { until, ground }).or(self.approval);
    }

    fn follow_list(&mut self, vetting: Vetting) {
        self.proposal = None;
        match vetting {
            Vetting::Applied => (self.standing, self.approval) = (Standing::Open, None),
            Vetting::Approved { until } => {
                self.standing = Standing::Open;
                self.approval = Some(Approval { until, ground: Ground::List });
                // What the list says counts. Where it says more than the check that was seen can carry, it rests on another.
                self.check = self.check.filter(|check| until <= check.next_due);
            }
            Vetting::Suspended => self.standing = Standing::Suspended,
            Vetting::Left => self.begin_anew(Standing::Left),
        }
    }

    fn begin_anew(&mut self, standing: Standing) {
        let Self { entries, since, .. } = *self;
        *self = Self { entries, since, standing, ..Self::default() };
    }

    /// What the rest of the program goes by. An approval that has ended stays one: [`Vetting::allows`] knows the day.
    #[must_use]
    pub fn vetting(&self) -> Vetting {
        match self.standing {
            Standing::New => Vetting::Applied,
            Standing::Open => self.ends().map_or(Vetting::Applied, |until| Vetting::Approved { until }),
            Standing::Suspended => Vetting::Suspended,
            Standing::Left => Vetting::Left,
        }
    }

    /// The last day on which the approval holds: no longer than the background check seen last counts.
    pub(crate) fn ends(&self) -> Option<Day> {
        let until = self.approval?.until;
        Some(self.check.map_or(until, |check| until.min(check.next_due)))
    }

    /// How many entries it is made of.
    #[must_use]
    pub const fn entries(&self) -> u32 {
        self.entries
    }

    /// When the last entry was put down: since then the person has waited, or has not had to.
    #[must_use]
    pub const fn since(&self) -> Option<Timestamp> {
        self.since
    }

    /// The day of the interview.
    #[must_use]
    pub const fn interview(&self) -> Option<Day> {
        self.interview
    }

    /// The background check that two officials saw last.
    #[must_use]
    pub const fn check(&self) -> Option<&BackgroundCheck> {
        self.check.as_ref()
    }

    /// The extract that one official has seen and that waits for another.
    #[must_use]
    pub const fn pending_check(&self) -> Option<&PendingCheck> {
        self.report.as_ref()
    }

    /// The agreement put down last.
    #[must_use]
    pub const fn agreement(&self) -> Option<&Agreement> {
        self.agreement.as_ref()
    }

    /// The proposal that waits for another official.
    #[must_use]
    pub const fn proposal(&self) -> Option<&Proposal> {
        self.proposal.as_ref()
    }

    /// The approval given last, also while the person is suspended.
    #[must_use]
    pub const fn approval(&self) -> Option<&Approval> {
        self.approval.as_ref()
    }
}
