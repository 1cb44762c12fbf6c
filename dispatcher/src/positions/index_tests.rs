//! The index against brute force: every answer equal, whatever was put, moved and removed before.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

#[derive(Debug, Clone)]
enum Change {
    Put(u8, Position),
    Remove(u8),
}

/// Longitudes and latitudes where such code goes wrong, beside ordinary ones.
fn anywhere() -> impl Strategy<Value = Position> {
    let degrees = prop_oneof![
        3 => (61.5..65.2, 11.8..17.2),
        2 => (-90.0..=90.0, -180.0..=180.0),
        1 => (prop_oneof![Just(90.0), Just(-90.0), 89.9..=90.0], -180.0..=180.0),
        1 => (-90.0..=90.0, prop_oneof![Just(180.0), Just(-180.0), 179.9..=180.0, -180.0..=-179.9]),
        2 => Just((63.1792, 14.63566)),
    ];
    degrees.prop_filter_map("nowhere", |(lat, lon)| Position::new(lat, lon).ok())
}

fn changes() -> impl Strategy<Value = Vec<Change>> {
    let put = (0..60_u8, anywhere()).prop_map(|(id, position)| Change::Put(id, position));
    prop::collection::vec(prop_oneof![4 => put, 1 => (0..60_u8).prop_map(Change::Remove)], 0..200)
}

fn apply(changes: &[Change]) -> (PositionIndex<u8>, BTreeMap<u8, Position>) {
    let (mut index, mut model) = (PositionIndex::new(), BTreeMap::new());
    for change in changes {
        match *change {
            Change::Put(id, position) => {
                index.put(id, position);
                model.insert(id, position);
            }
            Change::Remove(id) => assert_eq!(index.remove(id), model.remove(&id).is_some()),
        }
    }
    (index, model)
}

/// Near the antipode both formulas lose half their digits; elsewhere they agree to a millimetre.
fn slack(metres: f64) -> f64 {
    if metres > 19_000_000.0 { 1.0 } else { 0.001 }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn nearest_equals_brute_force_after_any_puts_moves_and_removals(
        changes in changes(), from in anywhere(), skip in 1..5_u8,
    ) {
        let (index, model) = apply(&changes);
        prop_assert_eq!(index.len(), model.len());
        let found: Vec<(u8, Metres)> = index.nearest(from, |id| id % skip == 0).collect();
        // The same people, in the order of the chord, equals by id ...
        let mut expected: Vec<u8> = model.keys().copied().filter(|id| id % skip == 0).collect();
        let chord_2 = |id: &u8| {
            let (a, b) = (on_sphere(from), on_sphere(model[id]));
            (0..3).map(|i| (b[i] - a[i]) * (b[i] - a[i])).fold(0.0, |sum, square| sum + square)
        };
        expected.sort_by(|a, b| chord_2(a).total_cmp(&chord_2(b)).then(a.cmp(b)));
        prop_assert_eq!(found.iter().map(|(id, _)| *id).collect::<Vec<_>>(), expected);
        // ... which is the order of the distance by haversine, and the distance is that one.
        let mut reached = 0.0_f64;
        for (id, metres) in found {
            let haversine = from.distance_to(model[&id]).0;
            prop_assert!((metres.0 - haversine).abs() <= slack(haversine), "{} {}", metres.0, haversine);
            prop_assert!(haversine >= reached - slack(reached), "{haversine} after {reached}");
            reached = reached.max(haversine);
        }
    }

    #[test]
    fn taking_a_few_gives_the_beginning_of_taking_all(changes in changes(), from in anywhere(), n in 0..9_usize) {
        let (index, _) = apply(&changes);
        let all: Vec<_> = index.nearest(from, |_| true).take(n).collect();
        let few: Vec<_> = index.nearest(from, |_| true).collect();
        prop_assert_eq!(&all[..], &few[..n.min(few.len())]);
    }
}

fn fire_station() -> Position {
    Position::new(63.1792, 14.63566).unwrap()
}

#[test]
fn a_thousand_people_on_one_point_come_in_the_order_of_their_ids() {
    let mut index = PositionIndex::new();
    for id in (0..1_000_u32).rev() {
        index.put(id, fire_station());
    }
    for id in (0..1_000).filter(|id| id % 3 == 0) {
        assert!(index.remove(id));
    }
    let expected: Vec<u32> = (0..1_000).filter(|id| id % 3 != 0).collect();
    let found: Vec<u32> = index.nearest(fire_station(), |_| true).map(|(id, _)| id).collect();
    assert_eq!(found, expected);
}

#[test]
fn the_filter_is_asked_before_any_limit_and_only_as_far_as_needed() {
    let mut index = PositionIndex::new();
    for id in 0..1_000_u32 {
        index.put(id, Position::new(63.0 + f64::from(id) * 0.001, 14.0).unwrap());
    }
    let mut asked = Vec::new();
    let from = Position::new(63.0, 14.0).unwrap();
    let found = index.nearest(from, |id| {
        asked.push(id);
        id >= 7
    });
    assert_eq!(found.take(2).map(|(id, _)| id).collect::<Vec<_>>(), [7, 8]);
    assert_eq!(asked, (0..=8).collect::<Vec<_>>());
}

#[test]
fn the_nearest_may_be_on_the_other_side_of_the_antimeridian_or_the_pole() {
    let mut index = PositionIndex::new();
    index.put("fiji west", Position::new(-17.0, 179.9).unwrap());
    index.put("fiji east", Position::new(-17.0, -178.0).unwrap());
    let from = Position::new(-17.0, -179.95).unwrap();
    assert_eq!(index.nearest(from, |_| true).next().unwrap().0, "fiji west");
    index.put("beyond the pole", Position::new(89.99, 180.0).unwrap());
    index.put("this side", Position::new(89.9, 0.0).unwrap());
    let from = Position::new(89.99, 0.0).unwrap();
    assert_eq!(index.nearest(from, |_| true).next().unwrap().0, "beyond the pole");
}

#[test]
fn a_put_at_the_same_place_changes_nothing() {
    let mut index = PositionIndex::new();
    index.put(1, fire_station());
    index.put(1, fire_station());
    assert_eq!((index.len(), index.tree.size()), (1, 1));
    assert!(index.remove(1) && !index.remove(1) && index.is_empty());
}
