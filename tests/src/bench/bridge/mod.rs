//! From the outbox to the message centre's answer recorded, beside the same batch through Kannel in the same run.
//!
//! Both get the same texts to the same numbers, ask for a window of ten, and speak SMPP to the same kind of centre in this
//! process. A message's span runs from the beginning of its batch: for us to the commit that makes it `accepted`, for
//! Kannel to the centre's answer. Ours is fed by transactions of a hundred messages on durable settings; Kannel by HTTP
//! through its smsbox, with its store on disk, which it writes but does not sync, and without receipts to keep books of.

mod centre;
mod kannels;
mod memory;
mod ours;
mod watch;

use std::io::Write as _;
use std::time::Duration;

use certus_registry::Phone;
use clap::Args;

use self::kannels::Kannels;
use self::memory::Memory;
use self::ours::Ours;
use super::figures::{self, Aim, Bound, Figure, Series};
use super::progress;
use crate::databases;
use crate::kannel::{Kannel, MISSING};

/// Submissions without an answer, for everybody: what operators allow, and our default.
const WINDOW: usize = 10;
/// Our own number.
const FROM: &str = "71700";
/// As long as a call-out is valid.
const VALID: Duration = Duration::from_mins(10);
/// The memory of a round of 10 000 messages, had they been kept, would be more than that, and the allocator alone moves by
/// a few.
const GROWTH_MAX_MIB: f64 = 8.0;
const AIMS: [Aim; 2] = [
    Aim { figure: "sqlite_to_kannel_ratio", bound: Bound::AtLeast(3.0) },
    Aim { figure: "rss_growth_mib", bound: Bound::AtMost(GROWTH_MAX_MIB) },
];

/// How much is measured.
#[derive(Debug, Args)]
pub struct Settings {
    /// Messages in a batch
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(100..=100_000))]
    messages: u32,
    /// Batches that are counted, after one that is not
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=100))]
    rounds: u32,
}

/// A text to somebody.
struct Text {
    to: Phone,
    body: String,
}

/// What came of one subject: every span, and how long its batches took together.
struct Outcome {
    series: Series,
    per_s: &'static str,
    messages: usize,
    took: Duration,
}

/// Whoever carries batches.
enum Subject {
    Ours(Ours),
    Kannel(Kannels),
    /// The centre alone, with nobody between it and its window.
    Floor,
}

/// Measures, and prints tables and a line of JSON.
///
/// # Errors
/// When something other than speed is wrong.
pub fn run(settings: &Settings) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Runtime::new()?;
    let (outcomes, memory) = runtime.block_on(measure(settings))?;
    let mut others: Vec<Figure> =
        outcomes.iter().map(|outcome| Figure::new(outcome.per_s, outcome.per_second())).collect();
    others.extend(ratios(&outcomes));
    others.extend(memory.figures());
    let all: Vec<Series> = outcomes.into_iter().map(|outcome| outcome.series).collect();
    let mut out = std::io::stdout().lock();
    let (table, list) = (figures::table(&all), figures::list(&others));
    writeln!(out, "{table}{list}{}", figures::line("bridge", &all, &others, &AIMS))?;
    Ok(())
}

/// One batch of each, round by round, so that all see the same machine; the first round is not counted.
async fn measure(settings: &Settings) -> anyhow::Result<(Vec<Outcome>, Memory)> {
    let texts = texts(settings.messages)?;
    let mut subjects = subjects().await?;
    let mut memory = Memory::default();
    for round in 0..=settings.rounds {
        memory.next_round();
        for (subject, outcome) in &mut subjects {
            let spans = match subject {
                Subject::Ours(ours) => ours.batch(&texts, &mut memory).await?,
                Subject::Kannel(kannel) => kannel.batch(&texts, &mut memory).await?,
                Subject::Floor => centre::floor(texts.len(), WINDOW, &mut memory).await?,
            };
            let took = spans.last().copied().unwrap_or_default();
            progress(&format!("round {round} of {}: {} took {took:.2?}", settings.rounds, outcome.per_s));
            if round > 0 {
                outcome.add(&spans);
            }
        }
    }
    let mut outcomes = Vec::new();
    for (subject, outcome) in subjects {
        if let Subject::Ours(ours) = subject {
            ours.stop().await;
        }
        outcomes.push(outcome);
    }
    Ok((outcomes, memory))
}

async fn subjects() -> anyhow::Result<Vec<(Subject, Outcome)>> {
    let ours = async |fresh| anyhow::Ok(Subject::Ours(Ours::start(fresh).await?));
    let sqlite = ours(databases::sqlite().await).await?;
    let mut subjects = vec![
        (Subject::Floor, Outcome::new("centre", "centre_per_s")),
        (sqlite, Outcome::new("sqlite", "sqlite_per_s")),
    ];
    if std::env::var_os("CERTUS_TEST_POSTGRES").is_some() {
        let postgres = ours(databases::postgres().await).await?;
        subjects.push((postgres, Outcome::new("postgres", "postgres_per_s")));
    } else {
        progress("CERTUS_TEST_POSTGRES names no server: SQLite only");
    }
    if Kannel::is_installed() {
        let kannel = Subject::Kannel(Kannels::start().await?);
        subjects.push((kannel, Outcome::new("kannel", "kannel_per_s")));
    } else {
        progress(&format!(
            "{MISSING}; without it there is nothing to compare with, and its aim counts as missed"
        ));
    }
    Ok(subjects)
}

/// One segment each, as a call-out is; everybody's number is their own.
fn texts(messages: u32) -> anyhow::Result<Vec<Text>> {
    let text = |number| {
        let body = format!(
            "LARM {number}: hjärtstopp, Storgatan 1, Östersund. Kan du komma? Svara JA eller NEJ. https://certus.example.se/k/{number:06}"
        );
        Ok(Text { to: format!("+4670{number:07}").parse()?, body })
    };
    (0..messages).map(text).collect()
}

fn ratios(outcomes: &[Outcome]) -> Vec<Figure> {
    let per_s = |name: &str| outcomes.iter().find(|outcome| outcome.per_s == name).map(Outcome::per_second);
    let Some(kannel) = per_s("kannel_per_s") else { return Vec::new() };
    let names = [("sqlite_per_s", "sqlite_to_kannel_ratio"), ("postgres_per_s", "postgres_to_kannel_ratio")];
    names.iter().filter_map(|(ours, ratio)| Some(Figure::new(*ratio, per_s(ours)? / kannel))).collect()
}

impl Outcome {
    fn new(series: &'static str, per_s: &'static str) -> Self {
        Self { series: Series::new(series), per_s, messages: 0, took: Duration::ZERO }
    }

    fn add(&mut self, spans: &[Duration]) {
        for span in spans {
            self.series.push(*span);
        }
        self.messages += spans.len();
        self.took += spans.last().copied().unwrap_or_default();
    }

    /// Messages a second over all batches.
    fn per_second(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "a count of messages, far below 2^52")]
        let messages = self.messages as f64;
        messages / self.took.as_secs_f64()
    }
}
