//! Ladders: one thing to say, several ways, one after the other.

use certus_sms_bridge::Rung;

use super::*;

/// "text 1", after half a minute "text 2", after a minute "text 3".
fn ladder(unless_delivered: bool) -> NewMessage {
    let rung = |n: u64| Rung {
        channel: Channel::Sms,
        body: format!("text {}", n + 1),
        after: Duration::from_secs(30 * n),
        unless_delivered,
    };
    NewMessage { otherwise: vec![rung(1), rung(2)], ..message("inc-1", 1) }
}

fn refusing(which: &'static [&'static str]) -> fn(&Outgoing) -> Result<Accepted, SendError> {
    match which {
        [_] => |message| answer(message, &["text 1"]),
        [_, _] => |message| answer(message, &["text 1", "text 2"]),
        _ => |message| answer(message, &["text 1", "text 2", "text 3"]),
    }
}

fn answer(message: &Outgoing, refused: &[&str]) -> Result<Accepted, SendError> {
    if refused.contains(&message.body.as_str()) {
        return Err(SendError::Refused { reason: "test".to_owned() });
    }
    Ok(Accepted::as_named(format!("p-{}", message.id)))
}

#[tokio::test]
async fn each_way_has_its_own_time_and_nothing_more_once_it_is_withdrawn() {
    for fresh in bridges().await {
        let gateway = Scripted::default();
        let worker = worker(&fresh.db, &gateway);
        enqueue(&fresh.db, &[ladder(false)]).await;
        let step = worker.step(T0).await.unwrap();
        assert_eq!((step.sent, step.next_at), (1, Some(T0 + Duration::from_secs(30))), "{}", fresh.name);
        assert_eq!(worker.step(T0 + Duration::from_secs(29)).await.unwrap().sent, 0);
        assert_eq!(worker.step(T0 + Duration::from_secs(30)).await.unwrap().sent, 1);
        assert_eq!(cancel(&fresh.db, "inc-1").await, BTreeSet::from([Channel::Sms]));
        assert_eq!(worker.step(T0 + Duration::from_mins(2)).await.unwrap().sent, 0);
        assert_eq!(gateway.sent().len(), 2);
    }
}

#[tokio::test]
async fn a_way_that_fails_makes_room_for_the_next_at_once_and_only_the_last_failure_is_reported() {
    for fresh in bridges().await {
        let gateway = Scripted::answering(refusing(&["1", "2"]));
        enqueue(&fresh.db, &[ladder(false)]).await;
        let worker = worker(&fresh.db, &gateway);
        let next = worker.step(T0).await.unwrap().next_at;
        assert_eq!(next, Some(T0), "{}: the second way is due now", fresh.name);
        worker.step(T0).await.unwrap();
        worker.step(T0).await.unwrap();
        assert_eq!(gateway.sent().len(), 3);
        assert_eq!(outbox::unreported(&fresh.db, 10).await.unwrap(), [], "the third way has it");
        let third = gateway.sent()[2];
        let status = ReceiptStatus::Failed { reason: "absent".to_owned() };
        let failed = Receipt { message: ReceiptFor::Ours(third), status, at: T0 };
        receipt::record(&fresh.db, T0, &failed).await.unwrap();
        let fates = outbox::unreported(&fresh.db, 10).await.unwrap();
        assert_eq!(fates.iter().map(|fate| fate.message).collect::<Vec<_>>(), [third], "{}", fresh.name);
    }
}

#[tokio::test]
async fn a_way_that_arrives_spares_the_person_the_others_where_so_wished() {
    for (wished, sent) in [(true, 1), (false, 3)] {
        for fresh in bridges().await {
            let gateway = Scripted::default();
            let worker = worker(&fresh.db, &gateway);
            let ids = enqueue(&fresh.db, &[ladder(wished)]).await;
            worker.step(T0).await.unwrap();
            let delivered =
                Receipt { message: ReceiptFor::Ours(ids[0]), status: ReceiptStatus::Delivered, at: T0 };
            receipt::record(&fresh.db, T0, &delivered).await.unwrap();
            for seconds in [30, 60] {
                worker.step(T0 + Duration::from_secs(seconds)).await.unwrap();
            }
            assert_eq!(gateway.sent().len(), sent, "{}", fresh.name);
        }
    }
}

#[tokio::test]
async fn when_no_way_leaves_in_time_somebody_is_told() {
    for fresh in bridges().await {
        enqueue(&fresh.db, &[ladder(false)]).await;
        let late = T0 + Duration::from_mins(10);
        worker_at(&fresh.db, late, vec![Arc::new(Scripted::default())]).step(late).await.unwrap();
        let fates = outbox::unreported(&fresh.db, 10).await.unwrap();
        assert!(!fates.is_empty() && fates.iter().all(|fate| fate.milestone == Milestone::Expired));
    }
}

#[tokio::test]
async fn a_way_whose_time_would_come_after_the_end_is_not_stored() {
    for fresh in bridges().await {
        let short = NewMessage { valid_until: T0 + Duration::from_secs(45), ..ladder(false) };
        enqueue(&fresh.db, &[short]).await;
        assert_eq!(outbox::tally(&fresh.db).await.unwrap().total(), 2, "{}", fresh.name);
    }
}
