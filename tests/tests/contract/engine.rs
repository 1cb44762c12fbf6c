//! The engine on both databases: two nodes on one store, restarts, and what commits together.

#![expect(clippy::unwrap_used, reason = "helpers of tests: a panic is the failure")]

mod catalogue;
mod channel_test;
mod confirming;
mod conversation;
mod counties;
mod own;
mod policies;
mod records;
mod reminders;
mod report;
mod retention;
mod roles;
mod strain;
mod trail;

use std::fmt::Write as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use certus_dispatcher::config::Config;
use certus_dispatcher::engine::{Raise, store};
use certus_dispatcher::gateways::Gateways;
use certus_dispatcher::incident::{
    Answer, CallOut, Channel, Event, Incident, IncidentId, Phase, Place, Report, State,
};
use certus_dispatcher::node::{self, Node, Plan};
use certus_dispatcher::policies::Policies;
use certus_registry::exchange::{Rows, import_volunteers};
use certus_registry::store as registry;
use certus_registry::time::ManualClock;
use certus_registry::{
    Clock, Database, Duty, EventType, Position, Random, Remit, Timestamp, VolunteerId, on,
};
use certus_sms_bridge::inbox::{self, NewInbound};
use certus_sms_bridge::outbox;
use certus_sms_bridge::simulated::{NetworkSettings, SeededPeople};
use certus_tests::databases::{self, Fresh};
use certus_tests::written::{self, Message};

const NOON: Timestamp = Timestamp::from_millis(1_795_518_000_000);

#[tokio::test]
async fn two_nodes_that_keep_somebody_at_once_lose_neither() {
    for fresh in databases::both().await {
        let (mut one, mut two, _) = two_nodes(&fresh, 7).await;
        let incident = raise(&mut one).await;
        let people: Vec<VolunteerId> = incident.callouts.iter().map(CallOut::responder).collect();
        let (first, second) = tokio::join!(
            one.engine.apply(incident.id, says_yes(people[0]), &[]),
            two.engine.apply(incident.id, says_yes(people[1]), &[]),
        );
        first.unwrap();
        second.unwrap();
        let incident = stored(&fresh.db, incident.id).await;
        assert_eq!(incident.filled(), 2, "{}", fresh.name);
        assert_eq!(
            outbox::tally(&fresh.db).await.unwrap().total(),
            people.len() as u64 + 2,
            "{}: all asked, 2 told where",
            fresh.name
        );
    }
}

#[tokio::test]
async fn a_person_whom_two_incidents_want_at_once_is_asked_by_one() {
    for fresh in databases::both().await {
        let (mut one, mut two, _) = two_nodes(&fresh, 7).await;
        let (first, second) = tokio::join!(raise(&mut one), raise(&mut two));
        let asked = |incident: &Incident| incident.callouts.len();
        let total = asked(&stored(&fresh.db, first.id).await) + asked(&stored(&fresh.db, second.id).await);
        assert_eq!(total, 7, "{}", fresh.name);
    }
}

#[tokio::test]
async fn somebody_who_goes_off_duty_between_the_search_and_its_commit_is_not_asked() {
    for fresh in databases::both().await {
        let (mut one, _, _) = two_nodes(&fresh, 3).await;
        let who = one.app.engine.roster().by_phone(&"+99910000001".parse().unwrap()).unwrap().id;
        let mut tx = fresh.db.begin().await.unwrap();
        registry::volunteer::set_duty(&mut tx, Remit::All, NOON, who, Duty::OFF).await.unwrap();
        tx.commit().await.unwrap();
        // The node has not looked at the registry since.
        assert_eq!(one.app.engine.roster().get(who).unwrap().duty, Duty::ON);
        let incident = raise(&mut one).await;
        assert_eq!(incident.callouts.len(), 2, "{}", fresh.name);
        assert!(incident.callout(who).is_none(), "{}", fresh.name);
    }
}

#[tokio::test]
async fn a_timer_that_two_nodes_see_goes_off_once_and_survives_a_restart() {
    for fresh in databases::both().await {
        let (mut one, two, clock) = two_nodes(&fresh, 3).await;
        let incident = raise(&mut one).await;
        drop((one, two));
        clock.advance(Duration::from_secs(91));
        let (mut one, mut two) = (node(&fresh.db, &clock, 3).await, node(&fresh.db, &clock, 4).await);
        let (first, second) = tokio::join!(one.engine.settle_due(), two.engine.settle_due());
        first.unwrap();
        second.unwrap();
        let incident = stored(&fresh.db, incident.id).await;
        assert_eq!(incident.search, 2, "{}: searched once more", fresh.name);
        assert!(incident.callouts.iter().all(|callout| matches!(callout.state, State::TimedOut { .. })));
        assert!(matches!(incident.phase, Phase::Searching { .. }), "{}", fresh.name);
    }
}

