//! The odds beside counting every way in which people can answer.

use proptest::prelude::*;

use super::*;

/// By looking at every way in which the people can answer.
fn brute_force(wanted: u16, chances: &[u16]) -> f64 {
    let world = |factor: f64| {
        (0..1_u32 << chances.len())
            .filter(|who| who.count_ones() >= u32::from(wanted))
            .map(|who| {
                let each = chances.iter().enumerate().map(|(n, permille)| {
                    let chance = f64::from(*permille) / 1000.0 * factor;
                    if who >> n & 1 == 1 { chance } else { 1.0 - chance }
                });
                each.product::<f64>()
            })
            .sum::<f64>()
    };
    (1.0 - HUSHED) * world(1.0) + HUSHED * world(HUSHED_FACTOR)
}

proptest! {
    #[test]
    fn it_is_what_counting_every_way_gives(
        wanted in 1_u16..5,
        chances in prop::collection::vec(0_u16..=1000, 0..10),
    ) {
        let mut odds = Odds::of(wanted);
        for chance in &chances {
            odds.add(*chance);
        }
        let exact = brute_force(wanted, &chances) * 1000.0;
        prop_assert!((f64::from(odds.permille()) - exact).abs() <= 1.0, "{exact}");
    }
}

#[test]
fn seven_ordinary_people_are_needed_to_be_nine_tenths_sure_of_one() {
    let ask = |chances: &[u16]| {
        let mut odds = Odds::of(1);
        for chance in chances {
            odds.add(*chance);
        }
        odds.permille()
    };
    assert!(ask(&[350; 6]) < 900 && ask(&[350; 7]) >= 900);
}

#[test]
fn nobody_wanted_is_certain_and_nobody_asked_is_not() {
    assert_eq!((Odds::of(0).permille(), Odds::of(1).permille()), (1000, 0));
}
