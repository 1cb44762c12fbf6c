//! The contract peer for 46elks as a process beside the server.

#![expect(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "helpers of tests: a panic is the failure"
)]

use std::process::Stdio;

use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// A running peer; killed when dropped.
#[derive(Debug)]
pub struct Peer {
    /// Where it listens, as `HOST:PORT`.
    pub address: String,
    _process: Child,
}

impl Peer {
    /// Starts `program`, which only a suite knows: `env!("CARGO_BIN_EXE_elks46-peer")`.
    pub async fn start(program: &str) -> Self {
        Self::start_with(program, &["--retry-ms", "100"]).await
    }

    /// Starts `program` with these arguments.
    pub async fn start_with(program: &str, arguments: &[&str]) -> Self {
        let mut process =
            Command::new(program).args(arguments).stdout(Stdio::piped()).kill_on_drop(true).spawn().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let line = lines.next_line().await.unwrap().unwrap();
        let address = line.strip_prefix("listening on ").unwrap().to_owned();
        Self { address, _process: process }
    }

    /// The `[gateway]` section that points at this peer.
    pub fn gateway(&self) -> String {
        format!(
            "[gateway.elks46]\nbase_url = \"http://{}/a1\"\nusername = \"u\"\n\
             password = \"p\"\nfrom = \"+46766860000\"\nwebhook_base = \"{{base_url}}\"\n\
             webhook_secret = \"tokig\"\nsources = [\"127.0.0.1\"]\n",
            self.address
        )
    }

    /// Sends replies to this server.
    pub async fn reply_to(&self, base_url: &str) {
        let url = format!("{base_url}/gateways/elks46/inbound?key=tokig");
        self.control("inbound-url", json!({ "url": url })).await;
    }

    /// Tells the peer something; see [`elks46_peer`](crate::elks46_peer).
    pub async fn control(&self, what: &str, body: Value) {
        let url = format!("http://{}/control/{what}", self.address);
        let answer = reqwest::Client::new().post(url).json(&body).send().await.unwrap();
        assert!(answer.status().is_success(), "{what}: {}", answer.text().await.unwrap());
    }

    /// Asks the peer something.
    pub async fn ask<T: DeserializeOwned>(&self, what: &str) -> T {
        let url = format!("http://{}/control/{what}", self.address);
        reqwest::get(url).await.unwrap().json().await.unwrap()
    }
}
