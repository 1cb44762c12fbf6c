//! Signing in with a password, and changing it.
//!
//! A login that nobody has takes as long as one with a wrong password, and both are refused in the same words. Wrong ones are
//! slowed down as `certus_registry::account::throttle` says. Hashing is heavy on purpose: two passwords at a time, on threads
//! of their own, so that no alarm waits for it.

use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use certus_registry::account::throttle::{Addresses, Tries};
use certus_registry::account::{HashError, Password, PasswordError, PasswordHash};
use certus_registry::audit::{Action, Actor, Line};
use certus_registry::store::{account, audit, identity};
use certus_registry::{Account, Login, Random, RegistryError, Remit, Secret, SecretHash, Timestamp};
use tokio::sync::{OnceCell, Semaphore};
use tokio::task::{JoinError, spawn_blocking};

use crate::api::App;
use crate::oidc::Identity;

/// One shift and a bit; then the password is asked for again.
pub const SESSION: Duration = Duration::from_hours(14);
/// Passwords that are hashed at once.
const HASHING_MAX: usize = 2;

/// Checks passwords.
#[derive(Debug)]
pub struct SignIn {
    turns: Semaphore,
    addresses: Mutex<Addresses>,
    /// What the password of a login that nobody has is compared with.
    nobodys: OnceCell<PasswordHash>,
    random: Random,
}

/// Somebody who has just signed in.
#[derive(Debug)]
pub struct SignedIn {
    /// Who.
    pub account: Account,
    /// What shows it from now on.
    pub session: Secret,
    /// What shows that this browser is known, if it has just become so.
    pub device: Option<Secret>,
}

/// Why somebody could not sign in.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// No such login, a wrong password, or an account that is switched off.
    #[error("the login or the password is wrong")]
    Wrong,
    /// Too many wrong passwords.
    #[error("too many wrong passwords; none is looked at until {until}")]
    Wait {
        /// When one is looked at again.
        until: Timestamp,
    },
    /// It could not be found out.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// Why a password could not be changed.
