//! Who is found, in which order, and that everybody considered has the right reason.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use certus_registry::resource::{Confirmation, Location};
use certus_registry::volunteer::{Competence, Vetting};
use certus_registry::{
    Availability, Catalogue, CompetenceKind, Duty, Language, Mode, OrganisationId, Position, Random,
    Resource, ResourceId, ResourceKind, Season, Timestamp, Volunteer, VolunteerId,
};
use jiff::civil::{Date, date};

use super::*;
use crate::incident::tests::{next_door, raised};
use crate::incident::{Candidate, Event, Group, Policy, Raised, Seconds};
use crate::positions::PositionIndex;
use crate::travel::StraightLine;

/// Tuesday 2026-11-24 12:00 in Jämtland.
const NOON: Timestamp = Timestamp::from_millis(1_795_518_000_000);

#[test]
fn each_person_has_the_reason_that_keeps_them_away() {
    let mut county = County::new();
    let expectations = [
        (county.person(0.010, |_| {}), "eligible"),
        (county.person(0.011, |p| p.vetting = Vetting::Applied), "not_approved"),
        (county.person(0.012, |p| p.vetting = approved(date(2026, 11, 23))), "approval_expired"),
        (county.person(0.013, |p| p.duty = Duty::OFF), "off_duty"),
        (county.person(0.014, |p| p.availability = within("mon-sun 13-17")), "outside_hours"),
        (
            county.person(0.0145, |p| p.availability = away("2026-11-24T12:00/2026-11-24T13:00")),
            "not_available",
        ),
        (county.person(0.0147, |p| p.availability = away("2026-11-24T11:00/2026-11-24T12:00")), "eligible"),
        (county.person(0.015, |p| p.competences.clear()), "lacks_competence"),
        (county.person(0.016, |p| p.competences[0].expires = Some(date(2026, 11, 1))), "certificate_expired"),
        (county.person(0.017, |p| p.modes = vec![Mode::Boat]), "no_way"),
        (county.person(0.020, |_| {}), "eligible"),
    ];
    county.engaged.push(expectations[10].0);
    let decision = county.search(None);
    for (place, (who, expected)) in expectations.iter().enumerate() {
        let expected = if place == 10 { "on_another_call_out" } else { expected };
        assert_eq!(verdict(&decision, *who).as_str(), expected);
    }
    assert_eq!(decision.considered.len(), expectations.len(), "exactly one verdict each");
}

#[test]
fn the_soonest_there_comes_first_even_when_somebody_on_foot_is_nearer() {
    let mut county = County::new();
    let walker = county.person(0.02, |p| p.modes = vec![Mode::Foot]);
    let driver = county.person(0.04, |p| p.modes = vec![Mode::Foot, Mode::Car]);
    let order: Vec<VolunteerId> = county.search(None).candidates.iter().map(|c| c.responder).collect();
    assert_eq!(order, [driver, walker]);
}

#[test]
fn who_would_not_be_there_before_the_ambulance_is_told_by_how_much() {
    let mut county = County::new();
    let near = county.person(0.03, |_| {});
    let far = county.person(0.12, |_| {});
    let decision = county.search(Some(NOON + Duration::from_mins(10)));
    assert_eq!(verdict(&decision, near).as_str(), "eligible");
    let Verdict::NotBeforeAmbulance { seconds, limit_s } = verdict(&decision, far) else {
        panic!("the gate")
    };
    assert_eq!(limit_s, 600);
    assert!((1_200..1_300).contains(&seconds), "{seconds}: 13.3 km x 1.4 at 60 km/h and the turnout");
}

#[test]
fn a_fresh_position_counts_before_the_home_and_an_old_one_does_not() {
    let mut county = County::new();
    let away = county.person(0.01, |_| {});
    let back = county.person(0.02, |_| {});
    county.ping(away, 0.15, Duration::from_mins(10));
    county.ping(back, 0.15, Duration::from_hours(3));
    let decision = county.search(None);
    let source = |who| decision.considered.iter().find(|c| c.responder == who).unwrap().source;
    assert_eq!(source(away), Source::Ping { age_s: 600 });
    assert_eq!(source(back), Source::Home);
    assert_eq!(decision.considered.len(), 2, "nobody is counted twice");
}

#[test]
fn a_position_that_is_not_fresh_costs_time() {
    let mut county = County::new();
    let (fresh, old) = (county.person(0.02, |_| {}), county.person(0.02, |_| {}));
    county.ping(fresh, 0.02, Duration::from_mins(15));
    county.ping(old, 0.02, Duration::from_mins(45));
    let decision = county.search(None);
    let candidate = |who| decision.candidates.iter().find(|c| c.responder == who).unwrap();
    assert_eq!(candidate(old).travel_s - candidate(fresh).travel_s, 252, "30 min x 0.14");
    assert_eq!(decision.rank_of(candidate(old).seconds_to_scene() - 252), 1, "with a fresh one");
}

