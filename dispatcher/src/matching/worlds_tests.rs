//! The search beside one that looks at everybody: 10 000 random worlds, each again after people and positions were removed
//! or moved, and again when time has passed and positions, certificates, approvals and duties have run out.
//!
//! What is expected is worked out here from the words of the rules; only the straight line and the weekly hours' notation
//! are shared with the search.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use certus_registry::availability::{Exception, Exceptions, Holidays};
use certus_registry::volunteer::{Competence, Vetting};
use certus_registry::{
    Availability, CompetenceKind, Duty, Language, Mode, Position, Random, Timestamp, Volunteer, VolunteerId,
};
use jiff::ToSpan as _;
use jiff::civil::Date;
use rand::RngExt as _;

use super::*;
use crate::incident::tests::{next_door, raised};
use crate::incident::{Event, Policy, Seconds};
use crate::positions::PositionIndex;
use crate::travel::StraightLine;

mod rules;

const WORLDS: u64 = 10_000;
/// Side by side; the same worlds with any other number.
const THREADS: u64 = 4;
/// Tuesday 2026-11-24 12:00 in Jämtland.
const NOON: Timestamp = Timestamp::from_millis(1_795_518_000_000);
/// Two hours, after which a position says less than a home.
const STALE_S: u64 = 7_200;

/// Weekly hours as they are written, and whether they hold on a day, Monday 0, at an hour.
type Hours = (&'static str, fn(i8, i8) -> bool);
const HOURS: [Hours; 6] = [
    ("always", |_, _| true),
    ("never", |_, _| false),
    ("mon-fri 07-16", |day, hour| day < 5 && (7..16).contains(&hour)),
    ("sat,sun 00-24", |day, _| day >= 5),
    ("mon-sun 22-06", |_, hour| !(6..22).contains(&hour)),
    ("tue-thu 10-24", |day, hour| (1..=3).contains(&day) && hour >= 10),
];

#[test]
fn in_ten_thousand_worlds_the_shortlist_and_every_verdict_are_those_of_a_look_at_everybody() {
    let seen = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS).map(|first| scope.spawn(move || worlds_from(first))).collect();
        let seen = threads.into_iter().flat_map(|thread| thread.join().unwrap());
        seen.collect::<BTreeSet<&str>>()
    });
    let every = [
        "already_asked",
        "approval_expired",
        "certificate_expired",
        "eligible",
        "lacks_competence",
        "monthly_max",
        "no_way",
        "not_approved",
        "not_available",
        "not_before_ambulance",
        "off_duty",
        "on_another_call_out",
        "outside_hours",
        "resting",
        "too_far",
    ];
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), every, "the worlds show every verdict");
}

/// Every fourth world from `first` on; the verdicts that were seen.
fn worlds_from(first: u64) -> BTreeSet<&'static str> {
    let mut seen = BTreeSet::new();
    for seed in (first..WORLDS).step_by(usize::try_from(THREADS).unwrap()) {
        let mut world = World::of(seed);
        seen.extend(world.checked("as it was made"));
        world.change();
        seen.extend(world.checked("after removals and moves"));
        world.wait();
        seen.extend(world.checked("after some time"));
    }
    seen
}

/// Everything a search looks at.
struct World {
    seed: u64,
    random: Random,
    now: Timestamp,
    incident: Incident,
    people: Vec<Volunteer>,
    /// As many as there are people, for each the weekly hours.
    hours: BTreeMap<VolunteerId, Hours>,
    last: BTreeMap<VolunteerId, LastPosition>,
    pings: PositionIndex,
    engaged: BTreeSet<VolunteerId>,
    /// How often they were asked, and since when they rest.
    strain: BTreeMap<VolunteerId, (u32, Option<Timestamp>)>,
    /// How far people are from the scene at most, degrees.
    spread: f64,
    /// Of a hundred people so many could be asked, if they came soon enough.
    plain_percent: u32,
    /// Of a hundred people so many hold what is asked for, where that is rare and many people are about.
    rare_percent: Option<u32>,
}

/// What the rules say about one person.
#[derive(Debug)]
struct Expected {
    who: VolunteerId,
    distance: Metres,
    source: Source,
    /// With rank 0.
    verdict: Verdict,
}

