//! Last positions and position tokens, on both databases.
#![expect(clippy::unwrap_used, reason = "the helpers below are test code, which clippy sees only in #[test]")]

use std::sync::Arc;
use std::time::Duration;

use certus_dispatcher::positions::store::{ROWS_MAX, load, put_many};
use certus_dispatcher::positions::{LastPosition, Point, PositionTokens, PositionWriter, Positions};
use certus_registry::store::volunteer::{self as people, set_position_token};
use certus_registry::time::ManualClock;
use certus_registry::volunteer::Vetting;
use certus_registry::{
    Availability, Clock, Database, Duty, Language, Metres, Mode, Random, Secret, Timestamp, Volunteer,
    VolunteerId, WeeklyHours, on,
};
use certus_tests::databases;

const NOW: Timestamp = Timestamp::from_millis(1_795_000_000_000);

#[tokio::test]
async fn what_is_stored_comes_back_to_the_last_bit() {
    for fresh in databases::both().await {
        let exact = LastPosition { accuracy: Some(Metres(0.1 + 0.2)), ..place(1, 63.179_200_000_000_01, 0) };
        let unknown = LastPosition { accuracy: None, ..place(2, -89.999, 1) };
        assert_eq!(put(&fresh.db, &[exact, unknown]).await, 2, "{}", fresh.name);
        let mut stored = load(&fresh.db).await.unwrap();
        stored.sort_by_key(|last| last.fixed_at);
        assert_eq!(stored, [exact, unknown], "{}", fresh.name);
    }
}

#[tokio::test]
async fn a_stored_position_moves_forwards_in_time_only() {
    for fresh in databases::both().await {
        for (seconds, newer) in [(20, 1), (10, 0), (20, 0), (30, 1), (25, 0)] {
            assert_eq!(put(&fresh.db, &[place(1, 63.0, seconds)]).await, newer, "{} {seconds}", fresh.name);
        }
        assert_eq!(load(&fresh.db).await.unwrap(), [place(1, 63.0, 30)], "{}", fresh.name);
    }
}

#[tokio::test]
async fn more_people_than_fit_one_statement_are_all_stored() {
    for fresh in databases::both().await {
        let everyone: Vec<_> = (0..=2 * ROWS_MAX as u64).map(|n| place(n, 63.0, n)).collect();
        assert_eq!(put(&fresh.db, &everyone).await, everyone.len() as u64, "{}", fresh.name);
        assert_eq!(load(&fresh.db).await.unwrap().len(), everyone.len(), "{}", fresh.name);
    }
}

#[tokio::test]
async fn a_damaged_row_does_not_hide_the_others() {
    for fresh in databases::both().await {
        put(&fresh.db, &[place(1, 63.0, 0), place(2, 63.0, 0)]).await;
        let sql = "UPDATE last_position SET lat = 99 WHERE volunteer_id = $1";
        let id = volunteer(1).to_string();
        let mut tx = fresh.db.begin().await.unwrap();
        on!(tx, c => sqlx::query(sql).bind(id).execute(c).await.map(drop)).unwrap();
        tx.commit().await.unwrap();
        assert_eq!(load(&fresh.db).await.unwrap(), [place(2, 63.0, 0)], "{}", fresh.name);
    }
}

#[tokio::test]
async fn a_writer_killed_at_any_moment_loses_nothing_that_left_its_queue() {
    for fresh in databases::both().await {
        let writer = writer(&fresh.db, ManualClock::at(NOW));
        let everyone: Vec<_> = (0..3 * ROWS_MAX as u64).map(|n| place(n, 63.0, n)).collect();
        for last in &everyone {
            writer.push(*last);
        }
        let running = tokio::spawn({
            let writer = Arc::clone(&writer);
            async move { writer.run(std::future::pending()).await }
        });
        while writer.backlog() == everyone.len() {
            tokio::task::yield_now().await;
        }
        running.abort();
        let _ = running.await;
        let left = everyone.len() - writer.backlog();
        let reopened = Database::open(&fresh.url).await.unwrap();
        let stored = load(&reopened).await.unwrap().len();
        assert!(left > 0 && stored >= left, "{}: {left} left the queue, {stored} stored", fresh.name);
        writer.step().await.unwrap();
        assert_eq!(load(&reopened).await.unwrap().len(), everyone.len(), "{}", fresh.name);
    }
}

#[tokio::test]
async fn out_of_order_pings_leave_the_newest_stored() {
    for fresh in databases::both().await {
        let writer = writer(&fresh.db, ManualClock::at(NOW));
        for seconds in [10, 30, 20] {
            writer.push(place(1, 63.0, seconds));
        }
        assert_eq!((writer.backlog(), writer.step().await.unwrap(), writer.backlog()), (1, 1, 0));
        writer.push(place(1, 63.0, 25));
        writer.step().await.unwrap();
        assert_eq!(load(&fresh.db).await.unwrap(), [place(1, 63.0, 30)], "{}", fresh.name);
    }
}

