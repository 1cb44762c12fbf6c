//! Reads an OpenStreetMap file in the PBF format three times: for the relations, which say what ways to keep; for those ways; for
//! their nodes.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use osmpbf::{BlobDecode, BlobReader, PrimitiveBlock, RelMemberType, Relation};

use super::source::{Restriction, Source};
use super::tags::{self, Tags};
use crate::travel::roads::file::RoadsError;

/// Is told how many bytes have been read, of how many.
pub type Progress<'a> = &'a dyn Fn(u64, u64);

/// How often the file is read.
const PASSES: u64 = 3;

/// Reads a file.
pub(super) fn read(path: &Path, progress: Progress<'_>) -> Result<Source, RoadsError> {
    let file = path.display().to_string();
    let bytes = std::fs::metadata(path).map_err(|why| RoadsError::System { file: file.clone(), why })?.len();
    let refuse = |why: osmpbf::Error| RoadsError::Source { file: file.clone(), why: why.to_string() };
    let name = path.file_name().map_or(file.clone(), |name| name.to_string_lossy().into_owned());
    let mut source = Source::named(&name);
    let pass = |number: u64| move |at: u64| progress(bytes * number + at, bytes * PASSES);
    let mut lakes: Vec<Vec<i64>> = Vec::new();
    source.data_as_of_s = blocks(path, pass(0), |block| {
        for relation in block.groups().flat_map(|group| group.relations()) {
            source.restrictions.extend(restriction(&relation));
            lakes.extend(lake(&relation));
        }
    })
    .map_err(refuse)?;
    let mut outlines: BTreeMap<i64, Vec<i64>> =
        lakes.iter().flatten().map(|way| (*way, Vec::new())).collect();
    blocks(path, pass(1), |block| ways(block, &mut source, &mut outlines)).map_err(refuse)?;
    for lake in lakes {
        // Ways that the file does not hold have no nodes here.
        let ways: Vec<&[i64]> = lake.iter().map(|way| outlines[way].as_slice()).collect();
        source.lake(&ways);
    }
    blocks(path, pass(2), |block| nodes(block, &mut source)).map_err(refuse)?;
    progress(bytes * PASSES, bytes * PASSES);
    Ok(source)
}

/// Looks at every block; gives as of when the data are.
fn blocks(
    path: &Path,
    progress: impl Fn(u64),
    mut take: impl FnMut(&PrimitiveBlock),
) -> osmpbf::Result<Option<i64>> {
    let reader: BlobReader<BufReader<File>> = BlobReader::seekable_from_path(path)?;
    let mut data_as_of_s = None;
    for blob in reader {
        let blob = blob?;
        progress(blob.offset().map_or(0, |offset| offset.0));
        match blob.decode()? {
            BlobDecode::OsmHeader(header) => data_as_of_s = header.osmosis_replication_timestamp(),
            BlobDecode::OsmData(block) => take(&block),
            BlobDecode::Unknown(_) => {}
        }
    }
    Ok(data_as_of_s)
}

/// The ways that somebody can use, and those that outline water.
fn ways(block: &PrimitiveBlock, source: &mut Source, outlines: &mut BTreeMap<i64, Vec<i64>>) {
    let (mut refs, mut tags) = (Vec::new(), Vec::new());
    for way in block.groups().flat_map(|group| group.ways()) {
        refs.clear();
        refs.extend(way.refs());
        tags.clear();
        tags.extend(way.tags());
        if let Some(outline) = outlines.get_mut(&way.id()) {
            outline.clone_from(&refs);
        }
        source.numbered_way(way.id(), &refs, &tags);
    }
}

fn nodes(block: &PrimitiveBlock, source: &mut Source) {
    for group in block.groups() {
        for node in group.dense_nodes() {
            let tags = || tags::obstacle(Tags(&node.tags().collect::<Vec<_>>()));
            source.stored_node(node.id(), [node.decimicro_lat(), node.decimicro_lon()], tags);
        }
        for node in group.nodes() {
            let tags = || tags::obstacle(Tags(&node.tags().collect::<Vec<_>>()));
            source.stored_node(node.id(), [node.decimicro_lat(), node.decimicro_lon()], tags);
        }
    }
}

/// The ways round a water and its islands.
fn lake(relation: &Relation<'_>) -> Option<Vec<i64>> {
    let tags: Vec<_> = relation.tags().collect();
    let ways = relation.members().filter(|member| member.member_type == RelMemberType::Way);
    tags::is_water(Tags(&tags)).then(|| ways.map(|member| member.member_id).collect())
}

/// A restriction of turns at a node; one that goes by way of a way, or that a condition limits, is not heeded.
fn restriction(relation: &Relation<'_>) -> Option<Restriction> {
    let tags: Vec<_> = relation.tags().collect();
    let only = tags::restricts_to(Tags(&tags))?;
    let (mut via, mut from, mut to) = (Vec::new(), Vec::new(), Vec::new());
    for member in relation.members() {
        match (member.role(), member.member_type) {
            (Ok("via"), RelMemberType::Node) => via.push(member.member_id),
            (Ok("from"), RelMemberType::Way) => from.push(member.member_id),
            (Ok("to"), RelMemberType::Way) => to.push(member.member_id),
            _ => {}
        }
    }
    let [via] = via[..] else { return None };
    Some(Restriction { via, from, to, only })
}
