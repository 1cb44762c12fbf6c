//! Claiming, sending, failing over, dying and taking over.

use super::*;

#[tokio::test]
async fn six_hundred_messages_fit_in_one_call_and_alarms_go_first() {
    for fresh in bridges().await {
        let gateway = Scripted::default();
        let mut messages: Vec<_> = (0..599).map(|n| message("inc-1", n)).collect();
        for message in &mut messages {
            message.urgency = Urgency::Notice;
        }
        messages.push(message("inc-2", 599));
        let ids = enqueue(&fresh.db, &messages).await;
        assert_eq!(ids.len(), 600);
        let step = worker(&fresh.db, &gateway).step(T0).await.unwrap();
        assert_eq!((step.sent, step.next_at), (32, Some(T0)), "{}", fresh.name);
        assert_eq!(gateway.sent()[0], ids[599]);
    }
}

#[tokio::test]
async fn nothing_is_sent_when_its_validity_has_ended() {
    for fresh in bridges().await {
        let gateway = Scripted::default();
        enqueue(&fresh.db, &[message("inc-1", 1)]).await;
        let late = T0 + Duration::from_mins(10);
        assert_eq!(worker(&fresh.db, &gateway).step(late).await.unwrap().next_at, None);
        assert_eq!(gateway.sent(), [], "{}", fresh.name);
        assert_eq!(milestones(&fresh.db, "inc-1").await, [Milestone::Stored, Milestone::Expired]);
        assert_eq!(outbox::unreported(&fresh.db, 10).await.unwrap()[0].milestone, Milestone::Expired);
    }
}

#[tokio::test]
async fn nothing_is_sent_whose_validity_ended_while_it_waited_for_its_turn() {
    for fresh in bridges().await {
        let gateway = Scripted::default();
        let soon = NewMessage { valid_until: T0 + Duration::from_secs(5), ..message("inc-1", 1) };
        enqueue(&fresh.db, &[soon]).await;
        let late = T0 + Duration::from_secs(5);
        let worker = worker_at(&fresh.db, late, vec![Arc::new(gateway.clone())]);
        worker.step(T0).await.unwrap(); // claimed in time, and then its turn came late
        assert_eq!(gateway.sent(), [], "{}", fresh.name);
        worker.step(late).await.unwrap();
        let passed = [Milestone::Stored, Milestone::Transmitted, Milestone::Stored, Milestone::Expired];
        assert_eq!(milestones(&fresh.db, "inc-1").await, passed);
    }
}

#[tokio::test]
async fn a_refused_message_is_errored_and_a_temporary_failure_goes_to_the_next_gateway() {
    for fresh in bridges().await {
        let first = Scripted::answering(|message| {
            let refuse = message.body.ends_with('1');
            let reason = "test".to_owned();
            Err(if refuse { SendError::Refused { reason } } else { SendError::Temporary { reason } })
        });
        let second = Scripted { name: "second", ..Scripted::default() };
        let worker = worker_with(&fresh.db, vec![Arc::new(first.clone()), Arc::new(second.clone())]);
        let ids = enqueue(&fresh.db, &[message("inc-1", 1), message("inc-2", 2)]).await;
        worker.step(T0).await.unwrap();
        assert_eq!(worker.step(T0).await.unwrap().sent, 1, "{}", fresh.name);
        assert_eq!(milestones(&fresh.db, "inc-1").await.last(), Some(&Milestone::Errored));
        assert_eq!(second.sent(), [ids[1]]);
    }
}

#[tokio::test]
async fn failures_back_off_and_end_before_the_validity_does() {
    for fresh in bridges().await {
        let gateway = Scripted::answering(|_| Err(SendError::Temporary { reason: "test".into() }));
        let worker = worker(&fresh.db, &gateway);
        enqueue(&fresh.db, &[message("inc-1", 1)]).await;
        let (mut now, mut waits) = (T0, Vec::new());
        while let Some(next) = worker.step(now).await.unwrap().next_at {
            waits.push(next.since(now).as_millis());
            now = next;
        }
        assert_eq!(waits.len(), 7, "{}: {waits:?}", fresh.name);
        assert!(waits[3] > waits[0] && waits.iter().all(|wait| *wait <= 30_000), "{waits:?}");
        assert_eq!(milestones(&fresh.db, "inc-1").await.last(), Some(&Milestone::Errored));
    }
}

