//! Codes by text message, and the sessions that follow from them.

use std::time::Duration;

use super::*;
use certus_registry::phone_code::{PROOF_VALID, Purpose, VALID};
use certus_registry::{Phone, SecretHash};
use store::phone_code::{self, NewCode, Typed};
use store::volunteer::{IDLE_MAX, SESSION_MAX};

fn hash(n: u32) -> SecretHash {
    SecretHash::of(&format!("secret {n}"))
}

/// Asks for code `n` in browser `n`, at `now`.
async fn ask(db: &Database, now: Timestamp, n: u32, phone: &Phone, address: Option<&SecretHash>) -> bool {
    let mut tx = db.begin().await.unwrap();
    let (browser, code) = (&hash(n), &hash(n));
    let new = NewCode { browser, phone, purpose: Purpose::Application, code, address };
    let asked = phone_code::ask(&mut tx, now, new).await.unwrap();
    tx.commit().await.unwrap();
    asked
}

/// Types code `code` in browser `n`.
async fn redeem(db: &Database, now: Timestamp, n: u32, purpose: Purpose, code: u32) -> Typed {
    let mut tx = db.begin().await.unwrap();
    let typed = phone_code::redeem(&mut tx, now, &hash(n), purpose, &hash(code)).await.unwrap();
    tx.commit().await.unwrap();
    typed
}

#[tokio::test]
async fn a_right_code_proves_the_phone_once_where_it_was_asked_for_and_for_what() {
    const APPLIES: Purpose = Purpose::Application;
    for fresh in registries().await {
        let (db, phone) = (&fresh.db, person(1).phone);
        assert!(ask(db, NOW, 1, &phone, None).await, "{}", fresh.name);
        let late = NOW + VALID;
        let soon = late - Duration::from_millis(1);
        assert_eq!(redeem(db, soon, 1, Purpose::OwnPage, 1).await, Typed::Over, "another purpose");
        assert_eq!(redeem(db, soon, 2, APPLIES, 1).await, Typed::Over, "another browser");
        assert_eq!(redeem(db, late, 1, APPLIES, 1).await, Typed::Over, "too late");
        let wrong = redeem(db, soon, 1, APPLIES, 7).await;
        assert_eq!(wrong, Typed::Wrong { phone: phone.clone(), left: 4 });
        assert_eq!(phone_code::proven(db, soon, &hash(1), APPLIES).await.unwrap(), None);
        assert_eq!(redeem(db, soon, 1, APPLIES, 1).await, Typed::Right(phone.clone()));
        assert_eq!(redeem(db, soon, 1, APPLIES, 1).await, Typed::Over, "twice");
        let proven = async |at| phone_code::proven(db, at, &hash(1), APPLIES).await.unwrap();
        assert_eq!(proven(soon + PROOF_VALID - Duration::from_millis(1)).await.as_ref(), Some(&phone));
        assert_eq!(proven(soon + PROOF_VALID).await, None);
        let mut tx = db.begin().await.unwrap();
        let spend = phone_code::spend(&mut tx, soon, &hash(1), APPLIES).await.unwrap();
        assert_eq!(spend.as_ref(), Some(&phone), "{}", fresh.name);
        assert_eq!(phone_code::spend(&mut tx, soon, &hash(1), APPLIES).await.unwrap(), None);
        tx.commit().await.unwrap();
        assert_eq!(proven(soon).await, None, "{}", fresh.name);
        assert_eq!(redeem(db, soon, 1, APPLIES, 1).await, Typed::Over, "it serves once");
    }
}

#[tokio::test]
async fn five_wrong_codes_are_the_end_of_one() {
    for fresh in registries().await {
        let phone = person(1).phone;
        ask(&fresh.db, NOW, 1, &phone, None).await;
        for left in (0..5).rev() {
            let typed = redeem(&fresh.db, NOW, 1, Purpose::Application, 9).await;
            assert_eq!(typed, Typed::Wrong { phone: phone.clone(), left }, "{}", fresh.name);
        }
        assert_eq!(redeem(&fresh.db, NOW, 1, Purpose::Application, 1).await, Typed::Over, "{}", fresh.name);
    }
}

#[tokio::test]
async fn nobody_gets_more_than_three_codes_an_hour_nor_one_network_more_than_twenty() {
    for fresh in registries().await {
        let (db, address) = (&fresh.db, hash(100));
        let second = Duration::from_secs(1);
        for (n, asked) in [(1, true), (2, true), (3, true), (4, false)] {
            assert_eq!(ask(db, NOW, n, &person(1).phone, None).await, asked, "{} {n}", fresh.name);
        }
        for n in 10..30 {
            assert!(ask(db, NOW + second, n, &person(n).phone, Some(&address)).await, "{n}");
        }
        assert!(!ask(db, NOW + second, 30, &person(30).phone, Some(&address)).await, "{}", fresh.name);
        assert!(ask(db, NOW + second, 30, &person(30).phone, Some(&hash(101))).await, "{}", fresh.name);
        let hour_later = NOW + Duration::from_hours(1);
        assert!(ask(db, hour_later, 5, &person(1).phone, None).await, "{}: after an hour", fresh.name);
        assert!(!ask(db, hour_later, 31, &person(31).phone, Some(&address)).await, "{}", fresh.name);
        let mut tx = db.begin().await.unwrap();
        assert_eq!(phone_code::forget_before(&mut tx, NOW).await.unwrap(), 3, "{}", fresh.name);
    }
}

#[tokio::test]
async fn a_session_ends_when_it_lies_idle_at_its_end_and_by_signing_out() {
    for fresh in registries().await {
        let (db, anna) = (&fresh.db, person(1));
        put_all(db, std::slice::from_ref(&anna)).await;
        let begin = async |n| {
            let mut tx = db.begin().await.unwrap();
            store::volunteer::begin_session(&mut tx, NOW, anna.id, &hash(n)).await.unwrap();
            tx.commit().await.unwrap();
        };
        let whose = async |n, at| store::volunteer::by_session(db, at, &hash(n)).await.unwrap();
        begin(1).await;
        begin(2).await;
        assert_eq!(whose(3, NOW).await, None, "{}", fresh.name);
        let mut at = NOW;
        while at < NOW + SESSION_MAX {
            assert_eq!(whose(1, at).await, Some(anna.id), "{}: it is used", fresh.name);
            at = at + IDLE_MAX - Duration::from_secs(1);
        }
        assert_eq!(whose(1, NOW + SESSION_MAX).await, None, "{}", fresh.name);
        assert_eq!(whose(2, NOW + IDLE_MAX).await, None, "{}: it lay idle", fresh.name);
        let mut tx = db.begin().await.unwrap();
        assert_eq!(store::volunteer::forget_sessions(&mut tx, NOW + IDLE_MAX).await.unwrap(), 1);
        store::volunteer::end_session(&mut tx, &hash(1)).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(whose(1, NOW).await, None, "{}", fresh.name);
    }
}