#[tokio::test]
async fn a_reply_that_two_nodes_read_is_acted_on_once() {
    for fresh in databases::both().await {
        let (mut one, mut two, _) = two_nodes(&fresh, 3).await;
        let incident = raise(&mut one).await;
        let reply = NewInbound {
            gateway: "test".to_owned(),
            provider_id: "1".to_owned(),
            from: "+99910000000".parse().unwrap(),
            body: "JA".to_owned(),
            answers: None,
            received_at: NOON,
        };
        inbox::receive(&fresh.db, &reply).await.unwrap();
        inbox::receive(&fresh.db, &reply).await.unwrap();
        let (first, second) = tokio::join!(one.engine.settle_due(), two.engine.settle_due());
        first.unwrap();
        second.unwrap();
        let log = store::log(&fresh.db, incident.id).await.unwrap();
        let yes = |(_, event): &&(Timestamp, Event)| {
            matches!(event, Event::Responder { report: Report::Accepted { .. }, .. })
        };
        assert_eq!(log.iter().filter(yes).count(), 1, "{}", fresh.name);
        assert!(inbox::unhandled(&fresh.db, 10).await.unwrap().is_empty(), "{}", fresh.name);
    }
}

#[tokio::test]
async fn everybody_considered_has_one_verdict_and_the_log_is_the_state() {
    for fresh in databases::both().await {
        let (mut one, _, _) = two_nodes(&fresh, 7).await;
        let incident = raise(&mut one).await;
        let decisions = store::decisions(&fresh.db, incident.id).await.unwrap();
        let mut considered: Vec<VolunteerId> = decisions[0].considered.iter().map(|c| c.responder).collect();
        considered.sort();
        considered.dedup();
        assert_eq!((considered.len(), decisions[0].considered.len()), (7, 7), "{}", fresh.name);
        stored(&fresh.db, incident.id).await;
    }
}

/// The incident as it is stored, which is what its log says.
async fn stored(db: &Database, id: IncidentId) -> Incident {
    let incident = store::load(db, id).await.unwrap().unwrap();
    let log = store::log(db, id).await.unwrap();
    assert_eq!(Incident::replay(log.iter().map(|(at, event)| (*at, event))).as_ref(), Ok(&incident));
    incident
}

fn says_yes(responder: VolunteerId) -> Event {
    let answer = Answer { channel: Channel::Sms, minutes: None, note: None };
    Event::Responder { responder, report: Report::Accepted { answer, from: None } }
}

async fn raise(node: &mut Node) -> Incident {
    let position = Position::new(63.347, 13.457).unwrap();
    let place = Place { position, accuracy_m: 50, name: "Järpen".to_owned(), detail: None };
    let event_type = EventType::CardiacArrest;
    let raise =
        Raise { event_type, place, ambulance_eta: None, caller: None, external_id: None, group: None };
    let id = IncidentId::new(NOON, &node.app.random);
    node.engine.raise(id, &raise, &[]).await.unwrap()
}

/// Two nodes on one database with so many people near Järpen.
async fn two_nodes(fresh: &Fresh, people: u32) -> (Node, Node, ManualClock) {
    fresh.with_key().await;
    let mut csv = "name,phone,competences,modes,home_lat,home_lon,vetting,vetted_until\n".to_owned();
    for n in 0..people {
        let _ = writeln!(csv, "Person {n},+9991000{n:04},cpr,car,63.35{n},13.46,approved,2099-12-31");
    }
    let random = Random::from_seed(9);
    import_volunteers(&fresh.db, NOON, &random, csv.as_bytes(), Rows::AllOrNothing).await.unwrap();
    let clock = ManualClock::at(NOON);
    (node(&fresh.db, &clock, 1).await, node(&fresh.db, &clock, 2).await, clock)
}

async fn node(db: &Database, clock: &ManualClock, seed: u64) -> Node {
    let (random, clock) = (Random::from_seed(seed), Arc::new(clock.clone()) as Arc<dyn Clock>);
    let people = Arc::new(Mutex::new(SeededPeople::new(&random, |_| false)));
    let gateways = Gateways::simulated(random.fork(), people, NetworkSettings::perfect());
    let (config, policies, db) = (Config::default(), Policies::embedded(), db.clone());
    Node::build(Plan { config, policies, db, clock, random, gateways }).await.unwrap()
}
