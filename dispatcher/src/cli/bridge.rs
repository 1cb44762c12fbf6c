//! `certus bridge`: how the gateways do, and whether a message gets through.

use std::io::Write;
use std::time::Duration;

use certus_registry::store::reach;
use certus_registry::time::SystemClock;
use certus_registry::{Batch, Clock, Database, Language, Phone, Random, Timestamp};
use certus_sms_bridge::message::{Milestone, NewMessage, Urgency};
use certus_sms_bridge::outbox::{self, GatewayReport};
use certus_sms_bridge::{BridgeError, Channel, MessageId};
use clap::Subcommand;

use super::CliError;
use crate::channel_test::{self, ChannelTest, Findings};
use crate::text::text;

pub(super) const EXAMPLES: &str = "\
Examples:
  certus bridge status                     the last 24 hours, by gateway
  certus bridge status --hours 1
  certus bridge test +46701234567          through the running server; shows how far it comes
  certus bridge channel-test               what the latest tests of everybody's ways found, and whom nothing reaches
  certus bridge channel-test --begin       write to everybody now: a silent push, and a text that asks for an OK

A test is sent by the server (certus serve) that runs on the same database.";

/// How often the outbox is looked at while a test is on its way.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// What to do with the bridge.
#[derive(Debug, Subcommand)]
pub(super) enum Bridge {
    /// Show how many messages of each gateway stand at each milestone, and what waits
    Status {
        /// How far back
        #[arg(long, default_value_t = 24, value_parser = clap::value_parser!(u64).range(1..=8_784))]
        hours: u64,
    },
    /// Send one message and show how far it comes
    Test {
        /// To whom, as +46701234567
        to: Phone,
        /// How long to wait for the delivery report, in seconds
        #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=3_600))]
        wait: u64,
        /// The language of its words
        #[arg(long, default_value = "sv")]
        language: Language,
    },
    /// Show what the latest tests of the ways to everybody found, or begin one
    ChannelTest {
        /// Begin one now, besides those of the configuration's `[channel_test]`
        #[arg(long)]
        begin: bool,
        /// How long people have to answer, in hours
        #[arg(long, default_value_t = 72, value_parser = clap::value_parser!(u64).range(1..=240), requires = "begin")]
        answer_h: u64,
    },
}

impl Bridge {
    pub(super) async fn run(self, db: &Database) -> Result<(), CliError> {
        match self {
            Self::Status { hours } => status(db, Duration::from_hours(hours)).await,
            Self::Test { to, wait, language } => test(db, to, Duration::from_secs(wait), language).await,
            Self::ChannelTest { begin: true, answer_h } => {
                begin(db, SystemClock.now(), Duration::from_hours(answer_h)).await
            }
            Self::ChannelTest { begin: false, .. } => channel_tests(db).await,
        }
    }
}

async fn status(db: &Database, span: Duration) -> Result<(), CliError> {
    let now = SystemClock.now();
    let reports = outbox::by_gateway(db, now - span, now).await?;
    let mut out = std::io::stdout().lock();
    write!(out, "{:<12}{:<9}", "gateway", "channel")?;
    for milestone in Milestone::ALL {
        write!(out, "{:>12}", milestone.as_str())?;
    }
    writeln!(out, "{:>10}{:>10}{:>16}", "failed", "cost", "oldest unsent")?;
    for report in reports {
        line(&mut out, &report, now)?;
    }
    Ok(())
}

/// Lets the running server write to everybody.
async fn begin(db: &Database, now: Timestamp, answer: Duration) -> Result<(), CliError> {
    let mut tx = db.begin().await?;
    if !channel_test::begin(&mut tx, now, &now.to_string(), answer).await? {
        return Err(CliError::TestIsOn);
    }
    Ok(tx.commit().await?)
}