#[derive(Debug, thiserror::Error)]
pub enum NotChanged {
    /// The old one is not it, or too many were wrong.
    #[error(transparent)]
    Old(#[from] Refusal),
    /// The new one is none.
    #[error(transparent)]
    New(#[from] PasswordError),
}

/// What should not happen.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The database.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// No memory for hashing.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// The thread that hashes.
    #[error("a password could not be hashed: {0}")]
    Thread(#[from] JoinError),
}

impl From<sqlx::Error> for Fault {
    fn from(error: sqlx::Error) -> Self {
        Self::Registry(error.into())
    }
}

impl SignIn {
    /// Salts are drawn from this stream, when they are needed.
    #[must_use]
    pub fn new(random: &Random) -> Self {
        let (turns, addresses) = (Semaphore::new(HASHING_MAX), Mutex::default());
        Self { turns, addresses, nobodys: OnceCell::new(), random: random.clone() }
    }

    fn addresses(&self) -> std::sync::MutexGuard<'_, Addresses> {
        self.addresses.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn may_try(&self, from: IpAddr, now: Timestamp) -> Result<(), Refusal> {
        self.addresses().blocked_until(from, now).map_or(Ok(()), |until| Err(Refusal::Wait { until }))
    }

    async fn fits(&self, hash: Option<PasswordHash>, password: Password) -> Result<bool, Fault> {
        let _turn = self.turns.acquire().await;
        let is_somebodys = hash.is_some();
        let nobodys = || hashed(&self.random, Password::typed("nobody's"));
        let hash =
            if let Some(hash) = hash { hash } else { self.nobodys.get_or_try_init(nobodys).await?.clone() };
        Ok(spawn_blocking(move || hash.fits(&password)).await? && is_somebodys)
    }
}

/// Hashes a password on a thread of its own, with a salt that is drawn from `random`.
///
/// # Errors
/// [`Fault`] when there is no memory for it.
pub async fn hashed(random: &Random, password: Password) -> Result<PasswordHash, Fault> {
    let random = random.fork();
    Ok(spawn_blocking(move || password.hash(&random)).await??)
}

/// The browser that a password was typed in.
#[derive(Debug, Clone)]
pub struct Browser {
    /// Where it is.
    pub address: IpAddr,
    /// What it shows of an earlier time.
    pub device: Option<SecretHash>,
}

/// Signs somebody in who typed these.
///
/// # Errors
/// [`Refusal`].
pub async fn sign_in(
    app: &App,
    login: &str,
    password: Password,
    browser: Browser,
) -> Result<SignedIn, Refusal> {
    let Ok(login) = login.parse::<Login>() else {
        let now = app.clock.now();
        app.sign_in.may_try(browser.address, now)?;
        app.sign_in.fits(None, password).await?;
        app.sign_in.addresses().failed(browser.address, now);
        return Err(Refusal::Wrong);
    };
    let (account, device) = checked(app, &login, password, browser).await?;
    Ok(begin(app, account, device, "").await?)
}

/// Signs in somebody who has shown by other means who they are, which `how` names in the audit log; `device` is what their browser
/// shows of an earlier time.
///
/// # Errors
/// [`Fault`].
pub(crate) async fn begin_known(
    app: &App,
    account: Account,
    device: Option<SecretHash>,
    how: &str,
) -> Result<SignedIn, Fault> {
    let device = known_device(app, Some(&account), device).await?;
    begin(app, account, device, how).await
}

/// Looks whether the holder of an account has typed their password once more.
///
/// # Errors
/// [`Refusal`].
pub(crate) async fn confirmed(
    app: &App,
    held: &Account,
    password: Password,
    browser: Browser,
) -> Result<(), Refusal> {
    checked(app, &held.login, password, browser).await.map(drop)
}

/// Whether somebody at this address may try to sign in now.
///
/// # Errors
/// [`Refusal::Wait`].
pub(crate) fn may_try(app: &App, browser: &Browser) -> Result<(), Refusal> {
    app.sign_in.may_try(browser.address, app.clock.now())
}

/// Counts an attempt from this address that was wrong.
pub(crate) fn failed(app: &App, browser: &Browser) {
    app.sign_in.addresses().failed(browser.address, app.clock.now());
}

/// Why somebody was not signed in whom their organisation's provider has named.
#[derive(Debug, thiserror::Error)]
pub enum Unlinked {
    /// There is no account for them, or it is switched off, or it is linked with somebody else there.
    #[error("there is no account for them")]
    NoAccount,
    /// It could not be found out.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl From<RegistryError> for Unlinked {
    fn from(error: RegistryError) -> Self {
        Self::Fault(error.into())
    }
}

/// Signs somebody in whom their organisation's provider has named; `device` is what their browser shows of an earlier time. The
/// first time, the account with the login that the provider names is linked with them.
///
/// # Errors
/// [`Unlinked`].
pub async fn sign_in_as(app: &App, who: &Identity, device: Option<SecretHash>) -> Result<SignedIn, Unlinked> {
    let linked = identity::account_of(&app.db, &who.issuer, &who.subject).await?;
    let account = match (linked, &who.login) {
        (Some(id), _) => account::get(&app.db, Remit::All, id).await?,
        (None, Some(login)) => account::by_login(&app.db, login).await?.map(|(account, _)| account),
        (None, None) => None,
    };
    let open = account.filter(|account| account.disabled_at.is_none());
    let mut account = open.ok_or(Unlinked::NoAccount)?;
    if linked.is_none() {
        link(app, &mut account, who).await?;
    }
    Ok(begin_known(app, account, device, "").await?)
}

/// Links an account for good. A password that somebody handed over, and that nobody has changed, ends with it.
async fn link(app: &App, account: &mut Account, who: &Identity) -> Result<(), Unlinked> {
    let fresh = if account.must_change {
        let nobodys = Secret::generate(&app.random);
        Some(hashed(&app.random, Password::typed(nobodys.reveal())).await?)
    } else {
        None
    };
    let now = app.clock.now();
    let mut tx = app.db.begin().await.map_err(Fault::from)?;
    match identity::link(&mut tx, account.id, &who.issuer, &who.subject, now).await {
        Err(RegistryError::Taken { .. }) => return Err(Unlinked::NoAccount),
        linked => linked?,
    }
    if let Some(fresh) = fresh {
        account::set_password(&mut tx, account.id, &fresh, false).await?;
        account.must_change = false;
    }
    let said = format!("account {}", account.id);
    audit::append(&mut tx, Line::new(now, Actor::Account(account.id), Action::IdentityLinked, said)).await?;
    Ok(tx.commit().await.map_err(Fault::from)?)
}

/// Begins a session of somebody in a browser that is known to them, or is from now on.
async fn begin(
    app: &App,
    account: Account,
    device: Option<SecretHash>,
    how: &str,
) -> Result<SignedIn, Fault> {
    let (now, session) = (app.clock.now(), Secret::generate(&app.random));
    let fresh = device.is_none().then(|| Secret::generate(&app.random));
    let mut tx = app.db.begin().await?;
    account::succeeded(&mut tx, &account.login, device.as_ref()).await?;
    account::begin_session(&mut tx, account.id, &session.hash(), now, now + SESSION).await?;
    if let Some(shown) = device.or_else(|| fresh.as_ref().map(Secret::hash)) {
        account::remember_device(&mut tx, account.id, &shown, now).await?;
    }
    audit::append(&mut tx, Line::new(now, Actor::Account(account.id), Action::SignedIn, how)).await?;
    tx.commit().await?;
    Ok(SignedIn { account, session, device: fresh })
}

/// Changes the caller's own password, which ends all their sessions.
///
/// # Errors
/// [`NotChanged`].
pub async fn change_password(
    app: &App,
    held: &Account,
    (old, new): (Password, &str),
    browser: Browser,
) -> Result<(), NotChanged> {
    let new = Password::chosen(new, &held.login)?;
    let (account, device) = checked(app, &held.login, old, browser).await?;
    set(app, &account, device, new).await.map_err(Refusal::from)?;
    Ok(())
}

async fn set(
    app: &App,
    account: &Account,
    device: Option<SecretHash>,
    password: Password,
) -> Result<(), Fault> {
    let hash = hashed(&app.random, password).await?;
    let mut tx = app.db.begin().await?;
    account::succeeded(&mut tx, &account.login, device.as_ref()).await?;
    account::set_password(&mut tx, account.id, &hash, false).await?;
    let (now, actor) = (app.clock.now(), Actor::Account(account.id));
    audit::append(&mut tx, Line::new(now, actor, Action::PasswordSet, "by its holder")).await?;
    tx.commit().await?;
    app.callers.forget_all();
    Ok(())
}

/// What is known of a login before its password is looked at.
struct Known {
    found: Option<(Account, PasswordHash)>,
    /// The browser's hash, if it is known to the account.
    device: Option<SecretHash>,
    tries: Tries,
}

/// The browser's hash, if it is known to the account.
async fn known_device(
    app: &App,
    account: Option<&Account>,
    device: Option<SecretHash>,
) -> Result<Option<SecretHash>, Fault> {
    let (Some(account), Some(device)) = (account, device) else { return Ok(None) };
    Ok(account::knows_device(&app.db, account.id, &device).await?.then_some(device))
}

async fn known(app: &App, login: &Login, device: Option<SecretHash>) -> Result<Known, Fault> {
    let found = account::by_login(&app.db, login).await?;
    let device = known_device(app, found.as_ref().map(|(account, _)| account), device).await?;
    let tries = account::tries(&app.db, login, device.as_ref()).await?;
    Ok(Known { found, device, tries })
}

/// Whose login this is, if the password is right, and the browser's hash if it is known to them.
async fn checked(
    app: &App,
    login: &Login,
    password: Password,
    browser: Browser,
) -> Result<(Account, Option<SecretHash>), Refusal> {
    let Known { found, device, tries } = known(app, login, browser.device).await?;
    let now = app.clock.now();
    if device.is_none() {
        app.sign_in.may_try(browser.address, now)?;
    }
    if let Some(until) = tries.blocked_until(now) {
        return Err(Refusal::Wait { until });
    }
    let hash = found.as_ref().map(|(_, hash)| hash.clone());
    let fits = app.sign_in.fits(hash, password).await?;
    match found {
        Some((account, _)) if fits && account.disabled_at.is_none() => Ok((account, device)),
        found => {
            if device.is_none() {
                app.sign_in.addresses().failed(browser.address, now);
            }
            refuse(app, login, device.as_ref(), found.map(|(account, _)| account)).await?;
            Err(Refusal::Wrong)
        }
    }
}

/// Counts it. A login that nobody has may be a password typed in the wrong place: it is in no log.
async fn refuse(
    app: &App,
    login: &Login,
    device: Option<&SecretHash>,
    account: Option<Account>,
) -> Result<(), Fault> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    account::failed(&mut tx, login, device, now).await?;
    if let Some(account) = account {
        let said = format!("account {}", account.id);
        audit::append(&mut tx, Line::new(now, Actor::Nobody, Action::SignInRefused, said)).await?;
    }
    Ok(tx.commit().await?)
}

#[cfg(test)]
mod tests {
    use certus_registry::Role;