#[tokio::test]
async fn a_failed_commit_is_tried_again_and_shutdown_writes_the_rest() {
    for fresh in databases::empty().await {
        let clock = ManualClock::at(NOW);
        let writer = writer(&fresh.db, clock.clone());
        writer.push(place(1, 63.0, 0));
        assert!(writer.step().await.is_err(), "{}: there is no table yet", fresh.name);
        assert_eq!(writer.backlog(), 1, "{}", fresh.name);
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let running = tokio::spawn({
            let writer = Arc::clone(&writer);
            async move { writer.run(async { drop(stopped.await) }).await }
        });
        certus_dispatcher::node::migrate(&fresh.db).await.unwrap();
        while writer.backlog() > 0 {
            clock.advance(Duration::from_secs(1));
            tokio::task::yield_now().await;
        }
        writer.push(place(2, 63.0, 0));
        stop.send(()).unwrap();
        running.await.unwrap();
        assert_eq!(load(&fresh.db).await.unwrap().len(), 2, "{}", fresh.name);
    }
}

#[tokio::test]
async fn after_a_restart_everyone_is_where_they_were_with_the_age_of_the_fix() {
    for fresh in databases::both().await {
        let clock = ManualClock::at(NOW + Duration::from_mins(1));
        let before = Positions::new(fresh.db.clone(), Arc::new(clock.clone()));
        let point = |lat, seconds| Point { lat, lon: 14.6, accuracy: None, fixed_at: at(seconds) };
        let tally = before.report(volunteer(1), [point(63.0, 50), point(63.1, 40), point(0.0, 500)]);
        assert_eq!(tally.to_string(), "1 accepted, 1 future, 1 stale");
        before.writer().step().await.unwrap();
        clock.advance(Duration::from_mins(47));
        let after = Positions::new(fresh.db.clone(), Arc::new(clock.clone()));
        after.restore().await.unwrap();
        let last = after.live().last(volunteer(1)).unwrap();
        assert_eq!(Some(last), before.live().last(volunteer(1)), "{}", fresh.name);
        assert_eq!(last.age(clock.now()), Duration::from_secs(47 * 60 + 10));
    }
}

#[tokio::test]
async fn a_token_works_within_a_second_of_its_issue_and_no_longer_than_a_second_after_its_replacement() {
    for fresh in databases::both().await {
        let (first, second) = (secret(1), secret(2));
        let tokens = PositionTokens::new(fresh.db.clone());
        let person = somebody(&fresh.db).await;
        let owner =
            async |seconds, secret: &Secret| tokens.owner(at(seconds), secret.reveal()).await.unwrap();
        assert_eq!(owner(0, &first).await, None, "{}: not issued yet", fresh.name);
        issue(&fresh.db, person, &first).await;
        assert_eq!(owner(0, &first).await, None, "{}: asked less than a second ago", fresh.name);
        assert_eq!(owner(1, &first).await, Some(person), "{}", fresh.name);
        issue(&fresh.db, person, &second).await;
        assert_eq!(owner(1, &first).await, Some(person), "{}", fresh.name);
        assert_eq!(owner(2, &first).await, None, "{}", fresh.name);
        assert_eq!(owner(2, &second).await, Some(person), "{}", fresh.name);
        fresh.db.close().await;
        assert_eq!(
            owner(4, &second).await,
            Some(person),
            "{}: known though the database is away",
            fresh.name
        );
        assert!(tokens.owner(at(6), first.reveal()).await.is_err(), "{}", fresh.name);
    }
}

async fn put(db: &Database, positions: &[LastPosition]) -> u64 {
    let mut tx = db.begin().await.unwrap();
    let newer = put_many(&mut tx, positions).await.unwrap();
    tx.commit().await.unwrap();
    newer
}

async fn somebody(db: &Database) -> VolunteerId {
    let person = Volunteer {
        id: volunteer(1),
        name: "Anna Lena Berg".parse().unwrap(),
        birth_year: None,
        phone: "+46701740605".parse().unwrap(),
        languages: vec![Language::Swedish],
        competences: Vec::new(),
        modes: vec![Mode::Car],
        home: None,
        duty: Duty::ON,
        availability: Availability::within(WeeklyHours::NEVER),
        vetting: Vetting::Applied,
        organisation: None,
        county: certus_registry::County::DEFAULT,
    };
    let mut tx = db.begin().await.unwrap();
    people::put(&mut tx, certus_registry::Remit::All, NOW, &person).await.unwrap();
    tx.commit().await.unwrap();
    person.id
}

async fn issue(db: &Database, person: VolunteerId, secret: &Secret) {
    let mut tx = db.begin().await.unwrap();
    let hash = secret.hash();
    assert!(set_position_token(&mut tx, certus_registry::Remit::All, NOW, person, &hash).await.unwrap());
    tx.commit().await.unwrap();
}

fn writer(db: &Database, clock: ManualClock) -> Arc<PositionWriter> {
    Arc::new(PositionWriter::new(db.clone(), Arc::new(clock)))
}

fn secret(seed: u64) -> Secret {
    Secret::generate(&Random::from_seed(seed))
}

fn volunteer(n: u64) -> VolunteerId {
    VolunteerId::new(NOW, &Random::from_seed(n))
}

fn at(seconds: u64) -> Timestamp {
    NOW + Duration::from_secs(seconds)
}

fn place(n: u64, lat: f64, seconds: u64) -> LastPosition {
    let point = Point { lat, lon: 14.6, accuracy: Some(12.0), fixed_at: at(seconds) };
    LastPosition::from_point(volunteer(n), &point, at(seconds)).unwrap()
}
