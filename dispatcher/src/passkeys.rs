//! Signing in with a passkey (`WebAuthn` level 3): a key that somebody's phone, computer or stick keeps, and shows the use of with
//! a finger, a face or a PIN. It needs no login: the key says whose it is, so that nobody can ask which logins there are.
//!
//! Challenges are kept in the database, so that another node may take the answer. Checking is `webauthn-rs`.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use certus_registry::account::Password;
use certus_registry::audit::{Action, Actor, Line};
use certus_registry::store::passkey::{self, StoredPasskey};
use certus_registry::store::{account, audit};
use certus_registry::{Account, RegistryError, Remit, Secret, SecretHash};
use serde::Serialize;
use serde::de::DeserializeOwned;
use webauthn_rs::prelude::{
    CreationChallengeResponse, DiscoverableAuthentication, Passkey, PasskeyRegistration, PublicKeyCredential,
    RegisterPublicKeyCredential, RequestChallengeResponse, Url,
};
use webauthn_rs::{Webauthn, WebauthnBuilder};
use webauthn_rs_proto::ResidentKeyRequirement;

use crate::api::App;
use crate::sign_in::{self, Browser, Fault, Refusal, SignedIn};

/// How long somebody may take over a challenge: the time a browser gives them.
pub const ANSWER_WITHIN: Duration = Duration::from_mins(5);
/// What a passkey may be called, letters.
const NAME_MAX: usize = 40;

/// The passkeys of one site.
#[derive(Debug)]
pub struct Passkeys(Webauthn);

/// Why something about a passkey did not go.
#[derive(Debug, thiserror::Error)]
pub enum PasskeyError {
    /// The password, before a passkey is added.
    #[error(transparent)]
    Password(#[from] Refusal),
    /// The answer is none to a challenge of ours, or not the right one.
    #[error("the passkey's answer is not right")]
    Wrong,
    /// Too many challenges are open, or the account has too many passkeys.
    #[error("there are too many")]
    TooMany,
    /// A passkey has a name.
    #[error("expected a name of 1 to {NAME_MAX} letters")]
    Name,
    /// It could not be found out.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl From<RegistryError> for PasskeyError {
    fn from(error: RegistryError) -> Self {
        Self::Fault(error.into())
    }
}

impl From<sqlx::Error> for PasskeyError {
    fn from(error: sqlx::Error) -> Self {
        Self::Fault(error.into())
    }
}

impl Passkeys {
    /// Those of the site at this address; nothing where browsers know none: they are tied to a name, and a bare IP address has
    /// none.
    #[must_use]
    pub fn at(public_url: &str) -> Option<Self> {
        let url = Url::parse(public_url).ok()?;
        let name = url.domain()?;
        WebauthnBuilder::new(name, &url).ok()?.rp_name("Certus").build().ok().map(Self)
    }

    /// A challenge for a new passkey of somebody who has typed their password once more, and what their browser keeps.
    ///
    /// # Errors
    /// [`PasskeyError`].
    pub async fn begin_adding(
        &self,
        app: &App,
        held: &Account,
        password: Password,
        browser: Browser,
    ) -> Result<(CreationChallengeResponse, Secret), PasskeyError> {
        sign_in::confirmed(app, held, password, browser).await?;
        let known = passkey::of_account(&app.db, held.id).await?;
        let known: Vec<Passkey> =
            known.iter().map(|known| read(&known.key)).collect::<Result<_, PasskeyError>>()?;
        let known = known.iter().map(|known| known.cred_id().clone()).collect();
        let (login, name) = (held.login.as_str(), held.name.as_str());
        let (mut challenge, state) = self
            .0
            .start_passkey_registration(held.id.uuid(), login, name, Some(known))
            .map_err(|_| PasskeyError::Wrong)?;
        // Kept by the authenticator itself, so that nobody need type a login.
        if let Some(selection) = &mut challenge.public_key.authenticator_selection {
            selection.resident_key = Some(ResidentKeyRequirement::Required);
            selection.require_resident_key = true;
        }
        Ok((challenge, remember(app, &state).await?))
    }

