//! Valhalla as a process beside ours, on the same OpenStreetMap file: `pyvalhalla` from the Python index.

#![expect(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "helpers of tests: a panic is the failure"
)]

use std::path::Path;
use std::process::Stdio;

use tempfile::TempDir;
use tokio::process::{Child, Command};

use crate::binary::free_addresses;
use crate::osrm::{MISSING, folder_of, python, run, until_it_answers};

/// A server of Valhalla on one file; killed when dropped.
#[derive(Debug)]
pub struct Valhalla {
    /// Where it listens, `http://HOST:PORT`.
    pub url: String,
    _directory: TempDir,
    _server: Child,
}

impl Valhalla {
    /// Prepares the file, and serves it with one thread.
    pub async fn start(source: &Path) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let address: String = free_addresses::<1>().into_iter().next().unwrap();
        let ipc = |name: &str| format!("ipc://{}", directory.path().join(name).display());
        let configured = python()
            .args([
                "-m",
                "valhalla.valhalla_build_config",
                "--mjolnir-concurrency",
                "1",
                "--mjolnir-tile-dir",
            ])
            .arg(directory.path().join("tiles"))
            .args(["--httpd-service-listen", &format!("tcp://{address}")])
            .args(["--httpd-service-loopback", &ipc("loopback")])
            .args(["--httpd-service-interrupt", &ipc("interrupt")])
            .output()
            .await
            .expect(MISSING);
        let config = directory.path().join("valhalla.json");
        std::fs::write(&config, configured.stdout).unwrap();
        let programs = folder_of("valhalla").await.join("bin");
        run(Command::new(programs.join("valhalla_build_tiles")).arg("-c").arg(&config).arg(source)).await;
        let server = Command::new(programs.join("valhalla_service"))
            .arg(&config)
            .arg("1")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect(MISSING);
        let url = format!("http://{address}");
        until_it_answers(&url).await;
        Self { url, _directory: directory, _server: server }
    }
}
