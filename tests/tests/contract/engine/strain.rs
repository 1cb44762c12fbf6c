//! Who has had enough for a month, or rests, is passed over: by the node that asked them, by the other one, and after a restart.

use certus_registry::availability::MONTH;

use super::*;

#[tokio::test]
async fn whoever_wants_one_call_out_a_month_is_asked_once_a_month_by_whichever_node() {
    for fresh in databases::both().await {
        let (mut one, mut two, clock) = two_nodes(&fresh, 7).await;
        once_a_month(&fresh.db).await;
        one.engine.settle_due().await.unwrap();
        let first = raise(&mut one).await;
        assert!(!first.callouts.is_empty(), "{}", fresh.name);
        one.engine.apply(first.id, Event::Closed, &[]).await.unwrap();
        clock.advance(Duration::from_mins(10));
        for node in [&mut one, &mut two] {
            assert_eq!(
                codes(&fresh.db, raise(node).await.id, &first).await,
                ["monthly_max"],
                "{}",
                fresh.name
            );
        }
        let mut three = node(&fresh.db, &clock, 3).await;
        assert_eq!(codes(&fresh.db, raise(&mut three).await.id, &first).await, ["monthly_max"]);
        clock.advance(MONTH);
        let last = raise(&mut one).await;
        assert!(
            !codes(&fresh.db, last.id, &first).await.contains(&"monthly_max".to_owned()),
            "{}",
            fresh.name
        );
    }
}

#[tokio::test]
async fn whoever_went_rests_and_whoever_declined_does_not_by_whichever_node() {
    for fresh in databases::both().await {
        let (mut one, mut two, clock) = two_nodes(&fresh, 7).await;
        policies::rest(&fresh.db, 3_600).await;
        let first = raise(&mut one).await;
        let [went, declined] = [0, 1].map(|n| first.callouts[n].responder());
        let no = Report::Declined { answer: Answer { channel: Channel::Sms, minutes: None, note: None } };
        let no = Event::Responder { responder: declined, report: no };
        for event in [says_yes(went), no, Event::Closed] {
            one.engine.apply(first.id, event, &[]).await.unwrap();
        }
        clock.advance(Duration::from_mins(10));
        let mut three = node(&fresh.db, &clock, 3).await;
        for node in [&mut one, &mut two, &mut three] {
            let next = raise(node).await;
            assert_eq!(code(&fresh.db, next.id, went).await, "resting", "{}", fresh.name);
            assert_ne!(code(&fresh.db, next.id, declined).await, "resting", "{}", fresh.name);
            node.engine.apply(next.id, Event::Closed, &[]).await.unwrap();
            clock.advance(Duration::from_secs(5));
        }
        clock.advance(Duration::from_hours(1));
        let later = raise(&mut two).await;
        assert_eq!(code(&fresh.db, later.id, went).await, "eligible", "{}", fresh.name);
    }
}

/// Everybody wants one call-out a month at most.
async fn once_a_month(db: &Database) {
    let mut people = registry::volunteer::all(db, Remit::All).await.unwrap();
    for person in &mut people {
        person.availability.monthly_max = Some(1.try_into().unwrap());
    }
    let mut tx = db.begin().await.unwrap();
    registry::volunteer::put_many(&mut tx, Remit::All, NOON, &people).await.unwrap();
    tx.commit().await.unwrap();
}

/// The verdicts on those whom an earlier incident asked.
async fn codes(db: &Database, id: IncidentId, earlier: &Incident) -> Vec<String> {
    let mut found = Vec::new();
    for callout in &earlier.callouts {
        found.push(code(db, id, callout.responder()).await);
    }
    found.sort();
    found.dedup();
    found
}

/// The verdict of the first search on somebody.
async fn code(db: &Database, id: IncidentId, who: VolunteerId) -> String {
    let decisions = store::decisions(db, id).await.unwrap();
    let considered = decisions[0].considered.iter().find(|considered| considered.responder == who).unwrap();
    considered.verdict.as_str().to_owned()
}