#[tokio::test]
async fn an_unanswered_attempt_is_never_silently_sent_again() {
    let cases = [
        (Reconciled::Accepted { provider_id: "p-9".into() }, Milestone::Accepted, 1),
        (Reconciled::Unsupported, Milestone::Unknown, 1),
        (Reconciled::NotSent, Milestone::Accepted, 2),
        (Reconciled::Unavailable { reason: "test".into() }, Milestone::Unknown, 1),
    ];
    for fresh in bridges().await {
        for (n, (answer, expected, sends)) in cases.iter().enumerate() {
            let gateway = Scripted::answering(|message| match message.attempt {
                1 => Err(SendError::Unknown { reason: "test".into() }),
                n => Ok(Accepted::as_named(format!("p-{n}"))),
            });
            gateway.reconciles(answer.clone());
            let (worker, reference) = (worker(&fresh.db, &gateway), format!("inc-{n}"));
            enqueue(&fresh.db, &[message(&reference, u32::try_from(n).unwrap())]).await;
            let end = T0 + Duration::from_mins(2);
            let mut now = T0;
            while let Some(next) = worker.step(now).await.unwrap().next_at.filter(|at| *at < end) {
                now = next;
            }
            assert_eq!(milestones(&fresh.db, &reference).await.last(), Some(expected), "{answer:?}");
            assert_eq!(gateway.sent().len(), *sends, "{}: {answer:?}", fresh.name);
        }
    }
}

#[tokio::test]
async fn what_a_dead_worker_left_in_flight_is_asked_about_by_the_next() {
    for fresh in bridges().await {
        let hanging = Scripted { hangs: true, ..Scripted::default() };
        enqueue(&fresh.db, &[message("inc-1", 1)]).await;
        {
            let dead = worker(&fresh.db, &hanging);
            let step = dead.step(T0);
            let cut = tokio::time::timeout(Duration::from_millis(300), step).await;
            assert!(cut.is_err(), "killed between sending and recording");
        }
        let alive = Scripted::default();
        alive.reconciles(Reconciled::Accepted { provider_id: "p-1".into() });
        let worker = worker(&fresh.db, &alive);
        let lease_end = worker.step(T0).await.unwrap().next_at.unwrap();
        assert_eq!(lease_end, T0 + WorkerSettings::default().lease, "{}", fresh.name);
        assert_eq!(worker.step(lease_end).await.unwrap().sent, 1);
        assert_eq!(milestones(&fresh.db, "inc-1").await.last(), Some(&Milestone::Accepted));
        assert_eq!((hanging.sent().len(), alive.sent().len()), (1, 0));
    }
}

#[tokio::test]
async fn a_worker_that_lost_its_lease_cannot_write_any_more() {
    let late_refusal = |_: &Outgoing| Err(SendError::Refused { reason: "too late to matter".into() });
    for fresh in bridges().await {
        let slow = Scripted { slow: Duration::from_millis(500), ..Scripted::answering(late_refusal) };
        let asking = Scripted { slow: Duration::from_millis(700), ..Scripted::default() };
        asking.reconciles(Reconciled::Accepted { provider_id: "p-1".into() });
        enqueue(&fresh.db, &[message("inc-1", 1)]).await;
        let (old, new) = (worker(&fresh.db, &slow), worker(&fresh.db, &asking));
        let take_over = async {
            slow.until_sent(1).await;
            new.step(T0 + WorkerSettings::default().lease).await.unwrap()
        };
        let (late, took_over) = futures::join!(old.step(T0), take_over);
        assert_eq!((late.unwrap().sent, took_over.sent), (0, 1), "{}", fresh.name);
        assert_eq!(milestones(&fresh.db, "inc-1").await.last(), Some(&Milestone::Accepted), "{}", fresh.name);
    }
}

#[tokio::test]
async fn what_another_process_enqueues_without_waking_us_is_sent_within_a_poll() {
    let fresh = databases::sqlite().await;
    let (gateway, clock) = (Scripted::default(), ManualClock::at(T0));
    let routes = Arc::new(Routes::equal(vec![Arc::new(gateway.clone())]));
    let (random, settings) = (Random::from_seed(1), WorkerSettings::default());
    let worker = Worker::new(fresh.db.clone(), Arc::new(clock.clone()), random, routes, settings);
    let task = tokio::spawn(async move { worker.run(std::future::pending()).await });
    enqueue(&fresh.db, &[message("inc-1", 1)]).await;
    clock.advance(Duration::from_secs(1));
    gateway.until_sent(1).await;
    task.abort();
}

#[tokio::test]
async fn two_messages_to_one_phone_that_cannot_be_told_apart_become_unknown() {
    for fresh in bridges().await {
        let answer = |_: &Outgoing| Err(SendError::Unknown { reason: "test".into() });
        let gateway = Scripted { by_phone: true, ..Scripted::answering(answer) };
        let worker = worker(&fresh.db, &gateway);
        enqueue(&fresh.db, &[message("inc-1", 1), message("inc-2", 1)]).await;
        let next = worker.step(T0).await.unwrap().next_at.unwrap();
        worker.step(next).await.unwrap();
        assert_eq!(outbox::tally(&fresh.db).await.unwrap().at(Milestone::Unknown), 2, "{}", fresh.name);
        assert_eq!(gateway.sent().len(), 2);
    }
}

