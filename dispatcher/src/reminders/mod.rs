//! People are reminded by text message of what ends for them: approval, background check, certificates. Once an hour by day, each
//! time of the configuration once: who is reminded of what is written in the transaction of the text, under a key that only one of
//! several nodes can take.
//!
//! [`Countdown`] decides and is pure. Whoever has written STOPP is not reminded, nor is who is suspended or has left.

pub mod store;

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use certus_registry::outage::in_time;
use certus_registry::store::vetting::{DueOf, due};
use certus_registry::store::volunteer;
use certus_registry::vetting::{Due, DueKind};
use certus_registry::volunteer::Day;
use certus_registry::{
    Batch, Database, Duty, Language, Random, Remit, Timestamp, Tx, Volunteer, VolunteerId,
};
use certus_sms_bridge::message::{Channel, NewMessage, Urgency};
use certus_sms_bridge::{gsm, outbox};
use jiff::tz::TimeZone;

use crate::api::SharedApp;
use crate::config::Reminders;
use crate::engine::EngineError;
use crate::text::text;
use store::Reminded;

/// How references of reminders end.
pub const REMINDER: &str = "/reminder";
/// People who are written to in one pass, each in a transaction of their own; the next pass follows at once.
const PEOPLE: usize = 50;
/// What ends within the time looked at, at most so many lines: all of a county of 100 000.
const LINES_MAX: u32 = 100_000;
/// Things that one text names; the others are on one's own page.
const NAMED_MAX: usize = 2;

/// When who is reminded of what.
#[derive(Debug, Clone, Copy)]
pub struct Countdown<'a> {
    settings: &'a Reminders,
    today: Day,
}

impl<'a> Countdown<'a> {
    /// As it stands on `today`.
    #[must_use]
    pub fn new(settings: &'a Reminders, today: Day) -> Self {
        Self { settings, today }
    }

    /// The furthest day that matters, in days from today; `None`: nobody is reminded.
    #[must_use]
    pub fn ahead(&self) -> Option<u16> {
        self.settings.days.iter().copied().max()
    }

    /// Which of the times has come for something that ends on `last`: the nearest. Those before it are over and are not made up for.
    #[must_use]
    pub fn time_of(&self, last: Day) -> Option<u16> {
        let left = (last - self.today).get_days();
        let left = u16::try_from(left).ok()?;
        self.settings.days.iter().copied().filter(|days| left <= *days).min()
    }

    /// Who is to be reminded of what by now, but what is in `sent`.
    #[must_use]
    pub fn to_remind(&self, due: &[DueOf], sent: &HashSet<Reminded>) -> BTreeMap<VolunteerId, Vec<Reminded>> {
        let mut people: BTreeMap<_, Vec<Reminded>> = BTreeMap::new();
        for one in due {
            let Some(days) = self.time_of(one.due.day) else { continue };
            let reminded = Reminded { volunteer: one.volunteer, due: one.due, days };
            if !sent.contains(&reminded) {
                people.entry(one.volunteer).or_default().push(reminded);
            }
        }
        people
    }
}

/// Reminds some who have not been reminded yet.
#[derive(Debug, Clone, Copy)]
pub struct Pass<'a> {
    /// The database.
    pub db: &'a Database,
    /// For identifiers of messages.
    pub random: &'a Random,
    /// The present.
    pub now: Timestamp,
    /// Where the county is.
    pub zone: &'a TimeZone,
    /// When people are reminded.
    pub settings: &'a Reminders,
}

/// What a pass did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sent {
    /// Texts.
    pub texts: usize,
    /// Whether others wait for the next pass.
    pub more: bool,
}

