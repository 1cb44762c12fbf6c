//! Whom to ask: filters, order and the reason for everybody looked at. Pure: it reads a [`Question`] and answers
//! with a [`Decision`]; nothing here touches the database, the clock or randomness.

mod decision;
mod errands;
mod facts;
mod roster;
#[cfg(test)]
mod tests;
mod things;
#[cfg(test)]
mod towns_tests;
mod walk;
mod willingness;
#[cfg(test)]
mod worlds_tests;

use std::iter::Peekable;

use certus_registry::{Metres, Position, Timestamp, VolunteerId};

use crate::incident::{Incident, Policy};
use crate::positions::LastPosition;
use crate::travel::{TravelTime, Ways, is_day};

pub use decision::{Considered, Decision, LeftOut, Source, Unfit, Verdict};
pub use facts::{Facts, Terms};
pub use roster::Roster;
pub use things::Things;
use walk::{Found, Walk};
pub use willingness::{Answers, yes_permille};

/// A search hands over at most this many people; the largest wave of the policies is 24.
pub const SHORTLIST_MAX: usize = 64;
/// Reasons kept per search, nearest first; of those beyond only the shortlist's are, the others are counted.
pub const CONSIDERED_MAX: usize = 200;
/// A position older than this says less than the person's home: 2 h, over an hour's driving out of date.
const POSITION_AGE_MAX: std::time::Duration = std::time::Duration::from_hours(2);
/// A position younger than this is taken for where the person is: 15 min (`docs/architecture.md`).
const FRESH_S: u32 = 900;
/// What each second beyond adds to the way, in thousandths of a second. Our arithmetic: nobody knows which way they went,
/// but 100 m a minute, which is 140 m of road, and driven back at 60 km/h.
const AGED_PERMILLE: u32 = 140;

/// Everything a search looks at.
pub struct Question<'a> {
    /// The present.
    pub now: Timestamp,
    /// The present in the county's own time.
    pub local: &'a jiff::ZonedDateTime,
    /// For which incident.
    pub incident: &'a Incident,
    /// The people.
    pub roster: &'a Roster,
    /// Whether somebody is tied up by another incident.
    pub engaged: &'a dyn Fn(VolunteerId) -> bool,
    /// What a person did when they were asked before.
    pub answers: &'a dyn Fn(VolunteerId) -> Answers,
    /// How often a person was called out within [`MONTH`](certus_registry::availability::MONTH), answered or not.
    pub asked: &'a dyn Fn(VolunteerId) -> u32,
    /// When a person's part in the last incident that they went to was over.
    pub rests_since: &'a dyn Fn(VolunteerId) -> Option<Timestamp>,
    /// The last known position of a person.
    pub last: &'a dyn Fn(VolunteerId) -> Option<LastPosition>,
    /// How travel time is estimated.
    pub travel: &'a dyn TravelTime,
}

/// Answers the question. `pinged` yields people by the distance of their last position, nearest first; people
/// without a fresh one are found by their home.
pub fn search(question: &Question<'_>, pinged: impl Iterator<Item = (VolunteerId, Metres)>) -> Decision {
    let incident = question.incident;
    let ways = question.travel.towards(incident.place.position, question.local, incident.policy.reach_max.0);
    let homes = question.roster.homes().nearest(incident.place.position, |_| true);
    let mut outwards = merged(pinged.peekable(), homes.peekable())
        .filter_map(|(responder, distance, by_ping)| found(question, responder, distance, by_ping));
    let mut walk = Walk::begin(question, ways.as_ref());
    if let Some(members) = walk.members() {
        walk.until_over(members);
    } else {
        walk.until_full(&mut outwards);
        match walk.few() {
            Some(few) => walk.until_over(few),
            None => walk.until_over(outwards),
        }
    }
    let (mut decision, interest) = walk.end();
    if !incident.policy.bring.is_empty() {
        look_for_errands(question, ways.as_ref(), interest, &mut decision);
    }
    decision.finish(ways.label());
    decision
}

