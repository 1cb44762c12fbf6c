//! Fetches a calendar: bounded in time and size, and from nowhere that is not public.

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use reqwest::Client;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::{Attempt, Policy};

use super::address::{Address, Origin, is_public};
use crate::calendar::read::{BYTES_MAX, Refused};

/// How long all of it may take.
const ANSWER_MAX: Duration = Duration::from_secs(20);
/// So often a calendar may be elsewhere.
const REDIRECTS_MAX: usize = 3;

/// Why a calendar brought nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// No such name, nobody there, no answer in time, or the connection was not safe.
    Unreachable,
    /// It said that there is nothing, or nothing for us.
    NotThere,
    /// What came was not read.
    Refused(Refused),
    /// There is no room for more exceptions.
    NoRoom,
}

impl Failure {
    /// The word for it in the database, and the second half of its key in the Fluent files.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::NotThere => "not-there",
            Self::Refused(why) => why.as_str(),
            Self::NoRoom => "no-room",
        }
    }
}

/// Fetches calendars.
#[derive(Debug)]
pub struct Fetcher {
    trusted: Vec<Origin>,
    /// For names of the internet, and for the organisation's own; made when they are needed first.
    clients: OnceLock<[Client; 2]>,
}

impl Fetcher {
    /// One that may go to public addresses, and to these.
    #[must_use]
    pub fn new(trusted: Vec<Origin>) -> Self {
        Self { trusted, clients: OnceLock::new() }
    }

    /// Addresses besides public ones that may be fetched.
    #[must_use]
    pub fn trusted(&self) -> &[Origin] {
        &self.trusted
    }

    /// What is at an address, unread.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn fetch(&self, address: &Address) -> Result<Vec<u8>, Failure> {
        let [public, own] = self.clients()?;
        let client = if address.is_among(&self.trusted) { own } else { public };
        let sent = client.get(address.url().clone()).send().await;
        let mut answer = sent.map_err(|_| Failure::Unreachable)?;
        if !answer.status().is_success() {
            return Err(Failure::NotThere);
        }
        let mut bytes = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|_| Failure::Unreachable)? {
            if bytes.len() + chunk.len() > BYTES_MAX {
                return Err(Failure::Refused(Refused::TooLarge));
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes)
    }

    fn clients(&self) -> Result<&[Client; 2], Failure> {
        if let Some(clients) = self.clients.get() {
            return Ok(clients);
        }
        let made = clients().map_err(|error| {
            tracing::error!(%error, "no calendar can be fetched: the system's certificates were not read");
            Failure::Unreachable
        })?;
        Ok(self.clients.get_or_init(|| made))
    }
}

fn clients() -> Result<[Client; 2], reqwest::Error> {
    // A proxy would look up names by itself.
    let client = || Client::builder().timeout(ANSWER_MAX).user_agent("Certus").no_proxy();
    let public = client().dns_resolver(Arc::new(Public)).redirect(Policy::custom(redirected)).build()?;
    Ok([public, client().redirect(Policy::none()).build()?])
}

/// Whoever sends us elsewhere is held to the same.
fn redirected(attempt: Attempt<'_>) -> reqwest::redirect::Action {
    let allowed = Address::parse(attempt.url().as_str(), &[]).is_ok();
    if allowed && attempt.previous().len() <= REDIRECTS_MAX { attempt.follow() } else { attempt.stop() }
}

/// Looks up names, and knows public addresses only: a name may lead anywhere.
struct Public;

impl Resolve for Public {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let public: Vec<SocketAddr> = found.filter(|address| is_public(address.ip())).collect();
            Ok(Box::new(public.into_iter()) as Addrs)
        })
    }
}
