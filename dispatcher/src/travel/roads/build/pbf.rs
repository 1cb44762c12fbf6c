//! Reads an OpenStreetMap file in the PBF format twice: once for the ways and the restrictions of turns, once for the nodes.

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
const PASSES: u64 = 2;

/// Reads a file.
pub(super) fn read(path: &Path, progress: Progress<'_>) -> Result<Source, RoadsError> {
    let file = path.display().to_string();
    let bytes = std::fs::metadata(path).map_err(|why| RoadsError::System { file: file.clone(), why })?.len();
    let refuse = |why: osmpbf::Error| RoadsError::Source { file: file.clone(), why: why.to_string() };
    let name = path.file_name().map_or(file.clone(), |name| name.to_string_lossy().into_owned());
    let mut source = Source::named(&name);
    let first = |at: u64| progress(at, bytes * PASSES);
    blocks(path, &mut source, first, ways_and_restrictions).map_err(refuse)?;
    let second = |at: u64| progress(bytes + at, bytes * PASSES);
    blocks(path, &mut source, second, nodes).map_err(refuse)?;
    progress(bytes * PASSES, bytes * PASSES);
    Ok(source)
}

fn blocks(
    path: &Path,
    source: &mut Source,
    progress: impl Fn(u64),
    take: impl Fn(&PrimitiveBlock, &mut Source),
) -> osmpbf::Result<()> {
    let reader: BlobReader<BufReader<File>> = BlobReader::seekable_from_path(path)?;
    for blob in reader {
        let blob = blob?;
        progress(blob.offset().map_or(0, |offset| offset.0));
        match blob.decode()? {
            BlobDecode::OsmHeader(header) => source.data_as_of_s = header.osmosis_replication_timestamp(),
            BlobDecode::OsmData(block) => take(&block, source),
            BlobDecode::Unknown(_) => {}
        }
    }
    Ok(())
}

fn ways_and_restrictions(block: &PrimitiveBlock, source: &mut Source) {
    let (mut refs, mut tags) = (Vec::new(), Vec::new());
    for way in block.groups().flat_map(|group| group.ways()) {
        refs.clear();
        refs.extend(way.refs());
        tags.clear();
        tags.extend(way.tags());
        source.numbered_way(way.id(), &refs, &tags);
    }
    for relation in block.groups().flat_map(|group| group.relations()) {
        if let Some(restriction) = restriction(&relation) {
            source.restrict(restriction);
        }
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
