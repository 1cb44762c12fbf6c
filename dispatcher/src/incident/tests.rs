//! Tables for the machine's rules, and random lives against what must always hold.

use std::collections::{BTreeSet, HashSet};

use certus_registry::{
    CompetenceKind, EventType, Mode, OrganisationId, Position, Random, ResourceKind, Timestamp, VolunteerId,
};
use proptest::prelude::*;

use super::*;

const ANSWER: Answer = Answer { channel: Channel::Sms, minutes: None, note: None };

#[test]
fn raising_searches_and_the_wave_asks_the_soonest_there() {
    let (incident, effects) = Incident::raise(at(0), &raised(2, 3));
    assert_eq!(effects, [Effect::Find]);
    let (incident, effects) = found(incident, 5);
    let expected: Vec<Effect> = (0..3).map(|n| Effect::Ask { responder: person(n) }).collect();
    assert_eq!(effects, expected);
    assert_eq!(incident.phase, Phase::Asking);
}

#[test]
fn as_few_are_asked_as_make_it_likely_enough_that_enough_come() {
    let sure = |percent, chance: u16| {
        let mut raised = raised(3, 12);
        (raised.policy.sure_of, raised.policy.sure_percent) = (1, percent);
        let mut incident = Incident::raise(at(0), &raised).0;
        handle(&mut incident, 0, &found_with(0, 20, chance)).effects.len()
    };
    assert_eq!((sure(90, 350), sure(80, 350)), (7, 5), "the certainty decides");
    assert_eq!(sure(90, 600), 4, "and so does how likely each is to come");
    assert_eq!((sure(90, 50), sure(100, 350)), (12, 12), "never more at once than the policy allows");
}

#[test]
fn more_are_asked_at_once_when_a_new_search_shows_that_those_who_were_are_not_enough() {
    let mut raised = raised(3, 12);
    (raised.policy.sure_of, raised.policy.sure_percent) = (1, 90);
    let (mut incident, effects) = found(Incident::raise(at(0), &raised).0, 4);
    assert_eq!((effects.len(), incident.promises[0].permille < 900), (4, true), "nobody else is known");
    assert_eq!(handle(&mut incident, 5, &Event::AmbulanceEtaChanged { eta: None }).effects, [Effect::Find]);
    assert_eq!(handle(&mut incident, 5, &found_event(4, 20)).effects.len(), 3);
    assert_eq!(
        incident.promises[1],
        Promise { wave: 2, asked: 7, any_permille: 913, sure_of: 1, permille: 913 }
    );
}

#[test]
fn of_a_group_everybody_is_asked_at_once_and_the_first_who_say_yes_go() {
    let organisation = OrganisationId::new(at(0), &Random::from_seed(1));
    let group = Some(Group { organisation, name: "Åre fjällräddning".to_owned(), wanted: 2 });
    let (mut incident, effects) = found(Incident::raise(at(0), &Raised { group, ..raised(3, 3) }).0, 9);
    assert_eq!((effects.len(), incident.wanted), (9, 2), "whatever the policy's wave");
    report(&mut incident, 1, 4, yes());
    let effects = report(&mut incident, 2, 7, yes());
    let released = effects.iter().filter(|effect| matches!(effect, Effect::Release { .. })).count();
    assert_eq!((released, incident.filled()), (7, 2));
}

#[test]
fn what_a_group_is_to_bring_leaves_a_place_for_somebody_who_goes_straight() {
    let mut policy = raised(4, 3).policy;
    (policy.bring, policy.guides) = (BTreeSet::from([ResourceKind::AED, ResourceKind::BOAT]), 1);
    let kept = |wanted| {
        let policy = policy.for_a_group(wanted);
        policy.check().unwrap();
        (policy.bring.len(), policy.guides)
    };
    assert_eq!([kept(1), kept(2), kept(3), kept(9)], [(0, 0), (0, 1), (1, 1), (2, 1)]);
}

#[test]
fn a_decline_is_replaced_at_once_by_the_next() {
    let mut incident = asked(2, 3, 5);
    let effects = report(&mut incident, 1, 0, Report::Declined { answer: ANSWER });
    assert_eq!(effects, [Effect::Ask { responder: person(3) }]);
}

