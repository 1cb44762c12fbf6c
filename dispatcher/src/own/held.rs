//! All that is held about one person, read for the person. The page shows it in words, the export whole.

use certus_registry::audit::{Action, Actor, Entry};
use certus_registry::store::application::{self, Certificate, Consent};
use certus_registry::store::{
    account, api_key, audit, calendar, claim, organisation, reach, resource, vetting,
};
use certus_registry::vetting::What;
use certus_registry::volunteer::Competence;
use certus_registry::{
    Account, ApiKey, Reach, RegistryError, Remit, Resource, Role, Timestamp, Volunteer, VolunteerId,
};
use certus_sms_bridge::person::{Held as Registered, devices};
use serde::Serialize;

use super::record::{Statistics, TakenPart};
use super::rfc3339;
use crate::api::App;
use crate::engine::{EngineError, store};
use crate::positions::LastPosition;

/// How far back call-outs are told, days: two years.
const CALL_OUTS_DAYS: u64 = 730;
/// Call-outs that are told: one in every day and a half of those two years.
const CALL_OUTS_MAX: u32 = 500;
/// Lines of the log that are told: the board looks at somebody some ten times a year.
const LOOKS_MAX: u32 = 500;
/// Exports of everybody that are told besides.
const EXPORTS_MAX: u32 = 100;

/// What is held about a person, but what the bridge holds, which only the export tells.
#[derive(Debug, Serialize)]
pub struct Held {
    /// What lists hold.
    pub person: Volunteer,
    /// The name of the organisation that keeps the person on its list.
    pub organisation: Option<String>,
    /// What the person has agreed to.
    pub consents: Vec<Agreed>,
    /// Files that came with the application.
    pub certificates: Vec<File>,
    /// What they say they can do besides, which the board has yet to look at.
    pub claims: Vec<Competence>,
    /// Since when there is a secret address of their calendar.
    #[serde(serialize_with = "rfc3339::maybe")]
    pub calendar_address_since: Option<Timestamp>,
    /// Calendars that they have sent or have fetched. What came from these is among their exceptions.
    pub calendars: Vec<OwnCalendar>,
    /// Each step of the vetting; never what a background check said.
    pub vetting: Vec<Stepped>,
    /// What the person keeps that helps.
    pub resources: Vec<Resource>,
    /// Phones and browsers that take pushes.
    pub devices: Vec<Registered>,
    /// Where the person was last, if a phone has said it.
    pub last_position: Option<Place>,
    /// What the last test of the ways to the person showed.
    pub reach: Option<Reached>,
    /// The call-outs of the last two years, the newest first.
    pub call_outs: Vec<TakenPart>,
    /// The same in numbers.
    pub statistics: Statistics,
    /// Who has looked at the person's data or changed it, the newest first.
    pub looked: Vec<Look>,
}

/// A calendar that was sent, or is fetched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OwnCalendar {
    /// What they call it.
    pub name: String,
    /// From where it is fetched.
    pub address: Option<String>,
}

/// A consent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Agreed {
    /// When.
    #[serde(serialize_with = "rfc3339::at")]
    pub at: Timestamp,
    /// To which text.
    pub version: String,
    /// The text as it was shown.
    pub words: String,
}

/// A file, without what is in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct File {
    /// When it came.
    #[serde(serialize_with = "rfc3339::at")]
    pub at: Timestamp,
    /// `jpeg`, `png` or `pdf`.
    pub kind: &'static str,
    /// How large, bytes.
    pub bytes: u64,
}

/// A step of somebody's vetting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Stepped {
    /// When it was put down.
    #[serde(serialize_with = "rfc3339::at")]
    pub at: Timestamp,
    /// Its word; `taken_over` where a list or an application said so.
    pub step: &'static str,
}

/// Where somebody was.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Place {
    /// When.
    #[serde(serialize_with = "rfc3339::at")]
    pub at: Timestamp,
    /// Degrees north.
    pub lat: f64,
    /// Degrees east.
    pub lon: f64,
    /// How far off it may be, metres, where the phone knew.
    pub accuracy_m: Option<f64>,
}

impl From<LastPosition> for Place {
    fn from(known: LastPosition) -> Self {
        let (lat, lon) = (known.position.lat(), known.position.lon());
        Self { at: known.fixed_at, lat, lon, accuracy_m: known.accuracy.map(|metres| metres.0) }
    }
}

/// Whether messages come through.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reached {
    /// When that was found.
    #[serde(serialize_with = "rfc3339::at")]
    pub at: Timestamp,
    /// What was found.
    pub reach: &'static str,
}

/// A line of the log about the person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Look {
    /// When.
    #[serde(serialize_with = "rfc3339::at")]
    pub at: Timestamp,
    /// Who.
    pub who: Who,
    /// What kind of look or change.
    pub what: Action,
}

