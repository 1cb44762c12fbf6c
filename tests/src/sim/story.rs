//! What a seed decides before anything happens: who lives where, what goes wrong at all, what is raised and when.
//!
//! Swarm testing (Groce et al., ISSTA 2012): each seed switches whole kinds of trouble on or off, so that the rare ones
//! are not always drowned by the common ones.

mod kind;

use std::time::Duration;

use certus_dispatcher::incident::{Event, Group, Place};
use certus_dispatcher::policies::{Policies, version_name};
use certus_registry::availability::{Exception, Exceptions};
use certus_registry::resource::{Confirmation, Location, Months};
use certus_registry::vocabulary::OrganisationKind;
use certus_registry::volunteer::{Competence, Vetting};
use certus_registry::{
    Availability, CompetenceKind, County, Duty, EventType, Language, Mode, Organisation, OrganisationId,
    Phone, Position, Random, Resource, ResourceId, ResourceKind, Season, Timestamp, Volunteer, VolunteerId,
    WeeklyHours,
};
use certus_sms_bridge::Channel;
use jiff::ToSpan as _;
use rand::RngExt as _;
use rand::rngs::ChaCha12Rng;

use super::air::Weather;
pub(super) use kind::NewKind;

/// 2026-11-23T02:30:00Z: half past three at night in Östersund.
pub(super) const START: Timestamp = Timestamp::from_millis(1_795_401_000_000);
/// Where it happens.
const CENTRE: (f64, f64) = (63.18, 14.64);
/// The last operator's turn comes before this.
pub(super) const SCRIPT_MAX: Duration = Duration::from_mins(90);

/// A seed, unfolded.
pub(super) struct Story {
    pub(super) people: Vec<Volunteer>,
    /// Some of them are in it, and some of the incidents call it as one.
    pub(super) group: Organisation,
    /// Defibrillators, some of them out of reach at that hour, or not confirmed for long.
    pub(super) things: Vec<Resource>,
    /// A kind of thing that the board adds to the catalogue, and things of it.
    pub(super) kind: NewKind,
    /// Whether there is snow.
    pub(super) snow: bool,
    /// When the data key of personal data is changed: it is sealed in every fourth story.
    pub(super) rotation: Option<Timestamp>,
    pub(super) nodes: usize,
    pub(super) weather: Vec<Weather>,
    /// Who has a device that takes pushes.
    pub(super) devices: Vec<Phone>,
    pub(super) trouble: Trouble,
    pub(super) cases: Vec<Case>,
    /// When somebody begins a channel test, and how long people have to answer.
    pub(super) test: Option<(Timestamp, Duration)>,
    pub(super) random: Random,
}

/// What goes wrong, as probabilities for each turn of a node (deeds) or each minute (the rest).
#[derive(Debug, Clone, Default)]
pub(super) struct Trouble {
    pub(super) kill: f64,
    pub(super) suspend: f64,
    /// Somebody has to be woken before a dead node starts again: up to forty minutes instead of twenty seconds.
    pub(super) asleep: f64,
    pub(super) refuse: f64,
    pub(super) unanswered: f64,
    pub(super) slow: f64,
    pub(super) refuse_read: f64,
    pub(super) outage: f64,
    /// A node's clock is moved: by up to half a minute, or four seconds where there are two.
    pub(super) jump: f64,
    /// The board changes something about somebody.
    pub(super) registry: f64,
    /// The board changes the policies.
    pub(super) policies: f64,
    /// Phones report where they are.
    pub(super) positions: f64,
    /// People behave as in a textbook, or as people do.
    pub(super) people: f64,
}

/// One incident and what its operator does.
#[derive(Debug, Clone)]
pub(super) struct Case {
    pub(super) at: Timestamp,
    pub(super) event_type: EventType,
    pub(super) place: Place,
    pub(super) ambulance_eta: Option<Timestamp>,
    pub(super) group: Option<Group>,
    /// In order of time; the last closes it.
    pub(super) turns: Vec<(Timestamp, Event)>,
}

