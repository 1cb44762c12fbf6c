//! Whom to ask: filters, order and the reason for everybody looked at. Pure: it reads a [`Question`] and answers
//! with a [`Decision`]; nothing here touches the database, the clock or randomness.

mod decision;
mod errands;
mod facts;
mod roster;
#[cfg(test)]
mod tests;
mod things;
mod willingness;
#[cfg(test)]
mod worlds_tests;

use std::iter::Peekable;

use certus_registry::{Metres, Position, Timestamp, VolunteerId};

use crate::incident::{Incident, Policy};
use crate::positions::LastPosition;
use crate::travel::{TravelTime, Ways, is_day};

pub use decision::{Considered, Decision, Source, Verdict};
pub use facts::{Facts, Terms};
pub use roster::Roster;
pub use things::Things;
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
    /// The last known position of a person.
    pub last: &'a dyn Fn(VolunteerId) -> Option<LastPosition>,
    /// How travel time is estimated.
    pub travel: &'a dyn TravelTime,
}

/// Answers the question. `pinged` yields people by the distance of their last position, nearest first; people
/// without a fresh one are found by their home.
pub fn search(question: &Question<'_>, pinged: impl Iterator<Item = (VolunteerId, Metres)>) -> Decision {
    let incident = question.incident;
    let limit_s = limit_s(&incident.policy, question.now, incident.ambulance_eta);
    let speed_max = question.travel.speed_max();
    let ways = question.travel.towards(incident.place.position, question.local, incident.policy.reach_max.0);
    // Beyond `reach` nobody can be asked; as far as the policy goes, people are still told why.
    let reach = Metres(speed_max * f64::from(limit_s));
    let interest = Metres(speed_max * f64::from(incident.policy.reach_max.0));
    let homes = question.roster.homes().nearest(incident.place.position, |_| true);
    let turnout_s = question.terms(limit_s).turnout_s();
    let mut decision = Decision::begin(question, limit_s);
    for (responder, distance, by_ping) in merged(pinged.peekable(), homes.peekable()) {
        let told_enough = distance > reach && decision.is_full();
        let soonest_s = f64::from(turnout_s) + distance.0 / speed_max;
        if distance > interest || told_enough || decision.is_settled(soonest_s) {
            break;
        }
        let Some((position, source)) = whereabouts(question, responder) else { continue };
        if by_ping != matches!(source, Source::Ping { .. }) {
            continue; // known by both; counted where the better one comes
        }
        let Some(volunteer) = question.roster.get(responder) else { continue }; // has just left the registry
        let aged_s = source.aged_s();
        // No reason is listed any more: what the way would take is worth finding out only for who could be on the shortlist.
        let too_late = || decision.is_settled(soonest_s + f64::from(aged_s));
        if decision.is_full() && (too_late() || facts::refusal(question, volunteer).is_some()) {
            decision.pass_over();
            continue;
        }
        let facts = Facts::gather(question, ways.as_ref(), volunteer, (position, distance), aged_s);
        let verdict = facts.verdict(&question.terms(limit_s));
        decision.add(Considered { responder, distance_m: whole(distance), source, facts, verdict });
    }
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
        let from = whereabouts(question, considered.responder).map(|(position, _)| position);
        let person = question.roster.get(considered.responder);
        from.zip(person).map_or_else(Vec::new, |(from, person)| things.errands(person, from, straight_s))
    });
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

/// Where a person is thought to be: the last position unless it is old and a home is known.
fn whereabouts(question: &Question<'_>, responder: VolunteerId) -> Option<(Position, Source)> {
    let home = question.roster.get(responder).and_then(|volunteer| volunteer.home);
    let last = (question.last)(responder);
    let age = last.as_ref().map(|last| question.now.since(last.fixed_at));
    match (last, age, home) {
        (Some(last), Some(age), None) => Some((last.position, Source::ping(age))),
        (Some(last), Some(age), Some(_)) if age <= POSITION_AGE_MAX => {
            Some((last.position, Source::ping(age)))
        }
        (_, _, Some(home)) => Some((home, Source::Home)),
        (_, _, None) => None,
    }
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

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most half the earth's girth")]
fn whole(distance: Metres) -> u32 {
    distance.0.round() as u32
}
