//! Under which policies an incident may be raised: those that were in force then, which two officials brought into force.

use std::collections::{BTreeMap, BTreeSet};

use certus_dispatcher::incident::{Group, Incident, Policy};
use certus_dispatcher::policies::Policies;
use certus_registry::{Database, on};

use super::{Model, Violation, rule};

/// What has been in force, by its number.
pub(super) struct InForce {
    by_number: BTreeMap<i64, Policies>,
    /// The number in force at the last look but one: what has been committed since may be under it.
    before: i64,
}

impl InForce {
    pub(super) fn new(first: Policies) -> Self {
        Self { by_number: BTreeMap::from([(0, first)]), before: 0 }
    }

    fn last(&self) -> i64 {
        self.by_number.last_key_value().map_or(0, |(number, _)| *number)
    }

    /// What is committed from now on may be under what is in force now.
    pub(super) fn forget_before(&mut self) {
        self.before = self.last();
    }
}

/// A policy as it is for a group that is called: everybody at once, whatever they can do, and so many of them go.
fn as_called(policy: &Policy, group: Option<&Group>) -> Policy {
    let Some(Group { wanted, .. }) = group.cloned() else { return policy.clone() };
    // In these stories at most one kind of thing is brought, and there are fewer guides than places.
    let guides = policy.guides.min(wanted - 1);
    let bring = if wanted > 1 + guides { policy.bring.clone() } else { BTreeSet::new() };
    let everybody = Policy {
        competences: Vec::new(),
        wave_size: 100,
        asked_max: 500,
        sure_percent: 100,
        ..policy.clone()
    };
    Policy { wanted, sure_of: wanted, guides, bring, ..everybody }
}

impl Model {
    pub(super) async fn look_at_policies(&mut self, db: &Database) -> anyhow::Result<()> {
        const SQL: &str = "SELECT v.number, p.based_on, p.text, p.proposed_by, p.settled_by \
            FROM policy_version v JOIN policy_proposal p ON p.id = v.proposal WHERE v.number > $1 ORDER BY v.number";
        let last = self.policies.last();
        let rows: Vec<(i64, i64, String, String, Option<String>)> =
            on!(db, c => sqlx::query_as(SQL).bind(last).fetch_all(c).await?);
        for ((number, based_on, text, proposed_by, approved_by), expected) in rows.into_iter().zip(last + 1..)
        {
            rule("policies-gap", (number, based_on) == (expected, expected - 1), || {
                format!("version {number} is written over {based_on}, not over {}", expected - 1)
            })?;
            let two = approved_by.as_ref().is_some_and(|by| *by != proposed_by);
            rule("one-official", two, || {
                format!("version {number} was proposed by {proposed_by} and approved by {approved_by:?}")
            })?;
            let policies = Policies::parse(&text)?;
            self.can_be_brought_by(&policies)?;
            self.policies.by_number.insert(number, policies);
        }
        Ok(())
    }

    /// An incident has just been raised.
    pub(super) fn under_what_is_in_force(&self, incident: &Incident) -> Result<(), Violation> {
        let mut in_force = self.policies.by_number.range(self.policies.before..);
        let group = incident.group.as_ref();
        let fits = in_force
            .any(|(_, policies)| as_called(policies.of(incident.event_type), group) == incident.policy);
        rule("policy-not-in-force", fits, || {
            format!("{} is raised under {}, which is not in force", incident.id, incident.policy.version)
        })
    }
}
