//! API keys.

use super::*;
use certus_registry::{ApiKey, ApiKeyId, RegistryError, Scope, Secret, on};
use store::api_key;

fn key(n: u64) -> (ApiKey, Secret) {
    let random = Random::from_seed(n);
    let key = ApiKey {
        id: ApiKeyId::new(NOW, &random),
        name: "SOS Alarm".parse().unwrap(),
        scopes: vec![Scope::IncidentsRead, Scope::IncidentsWrite],
        remit: Remit::County(certus_registry::County::DEFAULT),
        created_at: NOW,
        expires_at: NOW + std::time::Duration::from_hours(24),
        revoked_at: None,
    };
    (key, Secret::generate(&random))
}

#[tokio::test]
async fn a_key_opens_until_it_is_revoked() {
    for fresh in registries().await {
        let ((key, secret), other) = (key(1), key(2));
        let mut tx = fresh.db.begin().await.unwrap();
        api_key::insert(&mut tx, &key, &secret.hash()).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(api_key::find(&fresh.db, &secret.hash()).await.unwrap().as_ref(), Some(&key));
        assert_eq!(api_key::find(&fresh.db, &other.1.hash()).await.unwrap(), None);
        let mut tx = fresh.db.begin().await.unwrap();
        assert!(api_key::revoke(&mut tx, NOW, key.id).await.unwrap(), "{}", fresh.name);
        assert!(!api_key::revoke(&mut tx, NOW, key.id).await.unwrap());
        assert!(!api_key::revoke(&mut tx, NOW, other.0.id).await.unwrap());
        tx.commit().await.unwrap();
        assert_eq!(api_key::find(&fresh.db, &secret.hash()).await.unwrap(), None);
        let revoked = ApiKey { revoked_at: Some(NOW), ..key };
        assert_eq!(api_key::all(&fresh.db).await.unwrap(), [revoked]);
        assert_eq!(store::revision(&fresh.db).await.unwrap(), 2);
    }
}

#[tokio::test]
async fn a_secret_opens_one_key_only() {
    for fresh in registries().await {
        let ((first, secret), (second, _)) = (key(1), key(2));
        let mut tx = fresh.db.begin().await.unwrap();
        api_key::insert(&mut tx, &first, &secret.hash()).await.unwrap();
        let taken = api_key::insert(&mut tx, &second, &secret.hash()).await;
        assert!(matches!(taken, Err(RegistryError::Taken { .. })), "{} {taken:?}", fresh.name);
    }
}

#[tokio::test]
async fn a_key_with_an_unknown_scope_is_named_as_damaged() {
    for fresh in registries().await {
        let (key, secret) = key(1);
        let mut tx = fresh.db.begin().await.unwrap();
        api_key::insert(&mut tx, &key, &secret.hash()).await.unwrap();
        on!(tx, c => sqlx::query("UPDATE api_key SET scopes = 'all'").execute(c).await.map(drop)).unwrap();
        tx.commit().await.unwrap();
        let error = api_key::find(&fresh.db, &secret.hash()).await.unwrap_err();
        assert!(matches!(error, RegistryError::Damaged { what: "API key", .. }), "{error}");
    }
}
