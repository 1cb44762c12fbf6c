//! An incident recomputed from what was recorded: its state from its log, its decisions from their facts; and what another
//! policy would have decided on the same facts. Pure but for [`load`].

use std::collections::BTreeSet;

use certus_registry::{Database, Timestamp, VolunteerId};

use crate::engine::{EngineError, store};
use crate::incident::{Event, Handled, Incident, IncidentId, Policy, Promise, Raised};
use crate::matching::Decision;

/// What was recorded about one incident.
#[derive(Debug)]
pub struct Recorded {
    /// The state as it is stored.
    pub state: String,
    /// The log.
    pub log: Vec<(Timestamp, Event)>,
    /// Each decision as it is stored, and read.
    pub decisions: Vec<(String, Decision)>,
}

/// What cannot be recomputed to the last byte.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    /// The machine refuses an event of the log, or the log does not begin with the raising.
    #[error("the log cannot be replayed: event {seq} is refused: {why}")]
    Log {
        /// The number of the event, from 1.
        seq: usize,
        /// Why.
        why: String,
    },
    /// The log gives another state.
    #[error("the log gives another state than the one that is stored")]
    State,
    /// The facts give other verdicts.
    #[error("search {search}: its facts give another record than the one that is stored")]
    Decision {
        /// The search's number.
        search: u16,
    },
    /// The log was given another shortlist than the decision's.
    #[error("search {search}: its facts give another shortlist than the one that was acted on")]
    Shortlist {
        /// The search's number.
        search: u16,
    },
}

/// The first wave of an incident.
#[derive(Debug, Clone, PartialEq)]
pub struct FirstWave {
    /// The decision that it rests on.
    pub decision: Decision,
    /// Who was asked, in order.
    pub asked: Vec<VolunteerId>,
    /// What it promised; none when nobody was asked.
    pub promise: Option<Promise>,
}

/// Reads what was recorded about an incident; `None`: there is none.
///
/// # Errors
/// [`EngineError`] when the database fails or a row is damaged.
pub async fn load(db: &Database, id: IncidentId) -> Result<Option<Recorded>, EngineError> {
    let Some(state) = store::state(db, id).await? else { return Ok(None) };
    let log = store::log(db, id).await?;
    let decisions = store::records(db, id).await?;
    Ok(Some(Recorded { state, log, decisions }))
}

impl Recorded {
    /// Recomputes everything; empty when all of it is as recorded, byte for byte.
    #[must_use]
    pub fn flaws(&self) -> Vec<Flaw> {
        let again: Vec<Decision> = match self.raised() {
            Ok((_, raised)) => {
                self.decisions.iter().map(|(_, made)| made.again(&raised.effective_policy())).collect()
            }
            Err(flaw) => return vec![flaw],
        };
        let mut flaws = Vec::new();
        let mut answered = 0;
        let replayed = self.replay(|incident, event| {
            let Event::CandidatesFound { candidates } = event else { return };
            if incident.search > answered {
                answered = incident.search;
                let shortlist = again.iter().find(|decision| decision.search == answered);
                if shortlist.map(|decision| &decision.candidates) != Some(candidates) {
                    flaws.push(Flaw::Shortlist { search: answered });
                }
            }
        });
        match replayed {
            Ok(incident) => {
                let differs = self.decisions.iter().zip(&again).filter(|((text, _), again)| !is(text, again));
                flaws.extend(differs.map(|(_, again)| Flaw::Decision { search: again.search }));
                flaws.extend((!is(&self.state, &incident)).then_some(Flaw::State));
            }
            Err(flaw) => flaws.push(flaw),
        }
        flaws
    }

    /// The first wave as it was.
    ///
    /// # Errors
    /// [`Flaw::Log`] when the log cannot be replayed.
    pub fn first_wave(&self) -> Result<Option<FirstWave>, Flaw> {
        self.first_wave_under(&self.raised()?.1.policy)
    }

    /// The first wave as it would have been under another policy, by the facts of the first search. `None`: nothing was
    /// searched.
    ///
    /// # Errors
    /// [`Flaw::Log`] when the log cannot be replayed.
    pub fn first_wave_under(&self, policy: &Policy) -> Result<Option<FirstWave>, Flaw> {
        let (at, raised) = self.raised()?;
        let Some((_, decision)) = self.decisions.first() else { return Ok(None) };
        let raised = Raised { policy: policy.clone(), ..raised.clone() };
        let mut decision = decision.again(&raised.effective_policy());
        let (mut incident, _) = Incident::raise(at, &raised);
        let candidates = std::mem::take(&mut decision.candidates);
        incident
            .handle(at, &Event::CandidatesFound { candidates })
            .map_err(|why| Flaw::Log { seq: 2, why: why.to_string() })?;
        Ok(Some(FirstWave {
            decision,
            asked: incident.callouts.iter().map(crate::incident::CallOut::responder).collect(),
            promise: incident.promises.first().copied(),
        }))
    }

    fn raised(&self) -> Result<(Timestamp, &Raised), Flaw> {
        match self.log.first() {
            Some((at, Event::Raised(raised))) => Ok((*at, raised)),
            _ => Err(Flaw::Log { seq: 1, why: "the log does not begin with the raising".to_owned() }),
        }
    }

    /// Plays the log; `before` sees the incident as each event finds it.
    fn replay(&self, mut before: impl FnMut(&Incident, &Event)) -> Result<Incident, Flaw> {
        let (at, raised) = self.raised()?;
        let (mut incident, _) = Incident::raise(at, raised);
        for (place, (at, event)) in self.log.iter().enumerate().skip(1) {
            before(&incident, event);
            let handled: Result<Handled, _> = incident.handle(*at, event);
            handled.map_err(|why| Flaw::Log { seq: place + 1, why: why.to_string() })?;
        }
        Ok(incident)
    }
}

/// Whether a record is what would be written now, byte for byte.
fn is(text: &str, value: &impl serde::Serialize) -> bool {
    serde_json::to_string(value).is_ok_and(|now| now == text)
}

impl FirstWave {
    /// Who is asked here and not in `other`, in order.
    #[must_use]
    pub fn asked_beyond(&self, other: &Self) -> Vec<VolunteerId> {
        let theirs: BTreeSet<&VolunteerId> = other.asked.iter().collect();
        self.asked.iter().filter(|who| !theirs.contains(who)).copied().collect()
    }
}
