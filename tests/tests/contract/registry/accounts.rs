//! Accounts, sessions, wrong passwords.

use std::time::Duration;

use super::*;
use certus_registry::account::{Password, PasswordHash};
use certus_registry::{Account, AccountId, RegistryError, Remit, Role, Secret, SecretHash};
use store::account;

fn anna() -> (Account, PasswordHash) {
    let random = Random::from_seed(1);
    let account = Account {
        id: AccountId::new(NOW, &random),
        login: "anna".parse().unwrap(),
        name: "Anna Berg".parse().unwrap(),
        roles: vec![Role::Operator, Role::Board],
        remit: Remit::County(certus_registry::County::DEFAULT),
        must_change: true,
        created_at: NOW,
        disabled_at: None,
    };
    (account, Password::typed("one").hash(&random).unwrap())
}

fn secret(n: u64) -> SecretHash {
    Secret::generate(&Random::from_seed(n)).hash()
}

/// Every database with Anna's account in it.
async fn with_anna() -> Vec<(Fresh, Account)> {
    let (anna, hash) = anna();
    let mut all = Vec::new();
    for fresh in registries().await {
        let mut tx = fresh.db.begin().await.unwrap();
        account::insert(&mut tx, &anna, &hash).await.unwrap();
        tx.commit().await.unwrap();
        all.push((fresh, anna.clone()));
    }
    all
}

#[tokio::test]
async fn an_account_reads_back_and_a_login_belongs_to_one() {
    let (_, hash) = anna();
    for (fresh, anna) in with_anna().await {
        let found = account::by_login(&fresh.db, &anna.login).await.unwrap();
        assert_eq!(found, Some((anna.clone(), hash.clone())), "{}", fresh.name);
        assert_eq!(account::by_login(&fresh.db, &"berit".parse().unwrap()).await.unwrap(), None);
        assert_eq!(account::get(&fresh.db, Remit::All, anna.id).await.unwrap().as_ref(), Some(&anna));
        assert_eq!(account::all(&fresh.db, Remit::All).await.unwrap(), std::slice::from_ref(&anna));
        let mut tx = fresh.db.begin().await.unwrap();
        let other = Account { id: AccountId::new(NOW, &Random::from_seed(2)), ..anna };
        let taken = account::insert(&mut tx, &other, &hash).await;
        assert!(matches!(taken, Err(RegistryError::Taken { what: "login" })), "{taken:?}");
    }
}

#[tokio::test]
async fn a_session_ends_by_itself_by_signing_out_by_a_new_password_and_with_the_account() {
    let other = Password::typed("two").hash(&Random::from_seed(3)).unwrap();
    for (fresh, anna) in with_anna().await {
        let (later, end) = (NOW + Duration::from_secs(59), NOW + Duration::from_mins(1));
        let begin = async || {
            let mut tx = fresh.db.begin().await.unwrap();
            account::begin_session(&mut tx, anna.id, &secret(1), NOW, end).await.unwrap();
            tx.commit().await.unwrap();
        };
        let whose = async |at| account::by_session(&fresh.db, &secret(1), at).await.unwrap();
        begin().await;
        assert_eq!(whose(later).await.as_ref(), Some(&anna), "{}", fresh.name);
        assert_eq!(whose(end).await, None);
        assert_eq!(account::by_session(&fresh.db, &secret(2), later).await.unwrap(), None);
        for way in 0..3 {
            let mut tx = fresh.db.begin().await.unwrap();
            match way {
                0 => account::end_session(&mut tx, &secret(1)).await.unwrap(),
                1 => assert!(account::set_password(&mut tx, anna.id, &other, false).await.unwrap()),
                _ => assert!(account::set_disabled(&mut tx, anna.id, Some(NOW)).await.unwrap()),
            }
            tx.commit().await.unwrap();
            assert_eq!(whose(later).await, None, "{way}");
            begin().await;
        }
        assert_eq!(whose(later).await, None, "a disabled account has no session");
        let mut tx = fresh.db.begin().await.unwrap();
        assert!(account::set_disabled(&mut tx, anna.id, None).await.unwrap());
        assert!(account::set_rights(&mut tx, anna.id, &[Role::Auditor], Remit::All).await.unwrap());
        let nobody = AccountId::new(NOW, &Random::from_seed(9));
        assert!(!account::set_rights(&mut tx, nobody, &[Role::Auditor], Remit::All).await.unwrap());
        assert!(!account::set_disabled(&mut tx, nobody, None).await.unwrap());
        assert!(!account::set_password(&mut tx, nobody, &other, true).await.unwrap());
        tx.commit().await.unwrap();
        let changed =
            Account { roles: vec![Role::Auditor], remit: Remit::All, must_change: false, ..anna.clone() };
        assert_eq!(account::by_login(&fresh.db, &anna.login).await.unwrap(), Some((changed, other.clone())));
    }
}

