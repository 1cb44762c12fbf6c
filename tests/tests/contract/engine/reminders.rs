//! People are reminded of what ends for them, each time once, whoever asks, on both databases.

use certus_dispatcher::config::Reminders;
use certus_dispatcher::reminders::{Pass, Sent, store};
use certus_registry::volunteer::Competence;
use certus_registry::{CompetenceKind, Remit, Volunteer};
use jiff::tz::TimeZone;

use super::*;

const DAY: Duration = Duration::from_hours(24);

/// The nodes' people are approved for long; one of them has a certificate that ends in 60 days.
async fn somebody(db: &Database, duty: Duty) -> Volunteer {
    let like = registry::volunteer::all(db, Remit::All).await.unwrap().remove(0);
    let ends = (NOON + 60 * DAY).in_zone(&TimeZone::UTC).date();
    let competences = vec![Competence { kind: CompetenceKind::Cpr, expires: Some(ends) }];
    let id = VolunteerId::new(NOON, &Random::from_seed(9));
    let person = Volunteer { id, phone: "+46701740605".parse().unwrap(), competences, duty, ..like };
    let mut tx = db.begin().await.unwrap();
    registry::volunteer::put(&mut tx, Remit::All, NOON, &person).await.unwrap();
    tx.commit().await.unwrap();
    person
}

async fn pass(db: &Database, now: Timestamp) -> Sent {
    let (random, settings) = (Random::from_seed(now.as_millis().unsigned_abs()), Reminders::default());
    Pass { db, random: &random, now, zone: &TimeZone::UTC, settings: &settings }.run().await.unwrap()
}

/// What was written to a person, in order.
async fn texts(db: &Database, person: &Volunteer) -> Vec<String> {
    let theirs = written::messages(db).await.into_iter().filter(|message| message.to == person.phone);
    theirs.map(|message| message.body).collect()
}

#[tokio::test]
async fn each_time_comes_once_by_day_and_after_a_restart_too() {
    for fresh in databases::all().await {
        two_nodes(&fresh, 2).await;
        let person = somebody(&fresh.db, Duty::OFF).await;
        let night = NOON - Duration::from_hours(6);
        assert_eq!(pass(&fresh.db, night).await, Sent::default(), "{}: by day only", fresh.name);
        let (one, other) = tokio::join!(pass(&fresh.db, NOON), pass(&fresh.db, NOON));
        assert_eq!(one.texts + other.texts, 1, "{}: two nodes write once", fresh.name);
        assert_eq!(pass(&fresh.db, NOON + DAY).await.texts, 0, "{}", fresh.name);
        assert_eq!(pass(&fresh.db, NOON + 46 * DAY).await.texts, 1, "{}: two weeks before", fresh.name);
        assert_eq!(pass(&fresh.db, NOON + 50 * DAY).await.texts, 0, "{}", fresh.name);
        let texts = texts(&fresh.db, &person).await;
        assert_eq!(texts.len(), 2, "{}", fresh.name);
        let ends = person.competences[0].expires.unwrap().to_string();
        assert!(texts.iter().all(|text| text.contains(&ends)), "{texts:?}");
        let sent = store::since(&fresh.db, person.competences[0].expires.unwrap()).await.unwrap();
        let days: Vec<_> = sent.iter().map(|(reminded, _)| reminded.days).collect();
        assert_eq!(days, [60, 14], "{}", fresh.name);
    }
}

#[tokio::test]
async fn whoever_has_written_stop_is_not_reminded_until_they_are_back() {
    for fresh in databases::all().await {
        two_nodes(&fresh, 2).await;
        let person = somebody(&fresh.db, Duty::Stopped).await;
        assert_eq!(pass(&fresh.db, NOON).await, Sent::default(), "{}", fresh.name);
        let mut tx = fresh.db.begin().await.unwrap();
        assert!(registry::volunteer::set_duty(&mut tx, Remit::All, NOON, person.id, Duty::ON).await.unwrap());
        tx.commit().await.unwrap();
        assert_eq!(pass(&fresh.db, NOON).await.texts, 1, "{}", fresh.name);
        let mut tx = fresh.db.begin().await.unwrap();
        store::remove(&mut tx, person.id).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(pass(&fresh.db, NOON + DAY).await.texts, 1, "{}: nothing is left of them", fresh.name);
    }
}