    use super::*;
    use crate::api::fixture::{self, PASSWORD as RIGHT};

    #[tokio::test]
    async fn a_stranger_who_guesses_keeps_strangers_out_and_not_the_owner_at_their_own_desk() {
        let (app, clock) = fixture::app().await;
        let anna = fixture::account(&app, "anna", &[Role::Operator]).await.0;
        let right = || Password::typed(RIGHT);
        let first = sign_in(&app, "Anna ", right(), fixture::browser(None)).await.unwrap();
        assert_eq!(first.account, anna);
        let device = first.device.map(|device| device.hash());
        for _ in 0..5 {
            let wrong = sign_in(&app, "anna", Password::typed("guess"), fixture::browser(None)).await;
            assert!(matches!(wrong, Err(Refusal::Wrong)));
        }
        let elsewhere = sign_in(&app, "anna", right(), fixture::browser(None)).await;
        assert!(matches!(elsewhere, Err(Refusal::Wait { .. })), "{elsewhere:?}");
        let at_home = sign_in(&app, "anna", right(), fixture::browser(device)).await.unwrap();
        assert!(at_home.device.is_none());
        clock.advance(Duration::from_secs(30));
        assert!(sign_in(&app, "anna", right(), fixture::browser(None)).await.is_ok());
    }

