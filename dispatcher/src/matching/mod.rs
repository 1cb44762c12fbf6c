//! Whom to ask: filters, order and the reason for everybody looked at. Pure: it reads a [`Question`] and answers
//! with a [`Decision`]; nothing here touches the database, the clock or randomness.

mod decision;
mod eligibility;
mod roster;
#[cfg(test)]
mod tests;

use std::iter::Peekable;

use certus_registry::{Metres, Position, Timestamp, VolunteerId};

use crate::incident::{Candidate, Incident};
use crate::positions::LastPosition;
use crate::travel::{TravelTime, Ways, is_day};

pub use decision::{Considered, Decision, Source, Verdict};
pub use roster::Roster;

/// A search hands over at most this many people; the largest wave of the policies is 24.
pub const SHORTLIST_MAX: usize = 64;
/// Reasons kept per search, nearest first; those beyond are counted, not listed.
pub const CONSIDERED_MAX: usize = 200;
/// A position older than this says less than the person's home: 2 h, over an hour's driving out of date.
const POSITION_AGE_MAX: std::time::Duration = std::time::Duration::from_hours(2);

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
    /// The last known position of a person.
    pub last: &'a dyn Fn(VolunteerId) -> Option<LastPosition>,
    /// How travel time is estimated.
    pub travel: &'a dyn TravelTime,
}

/// Answers the question. `pinged` yields people by the distance of their last position, nearest first; people
/// without a fresh one are found by their home.
pub fn search(question: &Question<'_>, pinged: impl Iterator<Item = (VolunteerId, Metres)>) -> Decision {
    let incident = question.incident;
    let limit_s = limit_s(question);
    let speed_max = question.travel.speed_max();
    let ways = question.travel.towards(incident.place.position, question.local, incident.policy.reach_max.0);
    // Beyond `reach` nobody can be asked; as far as the policy goes, people are still told why.
    let reach = Metres(speed_max * f64::from(limit_s));
    let interest = Metres(speed_max * f64::from(incident.policy.reach_max.0));
    let homes = question.roster.homes().nearest(incident.place.position, |_| true);
    let mut decision = Decision::begin(question, limit_s);
    for (responder, distance, by_ping) in merged(pinged.peekable(), homes.peekable()) {
        let told_enough = distance > reach && decision.is_full();
        if distance > interest || told_enough || decision.is_settled(speed_max, distance) {
            break;
        }
        let Some((position, source)) = whereabouts(question, responder) else { continue };
        if by_ping != matches!(source, Source::Ping { .. }) {
            continue; // known by both; counted where the better one comes
        }
        let verdict = judge(question, ways.as_ref(), (responder, position, distance), limit_s);
        decision.add(Considered { responder, distance_m: whole(distance), source, verdict });
    }
    decision.finish(ways.label());
    decision
}

/// Whether somebody who was found earlier may still be asked: people switch themselves off, and boards decide, between a
/// search and the wave it serves.
#[must_use]
pub fn may_be_asked(question: &Question<'_>, person: VolunteerId) -> bool {
    question.roster.get(person).is_some_and(|volunteer| eligibility::refusal(question, volunteer).is_none())
}

/// The longest time to the scene that is worth asking for, seconds: within the policy's reach and, where the
/// ambulance's arrival is known, before it by the demanded gain.
fn limit_s(question: &Question<'_>) -> u32 {
    let policy = &question.incident.policy;
    let before_ambulance = question.incident.ambulance_eta.map(|eta| {
        let left = eta.since(question.now).as_secs();
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

fn judge(
    question: &Question<'_>,
    ways: &dyn Ways,
    (responder, position, distance): (VolunteerId, Position, Metres),
    limit_s: u32,
) -> Verdict {
    let Some(volunteer) = question.roster.get(responder) else { return Verdict::NotApproved };
    if let Some(refusal) = eligibility::refusal(question, volunteer) {
        return refusal;
    }
    let policy = &question.incident.policy;
    let turnout_s = if is_day(question.local) { policy.turnout_day.0 } else { policy.turnout_night.0 };
    let by_mode = volunteer.modes.iter().filter_map(|&mode| Some((ways.seconds(position, mode)?, mode)));
    let Some((travel_s, mode)) = by_mode.min() else { return Verdict::NoWay };
    let candidate = Candidate { responder, distance_m: whole(distance), mode, turnout_s, travel_s };
    let seconds = candidate.seconds_to_scene();
    if seconds <= limit_s {
        Verdict::Eligible { rank: 0, mode, turnout_s, travel_s }
    } else if seconds > policy.reach_max.0 {
        Verdict::TooFar { seconds, limit_s: policy.reach_max.0 }
    } else {
        Verdict::NotBeforeAmbulance { seconds, limit_s }
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

impl Considered {
    /// As a candidate, if eligible.
    #[must_use]
    pub fn candidate(&self) -> Option<Candidate> {
        let Verdict::Eligible { mode, turnout_s, travel_s, .. } = self.verdict else { return None };
        Some(Candidate { responder: self.responder, distance_m: self.distance_m, mode, turnout_s, travel_s })
    }
}