/// Who has looked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Who {
    /// Somebody with an account.
    Account {
        /// Their name; `None`: the account is gone.
        name: Option<String>,
        /// What they are.
        roles: Vec<Role>,
    },
    /// Another system.
    Key {
        /// What it is called; `None`: the key is gone.
        name: Option<String>,
    },
    /// The person.
    Oneself,
    /// Whoever runs the server.
    Console,
    /// Nobody known: a sign-in that was refused.
    Nobody,
}

impl Held {
    /// Reads all of it.
    ///
    /// # Errors
    /// [`EngineError`] when the database fails or a row is damaged.
    pub async fn load(app: &App, person: Volunteer) -> Result<Self, EngineError> {
        let (db, id) = (&app.db, person.id);
        let since = app.clock.now() - std::time::Duration::from_hours(24 * CALL_OUTS_DAYS);
        let organisation = match person.organisation {
            Some(id) => {
                organisation::get(db, Remit::All, id).await?.map(|organisation| organisation.name.into())
            }
            None => None,
        };
        let incidents = store::incidents_of(db, id, since, CALL_OUTS_MAX).await?;
        let call_outs: Vec<_> = incidents.iter().filter_map(|incident| TakenPart::of(incident, id)).collect();
        let vetting: Vec<_> = vetting::history(db, id).await?.iter().map(stepped).collect();
        let known_since = vetting.first().map(|step| step.at);
        Ok(Self {
            organisation,
            consents: application::consents(db, id).await?.into_iter().map(agreed).collect(),
            certificates: application::certificates(db, id).await?.iter().map(file).collect(),
            claims: claim::of(db, id).await?.into_iter().map(|claim| claim.competence).collect(),
            calendar_address_since: calendar::feed_made_at(db, id).await?,
            calendars: calendar::imported(db, id)
                .await?
                .into_iter()
                .map(|calendar| OwnCalendar {
                    name: calendar.name.as_str().to_owned(),
                    address: calendar.followed.map(|followed| followed.address),
                })
                .collect(),
            vetting,
            resources: resource::kept_by(db, id).await?,
            devices: devices(db, &person.phone).await?,
            last_position: app.positions.live().last(id).map(Place::from),
            reach: reach::of(db, id).await?.map(reached),
            statistics: Statistics::of(&call_outs),
            call_outs,
            looked: looked(app, id, known_since).await?,
            person,
        })
    }
}

fn agreed(consent: Consent) -> Agreed {
    Agreed { at: consent.given_at, version: consent.version, words: consent.words }
}

fn file(certificate: &Certificate) -> File {
    File { at: certificate.received_at, kind: certificate.kind.as_str(), bytes: certificate.bytes }
}

fn stepped(entry: &certus_registry::vetting::Entry) -> Stepped {
    let step = match &entry.what {
        What::Taken { step, .. } => step.kind().as_str(),
        What::TakenOver { .. } => "taken_over",
    };
    Stepped { at: entry.at, step }
}

fn reached((reach, at): (Reach, Timestamp)) -> Reached {
    Reached { at, reach: reach.as_str() }
}

/// The lines about the person, and those of files of everybody since the person has been known.
async fn looked(app: &App, id: VolunteerId, since: Option<Timestamp>) -> Result<Vec<Look>, RegistryError> {
    let mut entries = audit::about(&app.db, id, LOOKS_MAX).await?;
    let of_everybody = audit::exports(&app.db, EXPORTS_MAX).await?;
    entries
        .extend(of_everybody.into_iter().filter(|entry| since.is_some_and(|since| entry.line.at >= since)));
    entries.sort_by_key(|entry| std::cmp::Reverse(entry.number));
    let (accounts, keys) = (account::all(&app.db, Remit::All).await?, api_key::all(&app.db).await?);
    Ok(entries.iter().map(|entry| look(entry, &accounts, &keys)).collect())
}

fn look(entry: &Entry, accounts: &[Account], keys: &[ApiKey]) -> Look {
    let who = match entry.line.actor {
        Actor::Account(id) => {
            let account = accounts.iter().find(|account| account.id == id);
            let name = account.map(|account| account.name.as_str().to_owned());
            Who::Account { name, roles: account.map_or_else(Vec::new, |account| account.roles.clone()) }
        }
        Actor::Key(id) => {
            let key = keys.iter().find(|key| key.id == id);
            Who::Key { name: key.map(|key| key.name.as_str().to_owned()) }
        }
        // What a contact does is about nobody's record but their own.
        Actor::Volunteer(_) | Actor::Contact(_) => Who::Oneself,
        Actor::Console => Who::Console,
        Actor::Nobody => Who::Nobody,
    };
    Look { at: entry.line.at, who, what: entry.line.action }
}
