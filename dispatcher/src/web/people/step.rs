//! A step of vetting as a form sends it.

use certus_registry::vetting::{Agreement, CheckReport, Step, StepKind};
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
    version: String,
}

/// What could not be read; the key of what was expected, in the Fluent files.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Wrong(pub(super) &'static str);

impl Typed {
    /// The step.
    pub(super) fn step(&self) -> Result<Step, Wrong> {
        let kind: StepKind = self.step.parse().map_err(|_| Wrong("vetting-wrong-step"))?;
        Ok(match kind {
            StepKind::Applied => Step::Applied,
            StepKind::Interviewed => Step::Interviewed { day: day(&self.day)? },
            StepKind::CheckSeen => return Err(Wrong("vetting-wrong-step")),
            StepKind::CheckReported => Step::CheckReported(CheckReport {
                seen: day(&self.day)?,
                form: self.form.parse().map_err(|_| Wrong("vetting-wrong-form"))?,
                next_due: day(&self.due)?,
            }),
            StepKind::CheckConfirmed => {
                Step::CheckConfirmed { seen: day(&self.day)?, next_due: day(&self.due)? }
            }
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
}

fn day(text: &str) -> Result<Day, Wrong> {
    parse_day(text).map_err(|_| Wrong("vetting-wrong-day"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_reads_its_own_fields_and_says_which_is_wrong() {
        let typed = |step: &str, day: &str, form: &str| Typed {
            step: step.to_owned(),
            day: day.to_owned(),
            due: "2027-11-01".to_owned(),
            form: form.to_owned(),
            ..Typed::default()
        };
        for kind in [StepKind::CheckReported, StepKind::CheckConfirmed] {
            let step = typed(kind.as_str(), "2026-11-01", "digital").step().unwrap();
            assert_eq!(step.kind(), kind);
        }
        let wrong = [
            (typed("gone", "", ""), "vetting-wrong-step"),
            (typed("check_seen", "2026-11-01", "digital"), "vetting-wrong-step"),
            (typed("interviewed", "igår", ""), "vetting-wrong-day"),
            (typed("check_reported", "2026-11-01", ""), "vetting-wrong-form"),
            (typed("check_confirmed", "", ""), "vetting-wrong-day"),
            (typed("agreement_signed", "2026-11-01", ""), "vetting-wrong-version"),
        ];
        for (typed, key) in wrong {
            assert_eq!(typed.step(), Err(Wrong(key)));
        }
    }
}
