//! The contract peer for push (`tests/peers/push`: Web Push, FCM and APNs in Python) and npm's web-push-testing, each a
//! process beside the test.

#![expect(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "helpers of tests: a panic is the failure"
)]

use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::{Value, json};

use crate::peer::Peer;

/// Our own contract peer.
#[derive(Debug)]
pub struct PushPeer(Peer);

/// A push that the peer took, as its receiver sees it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Taken {
    /// `webpush`, `fcm` or `apns`.
    pub service: String,
    /// Of which subscription or device.
    pub to: String,
    /// Web Push: the text, decrypted by `http_ece`.
    #[serde(default)]
    pub text: String,
    /// Topic, collapse key or collapse id.
    pub topic: Option<String>,
    /// Everything else.
    #[serde(flatten)]
    pub more: Value,
}

impl PushPeer {
    /// Starts it on a free port.
    pub async fn start() -> Self {
        let python = target().join("peers/push/bin/python");
        need(&python);
        let (python, script) = (python.to_str().unwrap().to_owned(), peers().join("push/peer.py"));
        Self(Peer::start_with(&python, &["-B", script.to_str().unwrap()]).await)
    }

    /// Where all three services are, without a slash at its end.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}", self.0.address)
    }

    /// A browser's subscription for this VAPID key, as JSON.
    pub async fn subscribe(&self, application_server_key: &str) -> String {
        self.told("subscribe", json!({"key": application_server_key})).await.to_string()
    }

    /// What becomes of the next requests; see the peer.
    pub async fn faults(&self, faults: Value) {
        self.told("faults", faults).await;
    }

    /// What it took, oldest first.
    pub async fn received(&self) -> Vec<Taken> {
        self.0.ask("received").await
    }

    /// Of what it took, what nothing later replaced.
    pub async fn waiting(&self) -> Vec<Taken> {
        self.0.ask("waiting").await
    }

    /// Tells or asks the peer something else.
    pub async fn told(&self, what: &str, body: Value) -> Value {
        let url = format!("{}/control/{what}", self.base_url());
        let answer = reqwest::Client::new().post(url).json(&body).send().await.unwrap();
        assert!(answer.status().is_success(), "{what}: {}", answer.status());
        answer.json().await.unwrap()
    }
}

/// npm's web-push-testing: other people's push service, which decrypts and checks the signature.
#[derive(Debug)]
pub struct WebPushTesting(Peer);

impl WebPushTesting {
    /// Starts it on a free port.
    pub async fn start() -> Self {
        let folder = peers().join("web-push-testing");
        need(&folder.join("node_modules/web-push-testing"));
        Self(Peer::start_with("node", &[folder.join("start.cjs").to_str().unwrap()]).await)
    }

    /// A subscription for this VAPID key: as JSON, and its name here.
    pub async fn subscribe(&self, application_server_key: &str) -> (String, String) {
        let wanted = json!({"userVisibleOnly": "true", "applicationServerKey": application_server_key});
        let data = self.post("subscribe", wanted).await["data"].take();
        let name = data["clientHash"].as_str().unwrap().to_owned();
        (data.to_string(), name)
    }

    /// The texts that reached a subscription.
    pub async fn texts(&self, name: &str) -> Vec<String> {
        let data = self.post("get-notifications", json!({"clientHash": name})).await["data"].take();
        serde_json::from_value(data["messages"].clone()).unwrap()
    }

    /// Ends a subscription.
    pub async fn expire(&self, name: &str) {
        let url = format!("http://{}/expire-subscription/{name}", self.0.address);
        assert!(reqwest::Client::new().post(url).send().await.unwrap().status().is_success());
    }

    async fn post(&self, what: &str, body: Value) -> Value {
        let url = format!("http://{}/{what}", self.0.address);
        let answer = reqwest::Client::new().post(url).json(&body).send().await.unwrap();
        assert!(answer.status().is_success(), "{what}: {}", answer.text().await.unwrap());
        answer.json().await.unwrap()
    }
}

fn peers() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("peers")
}

/// Cargo's target folder: tests lie in `target/PROFILE/deps`.
#[must_use]
pub fn target() -> PathBuf {
    std::env::current_exe().unwrap().ancestors().nth(3).unwrap().to_owned()
}

fn need(path: &Path) {
    assert!(path.exists(), "{} is missing: `tests/run tests` installs it", path.display());
}
