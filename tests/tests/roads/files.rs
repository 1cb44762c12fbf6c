//! `certus roads` and `[travel]`: a file is built, shown, served from, and refused when it is another one.

use std::path::Path;

use certus_dispatcher::travel::roads::{Graph, Roads, build};
use certus_dispatcher::travel::{StraightLine, TravelTime as _};
use certus_registry::{Mode, Position};
use certus_tests::binary;
use certus_tests::osrm::{gothenburg, lake};

async fn certus(args: &[&str]) -> (i32, String, String) {
    let output = binary::run(&[], args).await;
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().expect("no signal"), text(&output.stdout), text(&output.stderr))
}

#[tokio::test]
async fn a_road_file_is_built_once_for_all_and_shown() {
    let (map, directory) = (gothenburg().await, tempfile::tempdir().expect("a temporary directory"));
    let out = directory.path().join("roads.certus");
    let (map, file) = (map.to_str().expect("UTF-8"), out.to_str().expect("UTF-8"));
    assert_eq!(certus(&["roads", "build", map, "--out", file]).await.0, 0);
    let built = Graph::open(&out).expect("what was built is a road file");
    let again = build::from_pbf(Path::new(map), &|_, _| {}).expect("the same map");
    assert_eq!(built.hash(), again.hash(), "the same map gives the same file");
    let (code, shown, _) = certus(&["roads", "info", file]).await;
    assert!(code == 0 && shown.contains(built.hash()) && shown.contains("gothenburg.osm.pbf"), "{shown}");
}

#[tokio::test]
async fn a_lake_of_several_pieces_has_water_all_over_but_on_its_island() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let (map, out) = (directory.path().join("lake.osm.pbf"), directory.path().join("roads.certus"));
    lake(&map).await;
    let (map, file) = (map.to_str().expect("UTF-8"), out.to_str().expect("UTF-8"));
    assert_eq!(certus(&["roads", "build", map, "--out", file]).await.0, 0);
    let (_, shown, _) = certus(&["roads", "info", file]).await;
    assert!(shown.contains("lakes        1 left out"), "{shown}");
    let roads = Roads::open(&out, StraightLine::default()).expect("what was built is a road file");
    let place = |lat, lon| Position::new(lat, lon).expect("in the lake");
    let summer = "2026-07-15T12:00[Europe/Stockholm]".parse().expect("a time");
    let (west, east) = (place(63.05, 14.02), place(63.05, 14.08));
    let seconds =
        roads.towards(west, &summer, 3_600).seconds(east, Mode::Boat).expect("a way round the island");
    let straight_s = west.distance_to(east).0 / (20.0 / 3.6);
    assert!(
        f64::from(seconds) > straight_s * 1.05 && f64::from(seconds) < straight_s * 1.6,
        "{seconds} {straight_s}"
    );
}

#[tokio::test]
async fn nothing_is_served_on_a_road_file_that_is_none() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let (roads, config) = (directory.path().join("roads.certus"), directory.path().join("certus.toml"));
    std::fs::write(&roads, "no roads at all").expect("a writable directory");
    let database = directory.path().join("certus.sqlite");
    let text = format!(
        "listen = \"127.0.0.1:0\"\nmetrics_listen = \"127.0.0.1:0\"\ndatabase = \"sqlite:{}\"\n[travel]\nroads = \"{}\"\n",
        database.display(),
        roads.display()
    );
    std::fs::write(&config, text).expect("a writable directory");
    let (code, _, said) = certus(&["serve", "--config", config.to_str().expect("UTF-8")]).await;
    let expected = format!(
        "key travel.roads: {}: it does not begin with CERTUSRD; expected a road file",
        roads.display()
    );
    assert!(code == 2 && said.contains(&expected), "{code}: {said}");
}

#[tokio::test]
async fn a_file_that_is_no_map_is_refused_and_nothing_is_written() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let (map, out) = (directory.path().join("x.osm.pbf"), directory.path().join("roads.certus"));
    std::fs::write(&map, "no map").expect("a writable directory");
    let (code, _, said) =
        certus(&["roads", "build", map.to_str().expect("UTF-8"), "--out", out.to_str().expect("UTF-8")])
            .await;
    assert!(
        code == 1 && said.contains("x.osm.pbf: ") && said.contains("expected an OpenStreetMap file"),
        "{said}"
    );
    assert!(!out.exists());
}
