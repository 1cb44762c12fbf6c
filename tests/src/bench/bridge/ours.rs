//! Our side: a real outbox, its worker and the SMPP gateway, as a node runs them.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use certus_registry::time::SystemClock;
use certus_registry::{Batch, Clock as _, Random, on};
use certus_sms_bridge::smpp::{Smpp, SmppSettings};
use certus_sms_bridge::{Channel, NewMessage, Urgency, WorkerSettings};
use serde_json::json;

use super::centre::Centre;
use super::memory::Memory;
use super::{FROM, Text, VALID, WINDOW, watch};
use crate::bench::now;
use crate::databases::Fresh;
use crate::line::Line;
use crate::load::in_time;

/// Messages in one transaction: the first waves of a large alarm.
const TRANSACTION: usize = 100;
/// The most that the gateway can be told: no limit of its own.
const PER_SECOND: u32 = 10_000;
/// From the start to the session.
const BIND_LIMIT: Duration = Duration::from_secs(10);

/// A running bridge and its centre.
pub(super) struct Ours {
    line: Line,
    centre: Centre,
    random: Random,
    _database: Fresh,
}

impl Ours {
    pub(super) async fn start(database: Fresh) -> anyhow::Result<Self> {
        let centre = Centre::start().await?;
        let settings: SmppSettings = serde_json::from_value(json!({
            "url": format!("smpp://127.0.0.1:{}", centre.port), "system_id": "larm", "password": "s3cret",
            "from": FROM, "per_second": PER_SECOND, "window": WINDOW,
        }))?;
        let smpp = Arc::new(Smpp::new(settings, Arc::new(SystemClock), Random::from_system())?);
        let line = Line::with(database.db.clone(), Arc::clone(&smpp) as _, WorkerSettings::default());
        let bound = in_time(BIND_LIMIT, async || smpp.is_bound()).await;
        bound.context("the centre was never bound")?;
        Ok(Self { line, centre, random: Random::from_system(), _database: database })
    }

    /// Sends one batch; when each message was recorded as accepted.
    pub(super) async fn batch(&self, texts: &[Text], memory: &mut Memory) -> anyhow::Result<Vec<Duration>> {
        let (answered, began) = (self.centre.answered(), now());
        let counting = watch::until(texts.len(), began, memory, || self.accepted());
        let ((), spans) = futures::try_join!(self.enqueue(texts), counting)?;
        let came = self.centre.answered() - answered;
        ensure!(came == texts.len(), "{came} submissions for {} messages", texts.len());
        self.empty().await?;
        Ok(spans)
    }

    /// Ends as a node does.
    pub(super) async fn stop(self) {
        self.line.stop().await.close().await;
    }

    async fn enqueue(&self, texts: &[Text]) -> anyhow::Result<()> {
        for some in texts.chunks(TRANSACTION) {
            let now = SystemClock.now();
            let message = |text: &Text| NewMessage {
                reference: "bench".to_owned(),
                to: text.to.clone(),
                channel: Channel::Sms,
                body: text.body.clone(),
                urgency: Urgency::Alarm,
                due_at: now,
                valid_until: now + VALID,
                otherwise: Vec::new(),
            };
            let messages: Vec<NewMessage> = some.iter().map(message).collect();
            let (tx, mut batch) = (self.line.db.begin().await?, Batch::default());
            let posted = self.line.handle.enqueue(&mut batch, &tx.medium(), now, &self.random, &messages)?;
            ensure!(batch.commit(tx).await?, "messages were not stored");
            posted.committed();
        }
        Ok(())
    }

    /// By the index that the worker uses: lane 2 are those that were accepted and wait for a receipt.
    async fn accepted(&self) -> anyhow::Result<usize> {
        const SQL: &str = "SELECT COUNT(*) FROM bridge_messages WHERE lane = 2 AND wake_at IS NOT NULL";
        let count: i64 = on!(self.line.db, c => sqlx::query_scalar(SQL).fetch_one(c).await)?;
        Ok(usize::try_from(count)?)
    }

    /// Every batch begins with an empty outbox, so that SQLite's pages in memory (64 MiB at most for a connection) are no
    /// growth of ours.
    async fn empty(&self) -> anyhow::Result<()> {
        let mut tx = self.line.db.begin().await?;
        on!(tx, c => sqlx::query("DELETE FROM bridge_messages").execute(c).await.map(drop))?;
        tx.commit().await?;
        self.line.db.checkpoint().await?;
        Ok(())
    }
}
