//! The forms about when somebody may be asked: the week, holidays, nights, how often, and exceptions. The same for the board, at
//! somebody's page, and for everybody at their own.

use std::collections::HashSet;

use certus_registry::availability::{Exception, ExceptionError, Exceptions, parse_minute};
use certus_registry::{Availability, RegistryError, WeeklyHours};
use jiff::civil::DateTime;
use serde::Deserialize;

use crate::web::page::Page;

/// What `plan.html` shows.
pub(super) trait PlanPage: Page {
    /// The plan.
    fn plan(&self) -> &Availability;

    /// What the addresses of its forms begin with.
    fn plan_at(&self) -> String;

    /// Whether whoever looks may change it.
    fn writes_plan(&self) -> bool;

    /// From when to when, as people read it.
    fn span(&self, exception: &Exception) -> String {
        let [from, to] =
            [exception.from(), exception.to()].map(|at| at.strftime("%Y-%m-%d %H:%M").to_string());
        format!("{from} – {to}")
    }

    /// The hours of a block of the grid.
    fn block_hours(&self, block: usize) -> String {
        let from = block * WeeklyHours::BLOCK_HOURS;
        format!("{from:02}–{:02}", from + WeeklyHours::BLOCK_HOURS)
    }

    /// A box of the grid, for those who do not see where it stands.
    fn block_name(&self, day: usize, block: usize) -> String {
        format!("{} {}", self.t(format!("weekday-{}", day + 1)), self.block_hours(block))
    }

    /// Whether a box of the grid is ticked.
    fn is_ticked(&self, day: usize, block: usize) -> bool {
        self.plan().hours.blocks().any(|one| one == (day, block))
    }
}

/// The form about every week, as a browser sends it: some names come several times, a box that is not ticked does not come.
pub(super) struct Week(Vec<(String, String)>);

/// The form about one exception.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Typed {
    #[serde(default)]
    from: String,
    #[serde(default)]
    to: String,
    #[serde(default)]
    available: String,
    #[serde(default)]
    reason: String,
}

/// Which exception is to go, as it is written.
#[derive(Debug, Deserialize)]
pub(super) struct Gone {
    #[serde(default)]
    exception: String,
}

/// Why a plan is not changed.
#[derive(Debug)]
pub(super) enum NotChanged {
    /// What was typed; the key of what was expected, in the Fluent files.
    Wrong(&'static str),
    /// The database.
    Registry(RegistryError),
}

impl From<RegistryError> for NotChanged {
    fn from(error: RegistryError) -> Self {
        Self::Registry(error)
    }
}

impl From<ExceptionError> for NotChanged {
    fn from(error: ExceptionError) -> Self {
        Self::Wrong(match error {
            ExceptionError::Form(_) | ExceptionError::Time(_) => "plan-wrong-time",
            ExceptionError::Order { .. } => "plan-wrong-order",
            ExceptionError::Reason(_) => "plan-wrong-reason",
            ExceptionError::TooMany(_) => "plan-too-many",
        })
    }
}

impl Week {
    pub(super) fn typed(pairs: Vec<(String, String)>) -> Self {
        Self(pairs)
    }

    fn one(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.trim())
    }

    /// What was typed, in place of everything that was held but the exceptions.
    pub(super) fn onto(&self, held: Availability) -> Result<Availability, NotChanged> {
        let max = self.one("monthly_max").filter(|max| !max.is_empty()).map(str::parse).transpose();
        let holidays = self.one("holidays").unwrap_or_default().parse();
        Ok(Availability {
            hours: self.hours().ok_or(NotChanged::Wrong("plan-wrong-hours"))?,
            holidays: holidays.map_err(|_| NotChanged::Wrong("plan-wrong-holidays"))?,
            nights: self.one("nights").is_some(),
            monthly_max: max.map_err(|_| NotChanged::Wrong("plan-wrong-max"))?,
            exceptions: held.exceptions,
        })
    }

    /// By the boxes of the grid, where it was shown; else as it is written.
    fn hours(&self) -> Option<WeeklyHours> {
        if self.one("grid").is_none() {
            return self.one("hours")?.parse().ok();
        }
        let ticked = self.0.iter().filter(|(name, _)| name == "block").map(|(_, value)| {
            let (day, block) = value.split_once('-')?;
            Some((day.parse().ok()?, block.parse().ok()?))
        });
        let ticked: HashSet<(usize, usize)> = ticked.collect::<Option<_>>()?;
        let hours = WeeklyHours::of_blocks(ticked.iter().copied());
        (hours.blocks().count() == ticked.len()).then_some(hours)
    }
}

impl Typed {
    /// With this exception, and without those that were over by `now`, local time.
    pub(super) fn added(&self, held: &Availability, now: DateTime) -> Result<Availability, NotChanged> {
        let mut all: Vec<Exception> = held.exceptions.since(now).iter().cloned().collect();
        all.push(self.exception()?);
        Ok(Availability { exceptions: Exceptions::of(all)?, ..held.clone() })
    }

    fn exception(&self) -> Result<Exception, ExceptionError> {
        let reason = self.reason.trim();
        let reason = (!reason.is_empty()).then(|| reason.parse()).transpose()?;
        Exception::new(parse_minute(&self.from)?, parse_minute(&self.to)?, self.available == "yes", reason)
    }
}

impl Gone {
    /// Without this exception; one that is gone already is no mistake.
    pub(super) fn removed(&self, held: &Availability) -> Result<Availability, NotChanged> {
        let others = held.exceptions.iter().filter(|one| one.to_string() != self.exception);
        Ok(Availability { exceptions: Exceptions::of(others.cloned().collect())?, ..held.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn week(pairs: &[(&str, &str)]) -> Result<Availability, NotChanged> {
        let pairs = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Week::typed(pairs.collect()).onto(Availability::ALWAYS)
    }

    #[test]
    fn a_week_is_ticked_in_a_grid_or_written() {
        let ticked = [("grid", "yes"), ("block", "0-2"), ("block", "0-3"), ("holidays", "as_usual")];
        assert_eq!(week(&ticked).unwrap().hours, "mon 06-12".parse().unwrap());
        assert_eq!(week(&[("grid", "yes"), ("holidays", "closed")]).unwrap().hours, WeeklyHours::NEVER);
        let written = [("hours", "mon 07-23"), ("holidays", "as_usual"), ("monthly_max", "4")];
        assert_eq!(week(&written).unwrap().monthly_max.map(u8::from), Some(4));
        for (wrong, key) in [
            (vec![("grid", "yes"), ("block", "7-0"), ("holidays", "closed")], "plan-wrong-hours"),
            (vec![("grid", "yes"), ("block", "mon"), ("holidays", "closed")], "plan-wrong-hours"),
            (vec![("holidays", "closed")], "plan-wrong-hours"),
            (vec![("grid", "yes")], "plan-wrong-holidays"),
            (vec![("grid", "yes"), ("holidays", "closed"), ("monthly_max", "31")], "plan-wrong-max"),
        ] {
            assert!(matches!(week(&wrong), Err(NotChanged::Wrong(found)) if found == key), "{wrong:?}");
        }
    }
}