impl World {
    fn of(seed: u64) -> Self {
        let random = Random::from_seed(seed);
        let now = NOON + Duration::from_secs(random.with(|rng| rng.random_range(0..360 * 86_400)));
        let rare_percent = random.with(|rng| (rng.random_range(0..60) == 0).then(|| rng.random_range(1..12)));
        let mut world = Self {
            seed,
            now,
            incident: incident(&random, now, rare_percent.is_some()),
            people: Vec::new(),
            hours: BTreeMap::new(),
            last: BTreeMap::new(),
            pings: PositionIndex::default(),
            engaged: BTreeSet::new(),
            strain: BTreeMap::new(),
            spread: random.with(|rng| [0.005, 0.05, 0.3, 1.2][rng.random_range(0..4)]),
            plain_percent: random.with(|rng| [0, 50, 97][rng.random_range(0..3)]),
            rare_percent,
            random,
        };
        for _ in 0..world.size() {
            world.person();
        }
        world.ask_some();
        world
    }

    /// Mostly a handful, sometimes more than a shortlist, now and then more than are listed.
    fn size(&self) -> usize {
        self.random.with(|rng| match rng.random_range(0..100) {
            _ if self.rare_percent.is_some() => rng.random_range(200..1_000),
            0..60 => rng.random_range(0..8),
            60..96 => rng.random_range(8..30),
            _ => rng.random_range(30..250),
        })
    }

    fn chance(&self, percent: u32) -> bool {
        self.random.with(|rng| rng.random_range(0..100) < percent)
    }

    /// Somewhere around the scene; now and then where others are, so that some are equally far.
    fn somewhere(&self) -> Position {
        let scene = self.incident.place.position;
        let [north, east] = self.random.with(|rng| [0; 2].map(|_| rng.random_range(-1.0..1.0_f64)));
        let [north, east] = if self.chance(20) { [north.round(), 0.0] } else { [north, east] };
        Position::new(scene.lat() + north * self.spread, scene.lon() + 2.0 * east * self.spread).unwrap()
    }

    fn day(&self, from: i64, to: i64) -> Date {
        let days = self.random.with(|rng| rng.random_range(from..=to));
        self.local().date().checked_add(days.days()).unwrap()
    }

    fn person(&mut self) {
        let id = VolunteerId::new(self.now, &self.random);
        let plain = self.chance(self.plain_percent);
        let always = plain || self.chance(70);
        let hours = if always { HOURS[0] } else { HOURS[self.random.with(|rng| rng.random_range(1..6))] };
        self.people.push(Volunteer {
            id,
            name: "Anna Berg".parse().unwrap(),
            birth_year: None,
            phone: format!("+4670{:07}", self.people.len()).parse().unwrap(),
            languages: vec![Language::Swedish],
            competences: self.competences(plain),
            modes: Mode::ALL.iter().copied().filter(|_| self.chance(40)).collect(),
            home: self.chance(75).then(|| self.somewhere()),
            duty: if plain { Duty::ON } else { self.duty() },
            availability: if plain { Availability::ALWAYS } else { self.plan(hours.0) },
            vetting: if plain { Vetting::Approved { until: self.day(3, 9) } } else { self.vetting() },
            organisation: None,
            county: certus_registry::County::DEFAULT,
        });
        self.hours.insert(id, hours);
        if !plain && self.chance(30) {
            self.strain.insert(id, self.strain());
        }
        if self.chance(60) {
            self.ping(id);
        }
        if self.chance(10) {
            self.engaged.insert(id);
        }
    }

    fn plan(&self, hours: &str) -> Availability {
        let one = || {
            let hours = |from: i64, to: i64| self.random.with(|rng| rng.random_range(from..to)).hours();
            let from = self.local().date().at(0, 0, 0, 0).saturating_add(hours(-30, 30));
            Exception::new(from, from.saturating_add(hours(1, 40)), self.chance(30), None).unwrap()
        };
        let exceptions = (0..3).filter(|_| self.chance(15)).map(|_| one()).collect();
        Availability {
            holidays: Holidays::ALL[self.random.with(|rng| rng.random_range(0..3))],
            nights: self.chance(80),
            exceptions: Exceptions::of(exceptions).unwrap(),
            monthly_max: self.chance(30).then(|| 2.try_into().unwrap()),
            ..Availability::within(hours.parse().unwrap())
        }
    }

