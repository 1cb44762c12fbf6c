//! How likely it is that enough of some people come: what decides how many are asked at once.
//!
//! Each person has a chance of their own; besides, they share what nobody sees from here (no coverage, a storm, a
//! holiday), so that silence comes in bunches. Two worlds are weighed: an open one, in which everybody is as they are,
//! and a hushed one. Within each the number who come is Poisson-binomial, counted exactly. Only sums and products of
//! doubles, in a fixed order: a replay gives the same bits.

use super::Candidate;

/// How often everybody is hushed at once. Our arithmetic: 8 % of Jämtland has no mobile operator, and a bad night more.
const HUSHED: f64 = 0.1;
/// What is left of a person's chance then. Our arithmetic; the calibration report is how both are to be corrected.
const HUSHED_FACTOR: f64 = 1.0 / 3.0;

/// Counts people in, one at a time.
#[derive(Debug, Clone)]
pub(super) struct Odds {
    open: Vec<f64>,
    hushed: Vec<f64>,
}

impl Odds {
    /// Nobody yet, of whom at least `wanted` are to come.
    pub(super) fn of(wanted: u16) -> Self {
        let mut nobody = vec![0.0; usize::from(wanted)];
        if let Some(none) = nobody.first_mut() {
            *none = 1.0;
        }
        Self { open: nobody.clone(), hushed: nobody }
    }

    /// The same with one more person, who comes with a chance of `permille` in a thousand.
    pub(super) fn add(&mut self, permille: u16) {
        let chance = f64::from(permille.min(1000)) / 1000.0;
        count_in(&mut self.open, chance);
        count_in(&mut self.hushed, chance * HUSHED_FACTOR);
    }

    /// The probability that at least as many as wanted come, in thousandths, rounded down.
    pub(super) fn permille(&self) -> u16 {
        let short = |counts: &[f64]| counts.iter().sum::<f64>();
        let fails = (1.0 - HUSHED) * short(&self.open) + HUSHED * short(&self.hushed);
        whole((1.0 - fails) * 1000.0)
    }
}

/// `counts[n]`: the probability that exactly `n` of those counted in come; beyond the last there are enough.
fn count_in(counts: &mut [f64], chance: f64) {
    for n in (0..counts.len()).rev() {
        let one_fewer = if n > 0 { counts[n - 1] } else { 0.0 };
        counts[n] = counts[n] * (1.0 - chance) + one_fewer * chance;
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 1000")]
fn whole(permille: f64) -> u16 {
    permille.clamp(0.0, 1000.0) as u16
}

/// How many of `next`, in their order, must be asked beside those with `asked` chances for at least `wanted` to come with
/// a probability of `target` in a thousand. More than there are: the target is out of reach.
pub(super) fn needed(
    wanted: u16,
    target: u16,
    asked: impl Iterator<Item = u16>,
    next: &[Candidate],
) -> usize {
    let mut odds = Odds::of(wanted);
    asked.for_each(|chance| odds.add(chance));
    for (count, candidate) in next.iter().enumerate() {
        if odds.permille() >= target {
            return count;
        }
        odds.add(candidate.yes_permille);
    }
    if odds.permille() >= target { next.len() } else { next.len() + 1 }
}

#[cfg(test)]
#[path = "odds_tests.rs"]
mod tests;
