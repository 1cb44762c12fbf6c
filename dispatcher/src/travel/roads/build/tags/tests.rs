use super::*;

const CAR: Mode = Mode::Car;

fn read(text: &str) -> Option<Use> {
    let tags: Vec<_> = text.split(' ').map(|pair| pair.split_once('=').unwrap()).collect();
    usage(Tags(&tags))
}

#[test]
fn an_emergency_passes_private_roads_and_no_closed_ones() {
    let table = [
        ("highway=service access=private", true),
        ("highway=residential motor_vehicle=destination", true),
        ("highway=track motor_vehicle=agricultural", true),
        ("highway=residential access=no", false),
        ("highway=residential access=no motor_vehicle=yes", true),
        ("highway=track motor_vehicle=no emergency=yes", true),
        ("highway=cycleway emergency=yes", false),
        ("highway=path motor_vehicle=yes", true),
        ("highway=path motor_vehicle=private", false),
        ("highway=path access=yes", false),
        ("highway=steps motor_vehicle=yes", false),
        ("highway=service motor_vehicle=psv", false),
        ("highway=service motor_vehicle=psv;private", true),
        ("highway=service vehicle:forward=no", false),
        ("highway=service vehicle:backward=no", true),
        ("highway=residential construction=yes", false),
        ("highway=residential construction=minor", true),
        ("highway=residential maxwidth=1.8", false),
        ("highway=residential width=2,5", true),
        ("highway=residential maxheight=1.9", false),
        ("highway=residential maxweight=1.5", false),
    ];
    for (tags, expected) in table {
        assert_eq!(read(tags).is_some_and(|usage| usage.forward.has(CAR)), expected, "{tags}");
    }
    assert_eq!(read("highway=proposed"), None);
    assert_eq!(read("highway=pedestrian area=yes"), None);
    assert_eq!(read("building=yes"), None);
}

#[test]
fn a_oneway_holds_for_cars_and_never_for_people_on_foot() {
    let table = [
        ("oneway=no", [true, true], [true, true]),
        ("oneway=yes", [true, false], [true, false]),
        ("oneway=-1", [false, true], [false, true]),
        ("junction=roundabout", [true, false], [true, false]),
        ("oneway=yes oneway:bicycle=no", [true, false], [true, true]),
        ("oneway=yes cycleway=opposite_lane", [true, false], [true, true]),
        ("oneway=reversible", [false, false], [true, true]),
        ("oneway=alternating", [true, true], [true, true]),
        ("oneway=yes oneway:motor_vehicle=no", [true, true], [true, true]),
        ("junction=roundabout oneway=no", [true, true], [true, true]),
        ("junction=circular", [true, false], [true, false]),
    ];
    for (tags, car, bicycle) in table {
        let usage = read(&format!("highway=tertiary {tags}")).unwrap();
        let both = |mode| [usage.forward.has(mode), usage.backward.has(mode)];
        assert_eq!((both(CAR), both(Mode::Bicycle)), (car, bicycle), "{tags}");
        assert_eq!(both(Mode::Foot), [true, true], "{tags}");
    }
}

#[test]
fn a_car_is_as_fast_as_the_limit_the_class_and_the_ground_allow() {
    let table = [
        ("highway=primary", [65.0; 2]),
        ("highway=primary maxspeed=100", [80.0; 2]),
        ("highway=primary maxspeed=50 mph", [64.373_76; 2]),
        ("highway=primary maxspeed=SE:urban", [40.0; 2]),
        ("highway=primary maxspeed=signals", [65.0; 2]),
        ("highway=primary maxspeed=70 surface=gravel", [40.0; 2]),
        ("highway=track tracktype=grade5 surface=mud", [10.0; 2]),
        ("highway=primary maxspeed=SE:rural", [56.0; 2]),
        ("highway=primary maxspeed=XX:rural", [72.0; 2]),
        ("highway=primary maxspeed=fr:rural", [64.0; 2]),
        ("highway=primary maxspeed=DE:zone:30", [24.0; 2]),
        ("highway=primary maxspeed=DE:motorway", [65.0; 2]),
        ("highway=primary source:maxspeed=SE:urban", [40.0; 2]),
        ("highway=primary maxspeed=70 maxspeed:backward=50", [56.0, 40.0]),
        ("highway=primary maxspeed=70 maxspeed:advisory=30", [24.0; 2]),
        ("highway=primary maxspeed=none", [112.0; 2]),
        ("highway=primary maxspeed=70;50", [56.0; 2]),
        ("highway=primary bridge=movable", [5.0; 2]),
        ("highway=primary bridge=movable maxspeed=50", [40.0; 2]),
    ];
    for (tags, kmh) in table {
        let tags = tags.replace("50 mph", "50mph");
        let Pace::Kmh(found) = read(&tags).unwrap().pace else { panic!("a speed") };
        assert!(found.iter().zip(kmh).all(|(found, kmh)| (found - kmh).abs() < 1e-6), "{tags}: {found:?}");
    }
}

