//! The catalogue of the kinds of resource beside the policies: neither lets the other want or lose what is to be brought.

use certus_dispatcher::catalogue::{self, Refusal};
use certus_dispatcher::policies::{
    NotBrought, Policies, Proposal, ProposalId, Refusal as NotApproved, State, store as policies,
    version_name,
};
use certus_registry::catalogue::Entry;
use certus_registry::store::Change;
use certus_registry::{Catalogue, ResourceKind};

use super::policies::official;
use super::*;

fn hydrocopter(brought: bool) -> Entry {
    let boat = Catalogue::default().get(ResourceKind::BOAT).unwrap().clone();
    Entry { code: "hydrocopter".parse().unwrap(), brought, ..boat }
}

async fn put(db: &Database, entry: Entry) -> Result<Change, Refusal> {
    let mut tx = db.begin().await.unwrap();
    let first = Arc::new(Policies::embedded());
    let put = catalogue::change(&mut tx, NOON, &first, entry.code, |_| Ok(entry)).await.unwrap();
    tx.commit().await.unwrap();
    put.map(|(_, change)| change)
}

/// A proposal that wants a hydrocopter to missing people, approved by somebody else.
async fn want_one(db: &Database) -> Result<u64, NotApproved> {
    let based_on = policies::number(db).await.unwrap();
    let text = include_str!("../../../../dispatcher/policies.toml")
        .replace("certus-2026-12", &version_name(based_on + 1))
        .replace("search_dog", "hydrocopter");
    let (id, reason) = (ProposalId::new(NOON, &Random::from_seed(9)), "is".to_owned());
    let (proposed_at, proposed_by, state) = (NOON, official(1), State::Open);
    let proposal = Proposal { id, based_on, text, reason, proposed_at, proposed_by, state };
    let mut tx = db.begin().await.unwrap();
    if policies::proposal(db, id).await.unwrap().is_none() {
        policies::propose(&mut tx, &proposal).await.unwrap();
    }
    let approved = policies::approve(&mut tx, NOON, id, official(2)).await.unwrap();
    tx.commit().await.unwrap();
    approved
}

#[tokio::test]
async fn a_policy_wants_what_can_be_brought_and_what_it_wants_stays_so() {
    for fresh in databases::both().await {
        let (db, name) = (&fresh.db, fresh.name);
        let kind = hydrocopter(true).code;
        let missing = NotBrought { event: EventType::MissingPerson, kind };
        assert_eq!(want_one(db).await, Err(NotApproved::NotBrought(missing)), "{name}: there is none");
        assert_eq!(put(db, hydrocopter(false)).await, Ok(Change::Created), "{name}");
        assert_eq!(want_one(db).await, Err(NotApproved::NotBrought(missing)), "{name}: it cannot be brought");
        let dog: ResourceKind = "search_dog".parse().unwrap();
        let dog = Catalogue::default().get(dog).unwrap().clone();
        let dog = Entry { brought: false, ..dog };
        let wanted = |kind| Err(Refusal::Wanted { kind, event: EventType::MissingPerson });
        assert_eq!(put(db, dog.clone()).await, wanted(dog.code), "{name}: by the first policies");
        assert_eq!(put(db, hydrocopter(true)).await, Ok(Change::Updated), "{name}");
        assert_eq!(want_one(db).await, Ok(1), "{name}");
        assert_eq!(put(db, hydrocopter(false)).await, wanted(kind), "{name}");
        let retired = Entry { retired: true, ..hydrocopter(true) };
        assert_eq!(put(db, retired).await, Ok(Change::Updated), "{name}: those that there are stay");
        assert_eq!(put(db, dog).await, Ok(Change::Updated), "{name}: no policy wants it any more");
    }
}
