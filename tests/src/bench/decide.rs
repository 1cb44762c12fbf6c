//! The whole decision of an alarm: candidates, times on the road, what can be brought, the wave with its roles, and the record.
//!
//! Everything but the database: from the operator's incident to the first wave and the record's text. By turns a cardiac
//! arrest, for which nearly everybody will do and a defibrillator is to be brought, and a fire, for which one in a hundred
//! will. Beside it, in the same run, what a program pays that has no index and no roads: everybody looked at, sorted by the
//! straight line.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use certus_dispatcher::incident::{Event, Incident, IncidentId, Place, Raised};
use certus_dispatcher::matching::{Answers, Question, Roster, SHORTLIST_MAX, search};
use certus_dispatcher::policies::Policies;
use certus_dispatcher::positions::{LastPosition, LivePositions};
use certus_dispatcher::travel::StraightLine;
use certus_dispatcher::travel::roads::Roads;
use certus_registry::resource::Location;
use certus_registry::time::SystemClock;
use certus_registry::volunteer::Competence;
use certus_registry::{
    Catalogue, Clock as _, CompetenceKind, EventType, Metres, Position, Random, Resource, ResourceId,
    ResourceKind, Timestamp, Volunteer,
};
use clap::Args;

use super::county::County;
use super::figures::{self, Aim, Bound, Series};
use super::people::{place, volunteers};
use super::{now, progress};

/// A county as it is, and far more people than any has.
const SIZES: [(u32, &str, &str); 2] =
    [(2_000, "decide_2000", "scan_2000"), (1_000_000, "decide_1000000", "scan_1000000")];
/// One defibrillator for so many people, and no more than so many.
const PEOPLE_PER_AED: u32 = 50;
const AEDS_MAX: u32 = 2_000;
/// One in so many is a firefighter.
const FIREFIGHTERS: usize = 100;
/// From the alarm until the ambulance is there.
const AMBULANCE: Duration = Duration::from_mins(25);
/// Rounds that are not counted: caches fill.
const WARM_UP: u32 = 10;
/// The same places in every run.
const SEED: u64 = 23;
const AIMS: [Aim; 2] = [
    Aim { figure: "decide_2000_p99_ms", bound: Bound::AtMost(10.0) },
    Aim { figure: "decide_1000000_p99_ms", bound: Bound::AtMost(50.0) },
];

/// How much is measured.
#[derive(Debug, Args)]
pub struct Settings {
    /// Incidents for each number of people
    #[arg(long, default_value_t = 300, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    incidents: u32,
}

/// A registry with everybody's last position.
struct Network {
    roster: Roster,
    live: LivePositions,
}

/// Measures, and prints a table and a line of JSON.
///
/// # Errors
/// When something other than speed is wrong.
pub fn run(settings: &Settings) -> anyhow::Result<()> {
    let (random, at) = (Random::from_seed(SEED), SystemClock.now());
    let graph = County::invent().source().graph().context("the county has roads")?;
    let roads = Roads::on(graph, StraightLine::default());
    let policies = Policies::embedded();
    let mut all = Vec::new();
    for (people, decide, scan) in SIZES {
        progress(&format!("{people} people"));
        let network = Network::of(people, at, &random)?;
        let [mut ours, mut theirs] = [decide, scan].map(Series::new);
        for round in 0..WARM_UP + settings.incidents {
            let event = if round % 2 == 0 { EventType::CardiacArrest } else { EventType::Fire };
            let raised = raised(event, at, &policies, &random)?;
            let spans = [network.decide(&raised, at, &roads)?, network.scan(&raised)?];
            if round >= WARM_UP {
                ours.push(spans[0]);
                theirs.push(spans[1]);
            }
        }
        all.extend([ours, theirs]);
    }
    let mut out = std::io::stdout().lock();
    writeln!(out, "{}{}", figures::table(&all), figures::line("decide", &all, &[], &AIMS))?;
    Ok(())
}

