//! The key file: made once, read when the program starts and when it meets a key that it does not know.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::Path;

use zeroize::Zeroizing;

use super::master::{Master, Masters, MastersError};

/// The largest key file, bytes: some hundred keys.
const BYTES_MAX: u64 = 8 * 1024;

/// Why a key file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// The system does not give or take it.
    #[error("the key file {file}: {why}")]
    System {
        /// Its name.
        file: String,
        /// What the system said.
        why: std::io::Error,
    },
    /// Others than its owner may read it.
    #[error(
        "the key file {file}: its mode is {mode:03o}; expected 600: others than its owner must not read it"
    )]
    Open {
        /// Its name.
        file: String,
        /// What the file's mode is.
        mode: u32,
    },
    /// What stands in it.
    #[error("the key file {file}, {why}")]
    Text {
        /// Its name.
        file: String,
        /// What was expected, and where.
        why: MastersError,
    },
}

/// Reads a key file that nobody but its owner may read.
///
/// # Errors
/// [`KeyFileError`], which never shows what stands in it.
pub fn read(path: &Path) -> Result<Masters, KeyFileError> {
    let file = || path.display().to_string();
    let system = |why| KeyFileError::System { file: file(), why };
    let opened = File::open(path).map_err(system)?;
    if let Some(mode) = shared(&opened).map_err(system)? {
        return Err(KeyFileError::Open { file: file(), mode });
    }
    let mut text = Zeroizing::new(String::new());
    opened.take(BYTES_MAX).read_to_string(&mut text).map_err(system)?;
    Masters::parse(&text).map_err(|why| KeyFileError::Text { file: file(), why })
}

/// Makes a key file with one key; a file that is there stays as it is. It is on the disk when this returns.
///
/// # Errors
/// [`KeyFileError::System`], also when there is a file of that name.
pub fn create(path: &Path, key: &Master) -> Result<(), KeyFileError> {
    let write = || {
        let mut file = exclusive().open(path)?;
        let head = "# Master keys of Certus, the newest last. Whoever has this file and the database can read everything;\n\
             # without it what is sealed is lost. Keep a copy apart from the database and its backups.\n";
        file.write_all(head.as_bytes())?;
        file.write_all(key.line().as_bytes())?;
        file.write_all(b"\n")?;
        file.sync_all()
    };
    write().map_err(|why| KeyFileError::System { file: path.display().to_string(), why })
}

/// Adds a key at the end of a key file: the newest from then on.
///
/// # Errors
/// [`KeyFileError`]; a file that cannot be read is not written to.
pub fn append(path: &Path, key: &Master) -> Result<(), KeyFileError> {
    read(path)?;
    let write = || {
        let mut file = File::options().append(true).open(path)?;
        // The last line may have been written by hand, without its end.
        file.write_all(format!("\n{}\n", key.line().as_str()).as_bytes())?;
        file.sync_all()
    };
    write().map_err(|why| KeyFileError::System { file: path.display().to_string(), why })
}

#[cfg(unix)]
fn shared(file: &File) -> std::io::Result<Option<u32>> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = file.metadata()?.permissions().mode() & 0o777;
    Ok((mode & 0o077 != 0).then_some(mode))
}

/// Other systems have no such mode; who may read it is for its administrator to say.
#[cfg(not(unix))]
fn shared(_: &File) -> std::io::Result<Option<u32>> {
    Ok(None)
}

#[cfg(unix)]
fn exclusive() -> std::fs::OpenOptions {
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut options = File::options();
    options.write(true).create_new(true).mode(0o600);
    options
}

#[cfg(not(unix))]
fn exclusive() -> std::fs::OpenOptions {
    let mut options = File::options();
    options.write(true).create_new(true);
    options
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Random;

    fn folder() -> tempfile::TempDir {
        tempfile::tempdir().unwrap()
    }

    #[test]
    fn a_file_that_is_there_is_never_written_over_and_a_key_that_is_added_is_the_newest() {
        let folder = folder();
        let (path, random) = (folder.path().join("key"), Random::from_seed(1));
        let [first, second] = [Master::draw(&random), Master::draw(&random)];
        create(&path, &first).unwrap();
        assert!(matches!(create(&path, &second), Err(KeyFileError::System { .. })));
        assert_eq!(read(&path).unwrap().newest().name(), first.name());
        append(&path, &second).unwrap();
        assert_eq!(read(&path).unwrap().newest().name(), second.name());
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_others_may_read_is_refused_with_its_mode() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = folder();
        let path = folder.path().join("key");
        create(&path, &Master::draw(&Random::from_seed(1))).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        let refused = read(&path).unwrap_err().to_string();
        assert!(refused.contains("its mode is 640; expected 600"), "{refused}");
    }

    #[test]
    fn what_is_no_key_is_named_by_file_and_line_and_not_shown() {
        let folder = folder();
        let path = folder.path().join("key");
        create(&path, &Master::draw(&Random::from_seed(1))).unwrap();
        let mut file = File::options().append(true).open(&path).unwrap();
        file.write_all(b"hunter2\n").unwrap();
        let refused = read(&path).unwrap_err().to_string();
        assert!(refused.contains("key, line 4: expected base64 of 32 octets"), "{refused}");
        assert!(!refused.contains("hunter2"));
        let missing = read(&folder.path().join("none")).unwrap_err().to_string();
        assert!(missing.contains("none: ") && missing.contains("os error"), "{missing}");
    }
}
