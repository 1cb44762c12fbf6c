//! `certus calibration`: promised beside what happened.

use std::io::Write;
use std::time::Duration;

use certus_registry::time::SystemClock;
use certus_registry::{Clock, Database};
use clap::Args;

use super::CliError;
use crate::calibration::{Band, Calibration};
use crate::engine::store;

pub(super) const EXAMPLES: &str = "\
Examples:
  certus calibration                 the closed incidents of the last year
  certus calibration --days 30

A line for each band of promises. What lies outside the interval of what happened was promised too boldly or too timidly:
look at the priors (dispatcher/src/matching/willingness.rs) and at the policy's sure_percent.";

/// How far back.
#[derive(Debug, Args)]
pub(super) struct CalibrationReport {
    /// Days
    #[arg(long, default_value_t = 365, value_parser = clap::value_parser!(u64).range(1..=3_650))]
    days: u64,
}

impl CalibrationReport {
    pub(super) async fn run(self, db: &Database) -> Result<(), CliError> {
        let since = SystemClock.now() - Duration::from_hours(24 * self.days);
        let incidents = store::closed_since(db, since).await?;
        let Calibration { waves, people } = Calibration::of(incidents.iter());
        let mut out = std::io::stdout().lock();
        writeln!(out, "{} closed incidents in {} days", incidents.len(), self.days)?;
        write!(out, "{}", table("first waves: anybody comes", &waves))?;
        Ok(write!(out, "{}", table("people asked: comes", &people))?)
    }
}

fn table(title: &str, bands: &[Band]) -> String {
    let head =
        format!("\n{title:<30}{:>8}{:>10}{:>10}{:>16}\n", "number", "promised", "happened", "95 % interval");
    let mut from = 0;
    bands.iter().fold(head, |text, band| {
        let row = row(from, band);
        from = band.to_permille;
        text + &row
    })
}

fn row(from: u16, band: &Band) -> String {
    let name = format!("  {} to {} %", from / 10, band.to_permille / 10);
    let (Some(promised), Some([share, low, high]), Some(holds)) =
        (band.promised(), band.happened(), band.holds())
    else {
        return format!("{name:<30}{:>8}\n", 0);
    };
    let [promised, share, low, high] = [promised, share, low, high].map(|share| 100.0 * share);
    let (number, interval) = (band.number, format!("{low:.0} to {high:.0} %"));
    let note = if holds { "" } else { "  outside" };
    format!("{name:<30}{number:>8}{promised:>8.0} %{share:>8.0} %{interval:>16}{note}\n")
}