    #[tokio::test]
    async fn nobody_learns_which_logins_there_are() {
        let (app, _) = fixture::app().await;
        fixture::account(&app, "anna", &[Role::Operator]).await;
        for login in ["anna", "berit", "no login"] {
            let refused = sign_in(&app, login, Password::typed("guess"), fixture::browser(None)).await;
            assert!(matches!(refused, Err(Refusal::Wrong)), "{login}");
        }
        for _ in 0..4 {
            assert!(sign_in(&app, "berit", Password::typed("guess"), fixture::browser(None)).await.is_err());
        }
        let refused = sign_in(&app, "berit", Password::typed("guess"), fixture::browser(None)).await;
        assert!(matches!(refused, Err(Refusal::Wait { .. })), "{refused:?}");
    }

    #[tokio::test]
    async fn a_changed_password_ends_every_session_and_the_chain_of_the_log_holds() {
        let (app, _) = fixture::app().await;
        let anna = fixture::account(&app, "anna", &[Role::Operator]).await.0;
        let session = sign_in(&app, "anna", Password::typed(RIGHT), fixture::browser(None))
            .await
            .unwrap()
            .session
            .hash();
        let now = app.clock.now();
        assert_eq!(account::by_session(&app.db, &session, now).await.unwrap(), Some(anna.clone()));
        let old = || Password::typed(RIGHT);
        let short = change_password(&app, &anna, (old(), "kort"), fixture::browser(None)).await;
        assert!(matches!(short, Err(NotChanged::New(PasswordError::Length))));
        change_password(&app, &anna, (old(), "räven raskar över isen"), fixture::browser(None))
            .await
            .unwrap();
        assert_eq!(account::by_session(&app.db, &session, now).await.unwrap(), None);
        assert!(sign_in(&app, "anna", old(), fixture::browser(None)).await.is_err());
        assert!(
            sign_in(&app, "anna", Password::typed("räven raskar över isen"), fixture::browser(None))
                .await
                .is_ok()
        );
        assert_eq!(audit::verify(&app.db, |_| ()).await.unwrap().number, 4);
    }
}
