//! Codes by text message, and the sessions that follow from them.
//!
//! Who asks for a code to sign in gets the same answer whether or not the number is somebody's here; only then is a text sent.
//! Somebody who applies gets one in any case. How many there may be: `certus_registry::phone_code`.

use std::net::IpAddr;

use certus_registry::account::throttle::network;
use certus_registry::audit::{Action, Actor, Line};
use certus_registry::phone_code::{PhoneCode, Purpose, VALID};
use certus_registry::store::phone_code::{self, NewCode, Typed};
use certus_registry::store::{audit, volunteer};
use certus_registry::{Batch, Language, Phone, Remit, Secret, SecretHash, Timestamp, Tx, VolunteerId};
use certus_sms_bridge::message::{Channel, NewMessage, Urgency};
use certus_sms_bridge::{BridgeError, outbox};

use crate::api::App;
use crate::sign_in::Fault;
use crate::text::text;

/// How references of texts with a code end.
pub const CODE: &str = "/code";

/// Why no code was sent.
#[derive(Debug, thiserror::Error)]
pub enum NotAsked {
    /// Too many codes were asked for: to this phone, from this network address, or all in all.
    #[error("too many codes were asked for within an hour")]
    TooMany,
    /// The database.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// The outbox.
    #[error(transparent)]
    Bridge(#[from] BridgeError),
}

impl From<certus_registry::RegistryError> for NotAsked {
    fn from(error: certus_registry::RegistryError) -> Self {
        Self::Fault(error.into())
    }
}

impl From<sqlx::Error> for NotAsked {
    fn from(error: sqlx::Error) -> Self {
        Self::Fault(error.into())
    }
}

/// What became of a code that was typed to sign in.
#[derive(Debug)]
pub enum SignedIn {
    /// It is right; what shows the session from now on.
    Yes(Secret),
    /// It is wrong, and so many more are looked at.
    Wrong(u32),
    /// None is looked at any more: a new one is to be asked for.
    Over,
}

/// What became of a code that was typed to apply.
#[derive(Debug)]
pub enum Proven {
    /// It is right: the phone is theirs, for as long as `certus_registry::phone_code::PROOF_VALID`.
    Yes(Phone),
    /// It is wrong, and so many more are looked at.
    Wrong(u32),
    /// None is looked at any more: a new one is to be asked for.
    Over,
}

/// Sends a code to `phone`, in the person's own language or else in `language`; gives what the browser is to show with it.
///
/// # Errors
/// [`NotAsked`]; no text was sent then.
pub async fn ask(
    app: &App,
    phone: &Phone,
    purpose: Purpose,
    language: Language,
    address: IpAddr,
) -> Result<Secret, NotAsked> {
    let (now, browser, code) = (app.clock.now(), Secret::generate(&app.random), PhoneCode::draw(&app.random));
    let person = volunteer::by_phone(&app.db, Remit::All, phone).await?;
    let address = SecretHash::of(&network(address));
    let new = NewCode {
        browser: &browser.hash(),
        phone,
        purpose,
        code: &code.hash(browser.reveal()),
        address: Some(&address),
    };
    let mut tx = app.db.begin().await?;
    if !phone_code::ask(&mut tx, now, new).await? {
        return Err(NotAsked::TooMany);
    }
    let about = person.as_ref().map_or_else(|| "phone".to_owned(), |person| format!("person/{}", person.id));
    let spoken = person.as_ref().and_then(|person| person.languages.first().copied()).unwrap_or(language);
    if person.is_some() || purpose == Purpose::Application {
        send(app, &mut tx, now, message(now, phone, format!("{about}{CODE}"), spoken, &code)).await?;
    }
    tx.commit().await?;
    Ok(browser)
}

fn message(
    now: Timestamp,
    to: &Phone,
    reference: String,
    language: Language,
    code: &PhoneCode,
) -> NewMessage {
    let body = text(language, "sms-code", &[("digits", code.reveal().into())]);
    NewMessage {
        reference,
        to: to.clone(),
        channel: Channel::Sms,
        body: certus_sms_bridge::gsm::plain(&body),
        urgency: Urgency::Notice,
        due_at: now,
        valid_until: now + VALID,
        otherwise: Vec::new(),
    }
}

/// The worker finds it at its next poll.
async fn send(app: &App, tx: &mut Tx, now: Timestamp, message: NewMessage) -> Result<(), NotAsked> {
    let mut batch = Batch::default();
    outbox::enqueue(&mut batch, &tx.sealer(), now, &app.random, &[message])?;
    if batch.execute(tx).await? { Ok(()) } else { Err(sqlx::Error::RowNotFound.into()) }
}

/// Signs the person in whose code was typed in the browser that shows `browser`.
///
/// # Errors
/// [`Fault`] when the database fails.
pub async fn sign_in(app: &App, browser: &str, typed: &str) -> Result<SignedIn, Fault> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let signed_in = match redeem(&mut tx, now, browser, Purpose::OwnPage, typed).await? {
        Typed::Over => SignedIn::Over,
        Typed::Right(phone) => match volunteer::by_phone_within(&mut tx, &phone).await? {
            Some(person) => SignedIn::Yes(begin(app, &mut tx, now, person.id).await?),
            None => SignedIn::Over,
        },
        Typed::Wrong { phone, left } => {
            if let Some(person) = volunteer::by_phone_within(&mut tx, &phone).await? {
                let line = line(now, Actor::Nobody, Action::SignInRefused, person.id);
                audit::append(&mut tx, line).await?;
            }
            SignedIn::Wrong(left)
        }
    };
    tx.commit().await?;
    Ok(signed_in)
}

/// Looks at a code by which somebody who applies proves their phone.
///
/// # Errors
/// [`Fault`] when the database fails.
pub async fn prove(app: &App, browser: &str, typed: &str) -> Result<Proven, Fault> {
    let mut tx = app.db.begin().await?;
    let typed = redeem(&mut tx, app.clock.now(), browser, Purpose::Application, typed).await?;
    tx.commit().await?;
    Ok(match typed {
        Typed::Right(phone) => Proven::Yes(phone),
        Typed::Wrong { left, .. } => Proven::Wrong(left),
        Typed::Over => Proven::Over,
    })
}

/// What is no code counts as a wrong one.
async fn redeem(
    tx: &mut Tx,
    now: Timestamp,
    browser: &str,
    purpose: Purpose,
    typed: &str,
) -> Result<Typed, Fault> {
    let code = PhoneCode::typed(typed).map_or_else(|| SecretHash::of(""), |code| code.hash(browser));
    Ok(phone_code::redeem(tx, now, &SecretHash::of(browser), purpose, &code).await?)
}

async fn begin(app: &App, tx: &mut Tx, now: Timestamp, id: VolunteerId) -> Result<Secret, Fault> {
    let session = Secret::generate(&app.random);
    volunteer::begin_session(tx, now, id, &session.hash()).await?;
    audit::append(tx, line(now, Actor::Volunteer(id), Action::SignedIn, id)).await?;
    Ok(session)
}

fn line(at: Timestamp, actor: Actor, action: Action, about: VolunteerId) -> Line {
    Line { about: vec![about], ..Line::new(at, actor, action, "own page") }
}
