//! What a search is told: on the road, off it, off the map, in summer and winter, under conditions.

use std::collections::BTreeMap;

use certus_registry::{Metres, Mode, Position};
use jiff::ZonedDateTime;
use proptest::prelude::*;

use super::super::build::Source;
use super::super::{Closure, Conditions, RoadClass, Roads, VERSION};
use super::towns::{SCENE, conditions, mode, place, town};
use crate::travel::{StraightLine, TravelTime};

const METRES_IN_A_DEGREE: f64 = 111_195.08;
const LIMIT_S: u32 = 3_600;

/// A road 20 km to the north with a bridge in its middle, and a way round it at 40 km/h.
fn valley() -> Roads {
    let mut source = Source::default();
    source.way(&[1, 2], &[("highway", "primary"), ("maxspeed", "100")]);
    source.way(&[2, 3], &[("highway", "primary"), ("maxspeed", "100"), ("bridge", "yes")]);
    source.way(&[3, 4], &[("highway", "primary"), ("maxspeed", "100")]);
    source.way(&[2, 5, 3], &[("highway", "tertiary")]);
    for (id, north, east) in
        [(1, 0.0, 0.0), (2, 9_500.0, 0.0), (3, 10_500.0, 0.0), (4, 20_000.0, 0.0), (5, 10_000.0, 3_000.0)]
    {
        let at = at(north, east);
        source.node(id, [at.lat(), at.lon()], &[]);
    }
    Roads::on(source.graph().unwrap(), StraightLine::default())
}

/// Metres north and east of the southern end.
pub(super) fn at(north: f64, east: f64) -> Position {
    let east_m = METRES_IN_A_DEGREE * SCENE[0].to_radians().cos();
    Position::new(SCENE[0] + north / METRES_IN_A_DEGREE, SCENE[1] + east / east_m).unwrap()
}

pub(super) fn winter() -> ZonedDateTime {
    "2026-01-15T03:10[Europe/Stockholm]".parse().unwrap()
}

pub(super) fn summer() -> ZonedDateTime {
    "2026-07-15T12:00[Europe/Stockholm]".parse().unwrap()
}

/// Seconds by car up the whole valley.
fn up_the_valley(roads: &Roads) -> u32 {
    roads.towards(at(20_000.0, 0.0), &winter(), LIMIT_S).seconds(at(0.0, 0.0), Mode::Car).unwrap()
}

pub(super) fn seconds_at(kmh: f64, metres: f64) -> u32 {
    crate::travel::whole_seconds(metres * 3.6 / kmh)
}

#[test]
fn a_drive_takes_what_the_limit_gives_and_the_rest_is_walked() {
    let roads = valley();
    assert!(up_the_valley(&roads).abs_diff(seconds_at(80.0, 20_000.0)) <= 1);
    let ways = roads.towards(at(15_000.0, 300.0), &winter(), LIMIT_S);
    let walked = seconds_at(2.3 * 3.6, 300.0 * 1.4);
    let expected = seconds_at(80.0, 10_000.0) + walked;
    let found = ways.seconds(at(5_000.0, 0.0), Mode::Car).unwrap();
    assert!(found.abs_diff(expected) <= 2, "{found}, expected {expected}");
    assert!(
        ways.label().starts_with(&format!("roads-{VERSION}-"))
            && ways.label().ends_with("-conditions-0+straight-line-1.4")
    );
}

#[test]
fn a_closed_bridge_is_driven_round_and_a_slippery_road_takes_longer() {
    let roads = valley();
    let quick = up_the_valley(&roads);
    let bridge = Closure { at: at(10_000.0, 0.0), radius: Metres(100.0) };
    assert!(roads.heed(Conditions { version: 1, closures: vec![bridge], ..Conditions::default() }));
    let round = seconds_at(80.0, 19_000.0) + seconds_at(40.0, 2.0 * 500.0_f64.hypot(3_000.0));
    assert!(up_the_valley(&roads).abs_diff(round) <= 2);
    let factors = BTreeMap::from([(RoadClass::Primary, 1.5)]);
    roads.heed(Conditions { version: 2, factors, ..Conditions::default() });
    assert!(up_the_valley(&roads).abs_diff(quick + quick / 2) <= 2);
    let label = roads.towards(at(0.0, 0.0), &winter(), LIMIT_S).label();
    assert!(label.contains("-conditions-2+"), "{label}");
    roads.heed(Conditions { version: 2, expired: 1, ..Conditions::default() });
    let label = roads.towards(at(0.0, 0.0), &winter(), LIMIT_S).label();
    assert!(label.contains("-conditions-2.1+"), "{label}");
}

