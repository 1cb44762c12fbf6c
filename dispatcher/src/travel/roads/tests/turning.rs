//! What turns take, where one waits, and what is not allowed: on a crossing with four arms of a kilometre.

use certus_registry::{Mode, Position};

use super::super::Roads;
use super::super::build::{Restriction, Source};
use super::towns::SCENE;
use crate::travel::{StraightLine, TravelTime};

/// The crossing and the ends of its arms: metres north and east.
const NODES: [[f64; 2]; 5] = [[0.0, 0.0], [1_000.0, 0.0], [0.0, 1_000.0], [-1_000.0, 0.0], [0.0, -1_000.0]];
const NORTH: usize = 1;
const EAST: usize = 2;
const SOUTH: usize = 3;
const WEST: usize = 4;
/// Half an arm and half another at 25 km/h.
const STRAIGHT_S: u32 = 144;
/// From the crossing to an arm's end, and back, and turning round there.
const DETOUR_S: u32 = 2 * 144 + 28;

fn at([north, east]: [f64; 2]) -> Position {
    let metres = 111_195.08;
    Position::new(SCENE[0] + north / metres, SCENE[1] + east / metres / SCENE[0].to_radians().cos()).unwrap()
}

/// Each arm is a way with its number, towards the crossing.
fn crossing(change: impl FnOnce(&mut Source), at_crossing: &[(&str, &str)]) -> Roads {
    let mut source = Source::default();
    for arm in [NORTH, EAST, SOUTH, WEST] {
        let arm = i64::try_from(arm).unwrap();
        source.numbered_way(arm, &[arm, 0], &[("highway", "residential")]);
    }
    change(&mut source);
    for (id, node) in (0..).zip(NODES) {
        let place = at(node);
        source.node(id, [place.lat(), place.lon()], if id == 0 { at_crossing } else { &[] });
    }
    Roads::on(source.graph().unwrap(), StraightLine::default())
}

/// Seconds by car from the middle of an arm to the middle of another.
fn seconds(roads: &Roads, from: usize, to: usize) -> u32 {
    let [from, to] = [from, to].map(|arm| at(NODES[arm].map(|metres| metres / 2.0)));
    let noon = "2026-07-15T12:00[Europe/Stockholm]".parse().unwrap();
    roads.towards(to, &noon, 3_600).seconds(from, Mode::Car).unwrap()
}

fn restriction(only: bool, from: usize, to: usize) -> impl Fn(&mut Source) {
    let [from, to] = [from, to].map(|arm| vec![i64::try_from(arm).unwrap()]);
    move |source| source.restrict(Restriction { via: 0, from: from.clone(), to: to.clone(), only })
}

#[test]
fn a_turn_takes_time_and_more_across_oncoming_traffic() {
    let roads = crossing(|_| (), &[]);
    for (to, expected) in [(NORTH, 0), (EAST, 2), (WEST, 7)] {
        let took = seconds(&roads, SOUTH, to) - STRAIGHT_S;
        assert!(took.abs_diff(expected) <= 1, "towards {to}: {took}, expected {expected}");
    }
}

#[test]
fn where_roundabouts_turn_the_other_way_one_drives_on_the_left() {
    // North, east, south, west of a point off the roads: clockwise.
    let roundabout = |source: &mut Source| {
        source.way(&[10, 11, 12, 13, 10], &[("highway", "residential"), ("junction", "roundabout")]);
        for (id, node) in (10..).zip([[80.0, 60.0], [70.0, 70.0], [60.0, 60.0], [70.0, 50.0]]) {
            let place = at(node);
            source.node(id, [place.lat(), place.lon()], &[]);
        }
    };
    let roads = crossing(roundabout, &[]);
    let took = |to| seconds(&roads, SOUTH, to) - STRAIGHT_S;
    assert!(took(EAST).abs_diff(7) <= 1 && took(WEST).abs_diff(2) <= 1, "{} {}", took(EAST), took(WEST));
}

#[test]
fn where_two_roads_meet_nobody_turns_and_a_track_does_not_make_a_junction() {
    let mut source = Source::default();
    source.way(&[3, 0], &[("highway", "residential")]);
    source.way(&[0, 4], &[("highway", "residential")]);
    source.way(&[0, 1], &[("highway", "track")]);
    for (id, node) in (0..).zip(NODES) {
        let place = at(node);
        source.node(id, [place.lat(), place.lon()], &[]);
    }
    let roads = Roads::on(source.graph().unwrap(), StraightLine::default());
    assert!(seconds(&roads, SOUTH, WEST).abs_diff(STRAIGHT_S) <= 1);
    let onto_track = seconds(&roads, WEST, NORTH) - 72 - 90;
    assert!(onto_track.abs_diff(7) <= 1, "{onto_track}");
}

#[test]
fn where_two_carriageways_meet_changing_to_the_other_is_turning_round() {
    let mut source = Source::default();
    source.way(&[0, 1], &[("highway", "residential"), ("oneway", "yes")]);
    source.way(&[1, 2], &[("highway", "residential"), ("oneway", "yes")]);
    for (id, node) in (0..).zip([[-1_000.0, 30.0], [0.0, 0.0], [-1_000.0, -30.0]]) {
        let place = at(node);
        source.node(id, [place.lat(), place.lon()], &[]);
    }
    let roads = Roads::on(source.graph().unwrap(), StraightLine::default());
    let noon = "2026-07-15T12:00[Europe/Stockholm]".parse().unwrap();
    let ways = roads.towards(at([-500.0, -15.0]), &noon, 3_600);
    let took = ways.seconds(at([-500.0, 15.0]), Mode::Car).unwrap() - STRAIGHT_S;
    assert!(took.abs_diff(28) <= 1, "{took}");
}

#[test]
fn one_waits_at_signals_and_until_a_gate_is_opened() {
    for (tags, expected) in [(("highway", "traffic_signals"), 2), (("barrier", "gate"), 60)] {
        let took = seconds(&crossing(|_| (), &[tags]), SOUTH, NORTH) - STRAIGHT_S;
        assert!(took.abs_diff(expected) <= 1, "{tags:?}: {took}");
    }
}

#[test]
fn a_turn_that_is_not_allowed_is_driven_round_and_so_is_one_beside_the_only_one() {
    let [no_left, only_ahead] = [restriction(false, SOUTH, WEST), restriction(true, SOUTH, NORTH)];
    let table = [
        (crossing(&no_left, &[]), WEST, true),
        (crossing(&no_left, &[]), EAST, false),
        (crossing(&only_ahead, &[]), WEST, true),
        (crossing(&only_ahead, &[]), EAST, true),
        (crossing(&only_ahead, &[]), NORTH, false),
    ];
    for (place, (roads, to, round)) in table.iter().enumerate() {
        let took = seconds(roads, SOUTH, *to) - STRAIGHT_S;
        let expected = if *round { DETOUR_S } else { 0 };
        assert!((expected..expected + 10).contains(&took), "{place}: {took}, expected {expected}");
    }
    assert!(
        seconds(&crossing(&no_left, &[]), WEST, SOUTH) - STRAIGHT_S < 10,
        "the other way round it holds not"
    );
}
