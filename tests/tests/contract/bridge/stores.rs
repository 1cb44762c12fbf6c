//! Outbox, receipts and inbox.

use super::*;

#[tokio::test]
async fn a_message_passes_its_milestones_and_each_end_is_reported_once() {
    for fresh in bridges().await {
        let gateway = Scripted::default();
        let worker = worker(&fresh.db, &gateway);
        let id = enqueue(&fresh.db, &[message("inc-1", 1)]).await[0];
        assert_eq!(worker.step(T0).await.unwrap().sent, 1);
        assert_eq!(
            record(&fresh.db, 2, ours(id, ReceiptStatus::Delivered)).await,
            recorded(Milestone::Delivered)
        );
        assert_eq!(
            milestones(&fresh.db, "inc-1").await,
            [Milestone::Stored, Milestone::Transmitted, Milestone::Accepted, Milestone::Delivered],
            "{}",
            fresh.name
        );
        let fates = outbox::unreported(&fresh.db, 10).await.unwrap();
        let at = T0 + Duration::from_secs(2);
        let expected = Fate { message: id, reference: "inc-1".into(), milestone: Milestone::Delivered, at };
        assert_eq!(fates, [expected]);
        assert!(report(&fresh.db, id, Milestone::Delivered).await);
        assert!(!report(&fresh.db, id, Milestone::Delivered).await, "somebody else reported it already");
        assert_eq!(outbox::unreported(&fresh.db, 10).await.unwrap(), []);
    }
}

#[tokio::test]
async fn of_messages_enqueued_together_the_first_leaves_first() {
    for fresh in bridges().await {
        let gateway = Scripted::default();
        let messages: Vec<NewMessage> = (1..10).map(|n| message(&format!("inc-{n}"), n)).collect();
        let ids = enqueue(&fresh.db, &messages).await;
        assert_eq!(worker(&fresh.db, &gateway).step(T0).await.unwrap().sent, 9);
        assert_eq!(gateway.sent(), ids, "{}", fresh.name);
    }
}

#[tokio::test]
async fn what_is_enqueued_in_a_dropped_transaction_is_never_sent() {
    for fresh in bridges().await {
        let gateway = Scripted::default();
        let (mut tx, mut batch) = (fresh.db.begin().await.unwrap(), Batch::default());
        outbox::enqueue(&mut batch, &tx.sealer(), T0, &Random::from_seed(1), &[message("inc-1", 1)]).unwrap();
        assert!(batch.execute(&mut tx).await.unwrap());
        drop(tx);
        assert_eq!(worker(&fresh.db, &gateway).step(T0).await.unwrap().next_at, None, "{}", fresh.name);
        assert_eq!(gateway.sent(), []);
    }
}

#[tokio::test]
async fn a_message_out_of_bounds_is_refused_with_its_field() {
    let fresh = databases::sqlite().await;
    for (reference, body, field) in
        [("", "x".to_owned(), "reference"), ("r", String::new(), "body"), ("r", "x".repeat(1531), "body")]
    {
        let wrong = NewMessage { body, ..message(reference, 1) };
        let (mut batch, sealer) = (Batch::default(), fresh.db.sealer());
        let error = outbox::enqueue(&mut batch, &sealer, T0, &Random::from_seed(1), &[wrong]).unwrap_err();
        assert!(error.to_string().starts_with(field), "{error}");
    }
}

#[tokio::test]
async fn cancelling_takes_back_what_no_gateway_has() {
    for fresh in bridges().await {
        let gateway = Scripted::default();
        let later = NewMessage { due_at: T0 + Duration::from_mins(1), ..message("inc-1", 2) };
        let unsent = NewMessage { reference: "inc-3".to_owned(), ..later.clone() };
        enqueue(&fresh.db, &[message("inc-1", 1), later, message("inc-2", 3), unsent]).await;
        worker(&fresh.db, &gateway).step(T0).await.unwrap();
        let sms = BTreeSet::from([Channel::Sms]);
        assert_eq!(cancel(&fresh.db, "inc-1").await, sms, "{}", fresh.name);
        assert_eq!(cancel(&fresh.db, "inc-1").await, sms);
        assert_eq!(cancel(&fresh.db, "inc-3").await, BTreeSet::new(), "nothing of it has left");
        let tally = outbox::tally(&fresh.db).await.unwrap();
        assert_eq!((tally.at(Milestone::Cancelled), tally.at(Milestone::Accepted)), (2, 2));
        assert_eq!((tally.total(), tally.open()), (4, 2));
    }
}

#[tokio::test]
async fn a_message_cancelled_in_flight_is_not_tried_again() {
    for fresh in bridges().await {
        let gateway = Scripted::answering(|_| Err(SendError::Unknown { reason: "test".into() }));
        let worker = worker(&fresh.db, &gateway);
        enqueue(&fresh.db, &[message("inc-1", 1)]).await;
        let next = worker.step(T0).await.unwrap().next_at.unwrap();
        assert_eq!(cancel(&fresh.db, "inc-1").await, BTreeSet::from([Channel::Sms]), "{}", fresh.name);
        gateway.reconciles(Reconciled::NotSent);
        assert_eq!(worker.step(next).await.unwrap().next_at, None);
        assert_eq!(milestones(&fresh.db, "inc-1").await.last(), Some(&Milestone::Cancelled));
        assert_eq!(gateway.sent().len(), 1);
    }
}

