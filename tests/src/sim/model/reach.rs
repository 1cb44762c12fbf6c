//! Channel tests: who is written to, and what the registry learns from it.

use certus_registry::volunteer::Vetting;
use certus_registry::{Database, Reach, Timestamp, VolunteerId, on, store};

use super::messages::CLOCKS_OFF;
use super::{Model, Violation, rule};

impl Model {
    /// Everybody is tested once by each way, and nobody whom the board has never approved.
    pub(super) fn is_tested_once(
        &mut self,
        reference: &str,
        channel: &str,
        at: Timestamp,
    ) -> Result<(), Violation> {
        let tested = reference.strip_prefix("person/").and_then(|rest| rest.strip_suffix("/test"));
        let Some(who) = tested.and_then(|who| who.parse::<VolunteerId>().ok()) else { return Ok(()) };
        let before = self.tested.insert((who, channel.to_owned()), at);
        rule("tested-twice", before.is_none(), || {
            format!("{who} is sent one channel test by {channel}, not also one at {before:?}")
        })?;
        let approved = |vetting: Vetting| matches!(vetting, Vetting::Approved { .. });
        rule("tested-stranger", self.registry.ever(who).any(|person| approved(person.vetting)), || {
            format!("{who}, whom the board has not approved, is sent no channel test")
        })
    }

    /// The registry knows of everybody who was tested, and says of nobody what is not so.
    pub(super) async fn reach_at_rest(&self, db: &Database) -> anyhow::Result<()> {
        for ((who, _), at) in &self.tested {
            let Some((reach, _)) = store::reach::of(db, *who).await? else {
                anyhow::bail!(Violation::new("test-unsettled", format!("the test of {who} has a finding")));
            };
            let wrote = self.wrote.get(who);
            let reached = wrote.is_none_or(|wrote| *wrote <= *at + CLOCKS_OFF) || reach != Reach::Unreachable;
            rule("test-answer-lost", reached, || format!("{who}, who wrote at {wrote:?}, is not {reach}"))?;
            let signs = Self::signs_of(db, *who).await?;
            let sign = wrote.is_some_and(|wrote| *wrote + CLOCKS_OFF > *at) || signs > 0;
            rule("reach-invented", sign || reach == Reach::Unreachable, || {
                format!("{who}, of whom there is no sign, is not {reach}")
            })?;
        }
        Ok(())
    }

    async fn signs_of(db: &Database, who: VolunteerId) -> anyhow::Result<i64> {
        const SQL: &str = "SELECT COUNT(*) FROM bridge_messages WHERE reference = $1 AND state = 'delivered'";
        let reference = format!("person/{who}/test");
        Ok(on!(db, c => sqlx::query_scalar(SQL).bind(reference).fetch_one(c).await?))
    }
}
