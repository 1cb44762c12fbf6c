//! The token that says who we are: made again every 40 minutes. Apple refuses those older than an hour, and refuses us
//! when we make new ones more often than every 20 minutes.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use certus_registry::Timestamp;
use reqwest::header::HeaderValue;
use serde_json::json;

use super::{ApnsKey, ApnsSettings};

/// When a token is made again.
const USED: Duration = Duration::from_mins(40);
/// A token that is refused is made again when it is at least so old.
const REPLACED_AFTER: Duration = Duration::from_mins(20);

/// A token with the time it was made at.
#[derive(Clone)]
pub(super) struct ProviderToken {
    pub(super) header: HeaderValue,
    made_at: Timestamp,
}

/// Makes tokens and keeps the latest.
pub(super) struct ProviderTokens {
    key: ApnsKey,
    key_id: String,
    team_id: String,
    latest: Mutex<Option<ProviderToken>>,
}

impl ProviderTokens {
    pub(super) fn new(settings: &ApnsSettings, key: ApnsKey) -> Self {
        let (key_id, team_id) = (settings.key_id.clone(), settings.team_id.clone());
        Self { key, key_id, team_id, latest: Mutex::default() }
    }

    /// The token to use now.
    pub(super) fn token(&self, now: Timestamp) -> ProviderToken {
        self.not_older_than(USED, now)
    }

    /// Another token in place of one that was refused for its age; `None` when that was too young to be replaced.
    pub(super) fn instead_of(&self, refused: &ProviderToken, now: Timestamp) -> Option<ProviderToken> {
        let token = self.not_older_than(REPLACED_AFTER, now);
        Some(token).filter(|token| token.header != refused.header)
    }

    fn not_older_than(&self, age: Duration, now: Timestamp) -> ProviderToken {
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        match &*latest {
            // When the clock goes back, the token stays: Apple counts how often we make one, not by our clock.
            Some(token) if now.since(token.made_at) < age => token.clone(),
            Some(_) | None => latest.insert(self.make(now)).clone(),
        }
    }

    fn make(&self, now: Timestamp) -> ProviderToken {
        let claims = json!({"iss": self.team_id, "iat": now.as_millis() / 1_000});
        let token = self.key.0.sign(&json!({"alg": "ES256", "kid": self.key_id}), &claims);
        let header = HeaderValue::try_from(format!("bearer {token}"));
        let mut header = header.expect("base64url and dots may stand in a header");
        header.set_sensitive(true);
        ProviderToken { header, made_at: now }
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use certus_registry::Random;

    use super::*;
    use crate::push::es256::Es256Key;

    const NOW: Timestamp = Timestamp::from_millis(1_795_400_000_000);

    #[test]
    fn a_token_is_made_again_between_20_and_60_minutes_and_never_sooner() {
        let tokens = tokens();
        let at = |minutes| NOW + Duration::from_mins(minutes);
        let first = tokens.token(NOW);
        assert_eq!(tokens.token(at(39)).header, first.header);
        assert!(tokens.instead_of(&first, at(19)).is_none());
        let second = tokens.token(at(40));
        assert_ne!(second.header, first.header);
        assert_eq!(tokens.instead_of(&first, at(41)).unwrap().header, second.header);
        let third = tokens.instead_of(&second, at(60)).unwrap();
        assert_ne!(third.header, second.header);
        assert_eq!(tokens.token(at(50)).header, third.header, "the clock went back");
    }

    fn tokens() -> ProviderTokens {
        let settings = ApnsSettings {
            key_file: PathBuf::new(),
            key_id: "ABC123DEFG".to_owned(),
            team_id: "DEF123GHIJ".to_owned(),
            bundle_id: "se.example.certus".to_owned(),
            critical_alerts: false,
            base_url: String::new(),
        };
        ProviderTokens::new(&settings, ApnsKey(Es256Key::generate(&Random::from_seed(1))))
    }
}
