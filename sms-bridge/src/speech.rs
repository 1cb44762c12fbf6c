//! What the telephone says: sentences spoken once, at the start, by espeak-ng, and served as WAV files.
//!
//! A call's message names one of them, `NAME/LANGUAGE`; nothing that is spoken is about anybody.

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use sha2::{Digest as _, Sha256};

/// Words a minute; espeak's own 175 is quick for somebody who has just been woken.
const WORDS_A_MINUTE: &str = "150";
/// RIFF header, format and the head of the data, as espeak-ng writes them.
const HEADER: usize = 44;
/// Octets of the hash in a file's name.
const MARK: usize = 8;

/// A sentence to be spoken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sentence {
    /// What it is called, e.g. `call-out`.
    pub name: &'static str,
    /// Its language, as espeak-ng names it, e.g. `sv`.
    pub language: &'static str,
    /// What is said.
    pub text: String,
}

/// Sentences as sound.
#[derive(Debug, Clone, Default)]
pub struct Spoken {
    /// By `NAME/LANGUAGE`: the file's name.
    files: BTreeMap<String, String>,
    /// By the file's name.
    sounds: BTreeMap<String, Vec<u8>>,
}

/// Why nothing can be said.
#[derive(Debug, thiserror::Error)]
pub enum SpeechError {
    /// There is no such program.
    #[error(
        "{program}: cannot be run ({why}); install espeak-ng (Debian: apt-get install espeak-ng) or say where it is"
    )]
    Program {
        /// Its path.
        program: PathBuf,
        /// What the system said.
        why: io::Error,
    },
    /// It failed, or gave something else than a mono WAV of 16 bits.
    #[error("{program}: no speech came for {language}: {why}")]
    Silent {
        /// Its path.
        program: PathBuf,
        /// In which language.
        language: &'static str,
        /// What it said.
        why: String,
    },
}

impl Spoken {
    /// Has `program` speak the sentences.
    ///
    /// # Errors
    /// [`SpeechError`] for the first that cannot be spoken.
    pub fn by(program: &Path, sentences: &[Sentence]) -> Result<Self, SpeechError> {
        let mut spoken = Self::default();
        for sentence in sentences {
            let sound = speak(program, sentence)?;
            let name = format!("{}-{}-{}.wav", sentence.name, sentence.language, mark(&sound));
            spoken.files.insert(format!("{}/{}", sentence.name, sentence.language), name.clone());
            spoken.sounds.insert(name, sound);
        }
        Ok(spoken)
    }

    /// The name of the file with this sentence, `NAME/LANGUAGE`. It changes with its sound: providers keep what they have
    /// fetched once.
    #[must_use]
    pub fn file(&self, sentence: &str) -> Option<&str> {
        self.files.get(sentence).map(String::as_str)
    }

    /// The WAV in that file.
    #[must_use]
    pub fn sound(&self, file: &str) -> Option<&[u8]> {
        self.sounds.get(file).map(Vec::as_slice)
    }
}

fn speak(program: &Path, sentence: &Sentence) -> Result<Vec<u8>, SpeechError> {
    let failed = |why| SpeechError::Program { program: program.to_owned(), why };
    let silent = |why| SpeechError::Silent { program: program.to_owned(), language: sentence.language, why };
    let mut child = Command::new(program)
        .args(["--stdin", "--stdout", "-s", WORDS_A_MINUTE, "-v", sentence.language])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(failed)?;
    if let Some(mut input) = child.stdin.take() {
        input.write_all(sentence.text.as_bytes()).map_err(failed)?; // a sentence fits into the pipe
    }
    let output = child.wait_with_output().map_err(failed)?;
    if !output.status.success() {
        return Err(silent(String::from_utf8_lossy(&output.stderr).trim().to_owned()));
    }
    with_its_size(output.stdout).ok_or_else(|| silent("expected a mono WAV of 16 bits".to_owned()))
}

/// A WAV written to a pipe does not know how long it will be; players would wait for the rest.
fn with_its_size(mut wav: Vec<u8>) -> Option<Vec<u8>> {
    let starts = |at: usize, what: &[u8]| wav.get(at..at + what.len()) == Some(what);
    let pcm_mono = starts(20, &[1, 0, 1, 0]) && starts(34, &[16, 0]);
    if !starts(0, b"RIFF") || !starts(8, b"WAVEfmt ") || !pcm_mono || !starts(36, b"data") {
        return None;
    }
    let sound = u32::try_from(wav.len() - HEADER).ok().filter(|octets| *octets > 0)?;
    wav[4..8].copy_from_slice(&(sound + 36).to_le_bytes());
    wav[40..44].copy_from_slice(&sound.to_le_bytes());
    Some(wav)
}

fn mark(sound: &[u8]) -> String {
    hex::encode(&Sha256::digest(sound)[..MARK])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_program_is_told_with_what_to_install() {
        let sentence = Sentence { name: "call-out", language: "sv", text: "Hej".to_owned() };
        let error = Spoken::by(Path::new("/nowhere/espeak-ng"), std::slice::from_ref(&sentence)).unwrap_err();
        assert!(error.to_string().contains("apt-get install espeak-ng"), "{error}");
        // A program that says nothing.
        let error = Spoken::by(Path::new("true"), &[sentence]).unwrap_err().to_string();
        assert!(error.contains("no speech came for sv") || error.contains("cannot be run"), "{error}");
    }

    #[test]
    fn a_wav_from_a_pipe_is_given_its_size_and_anything_else_is_refused() {
        let mut wav = b"RIFF\x24\xf0\xff\x7fWAVEfmt \x10\0\0\0\x01\0\x01\0\x22\x56\0\0\x44\xac\0\0\x02\0\x10\0data\0\xf0\xff\x7f".to_vec();
        assert_eq!(with_its_size(wav.clone()), None, "no sound");
        wav.extend([1, 2, 3, 4]);
        let sized = with_its_size(wav.clone()).unwrap();
        assert_eq!((&sized[4..8], &sized[40..]), (&[40, 0, 0, 0][..], &[4, 0, 0, 0, 1, 2, 3, 4][..]));
        for (place, wrong) in [(0, b'X'), (20, 3), (22, 2), (34, 8)] {
            let mut other = wav.clone();
            other[place] = wrong;
            assert_eq!(with_its_size(other), None, "{place}");
        }
    }
}