#[test]
fn a_closed_place_is_open_to_those_who_are_called_into_it_and_to_those_who_leave_it() {
    let roads = valley();
    let accident = Closure { at: at(10_000.0, 0.0), radius: Metres(200.0) };
    roads.heed(Conditions { version: 1, closures: vec![accident], ..Conditions::default() });
    let seconds = |from, to| roads.towards(to, &winter(), LIMIT_S).seconds(from, Mode::Car).unwrap();
    let straight = seconds_at(80.0, 10_000.0);
    assert!(seconds(at(0.0, 0.0), at(10_000.0, 0.0)).abs_diff(straight) <= 2, "into it");
    assert!(seconds(at(10_100.0, 0.0), at(100.0, 0.0)).abs_diff(straight) <= 2, "out of it");
}

#[test]
fn off_the_map_the_straight_line_answers_under_its_own_name() {
    let (roads, line) = (valley(), StraightLine::default());
    let (there, here) = (at(0.0, 200_000.0), at(0.0, 190_000.0));
    let ways = roads.towards(there, &winter(), LIMIT_S);
    let straight = line.towards(there, &winter(), LIMIT_S);
    assert_eq!(ways.label(), straight.label());
    for mode in Mode::ALL {
        assert_eq!(ways.seconds(here, *mode), straight.seconds(here, *mode), "{mode}");
    }
    let home = roads.towards(at(0.0, 0.0), &winter(), LIMIT_S);
    let expected = line.towards(at(0.0, 0.0), &winter(), LIMIT_S).seconds(here, Mode::Car);
    assert_eq!(home.seconds(here, Mode::Car), expected, "the person is off the map");
}

#[test]
fn each_mode_has_its_own_ways() {
    let (roads, home, away) = (valley(), at(0.0, 0.0), at(4_000.0, 0.0));
    let ways = |at: &ZonedDateTime, mode| roads.towards(home, at, LIMIT_S).seconds(away, mode);
    assert!(ways(&winter(), Mode::Foot).unwrap().abs_diff(seconds_at(2.3 * 3.6, 4_000.0)) <= 1);
    assert!(ways(&winter(), Mode::Bicycle).unwrap().abs_diff(seconds_at(15.0, 4_000.0)) <= 1);
    let across = seconds_at(40.0, 4_000.0 * 1.4);
    assert!(ways(&winter(), Mode::Snowmobile).unwrap().abs_diff(across) <= 1, "across the snow");
    assert_eq!(ways(&summer(), Mode::Snowmobile), None);
    assert_eq!(ways(&winter(), Mode::Boat), None, "no water on this map");
}

#[test]
fn an_island_without_a_ferry_is_too_far_and_never_no_way() {
    let mut source = Source::default();
    source.way(&[1, 2], &[("highway", "residential")]);
    source.way(&[3, 4], &[("highway", "residential")]);
    for (id, north, east) in [(1, 0.0, 0.0), (2, 4_000.0, 0.0), (3, 0.0, 1_000.0), (4, 4_000.0, 1_000.0)] {
        let at = at(north, east);
        source.node(id, [at.lat(), at.lon()], &[]);
    }
    let roads = Roads::on(source.graph().unwrap(), StraightLine::default());
    let ways = roads.towards(at(2_000.0, 0.0), &winter(), LIMIT_S);
    assert_eq!(ways.seconds(at(2_000.0, 1_000.0), Mode::Car), Some(LIMIT_S + 1));
    assert!(ways.seconds(at(1_000.0, 0.0), Mode::Car).unwrap() < 150);
}

proptest! {
    #[test]
    fn nobody_is_faster_than_the_bound(
        town in town(), scene in place(), from in place(), mode in mode(), conditions in conditions()
    ) {
        let Some(graph) = town.graph() else { return Ok(()) };
        let roads = Roads::on(graph, StraightLine::default());
        roads.heed(conditions);
        let seconds = roads.towards(scene, &winter(), LIMIT_S).seconds(from, mode);
        let least = from.distance_to(scene).0 / roads.speed_max();
        prop_assert!(seconds.is_none_or(|seconds| f64::from(seconds) >= least), "{seconds:?} {least}");
    }

    #[test]
    fn asking_in_another_order_changes_no_answer(
        town in town(), scene in place(), people in prop::collection::vec((place(), mode()), 1..8)
    ) {
        let Some(graph) = town.graph() else { return Ok(()) };
        let roads = Roads::on(graph, StraightLine::default());
        let (one, other) = (roads.towards(scene, &winter(), 900), roads.towards(scene, &winter(), 900));
        let mut back: Vec<_> = people.iter().rev().map(|(place, mode)| other.seconds(*place, *mode)).collect();
        back.reverse();
        let forth: Vec<_> = people.iter().map(|(place, mode)| one.seconds(*place, *mode)).collect();
        prop_assert_eq!(forth, back);
    }
}