#[test]
fn the_last_place_taken_releases_those_who_have_not_answered() {
    let mut incident = asked(2, 3, 5);
    report(&mut incident, 1, 0, yes());
    let effects = report(&mut incident, 2, 1, yes());
    assert_eq!(effects[0], Effect::Tell { responder: person(1), what: Telling::Kept });
    assert_eq!(effects[1], Effect::Release { responder: person(2), reason: ReleaseReason::Enough });
    assert!(matches!(incident.phase, Phase::Staffed { .. }));
}

#[test]
fn a_yes_after_the_place_is_taken_is_thanked_and_released() {
    let mut incident = asked(1, 2, 2);
    report(&mut incident, 1, 0, yes());
    let handled = handle(&mut incident, 2, &responder(1, yes()));
    assert_eq!(handled.outcome, Outcome::Late);
    assert_eq!(handled.effects, [Effect::Release { responder: person(1), reason: ReleaseReason::Enough }]);
}

#[test]
fn a_second_yes_of_the_same_person_changes_nothing() {
    let mut incident = asked(2, 2, 2);
    report(&mut incident, 1, 0, yes());
    let before = incident.clone();
    let handled = handle(&mut incident, 2, &responder(0, yes()));
    assert_eq!((handled.outcome, &incident), (Outcome::Duplicate, &before));
}

#[test]
fn silence_ends_the_wave_and_a_late_yes_is_still_welcome() {
    let mut incident = asked(1, 2, 2);
    assert_eq!(incident.wake_at(), Some(at(90)));
    assert_eq!(handle(&mut incident, 89, &Event::Tick).outcome, Outcome::Nothing);
    assert_eq!(handle(&mut incident, 90, &Event::Tick).effects, [Effect::Find]);
    report(&mut incident, 95, 1, yes());
    assert_eq!(incident.filled(), 1);
    assert!(matches!(incident.phase, Phase::Staffed { .. }));
}

#[test]
fn nobody_left_is_told_once_and_the_search_goes_on() {
    let (mut incident, _) = Incident::raise(at(0), &raised(1, 2));
    let nobody = Event::CandidatesFound { candidates: Vec::new() };
    let told = handle(&mut incident, 0, &nobody);
    assert!(matches!(told.effects[..], [Effect::AlertOperator(Notice { code: NoticeCode::NobodyLeft, .. })]));
    assert_eq!(handle(&mut incident, 60, &Event::Tick).effects, [Effect::Find]);
    assert_eq!(handle(&mut incident, 60, &nobody).effects, []);
}

#[test]
fn a_withdrawal_is_told_and_searched_for_at_once() {
    let mut incident = asked(1, 1, 1);
    report(&mut incident, 1, 0, yes());
    let effects = report(&mut incident, 2, 0, Report::Declined { answer: ANSWER });
    assert!(effects.contains(&Effect::Find));
    assert!(incident.notices.iter().any(|notice| notice.code == NoticeCode::Withdrew));
}

#[test]
fn a_stand_down_reaches_everybody_and_closes_by_itself() {
    let mut incident = asked(2, 3, 3);
    report(&mut incident, 1, 0, yes());
    report(&mut incident, 9, 0, Report::Arrived { note: None });
    let effects = handle(&mut incident, 10, &Event::StoodDown).effects;
    let released = effects.iter().filter(|effect| matches!(effect, Effect::Release { .. })).count();
    assert_eq!(released, 3);
    assert!(effects.contains(&Effect::AfterCare { responder: person(0) }));
    handle(&mut incident, 10 + 1_800, &Event::Tick);
    assert_eq!((incident.phase.as_str(), incident.wake_at()), ("closed", None));
}

#[test]
fn a_cry_for_help_is_heard_even_after_the_end() {
    let mut incident = asked(1, 1, 1);
    handle(&mut incident, 1, &Event::Closed);
    let effects = report(&mut incident, 2, 0, Report::HelpNeeded { answer: ANSWER });
    assert!(matches!(effects[0], Effect::AlertOperator(Notice { code: NoticeCode::HelpNeeded, .. })));
}

