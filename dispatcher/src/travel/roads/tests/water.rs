//! Boats on lakes and the sea.

use certus_registry::{Mode, Position};
use jiff::ZonedDateTime;

use super::super::build::Source;
use super::super::{RoadClass, Roads};
use super::ways::{at, seconds_at, summer, winter};
use crate::travel::{StraightLine, TravelTime};

const LIMIT_S: u32 = 7_200;
const WATER: &[(&str, &str)] = &[("natural", "water")];
const SHORE: [(i64, f64, f64); 4] =
    [(1, 0.0, 0.0), (2, 0.0, 6_000.0), (3, 10_000.0, 6_000.0), (4, 10_000.0, 0.0)];
/// An island all across the middle, but for some 600 m in the east.
const ISLAND: [(i64, f64, f64); 4] =
    [(11, 4_800.0, 20.0), (12, 4_800.0, 5_400.0), (13, 5_200.0, 5_400.0), (14, 5_200.0, 20.0)];

fn placed(source: &mut Source, nodes: &[(i64, f64, f64)]) {
    for (id, north, east) in nodes {
        let at = at(*north, *east);
        source.node(*id, [at.lat(), at.lon()], &[]);
    }
}

fn on(source: Source) -> Roads {
    Roads::on(source.graph().expect("there is a way"), StraightLine::default())
}

fn by_boat(roads: &Roads, from: Position, to: Position, when: &ZonedDateTime) -> Option<u32> {
    roads.towards(to, when, LIMIT_S).seconds(from, Mode::Boat)
}

/// A lake 10 km from south to north and 6 km wide.
fn lake() -> Source {
    let mut source = Source::default();
    source.way(&[1, 2, 3, 4, 1], WATER);
    placed(&mut source, &SHORE);
    source
}

/// The same with an island in the middle.
fn lake_with_an_island() -> Source {
    let mut source = Source::default();
    // In pieces, the wrong way round and out of order, as relations come.
    source.lake(&[&[4, 1, 2], &[11, 12, 13], &[4, 3, 2], &[13, 14, 11]]);
    placed(&mut source, &[SHORE, ISLAND].concat());
    source
}

#[test]
fn a_boat_goes_straight_across_a_lake_and_round_an_island() {
    let (south, north) = (at(1_000.0, 2_000.0), at(9_000.0, 2_000.0));
    let straight = by_boat(&on(lake()), south, north, &summer()).expect("water all the way");
    let expected = seconds_at(20.0, 8_000.0);
    // Each end is led to the nearest line between waypoints, at most 100 m away, on foot.
    assert!((expected..expected + 90).contains(&straight), "{straight} {expected}");
    let round = by_boat(&on(lake_with_an_island()), south, north, &summer()).expect("a way round");
    let to_its_end = 3_800.0_f64.hypot(3_400.0);
    let expected = seconds_at(20.0, to_its_end + 400.0 + to_its_end);
    assert!((expected..expected + expected / 8).contains(&round), "{round} {expected}");
}

#[test]
fn a_boat_is_reached_and_left_on_foot_and_lakes_freeze() {
    let (home, cabin) = (at(-230.0, 3_000.0), at(5_000.0, 6_230.0));
    let roads = on(lake());
    let seconds = by_boat(&roads, home, cabin, &summer()).expect("a lake between them");
    let least = seconds_at(20.0, 5_000.0_f64.hypot(3_000.0) - 400.0) + seconds_at(2.3 * 3.6, 2.0 * 230.0);
    assert!((least..least + least / 3).contains(&seconds), "{seconds} {least}");
    assert_eq!(by_boat(&roads, home, cabin, &winter()), None, "and the straight line knows no water");
}

#[test]
fn a_river_that_boats_follow_goes_on_across_the_lake() {
    let mut source = Source::default();
    source.way(&[1, 2, 3, 4, 1], WATER);
    source.way(&[21, 22], &[("waterway", "river"), ("boat", "yes")]);
    placed(&mut source, &SHORE);
    placed(&mut source, &[(21, -5_000.0, 3_000.0), (22, 500.0, 3_000.0)]);
    let seconds = by_boat(&on(source), at(-5_000.0, 3_000.0), at(9_000.0, 3_000.0), &summer());
    let expected = seconds_at(20.0, 14_000.0);
    let seconds = seconds.expect("up the river and on");
    assert!((expected..expected + expected / 8).contains(&seconds), "{seconds} {expected}");
}

#[test]
fn an_outline_with_a_loose_end_is_left_out_whole_and_counted() {
    let mut source = Source::default();
    source.way(&[31, 32], &[("highway", "residential")]);
    source.lake(&[&[1, 2, 3]]);
    source.lake(&[&[1, 2, 99, 4, 1]]); // a node that the file does not hold
    placed(&mut source, &SHORE);
    placed(&mut source, &[(31, 0.0, 0.0), (32, 100.0, 0.0)]);
    let roads = on(source);
    assert_eq!(roads.graph().facts().clipped_lakes, 2);
    assert!(roads.graph().facts().km[RoadClass::Lake as usize] < 0.1);
    assert_eq!(by_boat(&roads, at(1_000.0, 2_000.0), at(9_000.0, 2_000.0), &summer()), None);
}

#[test]
fn the_sea_lies_to_the_right_of_its_coast_and_does_not_freeze() {
    let mut source = Source::default();
    let coast = &[("natural", "coastline")];
    source.way(&[41, 42], coast); // to the north: the sea is in the east
    source.way(&[51, 52, 53, 54, 51], coast); // an island: round it with the land to the left
    source.way(&[61, 62], &[("highway", "residential")]);
    placed(&mut source, &[(41, -100.0, 0.0), (42, 8_100.0, 0.0)]);
    let island =
        [(51, 3_000.0, 1_000.0), (52, 3_000.0, 3_000.0), (53, 5_000.0, 3_000.0), (54, 5_000.0, 1_000.0)];
    placed(&mut source, &island);
    placed(&mut source, &[(61, 0.0, -3_000.0), (62, 0.0, 6_000.0)]); // how far the map goes
    let roads = on(source);
    let (south, north) = (at(1_000.0, 2_000.0), at(7_000.0, 2_000.0));
    let round = by_boat(&roads, south, north, &winter()).expect("the sea does not freeze");
    let expected = seconds_at(20.0, 2.0 * 2_000.0_f64.hypot(1_000.0) + 2_000.0);
    assert!((expected..expected + expected / 8).contains(&round), "{round} {expected}");
    let onto_land = roads.towards(at(4_000.0, -2_000.0), &summer(), LIMIT_S);
    let ashore = onto_land.seconds(at(4_000.0, 500.0), Mode::Boat).expect("to the coast and on foot");
    assert!(ashore >= seconds_at(2.3 * 3.6, 2_000.0), "{ashore}");
}
