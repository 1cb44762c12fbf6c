//! The moving truth of the invented county: where people really are, and what they do with a message.
//!
//! They read their phones like anybody: the only thing they know of an alarm is its text.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use certus_registry::{Phone, Position, Random, Timestamp, Volunteer, VolunteerId};
use certus_sms_bridge::simulated::{Answer, People};
use rand::rngs::ChaCha12Rng;
use rand::{RngExt as _, SeedableRng as _};

use super::people::{pick, scatter};
use crate::positions::Point;

/// How often a phone with an app reports while its owner is on the way, and otherwise.
const PING_UNDER_WAY: Duration = Duration::from_secs(30);
const PING_USUALLY: Duration = Duration::from_mins(10);
/// Road speed of a volunteer in a hurry, metres per second along a straight line (80 km/h over a detour of 1.4).
const SPEED: std::ops::Range<f64> = 11.0..19.0;
const YES: [&str; 6] = ["JA", "Ja", "ja jag kommer", "JA, på väg", "ok ja", "YES"];
const NO: [&str; 5] = ["NEJ", "nej tyvärr", "Nej, är i Östersund", "kan inte nu", "NO"];
const UNCLEAR: [&str; 3] = ["Vem är detta?", "Var exakt?", "Behövs skoter?"];

/// Something a phone does by itself or by its owner's hand.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Act {
    /// Reports a position.
    Ping(VolunteerId, Point),
    /// Writes a message.
    Say(Phone, &'static str),
}

struct Person {
    id: VolunteerId,
    phone: Phone,
    home: Position,
    at: Position,
    /// Has an app that reports positions.
    app: bool,
    /// Would say yes, and would not answer at all; per cent.
    yes: u32,
    silent: u32,
    rng: ChaCha12Rng,
    /// The call-out answered last; the network brings some texts twice.
    answered: Option<String>,
    trip: Option<Trip>,
}

/// On the way to an incident, or there.
#[derive(Clone)]
struct Trip {
    /// Where it began, the stops, and the scene.
    way: Vec<Position>,
    leaves: Timestamp,
    arrives: Timestamp,
    done: Timestamp,
    told: Told,
}

/// What the operator has heard from somebody on a trip.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Told {
    Yes,
    OnScene,
}

/// Everybody, and what they are about to do.
pub(super) struct World {
    people: Vec<Person>,
    by_phone: BTreeMap<Phone, usize>,
    agenda: BTreeSet<(Timestamp, usize)>,
    /// From here on phones at rest are silent: the story is over.
    silent_from: Timestamp,
    said: u64,
}

impl World {
    pub(super) fn new(
        now: Timestamp,
        silent_from: Timestamp,
        random: &Random,
        volunteers: &[Volunteer],
    ) -> Self {
        let people: Vec<Person> = volunteers.iter().map(|volunteer| Person::new(random, volunteer)).collect();
        let by_phone = people.iter().enumerate().map(|(index, p)| (p.phone.clone(), index)).collect();
        let with_app = people.iter().enumerate().filter(|(_, person)| person.app);
        // Spread over the minutes, so that phones report in turn.
        let minutes = PING_USUALLY.as_secs() / 60;
        let agenda = with_app.map(|(n, _)| (now + Duration::from_mins(n as u64 % minutes), n)).collect();
        Self { people, by_phone, agenda, silent_from, said: 0 }
    }

    /// When somebody does something next.
    pub(super) fn next_at(&self) -> Option<Timestamp> {
        self.agenda.first().map(|(at, _)| *at)
    }

    /// Messages that people have written so far, each counted once.
    pub(super) fn said(&self) -> u64 {
        self.said
    }

    /// Lets everybody do what they do up to `now`.
    pub(super) fn step(&mut self, now: Timestamp) -> Vec<Act> {
        let mut acts = Vec::new();
        while let Some((at, index)) = self.agenda.first().copied().filter(|(at, _)| *at <= now) {
            self.agenda.pop_first();
            if let Some(next) = self.people[index].act(at, &mut acts).filter(|next| *next < self.silent_from)
            {
                self.agenda.insert((next, index));
            }
        }
        self.said += acts.iter().filter(|act| matches!(act, Act::Say(..))).count() as u64;
        acts
    }
}

impl Person {
    fn new(random: &Random, volunteer: &Volunteer) -> Self {
        let mut rng = ChaCha12Rng::from_seed(random.bytes());
        let home = volunteer.home.expect("everybody in the demo has a home");
        Self {
            id: volunteer.id,
            phone: volunteer.phone.clone(),
            home,
            at: home,
            app: rng.random_bool(0.4),
            yes: rng.random_range(15..60),
            silent: rng.random_range(10..40),
            rng,
            answered: None,
            trip: None,
        }
    }

    /// Does what is due and says when something is due again, if anything.
    fn act(&mut self, now: Timestamp, acts: &mut Vec<Act>) -> Option<Timestamp> {
        let again = self.app.then(|| now + PING_USUALLY);
        let Some(mut trip) = self.trip.clone() else {
            self.at = scatter(&mut self.rng, self.home, 0.01);
            self.ping(now, acts);
            return again;
        };
        self.at = trip.position(now);
        self.ping(now, acts);
        if now >= trip.arrives && trip.told == Told::Yes {
            trip.told = Told::OnScene;
            acts.push(Act::Say(self.phone.clone(), "FRAMME"));
        }
        if now >= trip.done {
            acts.push(Act::Say(self.phone.clone(), "KLAR"));
            self.trip = None;
            return again;
        }
        let milestone = if trip.told == Told::Yes { trip.arrives } else { trip.done };
        self.trip = Some(trip);
        let soon = milestone.max(now + Duration::from_secs(1));
        Some(if self.app { soon.min(now + PING_UNDER_WAY) } else { soon })
    }

