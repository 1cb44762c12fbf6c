//! Policies on both databases: proposals, versions over versions, and under which an incident is raised.

use certus_dispatcher::policies::{Proposal, ProposalId, Refusal, State, store as policies, version_name};
use certus_registry::AccountId;

use super::*;

/// An official of the board.
pub(super) fn official(n: u64) -> AccountId {
    AccountId::new(NOON, &Random::from_seed(1_000 + n))
}

fn proposal(n: u64, based_on: u64, rest_s: u32) -> Proposal {
    let text = include_str!("../../../../dispatcher/policies.toml")
        .replace("certus-2026-12", &version_name(based_on + 1))
        .replace("\nsearch_again_s", &format!("\nrest_s = {rest_s}\nsearch_again_s"));
    let at = NOON + Duration::from_secs(n);
    let (id, reason) = (ProposalId::new(at, &Random::from_seed(n)), format!("vila {rest_s} s"));
    let (proposed_at, proposed_by) = (at, official(1));
    Proposal { id, based_on, text, reason, proposed_at, proposed_by, state: State::Open }
}

async fn propose(db: &Database, proposal: &Proposal) {
    let mut tx = db.begin().await.unwrap();
    policies::propose(&mut tx, proposal).await.unwrap();
    tx.commit().await.unwrap();
}

async fn approve(db: &Database, id: ProposalId, by: u64) -> Result<u64, Refusal> {
    let mut tx = db.begin().await.unwrap();
    let approved = policies::approve(&mut tx, NOON, id, official(by)).await.unwrap();
    if approved.is_ok() {
        tx.commit().await.unwrap();
    }
    approved
}

/// Brings policies into force by which whoever went rests so many seconds.
pub(super) async fn rest(db: &Database, rest_s: u32) {
    let number = policies::number(db).await.unwrap();
    let proposal = proposal(number + 1, number, rest_s);
    propose(db, &proposal).await;
    assert_eq!(approve(db, proposal.id, 2).await, Ok(number + 1));
}

#[tokio::test]
async fn a_proposal_becomes_the_version_after_the_one_it_was_written_against_by_somebody_else() {
    for fresh in databases::both().await {
        let (db, name) = (&fresh.db, fresh.name);
        assert_eq!(
            (policies::number(db).await.unwrap(), policies::in_force(db).await.unwrap()),
            (0, None),
            "{name}"
        );
        let (first, rival, third) = (proposal(1, 0, 600), proposal(2, 0, 900), proposal(3, 1, 1_200));
        for one in [&first, &rival, &third] {
            propose(db, one).await;
        }
        assert_eq!(policies::proposal(db, first.id).await.unwrap(), Some(first.clone()), "{name}");
        let open = policies::proposals(db, 2).await.unwrap();
        assert_eq!(open, [third.clone(), rival.clone()], "{name}: the newest first");
        assert_eq!(approve(db, first.id, 1).await, Err(Refusal::SameOfficial), "{name}");
        let early = Refusal::Outdated { based_on: 1, in_force: 0 };
        assert_eq!(approve(db, third.id, 2).await, Err(early), "{name}");
        assert_eq!(approve(db, first.id, 2).await, Ok(1), "{name}");
        assert_eq!(approve(db, first.id, 2).await, Err(Refusal::Settled), "{name}");
        let late = Refusal::Outdated { based_on: 0, in_force: 1 };
        assert_eq!(approve(db, rival.id, 2).await, Err(late), "{name}");
        let unknown = ProposalId::new(NOON, &Random::from_seed(99));
        assert_eq!(approve(db, unknown, 2).await, Err(Refusal::Unknown), "{name}");
        assert_eq!(approve(db, third.id, 3).await, Ok(2), "{name}");
        let version = policies::in_force(db).await.unwrap().unwrap();
        assert_eq!((version.number, version.policies().unwrap().version()), (2, "policies-2"), "{name}");
        let by = State::Approved { at: NOON, by: official(3) };
        assert_eq!(version.proposal, Proposal { state: by, ..third }, "{name}");
        let all = policies::versions(db, 9).await.unwrap();
        assert_eq!(all.iter().map(|version| version.number).collect::<Vec<_>>(), [2, 1], "{name}");
        assert_eq!(policies::version(db, 1).await.unwrap().as_ref(), Some(&all[1]), "{name}");
        assert_eq!(policies::version(db, 3).await.unwrap(), None, "{name}");
        assert_eq!(
            policies::proposals(db, 9).await.unwrap(),
            [rival],
            "{name}: those that were not approved"
        );
    }
}