impl Story {
    /// Unfolds a seed.
    pub(super) fn of(seed: u64) -> Self {
        let random = Random::from_seed(seed);
        let fork = random.fork();
        fork.with(|rng| {
            let number = rng.random_range(3..=40);
            let people: Vec<Volunteer> = (0..number).map(|n| person(rng, &random, n)).collect();
            let things = (0..rng.random_range(0..6)).map(|n| thing(rng, &random, n, &people)).collect();
            let kind = NewKind::of(seed, &people);
            let devices = people.iter().filter(|_| rng.random_bool(0.5));
            let devices = devices.map(|person| person.phone.clone()).collect();
            let gateways = rng.random_range(1..=2);
            let rough = rng.random_bool(0.8);
            let mut story = Self {
                people,
                group: group(&random),
                things,
                kind,
                rotation: seed.is_multiple_of(4).then(|| START + Duration::from_mins(1 + seed % 40)),
                snow: rng.random_bool(0.5),
                nodes: if rng.random_bool(0.5) { 2 } else { 1 },
                weather: channels(rng, gateways).into_iter().map(|way| weather(rng, way, rough)).collect(),
                devices,
                trouble: trouble(rng),
                cases: (0..rng.random_range(1..=4)).map(|n| case(rng, n)).collect(),
                test: rng.random_bool(0.4).then(|| {
                    let at = START + Duration::from_millis(rng.random_range(1_000..1_800_000));
                    (at, Duration::from_secs(rng.random_range(600..5_000)))
                }),
                random: random.fork(),
            };
            story.call_a_group(rng);
            story
        })
    }

    /// In every other story a third of the people are in the group, and every other incident calls it.
    fn call_a_group(&mut self, rng: &mut ChaCha12Rng) {
        if rng.random_bool(0.5) {
            return;
        }
        for person in &mut self.people {
            person.organisation = rng.random_bool(0.35).then_some(self.group.id);
        }
        for case in &mut self.cases {
            let (organisation, name) = (self.group.id, self.group.name.as_str().to_owned());
            let wanted = rng.random_range(1..6);
            case.group = rng.random_bool(0.5).then_some(Group { organisation, name, wanted });
        }
    }
}

fn group(random: &Random) -> Organisation {
    Organisation {
        id: OrganisationId::new(START, random),
        name: "Bygdens fjällräddning".parse().expect("a name"),
        kind: OrganisationKind::MountainRescue,
        county: County::DEFAULT,
    }
}

fn maybe(rng: &mut ChaCha12Rng, on: f64, most: f64) -> f64 {
    if rng.random_bool(on) { rng.random_range(0.0..most) } else { 0.0 }
}

fn trouble(rng: &mut ChaCha12Rng) -> Trouble {
    if rng.random_bool(0.1) {
        return Trouble::default(); // a quiet night must work too
    }
    Trouble {
        kill: maybe(rng, 0.5, 0.08),
        suspend: maybe(rng, 0.5, 0.08),
        asleep: maybe(rng, 0.25, 1.0),
        refuse: maybe(rng, 0.4, 0.08),
        unanswered: maybe(rng, 0.3, 0.05),
        slow: maybe(rng, 0.3, 0.1),
        refuse_read: maybe(rng, 0.4, 0.08),
        outage: maybe(rng, 0.4, 0.1),
        jump: maybe(rng, 0.3, 0.1),
        registry: maybe(rng, 0.6, 0.5),
        policies: maybe(rng, 0.6, 0.5),
        positions: maybe(rng, 0.6, 2.0),
        people: maybe(rng, 0.9, 1.0),
    }
}

/// One or two gateways for text messages, and perhaps other ways.
fn channels(rng: &mut ChaCha12Rng, gateways: usize) -> Vec<Channel> {
    let others = [(Channel::Push, 0.5), (Channel::Voice, 0.4)];
    let others = others.into_iter().filter(|(_, often)| rng.random_bool(*often)).map(|(way, _)| way);
    let mut all = vec![Channel::Sms; gateways];
    all.extend(others);
    all
}

fn weather(rng: &mut ChaCha12Rng, channel: Channel, rough: bool) -> Weather {
    let weight = rng.random_range(0..3);
    let mut p = |most: f64| if rough { maybe(rng, 0.6, most) } else { 0.0 };
    Weather {
        channel,
        weight,
        unanswered: p(0.2),
        dropped: p(0.1),
        refused: p(0.05),
        temporary: p(0.3),
        lost: p(0.1),
        twice: p(0.2),
        failed: p(0.1),
        late: p(0.3),
        receipt_lost: p(0.4),
        receipt_twice: p(0.4),
        slow: p(0.3),
        honest: rng.random_bool(0.6),
        ours: rng.random_bool(0.5),
    }
}

