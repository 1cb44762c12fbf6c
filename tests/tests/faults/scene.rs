//! A server with people, phones and a gateway, on which faults fall.

#![expect(clippy::unwrap_used, reason = "helpers of tests: a panic is the failure")]

use std::io::Write as _;
use std::time::Duration;

use certus_registry::exchange::{Rows, import_volunteers};
use certus_registry::time::SystemClock;
use certus_registry::{Clock, Database, Random};
use certus_tests::binary::{Certus, Setup};
use certus_tests::elks46_peer::Received;
use certus_tests::load::{self, in_time};
use certus_tests::peer::Peer;
use serde_json::json;

use crate::PEER;

const VOLUNTEERS: u32 = 600;
/// What a server rightly says while its database is away, or about what its predecessor left.
const EXPECTED: [&str; 14] = [
    "A gateway gave no answer",
    "left in flight",
    "A message was not accepted",
    "\"problem.code\":\"timed_out\"",
    "\"problem.code\":\"unavailable\"",
    "\"problem.code\":\"database_full\"",
    "\"problem.code\":\"database_read_only\"",
    "the engine could not finish; it tries again",
    "The outbox could not be claimed from",
    "What the gateways answered could not be recorded",
    "positions cannot be written; retrying",
    "position tokens cannot be refreshed",
    "The database's log could not be moved into its file",
    // The pool about connections that broke.
    "\"target\":\"sqlx",
];

/// People in the database, a gateway whose phones answer.
pub(crate) struct Scene {
    pub(crate) peer: Peer,
    policies: tempfile::TempDir,
}

impl Scene {
    pub(crate) async fn prepare(db: &Database, seed: u64) -> Self {
        let random = Random::from_seed(seed);
        let people = load::people(&random, VOLUNTEERS);
        import_volunteers(db, SystemClock.now(), &random, people.as_bytes(), Rows::AllOrNothing)
            .await
            .unwrap();
        let peer = Peer::start(PEER).await;
        let answers = json!({"seed": seed, "yes": 0.5, "no": 0.3, "after_ms_min": 50, "after_ms_max": 3_000});
        peer.control("answers", answers).await;
        Self { peer, policies: tempfile::tempdir().unwrap() }
    }

    /// Starts a node that sends through the peer; replies go to it.
    pub(crate) async fn serve(&self, database: &str, through: Vec<String>) -> Certus {
        let file = load::quick_policies(self.policies.path());
        let config = format!("policies = {:?}\n{}", file.display().to_string(), self.peer.gateway());
        let setup = Setup { config, through, expected_warnings: EXPECTED.to_vec(), ..Setup::default() };
        let certus = Certus::start(database, setup).await;
        self.peer.reply_to(&certus.base_url).await;
        certus
    }
}

/// Prints a figure, past the capture of `println!`, so that `tests/run` can show it.
pub(crate) fn say(figure: &str) {
    // Nobody is left to tell when stdout is closed.
    let _ = writeln!(std::io::stdout().lock(), "figures: {figure}");
}

/// Waits for `holds` and gives how many seconds that took.
pub(crate) async fn until(what: &str, limit: Duration, holds: impl AsyncFn() -> bool) -> f64 {
    let took = in_time(limit, holds).await;
    assert!(took.is_some(), "not within {limit:?}: {what}");
    took.unwrap_or_default()
}

/// How many messages phones have received.
pub(crate) async fn phones(scene: &Scene) -> usize {
    scene.peer.ask::<Vec<Received>>("phones").await.len()
}
