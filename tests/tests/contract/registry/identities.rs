//! Sign-in at an organisation's own provider: browsers on their way, and whose identity is whose.

use std::time::Duration;

use super::*;
use certus_registry::{RegistryError, Secret, SecretHash};
use store::identity::{self, Away};

use super::passkeys::with_account;

const ISSUER: &str = "https://id.z.example";

fn browser(seed: u64) -> SecretHash {
    Secret::generate(&Random::from_seed(seed)).hash()
}

fn away(state: &str) -> Away {
    Away { state: state.to_owned(), nonce: "nonce".to_owned(), verifier: "verifier".to_owned() }
}

#[tokio::test]
async fn a_browser_comes_back_once_and_within_its_time() {
    for fresh in registries().await {
        let ends_at = NOW + Duration::from_mins(10);
        let mut tx = fresh.db.begin().await.unwrap();
        assert!(identity::send_away(&mut tx, &browser(1), &away("one"), NOW, ends_at).await.unwrap());
        assert!(identity::send_away(&mut tx, &browser(2), &away("two"), NOW, ends_at).await.unwrap());
        let early = ends_at - Duration::from_millis(1);
        let mut back = async |seed, now| identity::come_back(&mut tx, &browser(seed), now).await.unwrap();
        assert_eq!(back(3, early).await.map(|away| away.state), None, "{}", fresh.name);
        assert_eq!(back(2, ends_at).await.map(|away| away.state), None, "it took too long");
        let came = back(1, early).await.unwrap();
        assert_eq!(
            (came.state.as_str(), came.nonce.as_str(), came.verifier.as_str()),
            ("one", "nonce", "verifier")
        );
        assert_eq!(back(1, early).await.map(|away| away.state), None, "an answer is good once");
    }
}

#[tokio::test]
async fn an_identity_belongs_to_one_account_and_an_account_has_one_there() {
    for fresh in registries().await {
        let (anna, berit) = (with_account(&fresh, 1, "anna").await, with_account(&fresh, 2, "berit").await);
        let mut tx = fresh.db.begin().await.unwrap();
        identity::link(&mut tx, anna, ISSUER, "subject-1", NOW).await.unwrap();
        tx.commit().await.unwrap();
        let of = async |issuer, subject| identity::account_of(&fresh.db, issuer, subject).await.unwrap();
        assert_eq!(of(ISSUER, "subject-1").await, Some(anna), "{}", fresh.name);
        assert_eq!(of(ISSUER, "subject-2").await, None);
        assert_eq!(of("https://id.y.example", "subject-1").await, None, "a subject is its issuer's");
        for (account, subject) in [(berit, "subject-1"), (anna, "subject-2")] {
            let mut tx = fresh.db.begin().await.unwrap();
            let taken = identity::link(&mut tx, account, ISSUER, subject, NOW).await;
            assert!(matches!(taken, Err(RegistryError::Taken { .. })), "{subject}: {taken:?}");
        }
    }
}