fn person(rng: &mut ChaCha12Rng, random: &Random, number: u32) -> Volunteer {
    let today = START.in_zone(&jiff::tz::TimeZone::UTC).date();
    let mut day = |low: i64, high: i64| today.saturating_add(rng.random_range(low..high).days());
    let (expired, later) = (day(-300, -1), day(1, 500));
    Volunteer {
        id: VolunteerId::new(START, random),
        name: format!("Person {number}").try_into().expect("a name"),
        birth_year: None,
        // +999 is a country code that nobody has (ITU-T E.164).
        phone: format!("+999200{number:05}").parse().expect("a number"),
        languages: vec![if rng.random_bool(0.8) { Language::Swedish } else { Language::English }],
        competences: competences(rng, expired, later),
        modes: vec![if rng.random_bool(0.9) { Mode::Car } else { Mode::Foot }],
        home: rng.random_bool(0.95).then(|| near(rng, 0.25)),
        duty: if rng.random_bool(0.9) { Duty::ON } else { Duty::OFF },
        availability: plan(rng),
        vetting: match rng.random_range(0..12) {
            0 => Vetting::Applied,
            1 => Vetting::Approved { until: expired },
            2 => Vetting::Suspended,
            _ => Vetting::Approved { until: later },
        },
        organisation: None,
        county: County::DEFAULT,
    }
}

/// Mostly always. Some sleep at night, by the week or because they have opted out; some cannot for hours, or only then can; for
/// some one call-out a month is enough.
fn plan(rng: &mut ChaCha12Rng) -> Availability {
    let hours = if rng.random_bool(0.85) { "always" } else { "mon-sun 07-23" };
    Availability {
        nights: rng.random_bool(0.9),
        exceptions: exceptions(rng),
        monthly_max: rng.random_bool(0.2).then(|| 1.try_into().expect("a maximum")),
        ..Availability::within(hours.parse().expect("hours"))
    }
}

/// For one in seven, around the time of the story.
fn exceptions(rng: &mut ChaCha12Rng) -> Exceptions {
    if rng.random_bool(0.85) {
        return Exceptions::NONE;
    }
    let zone = jiff::tz::TimeZone::get("Europe/Stockholm").unwrap_or(jiff::tz::TimeZone::UTC);
    let start = START.in_zone(&zone).datetime();
    let from = start.saturating_add(rng.random_range(-120..120_i64).minutes());
    let to = from.saturating_add(rng.random_range(20..240_i64).minutes());
    let one = Exception::new(from, to, rng.random_bool(0.3), None).expect("it has a length");
    Exceptions::of(vec![one]).expect("it is one")
}

/// The policies that come with the program, but that whoever went rests for twenty minutes, and that only defibrillators are
/// brought that were confirmed lately.
pub(super) fn policies() -> Policies {
    Policies::parse(&policies_text()).expect("the embedded policies, and two keys more")
}

/// The same as a file.
fn policies_text() -> String {
    let text = include_str!("../../../dispatcher/policies.toml");
    let restful = text.replace("\nsearch_again_s", "\nrest_s = 1200\nsearch_again_s");
    restful.replace("bring = [\"aed\"]", "bring = [\"aed\"]\nconfirmed_only = true")
}

/// The same again as version `number`, in which the board asks a few people more or fewer at once and in all, and wants one of its
/// new kind brought instead of what was, or nothing new.
pub(super) fn changed_policies(rng: &mut ChaCha12Rng, number: u64, bring: Option<ResourceKind>) -> String {
    let (cap, wave) = (rng.random_range(8..40), rng.random_range(4..14));
    let mut text = policies_text();
    if let Some(kind) = bring {
        for before in ["aed", "search_dog"] {
            text = text.replace(&format!("bring = [\"{before}\"]"), &format!("bring = [\"{kind}\"]"));
        }
        text = text.replace("\n[fire]\n", &format!("\n[fire]\nbring = [\"{kind}\"]\n"));
    }
    text.replace("certus-2026-12", &version_name(number))
        .replace("asked_max = 20", &format!("asked_max = {cap}"))
        .replace("wave_size = 12", &format!("wave_size = {wave}"))
}