    /// Keeps the passkey that the browser has made.
    ///
    /// # Errors
    /// [`PasskeyError`].
    pub async fn add(
        &self,
        app: &App,
        held: &Account,
        (name, made): (&str, &RegisterPublicKeyCredential),
        browser: Option<SecretHash>,
    ) -> Result<(), PasskeyError> {
        let name = name.trim();
        if !(1..=NAME_MAX).contains(&name.chars().count()) {
            return Err(PasskeyError::Name);
        }
        let state: PasskeyRegistration = remembered(app, browser).await?;
        let key = self.0.finish_passkey_registration(made, &state).map_err(|_| PasskeyError::Wrong)?;
        let now = app.clock.now();
        let stored = StoredPasskey {
            id: id_of(&key),
            account: held.id,
            name: name.to_owned(),
            key: written(&key)?,
            created_at: now,
            used_at: None,
        };
        let mut tx = app.db.begin().await?;
        match passkey::add(&mut tx, &stored).await {
            Ok(true) => {}
            Ok(false) => return Err(PasskeyError::TooMany),
            Err(RegistryError::Taken { .. }) => return Err(PasskeyError::Wrong),
            Err(error) => return Err(error.into()),
        }
        audit::append(&mut tx, Line::new(now, Actor::Account(held.id), Action::PasskeyAdded, "")).await?;
        Ok(tx.commit().await?)
    }

    /// A challenge for whoever wants to sign in, and what their browser keeps.
    ///
    /// # Errors
    /// [`PasskeyError`].
    pub async fn begin_signing_in(
        &self,
        app: &App,
        browser: &Browser,
    ) -> Result<(RequestChallengeResponse, Secret), PasskeyError> {
        sign_in::may_try(app, browser)?;
        let (mut challenge, state) =
            self.0.start_discoverable_authentication().map_err(|_| PasskeyError::Wrong)?;
        challenge.mediation = None; // a button was pressed: the browser asks at once
        Ok((challenge, remember(app, &state).await?))
    }

    /// Signs somebody in by their passkey.
    ///
    /// # Errors
    /// [`PasskeyError`].
    pub async fn sign_in(
        &self,
        app: &App,
        shown: &PublicKeyCredential,
        (browser, challenged): (Browser, Option<SecretHash>),
    ) -> Result<SignedIn, PasskeyError> {
        sign_in::may_try(app, &browser)?;
        let state: DiscoverableAuthentication = remembered(app, challenged).await?;
        let Some((account, stored, key)) = self.checked(app, shown, state).await? else {
            sign_in::failed(app, &browser);
            return Err(PasskeyError::Wrong);
        };
        let now = app.clock.now();
        let mut tx = app.db.begin().await?;
        passkey::used(&mut tx, &stored.id, &stored.key, &key, now).await?;
        tx.commit().await?;
        Ok(sign_in::begin_known(app, account, browser.device, "passkey").await?)
    }

    /// Whose passkey this is, as it was kept and as it is to be; nothing when the answer is not right.
    async fn checked(
        &self,
        app: &App,
        shown: &PublicKeyCredential,
        state: DiscoverableAuthentication,
    ) -> Result<Option<(Account, StoredPasskey, String)>, PasskeyError> {
        let Some(stored) = passkey::get(&app.db, &URL_SAFE_NO_PAD.encode(shown.get_credential_id())).await?
        else {
            return Ok(None);
        };
        let names_its_holder =
            shown.get_user_unique_id().is_some_and(|holder| holder == stored.account.uuid().as_bytes());
        let mut key: Passkey = read(&stored.key)?;
        // A counter that goes backwards is refused: there is a copy of the key somewhere.
        let Ok(result) = self.0.finish_discoverable_authentication_v2(shown, state, &key) else {
            return Ok(None);
        };
        if result.needs_update() {
            key.update_credential(&result);
        }
        let account = account::get(&app.db, Remit::All, stored.account).await?;
        let open = account.filter(|account| account.disabled_at.is_none());
        let Some(account) = open.filter(|_| names_its_holder) else { return Ok(None) };
        let key = written(&key)?;
        Ok(Some((account, stored, key)))
    }
}

/// Takes a passkey away, which its holder does; `false` when there is none of this id.
///
/// # Errors
/// [`PasskeyError::Fault`].
pub async fn remove(app: &App, held: &Account, id: &str) -> Result<bool, PasskeyError> {
    let mut tx = app.db.begin().await?;
    if !passkey::remove(&mut tx, held.id, id).await? {
        return Ok(false);
    }
    let line = Line::new(app.clock.now(), Actor::Account(held.id), Action::PasskeyRemoved, "");
    audit::append(&mut tx, line).await?;
    tx.commit().await?;
    Ok(true)
}

async fn remember(app: &App, state: &impl Serialize) -> Result<Secret, PasskeyError> {
    let (now, browser) = (app.clock.now(), Secret::generate(&app.random));
    let mut tx = app.db.begin().await?;
    if !passkey::challenge(&mut tx, &browser.hash(), &written(state)?, now, now + ANSWER_WITHIN).await? {
        return Err(PasskeyError::TooMany);
    }
    tx.commit().await?;
    Ok(browser)
}

/// What was remembered for this browser; a challenge is answered once, and one of another kind is none.
async fn remembered<T: DeserializeOwned>(app: &App, browser: Option<SecretHash>) -> Result<T, PasskeyError> {
    let browser = browser.ok_or(PasskeyError::Wrong)?;
    let mut tx = app.db.begin().await?;
    let state = passkey::answered(&mut tx, &browser, app.clock.now()).await?;
    tx.commit().await?;
    state.and_then(|state| serde_json::from_str(&state).ok()).ok_or(PasskeyError::Wrong)
}

fn id_of(key: &Passkey) -> String {
    URL_SAFE_NO_PAD.encode(key.cred_id())
}

fn written(value: &impl Serialize) -> Result<String, PasskeyError> {
    serde_json::to_string(value).map_err(|_| PasskeyError::Wrong)
}

fn read(text: &str) -> Result<Passkey, PasskeyError> {
    serde_json::from_str(text).map_err(|_| PasskeyError::Wrong)
}

#[cfg(test)]
mod tests {
    use certus_registry::Role;
    use webauthn_authenticator_rs::AuthenticatorBackend as _;
    use webauthn_authenticator_rs::softpasskey::SoftPasskey;
    use webauthn_rs_proto::AllowCredentials;