    fn strain(&self) -> (u32, Option<Timestamp>) {
        let ago = Duration::from_secs(self.random.with(|rng| rng.random_range(0..20_000)));
        (self.random.with(|rng| rng.random_range(0..4)), self.chance(60).then_some(self.now - ago))
    }

    fn competences(&self, plain: bool) -> Vec<Competence> {
        let wanted = &self.incident.policy.competences;
        let held = CompetenceKind::ALL.iter().filter(|kind| match self.rare_percent {
            Some(percent) if wanted.contains(kind) => self.chance(percent),
            Some(_) | None => plain || self.chance(35),
        });
        let expires = || (!plain && self.chance(50)).then(|| self.day(-3, 6));
        held.map(|kind| Competence { kind: *kind, expires: expires() }).collect()
    }

    fn duty(&self) -> Duty {
        let until = self.now + Duration::from_secs(self.random.with(|rng| rng.random_range(0..200_000)));
        match self.random.with(|rng| rng.random_range(0..10)) {
            0 => Duty::OFF,
            1 => Duty::Off { until: Some(until) },
            2 => Duty::On { until: Some(until) },
            3 if self.chance(30) => Duty::Stopped,
            _ => Duty::ON,
        }
    }

    fn vetting(&self) -> Vetting {
        match self.random.with(|rng| rng.random_range(0..14)) {
            0 => Vetting::Applied,
            1 if self.chance(50) => Vetting::Suspended,
            2 if self.chance(50) => Vetting::Left,
            3 | 4 => Vetting::Approved { until: self.day(-2, 2) },
            _ => Vetting::Approved { until: self.day(3, 9) },
        }
    }

    /// A position that is minutes or hours old; some phones are ahead of the clock.
    fn ping(&mut self, volunteer: VolunteerId) {
        let age = self.random.with(|rng| rng.random_range(0..14_400));
        let ahead = if self.chance(3) { Duration::from_secs(40) } else { Duration::ZERO };
        let (position, fixed_at) = (self.somewhere(), self.now - Duration::from_secs(age) + ahead);
        let last = LastPosition { volunteer, position, accuracy: None, fixed_at, received_at: self.now };
        self.last.insert(volunteer, last);
        self.pings.put(volunteer, position);
    }

    /// Up to three are asked, and so not again.
    fn ask_some(&mut self) {
        let asked: Vec<VolunteerId> = self.people.iter().map(|person| person.id).take(40).collect();
        let asked: Vec<VolunteerId> = asked.into_iter().filter(|_| self.chance(8)).take(3).collect();
        let found = Event::CandidatesFound { candidates: asked.into_iter().map(next_door).collect() };
        self.incident.handle(self.now, &found).unwrap();
    }

    /// People leave the registry, positions are taken away, others come; a position may stay behind its person.
    fn change(&mut self) {
        for person in std::mem::take(&mut self.people) {
            let (left, lost, moved) = (self.chance(12), self.chance(15), self.chance(25));
            if lost && self.last.remove(&person.id).is_some() {
                assert!(self.pings.remove(person.id), "it was there");
            } else if moved {
                self.ping(person.id);
            }
            if !left {
                let home =
                    if self.chance(15) { self.chance(50).then(|| self.somewhere()) } else { person.home };
                self.people.push(Volunteer { home, ..person });
            }
        }
    }

    fn wait(&mut self) {
        let spans = [600, 3_600, 10_800, 86_400, 400_000];
        let seconds = spans[self.random.with(|rng| rng.random_range(0..spans.len()))];
        self.now = self.now + Duration::from_secs(seconds);
    }

    fn local(&self) -> jiff::ZonedDateTime {
        self.now.in_zone(&jiff::tz::TimeZone::get("Europe/Stockholm").unwrap())
    }

    /// Searches, compares, and tells which verdicts there were.
    fn checked(&self, when: &str) -> Vec<&'static str> {
        let local = self.local();
        let question = Question {
            now: self.now,
            local: &local,
            incident: &self.incident,
            roster: &Roster::of(1, self.people.clone()),
            engaged: &|who| self.engaged.contains(&who),
            answers: &|_| Answers::default(),
            asked: &|who| self.strain.get(&who).map_or(0, |strain| strain.0),
            rests_since: &|who| self.strain.get(&who)?.1,
            last: &|who| self.last.get(&who).copied(),
            travel: &StraightLine::default(),
        };
        let found = search(&question, self.pings.nearest(self.incident.place.position, |_| true));
        let expected = self.everybody(&local);
        expected.compare(&found, &format!("world {} {when}", self.seed));
        self.passes_by_the_others(&found);
        found.considered.iter().map(|considered| considered.verdict.as_str()).collect()
    }
}

