//! A small disk of its own for a server: it fills up, and it turns read-only.
//!
//! A tmpfs in a mount namespace that only the processes started through it see: needs no root where users may make
//! namespaces (`unshare --map-root-user --mount`), and leaves nothing behind, for it ends with its last process.

#![expect(clippy::missing_panics_doc, reason = "helpers of tests: a panic is the failure")]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// Larger than the database and its log of a test.
const SIZE: &str = "24m";
/// The file that fills it.
const BALLAST: &str = "ballast";

/// A mounted disk; gone when dropped.
#[derive(Debug)]
pub struct Disk {
    /// Keeps the namespace while no server runs.
    holder: Child,
    directory: TempDir,
}

impl Disk {
    /// Mounts an empty one; `None` where the system lets nobody make a namespace (a container without rights).
    pub async fn mount() -> Option<Self> {
        let directory = tempfile::tempdir().expect("a writable temporary directory");
        let script = format!("mount -t tmpfs -o size={SIZE} certus-tests \"$0\" && echo mounted && exec cat");
        let mut holder = Command::new("unshare")
            .args(["--map-root-user", "--mount", "sh", "-c", &script])
            .arg(directory.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("unshare, of util-linux");
        let mut said = BufReader::new(holder.stdout.take().expect("it is piped")).lines();
        let mounted = said.next_line().await.expect("it is piped").as_deref() == Some("mounted");
        mounted.then_some(Self { holder, directory })
    }

    /// What a process on this disk is started through.
    #[must_use]
    pub fn through(&self) -> Vec<String> {
        let id = self.id().to_string();
        let words = ["nsenter", "--target", &id, "--user", "--mount", "--preserve-credentials", "--"];
        words.map(str::to_owned).to_vec()
    }

    /// A file on it, as processes on it see it.
    #[must_use]
    pub fn inside(&self, file: &str) -> PathBuf {
        self.directory.path().join(file)
    }

    /// A file on it, as everybody else sees it. Not for SQLite, which takes the detour out of the path.
    #[must_use]
    pub fn outside(&self, file: &str) -> PathBuf {
        let inside = self.inside(file);
        let relative = inside.strip_prefix("/").expect("temporary directories have absolute paths");
        Path::new("/proc").join(self.id().to_string()).join("root").join(relative)
    }

    /// Takes all space that is left.
    pub fn fill(&self) {
        let mut ballast = std::fs::File::create(self.outside(BALLAST)).expect("a writable disk");
        let mut block = 64 * 1_024;
        while block > 0 {
            if ballast.write_all(&vec![0; block]).is_err() {
                block /= 2;
            }
        }
    }

    /// Frees what [`Disk::fill`] took.
    pub fn free(&self) {
        std::fs::remove_file(self.outside(BALLAST)).expect("filled before");
    }

    /// Turns it read-only. Only while no process has a file on it open for writing.
    pub async fn turn_read_only(&self) {
        self.remount("remount,ro").await;
    }

    /// Turns it writable again.
    pub async fn turn_writable(&self) {
        self.remount("remount,rw").await;
    }

    async fn remount(&self, how: &str) {
        let through = self.through();
        let mut mount = Command::new(&through[0]);
        mount.args(&through[1..]).args(["mount", "-o", how]).arg(self.directory.path());
        assert!(mount.status().await.is_ok_and(|status| status.success()), "{how}");
    }

    fn id(&self) -> u32 {
        self.holder.id().expect("it waits for its input")
    }
}
