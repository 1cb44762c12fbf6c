//! What is kept about people goes when its time is over, on both databases.

use certus_dispatcher::retention::{Cutoffs, Pass, Swept};
use certus_registry::store::volunteer::begin_session;
use certus_registry::volunteer::Vetting;
use certus_registry::{Remit, SecretHash, Volunteer};

use super::own::finished;
use super::*;

const DAY: Duration = Duration::from_hours(24);

#[tokio::test]
async fn a_dry_run_says_what_a_pass_takes_away_and_after_it_nothing_is_left_to_take() {
    for fresh in databases::all().await {
        let (mut one, _, _) = two_nodes(&fresh, 3).await;
        let incident = raise(&mut one).await;
        let who = incident.callouts[0].responder();
        one.engine.apply(incident.id, Event::Closed, &[]).await.unwrap();
        finished(&fresh.db).await;
        let applicant = applicant(&fresh.db, who).await;
        let young = pass(&one, NOON + 89 * DAY, false).await;
        assert_eq!((young.of("messages"), young.of("applications")), (0, 0), "{}", fresh.name);
        assert_eq!(young.of("sessions"), 1, "{}: {young}", fresh.name);
        let would = pass(&one, NOON + 366 * DAY, true).await;
        let done = pass(&one, NOON + 366 * DAY, false).await;
        assert_eq!(would, done, "{}", fresh.name);
        assert!(done.of("messages") >= 3 && done.of("applications") == 1, "{}: {done}", fresh.name);
        assert!(
            registry::volunteer::get(&fresh.db, Remit::All, applicant).await.unwrap().is_none(),
            "{}",
            fresh.name
        );
        assert!(
            registry::volunteer::get(&fresh.db, Remit::All, who).await.unwrap().is_some(),
            "{}",
            fresh.name
        );
        let said = registry::audit::about(&fresh.db, applicant, 1).await.unwrap().remove(0).line;
        assert_eq!(
            (said.action.as_str(), said.detail),
            ("retention.run", done.to_string()),
            "{}",
            fresh.name
        );
        assert_eq!(pass(&one, NOON + 366 * DAY, false).await.to_string(), "nothing", "{}", fresh.name);
        let archive = pass(&one, NOON + (366 + 1_826) * DAY, false).await;
        assert_eq!(archive.of("archived steps of vetting"), 2, "{}", fresh.name);
        stored(&fresh.db, incident.id).await;
    }
}

#[tokio::test]
async fn the_words_of_an_incident_that_is_not_closed_stay_however_old_they_are() {
    for fresh in databases::all().await {
        let (mut one, _, _) = two_nodes(&fresh, 3).await;
        raise(&mut one).await;
        finished(&fresh.db).await;
        let swept = pass(&one, NOON + 400 * DAY, false).await;
        assert_eq!(swept.of("messages"), 0, "{}: {swept}", fresh.name);
    }
}

async fn pass(node: &Node, now: Timestamp, dry: bool) -> Swept {
    let cutoffs = Cutoffs::at(now, &node.app.config);
    Pass { db: &node.app.db, now, cutoffs, dry }.run().await.unwrap()
}

/// Somebody who has applied and was never approved; `who` is signed in meanwhile.
async fn applicant(db: &Database, who: VolunteerId) -> VolunteerId {
    let like = registry::volunteer::get(db, Remit::All, who).await.unwrap().unwrap();
    let id = VolunteerId::new(NOON, &Random::from_seed(4));
    let phone = "+46701740605".parse().unwrap();
    let person = Volunteer { id, phone, vetting: Vetting::Applied, ..like };
    let mut tx = db.begin().await.unwrap();
    registry::volunteer::put(&mut tx, Remit::All, NOON, &person).await.unwrap();
    begin_session(&mut tx, NOON, who, &SecretHash::of("session")).await.unwrap();
    tx.commit().await.unwrap();
    id
}