#[tokio::test]
async fn receipts_in_every_order_have_one_outcome() {
    use ReceiptStatus::{Delivered, Sent};
    let failed = || ReceiptStatus::Failed { reason: "absent".into() };
    for fresh in bridges().await {
        let cases: [(&[ReceiptStatus], Milestone); 6] = [
            (&[Sent], Milestone::Accepted),
            (&[Sent, Delivered, Delivered], Milestone::Delivered),
            (&[Delivered, Sent, failed()], Milestone::Delivered),
            (&[failed(), failed(), Sent], Milestone::Errored),
            (&[failed(), Delivered], Milestone::Delivered),
            (&[], Milestone::Accepted),
        ];
        for (n, (receipts, expected)) in cases.into_iter().enumerate() {
            let reference = format!("inc-{n}");
            let id = enqueue(&fresh.db, &[message(&reference, 1)]).await[0];
            worker(&fresh.db, &Scripted::default()).step(T0).await.unwrap();
            for status in receipts {
                record(&fresh.db, 1, ours(id, status.clone())).await;
            }
            assert_eq!(milestones(&fresh.db, &reference).await.last(), Some(&expected), "{receipts:?}");
        }
    }
}

#[tokio::test]
async fn a_receipt_that_is_quicker_than_our_own_record_is_kept_and_used() {
    for fresh in bridges().await {
        let by_provider = |id: &str| Receipt {
            message: ReceiptFor::Provider { gateway: "scripted".into(), id: id.into() },
            status: ReceiptStatus::Delivered,
            at: T0,
        };
        let id = enqueue(&fresh.db, &[message("inc-1", 1)]).await[0];
        let early = by_provider(&format!("p-{id}"));
        assert_eq!(record(&fresh.db, 0, early.clone()).await, ReceiptOutcome::Kept, "{}", fresh.name);
        assert_eq!(record(&fresh.db, 0, early.clone()).await, ReceiptOutcome::Ignored);
        worker(&fresh.db, &Scripted::default()).step(T0).await.unwrap();
        assert_eq!(milestones(&fresh.db, "inc-1").await.last(), Some(&Milestone::Delivered));
        assert_eq!(record(&fresh.db, 1, early).await, ReceiptOutcome::Ignored);
        let nobody = ours(MessageId::new(T0, &Random::from_seed(9)), ReceiptStatus::Sent);
        assert_eq!(record(&fresh.db, 0, nobody).await, ReceiptOutcome::NoSuchMessage);
    }
}

#[tokio::test]
async fn a_late_delivery_of_an_unknown_message_is_reported_again() {
    for fresh in bridges().await {
        let id = enqueue(&fresh.db, &[message("inc-1", 1)]).await[0];
        let worker = worker(&fresh.db, &Scripted::default());
        let no_receipt = worker.step(T0).await.unwrap().next_at.unwrap();
        assert_eq!(no_receipt, T0 + Duration::from_mins(10 + 15), "{}", fresh.name);
        worker.step(no_receipt).await.unwrap();
        assert!(report(&fresh.db, id, Milestone::Unknown).await);
        record(&fresh.db, 9_000, ours(id, ReceiptStatus::Delivered)).await;
        assert!(!report(&fresh.db, id, Milestone::Unknown).await);
        assert!(report(&fresh.db, id, Milestone::Delivered).await);
    }
}

#[tokio::test]
async fn a_reply_is_kept_once_in_order_of_arrival_and_handled_once() {
    for fresh in bridges().await {
        let reply = |id: &str, body: &str| NewInbound {
            gateway: "scripted".into(),
            provider_id: id.into(),
            from: phone(1),
            body: body.into(),
            answers: None,
            received_at: T0,
        };
        for (id, body, expected) in
            [("b", "JA", Received::New), ("a", "NEJ\0", Received::New), ("b", "JA", Received::Duplicate)]
        {
            assert_eq!(
                inbox::receive(&fresh.db, &reply(id, body)).await.unwrap(),
                expected,
                "{}",
                fresh.name
            );
        }
        let waiting = inbox::unhandled(&fresh.db, 10).await.unwrap();
        assert_eq!(waiting.iter().map(|r| r.body.as_str()).collect::<Vec<_>>(), ["JA", "NEJ"]);
        for expected in [true, false] {
            let mut tx = fresh.db.begin().await.unwrap();
            assert_eq!(inbox::mark_handled(&mut tx, T0, waiting[0].id, "yes").await.unwrap(), expected);
            tx.commit().await.unwrap();
        }
        assert_eq!(inbox::unhandled(&fresh.db, 10).await.unwrap().len(), 1);
        let long = reply("c", &"å".repeat(5_000));
        inbox::receive(&fresh.db, &long).await.unwrap();
        assert_eq!(inbox::unhandled(&fresh.db, 10).await.unwrap()[1].body.chars().count(), 2_000);
        assert!(inbox::receive(&fresh.db, &reply("", "JA")).await.is_err());
    }
}
