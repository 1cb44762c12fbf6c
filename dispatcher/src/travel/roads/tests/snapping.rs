//! The raster finds what a look at every segment finds.

use certus_registry::{Mode, Position};
use proptest::prelude::*;

use super::super::build::Source;
use super::super::plane::stored;
use super::towns::{SCENE, mode, nearest, place, town};

proptest! {
    #[test]
    fn the_nearest_edge_is_the_nearest_of_all(town in town(), place in place(), mode in mode()) {
        let Some(graph) = town.graph() else { return Ok(()) };
        let view = graph.view();
        let [any, main] = view.grid.nearest(&view, place, mode);
        let expected = nearest(&view, place, mode, false);
        prop_assert_eq!(any.map(|snap| snap.distance), expected.map(|snap| snap.distance));
        let led_to = main.or(any.filter(|any| view.edge(any.edge).main.has(mode)));
        let expected = nearest(&view, place, mode, true);
        prop_assert_eq!(led_to.map(|snap| snap.distance), expected.map(|snap| snap.distance));
    }

    #[test]
    fn a_point_on_an_edge_is_where_the_distance_says(town in town(), place in place()) {
        let Some(graph) = town.graph() else { return Ok(()) };
        let view = graph.view();
        let Some(snap) = view.grid.nearest(&view, place, Mode::Foot)[0] else { return Ok(()) };
        let expected = nearest(&view, place, Mode::Foot, false).unwrap();
        let edge = view.edge(snap.edge);
        // The two ends of a ring are one place.
        let told_apart = snap.edge == expected.edge && edge.a != edge.b;
        prop_assert!(!told_apart || (snap.at - expected.at).abs() < 1e-9, "{snap:?} {expected:?}");
        prop_assert!((0.0..=1.0).contains(&snap.at));
    }
}

/// Twenty lanes side by side, 4 m apart and longer than a cell: the nearest node says nothing about the nearest lane.
#[test]
fn of_many_parallel_edges_the_nearest_is_found() {
    let mut source = Source::default();
    for lane in 0..20 {
        source.way(&[2 * lane, 2 * lane + 1], &[("highway", "primary"), ("oneway", "yes")]);
    }
    let north = |lane: i64| SCENE[0] + f64::from(i32::try_from(lane).unwrap()) * 4.0 / 111_195.0;
    for lane in 0..20 {
        source.node(2 * lane, [north(lane), SCENE[1]], &[]);
        source.node(2 * lane + 1, [north(lane), SCENE[1] + 0.05], &[]);
    }
    let graph = source.graph().unwrap();
    let view = graph.view();
    for lane in 0..20_u32 {
        let beside = Position::new(north(i64::from(lane)) + 1e-6, SCENE[1] + 0.02).unwrap();
        let [any, _] = view.grid.nearest(&view, beside, Mode::Car);
        let snap = any.unwrap();
        let begins = Position::new(north(i64::from(lane)), SCENE[1]).unwrap();
        assert_eq!(view.line(&view.edge(snap.edge))[0], stored(begins));
        assert!((snap.at - 0.4).abs() < 1e-3 && snap.distance < 0.2, "{snap:?}");
    }
}

#[test]
fn far_from_every_road_nothing_is_near() {
    let mut source = Source::default();
    source.way(&[1, 2], &[("highway", "residential")]);
    source.node(1, SCENE, &[]);
    source.node(2, [SCENE[0], SCENE[1] + 0.01], &[]);
    let graph = source.graph().unwrap();
    let view = graph.view();
    let found = |north: f64, mode| {
        let place = Position::new(SCENE[0] + north / 111_195.0, SCENE[1]).unwrap();
        view.grid.nearest(&view, place, mode)[0].is_some()
    };
    assert!(found(9_900.0, Mode::Car) && found(-9_900.0, Mode::Car));
    assert!(!found(10_100.0, Mode::Car) && !found(2_000_000.0, Mode::Car));
    assert!(!found(0.0, Mode::Boat), "no boat on a street");
}