/// Adds to everybody on the shortlist what they could bring along.
fn look_for_errands(question: &Question<'_>, ways: &dyn Ways, reach: Metres, decision: &mut Decision) {
    let things = errands::Things::around(question, ways, reach);
    decision.bring(|considered, straight_s| {
        let Some(person) = question.roster.get(considered.responder) else { return Vec::new() };
        let from = whereabouts(question, person.id, person.home);
        from.map_or_else(Vec::new, |(from, _)| things.errands(person, from, straight_s))
    });
    decision.left_out = things.left_out(decision.candidates.iter().map(|candidate| candidate.responder));
}

impl<'a> Question<'a> {
    fn is_day(&self) -> bool {
        is_day(self.local)
    }

    fn terms(&self, limit_s: u32) -> Terms<'a> {
        Terms { policy: &self.incident.policy, today: self.local.date(), is_day: self.is_day(), limit_s }
    }
}

impl Source {
    /// What must be added to the way because the person may have moved since, seconds.
    fn aged_s(self) -> u32 {
        match self {
            Self::Ping { age_s } => age_s.saturating_sub(FRESH_S).saturating_mul(AGED_PERMILLE) / 1000,
            Self::Home => 0,
        }
    }
}

/// Whether somebody who was found earlier may still be asked: people switch themselves off, and boards decide, between a
/// search and the wave it serves.
#[must_use]
pub fn may_be_asked(question: &Question<'_>, person: VolunteerId) -> bool {
    question.roster.get(person).is_some_and(|volunteer| facts::refusal(question, volunteer).is_none())
}

/// The longest time to the scene that is worth asking for, seconds: within the policy's reach and, where the
/// ambulance's arrival is known, before it by the demanded gain.
#[must_use]
pub fn limit_s(policy: &Policy, now: Timestamp, ambulance_eta: Option<Timestamp>) -> u32 {
    let before_ambulance = ambulance_eta.map(|eta| {
        let left = eta.since(now).as_secs();
        u32::try_from(left).unwrap_or(u32::MAX).saturating_sub(policy.gain_min.0)
    });
    policy.reach_max.0.min(before_ambulance.unwrap_or(u32::MAX))
}

/// Whoever is met on the way outwards; nobody where somebody was met by what is not thought to be their place, and is
/// met again by what is, and nobody who has just left the registry.
fn found<'a>(
    question: &Question<'a>,
    responder: VolunteerId,
    distance: Metres,
    by_ping: bool,
) -> Option<Found<'a>> {
    if !by_ping && fresh(question, responder).is_some() {
        return None; // as most are: met elsewhere, or already
    }
    let volunteer = question.roster.get(responder)?;
    let (position, source) = whereabouts(question, responder, volunteer.home)?;
    (by_ping == matches!(source, Source::Ping { .. })).then_some(Found {
        volunteer,
        position,
        source,
        distance,
    })
}

/// Where a person is thought to be: the last position unless it is old and a home is known.
fn whereabouts(
    question: &Question<'_>,
    responder: VolunteerId,
    home: Option<Position>,
) -> Option<(Position, Source)> {
    let last = match home {
        Some(_) => fresh(question, responder),
        None => (question.last)(responder),
    };
    let ping = |last: LastPosition| (last.position, Source::ping(question.now.since(last.fixed_at)));
    last.map(ping).or(home.map(|home| (home, Source::Home)))
}

/// The last position of somebody, unless it is old.
fn fresh(question: &Question<'_>, responder: VolunteerId) -> Option<LastPosition> {
    (question.last)(responder).filter(|last| question.now.since(last.fixed_at) <= POSITION_AGE_MAX)
}

/// Two streams of people by distance as one, each marked with whether it came from a last position.
fn merged<A, B>(
    mut pinged: Peekable<A>,
    mut homes: Peekable<B>,
) -> impl Iterator<Item = (VolunteerId, Metres, bool)>
where
    A: Iterator<Item = (VolunteerId, Metres)>,
    B: Iterator<Item = (VolunteerId, Metres)>,
{
    std::iter::from_fn(move || {
        let ping_first = match (pinged.peek(), homes.peek()) {
            (Some(ping), Some(home)) => ping.1 <= home.1,
            (Some(_), None) => true,
            (None, _) => false,
        };
        let next = if ping_first { pinged.next() } else { homes.next() };
        next.map(|(responder, distance)| (responder, distance, ping_first))
    })
}