#[test]
fn somebody_overdue_is_shown_once() {
    let mut incident = asked(1, 1, 1);
    report(&mut incident, 0, 0, yes());
    let late = incident.wake_at().unwrap();
    let first = incident.handle(late, &Event::Tick).unwrap();
    let second = incident.handle(late, &Event::Tick).unwrap();
    assert!(matches!(first.effects[..], [Effect::AlertOperator(Notice { code: NoticeCode::Overdue, .. })]));
    assert_eq!(second.outcome, Outcome::Nothing);
}

#[test]
fn the_cap_stops_the_asking_until_the_operator_raises_it() {
    let mut incident = asked(1, 2, 9); // the cap of these tests is 4 a place
    for n in 0..4 {
        report(&mut incident, 1, n, Report::Declined { answer: ANSWER });
    }
    assert_eq!(incident.callouts.len(), 4);
    let (mut incident, _) = found_from(incident, 4, 9);
    assert!(incident.notices.iter().any(|notice| notice.code == NoticeCode::CapReached));
    handle(&mut incident, 2, &Event::Escalated { more: 1 });
    let (incident, effects) = found_from(incident, 4, 9);
    assert_eq!(effects.len(), 2);
    assert_eq!(incident.wanted, 2);
}

#[test]
fn an_event_about_a_stranger_is_illegal_and_changes_nothing() {
    let mut incident = asked(1, 1, 1);
    let before = incident.clone();
    assert_eq!(incident.handle(at(1), &responder(40, yes())), Err(IllegalEvent::NotAsked));
    assert_eq!(incident, before);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn whatever_happens_the_invariants_hold_and_the_log_replays_byte_for_byte(
        steps in proptest::collection::vec((0_u8..16, 0_u32..12, 0_i64..200), 0..80),
    ) {
        let first = Event::Raised(Box::new(raised(2, 3)));
        let (mut incident, effects) = Incident::raise(at(0), &raised(2, 3));
        let mut log = vec![(at(0), first)];
        let mut now = 0;
        let mut pending = effects.contains(&Effect::Find);
        let mut asked = HashSet::new();
        for (kind, who, wait) in steps {
            now += wait;
            let event = if pending { found_event(0, 10) } else { event(kind, who, at(now)) };
            let Ok(handled) = incident.handle(at(now), &event) else { continue };
            pending = handled.effects.contains(&Effect::Find);
            if handled.outcome.is_logged() {
                log.push((at(now), event));
            }
            check(&incident, &handled, &mut asked)?;
        }
        let replayed = Incident::replay(log.iter().map(|(at, event)| (*at, event))).unwrap();
        prop_assert_eq!(serde_json::to_string(&replayed).unwrap(), serde_json::to_string(&incident).unwrap());
    }
}

fn check(
    incident: &Incident,
    handled: &Handled,
    asked: &mut HashSet<VolunteerId>,
) -> Result<(), TestCaseError> {
    for effect in &handled.effects {
        if let Effect::Ask { responder } = effect {
            prop_assert!(asked.insert(*responder), "asked twice");
        }
    }
    prop_assert!(incident.filled() <= incident.wanted, "more kept than wanted");
    prop_assert!(incident.callouts.len() <= usize::from(incident.asked_max), "more asked than the cap");
    let closed = matches!(incident.phase, Phase::Closed { .. });
    prop_assert_eq!(incident.wake_at().is_none(), closed, "an open incident has a timer");
    let over = closed || matches!(incident.phase, Phase::StoodDown { .. });
    prop_assert!(!over || !incident.callouts.iter().any(CallOut::engaged), "somebody was left behind");
    let full = matches!(incident.phase, Phase::Staffed { .. });
    prop_assert!(!full || incident.filled() == incident.wanted, "staffed and short");
    Ok(())
}

fn event(kind: u8, who: u32, now: Timestamp) -> Event {
    let report = match kind {
        0 | 1 => yes(),
        2 => Report::Declined { answer: ANSWER },
        3 => Report::Unavailable,
        4 => Report::Seen,
        5 => Report::Departed,
        6 => Report::Arrived { note: None },
        7 => Report::Done { note: None },
        8 => Report::HelpNeeded { answer: ANSWER },
        9 => Report::Unreachable { purpose: Purpose::CallOut, why: Unreachable::Undeliverable },
        10 => Report::ExpectedAt { expected_at: now },
        11 => return Event::AmbulanceEtaChanged { eta: Some(now) },
        12 if who == 0 => return Event::StoodDown,
        13 if who == 0 => return Event::Closed,
        14 if who < 2 => return Event::Escalated { more: 1 },
        _ => return Event::Tick,
    };
    responder(who, report)
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(seconds * 1_000)
}

