//! Kannel's side: its bearerbox and smsbox as Debian builds them, fed over HTTP.

use std::time::Duration;

use anyhow::ensure;
use futures::{StreamExt as _, TryStreamExt as _};
use reqwest::StatusCode;

use super::centre::Centre;
use super::memory::Memory;
use super::{FROM, Text, VALID, WINDOW, watch};
use crate::bench::now;
use crate::kannel::Kannel;

/// Requests at once: as many as our worker has messages in flight.
const REQUESTS: usize = 32;

/// A running Kannel and its centre.
pub(super) struct Kannels {
    kannel: Kannel,
    centre: Centre,
    client: reqwest::Client,
}

impl Kannels {
    pub(super) async fn start() -> anyhow::Result<Self> {
        let centre = Centre::start().await?;
        let mut kannel = Kannel::new();
        kannel.start_to(&operator(centre.port)).await;
        Ok(Self { kannel, centre, client: reqwest::Client::builder().no_proxy().build()? })
    }

    /// Sends one batch; when each message was answered by the centre.
    pub(super) async fn batch(&self, texts: &[Text], memory: &mut Memory) -> anyhow::Result<Vec<Duration>> {
        let (answered, began) = (self.centre.answered(), now());
        let counting =
            watch::until(texts.len(), began, memory, async || Ok(self.centre.answered() - answered));
        let feeding = futures::stream::iter(texts)
            .map(|text| self.request(text))
            .buffer_unordered(REQUESTS)
            .try_collect::<()>();
        let ((), spans) = futures::try_join!(feeding, counting)?;
        Ok(spans)
    }

    async fn request(&self, text: &Text) -> anyhow::Result<()> {
        let minutes = (VALID.as_secs() / 60).to_string();
        let query = [
            ("username", "certus"),
            ("password", "another-secret"),
            ("from", FROM),
            ("to", text.to.as_str()),
            ("text", &text.body),
            ("charset", "UTF-8"),
            ("coding", "0"),
            ("validity", &minutes),
        ];
        let answer = self.client.get(self.kannel.sendsms()).query(&query).send().await?;
        let status = answer.status();
        let said = answer.text().await?;
        ensure!(status == StatusCode::ACCEPTED, "Kannel answered {status}: {said}");
        Ok(())
    }
}

fn operator(port: u16) -> String {
    let lines = [
        "group = smsc",
        "smsc = smpp",
        "smsc-id = CENTRE",
        "host = 127.0.0.1",
        &format!("port = {port}"),
        "smsc-username = larm",
        "smsc-password = s3cret",
        "system-type = \"\"",
        "transceiver-mode = yes",
        &format!("max-pending-submits = {WINDOW}"),
        "",
    ];
    lines.join("\n")
}
