//! The simulated network, with the worker, in virtual time.

#![expect(clippy::unwrap_used, reason = "helpers of tests: a panic is the failure")]

use super::*;

#[tokio::test]
async fn the_simulated_network_does_the_same_for_the_same_seed_on_both_databases() {
    let mut runs = Vec::new();
    for fresh in bridges().await {
        runs.push(a_night_in_the_mountains(&fresh.db, 7).await);
    }
    assert_eq!(runs[0], runs[1]);
    assert!(runs[0].1.len() > 50, "people answered: {}", runs[0].1.len());
    let other = databases::sqlite().await;
    assert_ne!(a_night_in_the_mountains(&other.db, 8).await, runs[0]);
}

/// 150 messages over a bad network; the tally and the replies it ends with.
async fn a_night_in_the_mountains(
    db: &Database,
    seed: u64,
) -> (outbox::Tally, Vec<(Phone, String, Timestamp)>) {
    let people: Arc<Mutex<dyn People>> = Arc::new(Mutex::new(Yes));
    let random = Random::from_seed(seed);
    let network = Arc::new(Network::with_settings(random.fork(), people, NetworkSettings::rural()));
    let worker = worker_with(db, vec![Arc::clone(&network) as Arc<dyn Gateway>]);
    enqueue_as(db, &random, &(0..150).map(|n| message("inc-1", n)).collect::<Vec<_>>()).await;
    let mut now = T0;
    loop {
        let next = worker.step(now).await.unwrap().next_at;
        network.step(db, now).await.unwrap();
        match [next, network.next_at()].into_iter().flatten().min() {
            Some(at) => now = at.max(now),
            None => break,
        }
    }
    let tally = outbox::tally(db).await.unwrap();
    assert_eq!((tally.total(), tally.open()), (150, 0), "every message comes to an end");
    let replies = inbox::unhandled(db, 1_000).await.unwrap();
    (tally, replies.into_iter().map(|r| (r.from, r.body, r.received_at)).collect())
}

struct Yes;

impl People for Yes {
    fn answer(&mut self, _to: &Phone, body: &str, _now: Timestamp) -> Vec<Answer> {
        vec![Answer { after: Duration::from_secs(20), body: format!("JA {body}") }]
    }
}