impl Pass<'_> {
    /// Writes to a batch of people.
    ///
    /// # Errors
    /// [`EngineError`] when the database fails; who was written to is written down.
    pub async fn run(&self) -> Result<Sent, EngineError> {
        let local = self.now.in_zone(self.zone);
        let countdown = Countdown::new(self.settings, local.date());
        let by_day = (self.settings.from_hour..self.settings.to_hour).contains(&local.hour());
        let Some(ahead) = countdown.ahead().filter(|_| by_day) else { return Ok(Sent::default()) };
        let due = due(self.db, Remit::All, (local.date(), ahead), None, LINES_MAX).await?;
        let sent = store::since(self.db, local.date()).await?;
        let sent = sent.into_iter().map(|(reminded, _)| reminded).collect();
        let stopped = volunteer::stopped(self.db).await?;
        let mut people = countdown.to_remind(&due, &sent);
        people.retain(|who, _| !stopped.contains(who));
        let mut done = Sent { texts: 0, more: people.len() > PEOPLE };
        for (who, what) in people.into_iter().take(PEOPLE) {
            done.texts += usize::from(self.remind(who, &what).await?);
        }
        Ok(done)
    }

    /// One text about all that is new; whether it was stored.
    async fn remind(&self, who: VolunteerId, what: &[Reminded]) -> Result<bool, EngineError> {
        let mut tx = self.db.begin().await?;
        let person = volunteer::locked(&mut tx, Remit::All, who).await?;
        let Some(person) = person.filter(|person| person.duty != Duty::Stopped) else { return Ok(false) };
        let mut ours = Vec::new();
        for reminded in what {
            if store::take(&mut tx, self.now, reminded).await? {
                ours.push(reminded.due);
            }
        }
        if ours.is_empty() {
            return Ok(false); // another node was faster
        }
        self.send(&mut tx, &person, &ours).await?;
        tx.commit().await?;
        Ok(true)
    }

    async fn send(&self, tx: &mut Tx, person: &Volunteer, due: &[Due]) -> Result<(), EngineError> {
        let language = person.language();
        let message = NewMessage {
            reference: format!("person/{}{REMINDER}", person.id),
            to: person.phone.clone(),
            channel: Channel::Sms,
            body: gsm::plain(&words(language, due)),
            urgency: Urgency::Notice,
            due_at: self.now,
            valid_until: self.now + self.left_of_the_day(),
            otherwise: Vec::new(),
        };
        let mut batch = Batch::default();
        outbox::enqueue(&mut batch, &tx.sealer(), self.now, self.random, &[message])?;
        if batch.execute(tx).await? { Ok(()) } else { Err(sqlx::Error::RowNotFound.into()) }
    }

    /// Until the hour at which texts leave no more.
    fn left_of_the_day(&self) -> Duration {
        let local = self.now.in_zone(self.zone);
        let hours = i64::from(self.settings.to_hour - local.hour());
        let seconds = hours * 3_600 - i64::from(local.minute()) * 60 - i64::from(local.second());
        Duration::from_secs(u64::try_from(seconds).unwrap_or(0))
    }
}

/// The text: what ends and when, the soonest first.
fn words(language: Language, due: &[Due]) -> String {
    let mut due = due.to_vec();
    due.sort_unstable();
    let one = |due: &Due| {
        let name = match due.kind {
            DueKind::Approval => text(language, "sms-reminder-approval", &[]),
            DueKind::BackgroundCheck => text(language, "sms-reminder-check", &[]),
            DueKind::Certificate(kind) => {
                text(language, &format!("competence-{kind}").replace('_', "-"), &[])
            }
        };
        format!("{name} {}", due.day)
    };
    let named = due.iter().take(NAMED_MAX).map(one).collect::<Vec<_>>().join(", ");
    text(language, "sms-reminder", &[("ends", named.into())])
}

/// Reminds everybody who is to be reminded, every hour until the server stops; a pass that has begun is finished.
pub async fn run_hourly(app: SharedApp) {
    let hour = Duration::from_hours(1);
    loop {
        let (settings, zone) = (&app.config.reminders, &app.config.time_zone.0);
        let pass = Pass { db: &app.db, random: &app.random, now: app.clock.now(), zone, settings };
        let more = match in_time(pass.run()).await {
            Ok(sent) => {
                if sent.texts > 0 {
                    tracing::info!(reminders.texts = sent.texts, "people were reminded of what ends");
                }
                sent.more
            }
            Err(error) => {
                tracing::warn!(%error, "people could not be reminded of what ends; tried again in an hour");
                false
            }
        };
        let next = if more { app.clock.now() } else { app.clock.now() + hour };
        if app.stops_before(next).await {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use certus_registry::CompetenceKind;
    use jiff::civil::date;

    use super::*;

    const TODAY: Day = date(2026, 11, 26);

    fn due(n: u64, last: Day) -> DueOf {
        let id = VolunteerId::new(Timestamp::from_millis(0), &Random::from_seed(n));
        let due = Due { day: last, kind: DueKind::Certificate(CompetenceKind::Cpr) };
        DueOf { due, volunteer: id, name: "Anna Berg".parse().unwrap() }
    }

    #[test]
    fn the_nearest_time_that_has_come_counts() {
        let settings = Reminders::default();
        let countdown = Countdown::new(&settings, TODAY);
        let table = [
            (date(2026, 11, 25), None),
            (TODAY, Some(14)),
            (date(2026, 12, 10), Some(14)),
            (date(2026, 12, 11), Some(60)),
            (date(2027, 1, 25), Some(60)),
            (date(2027, 1, 26), None),
        ];
        for (last, expected) in table {
            assert_eq!(countdown.time_of(last), expected, "{last}");
        }
        assert_eq!(Countdown::new(&Reminders::none(), TODAY).ahead(), None);
    }

    #[test]
    fn what_was_sent_is_not_sent_again_but_a_later_day_is() {
        let (settings, one) = (Reminders::default(), due(1, date(2026, 12, 10)));
        let countdown = Countdown::new(&settings, TODAY);
        let sent = HashSet::from([Reminded { volunteer: one.volunteer, due: one.due, days: 14 }]);
        assert!(countdown.to_remind(std::slice::from_ref(&one), &sent).is_empty());
        let renewed = due(1, date(2026, 12, 9));
        assert_eq!(countdown.to_remind(&[one, renewed], &sent).len(), 1);
    }
}
