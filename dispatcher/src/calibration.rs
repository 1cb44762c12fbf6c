//! Promised beside what happened: whether waves and people came as often as was thought. Pure.

use crate::incident::{CallOut, Incident, Promise};

/// Upper ends of the bands that promises are put together by, in thousandths.
const BANDS: [u16; 6] = [200, 350, 500, 800, 900, 1000];
/// Of the normal distribution, for an interval that holds the truth 95 times in 100.
const Z: f64 = 1.959_964;

/// How often something came true that was promised.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Band {
    /// Highest promise in it, in thousandths; the lowest is above the band before.
    pub to_permille: u16,
    /// How many promises.
    pub number: u32,
    /// Their sum, in thousandths.
    promised_permille: u64,
    /// How many came true.
    pub came_true: u32,
}

/// Both questions.
#[derive(Debug, Clone, PartialEq)]
pub struct Calibration {
    /// Of first waves: that anybody of those asked at once comes.
    pub waves: Vec<Band>,
    /// Of people asked: that they say yes in time and come.
    pub people: Vec<Band>,
}

impl Calibration {
    /// Looks back at closed incidents. What was cut short before it was decided is not in it.
    pub fn of<'a>(incidents: impl Iterator<Item = &'a Incident>) -> Self {
        let mut calibration = Self { waves: bands(), people: bands() };
        for incident in incidents {
            for callout in &incident.callouts {
                if let Some(came) = callout.came() {
                    put(&mut calibration.people, callout.candidate.yes_permille, came);
                }
            }
            if let Some(promise) = incident.promises.first()
                && let Some(came) = anybody_came(incident, promise)
            {
                put(&mut calibration.waves, promise.any_permille, came);
            }
        }
        calibration
    }
}

/// Whether anybody of the first wave came, not counting those asked in place of others later.
fn anybody_came(incident: &Incident, promise: &Promise) -> Option<bool> {
    let opened_with = incident.callouts.iter().take(usize::from(promise.asked));
    let decided: Vec<Option<bool>> = opened_with.map(CallOut::came).collect();
    if decided.contains(&Some(true)) {
        return Some(true);
    }
    decided.iter().all(Option::is_some).then_some(false)
}

fn bands() -> Vec<Band> {
    BANDS.iter().map(|to_permille| Band { to_permille: *to_permille, ..Band::default() }).collect()
}

fn put(bands: &mut [Band], permille: u16, came_true: bool) {
    let Some(band) = bands.iter_mut().find(|band| permille <= band.to_permille) else { return };
    band.number += 1;
    band.promised_permille += u64::from(permille);
    band.came_true += u32::from(came_true);
}

impl Band {
    /// What was promised on average, 0 to 1; none without promises.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    pub fn promised(&self) -> Option<f64> {
        (self.number > 0).then(|| self.promised_permille as f64 / 1000.0 / f64::from(self.number))
    }

    /// How often it came true, and between which shares the truth lies 95 times in 100 (Wilson's score interval,
    /// E. B. Wilson, JASA 22, 1927).
    #[must_use]
    pub fn happened(&self) -> Option<[f64; 3]> {
        if self.number == 0 {
            return None;
        }
        let (n, share) = (f64::from(self.number), f64::from(self.came_true) / f64::from(self.number));
        let denominator = 1.0 + Z * Z / n;
        let centre = (share + Z * Z / (2.0 * n)) / denominator;
        let half = Z / denominator * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt();
        Some([share, (centre - half).max(0.0), (centre + half).min(1.0)])
    }

    /// Whether the promise lies within what the outcomes allow.
    #[must_use]
    pub fn holds(&self) -> Option<bool> {
        let ([_, low, high], promised) = (self.happened()?, self.promised()?);
        Some((low..=high).contains(&promised))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::incident::tests::{accept, closed_with, decline};

    #[test]
    fn the_interval_is_wilsons() {
        let band = Band { to_permille: 500, number: 10, promised_permille: 3_500, came_true: 4 };
        let [share, low, high] = band.happened().unwrap();
        assert!((share - 0.4).abs() < 1e-9 && (low - 0.1682).abs() < 1e-3 && (high - 0.6873).abs() < 1e-3);
        assert_eq!((band.promised(), band.holds()), (Some(0.35), Some(true)));
    }

    #[test]
    fn waves_and_people_are_put_beside_what_became_of_them() {
        let came = closed_with(3, |incident| accept(incident, 1));
        let nobody = closed_with(3, |incident| (0..3).for_each(|n| decline(incident, n)));
        let cut_short = closed_with(3, |incident| decline(incident, 0));
        let calibration = Calibration::of([&came, &nobody, &cut_short].into_iter());
        let of = |bands: &[Band]| -> (u32, u32) {
            (bands.iter().map(|band| band.number).sum(), bands.iter().map(|band| band.came_true).sum())
        };
        assert_eq!(of(&calibration.waves), (2, 1), "that of the one that was cut short is not known");
        assert_eq!(of(&calibration.people), (5, 1), "nor what those would have said who were released");
    }
}