impl World {
    /// Where what is asked for is rare, nobody else is looked at beyond the list.
    fn passes_by_the_others(&self, found: &Decision) {
        let wanted = &self.incident.policy.competences;
        let holds = |person: &&Volunteer| person.competences.iter().any(|held| wanted.contains(&held.kind));
        let holders = self.people.iter().filter(holds).count();
        if self.rare_percent.is_some_and(|percent| percent < 5) && holders < self.people.len() / 20 {
            assert!(found.unlisted as usize <= holders, "world {}: {} unlisted", self.seed, found.unlisted);
        }
    }
}

/// Everybody near enough to be of interest, nearest first, and the shortlist: who, how, and after how many seconds.
struct Everybody {
    people: Vec<Expected>,
    shortlist: Vec<(u32, VolunteerId, Mode)>,
}

impl World {
    fn everybody(&self, local: &jiff::ZonedDateTime) -> Everybody {
        let fastest = StraightLine::default().speed_max();
        let interest = fastest * f64::from(self.incident.policy.reach_max.0);
        let mut people: Vec<Expected> =
            self.people.iter().filter_map(|person| self.expected(person, local)).collect();
        people.retain(|expected| expected.distance.0 <= interest);
        people.sort_by(|one, other| one.distance.0.total_cmp(&other.distance.0));
        let mut shortlist: Vec<(u32, VolunteerId, Mode)> = Vec::new();
        for expected in &people {
            if let Verdict::Eligible { mode, turnout_s, travel_s, .. } = expected.verdict {
                shortlist.push((turnout_s + travel_s, expected.who, mode));
            }
        }
        shortlist.sort_unstable();
        shortlist.truncate(SHORTLIST_MAX);
        Everybody { people, shortlist }
    }

    /// Nothing when nobody knows where the person is.
    fn expected(&self, person: &Volunteer, local: &jiff::ZonedDateTime) -> Option<Expected> {
        let last = self.last.get(&person.id);
        let age_s = last.map_or(0, |last| self.now.since(last.fixed_at).as_secs());
        let on_the_dot =
            last.is_some_and(|last| self.now.since(last.fixed_at) <= Duration::from_secs(STALE_S));
        let by_phone = last.filter(|_| person.home.is_none() || on_the_dot);
        let position = by_phone.map(|last| last.position).or(person.home)?;
        let late_s = by_phone.map_or(0, |_| age_s.saturating_sub(900) * 14 / 100);
        let verdict = self.refused(person, local).unwrap_or_else(|| {
            self.by_the_way(person, position, u32::try_from(late_s).unwrap_or(u32::MAX), local)
        });
        let source = by_phone.map_or(Source::Home, |_| Source::Ping { age_s: u32::try_from(age_s).unwrap() });
        let distance = position.distance_to(self.incident.place.position);
        Some(Expected { who: person.id, distance, source, verdict })
    }

    /// Whether somebody whom nothing else keeps away is there soon enough.
    fn by_the_way(
        &self,
        person: &Volunteer,
        at: Position,
        late_s: u32,
        local: &jiff::ZonedDateTime,
    ) -> Verdict {
        let policy = &self.incident.policy;
        let (line, scene) = (StraightLine::default(), self.incident.place.position);
        let ways = line.towards(scene, local, policy.reach_max.0);
        let mut quickest = None;
        for mode in &person.modes {
            let seconds = ways.seconds(at, *mode);
            if let Some(seconds) = seconds.filter(|new| quickest.is_none_or(|best| (*new, *mode) < best)) {
                quickest = Some((seconds, *mode));
            }
        }
        let Some((drive_s, mode)) = quickest else { return Verdict::NoWay };
        let by_day = local.hour() >= 7 && local.hour() < 22;
        let turnout_s = if by_day { policy.turnout_day.0 } else { policy.turnout_night.0 };
        let travel_s = drive_s + late_s;
        let (seconds, reach_s) = (turnout_s + travel_s, policy.reach_max.0);
        let ambulance_s = self.incident.ambulance_eta.map(|eta| {
            let left_s = (eta.as_millis() - self.now.as_millis()).max(0) / 1_000;
            (left_s - i64::from(policy.gain_min.0)).max(0)
        });
        let limit_s = ambulance_s.map_or(reach_s, |left_s| u32::try_from(left_s).unwrap().min(reach_s));
        match seconds {
            _ if seconds <= limit_s => Verdict::Eligible { rank: 0, mode, turnout_s, travel_s },
            _ if seconds <= reach_s => Verdict::NotBeforeAmbulance { seconds, limit_s },
            _ => Verdict::TooFar { seconds, limit_s: reach_s },
        }
    }
}

