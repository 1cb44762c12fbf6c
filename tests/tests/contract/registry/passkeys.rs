//! Passkeys, and challenges that are answered once.

use std::time::Duration;

use super::*;
use certus_registry::account::Password;
use certus_registry::store::passkey::{PASSKEYS_MAX, StoredPasskey};
use certus_registry::{Account, AccountId, RegistryError, Role, Secret};
use store::{account, passkey};

fn of(account: AccountId, id: &str) -> StoredPasskey {
    let (id, name, key) = (id.to_owned(), "Phone".to_owned(), "{}".to_owned());
    StoredPasskey { id, account, name, key, created_at: NOW, used_at: None }
}

pub(super) async fn with_account(fresh: &Fresh, seed: u64, login: &str) -> AccountId {
    let random = Random::from_seed(seed);
    let somebody = Account {
        id: AccountId::new(NOW, &random),
        login: login.parse().unwrap(),
        name: "Anna Berg".parse().unwrap(),
        roles: vec![Role::Operator],
        remit: Remit::All,
        must_change: false,
        created_at: NOW,
        disabled_at: None,
    };
    let hash = Password::typed("one").hash(&random).unwrap();
    let mut tx = fresh.db.begin().await.unwrap();
    account::insert(&mut tx, &somebody, &hash).await.unwrap();
    tx.commit().await.unwrap();
    somebody.id
}

#[tokio::test]
async fn a_passkey_reads_back_belongs_to_one_account_and_goes_on_from_where_it_was() {
    for fresh in registries().await {
        let (anna, berit) = (with_account(&fresh, 1, "anna").await, with_account(&fresh, 2, "berit").await);
        let one = of(anna, "one");
        let mut tx = fresh.db.begin().await.unwrap();
        assert!(passkey::add(&mut tx, &one).await.unwrap(), "{}", fresh.name);
        tx.commit().await.unwrap();
        assert_eq!(passkey::of_account(&fresh.db, anna).await.unwrap(), std::slice::from_ref(&one));
        assert_eq!(passkey::get(&fresh.db, "one").await.unwrap(), Some(one.clone()));
        let mut tx = fresh.db.begin().await.unwrap();
        let taken = passkey::add(&mut tx, &of(berit, "one")).await;
        assert!(matches!(taken, Err(RegistryError::Taken { what: "passkey" })), "{taken:?}");
        drop(tx);
        let later = NOW + Duration::from_mins(1);
        let mut tx = fresh.db.begin().await.unwrap();
        passkey::used(&mut tx, "one", "{}", "{\"counter\":1}", later).await.unwrap();
        tx.commit().await.unwrap();
        let used = passkey::get(&fresh.db, "one").await.unwrap().unwrap();
        assert_eq!((used.used_at, used.key.as_str()), (Some(later), "{\"counter\":1}"));
        let mut tx = fresh.db.begin().await.unwrap();
        assert!(passkey::used(&mut tx, "one", "{}", "{}", later).await.is_err(), "somebody else was faster");
        drop(tx);
        let mut tx = fresh.db.begin().await.unwrap();
        assert!(!passkey::remove(&mut tx, berit, "one").await.unwrap());
        assert!(passkey::remove(&mut tx, anna, "one").await.unwrap());
        tx.commit().await.unwrap();
        assert_eq!(passkey::get(&fresh.db, "one").await.unwrap(), None);
    }
}

#[tokio::test]
async fn an_account_has_so_many_passkeys_and_no_more() {
    for fresh in registries().await {
        let anna = with_account(&fresh, 1, "anna").await;
        let mut tx = fresh.db.begin().await.unwrap();
        for number in 0..PASSKEYS_MAX {
            assert!(passkey::add(&mut tx, &of(anna, &number.to_string())).await.unwrap(), "{}", fresh.name);
        }
        assert!(!passkey::add(&mut tx, &of(anna, "one too many")).await.unwrap());
        tx.commit().await.unwrap();
        assert_eq!(passkey::of_account(&fresh.db, anna).await.unwrap().len(), PASSKEYS_MAX);
    }
}

#[tokio::test]
async fn a_challenge_is_remembered_for_its_time_and_answered_once() {
    let secret = |n| Secret::generate(&Random::from_seed(n)).hash();
    let (later, end) = (NOW + Duration::from_secs(59), NOW + Duration::from_mins(1));
    for fresh in registries().await {
        let mut tx = fresh.db.begin().await.unwrap();
        for number in [1, 2] {
            assert!(passkey::challenge(&mut tx, &secret(number), "state", NOW, end).await.unwrap());
        }
        assert_eq!(passkey::answered(&mut tx, &secret(3), later).await.unwrap(), None, "{}", fresh.name);
        assert_eq!(passkey::answered(&mut tx, &secret(1), later).await.unwrap().as_deref(), Some("state"));
        assert_eq!(passkey::answered(&mut tx, &secret(1), later).await.unwrap(), None, "once");
        assert_eq!(passkey::answered(&mut tx, &secret(2), end).await.unwrap(), None, "too late");
        tx.commit().await.unwrap();
    }
}