fn raised(event: EventType, at: Timestamp, policies: &Policies, random: &Random) -> anyhow::Result<Raised> {
    let (lat, lon) = place(random);
    let place =
        Place { position: Position::new(lat, lon)?, accuracy_m: 50, name: "By".to_owned(), detail: None };
    Ok(Raised {
        id: IncidentId::new(at, random),
        event_type: event,
        place,
        ambulance_eta: Some(at + AMBULANCE),
        caller: None,
        external_id: None,
        group: None,
        policy: policies.of(event).clone(),
    })
}

impl Network {
    fn of(count: u32, at: Timestamp, random: &Random) -> anyhow::Result<Self> {
        let live = LivePositions::new();
        let mut people: Vec<Volunteer> = Vec::new();
        for (number, (mut person, point)) in volunteers(count, at, random)?.into_iter().enumerate() {
            if number % FIREFIGHTERS == 55 {
                person.competences.push(Competence { kind: CompetenceKind::Firefighter, expires: None });
            }
            let last = LastPosition::from_point(person.id, &point, at);
            live.put(at, last.ok().context("made-up points are valid")?).ok().context("and new")?;
            people.push(person);
        }
        let aeds = (0..(count / PEOPLE_PER_AED).min(AEDS_MAX)).map(|number| aed(number, at, random));
        let aeds = aeds.collect::<anyhow::Result<_>>()?;
        Ok(Self { roster: Roster::of(1, people).with(aeds, BTreeSet::new(), Catalogue::default()), live })
    }

    fn decide(&self, raised: &Raised, at: Timestamp, roads: &Roads) -> anyhow::Result<Duration> {
        let local = at.in_zone(&jiff::tz::TimeZone::get("Europe/Stockholm")?);
        let began = now();
        let reading = self.live.read();
        let (mut incident, _) = Incident::raise(at, raised);
        let question = Question {
            now: at,
            local: &local,
            incident: &incident,
            roster: &self.roster,
            engaged: &|_| false,
            answers: &|_| Answers::default(),
            asked: &|_| 0,
            rests_since: &|_| None,
            last: &|who| reading.last(who).copied(),
            travel: roads,
        };
        let mut decision = search(&question, reading.nearest(raised.place.position, |_| true));
        let candidates = std::mem::take(&mut decision.candidates);
        incident.handle(at, &Event::CandidatesFound { candidates })?;
        let record = serde_json::to_string(&decision)?;
        let span = now().duration_since(began);
        ensure!(
            !decision.considered.is_empty() && !record.is_empty(),
            "{} looks at nobody",
            raised.event_type
        );
        Ok(span)
    }

    /// Everybody who could be asked, sorted by the straight line: what a program does that has no index.
    fn scan(&self, raised: &Raised) -> anyhow::Result<Duration> {
        let began = now();
        let reading = self.live.read();
        let wanted = &raised.policy.competences;
        let will_do = |person: &&Volunteer| person.competences.iter().any(|held| wanted.contains(&held.kind));
        let place = |person: &Volunteer| reading.last(person.id).map(|last| last.position).or(person.home);
        let distance =
            |person: &Volunteer| Some((place(person)?.distance_to(raised.place.position), person.id));
        let mut near: Vec<(Metres, _)> = self.roster.people().filter(will_do).filter_map(distance).collect();
        near.sort_unstable_by(|one, other| one.0.0.total_cmp(&other.0.0).then(one.1.cmp(&other.1)));
        near.truncate(SHORTLIST_MAX);
        let span = now().duration_since(began);
        ensure!(!near.is_empty(), "nobody is found");
        Ok(span)
    }
}

fn aed(number: u32, at: Timestamp, random: &Random) -> anyhow::Result<Resource> {
    let (lat, lon) = place(random);
    let (id, location) = (ResourceId::new(at, random), Location::Fixed(Position::new(lat, lon)?));
    Ok(Resource::new(
        id,
        format!("AED-{number}").parse()?,
        ResourceKind::AED,
        location,
        certus_registry::County::DEFAULT,
    ))
}