fn competences(
    rng: &mut ChaCha12Rng,
    expired: jiff::civil::Date,
    later: jiff::civil::Date,
) -> Vec<Competence> {
    let kinds = [
        CompetenceKind::Cpr,
        CompetenceKind::FirstAid,
        CompetenceKind::Search,
        CompetenceKind::Firefighter,
        CompetenceKind::SnowmobileLicence,
    ];
    let held: Vec<_> = kinds.into_iter().filter(|_| rng.random_bool(0.6)).collect();
    let last_day = |rng: &mut ChaCha12Rng| match rng.random_range(0..4) {
        0 => Some(expired),
        1 => None,
        _ => Some(later),
    };
    held.into_iter().map(|kind| Competence { kind, expires: last_day(rng) }).collect()
}

fn thing(rng: &mut ChaCha12Rng, random: &Random, number: u32, people: &[Volunteer]) -> Resource {
    let id = ResourceId::new(START, random);
    let code = format!("AED-{number}").parse().expect("a code");
    let location = if rng.random_bool(0.6) {
        Location::Fixed(near(rng, 0.2))
    } else {
        Location::Keeper(people[rng.random_range(0..people.len())].id)
    };
    Resource {
        place: rng.random_bool(0.5).then(|| format!("Byns affär {number}").parse().expect("a name")),
        months: if rng.random_bool(0.8) { Months::ALL } else { "5-9".parse().expect("months") },
        hours: if rng.random_bool(0.6) {
            WeeklyHours::ALWAYS
        } else {
            "mon-sun 07-23".parse().expect("hours")
        },
        season: rng.random_bool(0.2).then_some(Season::Snow),
        licence: rng.random_bool(0.2).then_some(CompetenceKind::SnowmobileLicence),
        confirmed: confirmed(rng),
        ..Resource::new(id, code, ResourceKind::AED, location, certus_registry::County::DEFAULT)
    }
}

/// Lately, so long ago that the next word is due, too long ago, or never.
fn confirmed(rng: &mut ChaCha12Rng) -> Option<Confirmation> {
    let today = START.in_zone(&jiff::tz::TimeZone::UTC).date();
    let days_ago: i64 = [20, 20, 20, 175, 300, 0][rng.random_range(0..6)];
    (days_ago > 0).then(|| Confirmation { on: today.saturating_sub(days_ago.days()), by: None })
}

/// A point up to `degrees` of latitude from the centre.
pub(super) fn near(rng: &mut ChaCha12Rng, degrees: f64) -> Position {
    let (north, east) = (rng.random_range(-degrees..degrees), rng.random_range(-degrees..degrees));
    Position::new(CENTRE.0 + north, CENTRE.1 + 2.0 * east).expect("in Jämtland")
}

fn case(rng: &mut ChaCha12Rng, number: u32) -> Case {
    let at = START + Duration::from_millis(rng.random_range(1_000..1_200_000));
    let types = [
        EventType::CardiacArrest,
        EventType::Accident,
        EventType::MissingPerson,
        EventType::Fire,
        EventType::Other,
    ];
    let place = Place {
        position: near(rng, 0.15),
        accuracy_m: 100,
        name: format!("By {number}"),
        detail: rng.random_bool(0.9).then(|| format!("Hemliga gatan {number}")),
    };
    let eta = |rng: &mut ChaCha12Rng, from: Timestamp| {
        rng.random_bool(0.7).then(|| from + Duration::from_secs(rng.random_range(120..5_400)))
    };
    let mut turns: Vec<(Timestamp, Event)> = (0..rng.random_range(0..4))
        .map(|_| {
            let then = at + Duration::from_millis(rng.random_range(1_000..3_000_000));
            let event = match rng.random_range(0..4) {
                0 => Event::Escalated { more: rng.random_range(1..4) },
                1 => Event::OperatorMessaged { text: "Ta med filtar".to_owned() },
                _ => Event::AmbulanceEtaChanged { eta: eta(rng, then) },
            };
            (then, event)
        })
        .collect();
    let end = at + Duration::from_millis(rng.random_range(60_000..4_200_000));
    if rng.random_bool(0.6) {
        turns.push((end, Event::StoodDown));
    }
    turns.push((end + Duration::from_millis(rng.random_range(1..600_000)), Event::Closed));
    turns.sort_by_key(|(at, _)| *at);
    let event_type = types[rng.random_range(0..types.len())];
    Case { at, event_type, place, ambulance_eta: eta(rng, at), group: None, turns }
}
