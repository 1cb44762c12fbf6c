//! What people do at their own page, on both databases: pausing, seeing all of it, leaving.

use certus_dispatcher::confirming::Pass;
use certus_dispatcher::engine::Wake;
use certus_dispatcher::own::export;
use certus_dispatcher::own::leave::{Leaving, leave};
use certus_dispatcher::own::record::{Answered, TakenPart};
use certus_dispatcher::positions::Point;
use certus_registry::resource::Location;
use certus_registry::store::volunteer::begin_session;
use certus_registry::{Phone, Remit, Resource, ResourceId, ResourceKind, SecretHash};
use certus_sms_bridge::push::devices::{self, Device, DeviceKind};
use certus_sms_bridge::{outbox, person};
use tokio::sync::oneshot;

use super::*;

#[tokio::test]
async fn whoever_pauses_says_no_to_what_they_have_not_answered_and_keeps_what_they_promised() {
    for fresh in databases::all().await {
        let (mut one, _, _) = two_nodes(&fresh, 3).await;
        let incident = raise(&mut one).await;
        let [kept, asked] = [0, 1].map(|n| incident.callouts[n].responder());
        one.engine.apply(incident.id, says_yes(kept), &[]).await.unwrap();
        for who in [kept, asked] {
            assert!(switch(&mut one, who, Duty::OFF).await, "{}", fresh.name);
            assert_eq!(one.app.engine.roster().get(who).unwrap().duty, Duty::OFF, "{}", fresh.name);
        }
        let incident = stored(&fresh.db, incident.id).await;
        let answers = [kept, asked].map(|who| TakenPart::of(&incident, who).unwrap().answer);
        assert_eq!(answers, [Answered::Yes, Answered::No], "{}", fresh.name);
        let said = registry::audit::about(&fresh.db, asked, 1).await.unwrap().remove(0).line;
        assert_eq!((said.action.as_str(), said.detail.as_str()), ("person.changed", "duty"));
        let nobody = VolunteerId::new(NOON, &Random::from_seed(77));
        assert!(!switch(&mut one, nobody, Duty::OFF).await, "{}", fresh.name);
    }
}

#[tokio::test]
async fn what_is_taken_along_holds_the_call_outs_the_messages_and_who_has_looked() {
    for fresh in databases::all().await {
        let (mut one, _, clock) = two_nodes(&fresh, 3).await;
        let incident = raise(&mut one).await;
        let who = incident.callouts[0].responder();
        clock.advance(Duration::from_secs(40));
        one.engine.apply(incident.id, says_yes(who), &[]).await.unwrap();
        let person = registry::volunteer::get(&fresh.db, Remit::All, who).await.unwrap().unwrap();
        let phone = person.phone.clone();
        let all = export::of(&one.app, person).await.unwrap();
        assert_eq!(all["person"]["phone"], phone.as_str(), "{}", fresh.name);
        assert_eq!(all["call_outs"][0]["answer"], "yes", "{}: {all}", fresh.name);
        assert_eq!(all["statistics"]["answer_seconds_median"], 40, "{}", fresh.name);
        assert!(all["messages"].to_string().contains("LARM"), "{}: {all}", fresh.name);
        assert!(all["call_outs"].to_string().contains("Järpen"), "{}", fresh.name);
        let csv = String::from_utf8(export::csv(&all)).unwrap();
        assert!(csv.contains("call_outs[0].place,Järpen\n"), "{}: {csv}", fresh.name);
    }
}

#[tokio::test]
async fn whoever_leaves_is_gone_everywhere_but_for_a_history_without_a_name_and_is_not_asked_again() {
    for fresh in databases::all().await {
        let (mut one, _, _) = two_nodes(&fresh, 3).await;
        let incident = raise(&mut one).await;
        let who = incident.callouts[0].responder();
        let phone = registry::volunteer::get(&fresh.db, Remit::All, who).await.unwrap().unwrap().phone;
        leave_traces(&one, who, &phone).await;
        one.engine.apply(incident.id, says_yes(who), &[]).await.unwrap();
        assert_eq!(leave(&one.app, who).await.unwrap(), Leaving::OnCallOut, "{}", fresh.name);
        assert!(rows(&fresh.db, OF_ONE, &who.to_string()).await > 5, "{}: nothing has gone", fresh.name);
        assert!(!held_of(&fresh.db, &phone).await.contains(&0), "{}: nothing has gone", fresh.name);
        one.engine.apply(incident.id, Event::Closed, &[]).await.unwrap();
        finished(&fresh.db).await;
        assert_eq!(leave(&one.app, who).await.unwrap(), Leaving::Gone, "{}", fresh.name);
        assert_eq!(rows(&fresh.db, OF_ONE, &who.to_string()).await, 0, "{}", fresh.name);
        assert_eq!(held_of(&fresh.db, &phone).await, [0; 3], "{}", fresh.name);
        assert_eq!(rows(&fresh.db, ARCHIVED, &who.to_string()).await, 2, "{}", fresh.name);
        assert!(one.app.positions.live().last(who).is_none(), "{}", fresh.name);
        assert_eq!(leave(&one.app, who).await.unwrap(), Leaving::Unknown, "{}", fresh.name);
        let again = raise(&mut one).await;
        assert!(again.callout(who).is_none() && again.callouts.len() == 2, "{}", fresh.name);
        stored(&fresh.db, incident.id).await;
        let said = registry::audit::about(&fresh.db, who, 1).await.unwrap().remove(0).line;
        assert_eq!((said.action.as_str(), said.detail.as_str()), ("person.erased", "resources: SKOTER-1"));
    }
}

