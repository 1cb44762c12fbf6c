//! The access token: fetched for an hour with a signed assertion (RFC 7523), kept until shortly before its end.

use std::sync::Arc;
use std::time::Duration;

use certus_registry::{Clock, Timestamp};
use jsonwebtoken::{Algorithm, Header, encode};
use reqwest::Client;
use reqwest::header::HeaderValue;
use serde::Deserialize;
use serde_json::json;
use tokio::sync::Mutex;

use super::ServiceAccount;
use crate::push::PushError;
use crate::push::http::{self, Answer, TOKEN_TIMEOUT};

/// All that a push needs of the account.
const SCOPE: &str = "https://www.googleapis.com/auth/firebase.messaging";
const GRANT: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
/// An assertion's life; Google allows no more.
const ASSERTION_LIFE: Duration = Duration::from_hours(1);
/// A token is not used in its last minutes (a short one in its second half): clocks differ, and requests take time.
const MARGIN: Duration = Duration::from_mins(5);
/// After a failure nobody asks again for so long: those who waited meanwhile go another way at once.
const PAUSE: Duration = Duration::from_secs(5);
/// A token refused by FCM is replaced when it is at least so old; a younger one is not what is wrong.
const REPLACED_AFTER: Duration = Duration::from_mins(1);

/// A token with its times.
#[derive(Clone)]
pub(super) struct AccessToken {
    pub(super) header: HeaderValue,
    fetched_at: Timestamp,
    usable_until: Timestamp,
}

/// What the last attempt to have a token came to.
enum State {
    None,
    Kept(AccessToken),
    Failed { at: Timestamp, error: PushError },
}

/// Fetches tokens, one request at a time.
pub(super) struct Tokens {
    http: Client,
    clock: Arc<dyn Clock>,
    account: ServiceAccount,
    state: Mutex<State>,
}

#[derive(Deserialize)]
struct Granted {
    access_token: String,
    #[serde(default = "an_hour")]
    expires_in: u32,
}

fn an_hour() -> u32 {
    3_600
}

impl Tokens {
    pub(super) fn new(http: Client, clock: Arc<dyn Clock>, account: ServiceAccount) -> Self {
        Self { http, clock, account, state: Mutex::new(State::None) }
    }

    /// A token that is still good.
    pub(super) async fn token(&self) -> Result<AccessToken, PushError> {
        let mut state = self.state.lock().await;
        let now = self.clock.now();
        match &*state {
            State::Kept(token) if token.fetched_at <= now && now < token.usable_until => Ok(token.clone()),
            State::Failed { at, error } if *at <= now && now.since(*at) < PAUSE => Err(error.clone()),
            State::None | State::Kept(_) | State::Failed { .. } => {
                let fetched = self.fetch(now).await;
                *state = match &fetched {
                    Ok(token) => State::Kept(token.clone()),
                    Err(error) => State::Failed { at: self.clock.now(), error: error.clone() },
                };
                fetched
            }
        }
    }

    /// Another token in place of one that FCM refused; `None` when that one was fresh.
    pub(super) async fn instead_of(&self, refused: &AccessToken) -> Option<Result<AccessToken, PushError>> {
        if self.clock.now().since(refused.fetched_at) < REPLACED_AFTER {
            return None;
        }
        let mut state = self.state.lock().await;
        if matches!(&*state, State::Kept(kept) if kept.header == refused.header) {
            *state = State::None;
        }
        drop(state);
        Some(self.token().await)
    }

    /// Whatever goes wrong here, the push itself was certainly not sent.
    async fn fetch(&self, now: Timestamp) -> Result<AccessToken, PushError> {
        let form = [("grant_type", GRANT), ("assertion", &self.assertion(now)?)];
        let request = self.http.post(self.account.token_uri.clone()).timeout(TOKEN_TIMEOUT).form(&form);
        let temporary = |reason: &str| PushError::Temporary { reason: format!("token: {reason}") };
        let answer = Answer::read(request.send().await.map_err(|_| temporary("no answer"))?).await;
        let status = format!("HTTP {}", answer.status);
        match answer.status {
            200 => read(&answer, now).ok_or_else(|| temporary("an answer that could not be read")),
            429 | 500..=599 => match http::retry_after(&answer.headers, now) {
                Some(wait) => Err(PushError::RetryAfter { wait, reason: format!("token: {status}") }),
                None => Err(temporary(&status)),
            },
            408 => Err(temporary(&status)),
            _ => Err(PushError::KeyFault { reason: format!("token: {status}") }),
        }
    }

    fn assertion(&self, now: Timestamp) -> Result<String, PushError> {
        let seconds = |at: Timestamp| at.as_millis() / 1_000;
        let mut header = Header::new(Algorithm::RS256);
        header.kid = Some(self.account.key_id.clone());
        let claims = json!({
            "iss": self.account.email,
            "scope": SCOPE,
            "aud": self.account.audience,
            "iat": seconds(now),
            "exp": seconds(now + ASSERTION_LIFE),
        });
        let signed = encode(&header, &claims, &self.account.key);
        signed.map_err(|_| PushError::KeyFault { reason: "token: the key cannot sign".to_owned() })
    }
}

fn read(answer: &Answer, now: Timestamp) -> Option<AccessToken> {
    let granted: Granted = answer.json()?;
    let mut header = HeaderValue::try_from(format!("Bearer {}", granted.access_token)).ok()?;
    header.set_sensitive(true);
    let life = Duration::from_secs(granted.expires_in.into());
    Some(AccessToken {
        header,
        fetched_at: now,
        usable_until: now + life.saturating_sub(MARGIN.min(life / 2)),
    })
}