async fn channel_tests(db: &Database) -> Result<(), CliError> {
    let (tests, unreachable) = (
        channel_test::latest(db, channel_test::LISTED).await?,
        reach::unreachable(db, certus_registry::Remit::All).await?,
    );
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "{:<26}{:<10}{:>10}{:>11}{:>13}",
        "test", "stands", "answered", "delivered", "unreachable"
    )?;
    for ChannelTest { name, phase, found, .. } in tests {
        let Findings { answered, delivered, unreachable } = found;
        writeln!(out, "{name:<26}{:<10}{answered:>10}{delivered:>11}{unreachable:>13}", phase.as_str())?;
    }
    for (who, since) in unreachable {
        writeln!(out, "nothing reaches {who} since {since}")?;
    }
    Ok(())
}

fn line(out: &mut impl Write, report: &GatewayReport, now: Timestamp) -> std::io::Result<()> {
    write!(out, "{:<12}{:<9}", report.gateway.as_deref().unwrap_or("-"), report.channel.as_str())?;
    for milestone in Milestone::ALL {
        write!(out, "{:>12}", report.count(milestone))?;
    }
    let failed = report.failed().map_or("-".to_owned(), |share| format!("{:.1} %", share * 100.0));
    let cost = report.cost_in_currency().map_or("-".to_owned(), |cost| format!("{cost:.2}"));
    let unsent = report.oldest_unsent.map_or("-".to_owned(), |at| format!("{} s", now.since(at).as_secs()));
    writeln!(out, "{failed:>10}{cost:>10}{unsent:>16}")
}

/// Enqueues a message as anybody else does, and tells each milestone as it is reached.
async fn test(db: &Database, to: Phone, wait: Duration, language: Language) -> Result<(), CliError> {
    let (now, random) = (SystemClock.now(), Random::from_system());
    let reference = format!("test/{}", MessageId::new(now, &random));
    let message = NewMessage {
        reference: reference.clone(),
        to,
        channel: Channel::Sms,
        body: text(language, "sms-test", &[]),
        urgency: Urgency::Notice,
        due_at: now,
        valid_until: now + wait,
        otherwise: Vec::new(),
    };
    let (tx, mut batch) = (db.begin().await?, Batch::default());
    outbox::enqueue(&mut batch, &tx.sealer(), now, &random, &[message])?;
    batch.commit(tx).await?;
    let mut told = 0;
    loop {
        let passed = outbox::history(db, &reference).await?;
        for (_, milestone, at) in &passed[told..] {
            writeln!(std::io::stdout().lock(), "{:>5.1} s  {milestone}", at.since(now).as_secs_f64())?;
        }
        told = passed.len();
        let reached = passed.last().map_or(Milestone::Stored, |(_, milestone, _)| *milestone);
        if reached == Milestone::Delivered {
            return Ok(());
        }
        if reached.is_final() || SystemClock.now().since(now) >= wait {
            return verdict(reached, wait);
        }
        SystemClock.sleep_until(SystemClock.now() + LOOK_EVERY).await;
    }
}

/// What to say of a test that has not been delivered.
fn verdict(reached: Milestone, wait: Duration) -> Result<(), CliError> {
    let seconds = wait.as_secs();
    let why = match reached {
        Milestone::Stored => {
            format!(
                "no server took it within {seconds} s; does certus serve run on this database, and has it a gateway that works?"
            )
        }
        Milestone::Transmitted => format!("the gateway has not answered within {seconds} s"),
        Milestone::Accepted => format!("the gateway took it, and no delivery report came within {seconds} s"),
        Milestone::Expired => "no gateway took it in time".to_owned(),
        Milestone::Errored => {
            "no gateway took it, or it could not be delivered; the server's log says why".to_owned()
        }
        Milestone::Unknown => "nobody can tell whether it arrived".to_owned(),
        Milestone::Delivered | Milestone::Cancelled => return Ok(()),
    };
    Err(CliError::NotDelivered(why))
}

impl From<BridgeError> for CliError {
    fn from(error: BridgeError) -> Self {
        Self::Bridge(error)
    }
}