#[tokio::test]
async fn two_messages_to_one_phone_of_which_the_gateway_has_neither_are_sent_again() {
    for fresh in bridges().await {
        let gateway = Scripted::answering(|message| match message.attempt {
            1 => Err(SendError::Unknown { reason: "test".into() }),
            _ => Ok(Accepted::as_named(format!("p-{}", message.id))),
        });
        gateway.reconciles(Reconciled::NotSent);
        let worker = worker(&fresh.db, &gateway);
        enqueue(&fresh.db, &[message("inc-1", 1), message("inc-2", 1)]).await;
        let mut now = T0;
        while let Some(next) = worker.step(now).await.unwrap().next_at.filter(|_| gateway.sent().len() < 4) {
            now = next;
        }
        assert_eq!(outbox::tally(&fresh.db).await.unwrap().at(Milestone::Accepted), 2, "{}", fresh.name);
        assert_eq!(gateway.sent().len(), 4);
    }
}

#[tokio::test]
async fn two_workers_on_one_database_send_each_of_two_hundred_messages_once() {
    for fresh in bridges().await {
        let gateway = Scripted { slow: Duration::from_millis(2), ..Scripted::default() };
        let messages: Vec<_> = (0..200).map(|n| message("inc-1", n)).collect();
        let mut ids = enqueue(&fresh.db, &messages).await;
        let other = fresh.again(Random::from_seed(4)).await;
        let (one, two) = (worker(&fresh.db, &gateway), worker(&other, &gateway));
        let drain = async |worker: &Worker| while worker.step(T0).await.unwrap().next_at == Some(T0) {};
        futures::join!(drain(&one), drain(&two));
        let mut sent = gateway.sent();
        sent.sort();
        ids.sort();
        assert_eq!(sent, ids, "{}", fresh.name);
        assert_eq!(outbox::tally(&fresh.db).await.unwrap().at(Milestone::Accepted), 200);
    }
}

#[tokio::test]
async fn a_running_worker_sends_on_wake_and_records_what_is_in_flight_before_it_stops() {
    for fresh in bridges().await {
        let gateway = Scripted { slow: Duration::from_millis(50), ..Scripted::default() };
        let worker = Arc::new(worker(&fresh.db, &gateway));
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let running = Arc::clone(&worker);
        let task = tokio::spawn(async move { running.run(async { stopped.await.unwrap() }).await });
        enqueue(&fresh.db, &(0..40).map(|n| message("inc-1", n)).collect::<Vec<_>>()).await;
        worker.handle().wake();
        gateway.until_sent(40).await;
        stop.send(()).unwrap();
        task.await.unwrap();
        assert_eq!(outbox::tally(&fresh.db).await.unwrap().at(Milestone::Accepted), 40, "{}", fresh.name);
    }
}

#[tokio::test]
async fn one_slow_call_does_not_hold_up_the_next_alarm() {
    let fresh = databases::sqlite().await;
    let gateway = Scripted { hangs_on: "text 1", ..Scripted::default() };
    let worker = Arc::new(worker(&fresh.db, &gateway));
    let running = Arc::clone(&worker);
    let task = tokio::spawn(async move { running.run(std::future::pending()).await });
    enqueue(&fresh.db, &[message("inc-1", 1)]).await;
    worker.handle().wake();
    gateway.until_sent(1).await;
    enqueue(&fresh.db, &[message("inc-1", 2)]).await;
    worker.handle().wake();
    gateway.until_sent(2).await;
    task.abort();
}

#[tokio::test]
async fn an_alarm_is_claimed_as_it_is_stored_and_found_by_its_lease_when_its_process_dies_before_it_is_handed_over()
 {
    for fresh in bridges().await {
        let gateway = Scripted::default();
        gateway.reconciles(Reconciled::NotSent);
        let worker = worker(&fresh.db, &gateway);
        for (reference, n, dies) in [("inc-1", 1, false), ("inc-2", 2, true)] {
            let posted = post(&fresh.db, &worker, &[message(reference, n)]).await;
            if !dies {
                posted.committed();
            }
        }
        let lease_end = T0 + WorkerSettings::default().lease;
        let step = worker.step(T0).await.unwrap();
        assert_eq!((step.sent, step.next_at), (1, Some(lease_end)), "{}", fresh.name);
        let mut now = lease_end;
        while let Some(next) =
            worker.step(now).await.unwrap().next_at.filter(|at| *at < T0 + Duration::from_mins(1))
        {
            now = next;
        }
        assert_eq!(gateway.sent().len(), 2);
        assert_eq!(milestones(&fresh.db, "inc-2").await.last(), Some(&Milestone::Accepted));
    }
}
