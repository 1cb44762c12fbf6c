//! A small county under load: people around Östersund, incidents that SOS raises, repeats until they are answered and
//! closes again, phones that say where they are. Must not judge; that is `rest`'s.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "helpers of tests: a panic is the failure"
)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use certus_dispatcher::incident::IncidentId;
use certus_registry::time::SystemClock;
use certus_registry::{Clock, Random};
use rand::RngExt as _;
use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::{Value, json};

use crate::binary::Certus;

/// For one request: above the server's own 10 s, so that its answer is seen.
const REQUEST_LIMIT: Duration = Duration::from_secs(12);
/// Between two attempts, in milliseconds.
const REPEAT_AFTER_MS: u64 = 50;
/// So many incidents stay open behind the newest, so that people come free for the next.
const OPEN: usize = 6;
/// The longest pause between two incidents: a gateway that takes ten messages a second is to be behind, but not for minutes.
const BETWEEN_MAX_MS: u64 = 800;
/// So many phones say where they are.
const PHONES: usize = 10;

/// SOS at its end of the API: every request is repeated under its idempotency key until it is answered.
#[derive(Debug, Clone)]
pub struct Caller {
    client: Client,
    base_url: String,
    key: String,
}

/// What was answered.
#[derive(Debug, Clone, Default)]
pub struct Books {
    /// Each was answered 201, under this idempotency key.
    pub raised: BTreeMap<String, IncidentId>,
    /// Incidents closed again.
    pub closed: usize,
    /// Positions taken.
    pub positions: usize,
}

impl Caller {
    /// Calls this server, also after its restart.
    #[must_use]
    pub fn of(certus: &Certus) -> Self {
        let client = Client::builder().timeout(REQUEST_LIMIT).build().unwrap();
        Self { client, base_url: certus.base_url.clone(), key: certus.key.clone() }
    }

    /// One attempt to raise an incident.
    pub fn raise_once(&self, idempotency: &str, (lat, lon): (f64, f64)) -> RequestBuilder {
        let place = json!({"lat": lat, "lon": lon, "name": format!("Plats {idempotency}")});
        let body = json!({"event_type": "cardiac_arrest", "place": place});
        self.request(Method::POST, "/v1/incidents").header("Idempotency-Key", idempotency).json(&body)
    }

    /// Raises an incident.
    pub async fn raise(&self, idempotency: &str, at: (f64, f64)) -> IncidentId {
        let answer = self.repeat(|| self.raise_once(idempotency, at)).await;
        assert_eq!(answer.status(), 201);
        incident_id(&answer.json().await.unwrap())
    }

    /// Closes an incident.
    pub async fn close(&self, incident: IncidentId) {
        let request = || {
            let request = self.request(Method::POST, &format!("/v1/incidents/{incident}/close"));
            request.header("Idempotency-Key", format!("close-{incident}"))
        };
        assert_eq!(self.repeat(request).await.status(), 200);
    }

