//! `certus replay`: an incident recomputed from its records, and what another policy would have decided.

use std::io::Write;
use std::path::PathBuf;

use certus_registry::{Database, Language, VolunteerId};
use clap::Args;

use super::{CliError, policies_of};
use crate::api::decision_view::sentence;
use crate::incident::{Event, IncidentId};
use crate::matching::Roster;
use crate::replay::{self, FirstWave, Recorded};
use crate::text::text;

pub(super) const EXAMPLES: &str = "\
Examples:
  certus replay 019b2d5e-8c1f-7c7a-9d0e-2f6a5b3c1d00
  certus replay 019b2d5e-8c1f-7c7a-9d0e-2f6a5b3c1d00 --policy other.toml

The first recomputes state, decisions and shortlists from what was recorded: quiet when all are the same to the last byte,
exit code 1 when not. The second shows whom another policy would have asked first, among those who were looked at.";

/// Which incident, and under which policy.
#[derive(Debug, Args)]
pub(super) struct Replay {
    /// The incident
    incident: IncidentId,
    /// A policy file to compare with the policy it was raised under
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// The language of the comparison
    #[arg(long, default_value = "sv")]
    language: Language,
}

impl Replay {
    pub(super) async fn run(self, db: &Database) -> Result<(), CliError> {
        let id = self.incident;
        let recorded = replay::load(db, id).await?.ok_or_else(|| CliError::NoIncident(id.to_string()))?;
        let Some(file) = &self.policy else { return check(&recorded) };
        let policies = policies_of(file)?;
        let Some((_, Event::Raised(raised))) = recorded.log.first() else { return check(&recorded) };
        let as_it_was = recorded.first_wave()?;
        let other = recorded.first_wave_under(policies.of(raised.event_type))?;
        let (Some(as_it_was), Some(other)) = (as_it_was, other) else { return check(&recorded) };
        let roster = Roster::load(db).await?;
        let lines = Comparison { as_it_was, other, roster, language: self.language }.lines();
        Ok(writeln!(std::io::stdout().lock(), "{}", lines.join("\n"))?)
    }
}

fn check(recorded: &Recorded) -> Result<(), CliError> {
    let flaws = recorded.flaws();
    if flaws.is_empty() {
        return Ok(());
    }
    let told: Vec<String> = flaws.iter().map(ToString::to_string).collect();
    Err(CliError::Differs(told.join("\n")))
}

/// Two first waves, beside each other.
struct Comparison {
    as_it_was: FirstWave,
    other: FirstWave,
    roster: Roster,
    language: Language,
}

impl Comparison {
    fn lines(&self) -> Vec<String> {
        let mut lines = vec![self.wave(&self.as_it_was), self.wave(&self.other)];
        let more = self.other.asked_beyond(&self.as_it_was);
        let fewer = self.as_it_was.asked_beyond(&self.other);
        lines.extend(more.iter().map(|who| self.person("replay-asked", *who)));
        lines.extend(fewer.iter().map(|who| self.person("replay-spared", *who)));
        if more.is_empty() && fewer.is_empty() {
            lines.push(text(self.language, "replay-the-same", &[]));
        }
        lines
    }

    fn wave(&self, wave: &FirstWave) -> String {
        let promise = wave.promise;
        let arguments = [
            ("policy", wave.decision.policy_version.as_str().into()),
            ("asked", wave.asked.len().to_string().into()),
            ("of", promise.map_or(0, |promise| promise.sure_of).to_string().into()),
            ("percent", (promise.map_or(0, |promise| promise.permille) / 10).to_string().into()),
        ];
        text(self.language, "replay-wave", &arguments)
    }

    fn person(&self, key: &str, who: VolunteerId) -> String {
        let name = self.roster.get(who).map_or(who.to_string(), |person| person.name.as_str().to_owned());
        let decision = &self.other.decision;
        let looked_at = decision.considered.iter().find(|one| one.responder == who);
        let why = looked_at.map(|one| sentence(decision, one, None).into_language(self.language));
        text(self.language, key, &[("name", name.into()), ("why", why.unwrap_or_default().into())])
    }
}
