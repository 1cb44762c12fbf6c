//! What can be put down in a person's history.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::vocabulary::vocabulary;
use crate::volunteer::{Day, Vetting};
use crate::{AccountId, Timestamp};

/// One line of a person's history; never changed or taken out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The first of a person is 1, the next 2, and so on.
    pub number: u32,
    /// When it was put down.
    pub at: Timestamp,
    /// What was put down.
    pub what: What,
}

/// What an entry says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// An official took a step.
    Taken {
        /// Which.
        step: Step,
        /// The official who took it.
        by: AccountId,
    },
    /// A file or another program said so, and nobody with an account: an earlier list, a form on the web.
    TakenOver {
        /// What it said.
        vetting: Vetting,
    },
}

/// A step that an official can take with a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// The person has applied, for the first time or again.
    Applied,
    /// The person was interviewed.
    Interviewed {
        /// On which day.
        day: Day,
    },
    /// An extract from the police's records was seen, by the word of one official who named the other: in histories from before
    /// the second one confirmed it. Counts as it did; none is put down any more.
    CheckSeen(BackgroundCheck),
    /// An official has seen an extract from the police's records; it counts once another confirms it.
    CheckReported(CheckReport),
    /// Another official has seen the same extract.
    CheckConfirmed {
        /// The day on which it was seen, as it was put down: nobody confirms what they have not read.
        seen: Day,
        /// The last day on which it counts, as it was put down.
        next_due: Day,
    },
    /// The person signed the agreement.
    AgreementSigned(Agreement),
    /// An official proposes that the board approve the person.
    ApprovalProposed {
        /// The last day of the approval.
        until: Day,
    },
    /// The proposal no longer stands.
    ProposalWithdrawn,
    /// Another official approves what was proposed.
    Approved {
        /// The last day, as it was proposed: nobody approves what they have not read.
        until: Day,
    },
    /// The board suspends the person.
    Suspended,
    /// The suspension ends; the approval that was there holds on.
    Reinstated,
    /// The person leaves the network.
    Left,
}

vocabulary!(
    /// The kinds of [`Step`].
    StepKind, "step of vetting" {
        /// [`Step::Applied`].
        Applied = "applied",
        /// [`Step::Interviewed`].
        Interviewed = "interviewed",
        /// [`Step::CheckSeen`].
        CheckSeen = "check_seen",
        /// [`Step::CheckReported`].
        CheckReported = "check_reported",
        /// [`Step::CheckConfirmed`].
        CheckConfirmed = "check_confirmed",
        /// [`Step::AgreementSigned`].
        AgreementSigned = "agreement_signed",
        /// [`Step::ApprovalProposed`].
        ApprovalProposed = "approval_proposed",
        /// [`Step::ProposalWithdrawn`].
        ProposalWithdrawn = "proposal_withdrawn",
        /// [`Step::Approved`].
        Approved = "approved",
        /// [`Step::Suspended`].
        Suspended = "suspended",
        /// [`Step::Reinstated`].
        Reinstated = "reinstated",
        /// [`Step::Left`].
        Left = "left",
    }
);

impl Step {
    /// What kind of step it is.
    #[must_use]
    pub const fn kind(&self) -> StepKind {
        match self {
            Self::Applied => StepKind::Applied,
            Self::Interviewed { .. } => StepKind::Interviewed,
            Self::CheckSeen(_) => StepKind::CheckSeen,
            Self::CheckReported(_) => StepKind::CheckReported,
            Self::CheckConfirmed { .. } => StepKind::CheckConfirmed,
            Self::AgreementSigned(_) => StepKind::AgreementSigned,
            Self::ApprovalProposed { .. } => StepKind::ApprovalProposed,
            Self::ProposalWithdrawn => StepKind::ProposalWithdrawn,
            Self::Approved { .. } => StepKind::Approved,
            Self::Suspended => StepKind::Suspended,
            Self::Reinstated => StepKind::Reinstated,
            Self::Left => StepKind::Left,
        }
    }
}

/// That one official has seen an extract; never what it said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CheckReport {
    /// The day on which it was seen.
    pub seen: Day,
    /// In which form it was shown.
    pub form: CheckForm,
    /// The last day on which it counts; the next is to be seen by then.
    pub next_due: Day,
}

/// That two officials have seen an extract; never what it said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BackgroundCheck {
    /// The day on which it was seen.
    pub seen: Day,
    /// Who saw it.
    pub officials: Officials,
    /// In which form it was shown.
    pub form: CheckForm,
    /// The last day on which this one counts; the next is to be seen by then.
    pub next_due: Day,
}

impl BackgroundCheck {
    /// Whether it still counts on `day`.
    #[must_use]
    pub fn counts_on(&self, day: Day) -> bool {
        day <= self.next_due
    }
}

/// Two different officials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Officials([AccountId; 2]);

/// Why two officials do not count as two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected two different officials, found the same one twice")]
pub struct SameOfficial;

impl Officials {
    /// Two officials, in the order in which they are named.
    ///
    /// # Errors
    /// [`SameOfficial`] when they are one.
    pub fn new(first: AccountId, second: AccountId) -> Result<Self, SameOfficial> {
        if first == second { Err(SameOfficial) } else { Ok(Self([first, second])) }
    }

    /// Both.
    #[must_use]
    pub const fn both(self) -> [AccountId; 2] {
        self.0
    }

    /// Whether `official` is one of them.
    #[must_use]
    pub fn include(self, official: AccountId) -> bool {
        self.0.contains(&official)
    }
}

vocabulary!(
    /// In which form an extract was shown.
    CheckForm, "form of a background check" {
        /// Digitally, with its signature verified.
        Digital = "digital",
        /// On paper.
        Paper = "paper",
    }
);

/// That the agreement was signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agreement {
    /// The day on which the person signed it.
    pub signed: Day,
    /// Which text they signed.
    pub version: AgreementVersion,
}

/// The board's own name for one text of the agreement, e.g. `2026-1`: 1 to 20 letters, digits, `-` and `.`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AgreementVersion(String);

/// Why a text names no version of the agreement.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected a version such as 2026-1, of 1 to 20 letters, digits, '-' and '.'")]
pub struct AgreementVersionError;

impl AgreementVersion {
    /// The longest version kept, in characters.
    pub const LENGTH_MAX: usize = 20;

    /// The version as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for AgreementVersion {
    type Error = AgreementVersionError;
    fn try_from(text: String) -> Result<Self, AgreementVersionError> {
        let version = text.trim();
        let fits = (1..=Self::LENGTH_MAX).contains(&version.chars().count());
        let allowed = |c: char| c.is_alphanumeric() || "-.".contains(c);
        if fits && version.chars().all(allowed) {
            Ok(Self(version.to_owned()))
        } else {
            Err(AgreementVersionError)
        }
    }
}

impl FromStr for AgreementVersion {
    type Err = AgreementVersionError;
    fn from_str(text: &str) -> Result<Self, AgreementVersionError> {
        text.to_owned().try_into()
    }
}

impl From<AgreementVersion> for String {
    fn from(version: AgreementVersion) -> Self {
        version.0
    }
}

impl fmt::Display for AgreementVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
