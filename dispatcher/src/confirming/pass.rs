//! One pass over everything that is kept: whoever is to be asked is asked.

use std::collections::BTreeMap;
use std::time::Duration;

use certus_registry::audit::Actor;
use certus_registry::outage::in_time;
use certus_registry::resource::Location;
use certus_registry::store::{catalogue, contact, resource, volunteer};
use certus_registry::volunteer::Day;
use certus_registry::{
    Catalogue, Database, Duty, Language, OrganisationId, Phone, Random, Remit, Resource, Timestamp,
    VolunteerId,
};
use certus_sms_bridge::message::{Channel, NewMessage, Urgency};
use certus_sms_bridge::outbox;

use super::{ABOUT, ASKED_MAX, NAMED_MAX, Stage, stage, store, words};
use crate::api::SharedApp;
use crate::engine::EngineError;

/// The hours of the day in which people are asked, local time: it can wait for the day.
const HOURS: std::ops::Range<i8> = 9..19;
/// A phone that is switched off may hear of it the day after.
const VALID: Duration = Duration::from_hours(24);

/// One pass.
#[derive(Debug, Clone, Copy)]
pub struct Pass<'a> {
    /// The database.
    pub db: &'a Database,
    /// Where identifiers come from.
    pub random: &'a Random,
    /// The present.
    pub now: Timestamp,
    /// The day, where the county is.
    pub today: Day,
}

/// Somebody who answers for things.
#[derive(Debug)]
struct Keeper {
    phone: Phone,
    language: Language,
}

impl Pass<'_> {
    /// Asks at most [`ASKED_MAX`] people, each in a transaction of their own. How many were asked.
    ///
    /// # Errors
    /// [`EngineError`] when the database fails; who was asked was asked.
    pub async fn run(&self) -> Result<usize, EngineError> {
        let latest = store::latest(self.db).await?;
        let mut of_whom: BTreeMap<Answerable, Vec<(Resource, Stage)>> = BTreeMap::new();
        let things = resource::all(self.db, Remit::All).await?;
        let kinds = catalogue::load(self.db).await?;
        for thing in things {
            let Some(stage) = stage(thing.standing(&kinds, self.today)) else { continue };
            let is_to_be_asked = thing.retired.is_none() && store::is_unasked(&latest, &thing, stage);
            if let Some(answers) = Answerable::of(&thing).filter(|_| is_to_be_asked) {
                of_whom.entry(answers).or_default().push((thing, stage));
            }
        }
        let mut asked = 0;
        for (answers, things) in of_whom {
            if let Some((actor, keeper)) = self.keeper(answers).await? {
                asked += usize::from(self.ask(actor, &keeper, &kinds, &things).await?);
            }
            if asked == ASKED_MAX {
                break;
            }
        }
        Ok(asked)
    }

    /// Whoever may be written to about it.
    async fn keeper(&self, answers: Answerable) -> Result<Option<(Actor, Keeper)>, EngineError> {
        match answers {
            Answerable::Keeper(id) => {
                let person = volunteer::get(self.db, Remit::All, id).await?;
                let person = person.filter(|person| person.vetting.allows(self.today));
                let person = person.filter(|person| person.duty != Duty::Stopped);
                Ok(person.map(|person| {
                    let language = person.language();
                    (Actor::Volunteer(id), Keeper { phone: person.phone, language })
                }))
            }
            Answerable::Organisation(id) => {
                for contact in contact::of(self.db, Remit::All, id).await? {
                    let as_volunteer = volunteer::by_phone(self.db, Remit::All, &contact.phone).await?;
                    let stopped = as_volunteer.is_some_and(|person| person.duty == Duty::Stopped);
                    if contact.stopped_at.is_none() && !stopped {
                        let keeper = Keeper { phone: contact.phone, language: Language::Swedish };
                        return Ok(Some((Actor::Contact(contact.id), keeper)));
                    }
                }
                Ok(None)
            }
        }
    }

    /// False: another node has asked.
    async fn ask(
        &self,
        actor: Actor,
        keeper: &Keeper,
        kinds: &Catalogue,
        things: &[(Resource, Stage)],
    ) -> Result<bool, EngineError> {
        let mut tx = self.db.begin().await?;
        let mut taken = Vec::new();
        for (thing, stage) in things.iter().take(NAMED_MAX) {
            if store::take(&mut tx, self.now, thing, *stage, actor).await? {
                taken.push(thing);
            }
        }
        if taken.is_empty() {
            return Ok(false);
        }
        let body = words(keeper.language, kinds, &taken);
        let message = message(self.now, actor, &keeper.phone, ABOUT, &body);
        outbox::enqueue_once(&mut tx, self.now, self.random, &message, self.now).await?;
        tx.commit().await?;
        Ok(true)
    }
}

/// Who answers for a thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Answerable {
    Keeper(VolunteerId),
    Organisation(OrganisationId),
}

impl Answerable {
    /// Its keeper; for what hangs or stands somewhere, the organisation that lists it.
    fn of(thing: &Resource) -> Option<Self> {
        match (thing.location, thing.organisation) {
            (Location::Keeper(id), _) => Some(Self::Keeper(id)),
            (Location::Fixed(_), organisation) => organisation.map(Self::Organisation),
        }
    }
}

/// Words to somebody who answers for things; `about` is one word for what they are.
pub(crate) fn message(now: Timestamp, to: Actor, phone: &Phone, about: &str, body: &str) -> NewMessage {
    let whom = match to {
        Actor::Volunteer(id) => format!("person/{id}"),
        Actor::Contact(id) => format!("contact/{id}"),
        Actor::Account(_) | Actor::Key(_) | Actor::Console | Actor::Nobody => "phone".to_owned(),
    };
    NewMessage {
        reference: format!("{whom}/{about}"),
        to: phone.clone(),
        channel: Channel::Sms,
        body: certus_sms_bridge::gsm::plain(body),
        urgency: Urgency::Notice,
        due_at: now,
        valid_until: now + VALID,
        otherwise: Vec::new(),
    }
}

/// A pass every hour of the day until the server stops; one that has begun is finished.
pub async fn run_hourly(app: SharedApp) {
    let hour = Duration::from_hours(1);
    loop {
        let now = app.clock.now();
        let local = now.in_zone(&app.config.time_zone.0);
        if HOURS.contains(&local.hour()) {
            let pass = Pass { db: &app.db, random: &app.random, now, today: local.date() };
            match in_time(pass.run()).await {
                Ok(0) => {}
                Ok(asked) => {
                    tracing::info!(confirming.asked = asked, "keepers were asked about what they keep");
                }
                Err(error) => {
                    tracing::warn!(%error, "keepers could not be asked about what they keep; tried again in an hour");
                }
            }
        }
        if app.stops_before(app.clock.now() + hour).await {
            return;
        }
    }
}