fn person(n: u32) -> VolunteerId {
    VolunteerId::new(at(0), &Random::from_seed(u64::from(n)))
}

fn yes() -> Report {
    Report::Accepted { answer: ANSWER, from: None }
}

fn responder(n: u32, report: Report) -> Event {
    Event::Responder { responder: person(n), report }
}

fn handle(incident: &mut Incident, seconds: i64, event: &Event) -> Handled {
    incident.handle(at(seconds), event).unwrap()
}

fn report(incident: &mut Incident, seconds: i64, n: u32, report: Report) -> Vec<Effect> {
    handle(incident, seconds, &responder(n, report)).effects
}

fn found_event(first: u32, last: u32) -> Event {
    found_with(first, last, 350)
}

fn found_with(first: u32, last: u32, yes_permille: u16) -> Event {
    let candidate = |n| Candidate {
        responder: person(n),
        distance_m: 1_000 * n,
        mode: Mode::Car,
        turnout_s: 102,
        travel_s: 60 * n,
        yes_permille,
        errands: Vec::new(),
    };
    Event::CandidatesFound { candidates: (first..last).map(candidate).collect() }
}

fn found_from(mut incident: Incident, first: u32, last: u32) -> (Incident, Vec<Effect>) {
    let effects = handle(&mut incident, 0, &found_event(first, last)).effects;
    (incident, effects)
}

fn found(incident: Incident, people: u32) -> (Incident, Vec<Effect>) {
    found_from(incident, 0, people)
}

/// An incident that wanted and asked so many, and was closed after `before`.
pub(crate) fn closed_with(people: u16, before: impl FnOnce(&mut Incident)) -> Incident {
    let mut incident = asked(people, people, people.into());
    before(&mut incident);
    handle(&mut incident, 5, &Event::Closed);
    incident
}

pub(crate) fn decline(incident: &mut Incident, n: u32) {
    report(incident, 1, n, Report::Declined { answer: ANSWER });
}

pub(crate) fn accept(incident: &mut Incident, n: u32) {
    report(incident, 1, n, yes());
}

fn asked(wanted: u16, wave_size: u16, people: u32) -> Incident {
    found(Incident::raise(at(0), &raised(wanted, wave_size)).0, people).0
}

/// Somebody next door who comes by car, one time in three.
pub(crate) fn next_door(responder: VolunteerId) -> Candidate {
    let (mode, yes_permille, errands) = (Mode::Car, 350, Vec::new());
    Candidate { responder, distance_m: 1, mode, turnout_s: 1, travel_s: 1, yes_permille, errands }
}

/// A cardiac arrest in Järpen under a policy with round numbers.
pub(crate) fn raised(wanted: u16, wave_size: u16) -> Raised {
    let policy = Policy {
        version: "test".to_owned(),
        competences: vec![CompetenceKind::Cpr],
        wanted,
        confirmed_only: false,
        bring: BTreeSet::new(),
        guides: 0,
        fetch: Seconds(0),
        wave_size,
        sure_of: wanted,
        sure_percent: 100,
        wave_timeout: Seconds(90),
        asked_max: 4 * wanted,
        gain_min: Seconds(0),
        reach_max: Seconds(1_800),
        turnout_day: Seconds(102),
        turnout_night: Seconds(142),
        search_again: Seconds(60),
        rest: Seconds(0),
        overdue: Seconds(300),
        sms_after: Seconds(15),
        voice_after: Seconds(30),
        receipt_stops: false,
        alert_valid: Seconds(600),
        after_care: Seconds(5_400),
        closing: Seconds(1_800),
        life_max: Seconds(43_200),
    };
    let place = Place {
        position: Position::new(63.3, 13.5).unwrap(),
        accuracy_m: 50,
        name: "Järpen".to_owned(),
        detail: None,
    };
    let id = IncidentId::new(Timestamp::from_millis(0), &Random::from_seed(0));
    let event_type = EventType::CardiacArrest;
    Raised {
        id,
        event_type,
        place,
        ambulance_eta: None,
        caller: None,
        external_id: None,
        group: None,
        policy,
    }
}
