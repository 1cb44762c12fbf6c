//! Hands messages over as the settings describe it.

use std::fmt;

use futures::future::BoxFuture;
use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, Response};

use super::answer::Answer;
use super::{NAME, TemplateSettings};
use crate::{Accepted, Gateway, Outgoing, SendError, transport};

/// As much of an answer as is read, in bytes: an id and a reason take a few hundred.
const ANSWER_MAX: usize = 64 * 1024;

/// The gateway to the provider that the settings describe.
pub struct TemplateGateway {
    http: Client,
    settings: TemplateSettings,
}

impl TemplateGateway {
    /// A client for one provider.
    ///
    /// # Errors
    /// When no HTTP client can be made.
    pub fn new(settings: TemplateSettings) -> Result<Self, reqwest::Error> {
        Ok(Self { http: transport::client().build()?, settings })
    }

    async fn hand_over(&self, message: &Outgoing) -> Result<Accepted, SendError> {
        let receipt_url = self.settings.receipt_url(message.id);
        let filling = self.settings.filling(message, &receipt_url);
        let prepared = self.settings.request.prepare(&filling);
        let prepared = prepared.map_err(|flaw| SendError::Refused { reason: flaw.to_string() })?;
        let mut request = self.http.request(prepared.method, prepared.url);
        if let Some((kind, body)) = prepared.body {
            request = request.header(CONTENT_TYPE, kind).body(body);
        }
        // After the body, so that the settings' own Content-Type replaces ours.
        let answer = request.headers(prepared.headers).send().await;
        let answer = read(answer.map_err(|error| transport::failure(&error))?).await;
        self.settings.answer.judge(&answer, &message.id.to_string(), &message.body)
    }
}

/// Reads what there is, within bounds; the status counts even when the body breaks off.
async fn read(mut response: Response) -> Answer {
    let (body, whole) = transport::body(&mut response, ANSWER_MAX).await;
    Answer { status: response.status().as_u16(), body, whole }
}

impl Gateway for TemplateGateway {
    fn name(&self) -> &str {
        NAME
    }

    fn send<'a>(&'a self, message: &'a Outgoing) -> BoxFuture<'a, Result<Accepted, SendError>> {
        Box::pin(self.hand_over(message))
    }
}

impl fmt::Debug for TemplateGateway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TemplateGateway").field("settings", &self.settings).finish_non_exhaustive()
    }
}
