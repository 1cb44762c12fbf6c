//! The board's pages with 100 000 people: a file of them imported, then listed, narrowed and searched.
//!
//! A span begins when the client sends its request over loopback and ends with the last octet of the page, so that it holds all
//! of the server's time and the way to it. Beside each page, in the same run, the floor: the registry's own bare query for one
//! page of people, without HTTP, audit log or HTML.

use std::fmt::Write as _;
use std::io::Write as _;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use certus_registry::exchange::{Rows, Table, Terms, import};
use certus_registry::store::volunteer::{self, Filter};
use certus_registry::time::SystemClock;
use certus_registry::{Clock as _, CompetenceKind, Database, Random, Remit, Scope};
use clap::Args;
use rand::RngExt as _;

use super::figures::{self, Aim, Bound, Figure, Series};
use super::people::place;
use super::system::System;
use super::{now, progress};
use crate::databases;

/// Rounds that are not counted: caches fill.
const WARM_UP: u32 = 5;
/// People on one page.
const PAGE: u32 = 50;
/// The same people and questions in every run.
const SEED: u64 = 41;
/// Invented people draw from these; there are as many namesakes as so few names give.
const GIVEN: [&str; 8] = ["Anna", "Erik", "Märta", "Olof", "Ylva", "Göran", "Åke", "Signe"];
const FAMILY: [&str; 8] =
    ["Berg", "Fjällström", "Lindqvist", "Åslund", "Öberg", "Renström", "Kjellberg", "Tjärn"];
const AIMS: [Aim; 2] = [
    Aim { figure: "sqlite_pages_p95_ms", bound: Bound::AtMost(50.0) },
    Aim { figure: "postgres_pages_p95_ms", bound: Bound::AtMost(50.0) },
];

/// How much is measured.
#[derive(Debug, Args)]
pub struct Settings {
    /// People in the file
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u32).range(100..=200_000))]
    people: u32,
    /// How often each page is asked for
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    rounds: u32,
}

/// What an official asks for. Each is a kind of question; its words differ from round to round.
const QUESTIONS: [&str; 8] =
    ["list", "next_page", "name", "two_names", "number", "nobody", "competence", "vetting"];

/// Measures, and prints a table and a line of JSON.
///
/// # Errors
/// When something other than speed is wrong.
pub fn run(settings: &Settings) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let file = file(settings.people);
    let (mut series, mut others) = (Vec::new(), Vec::new());
    let mut databases = vec![runtime.block_on(databases::sqlite())];
    if std::env::var_os("CERTUS_TEST_POSTGRES").is_some() {
        databases.push(runtime.block_on(databases::postgres()));
    } else {
        progress("CERTUS_TEST_POSTGRES names no server: SQLite only");
    }
    for database in databases {
        progress(&format!("{}: {} people are imported", database.name, settings.people));
        let (began, url) = (now(), database.url.clone());
        let (text, scopes) = (file.clone(), vec![Scope::VolunteersRead]);
        let started = std::thread::spawn(move || {
            System::serving(&url, scopes, async |db| {
                stock(db, &text).await?;
                Ok(Vec::new())
            })
        });
        let system =
            started.join().map_err(|_| anyhow::anyhow!("the server panicked while it started"))??;
        others.push(Figure::new(
            format!("{}_import_and_start_s", database.name),
            now().duration_since(began).as_secs_f64(),
        ));
        series.extend(runtime.block_on(measure(settings, &database, &system))?);
        system.stop()?;
    }
    let mut out = std::io::stdout().lock();
    let percentiles =
        series.iter().map(|one| Figure::new(format!("{}_p95_ms", one.name()), one.quantile_ms(95)));
    others.extend(percentiles);
    writeln!(
        out,
        "{}{}{}",
        figures::table(&series),
        figures::list(&others),
        figures::line("registry", &series, &others, &AIMS)
    )?;
    Ok(())
}

