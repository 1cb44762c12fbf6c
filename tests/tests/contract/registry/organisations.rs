//! Organisations.

use super::*;
use certus_registry::vocabulary::OrganisationKind;
use certus_registry::{Organisation, OrganisationId, RegistryError, Remit, on};
use store::Change::{Created, Unchanged, Updated};
use store::organisation;

pub(super) fn organisation(n: u64, name: &str) -> Organisation {
    let id = OrganisationId::new(NOW, &Random::from_seed(n));
    Organisation {
        id,
        name: name.parse().unwrap(),
        kind: OrganisationKind::MountainRescue,
        county: certus_registry::County::DEFAULT,
    }
}

#[tokio::test]
async fn an_organisation_is_found_as_it_was_put() {
    for fresh in registries().await {
        let mut wanted = organisation(1, "Åre fjällräddning");
        let mut tx = fresh.db.begin().await.unwrap();
        assert_eq!(
            organisation::put(&mut tx, Remit::All, NOW, &wanted).await.unwrap(),
            Created,
            "{}",
            fresh.name
        );
        assert_eq!(organisation::put(&mut tx, Remit::All, NOW, &wanted).await.unwrap(), Unchanged);
        wanted.kind = OrganisationKind::Frg;
        assert_eq!(organisation::put(&mut tx, Remit::All, NOW, &wanted).await.unwrap(), Updated);
        tx.commit().await.unwrap();
        assert_eq!(store::revision(&fresh.db).await.unwrap(), 2);
        assert_eq!(
            organisation::get(&fresh.db, Remit::All, wanted.id).await.unwrap().as_ref(),
            Some(&wanted)
        );
        let by_name = organisation::by_name(&fresh.db, Remit::All, "Åre fjällräddning").await.unwrap();
        assert_eq!(by_name.as_ref(), Some(&wanted));
        assert_eq!(organisation::by_name(&fresh.db, Remit::All, "Åre").await.unwrap(), None);
        assert_eq!(organisation::all(&fresh.db, Remit::All).await.unwrap(), [wanted]);
    }
}

#[tokio::test]
async fn a_name_belongs_to_one_organisation() {
    for fresh in registries().await {
        let mut tx = fresh.db.begin().await.unwrap();
        organisation::put(&mut tx, Remit::All, NOW, &organisation(1, "Taxi Ragunda")).await.unwrap();
        let taken = organisation::put(&mut tx, Remit::All, NOW, &organisation(2, "Taxi Ragunda")).await;
        let expected = matches!(taken, Err(RegistryError::Taken { what: "organisation name" }));
        assert!(expected, "{} {taken:?}", fresh.name);
    }
}

#[tokio::test]
async fn an_organisation_of_an_unknown_kind_is_named_as_damaged() {
    for fresh in registries().await {
        let mut tx = fresh.db.begin().await.unwrap();
        organisation::put(&mut tx, Remit::All, NOW, &organisation(1, "Byalaget")).await.unwrap();
        on!(tx, c => sqlx::query("UPDATE organisation SET kind = 'guild'").execute(c).await.map(drop))
            .unwrap();
        tx.commit().await.unwrap();
        let error = organisation::all(&fresh.db, Remit::All).await.unwrap_err();
        assert!(matches!(error, RegistryError::Damaged { what: "organisation", .. }), "{error}");
    }
}