#[test]
fn whoever_has_been_called_out_often_enough_or_has_just_come_home_is_left_alone() {
    let mut county = County::new();
    county.incident.policy.rest = Seconds(3_600);
    let max = |p: &mut Volunteer| p.availability.monthly_max = Some(2.try_into().unwrap());
    let minutes_ago = |minutes| Some(NOON - Duration::from_mins(minutes));
    for (asked, rests_since, expected) in [
        (1, None, "eligible"),
        (2, None, "monthly_max"),
        (2, minutes_ago(5), "monthly_max"),
        (0, minutes_ago(5), "resting"),
        (0, minutes_ago(60), "eligible"),
    ] {
        let who = county.person(0.01, max);
        county.strain.insert(who, (asked, rests_since));
        assert_eq!(verdict(&county.search(None), who).as_str(), expected, "{asked} {rests_since:?}");
    }
    let decision = county.search(None);
    let policy = county.incident.policy.clone();
    assert_eq!(decision.again(&policy), decision, "the facts say how long they have rested");
    let tireless = decision.again(&Policy { rest: Seconds(0), ..policy });
    assert_eq!(tireless.candidates.len(), decision.candidates.len() + 1);
}

#[test]
fn the_facts_give_the_same_record_again_and_under_another_policy_another() {
    let mut county = County::new();
    for n in 0..250 {
        county.person(0.001 + f64::from(n) * 1e-5, |p| {
            if n % 3 == 0 {
                p.duty = Duty::OFF;
            }
        });
    }
    county.person(0.05, |p| p.competences.clear());
    let decision = county.search(Some(NOON + Duration::from_mins(10)));
    let policy = county.incident.policy.clone();
    assert_eq!(decision.again(&policy), decision);
    let nobody = decision.again(&Policy { reach_max: Seconds(60), ..policy.clone() });
    assert_eq!((nobody.candidates.len(), nobody.limit_s), (0, 60));
    let anybody = decision.again(&Policy { competences: Vec::new(), ..policy });
    assert!(anybody.candidates.len() >= decision.candidates.len());
}

#[test]
fn everybody_on_the_shortlist_is_told_the_quickest_way_by_a_defibrillator_that_is_to_be_had() {
    let mut county = County::new();
    (county.incident.policy.bring, county.incident.policy.fetch) =
        (BTreeSet::from([ResourceKind::AED]), Seconds(30));
    let (far, keeper) = (county.person(0.10, |_| {}), county.person(0.02, |_| {}));
    let on_the_way = county.thing(Location::Fixed(county.north(0.05)), |_| {});
    county.thing(Location::Fixed(county.north(0.15)), |_| {});
    county.thing(Location::Fixed(county.north(0.06)), |aed| aed.hours = "mon-sun 00-04".parse().unwrap());
    county.thing(Location::Fixed(county.north(0.07)), |aed| aed.months = "1-3".parse().unwrap());
    county.thing(Location::Fixed(county.north(0.08)), |boat| boat.kind = ResourceKind::BOAT);
    let own = county.thing(Location::Keeper(keeper), |_| {});
    let decision = county.search(None);
    let errands = |who| {
        let candidate = decision.candidates.iter().find(|candidate| candidate.responder == who).unwrap();
        candidate.errands.iter().map(|e| (e.resource, e.travel_s - candidate.travel_s)).collect::<Vec<_>>()
    };
    assert_eq!(errands(far), [(on_the_way, 31)], "30 s to take it, and each part of the way is rounded up");
    assert_eq!(errands(keeper), [(own, 0)], "wherever its keeper is");
    assert_eq!(decision.again(&county.incident.policy), decision);
}

#[test]
fn what_cannot_be_had_is_in_the_record_with_the_reason() {
    let mut county = County::new();
    county.incident.policy.bring = BTreeSet::from([ResourceKind::AED]);
    let keeper = county.person(0.02, |_| {});
    let closed = county.thing(Location::Fixed(county.north(0.01)), |aed| aed.months = "1-3".parse().unwrap());
    let season = county.thing(Location::Fixed(county.north(0.02)), |aed| aed.season = Some(Season::Ice));
    let said = county.thing(Location::Fixed(county.north(0.03)), |aed| {
        aed.confirmed = Some(Confirmation { on: date(2026, 11, 1), by: None });
    });
    let lapsed = county.thing(Location::Keeper(keeper), |aed| {
        aed.confirmed = Some(Confirmation { on: date(2026, 5, 1), by: None });
    });
    county.thing(Location::Keeper(keeper), |aed| aed.retired = Some(date(2026, 11, 1)));
    let bring = |county: &mut County, confirmed_only| {
        county.incident.policy.confirmed_only = confirmed_only;
        let decision = county.search(None);
        assert_eq!(decision.again(&county.incident.policy), decision);
        let errand = decision.candidates[0].errands[0].resource;
        (errand, decision.left_out.iter().map(|left| (left.resource, left.why)).collect::<Vec<_>>())
    };
    let near = vec![(closed, Unfit::Closed), (season, Unfit::OutOfSeason)];
    assert_eq!(bring(&mut county, false), (lapsed, near.clone()));
    let all = [near, vec![(lapsed, Unfit::Unconfirmed)]].concat();
    assert_eq!(bring(&mut county, true), (said, all));
    county.seasons = BTreeSet::from([(certus_registry::County::DEFAULT, Season::Ice)]);
    county
        .things
        .iter_mut()
        .for_each(|thing| thing.confirmed = Some(Confirmation { on: date(2026, 11, 1), by: None }));
    assert_eq!(
        bring(&mut county, true),
        (lapsed, vec![(closed, Unfit::Closed)]),
        "it is kept where they are"
    );
}