    use super::*;
    use crate::api::fixture::{self, PASSWORD, browser};

    const SITE: &str = "http://localhost:8112";
    const PATIENCE_MS: u32 = 1_000;

    /// A site, and a key in somebody's hand. It keeps nothing but its secrets, so that tests remember whose it is.
    struct Desk {
        passkeys: Passkeys,
        site: Url,
        key: SoftPasskey,
    }

    impl Desk {
        fn new() -> Self {
            let passkeys = Passkeys::at(SITE).expect("a site with a name");
            Self { passkeys, site: Url::parse(SITE).unwrap(), key: SoftPasskey::new(true) }
        }

        async fn made(&mut self, app: &App, anna: &Account) -> (RegisterPublicKeyCredential, Secret) {
            let begun = self.passkeys.begin_adding(app, anna, Password::typed(PASSWORD), browser(None)).await;
            let (mut challenge, secret) = begun.unwrap();
            let selection = challenge.public_key.authenticator_selection.as_mut().unwrap();
            assert!(selection.require_resident_key);
            selection.require_resident_key = false; // which this key cannot do
            let made = self.key.perform_register(self.site.clone(), challenge.public_key, PATIENCE_MS);
            (made.unwrap(), secret)
        }

        /// Anna's key, added to her account.
        async fn added(&mut self, app: &App, anna: &Account) -> Vec<u8> {
            let (made, secret) = self.made(app, anna).await;
            let id = <[u8]>::to_vec(&made.raw_id);
            self.passkeys.add(app, anna, ("Phone", &made), Some(secret.hash())).await.unwrap();
            id
        }

        /// What the key answers that says that it is `holder`'s.
        async fn shown(
            &mut self,
            app: &App,
            id: &[u8],
            holder: &Account,
        ) -> (PublicKeyCredential, SecretHash) {
            let (challenge, secret) = self.passkeys.begin_signing_in(app, &browser(None)).await.unwrap();
            let mut options = challenge.public_key;
            assert!(options.allow_credentials.is_empty(), "nobody is told which keys there are");
            options.allow_credentials =
                vec![AllowCredentials { type_: "public-key".to_owned(), id: id.to_vec(), transports: None }];
            let mut shown = self.key.perform_auth(self.site.clone(), options, PATIENCE_MS).unwrap();
            shown.response.user_handle = Some(holder.id.uuid().as_bytes().to_vec());
            (shown, secret.hash())
        }

        async fn sign_in(
            &mut self,
            app: &App,
            id: &[u8],
            holder: &Account,
        ) -> Result<SignedIn, PasskeyError> {
            let (shown, challenge) = self.shown(app, id, holder).await;
            self.passkeys.sign_in(app, &shown, (browser(None), Some(challenge))).await
        }
    }