#[test]
fn a_ferry_takes_whom_it_names_as_long_as_it_says() {
    let table = [
        ("route=ferry duration=00:07", Pace::Whole(420.0), true),
        ("route=ferry duration=12 motor_vehicle=yes", Pace::Whole(720.0), true),
        ("route=ferry duration=01:02:30 foot=yes", Pace::Whole(3_750.0), false),
        ("route=ferry duration=PT5M motor_vehicle=no", Pace::Whole(300.0), false),
        ("route=ferry", Pace::Kmh([5.0; 2]), true),
        ("route=ferry duration=soon", Pace::Kmh([5.0; 2]), true),
    ];
    for (tags, pace, cars) in table {
        let usage = read(tags).unwrap();
        assert_eq!(
            (usage.pace, usage.forward.has(CAR), usage.class),
            (pace, cars, RoadClass::Ferry),
            "{tags}"
        );
        assert!(usage.forward.has(Mode::Foot) && usage.backward.has(Mode::Boat), "{tags}");
    }
}

#[test]
fn trails_are_for_snowmobiles_and_marked_water_for_boats() {
    let only = |tags: &str| read(tags).map(|usage| usage.forward);
    assert_eq!(only("piste:type=skitour"), Some(Modes::of(&[Mode::Snowmobile])));
    assert_eq!(only("piste:type=skitour snowmobile=no"), None);
    assert_eq!(only("piste:type=downhill"), None);
    assert_eq!(only("waterway=river motorboat=yes"), Some(Modes::of(&[Mode::Boat])));
    assert_eq!(only("waterway=fairway"), Some(Modes::of(&[Mode::Boat])));
    assert_eq!(only("waterway=river"), None);
    assert!(only("highway=path snowmobile=designated").unwrap().has(Mode::Snowmobile));
    assert!(only("highway=track").unwrap().has(Mode::Snowmobile));
    assert!(!only("highway=residential").unwrap().has(Mode::Snowmobile));
}

fn at_node(text: &str) -> Obstacle {
    let tags: Vec<_> = text.split(' ').map(|pair| pair.split_once('=').unwrap()).collect();
    obstacle(Tags(&tags))
}

#[test]
fn gates_are_opened_unless_they_are_locked_and_bollards_stay() {
    let table = [
        ("barrier=bollard", true),
        ("barrier=bollard emergency=yes", false),
        ("barrier=bollard motor_vehicle=yes", false),
        ("barrier=bollard bollard=rising", false),
        ("barrier=gate", false),
        ("barrier=gate access=private", false),
        ("barrier=gate locked=yes", true),
        ("barrier=lift_gate motor_vehicle=no", true),
        ("barrier=cattle_grid", false),
        ("barrier=cattle_grid motor_vehicle=no", true),
        ("barrier=kerb kerb=lowered", false),
        ("barrier=height_restrictor maxheight=1.8", true),
        ("barrier=height_restrictor maxheight=2.1", false),
        ("barrier=yes", true),
        ("highway=crossing", false),
    ];
    for (text, expected) in table {
        assert_eq!(at_node(text).barrier, expected, "{text}");
    }
}

#[test]
fn one_waits_at_gates_signals_and_signs() {
    let table = [
        ("barrier=gate", Some((60.0, None))),
        ("barrier=gate access=private", None),
        ("barrier=gate motor_vehicle=yes", None),
        ("barrier=gate locked=yes", None),
        ("highway=traffic_signals", Some((2.0, None))),
        ("highway=traffic_signals traffic_signals:direction=backward", Some((2.0, Some(Direction::Against)))),
        ("highway=stop direction=forward", Some((2.0, Some(Direction::Along)))),
        ("highway=give_way", Some((1.0, None))),
        ("highway=crossing", None),
    ];
    for (text, expected) in table {
        assert_eq!(at_node(text).halt.map(|halt| (halt.seconds, halt.direction)), expected, "{text}");
    }
}

#[test]
fn a_restriction_of_turns_holds_unless_cars_are_excepted() {
    let table = [
        ("type=restriction restriction=no_left_turn", Some(false)),
        ("type=restriction restriction=only_straight_on", Some(true)),
        ("type=restriction restriction:motorcar=no_u_turn", Some(false)),
        ("type=restriction restriction:hgv=no_left_turn", None),
        ("type=restriction restriction=no_left_turn except=psv;motorcar", None),
        ("type=route restriction=no_left_turn", None),
    ];
    for (text, expected) in table {
        let tags: Vec<_> = text.split(' ').map(|pair| pair.split_once('=').unwrap()).collect();
        assert_eq!(restricts_to(Tags(&tags)), expected, "{text}");
    }
}