    fn ping(&self, now: Timestamp, acts: &mut Vec<Act>) {
        if self.app {
            let (lat, lon) = (self.at.lat(), self.at.lon());
            acts.push(Act::Ping(self.id, Point { lat, lon, accuracy: Some(10.0), fixed_at: now }));
        }
    }

    /// From stop to stop, the last of which is the scene.
    fn set_out(&mut self, now: Timestamp, stops: &[Position]) -> Timestamp {
        let leaves = now + Duration::from_secs(self.rng.random_range(40..200));
        let way: Vec<Position> = std::iter::once(self.at).chain(stops.iter().copied()).collect();
        let seconds = length(&way) / self.rng.random_range(SPEED);
        let arrives = leaves + Duration::from_secs_f64(seconds);
        let done = arrives + Duration::from_mins(self.rng.random_range(8..40));
        self.trip = Some(Trip { way, leaves, arrives, done, told: Told::Yes });
        leaves
    }
}

impl Trip {
    /// Along straight lines from stop to stop, at constant speed.
    fn position(&self, now: Timestamp) -> Position {
        let whole = self.arrives.since(self.leaves).as_secs_f64().max(1.0);
        let mut left = length(&self.way) * (now.since(self.leaves).as_secs_f64() / whole);
        for leg in self.way.windows(2) {
            let (from, to) = (leg[0], leg[1]);
            let metres = from.distance_to(to).0;
            if left < metres {
                let between = |from: f64, to: f64| from + (to - from) * (left / metres);
                let (lat, lon) = (between(from.lat(), to.lat()), between(from.lon(), to.lon()));
                return Position::new(lat, lon).unwrap_or(to);
            }
            left -= metres;
        }
        self.way[self.way.len() - 1]
    }
}

/// Metres along straight lines.
fn length(way: &[Position]) -> f64 {
    way.windows(2).map(|leg| leg[0].distance_to(leg[1]).0).sum()
}

impl People for World {
    fn answer(&mut self, to: &Phone, body: &str, now: Timestamp) -> Vec<Answer> {
        let Some(&index) = self.by_phone.get(to) else { return Vec::new() };
        let person = &mut self.people[index];
        let answers = match read(body) {
            Message::CallOut => person.decide(body),
            Message::Directions(stops) => {
                let at = person.set_out(now, &stops);
                self.agenda.retain(|(_, who)| *who != index);
                self.agenda.insert((at, index));
                Vec::new()
            }
            Message::StandDown => {
                person.trip = None;
                Vec::new()
            }
            Message::Other => Vec::new(),
        };
        self.said += answers.len() as u64;
        answers
    }
}

impl Person {
    fn decide(&mut self, call_out: &str) -> Vec<Answer> {
        let again = self.answered.as_deref() == Some(call_out);
        self.answered = Some(call_out.to_owned());
        let drawn = self.rng.random_range(0..100);
        if again || self.trip.is_some() || drawn < self.silent {
            return Vec::new();
        }
        let words: &[&str] = match drawn - self.silent {
            n if n < self.yes => &YES,
            n if n >= 57 => &UNCLEAR,
            _ => &NO,
        };
        let after = Duration::from_secs(self.rng.random_range(8..100));
        vec![Answer { after, body: (*pick(&mut self.rng, words)).to_owned() }]
    }
}

/// What a text message says to somebody who reads it.
#[derive(Debug, PartialEq)]
enum Message {
    CallOut,
    /// Where to, the scene last.
    Directions(Vec<Position>),
    StandDown,
    Other,
}

fn read(body: &str) -> Message {
    if body.contains("/c/") {
        return Message::CallOut;
    }
    let stops = coordinates(body);
    if !stops.is_empty() {
        return Message::Directions(stops);
    }
    let off = ["AVBLÅST", "STOOD DOWN", "behöver inte åka", "need not go"];
    if off.iter().any(|words| body.contains(words)) { Message::StandDown } else { Message::Other }
}

/// Every `(63.34700 13.45700)` in the text.
fn coordinates(body: &str) -> Vec<Position> {
    let point = |inside: &str| {
        let (lat, lon) = inside.split_once(' ')?;
        Position::new(lat.parse().ok()?, lon.trim().parse().ok()?).ok()
    };
    body.split('(').skip(1).filter_map(|rest| rest.split(')').next()).filter_map(point).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_understand_the_texts_we_send() {
        let kept = "Tack! Åk till Storgatan 1 (63.34700 13.45700). Kör lugnt. Svara FRAMME när du är där";
        let scene = Position::new(63.347, 13.457).unwrap();
        assert_eq!(read(kept), Message::Directions(vec![scene]));
        let fetch = "Tack! Hämta hjärtstartaren: Järpen (63.35000 13.46000). Åk sedan till Storgatan 1 (63.34700 13.45700).";
        assert_eq!(read(fetch), Message::Directions(vec![Position::new(63.35, 13.46).unwrap(), scene]));
        assert_eq!(read("LARM hjärtstopp, Järpen. Svara JA eller NEJ. http://x/c/ABC"), Message::CallOut);
        assert_eq!(
            read("Tack! Järpen kl 03:10: vi har dem som behövs. Du behöver inte åka."),
            Message::StandDown
        );
    }
}
