//! A step of vetting as a form sends it.

use certus_registry::AccountId;
use certus_registry::vetting::{Agreement, BackgroundCheck, Officials, Step, StepKind};
use certus_registry::volunteer::{Day, parse_day};
use serde::Deserialize;

/// The fields of every step's form; each step reads its own.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Typed {
    #[serde(default)]
    step: String,
    #[serde(default)]
    day: String,
    #[serde(default)]
    due: String,
    #[serde(default)]
    until: String,
    #[serde(default)]
    form: String,
    #[serde(default)]
    other: String,
    #[serde(default)]
    version: String,
}

/// What could not be read; the key of what was expected, in the Fluent files.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Wrong(pub(super) &'static str);

impl Typed {
    /// The step, taken by this official.
    pub(super) fn step(&self, by: AccountId) -> Result<Step, Wrong> {
        let kind: StepKind = self.step.parse().map_err(|_| Wrong("vetting-wrong-step"))?;
        Ok(match kind {
            StepKind::Applied => Step::Applied,
            StepKind::Interviewed => Step::Interviewed { day: day(&self.day)? },
            StepKind::CheckSeen => Step::CheckSeen(self.check(by)?),
            StepKind::AgreementSigned => {
                let version = self.version.parse().map_err(|_| Wrong("vetting-wrong-version"))?;
                Step::AgreementSigned(Agreement { signed: day(&self.day)?, version })
            }
            StepKind::ApprovalProposed => Step::ApprovalProposed { until: day(&self.until)? },
            StepKind::ProposalWithdrawn => Step::ProposalWithdrawn,
            StepKind::Approved => Step::Approved { until: day(&self.until)? },
            StepKind::Suspended => Step::Suspended,
            StepKind::Reinstated => Step::Reinstated,
            StepKind::Left => Step::Left,
        })
    }

    fn check(&self, by: AccountId) -> Result<BackgroundCheck, Wrong> {
        let two = Wrong("vetting-wrong-officials");
        let other = self.other.parse().map_err(|_| Wrong("vetting-wrong-officials"))?;
        Ok(BackgroundCheck {
            seen: day(&self.day)?,
            officials: Officials::new(by, other).map_err(|_| two)?,
            form: self.form.parse().map_err(|_| Wrong("vetting-wrong-form"))?,
            next_due: day(&self.due)?,
        })
    }
}

fn day(text: &str) -> Result<Day, Wrong> {
    parse_day(text).map_err(|_| Wrong("vetting-wrong-day"))
}

#[cfg(test)]
mod tests {
    use certus_registry::{Random, Timestamp};

    use super::*;

    #[test]
    fn a_step_reads_its_own_fields_and_says_which_is_wrong() {
        let (now, random) = (Timestamp::from_millis(0), Random::from_seed(1));
        let [by, other] = [AccountId::new(now, &random), AccountId::new(now, &random)];
        let typed = |step: &str, day: &str, other: String| Typed {
            step: step.to_owned(),
            day: day.to_owned(),
            due: "2027-11-01".to_owned(),
            form: "digital".to_owned(),
            other,
            ..Typed::default()
        };
        let check = typed("check_seen", "2026-11-01", other.to_string()).step(by).unwrap();
        assert_eq!(check.kind(), StepKind::CheckSeen);
        let wrong = [
            (typed("gone", "", String::new()), "vetting-wrong-step"),
            (typed("interviewed", "igår", String::new()), "vetting-wrong-day"),
            (typed("check_seen", "2026-11-01", by.to_string()), "vetting-wrong-officials"),
            (typed("check_seen", "2026-11-01", String::new()), "vetting-wrong-officials"),
            (typed("agreement_signed", "2026-11-01", String::new()), "vetting-wrong-version"),
        ];
        for (typed, key) in wrong {
            assert_eq!(typed.step(by), Err(Wrong(key)));
        }
    }
}
