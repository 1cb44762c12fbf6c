//! Whose app is asked for a position by the alarm itself.

use certus_dispatcher::positions::Point;
use certus_sms_bridge::push::devices::{self, Device, DeviceKind};
use certus_sms_bridge::{Accepted, Channel as Way, Gateway, Outgoing, Routes, SendError};
use futures::FutureExt as _;
use futures::future::BoxFuture;
use serde_json::Value;

use super::*;

/// Takes every push.
struct Pushes;

impl Gateway for Pushes {
    fn name(&self) -> &'static str {
        "push"
    }

    fn channel(&self) -> Way {
        Way::Push
    }

    fn send<'a>(&'a self, message: &'a Outgoing) -> BoxFuture<'a, Result<Accepted, SendError>> {
        async { Ok(Accepted::as_named(message.id.to_string())) }.boxed()
    }
}

#[tokio::test]
async fn the_alarm_asks_the_app_for_a_position_where_the_last_one_is_old_or_not_known() {
    for fresh in databases::all().await {
        let (_, _, clock) = two_nodes(&fresh, 4).await;
        let config = Config::default();
        let limit = config.positions.ask_after();
        let plan = Plan {
            config,
            policies: Policies::embedded(),
            db: fresh.db.clone(),
            clock: Arc::new(clock.clone()),
            random: Random::from_seed(5),
            gateways: Gateways::only(Routes::equal(vec![Arc::new(Pushes)])),
        };
        let mut node = Node::build(plan).await.unwrap();
        // The last of them has no device.
        for n in 0..3 {
            has_device(&fresh.db, n).await;
        }
        let just_within = limit;
        let just_beyond = limit + Duration::from_millis(1);
        for (n, age) in [(0, just_within), (1, just_beyond)] {
            let point = Point { lat: 63.35, lon: 13.46, accuracy: None, fixed_at: NOON - age };
            node.app.positions.report(person(&node, n), [point]);
        }
        raise(&mut node).await;
        let asked: Vec<_> = pushed(&fresh.db).await;
        let expected = [0, 1, 2].map(|n| (phone(n), n > 0));
        assert_eq!(asked, expected, "{}", fresh.name);
    }
}

fn phone(n: u32) -> String {
    format!("+9991000{n:04}")
}

fn person(node: &Node, n: u32) -> VolunteerId {
    node.app.engine.roster().by_phone(&phone(n).parse().unwrap()).unwrap().id
}

async fn has_device(db: &Database, n: u32) {
    let device = Device { kind: DeviceKind::Fcm, address: format!("device-{n}") };
    let mut tx = db.begin().await.unwrap();
    devices::add(&mut tx, NOON, &phone(n).parse().unwrap(), &device).await.unwrap();
    tx.commit().await.unwrap();
}

/// Everybody who was pushed to, and whether the push asks for a position.
async fn pushed(db: &Database) -> Vec<(String, bool)> {
    let asks = |body: &str| serde_json::from_str::<Value>(body).unwrap()["report"] == "yes";
    let messages = written::messages(db).await.into_iter().filter(|message| message.channel == "push");
    let mut pushed: Vec<_> =
        messages.map(|message| (message.to.as_str().to_owned(), asks(&message.body))).collect();
    pushed.sort();
    pushed
}
