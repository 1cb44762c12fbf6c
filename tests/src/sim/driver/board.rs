//! What the county board does about the policies and the catalogue while the night goes on.

use std::time::Duration;

use certus_dispatcher::policies::{Proposal, ProposalId, State, store};
use certus_registry::catalogue::Entry;
use certus_registry::store::{catalogue, resource};
use certus_registry::{AccountId, Random, Remit};
use rand::RngExt as _;

use super::super::story::{START, changed_policies};
use super::Driver;

/// One of three officials.
fn official(n: u64) -> AccountId {
    AccountId::new(START, &Random::from_seed(n))
}

impl Driver {
    /// Somebody proposes other policies and somebody, who may be the same, approves them; now and then against a version that is
    /// not in force any more, and whether or not what they want brought is in the catalogue by then. What may not be is refused.
    pub(super) async fn change_policies(&mut self) -> anyhow::Result<()> {
        let in_force = store::number(&self.db).await?;
        let kind = &self.story.kind;
        let bring = kind.random.with(|rng| rng.random_bool(0.5)).then_some(kind.entry.code);
        let (proposal, by) = self.random.with(|rng| {
            let late = u64::from(in_force > 0 && rng.random_bool(0.2));
            let [one, other] = [(); 2].map(|()| official(rng.random_range(0..3)));
            let based_on = in_force - late;
            let id = ProposalId::new(self.now, &Random::from_seed(rng.random()));
            let (text, reason) = (changed_policies(rng, based_on + 1, bring), "fler".to_owned());
            let (proposed_at, proposed_by) = (self.now, one);
            (Proposal { id, based_on, text, reason, proposed_at, proposed_by, state: State::Open }, other)
        });
        let mut tx = self.db.begin().await?;
        store::propose(&mut tx, &proposal).await?;
        tx.commit().await?;
        let mut tx = self.db.begin().await?;
        let at = self.now + Duration::from_millis(1);
        let approved = store::approve(&mut tx, at, proposal.id, by).await?;
        if approved.is_ok() {
            tx.commit().await?;
        }
        self.trace.line(self.now, || {
            format!("policies over {} by {} and {by}: {approved:?}", proposal.based_on, proposal.proposed_by)
        });
        Ok(())
    }

    /// A kind comes into the catalogue, and things of it into the registry.
    pub(super) async fn add_kind(&mut self) -> anyhow::Result<()> {
        let (entry, things) = (&self.story.kind.entry, &self.story.kind.things);
        let mut tx = self.db.begin().await?;
        catalogue::put(&mut tx, self.now, entry).await?;
        let but_one = &things[..things.len() - 1];
        resource::put_many(&mut tx, Remit::All, self.now, but_one).await?;
        tx.commit().await?;
        self.trace.line(self.now, || format!("{} things of the new kind {entry:?}", but_one.len()));
        Ok(())
    }

    /// It is retired; one more of it is refused.
    pub(super) async fn retire_kind(&mut self) -> anyhow::Result<()> {
        let mut tx = self.db.begin().await?;
        let retired = Entry { retired: true, ..self.story.kind.entry.clone() };
        catalogue::put(&mut tx, self.now, &retired).await?;
        tx.commit().await?;
        let Some(late) = self.story.kind.things.last() else { return Ok(()) };
        let mut tx = self.db.begin().await?;
        let taken_in = resource::put(&mut tx, Remit::All, self.now, late).await;
        if taken_in.is_ok() {
            tx.commit().await?;
        }
        self.trace.line(self.now, || format!("retired, and one more of it: {taken_in:?}"));
        Ok(())
    }
}
