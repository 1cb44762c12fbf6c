//! Competences that people say they have.

use super::*;
use certus_registry::certificate::{CertificateFile, CertificateId};
use store::{application, claim};

#[tokio::test]
async fn a_claim_waits_until_it_is_decided_once() {
    for fresh in registries().await {
        put_all(&fresh.db, &[bare_person(1), bare_person(2)]).await;
        let db = &fresh.db;
        let file = CertificateFile::read(b"\xff\xd8\xff\xe0JFIF".to_vec()).unwrap();
        let held = |kind, expires: Option<&str>| Competence { kind, expires: expires.map(day) };
        let claims = [
            (1, held(CompetenceKind::Cpr, Some("2027-05-01"))),
            (2, held(CompetenceKind::Driver, None)),
            (1, held(CompetenceKind::Search, None)),
        ];
        let mut ids = Vec::new();
        for (n, (who, competence)) in (0..).zip(claims) {
            let at = NOW + std::time::Duration::from_secs(n);
            let id = CertificateId::new(at, &Random::from_seed(n));
            let mut tx = db.begin().await.unwrap();
            application::add_certificate(&mut tx, at, id, person(who).id, &file).await.unwrap();
            claim::add(&mut tx, at, person(who).id, id, competence).await.unwrap();
            tx.commit().await.unwrap();
            ids.push(id);
        }
        let open = claim::open(db, Remit::All, 2).await.unwrap();
        let found: Vec<_> = open.iter().map(|claim| (claim.certificate, claim.competence)).collect();
        assert_eq!(found, [(ids[0], claims[0].1), (ids[1], claims[1].1)], "{}", fresh.name);
        assert_eq!(
            (open[0].volunteer, &open[0].name),
            (person(1).id, &bare_person(1).name),
            "{}",
            fresh.name
        );
        let own = claim::of(db, person(1).id).await.unwrap();
        assert_eq!(own.iter().map(|claim| claim.certificate).collect::<Vec<_>>(), [ids[0], ids[2]]);
        let mut tx = db.begin().await.unwrap();
        assert_eq!(claim::waiting(&mut tx, person(1).id).await.unwrap(), 2, "{}", fresh.name);
        tx.commit().await.unwrap();
        for (who, expected) in [(2, None), (1, Some(claims[0].1)), (1, None)] {
            let mut tx = db.begin().await.unwrap();
            assert_eq!(
                claim::settle(&mut tx, person(who).id, ids[0]).await.unwrap(),
                expected,
                "{}",
                fresh.name
            );
            tx.commit().await.unwrap();
        }
        assert_eq!(claim::open(db, Remit::All, 9).await.unwrap().len(), 2, "{}", fresh.name);
    }
}
