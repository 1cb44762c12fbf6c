//! What is recorded about an incident gives it again, and what people did is learned from.

use certus_dispatcher::incident::Event;
use certus_dispatcher::policies::Policies;
use certus_dispatcher::replay::{self, Flaw};
use certus_registry::on;

use super::*;

#[tokio::test]
async fn an_incident_is_recomputed_from_its_records_and_a_changed_record_is_noticed() {
    for fresh in databases::both().await {
        let (mut one, _, clock) = two_nodes(&fresh, 9).await;
        let id = lived_through(&mut one, &clock).await;
        assert_eq!(flaws(&fresh.db, id).await, [], "{}", fresh.name);
        let sql = "UPDATE decisions SET record = REPLACE(record, '\"y\":400', '\"y\":401') WHERE search = 1";
        write(&fresh.db, sql).await;
        assert_eq!(flaws(&fresh.db, id).await, [Flaw::Shortlist { search: 1 }], "{}", fresh.name);
        write(&fresh.db, "UPDATE incidents SET state = REPLACE(state, 'Järpen', 'Duved')").await;
        assert!(flaws(&fresh.db, id).await.contains(&Flaw::State), "{}", fresh.name);
    }
}

#[tokio::test]
async fn another_policy_is_held_beside_the_one_that_was_in_force() {
    for fresh in databases::both().await {
        let (mut one, _, clock) = two_nodes(&fresh, 9).await;
        let id = lived_through(&mut one, &clock).await;
        let recorded = replay::load(&fresh.db, id).await.unwrap().unwrap();
        let as_it_was = recorded.first_wave().unwrap().unwrap();
        let asked: Vec<VolunteerId> =
            stored(&fresh.db, id).await.callouts.iter().map(CallOut::responder).collect();
        assert_eq!(as_it_was.asked, asked[..as_it_was.asked.len()], "{}", fresh.name);
        let mut policy = Policies::embedded().of(EventType::CardiacArrest).clone();
        (policy.sure_percent, policy.version) = (97, "bolder".to_owned());
        let bolder = recorded.first_wave_under(&policy).unwrap().unwrap();
        assert!(as_it_was.asked_beyond(&bolder).is_empty() && !bolder.asked_beyond(&as_it_was).is_empty());
        policy.competences = vec![certus_registry::CompetenceKind::Search];
        let others = recorded.first_wave_under(&policy).unwrap().unwrap();
        assert_eq!((others.asked.len(), others.promise), (0, None), "{}: nobody searches", fresh.name);
    }
}

#[tokio::test]
async fn what_people_did_is_counted_when_the_incident_closes_and_moves_their_chance() {
    for fresh in databases::both().await {
        let (mut one, mut two, clock) = two_nodes(&fresh, 9).await;
        let id = lived_through(&mut one, &clock).await;
        let first = stored(&fresh.db, id).await;
        two.engine.settle_due().await.unwrap();
        clock.advance(Duration::from_hours(1));
        let second = raise(&mut two).await;
        let chance = |incident: &Incident, who: VolunteerId| {
            incident.callout(who).map(|callout| callout.candidate.yes_permille)
        };
        let people: Vec<VolunteerId> = first.callouts.iter().map(CallOut::responder).collect();
        let moved = |who| (chance(&first, who), chance(&second, who));
        assert_eq!(moved(people[0]), (Some(400), Some(467)), "{}: came, (0.4 x 8 + 1) / 9", fresh.name);
        assert_eq!(moved(people[1]), (Some(400), Some(356)), "{}: declined", fresh.name);
        assert_eq!(moved(people[2]), (Some(400), Some(400)), "{}: was called off", fresh.name);
    }
}

/// An incident in which the first person says yes, the second no, and which is closed before the others have answered.
async fn lived_through(node: &mut Node, clock: &ManualClock) -> IncidentId {
    let incident = raise(node).await;
    let who = |n: usize| incident.callouts[n].responder();
    let answer = || Answer { channel: Channel::Sms, minutes: None, note: None };
    let no = Event::Responder { responder: who(1), report: Report::Declined { answer: answer() } };
    for event in
        [says_yes(who(0)), no, Event::AmbulanceEtaChanged { eta: Some(NOON + Duration::from_mins(40)) }]
    {
        clock.advance(Duration::from_secs(5));
        node.engine.apply(incident.id, event, &[]).await.unwrap();
    }
    node.engine.apply(incident.id, Event::Closed, &[]).await.unwrap();
    incident.id
}

async fn flaws(db: &Database, id: IncidentId) -> Vec<Flaw> {
    replay::load(db, id).await.unwrap().unwrap().flaws()
}

async fn write(db: &Database, sql: &'static str) {
    let mut tx = db.begin().await.unwrap();
    on!(tx, conn => sqlx::query(sql).execute(conn).await.map(drop)).unwrap();
    tx.commit().await.unwrap();
}
