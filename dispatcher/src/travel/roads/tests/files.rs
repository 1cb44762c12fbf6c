//! A road file is the same again when it is read, and every other file is refused by name, finding and expectation.

use std::path::Path;

use super::super::build::Source;
use super::super::{Graph, VERSION};
use super::towns::SCENE;

fn graph() -> Graph {
    let mut source = Source::named("street.osm.pbf");
    source.way(&[1, 2], &[("highway", "residential")]);
    source.node(1, SCENE, &[]);
    source.node(2, [SCENE[0], SCENE[1] + 0.01], &[]);
    source.graph().unwrap()
}

#[test]
fn a_file_is_read_as_it_was_written() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("roads.certus");
    graph().write(&path).unwrap();
    let read = Graph::open(&path).unwrap();
    assert_eq!((read.hash(), read.facts(), read.counts()), (graph().hash(), graph().facts(), [2, 1, 2]));
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1, "nothing is left beside it");
}

#[test]
fn whatever_is_no_whole_road_file_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("roads.certus");
    graph().write(&path).unwrap();
    let whole = std::fs::read(&path).unwrap();
    let length = whole.len();
    let changed = |at: usize| {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        bytes
    };
    let table = [
        (b"PBF or anything".to_vec(), "it does not begin with CERTUSRD; expected a road file".to_owned()),
        (Vec::new(), "it does not begin with CERTUSRD; expected a road file".to_owned()),
        (whole[..8].to_vec(), "8 bytes; expected a whole header".to_owned()),
        (whole[..length - 3].to_vec(), format!("{} bytes; expected {length} bytes", length - 3)),
        (changed(8), format!("version {}; expected version {VERSION}", VERSION ^ 1)),
        (changed(24), "content with the SHA-256".to_owned()),
        (changed(56), "content with the SHA-256".to_owned()),
        (changed(length - 1), "content with the SHA-256".to_owned()),
    ];
    for (bytes, expected) in table {
        std::fs::write(&path, bytes).unwrap();
        let error = Graph::open(&path).unwrap_err().to_string();
        let begin = format!("{}: {expected}", path.display());
        assert!(
            error.starts_with(&begin) && error.contains("certus roads build"),
            "{error}; expected {begin}"
        );
    }
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let error = Graph::open(Path::new("/nowhere/roads.certus")).unwrap_err();
    assert!(error.to_string().starts_with("/nowhere/roads.certus: "), "{error}");
}

#[test]
fn what_is_no_openstreetmap_file_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("x.osm.pbf");
    std::fs::write(&path, "no map").unwrap();
    let error = super::super::build::from_pbf(&path, &|_, _| {}).unwrap_err().to_string();
    assert!(
        error.starts_with(&path.display().to_string()) && error.contains("expected an OpenStreetMap file"),
        "{error}"
    );
}
