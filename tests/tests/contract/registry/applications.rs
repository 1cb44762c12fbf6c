//! Consent and certificates of whoever applies.

use super::*;
use certus_registry::certificate::{CertificateFile, CertificateId};
use store::application::{self, Consent};

#[tokio::test]
async fn a_certificate_and_a_consent_read_back_and_go_with_the_person() {
    for fresh in registries().await {
        let (db, anna, other) = (&fresh.db, bare_person(1), bare_person(2));
        put_all(db, &[anna.clone(), other.clone()]).await;
        let file = CertificateFile::read(b"\x89PNG\r\n\x1a\n\x00\xff\xfe".to_vec()).unwrap();
        let consent = Consent { version: "2026-1".to_owned(), given_at: NOW, words: "Ja, tack.".to_owned() };
        let id = CertificateId::new(NOW, &Random::from_seed(3));
        let mut tx = db.begin().await.unwrap();
        application::consent(&mut tx, anna.id, &consent).await.unwrap();
        application::add_certificate(&mut tx, NOW, id, anna.id, &file).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(application::consents(db, anna.id).await.unwrap(), [consent], "{}", fresh.name);
        let listed = application::certificates(db, anna.id).await.unwrap();
        assert_eq!((listed.len(), listed[0].id, listed[0].bytes), (1, id, 11), "{}", fresh.name);
        let held = async |who| application::certificate(db, Remit::All, who, id).await.unwrap();
        assert_eq!(held(anna.id).await, Some(file), "{}", fresh.name);
        assert_eq!(held(other.id).await, None, "{}: somebody else's", fresh.name);
        let mut tx = db.begin().await.unwrap();
        let erased = store::volunteer::erase(&mut tx, NOW, anna.id).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(erased.map(|erased| erased.person), Some(anna.clone()), "{}", fresh.name);
        assert!(application::consents(db, anna.id).await.unwrap().is_empty(), "{}", fresh.name);
        assert_eq!(held(anna.id).await, None, "{}", fresh.name);
    }
}
