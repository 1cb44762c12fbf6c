//! Text messages.

use std::sync::Arc;

use certus_registry::Clock;
use futures::future::BoxFuture;
use reqwest::Url;

use super::api::{self, Api};
use super::{Elks46Settings, NAME, SetupError};
use crate::{Accepted, Gateway, Outgoing, Reconciled, SendError};

/// 46elks publishes no limit; above its own it answers 429, which costs more time than waiting here.
const PER_SECOND: u32 = 10;

/// The gateway to 46elks.
#[derive(Debug)]
pub struct Elks46 {
    api: Api,
    receipts: Url,
}

impl Elks46 {
    /// A client for one account.
    ///
    /// # Errors
    /// [`SetupError`] when a URL in the settings is wrong.
    pub fn new(settings: Elks46Settings, clock: Arc<dyn Clock>) -> Result<Self, SetupError> {
        let receipts = api::webhook(&settings, "gateways/elks46/receipt")?;
        Ok(Self { api: Api::new(settings, clock, "sms", PER_SECOND)?, receipts })
    }

    /// What to enter as `sms_url` of the number at 46elks, so that replies reach us.
    ///
    /// # Errors
    /// [`SetupError::Url`] when `webhook_base` is wrong.
    pub fn inbound_url(settings: &Elks46Settings) -> Result<String, SetupError> {
        api::webhook(settings, "gateways/elks46/inbound").map(Into::into)
    }

    async fn post(&self, message: &Outgoing) -> Result<Accepted, SendError> {
        let receipts = api::about(&self.receipts, message.id);
        let form = [
            ("from", self.api.settings.from.as_str()),
            ("to", message.to.as_str()),
            ("message", &message.body),
            ("dontlog", "message"),
            ("whendelivered", receipts.as_str()),
        ];
        self.api.create(&form).await
    }

    /// A message to our own number that is priced and not sent: the account, its right to the number and its money.
    async fn dry_run(&self) -> Result<(), SendError> {
        let from = self.api.settings.from.as_str();
        let form = [("from", from), ("to", from), ("message", "Certus"), ("dryrun", "yes")];
        self.api.try_out(&form).await
    }
}

impl Gateway for Elks46 {
    fn name(&self) -> &str {
        NAME
    }

    fn check(&self) -> BoxFuture<'_, Result<(), SendError>> {
        Box::pin(self.dry_run())
    }

    fn send<'a>(&'a self, message: &'a Outgoing) -> BoxFuture<'a, Result<Accepted, SendError>> {
        Box::pin(self.post(message))
    }

    fn reconcile<'a>(&'a self, message: &'a Outgoing) -> BoxFuture<'a, Reconciled> {
        Box::pin(self.api.look_up(message))
    }
}
