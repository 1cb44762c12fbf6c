//! The search in towns with roads and more people than a record lists, beside one that asks for everybody's way: what it
//! leaves out because nobody there could be on the shortlist.

use certus_registry::volunteer::{Competence, Vetting};
use certus_registry::{
    Availability, CompetenceKind, Duty, Language, Mode, Position, Random, Timestamp, Volunteer, VolunteerId,
};
use jiff::civil::date;
use rand::RngExt as _;

use super::*;
use crate::incident::tests::raised;
use crate::positions::PositionIndex;
use crate::travel::roads::Roads;
use crate::travel::roads::build::Source;
use crate::travel::{StraightLine, TravelTime as _};

const TOWNS: u64 = 24;
/// Crossings on one side, and from one to the next, degrees: about 300 m.
const SIDE: i64 = 24;
const STEP: [f64; 2] = [0.0027, 0.006];
const CORNER: [f64; 2] = [63.1, 14.5];
/// Tuesday 2026-11-24 12:00 in Jämtland.
const NOON: Timestamp = Timestamp::from_millis(1_795_518_000_000);

#[test]
fn in_towns_with_roads_the_shortlist_is_that_of_a_look_at_everybodys_way() {
    let mut left_out = 0;
    for seed in 0..TOWNS {
        let town = Town::of(seed);
        let (found, everybody) = (town.search(), town.everybody());
        let shortlist: Vec<_> =
            found.candidates.iter().map(|c| (c.seconds_to_scene(), c.responder, c.mode)).collect();
        assert_eq!(shortlist, everybody, "town {seed}");
        left_out += town.people.len() - found.considered.len() - found.unlisted as usize;
    }
    assert!(left_out > 5_000, "the walk ends before it has met everybody: {left_out} were left out");
}

/// Streets, and people of whom one in `rare` holds what is asked for.
struct Town {
    random: Random,
    roads: Roads,
    people: Vec<Volunteer>,
    pings: PositionIndex,
    last: std::collections::HashMap<VolunteerId, LastPosition>,
    incident: Incident,
}

impl Town {
    fn of(seed: u64) -> Self {
        let random = Random::from_seed(seed);
        let mut raised = raised(2, 3);
        raised.policy.competences = vec![CompetenceKind::Firefighter];
        raised.place.position = somewhere(&random);
        let roads = Roads::on(streets(&random).graph().unwrap(), StraightLine::default());
        let incident = Incident::raise(NOON, &raised).0;
        let (people, pings, last) = Default::default();
        let mut town = Self { random, roads, people, pings, last, incident };
        let rare = if seed.is_multiple_of(2) { 1 } else { 12 };
        for number in 0..if rare == 1 { 700 } else { 2_500 } {
            town.person(number % rare == 0);
        }
        town
    }

    fn person(&mut self, holds: bool) {
        let id = VolunteerId::new(NOON, &self.random);
        let drawn = |from: u64, to: u64| self.random.with(|rng| rng.random_range(from..to));
        let modes = [vec![Mode::Car, Mode::Foot], vec![Mode::Foot], vec![Mode::Bicycle], Mode::ALL.to_vec()];
        let kind = if holds { CompetenceKind::Firefighter } else { CompetenceKind::Cpr };
        let home = (drawn(0, 4) > 0).then(|| somewhere(&self.random));
        let fixed_at = NOON - std::time::Duration::from_secs(drawn(0, 10_000));
        if drawn(0, 2) == 0 {
            let position = somewhere(&self.random);
            self.pings.put(id, position);
            let received_at = fixed_at;
            self.last
                .insert(id, LastPosition { volunteer: id, position, accuracy: None, fixed_at, received_at });
        }
        self.people.push(Volunteer {
            id,
            name: "Anna Berg".parse().unwrap(),
            birth_year: None,
            phone: format!("+4670{:07}", self.people.len()).parse().unwrap(),
            languages: vec![Language::Swedish],
            competences: vec![Competence { kind, expires: None }],
            modes: modes[usize::try_from(drawn(0, 4)).unwrap()].clone(),
            home,
            duty: Duty::ON,
            availability: Availability::ALWAYS,
            vetting: Vetting::Approved { until: date(2026, 12, 24) },
            organisation: None,
            county: certus_registry::County::DEFAULT,
        });
    }