const OF_ONE: &[&str] = &[
    "SELECT COUNT(*) FROM volunteer WHERE id = $1",
    "SELECT COUNT(*) FROM vetting_entry WHERE volunteer_id = $1",
    "SELECT COUNT(*) FROM vetting_standing WHERE volunteer_id = $1",
    "SELECT COUNT(*) FROM volunteer_session WHERE volunteer_id = $1",
    "SELECT COUNT(*) FROM volunteer_reach WHERE volunteer_id = $1",
    "SELECT COUNT(*) FROM resource WHERE keeper_id = $1",
    "SELECT COUNT(*) FROM last_position WHERE volunteer_id = $1",
    "SELECT COUNT(*) FROM callout_trail WHERE responder = $1",
    "SELECT COUNT(*) FROM answers WHERE responder = $1",
    "SELECT COUNT(*) FROM reminder WHERE volunteer_id = $1",
    "SELECT COUNT(*) FROM confirmation_asked WHERE asked = 'volunteer:' || $1",
];
const ARCHIVED: &[&str] = &["SELECT COUNT(*) FROM vetting_archive WHERE volunteer_id = $1"];

/// Rows of all these tables together.
async fn rows(db: &Database, of: &[&'static str], key: &str) -> i64 {
    let mut rows = 0;
    for sql in of.iter().copied() {
        let found: i64 = on!(db, c => sqlx::query_scalar(sql).bind(key).fetch_one(c).await.unwrap());
        rows += found;
    }
    rows
}

/// Messages, devices and people that are found by the phone.
async fn held_of(db: &Database, phone: &Phone) -> [usize; 3] {
    let texts = person::texts(db, phone, 99).await.unwrap().len();
    let there = registry::volunteer::by_phone(db, Remit::All, phone).await.unwrap();
    [texts, devices::of(db, phone).await.unwrap().len(), there.iter().count()]
}

/// A session, a device, a thing they keep and are asked about, a position, what a test of the ways to them has shown.
async fn leave_traces(node: &Node, who: VolunteerId, phone: &Phone) {
    let id = ResourceId::new(NOON, &Random::from_seed(5));
    let kind = ResourceKind::SNOWMOBILE;
    let resource = Resource::new(
        id,
        "SKOTER-1".parse().unwrap(),
        kind,
        Location::Keeper(who),
        certus_registry::County::DEFAULT,
    );
    let device = Device { kind: DeviceKind::Fcm, address: "token".to_owned() };
    let mut tx = node.app.db.begin().await.unwrap();
    registry::resource::put(&mut tx, Remit::All, NOON, &resource).await.unwrap();
    begin_session(&mut tx, NOON, who, &SecretHash::of("session")).await.unwrap();
    registry::reach::put_many(&mut tx, NOON, &[(who, certus_registry::Reach::Answered)]).await.unwrap();
    devices::add(&mut tx, NOON, phone, &device).await.unwrap();
    tx.commit().await.unwrap();
    let point = Point { lat: 63.35, lon: 13.45, accuracy: Some(12.0), fixed_at: NOON };
    let _ = node.app.positions.report(who, [point]);
    node.app.positions.writer().step().await.unwrap();
    let (db, random, now) = (&node.app.db, &node.app.random, node.app.clock.now());
    let today = now.in_zone(&node.app.config.time_zone.0).date();
    assert_eq!(Pass { db, random, now, today }.run().await.unwrap(), 1, "whether it is still there");
}

/// Nothing is left to do about any message.
pub(super) async fn finished(db: &Database) {
    const SQL: &str = "UPDATE bridge_messages SET wake_at = NULL, unreported = FALSE, state = 'delivered'";
    outbox::tally(db).await.unwrap(); // writes out what was posted
    let mut tx = db.begin().await.unwrap();
    on!(tx, c => sqlx::query(SQL).execute(c).await.map(drop).unwrap());
    tx.commit().await.unwrap();
}

/// Somebody says at their page whether they may be asked.
async fn switch(node: &mut Node, who: VolunteerId, duty: Duty) -> bool {
    let (reply, answer) = oneshot::channel();
    node.engine.on(Wake::Switch { who, duty, reply }).await.unwrap();
    answer.await.unwrap().unwrap()
}