impl Everybody {
    fn compare(&self, found: &Decision, world: &str) {
        let shortlist = found.candidates.iter().map(|c| (c.seconds_to_scene(), c.responder, c.mode));
        assert_eq!(shortlist.collect::<Vec<_>>(), self.shortlist, "{world}: the shortlist");
        let expected: BTreeMap<VolunteerId, &Expected> =
            self.people.iter().map(|expected| (expected.who, expected)).collect();
        let mut listed = BTreeSet::new();
        for considered in &found.considered {
            let who = considered.responder;
            let expected = expected.get(&who).unwrap_or_else(|| panic!("{world}: {who} is not near"));
            assert!(listed.insert(who), "{world}: {who} has two verdicts");
            assert_eq!(considered.source, expected.source, "{world}: {who}");
            assert_eq!(considered.verdict, self.ranked(expected), "{world}: {who}");
            let apart = f64::from(considered.distance_m) - expected.distance.0;
            assert!(apart.abs() < 1.0, "{world}: {who} is off by {apart} m");
        }
        self.compare_lists(found, &listed, world);
    }

    /// Nobody is left out of a list that has room for them, unless a full shortlist ended the search.
    fn compare_lists(&self, found: &Decision, listed: &BTreeSet<VolunteerId>, world: &str) {
        let near = found.considered.iter().take(CONSIDERED_MAX).map(|considered| considered.distance_m);
        assert!(near.is_sorted(), "{world}: nearest first");
        assert!(self.shortlist.iter().all(|(_, who, _)| listed.contains(who)), "{world}: a reason for each");
        // Who is as far as the last one listed may be listed or not.
        let last = found.considered.get(CONSIDERED_MAX - 1).map(|last| f64::from(last.distance_m) - 1.0);
        let nearer = |near: &&Expected| last.is_none_or(|last| near.distance.0 < last);
        if self.shortlist.len() < SHORTLIST_MAX {
            let all = self.people.iter().filter(nearer);
            let left_out: Vec<&Expected> = all.filter(|near| !listed.contains(&near.who)).collect();
            assert!(left_out.is_empty(), "{world}: {left_out:?}");
        }
    }

    fn ranked(&self, expected: &Expected) -> Verdict {
        let place = self.shortlist.iter().position(|(_, who, _)| *who == expected.who);
        let mut verdict = expected.verdict;
        if let Verdict::Eligible { rank, .. } = &mut verdict {
            *rank = place.map_or(0, |place| u16::try_from(place + 1).unwrap());
        }
        verdict
    }
}

/// With a policy and an ambulance of its own; something rare is one of two competences.
fn incident(random: &Random, now: Timestamp, rare: bool) -> Incident {
    let mut raised = raised(2, 3);
    let drawn = |from: u32, to: u32| random.with(|rng| rng.random_range(from..to));
    let kinds = CompetenceKind::ALL.iter().copied();
    raised.policy = Policy {
        competences: if rare {
            [CompetenceKind::ALL[drawn(0, 2) as usize], CompetenceKind::ALL[2]].into()
        } else {
            kinds.filter(|_| drawn(0, 100) < 25).collect()
        },
        reach_max: Seconds([300, 900, 1_800, 5_400][drawn(0, 4) as usize]),
        gain_min: Seconds(drawn(0, 300)),
        turnout_day: Seconds(drawn(0, 200)),
        turnout_night: Seconds(drawn(0, 300)),
        rest: Seconds([0, 0, 3_600, 14_400][drawn(0, 4) as usize]),
        ..raised.policy
    };
    let eta = now + Duration::from_secs(drawn(60, 3_600).into());
    raised.ambulance_eta = (drawn(0, 100) < 50).then_some(eta);
    Incident::raise(now, &raised).0
}