/// A file as a county would bring it.
fn file(people: u32) -> String {
    let random = Random::from_seed(SEED);
    let mut text =
        "name,phone,birth_year,languages,competences,modes,home_lat,home_lon,vetting,vetted_until\n"
            .to_owned();
    for number in 0..people {
        let (lat, lon) = place(&random);
        let (given, family, year) = random.with(|rng| {
            (
                rng.random_range(0..GIVEN.len()),
                rng.random_range(0..FAMILY.len()),
                rng.random_range(1940..2008),
            )
        });
        let name = format!("{} {}{number}", GIVEN[given], FAMILY[family]);
        let competences = if number % 40 == 0 { "cpr firefighter" } else { "cpr:2027-05-01 first_aid" };
        let vetting = if number % 10 == 0 { "applied," } else { "approved,2027-05-01" };
        let _ = writeln!(
            text,
            "{name},{},{year},sv,{competences},car foot,{lat:.5},{lon:.5},{vetting}",
            phone(number)
        ); // writing to a String cannot fail
    }
    text
}

fn phone(number: u32) -> String {
    format!("+4670{:07}", 1_000_000 + number)
}

async fn stock(db: &Database, text: &str) -> anyhow::Result<()> {
    let table = Table::read(text.as_bytes())?;
    let random = Random::from_seed(SEED);
    let report = import(db, SystemClock.now(), &random, table, Terms::from(Rows::AllOrNothing)).await?;
    let rows = text.lines().count() - 1;
    ensure!(report.created == rows, "{} of {rows} rows were imported", report.created);
    Ok(())
}

async fn measure(
    settings: &Settings,
    database: &databases::Fresh,
    system: &System,
) -> anyhow::Result<Vec<Series>> {
    let client = reqwest::Client::builder().build()?;
    let random = Random::from_seed(SEED);
    let names = |what: &str| format!("{}_{what}", database.name);
    let (mut all, mut floor) = (Series::new(names("pages")), Series::new(names("floor")));
    let mut each = QUESTIONS.map(|question| Series::new(names(question)));
    for round in 0..WARM_UP + settings.rounds {
        if round.is_multiple_of(10) {
            progress(&format!("{}: round {round} of {}", database.name, WARM_UP + settings.rounds));
        }
        for (question, series) in QUESTIONS.iter().zip(&mut each) {
            let number = random.with(|rng| rng.random_range(0..settings.people));
            let query = asked(question, number, &database.db).await?;
            let took = page(&client, system, &query).await?;
            if round >= WARM_UP {
                series.push(took);
                all.push(took);
            }
        }
        let began = now();
        volunteer::search(&database.db, Remit::All, Filter::default(), None, PAGE).await?;
        if round >= WARM_UP {
            floor.push(now().duration_since(began));
        }
    }
    Ok([all, floor].into_iter().chain(each).collect())
}

/// The query of one question; `number` says about whom.
async fn asked(question: &str, number: u32, db: &Database) -> anyhow::Result<String> {
    let (given, family) = (GIVEN[number as usize % GIVEN.len()], FAMILY[number as usize / 8 % FAMILY.len()]);
    let query = match question {
        "list" => String::new(),
        "next_page" => {
            let before = volunteer::by_phone(db, Remit::All, &phone(number).parse()?).await?;
            format!("after={}", before.context("everybody was imported")?.id)
        }
        "name" => format!("q={family}{number}"),
        "two_names" => format!("q={given}+{}", family.chars().take(4).collect::<String>()),
        "number" => format!("q={}", phone(number).replace("+46", "0")),
        "nobody" => format!("q=Xerxes{number}"),
        "competence" => {
            let kind =
                if number.is_multiple_of(2) { CompetenceKind::Firefighter } else { CompetenceKind::Cpr };
            format!("competence={kind}")
        }
        "vetting" => {
            format!("vetting={}&q={given}", if number.is_multiple_of(2) { "applied" } else { "approved" })
        }
        other => anyhow::bail!("no question {other}"),
    };
    Ok(query)
}

/// How long the page took, whole.
async fn page(client: &reqwest::Client, system: &System, query: &str) -> anyhow::Result<Duration> {
    let request = client.get(format!("{}/people?{query}", system.url)).bearer_auth(&system.key).build()?;
    let began = now();
    let answer = client.execute(request).await?;
    let status = answer.status();
    let text = answer.text().await.context("the page")?;
    let took = now().duration_since(began);
    ensure!(status == 200 && text.contains("</html>"), "/people?{query} answered {status}: {text}");
    Ok(took)
}