#[tokio::test]
async fn what_was_taken_back_is_not_approved_and_of_two_approvals_at_once_one_counts() {
    for fresh in databases::both().await {
        let (db, name) = (&fresh.db, fresh.name);
        let [gone, one, other] = [(1, 60), (2, 120), (3, 180)].map(|(n, rest_s)| proposal(n, 0, rest_s));
        for one in [&gone, &one, &other] {
            propose(db, one).await;
        }
        for expected in [Ok(()), Err(Refusal::Settled)] {
            let mut tx = db.begin().await.unwrap();
            assert_eq!(
                policies::withdraw(&mut tx, NOON, gone.id, official(1)).await.unwrap(),
                expected,
                "{name}"
            );
            tx.commit().await.unwrap();
        }
        let withdrawn = policies::proposal(db, gone.id).await.unwrap().unwrap().state;
        assert_eq!(withdrawn, State::Withdrawn { at: NOON, by: official(1) }, "{name}");
        assert_eq!(approve(db, gone.id, 2).await, Err(Refusal::Settled), "{name}");
        let (one, other) = tokio::join!(approve(db, one.id, 2), approve(db, other.id, 3));
        let late = Err(Refusal::Outdated { based_on: 0, in_force: 1 });
        assert!((one, other) == (Ok(1), late) || (one, other) == (late, Ok(1)), "{name}: {one:?} {other:?}");
    }
}

#[tokio::test]
async fn an_incident_is_raised_under_what_is_in_force_by_whichever_node_and_keeps_it() {
    for fresh in databases::both().await {
        let (mut one, mut two, clock) = two_nodes(&fresh, 12).await;
        let first = raise(&mut one).await;
        assert_eq!(first.policy.version, "certus-2026-12", "{}", fresh.name);
        rest(&fresh.db, 600).await;
        // Neither node has looked since: the commit of what they decide under the old ones is refused.
        let second = raise(&mut two).await;
        assert_eq!(
            (second.policy.version.as_str(), second.policy.rest.0),
            ("policies-1", 600),
            "{}",
            fresh.name
        );
        let again = two.engine.apply(first.id, Event::Escalated { more: 1 }, &[]).await.unwrap().incident;
        assert_eq!(again.policy, first.policy, "{}: what runs keeps its policy", fresh.name);
        let mut three = node(&fresh.db, &clock, 3).await;
        for node in [&mut one, &mut three] {
            let incident = raise(node).await;
            let decided = store::decisions(&fresh.db, incident.id).await.unwrap().remove(0).policy_version;
            let names = (incident.policy.version.as_str(), decided.as_str());
            assert_eq!(names, ("policies-1", "policies-1"), "{}", fresh.name);
        }
    }
}

#[tokio::test]
async fn policies_that_this_program_cannot_read_do_not_keep_it_from_raising_alarms() {
    for fresh in databases::both().await {
        let (mut one, _, _) = two_nodes(&fresh, 7).await;
        let strange =
            Proposal { text: "version = \"policies-1\"\n[ufo]\n".to_owned(), ..proposal(1, 0, 600) };
        propose(&fresh.db, &strange).await;
        assert_eq!(approve(&fresh.db, strange.id, 2).await, Ok(1), "{}", fresh.name);
        let incident = raise(&mut one).await;
        assert_eq!(incident.policy.version, "certus-2026-12", "{}", fresh.name);
        assert!(!incident.callouts.is_empty(), "{}", fresh.name);
    }
}
