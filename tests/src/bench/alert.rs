//! From `POST /v1/incidents` to the first message leaving for the gateway.
//!
//! The span begins when the client sends its request and ends when `Gateway::send` is called first: HTTP over
//! loopback, the search among all volunteers, the commit of the incident with its messages, and the claim that is
//! committed before anything is sent. The server runs in this process, on listeners and a runtime of its own; the
//! gateway is in it too, so that no provider's time is counted. Databases keep their durable settings.

use std::fs::File;
use std::io::Write as _;
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use certus_registry::time::SystemClock;
use certus_registry::{Clock as _, Random};
use clap::Args;
use serde_json::{Value, json};

use super::figures::{self, Aim, Bound, Series};
use super::gateway::Recorder;
use super::system::{self, System, WAVE};
use super::{now, people, progress};
use crate::databases;

/// Before each other measurement: whatever the one before left to be recorded is over by then.
const PAUSE: Duration = Duration::from_millis(20);
/// Before each alarm: minutes lie between two of a county, so the outbox has had its quiet moment.
const QUIET: Duration = Duration::from_millis(200);
/// Rounds that are not counted: caches fill, connections open.
const WARM_UP: u32 = 20;
/// The same places in every run.
const SEED: u64 = 3;
/// Written and synced for the floor under every commit, bytes: one page.
const PAGE: [u8; 4096] = [7; 4096];
/// On a quiet machine.
const AIMS: [Aim; 2] = [
    Aim { figure: "sqlite_alert_p50_ms", bound: Bound::AtMost(1.5) },
    Aim { figure: "sqlite_alert_p99_ms", bound: Bound::AtMost(5.0) },
];

/// How much is measured.
#[derive(Debug, Args)]
pub struct Settings {
    /// Incidents for each database
    #[arg(long, default_value_t = 300, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    incidents: u32,
    /// People in the registry, all with a home and a position
    #[arg(long, default_value_t = 2_000, value_parser = clap::value_parser!(u32).range(200..=100_000))]
    volunteers: u32,
}

/// One thing that is measured.
struct Subject {
    system: System,
    /// Until the first message has left.
    alert: Series,
    /// Until the operator has the answer.
    answer: Series,
    _database: databases::Fresh,
}

/// Measures, and prints a table and a line of JSON.
///
/// # Errors
/// When something other than speed is wrong.
pub fn run(settings: &Settings) -> anyhow::Result<()> {
    let client_side = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut subjects = vec![client_side.block_on(sqlite(settings))?];
    if std::env::var_os("CERTUS_TEST_POSTGRES").is_some() {
        subjects.push(client_side.block_on(postgres(settings))?);
    } else {
        progress("CERTUS_TEST_POSTGRES names no server: SQLite only");
    }
    let floor_side = tokio::runtime::Runtime::new()?;
    let gateway = Recorder::new();
    let floor_url = floor_side.block_on(system::floor(Arc::clone(&gateway)))?;
    let floors = client_side.block_on(measure(settings, &mut subjects, &floor_url, &gateway))?;
    let mut all = Vec::from(floors);
    for subject in subjects {
        subject.system.stop()?;
        all.extend([subject.alert, subject.answer]);
    }
    let mut out = std::io::stdout().lock();
    writeln!(out, "{}{}", figures::table(&all), figures::line("alert", &all, &[], &AIMS))?;
    Ok(())
}

async fn sqlite(settings: &Settings) -> anyhow::Result<Subject> {
    subject(databases::sqlite().await, settings, ["sqlite_alert", "sqlite_answer"])
}

async fn postgres(settings: &Settings) -> anyhow::Result<Subject> {
    subject(databases::postgres().await, settings, ["postgres_alert", "postgres_answer"])
}