    #[tokio::test]
    async fn a_key_that_was_added_with_the_password_signs_its_holder_in_and_nobody_else() {
        let (app, _) = fixture::app().await;
        let (anna, berit) = (
            fixture::account(&app, "anna", &[Role::Operator]).await.0,
            fixture::account(&app, "berit", &[Role::Board]).await.0,
        );
        let mut desk = Desk::new();
        let wrong = desk.passkeys.begin_adding(&app, &anna, Password::typed("guess"), browser(None)).await;
        assert!(matches!(wrong, Err(PasskeyError::Password(Refusal::Wrong))));
        let id = desk.added(&app, &anna).await;
        assert_eq!(desk.sign_in(&app, &id, &anna).await.unwrap().account, anna);
        assert_eq!(desk.sign_in(&app, &id, &anna).await.unwrap().account, anna);
        let as_another = desk.sign_in(&app, &id, &berit).await;
        assert!(matches!(as_another, Err(PasskeyError::Wrong)), "{as_another:?}");
        let stored = passkey::of_account(&app.db, anna.id).await.unwrap();
        assert!(stored[0].used_at.is_some() && stored[0].name == "Phone", "{stored:?}");
        assert!(!remove(&app, &berit, &stored[0].id).await.unwrap(), "it is Anna's");
        assert!(remove(&app, &anna, &stored[0].id).await.unwrap());
        assert!(matches!(desk.sign_in(&app, &id, &anna).await, Err(PasskeyError::Wrong)));
        audit::verify(&app.db, |_| ()).await.unwrap();
    }

    #[tokio::test]
    async fn a_challenge_is_answered_once_in_its_time_and_by_the_browser_that_got_it() {
        let (app, clock) = fixture::app().await;
        let anna = fixture::account(&app, "anna", &[Role::Operator]).await.0;
        let mut desk = Desk::new();
        let (made, secret) = desk.made(&app, &anna).await;
        let add = async |challenge| desk.passkeys.add(&app, &anna, ("Phone", &made), challenge).await;
        assert!(matches!(add(None).await, Err(PasskeyError::Wrong)));
        assert!(matches!(desk.passkeys.add(&app, &anna, (" ", &made), None).await, Err(PasskeyError::Name)));
        assert!(add(Some(secret.hash())).await.is_ok());
        assert!(matches!(add(Some(secret.hash())).await, Err(PasskeyError::Wrong)), "a second time");
        let id = <[u8]>::to_vec(&made.raw_id);
        let (shown, challenge) = desk.shown(&app, &id, &anna).await;
        let (_, another) = desk.shown(&app, &id, &anna).await;
        let sign_in =
            async |challenge| desk.passkeys.sign_in(&app, &shown, (browser(None), Some(challenge))).await;
        assert!(
            matches!(sign_in(another).await, Err(PasskeyError::Wrong)),
            "the answer to another challenge"
        );
        assert!(sign_in(challenge.clone()).await.is_ok());
        assert!(matches!(sign_in(challenge).await, Err(PasskeyError::Wrong)), "a second time");
        let (late, challenge) = desk.shown(&app, &id, &anna).await;
        clock.advance(ANSWER_WITHIN);
        let too_late = desk.passkeys.sign_in(&app, &late, (browser(None), Some(challenge))).await;
        assert!(matches!(too_late, Err(PasskeyError::Wrong)));
    }

    #[tokio::test]
    async fn an_account_that_is_switched_off_has_no_key_that_opens() {
        let (app, _) = fixture::app().await;
        let anna = fixture::account(&app, "anna", &[Role::Operator]).await.0;
        let mut desk = Desk::new();
        let id = desk.added(&app, &anna).await;
        let mut tx = app.db.begin().await.unwrap();
        account::set_disabled(&mut tx, anna.id, Some(app.clock.now())).await.unwrap();
        tx.commit().await.unwrap();
        assert!(matches!(desk.sign_in(&app, &id, &anna).await, Err(PasskeyError::Wrong)));
    }

    #[test]
    fn a_bare_address_has_no_passkeys() {
        let there = |url| Passkeys::at(url).is_some();
        assert!(there("https://certus.example") && there(SITE));
        assert!(!there("http://127.0.0.1:8112") && !there("https://[::1]"));
    }
}