    /// Repeats what gets no answer, 503, or is still being worked on.
    async fn repeat(&self, request: impl Fn() -> RequestBuilder) -> Response {
        loop {
            match request().send().await {
                Ok(answer) if answer.status().is_success() => return answer,
                Ok(answer) if !matches!(answer.status().as_u16(), 503 | 409) => {
                    panic!("{}: {}", answer.status(), answer.text().await.unwrap())
                }
                Ok(_) | Err(_) => pause(REPEAT_AFTER_MS).await,
            }
        }
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.base_url)).bearer_auth(&self.key)
    }

    /// Position tokens of some people.
    pub async fn phones(&self) -> Vec<String> {
        let people: Value =
            self.repeat(|| self.request(Method::GET, "/v1/volunteers")).await.json().await.unwrap();
        let mut tokens = Vec::new();
        for person in people["volunteers"].as_array().unwrap().iter().take(PHONES) {
            let path = format!("/v1/volunteers/{}/position-token", person["id"].as_str().unwrap());
            let token: Value = self.repeat(|| self.request(Method::POST, &path)).await.json().await.unwrap();
            tokens.push(token["position_token"].as_str().unwrap().to_owned());
        }
        tokens
    }

    /// Raises and closes incidents and tells positions until `stop`.
    pub async fn load(&self, random: &Random, phones: &[String], stop: &AtomicBool) -> Books {
        let ((raised, closed), positions) =
            futures::join!(self.raise_and_close(random, stop), self.tell_positions(random, phones, stop));
        Books { raised, closed, positions }
    }

    async fn raise_and_close(
        &self,
        random: &Random,
        stop: &AtomicBool,
    ) -> (BTreeMap<String, IncidentId>, usize) {
        let mut raised = BTreeMap::new();
        let mut open = std::collections::VecDeque::new();
        let mut closed = 0;
        for number in 0.. {
            if stop.load(Ordering::Relaxed) {
                break;
            }
            let key = format!("sos-{number}");
            let id = self.raise(&key, spread(random)).await;
            raised.insert(key, id);
            open.push_back(id);
            if open.len() > OPEN
                && let Some(oldest) = open.pop_front()
            {
                self.close(oldest).await;
                closed += 1;
            }
            pause(random.with(|rng| rng.random_range(0..BETWEEN_MAX_MS))).await;
        }
        (raised, closed)
    }

    /// A phone whose ping got no answer tries its next one.
    async fn tell_positions(&self, random: &Random, phones: &[String], stop: &AtomicBool) -> usize {
        let mut taken = 0;
        for phone in phones.iter().cycle().take_while(|_| !stop.load(Ordering::Relaxed)) {
            let (lat, lon) = spread(random);
            let point =
                json!({"lat": lat, "lon": lon, "accuracy": 10, "time": SystemClock.now().as_millis()});
            let request = self.client.post(format!("{}/v1/positions", self.base_url)).bearer_auth(phone);
            let answer = request.json(&point).send().await;
            taken += usize::from(answer.is_ok_and(|answer| answer.status() == 200));
            pause(30).await;
        }
        taken
    }
}

/// The id in an answer.
#[must_use]
pub fn incident_id(answer: &Value) -> IncidentId {
    answer["id"].as_str().unwrap().parse().unwrap()
}

/// So many people on duty, around Östersund, as a CSV file.
#[must_use]
pub fn people(random: &Random, count: u32) -> String {
    let mut csv = "name,phone,competences,modes,home_lat,home_lon,vetting,vetted_until\n".to_owned();
    for n in 0..count {
        let (north, east) = spread(random);
        let _ =
            writeln!(csv, "Person {n},+9991000{n:04},cpr first_aid,car,{north},{east},approved,2099-12-31");
    }
    csv
}

/// A place within 11 km of Östersund.
#[must_use]
pub fn spread(random: &Random) -> (f64, f64) {
    random.with(|rng| (63.18 + rng.random_range(-0.1..0.1), 14.64 + rng.random_range(-0.2..0.2)))
}

/// The built-in policies, but people have only 20 s to answer; in a file of this directory.
#[must_use]
pub fn quick_policies(directory: &std::path::Path) -> std::path::PathBuf {
    let file = directory.join("policies.toml");
    let mut policies = include_str!("../../dispatcher/policies.toml").to_owned();
    for timeout in [90, 120, 180, 300] {
        policies = policies.replace(&format!("wave_timeout_s = {timeout}\n"), "wave_timeout_s = 20\n");
    }
    std::fs::write(&file, policies).unwrap();
    file
}

/// Waits.
pub async fn pause(milliseconds: u64) {
    SystemClock.sleep_until(SystemClock.now() + Duration::from_millis(milliseconds)).await;
}

/// Looks again and again until `holds`; how many seconds that took, or nothing when it was not within `limit`.
pub async fn in_time(limit: Duration, holds: impl AsyncFn() -> bool) -> Option<f64> {
    let began = SystemClock.now();
    while !holds().await {
        if SystemClock.now().since(began) >= limit {
            return None;
        }
        pause(50).await;
    }
    Some(SystemClock.now().since(began).as_secs_f64())
}