#[tokio::test]
async fn the_ten_browsers_used_last_are_known() {
    for (fresh, anna) in with_anna().await {
        let mut tx = fresh.db.begin().await.unwrap();
        for n in 0..12 {
            let at = NOW + Duration::from_secs(n);
            account::remember_device(&mut tx, anna.id, &secret(n), at).await.unwrap();
        }
        account::remember_device(&mut tx, anna.id, &secret(2), NOW + Duration::from_secs(20)).await.unwrap();
        account::remember_device(&mut tx, anna.id, &secret(20), NOW + Duration::from_secs(21)).await.unwrap();
        tx.commit().await.unwrap();
        let mut known = Vec::new();
        for n in (0..12).chain([20]) {
            if account::knows_device(&fresh.db, anna.id, &secret(n)).await.unwrap() {
                known.push(n);
            }
        }
        assert_eq!(known, [2, 4, 5, 6, 7, 8, 9, 10, 11, 20], "{}", fresh.name);
        let other = AccountId::new(NOW, &Random::from_seed(9));
        assert!(!account::knows_device(&fresh.db, other, &secret(11)).await.unwrap());
    }
}

#[tokio::test]
async fn wrong_passwords_are_counted_apart_for_a_known_browser_and_forgotten_after_a_day() {
    for (fresh, anna) in with_anna().await {
        let (login, device, other) = (&anna.login, secret(1), secret(2));
        let tries = async |device| account::tries(&fresh.db, login, device).await.unwrap();
        let mut tx = fresh.db.begin().await.unwrap();
        for _ in 0..3 {
            account::failed(&mut tx, login, None, NOW).await.unwrap();
        }
        account::failed(&mut tx, login, Some(&device), NOW).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(tries(None).await.failures, 3, "{}", fresh.name);
        assert_eq!(tries(Some(&device)).await.failures, 1);
        assert_eq!(tries(Some(&other)).await.failures, 0);
        let mut tx = fresh.db.begin().await.unwrap();
        account::succeeded(&mut tx, login, Some(&device)).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!((tries(None).await.failures, tries(Some(&device)).await.failures), (3, 0));
        let mut tx = fresh.db.begin().await.unwrap();
        account::failed(&mut tx, login, None, NOW + Duration::from_hours(24)).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(tries(None).await.failures, 1);
    }
}

#[tokio::test]
async fn sessions_that_have_ended_are_forgotten_and_others_not() {
    for (fresh, anna) in with_anna().await {
        let (soon, later) = (NOW + Duration::from_mins(1), NOW + Duration::from_mins(2));
        let mut tx = fresh.db.begin().await.unwrap();
        account::begin_session(&mut tx, anna.id, &secret(1), NOW, soon).await.unwrap();
        account::begin_session(&mut tx, anna.id, &secret(2), NOW, later).await.unwrap();
        assert_eq!(account::forget_sessions(&mut tx, soon).await.unwrap(), 1, "{}", fresh.name);
        tx.commit().await.unwrap();
        assert_eq!(account::by_session(&fresh.db, &secret(1), NOW).await.unwrap(), None);
        assert_eq!(account::by_session(&fresh.db, &secret(2), NOW).await.unwrap(), Some(anna));
    }
}