#[test]
fn what_wants_a_licence_is_for_whoever_holds_it() {
    let mut county = County::new();
    county.incident.policy.bring = BTreeSet::from([ResourceKind::AED]);
    let licence = CompetenceKind::SnowmobileLicence;
    let free = county.thing(Location::Fixed(county.north(0.05)), |_| {});
    let near = county.thing(Location::Fixed(county.north(0.02)), |aed| aed.licence = Some(licence));
    let held = |expires| Competence { kind: licence, expires };
    let with = county.person(0.0201, |person| person.competences.push(held(None)));
    let lapsed = county.person(0.0202, |person| person.competences.push(held(Some(date(2026, 1, 1)))));
    let decision = county.search(None);
    let errand = |who| {
        let candidate = decision.candidates.iter().find(|candidate| candidate.responder == who).unwrap();
        candidate.errands[0].resource
    };
    assert_eq!((errand(with), errand(lapsed)), (near, free));
}

#[test]
fn a_defibrillator_to_which_the_way_is_longer_than_the_policy_reaches_is_left_out() {
    let mut county = County::new();
    county.incident.policy.bring = BTreeSet::from([ResourceKind::AED]);
    county.person(0.001, |_| {});
    county.thing(Location::Fixed(county.north(0.2)), |_| {}); // 31 min there and as long back
    assert_eq!(county.search(None).candidates[0].errands, []);
}

#[test]
fn of_a_group_only_the_members_are_looked_at_nearest_first_and_whatever_they_can_do() {
    let mut county = County::new();
    let [ours, theirs] = [1, 2].map(|seed| OrganisationId::new(NOON, &Random::from_seed(seed)));
    county.person(0.001, |_| {});
    county.person(0.002, |p| p.organisation = Some(theirs));
    let far = county.person(0.04, |p| (p.organisation, p.competences) = (Some(ours), Vec::new()));
    let off = county.person(0.03, |p| (p.organisation, p.duty) = (Some(ours), Duty::OFF));
    let near = county.person(0.02, |p| p.organisation = Some(ours));
    let group = Some(Group { organisation: ours, name: "Åre fjällräddning".to_owned(), wanted: 1 });
    county.incident = Incident::raise(NOON, &Raised { group, ..raised(2, 3) }).0;
    let decision = county.search(None);
    let considered: Vec<_> =
        decision.considered.iter().map(|one| (one.responder, one.verdict.as_str())).collect();
    assert_eq!(considered, [(near, "eligible"), (off, "off_duty"), (far, "eligible")]);
    assert_eq!(decision.candidates.iter().map(|one| one.responder).collect::<Vec<_>>(), [near, far]);
    assert_eq!(decision.again(&county.incident.policy), decision);
}

#[test]
fn who_was_asked_before_is_not_found_again() {
    let mut county = County::new();
    let who = county.person(0.01, |_| {});
    let found = Event::CandidatesFound { candidates: vec![next_door(who)] };
    county.incident.handle(NOON, &found).unwrap();
    assert_eq!(verdict(&county.search(None), who), Verdict::AlreadyAsked);
}

#[test]
fn unsuitable_people_near_by_never_hide_suitable_ones_farther_away() {
    let mut county = County::new();
    for n in 0..300 {
        county.person(0.001 + f64::from(n) * 1e-6, |p| p.competences.clear());
    }
    let far = county.person(0.1, |_| {});
    let decision = county.search(None);
    assert_eq!(decision.candidates[0].responder, far);
    let far = decision.considered.last().filter(|last| last.responder == far);
    assert!(far.is_some_and(|far| far.candidate().is_some()), "whoever is asked has a reason on the record");
    assert_eq!(
        (decision.considered.len(), decision.unlisted),
        (CONSIDERED_MAX + 1, 0),
        "nor are they counted"
    );
}

