//! The contract peer for 46elks as a process beside the server.

#![expect(clippy::unwrap_used, reason = "helpers of tests: a panic is the failure")]

use std::process::Stdio;

use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// A running peer; killed when dropped.
pub(crate) struct Peer {
    address: String,
    _process: Child,
}

impl Peer {
    pub(crate) async fn start() -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_elks46-peer"))
            .args(["--retry-ms", "100"])
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let line = lines.next_line().await.unwrap().unwrap();
        let address = line.strip_prefix("listening on ").unwrap().to_owned();
        Self { address, _process: process }
    }

    /// The `[gateway]` section that points at this peer.
    pub(crate) fn gateway(&self) -> String {
        format!(
            "[gateway]\nkind = \"elks46\"\n[gateway.elks46]\nbase_url = \"http://{}/a1\"\nusername = \"u\"\n\
             password = \"p\"\nfrom = \"+46766860000\"\nwebhook_base = \"{{base_url}}\"\n\
             webhook_secret = \"tokig\"\nsources = [\"127.0.0.1\"]\n",
            self.address
        )
    }

    /// Sends replies to this server.
    pub(crate) async fn reply_to(&self, base_url: &str) {
        let url = format!("{base_url}/gateways/elks46/inbound?key=tokig");
        self.control("inbound-url", json!({ "url": url })).await;
    }

    pub(crate) async fn control(&self, what: &str, body: Value) {
        let url = format!("http://{}/control/{what}", self.address);
        let answer = reqwest::Client::new().post(url).json(&body).send().await.unwrap();
        assert!(answer.status().is_success(), "{what}: {}", answer.text().await.unwrap());
    }

    pub(crate) async fn ask<T: DeserializeOwned>(&self, what: &str) -> T {
        let url = format!("http://{}/control/{what}", self.address);
        reqwest::get(url).await.unwrap().json().await.unwrap()
    }
}
