//! The section `[reminders]`.

use serde::Deserialize;

/// The furthest ahead that somebody is reminded, days: as far as the registry looks.
const DAYS_MAX: u16 = certus_registry::store::vetting::DUE_DAYS_MAX;
/// The most texts about one thing that ends.
const TIMES_MAX: usize = 5;

/// When people are reminded of what ends for them: approval, background check, certificates.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Written")]
pub struct Reminders {
    /// How many days before, the furthest first; none: nobody is reminded.
    pub days: Vec<u16>,
    /// The hour of the day from which texts are sent, local time.
    pub from_hour: i8,
    /// The hour before which they leave.
    pub to_hour: i8,
}

/// As it is written.
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Written {
    days: Vec<u16>,
    from_hour: i8,
    to_hour: i8,
}

impl Default for Reminders {
    /// Two months before, which is what a course or an extract takes, and when it is urgent; by day.
    fn default() -> Self {
        Self { days: vec![60, 14], from_hour: 9, to_hour: 18 }
    }
}

impl Default for Written {
    fn default() -> Self {
        let Reminders { days, from_hour, to_hour } = Reminders::default();
        Self { days, from_hour, to_hour }
    }
}

impl Reminders {
    /// Nobody is reminded.
    #[must_use]
    pub fn none() -> Self {
        Self { days: Vec::new(), ..Self::default() }
    }
}

impl TryFrom<Written> for Reminders {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        let Written { mut days, from_hour, to_hour } = written;
        if days.len() > TIMES_MAX || days.iter().any(|days| !(1..=DAYS_MAX).contains(days)) {
            return Err(format!("days: expected at most {TIMES_MAX} numbers from 1 to {DAYS_MAX}"));
        }
        if !(0..=23).contains(&from_hour) || !(1..=24).contains(&to_hour) || to_hour <= from_hour {
            return Err("from_hour, to_hour: expected hours of one day, such as 9 and 18".to_owned());
        }
        days.sort_unstable_by(|one, other| other.cmp(one));
        days.dedup();
        Ok(Self { days, from_hour, to_hour })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_is_refused_with_what_was_expected() {
        let read = |text: &str| toml::from_str::<Reminders>(text);
        assert_eq!(read("").unwrap(), Reminders::default());
        assert_eq!(read("days = [14, 60, 14]").unwrap().days, [60, 14]);
        assert_eq!(read("days = []").unwrap(), Reminders::none());
        for text in [
            "days = [0]",
            "days = [400]",
            "days = [1,2,3,4,5,6]",
            "from_hour = 18",
            "to_hour = 25",
            "hours = 1",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
