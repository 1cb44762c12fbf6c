//! The road file: how it is told from another file, a damaged and a cut one, and how it comes to its place.
//!
//! Words of eight bytes, little-endian: the magic, the version, the length of the file in bytes, four words of SHA-256 over
//! all that follows, the length of each section in bytes, then the sections, each filled up to a whole word.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

use sha2::{Digest, Sha256};

use super::graph::{Graph, SECTIONS};

/// `CERTUSRD` as a little-endian word.
const MAGIC: u64 = u64::from_le_bytes(*b"CERTUSRD");
/// The version of the format; another number for whatever is read differently, or built differently.
pub const VERSION: u64 = 5;
/// Magic, version, length, SHA-256.
const HEADER_WORDS: usize = 7;
const WORD: usize = size_of::<u64>();
/// A file longer than this is not taken into memory, bytes: all of Europe's roads are less.
const BYTES_MAX: u64 = 16 << 30;

/// Why a road file cannot be used or made.
#[derive(Debug, thiserror::Error)]
pub enum RoadsError {
    /// The system refused.
    #[error("{file}: {why}")]
    System {
        /// Its name.
        file: String,
        /// What the system said.
        why: io::Error,
    },
    /// It is no road file, or not a whole one, or not of this version.
    #[error("{file}: {found}; expected {expected}; certus roads build makes a new one")]
    Refused {
        /// Its name.
        file: String,
        /// What was found.
        found: String,
        /// What was expected.
        expected: String,
    },
    /// What it should be built from is no OpenStreetMap file that can be read.
    #[error("{file}: {why}; expected an OpenStreetMap file as PBF (.osm.pbf)")]
    Source {
        /// Its name.
        file: String,
        /// What the reader said.
        why: String,
    },
    /// There is no road in it.
    #[error(
        "{file}: no road was found; expected an OpenStreetMap file with ways tagged highway and their nodes"
    )]
    NoRoads {
        /// Its name.
        file: String,
    },
}

/// What was found, and what was expected.
type Refusal = (String, String);

impl Graph {
    /// Reads a road file.
    ///
    /// # Errors
    /// [`RoadsError`] names the file, what was found and what was expected.
    pub fn open(path: &Path) -> Result<Self, RoadsError> {
        let file = path.display().to_string();
        let (image, bytes) = read(path).map_err(|why| RoadsError::System { file: file.clone(), why })?;
        Self::checked(image, bytes).map_err(|(found, expected)| RoadsError::Refused { file, found, expected })
    }

    /// From the content of sections.
    pub(super) fn assembled(sections: &[&[u8]; SECTIONS]) -> Self {
        let words = |bytes: usize| bytes.div_ceil(WORD);
        let total = HEADER_WORDS + SECTIONS + sections.iter().map(|bytes| words(bytes.len())).sum::<usize>();
        let mut image = vec![0; total];
        let mut at = HEADER_WORDS + SECTIONS;
        for (number, bytes) in sections.iter().enumerate() {
            image[HEADER_WORDS + number] = bytes.len() as u64;
            let room: &mut [u8] = bytemuck::cast_slice_mut(&mut image[at..]);
            room[..bytes.len()].copy_from_slice(bytes);
            at += words(bytes.len());
        }
        let hash = hash(&image);
        let head: &mut [u64] = &mut image[..HEADER_WORDS];
        let bytes = (total * WORD) as u64;
        head[..3].copy_from_slice(&[MAGIC, VERSION, bytes]);
        bytemuck::cast_slice_mut(&mut head[3..]).copy_from_slice(&hash);
        Self::checked(image, bytes).expect("what was just put together fits")
    }

    /// Writes a road file beside its place and renames it, so that nobody reads half of one.
    ///
    /// # Errors
    /// [`RoadsError::System`].
    pub fn write(&self, path: &Path) -> Result<(), RoadsError> {
        let beside = path.with_added_extension("part");
        let named = |why| RoadsError::System { file: beside.display().to_string(), why };
        let mut file = File::create(&beside).map_err(named)?;
        file.write_all(bytemuck::cast_slice(self.image())).map_err(named)?;
        file.sync_all().map_err(named)?;
        std::fs::rename(&beside, path).map_err(named)
    }

    fn checked(image: Vec<u64>, length: u64) -> Result<Self, Refusal> {
        let refuse = |found: String, expected: &str| Err((found, expected.to_owned()));
        if image.first() != Some(&MAGIC) {
            return refuse("it does not begin with CERTUSRD".to_owned(), "a road file");
        }
        if let Some(version) = image.get(1).filter(|version| **version != VERSION) {
            return refuse(format!("version {version}"), &format!("version {VERSION}"));
        }
        if image.len() < HEADER_WORDS + SECTIONS || image[2] != length {
            let expected = image.get(2).map_or("a whole header".to_owned(), |bytes| format!("{bytes} bytes"));
            return refuse(format!("{length} bytes"), &expected);
        }
        let (said, hash) = (hex::encode(bytemuck::cast_slice(&image[3..7])), hex::encode(hash(&image)));
        if said != hash {
            return refuse(format!("content with the SHA-256 {hash}"), &said);
        }
        let sections =
            sections(&image).ok_or_else(|| ("sections past the end".to_owned(), "whole ones".to_owned()))?;
        let unfit =
            || ("arrays that do not fit together".to_owned(), "what certus roads build writes".to_owned());
        Self::of(image, sections, hash).ok_or_else(unfit)
    }
}

/// Where each section lies, bytes.
fn sections(image: &[u64]) -> Option<[(usize, usize); SECTIONS]> {
    let (mut at, mut found) = ((HEADER_WORDS + SECTIONS) * WORD, [(0, 0); SECTIONS]);
    for (section, bytes) in found.iter_mut().zip(&image[HEADER_WORDS..]) {
        let bytes = usize::try_from(*bytes).ok()?;
        *section = (at, at.checked_add(bytes)?);
        at = section.1.checked_next_multiple_of(WORD)?;
    }
    (at == image.len() * WORD).then_some(found)
}

fn hash(image: &[u64]) -> [u8; 32] {
    Sha256::digest(bytemuck::cast_slice::<u64, u8>(&image[HEADER_WORDS..])).into()
}

/// The file's words, the last one filled up with zeros, and its length in bytes.
fn read(path: &Path) -> io::Result<(Vec<u64>, u64)> {
    let mut file = File::open(path)?;
    let bytes = file.metadata()?.len();
    if bytes > BYTES_MAX {
        return Err(io::Error::other(format!("{bytes} bytes; expected at most {BYTES_MAX}")));
    }
    let length = usize::try_from(bytes).map_err(io::Error::other)?;
    let mut image = vec![0_u64; length.div_ceil(WORD)];
    let room: &mut [u8] = bytemuck::cast_slice_mut(&mut image);
    file.read_exact(&mut room[..length])?;
    Ok((image, bytes))
}