fn subject(
    database: databases::Fresh,
    settings: &Settings,
    names: [&'static str; 2],
) -> anyhow::Result<Subject> {
    progress(&format!("{}: {} volunteers", database.name, settings.volunteers));
    let url = database.url.clone();
    let volunteers = settings.volunteers;
    let started = std::thread::spawn(move || System::start(&url, volunteers)).join();
    let system = started.map_err(|_| anyhow::anyhow!("the server panicked while it started"))??;
    let [alert, answer] = names.map(Series::new);
    Ok(Subject { system, alert, answer, _database: database })
}

/// One of each, round by round, so that all see the same machine.
async fn measure(
    settings: &Settings,
    subjects: &mut [Subject],
    floor_url: &str,
    gateway: &Recorder,
) -> anyhow::Result<[Series; 2]> {
    let (client, random) = (reqwest::Client::builder().build()?, Random::from_seed(SEED));
    let page = tempfile::tempfile().context("a writable temporary directory")?;
    page.write_all_at(&PAGE, 0)?;
    page.sync_all()?;
    let (mut floor, mut synced) = (Series::new("floor"), Series::new("fdatasync_4kb"));
    for round in 0..WARM_UP + settings.incidents {
        let (counted, incident) = (round >= WARM_UP, incident(&random));
        if round.is_multiple_of(50) {
            progress(&format!("round {round} of {}", WARM_UP + settings.incidents));
        }
        let spans = [
            (&mut floor, floor_once(&client, floor_url, gateway, &incident).await?),
            (&mut synced, sync_once(&page)?),
        ];
        for (series, span) in spans.into_iter().filter(|_| counted) {
            series.push(span);
        }
        for subject in &mut *subjects {
            let (alert, answer) = incident_once(&client, &subject.system, &incident).await?;
            if counted {
                subject.alert.push(alert);
                subject.answer.push(answer);
            }
        }
    }
    Ok([floor, synced])
}

async fn floor_once(
    client: &reqwest::Client,
    url: &str,
    gateway: &Recorder,
    incident: &Value,
) -> anyhow::Result<Duration> {
    pause(PAUSE).await;
    gateway.reset();
    let request = client.post(format!("{url}/v1/incidents")).json(incident).build()?;
    let began = now();
    let answer = client.execute(request).await?;
    let first = gateway.wait_for(1).await?;
    ensure!(answer.status() == 201, "the floor answered {}", answer.status());
    answer.bytes().await?;
    Ok(first.duration_since(began))
}

fn sync_once(page: &File) -> anyhow::Result<Duration> {
    let began = now();
    page.write_all_at(&PAGE, 0)?;
    page.sync_data()?;
    Ok(now().duration_since(began))
}

/// Raises an incident, then closes it and waits until everybody has been called off. Gives the time to the first
/// message and to the answer.
async fn incident_once(
    client: &reqwest::Client,
    system: &System,
    incident: &Value,
) -> anyhow::Result<(Duration, Duration)> {
    pause(QUIET).await;
    let url = format!("{}/v1/incidents", system.url);
    system.gateway.reset();
    let request = client.post(&url).bearer_auth(&system.key).json(incident).build()?;
    let began = now();
    let answer = client.execute(request).await?;
    let answered = now();
    ensure!(answer.status() == 201, "the incident was refused: {}", answer.text().await?);
    let raised: Value = answer.json().await?;
    let first = system.gateway.wait_for(WAVE).await?;
    pause(PAUSE).await; // what was accepted is recorded: people are called off, not withdrawn
    let id = raised["id"].as_str().context("an incident has an id")?;
    let closed = client.post(format!("{url}/{id}/close")).bearer_auth(&system.key).send().await?;
    ensure!(closed.status() == 200, "the incident did not close: {}", closed.text().await?);
    closed.bytes().await?;
    system.gateway.wait_for(2 * WAVE).await?;
    Ok((first.duration_since(began), answered.duration_since(began)))
}

/// Somewhere else each time: the same people are not called out hundreds of times a day.
fn incident(random: &Random) -> Value {
    let (lat, lon) = people::place(random);
    let place = json!({"lat": lat, "lon": lon, "name": "Östersund", "detail": "Storgatan 1, port B"});
    json!({"event_type": "cardiac_arrest", "place": place})
}

async fn pause(span: Duration) {
    SystemClock.sleep_until(SystemClock.now() + span).await;
}