    fn search(&self) -> Decision {
        let local = NOON.in_zone(&jiff::tz::TimeZone::get("Europe/Stockholm").unwrap());
        let question = Question {
            now: NOON,
            local: &local,
            incident: &self.incident,
            roster: &Roster::of(1, self.people.clone()),
            engaged: &|_| false,
            answers: &|_| Answers::default(),
            asked: &|_| 0,
            rests_since: &|_| None,
            last: &|who| self.last.get(&who).copied(),
            travel: &self.roads,
        };
        super::search(&question, self.pings.nearest(self.incident.place.position, |_| true))
    }

    fn everybody(&self) -> Vec<(u32, VolunteerId, Mode)> {
        let local = NOON.in_zone(&jiff::tz::TimeZone::get("Europe/Stockholm").unwrap());
        let policy = &self.incident.policy;
        let ways = self.roads.towards(self.incident.place.position, &local, policy.reach_max.0);
        let mut all = Vec::new();
        for person in self.people.iter().filter(|p| p.competences[0].kind == CompetenceKind::Firefighter) {
            let last = self.last.get(&person.id);
            let age_s = |last: &&LastPosition| NOON.since(last.fixed_at).as_secs();
            let ping = last.filter(|last| person.home.is_none() || age_s(last) <= 7_200);
            let Some(at) = ping.map(|last| last.position).or(person.home) else { continue };
            let late_s = ping.map_or(0, |last| age_s(&last).saturating_sub(900) * 14 / 100);
            let way = person.modes.iter().filter_map(|mode| Some((ways.seconds(at, *mode)?, *mode))).min();
            let Some((on_way_s, mode)) = way else { continue };
            let seconds = policy.turnout_day.0 + on_way_s + u32::try_from(late_s).unwrap();
            if seconds <= policy.reach_max.0 {
                all.push((seconds, person.id, mode));
            }
        }
        all.sort_unstable();
        all.truncate(SHORTLIST_MAX);
        all
    }
}

fn somewhere(random: &Random) -> Position {
    let at = |axis: usize| {
        let steps = random.with(|rng| rng.random_range(-1.0..25.0));
        f64::mul_add(steps, STEP[axis], CORNER[axis])
    };
    Position::new(at(0), at(1)).unwrap()
}

/// A grid with gaps, oneways and a few quick roads.
fn streets(random: &Random) -> Source {
    let mut source = Source::named("a town");
    let kinds: [&[(&str, &str)]; 4] = [
        &[("highway", "residential")],
        &[("highway", "secondary"), ("maxspeed", "80")],
        &[("highway", "tertiary"), ("oneway", "yes")],
        &[("highway", "path")],
    ];
    for crossing in 0..SIDE * SIDE {
        for (next, is_there) in
            [(crossing + 1, crossing % SIDE + 1 < SIDE), (crossing + SIDE, crossing / SIDE + 1 < SIDE)]
        {
            let lot = random.with(|rng| rng.random_range(0..6));
            if let Some(kind) = kinds.get(lot).filter(|_| is_there) {
                source.way(&[crossing, next], kind);
            }
        }
    }
    for crossing in 0..SIDE * SIDE {
        let [north, east] =
            [crossing / SIDE, crossing % SIDE].map(|steps| f64::from(i32::try_from(steps).unwrap()));
        source.node(crossing, [STEP[0].mul_add(north, CORNER[0]), STEP[1].mul_add(east, CORNER[1])], &[]);
    }
    source
}
