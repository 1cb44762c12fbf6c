//! The tasks beside every way to give them, and what that means for the people of an incident.

use std::collections::BTreeSet;

use certus_registry::{Mode, Random};
use proptest::prelude::*;

use super::super::tests::raised;
use super::super::{Answer, Channel, Effect, Event, Report};
use super::*;

const NOW: Timestamp = Timestamp::from_millis(1_795_518_000_000);
const AED: ResourceKind = ResourceKind::AED;

fn candidate(number: u64, straight_s: u32, errand_s: Option<u32>, yes_permille: u16) -> Candidate {
    let random = Random::from_seed(number);
    let bring = |travel_s| Errand { resource: ResourceId::new(NOW, &random), kind: AED, travel_s };
    Candidate {
        responder: VolunteerId::new(NOW, &random),
        distance_m: 1,
        mode: Mode::Car,
        turnout_s: 0,
        travel_s: straight_s,
        yes_permille,
        errands: errand_s.map(bring).into_iter().collect(),
    }
}

/// The most that can be gained, by trying every way to give the tasks.
fn brute_force(tasks: &[(Task, i64)], people: &[Likely<'_>], left_s: u32) -> i64 {
    let Some((task, rest)) = tasks.split_first() else { return 0 };
    let nobody = brute_force(rest, people, left_s);
    let given = (0..people.len()).map(|n| {
        let mut others = people.to_vec();
        let who = others.remove(n);
        gain(*task, who, left_s) + brute_force(rest, &others, left_s)
    });
    given.fold(nobody, i64::max)
}

proptest! {
    #[test]
    fn all_together_gain_as_much_as_in_the_best_of_all_ways(
        people in prop::collection::vec((0_u32..1_500, prop::option::of(0_u32..1_500), 0_u16..=1000), 0..7),
        straight in 0_usize..4,
        brings: bool,
        guides in 0_usize..2,
        left_s in 0_u32..1_500,
    ) {
        let candidates: Vec<Candidate> = people
            .iter()
            .enumerate()
            .map(|(n, (straight_s, errand_s, chance))| {
                candidate(n as u64, *straight_s, errand_s.map(|more| straight_s + more), *chance)
            })
            .collect();
        let people: Vec<Likely<'_>> = candidates.iter().map(Candidate::likely).collect();
        let hands = (0..straight).map(|n| (Task::Straight, HANDS[n.min(2)]));
        let bring = std::iter::repeat_n((Task::Bring(AED), BRINGS), usize::from(brings));
        let tasks: Vec<(Task, i64)> =
            hands.chain(bring).chain(std::iter::repeat_n((Task::Guide, GUIDES), guides)).collect();
        let roles = assign(&tasks, &people, left_s);
        // Of those who go straight the one worth most counts as the first pair of hands.
        let mut straight: Vec<i64> = Vec::new();
        let mut gained = 0;
        for (likely, role) in people.iter().zip(&roles) {
            match role.map(Role::task) {
                Some(Task::Straight) => straight.push(gain((Task::Straight, 1), *likely, left_s)),
                Some(Task::Guide) => gained += gain((Task::Guide, GUIDES), *likely, left_s),
                Some(task) => gained += gain((task, BRINGS), *likely, left_s),
                None => {}
            }
        }
        straight.sort_unstable_by_key(|worth| std::cmp::Reverse(*worth));
        prop_assert!(straight.len() <= tasks.iter().filter(|(task, _)| *task == Task::Straight).count());
        gained += straight.iter().zip(HANDS.iter().chain(std::iter::repeat(&HANDS[2]))).map(|(worth, weight)| worth * weight).sum::<i64>();
        prop_assert_eq!(gained, brute_force(&tasks, &people, left_s));
    }
}

/// An incident with three wanted and a defibrillator to be brought, the ambulance 20 minutes away, and these people asked.
fn asked(candidates: Vec<Candidate>) -> Incident {
    let mut raised = raised(3, 12);
    raised.policy.bring = BTreeSet::from([AED]);
    raised.ambulance_eta = Some(NOW + std::time::Duration::from_mins(20));
    let (mut incident, _) = Incident::raise(NOW, &raised);
    incident.handle(NOW, &Event::CandidatesFound { candidates }).expect("a search is answered");
    incident
}

fn say(incident: &mut Incident, who: VolunteerId, report: Report) -> Vec<Effect> {
    incident.handle(NOW, &Event::Responder { responder: who, report }).expect("they were asked").effects
}

fn yes() -> Report {
    Report::Accepted { answer: Answer { channel: Channel::Sms, minutes: None, note: None }, from: None }
}

#[test]
fn the_one_nearest_goes_straight_and_the_one_by_the_defibrillator_brings_it() {
    let (near, by_it, third) =
        (candidate(1, 240, Some(600), 350), candidate(2, 360, Some(390), 350), candidate(3, 480, None, 350));
    let mut incident = asked(vec![near.clone(), by_it.clone(), third.clone()]);
    for (who, expected) in [(&third, "straight"), (&near, "straight"), (&by_it, "bring")] {
        say(&mut incident, who.responder, yes());
        let callout = incident.callout(who.responder).unwrap();
        assert_eq!(callout.role().map(|role| role.as_str()), Some(expected));
    }
    let kept = incident.callout(by_it.responder).and_then(CallOut::kept).unwrap();
    assert_eq!(kept.expected_at.since(NOW).as_secs(), 390, "by way of the defibrillator");
    assert_eq!(incident.callout(by_it.responder).unwrap().planned, kept.role);
}

#[test]
fn who_comes_alone_brings_it_where_the_detour_is_short_and_else_goes_straight() {
    for (errand_s, expected) in [(360, "bring"), (900, "straight")] {
        let alone = candidate(1, 300, Some(errand_s), 350);
        let mut incident = asked(vec![alone.clone()]);
        say(&mut incident, alone.responder, yes());
        let role = incident.callout(alone.responder).and_then(CallOut::role);
        assert_eq!(role.map(|role| role.as_str()), Some(expected), "{errand_s}");
    }
}

#[test]
fn what_was_to_be_brought_falls_to_the_next_when_somebody_withdraws() {
    let people: Vec<Candidate> = (1..=4).map(|n| candidate(n, 300, Some(330), 350)).collect();
    let mut incident = asked(people.clone());
    let brings = |incident: &Incident, n: usize| {
        incident
            .callout(people[n].responder)
            .and_then(CallOut::role)
            .is_some_and(|role| role.resource().is_some())
    };
    say(&mut incident, people[0].responder, yes());
    assert!(brings(&incident, 0), "on the scene with it as soon as without");
    say(&mut incident, people[1].responder, yes());
    assert!(!brings(&incident, 1), "one is enough");
    let no = Answer { channel: Channel::Sms, minutes: None, note: None };
    say(&mut incident, people[0].responder, Report::Declined { answer: no });
    say(&mut incident, people[2].responder, yes());
    assert!(brings(&incident, 2) && !brings(&incident, 1), "who has been told what to do keeps it");
}

#[test]
fn the_only_one_by_the_defibrillator_is_asked_in_the_first_wave() {
    let mut people: Vec<Candidate> =
        (1..=20).map(|n| candidate(n, 300 + 5 * u32::try_from(n).unwrap(), None, 900)).collect();
    people.push(candidate(21, 600, Some(620), 900));
    let mut raised = raised(3, 12);
    (raised.policy.bring, raised.policy.sure_of, raised.policy.sure_percent) = (BTreeSet::from([AED]), 1, 80);
    let (mut incident, _) = Incident::raise(NOW, &raised);
    incident.handle(NOW, &Event::CandidatesFound { candidates: people.clone() }).unwrap();
    let asked: Vec<VolunteerId> = incident.callouts.iter().map(CallOut::responder).collect();
    assert_eq!(asked, [&people[0], &people[1], &people[20]].map(|who| who.responder));
}

#[test]
fn that_it_has_been_fetched_is_told_once_and_only_of_who_brings_it() {
    let (brings, straight) = (candidate(1, 300, Some(330), 350), candidate(2, 300, None, 350));
    let mut incident = asked(vec![brings.clone(), straight.clone()]);
    for who in [&brings, &straight] {
        say(&mut incident, who.responder, yes());
    }
    let fetched = || Report::Fetched { note: None };
    assert_eq!(say(&mut incident, straight.responder, fetched()), []);
    assert!(matches!(say(&mut incident, brings.responder, fetched())[..], [Effect::AlertOperator(_)]));
    assert_eq!(say(&mut incident, brings.responder, fetched()), []);
}
