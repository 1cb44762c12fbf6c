//! The ways by one of several stops, beside the way by each of them; and the bounds that a search is ended by.

use certus_registry::{Mode, Position};
use jiff::ZonedDateTime;
use proptest::prelude::*;

use super::super::plane::{Plane, stored};
use super::super::{Roads, SLACK};
use super::towns::{conditions, mode, place, town};
use crate::travel::{StraightLine, TravelTime as _};

const LIMIT_S: u32 = 1_200;

fn winter() -> ZonedDateTime {
    "2026-01-15T03:10[Europe/Stockholm]".parse().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]
    #[test]
    fn the_quickest_of_several_stops_is_that_of_a_look_at_each(
        town in town(),
        scene in place(),
        mut stops in prop::collection::vec(place(), 1..7),
        people in prop::collection::vec((place(), mode(), 0..2 * LIMIT_S), 1..7),
        conditions in conditions(),
    ) {
        let Some(graph) = town.graph() else { return Ok(()) };
        stops.push(stops[0]); // two defibrillators in one building
        let roads = Roads::on(graph, StraightLine::default());
        roads.heed(conditions);
        let (ways, again) = (roads.towards(scene, &winter(), LIMIT_S), roads.towards(scene, &winter(), LIMIT_S));
        for (from, mode, within_s) in &people {
            let by = |stop| ways.by_way_of(*from, stop, *mode);
            let least_s = stops.iter().filter_map(|stop| by(*stop)).min();
            let found = ways.quickest_by_way_of(*from, &stops, *mode, *within_s);
            prop_assert_eq!(found.map(|(_, seconds)| seconds), least_s.filter(|s| s <= within_s.min(&LIMIT_S)));
            let Some((number, seconds)) = found else { continue };
            prop_assert_eq!(by(stops[number]), Some(seconds));
            prop_assert!(number + 1 < stops.len(), "of those at one place the first");
        }
        let asked = |(from, mode, within_s): &_| again.quickest_by_way_of(*from, &stops, *mode, *within_s);
        let mut back: Vec<_> = people.iter().rev().map(asked).collect();
        back.reverse();
        let forth = people.iter().map(|(from, mode, s)| ways.quickest_by_way_of(*from, &stops, *mode, *s));
        prop_assert_eq!(forth.collect::<Vec<_>>(), back, "whatever the order");
    }

    #[test]
    fn who_is_there_within_a_time_is_so_by_the_seconds_and_from_no_farther_than_was_said(
        town in town(),
        scene in place(),
        people in prop::collection::vec((place(), mode(), 0..2 * LIMIT_S), 1..9),
        conditions in conditions(),
    ) {
        let Some(graph) = town.graph() else { return Ok(()) };
        let roads = Roads::on(graph, StraightLine::default());
        roads.heed(conditions);
        let (ways, other) = (roads.towards(scene, &winter(), LIMIT_S), roads.towards(scene, &winter(), LIMIT_S));
        for (from, mode, within_s) in people {
            let seconds = other.seconds(from, mode);
            let is_within = seconds.is_some_and(|seconds| seconds <= within_s);
            prop_assert_eq!(ways.is_within(from, mode, within_s), is_within);
            let near_s = seconds.unwrap_or(within_s).min(within_s);
            for within_s in [within_s, near_s] {
                let nearer = from.distance_to(scene) <= ways.farthest(mode, within_s);
                prop_assert!(nearer || seconds.is_none_or(|seconds| seconds > within_s), "{mode} {within_s}");
            }
        }
    }

    #[test]
    fn a_bound_without_sines_is_a_bound_and_near_by_a_narrow_one(
        lat in -89.0..89.0_f64, lon in -179.0..179.0_f64, by in prop::array::uniform2(-0.9..0.9_f64)
    ) {
        let [from, to] = [[lat, lon], [lat + by[0], lon + by[1]]].map(|[lat, lon]| Position::new(lat, lon).unwrap());
        let (bound, metres) = (Plane::at(from).at_most_m(stored(to)), from.distance_to(to).0);
        prop_assert!(bound * SLACK + 0.1 >= metres, "{bound} {metres}");
        prop_assert!(lat.abs() > 70.0 || bound <= metres * 1.1 + 0.1, "{bound} {metres}");
    }
}

#[test]
fn a_bound_on_the_distance_is_one_in_a_town() {
    let mut source = super::super::build::Source::default();
    source.way(&[1, 2, 3], &[("highway", "residential")]);
    for (id, lat) in [(1, 63.10), (2, 63.11), (3, 63.30)] {
        source.node(id, [lat, 14.6], &[]);
    }
    let roads = Roads::on(source.graph().unwrap(), StraightLine::default());
    let scene = Position::new(63.105, 14.6).unwrap();
    let ways = roads.towards(scene, &winter(), LIMIT_S);
    let farthest = ways.farthest(Mode::Foot, 60).0;
    assert!((500.0..30_000.0).contains(&farthest), "{farthest}");
}
