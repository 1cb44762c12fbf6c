//! What the county board does about the policies while the night goes on.

use std::time::Duration;

use certus_dispatcher::policies::{Proposal, ProposalId, State, store};
use certus_registry::{AccountId, Random};
use rand::RngExt as _;

use super::super::story::{START, changed_policies};
use super::Driver;

/// One of three officials.
fn official(n: u64) -> AccountId {
    AccountId::new(START, &Random::from_seed(n))
}

impl Driver {
    /// Somebody proposes other policies and somebody, who may be the same, approves them; now and then against a version that is
    /// not in force any more. What may not be is refused.
    pub(super) async fn change_policies(&mut self) -> anyhow::Result<()> {
        let in_force = store::number(&self.db).await?;
        let (proposal, by) = self.random.with(|rng| {
            let late = u64::from(in_force > 0 && rng.random_bool(0.2));
            let [one, other] = [(); 2].map(|()| official(rng.random_range(0..3)));
            let based_on = in_force - late;
            let id = ProposalId::new(self.now, &Random::from_seed(rng.random()));
            let (text, reason) = (changed_policies(rng, based_on + 1), "fler".to_owned());
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
}
