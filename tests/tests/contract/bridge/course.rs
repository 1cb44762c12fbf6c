//! What a running worker does side by side, and what goes first.

use certus_registry::database::{Point, Probe};
use certus_registry::on;
use tokio::sync::{Semaphore, oneshot, watch};
use tokio::task::JoinHandle;

use super::*;

const LIMIT: Duration = Duration::from_secs(10);

/// Answers as often as it is allowed to, and remembers in which order messages began.
#[derive(Clone)]
struct Allowed {
    begun: Arc<watch::Sender<Vec<MessageId>>>,
    ended: Arc<watch::Sender<usize>>,
    permits: Arc<Semaphore>,
}

impl Gateway for Allowed {
    fn name(&self) -> &'static str {
        "allowed"
    }

    fn send<'a>(&'a self, message: &'a Outgoing) -> BoxFuture<'a, Result<Accepted, SendError>> {
        Box::pin(async move {
            self.begun.send_modify(|begun| begun.push(message.id));
            self.permits.acquire().await.unwrap().forget();
            self.ended.send_modify(|ended| *ended += 1);
            Ok(Accepted::as_named(message.id.to_string()))
        })
    }
}

impl Allowed {
    fn new() -> Self {
        Self { begun: Arc::default(), ended: Arc::default(), permits: Arc::new(Semaphore::new(0)) }
    }

    async fn until_begun(&self, count: usize) -> Vec<MessageId> {
        until(&self.begun, |begun| begun.len() >= count).await
    }

    async fn until_ended(&self, count: usize) {
        until(&self.ended, |ended| *ended >= count).await;
    }
}

/// A database whose commits wait while it is shut.
#[derive(Debug, Default)]
struct Door {
    shut: watch::Sender<bool>,
    waiting: Arc<watch::Sender<bool>>,
}

impl Probe for Door {
    fn at(&self, point: Point) -> BoxFuture<'static, Result<(), sqlx::Error>> {
        let (mut shut, waiting) = (self.shut.subscribe(), Arc::clone(&self.waiting));
        Box::pin(async move {
            if point == Point::Commit && *shut.borrow() {
                waiting.send_replace(true);
                let _ = shut.wait_for(|shut| !shut).await;
            }
            Ok(())
        })
    }

    fn refuses_read(&self) -> bool {
        false
    }
}

async fn until<T: Clone>(told: &watch::Sender<T>, is_so: impl FnMut(&T) -> bool) -> T {
    let mut told = told.subscribe();
    let is_so = told.wait_for(is_so);
    tokio::time::timeout(LIMIT, is_so).await.expect("in time").unwrap().clone()
}

/// A worker that runs; stop it by its sender.
fn running(worker: Arc<Worker>) -> (oneshot::Sender<()>, JoinHandle<()>) {
    let (stop, stopped) = oneshot::channel::<()>();
    (stop, tokio::spawn(async move { worker.run(async { drop(stopped.await) }).await }))
}

#[tokio::test]
async fn an_alarm_does_not_wait_behind_hundreds_of_notices_however_it_comes() {
    for fresh in bridges().await {
        let gateway = Allowed::new();
        let worker = Arc::new(worker_with(&fresh.db, vec![Arc::new(gateway.clone())]));
        let notice = |n| NewMessage { urgency: Urgency::Notice, ..message("notices", n) };
        enqueue(&fresh.db, &(0..400).map(notice).collect::<Vec<_>>()).await;
        let (stop, task) = running(Arc::clone(&worker));
        let window = gateway.until_begun(32).await.len();
        let handed = post(&fresh.db, &worker, &[message("inc-1", 401)]).await.committed()[0];
        gateway.permits.add_permits(1);
        assert_eq!(gateway.until_begun(window + 1).await[window..], [handed], "{}", fresh.name);
        let stored = enqueue(&fresh.db, &[message("inc-2", 402)]).await[0];
        worker.handle().wake();
        gateway.permits.add_permits(1);
        assert_eq!(gateway.until_begun(window + 2).await[window..], [handed, stored], "{}", fresh.name);
        gateway.permits.add_permits(1_000);
        gateway.until_ended(402).await;
        drop(stop);
        task.await.unwrap();
        assert_eq!(outbox::tally(&fresh.db).await.unwrap().at(Milestone::Accepted), 402, "{}", fresh.name);
    }
}

#[tokio::test]
async fn sends_go_on_while_the_database_keeps_a_record_waiting() {
    for fresh in bridges().await {
        let (gateway, door) = (Allowed::new(), Arc::new(Door::default()));
        let probed = fresh.db.probed(Arc::clone(&door) as _);
        let worker = Arc::new(worker_with(&probed, vec![Arc::new(gateway.clone())]));
        enqueue(&fresh.db, &[message("inc-1", 1), message("inc-1", 2)]).await;
        let (stop, task) = running(worker);
        gateway.until_begun(2).await;
        door.shut.send_replace(true);
        gateway.permits.add_permits(1);
        until(&door.waiting, |waiting| *waiting).await;
        gateway.permits.add_permits(1);
        gateway.until_ended(2).await;
        door.shut.send_replace(false);
        drop(stop);
        task.await.unwrap();
        assert_eq!(outbox::tally(&fresh.db).await.unwrap().at(Milestone::Accepted), 2, "{}", fresh.name);
    }
}

#[tokio::test]
async fn a_gateway_that_takes_thousands_gets_them_by_few_claims() {
    const SQL: &str = "SELECT number FROM bridge_turns WHERE name = 'lease'";
    for fresh in bridges().await {
        let gateway = Scripted::default();
        let messages: Vec<_> = (0..2_000).map(|n| message("inc-1", n)).collect();
        let ids: BTreeSet<MessageId> = enqueue(&fresh.db, &messages).await.into_iter().collect();
        let (stop, task) = running(Arc::new(worker(&fresh.db, &gateway)));
        gateway.until_sent(2_000).await;
        drop(stop);
        task.await.unwrap();
        assert_eq!(gateway.sent().into_iter().collect::<BTreeSet<_>>(), ids, "each once");
        assert_eq!(outbox::tally(&fresh.db).await.unwrap().at(Milestone::Accepted), 2_000, "{}", fresh.name);
        let claims: i64 = on!(fresh.db, c => sqlx::query_scalar(SQL).fetch_one(c).await).unwrap();
        assert!(claims < 2_000 / 32 / 2, "{}: {claims} claims", fresh.name);
    }
}
