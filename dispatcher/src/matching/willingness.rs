//! How likely a person is to say yes in time and come: a Beta posterior from what they did before, shrunk to a prior by
//! the hour and the way they have to go. Few events teach much less than they seem to: the prior weighs as much as eight.

use certus_registry::Metres;
use serde::{Deserialize, Serialize};

/// What the prior weighs, in call-outs. Our arithmetic: a volunteer in Jämtland is asked a few times a year.
const PRIOR_WEIGHT: f64 = 8.0;
/// Chances by day: of everybody alerted 35 % say yes in Denmark, 37.7 % in Australia and New Zealand (`docs/architecture.md`);
/// that the near come more often and the far less is our arithmetic, to be corrected by the calibration report.
const BY_DAY: [(Metres, f64); 3] =
    [(Metres(2_000.0), 0.40), (Metres(10_000.0), 0.35), (Metres(f64::MAX), 0.30)];
/// Between 22 and 07 one in four does not see an alert that is seen by day (`GoodSAM`: 75.6 % see it at all); our
/// arithmetic takes the same share off once more.
const AT_NIGHT: f64 = 0.756;

/// What became of the call-outs of one person that were decided by themselves: whoever was released before their time
/// was over, or was never reached, is not in it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answers {
    /// Asked between 07 and 22.
    pub asked_by_day: u32,
    /// Of those, said yes and came or held out until the stand-down.
    pub came_by_day: u32,
    /// Asked between 22 and 07.
    pub asked_at_night: u32,
    /// Of those, said yes and came or held out until the stand-down.
    pub came_at_night: u32,
}

/// The chance that somebody who lives up to their `answers` comes over this `distance`, in thousandths.
#[must_use]
pub fn yes_permille(answers: Answers, is_day: bool, distance: Metres) -> u16 {
    let (asked, came) = if is_day {
        (answers.asked_by_day, answers.came_by_day)
    } else {
        (answers.asked_at_night, answers.came_at_night)
    };
    let chance =
        (prior(is_day, distance) * PRIOR_WEIGHT + f64::from(came)) / (PRIOR_WEIGHT + f64::from(asked));
    whole(chance * 1000.0)
}

fn prior(is_day: bool, distance: Metres) -> f64 {
    let band = BY_DAY.iter().find(|(within, _)| distance <= *within);
    let by_day = band.map_or(BY_DAY[BY_DAY.len() - 1].1, |(_, chance)| *chance);
    if is_day { by_day } else { by_day * AT_NIGHT }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 1000")]
fn whole(permille: f64) -> u16 {
    permille.round().clamp(0.0, 1000.0) as u16
}

impl Answers {
    /// One call-out, and whether the person came.
    #[must_use]
    pub fn one(is_day: bool, came: bool) -> Self {
        let (asked, came) = (1, u32::from(came));
        if is_day {
            Self { asked_by_day: asked, came_by_day: came, ..Self::default() }
        } else {
            Self { asked_at_night: asked, came_at_night: came, ..Self::default() }
        }
    }

    /// These and more.
    #[must_use]
    pub fn and(self, more: Self) -> Self {
        Self {
            asked_by_day: self.asked_by_day.saturating_add(more.asked_by_day),
            came_by_day: self.came_by_day.saturating_add(more.came_by_day),
            asked_at_night: self.asked_at_night.saturating_add(more.asked_at_night),
            came_at_night: self.came_at_night.saturating_add(more.came_at_night),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEAR: Metres = Metres(5_000.0);

    #[test]
    fn a_stranger_is_as_likely_as_the_prior_and_less_so_at_night_and_from_afar() {
        let chance = |is_day, metres| yes_permille(Answers::default(), is_day, Metres(metres));
        assert_eq!(chance(true, 5_000.0), 350);
        assert_eq!((chance(true, 500.0), chance(true, 50_000.0)), (400, 300));
        assert_eq!(chance(false, 5_000.0), 265);
    }

    #[test]
    fn what_a_person_did_moves_them_away_from_the_prior_slowly_and_never_to_certainty() {
        let often = (0..4).fold(Answers::default(), |answers, _| answers.and(Answers::one(true, true)));
        let never = (0..4).fold(Answers::default(), |answers, _| answers.and(Answers::one(true, false)));
        assert_eq!(yes_permille(often, true, NEAR), 567, "(0.35 x 8 + 4) / 12");
        assert_eq!(yes_permille(never, true, NEAR), 233);
        let always = (0..1_000).fold(Answers::default(), |answers, _| answers.and(Answers::one(true, true)));
        assert!(yes_permille(always, true, NEAR) < 1000);
    }

    #[test]
    fn the_night_is_learned_apart_from_the_day() {
        let sleeper = (0..8).fold(Answers::default(), |answers, _| answers.and(Answers::one(false, false)));
        assert_eq!(yes_permille(sleeper, true, NEAR), 350);
        assert!(yes_permille(sleeper, false, NEAR) < 140);
    }
}
