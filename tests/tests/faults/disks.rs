//! The disk under SQLite is full, or may not be written: at the start, or while the server runs.

#![expect(clippy::unwrap_used, reason = "helpers of tests: a panic is the failure")]

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use certus_dispatcher::incident::IncidentId;
use certus_registry::time::SystemClock;
use certus_registry::{Clock, Database, Random};
use certus_tests::binary::Certus;
use certus_tests::databases;
use certus_tests::disk::Disk;
use certus_tests::load::{Caller, incident_id, pause, spread};
use certus_tests::rest::Rest;
use reqwest::{Method, Response};
use serde_json::Value;
use tokio::process::Command;

use crate::scene::{Scene, phones, say, until};

const FILE: &str = "certus.sqlite";
const LIMIT: Duration = Duration::from_secs(30);
/// How long a fault lasts.
const FAULT: Duration = Duration::from_secs(5);
/// So many incidents find room in what SQLite has already taken, at most.
const LAST_MAX: u32 = 500;

/// A server whose disk fails.
struct Failing {
    scene: Scene,
    certus: Certus,
    caller: Caller,
    random: Random,
    raised: BTreeMap<String, IncidentId>,
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_costs_503s_that_say_so_and_nothing_else() {
    let Some(disk) = Disk::mount().await else {
        return say("disk_full: not tried here, no mount namespace can be made");
    };
    let scene = prepared(&disk.outside(FILE)).await;
    let mut failing = Failing::serve(scene, &disk.inside(FILE), disk.through()).await;
    disk.fill();
    let refused = failing.until_refused().await;
    assert_eq!(refused["code"], "database_full", "{refused}");
    assert!(refused["detail"].as_str().unwrap().contains("free space"), "{refused}");
    let (refused, taken) = failing.stays_refused().await;
    assert!(refused > 0, "a full disk took {taken}");
    disk.free();
    let after = failing.goes_on().await;
    let asked = failing.check(&disk.outside(FILE)).await;
    say(&format!(
        "disk_full: refused {refused} and found room for {taken} in 5 s, reads went on; {after}; call-outs {asked}, lost 0"
    ));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_does_not_start_on_a_read_only_disk_and_names_file_and_cause() {
    let Some(disk) = Disk::mount().await else {
        return say("read_only_at_start: not tried here, no mount namespace can be made");
    };
    let scene = prepared(&disk.outside(FILE)).await;
    let mut failing = Failing::serve(scene, &disk.inside(FILE), disk.through()).await;
    failing.certus.stop().await;
    disk.turn_read_only().await;
    failing.certus.try_restart().await.unwrap_err();
    let said = failing.certus.take_refusal();
    assert!(said.contains(FILE) && said.to_lowercase().contains("read-only"), "{said}");
    disk.turn_writable().await;
    failing.certus.restart().await;
    let after = failing.goes_on().await;
    let asked = failing.check(&disk.outside(FILE)).await;
    say(&format!("read_only_at_start: \"{}\"; {after}; call-outs {asked}", said.trim()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_turns_read_only_costs_503s_and_nothing_else() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join(FILE);
    let mut failing = Failing::serve(prepared(&file).await, &file, Vec::new()).await;
    if !lock(directory.path(), "+i").await {
        say("read_only_while_running: not tried here, chattr +i needs root and a file system that knows it");
        return;
    }
    let refused = failing.until_refused().await;
    let code = refused["code"].as_str().unwrap().to_owned();
    let (refused_during, taken) = failing.stays_refused().await;
    assert_eq!(taken, 0, "nothing can be written");
    assert!(lock(directory.path(), "-i").await);
    assert!(["database_read_only", "unavailable"].contains(&code.as_str()), "{refused}");
    let after = failing.goes_on().await;
    let asked = failing.check(&file).await;
    say(&format!(
        "read_only_while_running: {code}, refused {refused_during} in 5 s; {after}; call-outs {asked}, lost 0"
    ));
}

impl Failing {
    async fn serve(scene: Scene, file: &Path, through: Vec<String>) -> Self {
        let certus = scene.serve(&format!("sqlite:{}", file.display()), through).await;
        let caller = Caller::of(&certus);
        let mut failing =
            Self { scene, certus, caller, random: Random::from_seed(5), raised: BTreeMap::new() };
        assert_eq!(failing.raise("before").await.status(), 201);
        until("a call-out", LIMIT, async || phones(&failing.scene).await > 0).await;
        failing
    }

    /// One attempt; remembers what was answered 201.
    async fn raise(&mut self, key: &str) -> Response {
        let place = spread(&self.random);
        let answer = self.caller.raise_once(key, place).send().await.unwrap();
        if answer.status() != 201 {
            return answer;
        }
        let list = self.certus.request(Method::GET, "/v1/incidents?state=all").send().await.unwrap();
        let list: Value = list.json().await.unwrap();
        self.raised.insert(key.to_owned(), incident_id(&list["incidents"][0]));
        answer
    }

    /// Raises incidents until one is refused, and gives what the caller is told.
    async fn until_refused(&mut self) -> Value {
        for number in 0..LAST_MAX {
            let answer = self.raise(&format!("last-{number}")).await;
            if answer.status() == 201 {
                continue;
            }
            let (status, headers) = (answer.status(), answer.headers().clone());
            let problem: Value = answer.json().await.unwrap();
            assert_eq!(status, 503, "{problem}");
            assert!(headers.contains_key("retry-after"), "no advice when to try again");
            return problem;
        }
        unreachable!("{LAST_MAX} incidents were taken");
    }

    /// While the fault lasts: writes are refused, but for what finds room in what SQLite has already taken once its log is
    /// moved into its file; reads go on. Gives how many were refused, and how many not.
    async fn stays_refused(&mut self) -> (usize, usize) {
        let (began, mut refused, mut taken) = (SystemClock.now(), 0, 0);
        while SystemClock.now().since(began) < FAULT {
            match self.raise(&format!("during-{}", refused + taken)).await.status().as_u16() {
                201 => taken += 1,
                status => {
                    assert_eq!(status, 503);
                    refused += 1;
                }
            }
            let known = format!("/v1/incidents/{}", self.raised["before"]);
            assert_eq!(self.certus.request(Method::GET, &known).send().await.unwrap().status(), 200);
            pause(200).await;
        }
        (refused, taken)
    }

    /// The fault is over: an incident is taken and messages leave, without a restart. Gives the figures.
    async fn goes_on(&mut self) -> String {
        let began = SystemClock.now();
        while self.raise("after").await.status() != 201 {
            assert!(SystemClock.now().since(began) < LIMIT, "still refused");
            pause(50).await;
        }
        let raised_after = SystemClock.now().since(began).as_secs_f64();
        let sent = || async { phones(&self.scene).await };
        let known = sent().await;
        until("a message", LIMIT, async || sent().await > known).await;
        let message_after = SystemClock.now().since(began).as_secs_f64();
        format!("after the end: raised {raised_after:.1} s, message {message_after:.1} s")
    }

    /// Waits for rest, stops, and looks into a copy of the database.
    async fn check(mut self, file: &Path) -> usize {
        until("rest", certus_tests::rest::REST_LIMIT, async || self.is_at_rest().await).await;
        self.certus.stop().await;
        let copy = tempfile::tempdir().unwrap();
        std::fs::copy(file, copy.path().join(FILE)).unwrap();
        // What was committed last is still in the log when the file was busy at the stop.
        let log = file.with_file_name(format!("{FILE}-wal"));
        if log.exists() {
            std::fs::copy(log, copy.path().join(format!("{FILE}-wal"))).unwrap();
        }
        let db = Database::open(&format!("sqlite:{}", copy.path().join(FILE).display())).await.unwrap();
        let rest = Rest { story: "disk", db: &db, peer: &self.scene.peer, raised: &self.raised };
        assert_eq!(rest.integrity().await, "ok");
        rest.reached().await;
        rest.check().await
    }

    async fn is_at_rest(&self) -> bool {
        let list = self.certus.request(Method::GET, "/v1/incidents?state=all").send().await.unwrap();
        let list: Value = list.json().await.unwrap();
        let asking =
            list["incidents"].as_array().unwrap().iter().any(|incident| incident["phase"] == "asking");
        let waiting: usize = self.scene.peer.ask("waiting").await;
        let metrics = self.certus.operations("/metrics").send().await.unwrap().text().await.unwrap();
        let unsent = metrics.lines().any(|line| {
            (line.contains("\"stored\"") || line.contains("\"transmitted\"")) && !line.ends_with(" 0")
        });
        // Asked again: an answer may have come in while we looked elsewhere.
        let still: usize = self.scene.peer.ask("waiting").await;
        !asking && waiting == 0 && still == 0 && !unsent
    }
}

/// People in a database that is moved to `file`.
async fn prepared(file: &Path) -> Scene {
    let fresh = databases::sqlite().await;
    let scene = Scene::prepare(&fresh.db, 5).await;
    fresh.db.close().await; // moves all of it into the file
    std::fs::copy(fresh.url.strip_prefix("sqlite:").unwrap(), file).unwrap();
    scene
}

/// Makes the database's files unchangeable, also for those who have them open; false where that is not possible.
async fn lock(directory: &Path, how: &str) -> bool {
    let files = [FILE.to_owned(), format!("{FILE}-wal")].map(|file| directory.join(file));
    Command::new("chattr").arg(how).args(files).status().await.is_ok_and(|status| status.success())
}
