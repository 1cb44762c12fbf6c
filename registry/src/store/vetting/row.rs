//! A stored entry and the way from it to the type that cannot be wrong.

use std::error::Error;
use std::str::FromStr;

use crate::store::damaged;
use crate::vetting::{Agreement, BackgroundCheck, CheckReport, Entry, Officials, Step, StepKind, What};
use crate::volunteer::{Day, Vetting};
use crate::{AccountId, RegistryError, Timestamp, VolunteerId};

/// The word of [`What::TakenOver`] in the column of steps.
const TAKEN_OVER: &str = "taken_over";

#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub(super) struct Row {
    pub(super) volunteer_id: String,
    pub(super) number: i64,
    pub(super) at: Timestamp,
    pub(super) account: Option<String>,
    pub(super) step: String,
    pub(super) day: Option<String>,
    pub(super) until: Option<String>,
    pub(super) official_1: Option<String>,
    pub(super) official_2: Option<String>,
    pub(super) form: Option<String>,
    pub(super) version: Option<String>,
    pub(super) vetting: Option<String>,
}

/// Why a row is damaged.
type Broken = Box<dyn Error + Send + Sync>;

impl Row {
    pub(super) fn of(id: VolunteerId, entry: &Entry) -> Self {
        Self::written(id.to_string(), entry)
    }

    fn written(volunteer_id: String, entry: &Entry) -> Self {
        let mut row = Self {
            volunteer_id,
            number: i64::from(entry.number),
            at: entry.at,
            account: None,
            step: TAKEN_OVER.to_owned(),
            day: None,
            until: None,
            official_1: None,
            official_2: None,
            form: None,
            version: None,
            vetting: None,
        };
        match &entry.what {
            What::Taken { step, by } => row.put_step(step, *by),
            What::TakenOver { vetting } => {
                let (word, until) = vetting.columns();
                (row.vetting, row.until) = (Some(word.to_owned()), until.map(|day| day.to_string()));
            }
        }
        row
    }

    fn put_step(&mut self, step: &Step, by: AccountId) {
        (self.account, self.step) = (Some(by.to_string()), step.kind().to_string());
        match step {
            Step::Interviewed { day } => self.day = Some(day.to_string()),
            Step::CheckSeen(check) => {
                let [first, second] = check.officials.both().map(|official| Some(official.to_string()));
                (self.official_1, self.official_2) = (first, second);
                (self.day, self.until) = (Some(check.seen.to_string()), Some(check.next_due.to_string()));
                self.form = Some(check.form.to_string());
            }
            Step::CheckReported(CheckReport { seen, form, next_due }) => {
                (self.day, self.until) = (Some(seen.to_string()), Some(next_due.to_string()));
                self.form = Some(form.to_string());
            }
            Step::CheckConfirmed { seen, next_due } => {
                (self.day, self.until) = (Some(seen.to_string()), Some(next_due.to_string()));
            }
            Step::AgreementSigned(Agreement { signed, version }) => {
                (self.day, self.version) = (Some(signed.to_string()), Some(version.to_string()));
            }
            Step::ApprovalProposed { until } | Step::Approved { until } => {
                self.until = Some(until.to_string());
            }
            Step::Applied | Step::ProposalWithdrawn | Step::Suspended | Step::Reinstated | Step::Left => {}
        }
    }

    /// The entry that the row holds.
    ///
    /// # Errors
    /// [`RegistryError::Damaged`] when a column is not what the step needs, or one is filled that it does not have.
    pub(super) fn entry(&self) -> Result<Entry, RegistryError> {
        let id = || format!("{} {}", self.volunteer_id, self.number);
        let entry = self.parse().map_err(|e| damaged("vetting entry", &id(), &e))?;
        if Self::written(self.volunteer_id.clone(), &entry) == *self {
            Ok(entry)
        } else {
            Err(damaged("vetting entry", &id(), &"a column that does not go with the step"))
        }
    }

    fn parse(&self) -> Result<Entry, Broken> {
        let what = if self.step == TAKEN_OVER {
            let word: String = need(self.vetting.as_deref(), "vetting")?;
            let until = self.until.as_deref().map(str::parse).transpose()?;
            What::TakenOver { vetting: Vetting::from_columns(&word, until)? }
        } else {
            What::Taken { step: self.step()?, by: need(self.account.as_deref(), "account")? }
        };
        Ok(Entry { number: self.number.try_into()?, at: self.at, what })
    }

    fn step(&self) -> Result<Step, Broken> {
        let day = || need::<Day>(self.day.as_deref(), "day");
        let until = || need::<Day>(self.until.as_deref(), "until");
        Ok(match self.step.parse()? {
            StepKind::Applied => Step::Applied,
            StepKind::Interviewed => Step::Interviewed { day: day()? },
            StepKind::CheckSeen => Step::CheckSeen(self.check()?),
            StepKind::CheckReported => Step::CheckReported(CheckReport {
                seen: day()?,
                form: need(self.form.as_deref(), "form")?,
                next_due: until()?,
            }),
            StepKind::CheckConfirmed => Step::CheckConfirmed { seen: day()?, next_due: until()? },
            StepKind::AgreementSigned => Step::AgreementSigned(Agreement {
                signed: day()?,
                version: need(self.version.as_deref(), "version")?,
            }),
            StepKind::ApprovalProposed => Step::ApprovalProposed { until: until()? },
            StepKind::ProposalWithdrawn => Step::ProposalWithdrawn,
            StepKind::Approved => Step::Approved { until: until()? },
            StepKind::Suspended => Step::Suspended,
            StepKind::Reinstated => Step::Reinstated,
            StepKind::Left => Step::Left,
        })
    }

    fn check(&self) -> Result<BackgroundCheck, Broken> {
        let official = |column: &Option<String>| need(column.as_deref(), "official");
        Ok(BackgroundCheck {
            seen: need(self.day.as_deref(), "day")?,
            officials: Officials::new(official(&self.official_1)?, official(&self.official_2)?)?,
            form: need(self.form.as_deref(), "form")?,
            next_due: need(self.until.as_deref(), "until")?,
        })
    }
}

fn need<T: FromStr<Err: Into<Broken>>>(column: Option<&str>, name: &str) -> Result<T, Broken> {
    column.ok_or_else(|| format!("no {name}"))?.parse().map_err(Into::into)
}