#[test]
fn the_shortlist_is_the_soonest_of_a_town() {
    let mut county = County::new();
    for n in 0..500 {
        county.person(0.001 + f64::from(n) * 1e-4, |_| {});
    }
    let decision = county.search(None);
    assert_eq!(decision.candidates.len(), SHORTLIST_MAX);
    assert!(decision.candidates.is_sorted_by_key(Candidate::seconds_to_scene));
    assert!(decision.considered.len() < 200, "the walk ends when nobody farther can be sooner");
}

fn verdict(decision: &Decision, who: VolunteerId) -> Verdict {
    decision.considered.iter().find(|considered| considered.responder == who).unwrap().verdict
}

fn within(hours: &str) -> Availability {
    Availability::within(hours.parse().unwrap())
}

/// Not in this span.
fn away(span: &str) -> Availability {
    Availability { exceptions: format!("no {span}").parse().unwrap(), ..Availability::ALWAYS }
}

fn approved(until: Date) -> Vetting {
    Vetting::Approved { until }
}

struct County {
    random: Random,
    incident: Incident,
    people: Vec<Volunteer>,
    last: HashMap<VolunteerId, LastPosition>,
    engaged: Vec<VolunteerId>,
    strain: HashMap<VolunteerId, (u32, Option<Timestamp>)>,
    things: Vec<Resource>,
    seasons: BTreeSet<(certus_registry::County, Season)>,
    kinds: Catalogue,
}

impl County {
    fn new() -> Self {
        let (incident, _) = Incident::raise(NOON, &raised(2, 3));
        let (people, last, engaged, things) = (Vec::new(), HashMap::new(), Vec::new(), Vec::new());
        let (strain, seasons, kinds) = (HashMap::new(), BTreeSet::new(), Catalogue::default());
        Self { random: Random::from_seed(1), incident, people, last, engaged, strain, things, seasons, kinds }
    }

    /// Somebody who lives `north` degrees north of the scene and can be asked, except for what `change` does.
    fn person(&mut self, north: f64, change: impl FnOnce(&mut Volunteer)) -> VolunteerId {
        let id = VolunteerId::new(NOON, &self.random);
        let mut person = Volunteer {
            id,
            name: "Anna Berg".parse().unwrap(),
            birth_year: None,
            phone: format!("+4670{:07}", self.people.len()).parse().unwrap(),
            languages: vec![Language::Swedish],
            competences: vec![Competence { kind: CompetenceKind::Cpr, expires: None }],
            modes: vec![Mode::Car],
            home: Some(self.north(north)),
            duty: Duty::ON,
            availability: Availability::ALWAYS,
            vetting: approved(date(2026, 11, 24)),
            organisation: None,
            county: certus_registry::County::DEFAULT,
        };
        change(&mut person);
        self.people.push(person);
        id
    }

    /// A defibrillator that can be had, except for what `change` does.
    fn thing(&mut self, location: Location, change: impl FnOnce(&mut Resource)) -> ResourceId {
        let id = ResourceId::new(NOON, &self.random);
        let code = format!("AED-{}", self.things.len()).parse().unwrap();
        let mut thing =
            Resource::new(id, code, ResourceKind::AED, location, certus_registry::County::DEFAULT);
        change(&mut thing);
        self.things.push(thing);
        id
    }

    fn ping(&mut self, who: VolunteerId, north: f64, age: Duration) {
        let (position, fixed_at) = (self.north(north), NOON - age);
        let last = LastPosition { volunteer: who, position, accuracy: None, fixed_at, received_at: fixed_at };
        self.last.insert(who, last);
    }

    fn north(&self, degrees: f64) -> Position {
        let scene = self.incident.place.position;
        Position::new(scene.lat() + degrees, scene.lon()).unwrap()
    }

    fn search(&mut self, ambulance_eta: Option<Timestamp>) -> Decision {
        self.incident.ambulance_eta = ambulance_eta;
        let mut pings = PositionIndex::default();
        self.last.values().for_each(|last| pings.put(last.volunteer, last.position));
        let local = NOON.in_zone(&jiff::tz::TimeZone::get("Europe/Stockholm").unwrap());
        let question = Question {
            now: NOON,
            local: &local,
            incident: &self.incident,
            roster: &Roster::of(1, self.people.clone()).with(
                self.things.clone(),
                self.seasons.clone(),
                self.kinds.clone(),
            ),
            engaged: &|who| self.engaged.contains(&who),
            answers: &|_| Answers::default(),
            asked: &|who| self.strain.get(&who).map_or(0, |strain| strain.0),
            rests_since: &|who| self.strain.get(&who)?.1,
            last: &|who| self.last.get(&who).copied(),
            travel: &StraightLine::default(),
        };
        super::search(&question, pings.nearest(self.incident.place.position, |_| true))
    }
}
