//! One transaction: the incident, its log, its decisions, who is tied to it, its messages, and whatever the event
//! settled elsewhere. All of it or nothing.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use certus_registry::audit::Line;
use certus_registry::mutation::{Rule, broken};
use certus_registry::volunteer::Day;
use certus_registry::{Batch, County, Duty, Phone, Remit, Secret, Timestamp, Tx, VolunteerId};
use certus_sms_bridge::inbox::InboundId;
use certus_sms_bridge::message::{Channel, MessageId, Milestone, NewMessage};
use certus_sms_bridge::push::devices;
use certus_sms_bridge::{inbox, outbox};

use super::draft::Draft;
use super::handle::{Changed, Keyed};
use super::messages::{Reference, STAND_DOWN, Ways, Writer};
use super::store::CalledOut;
use super::{Engine, EngineError, answers, recent, store};
use crate::confirming::store::{self as confirming, Open};
use crate::idempotency;
use crate::incident::{Effect, Event, Purpose, Report, Telling};
use crate::matching::Answers;

/// The county of an incident that is raised, where somebody raises it.
fn county_of(within: &[Within]) -> Option<County> {
    within.iter().find_map(|one| if let Within::County(county) = one { Some(*county) } else { None })
}

/// Everybody whom a draft calls out, with code and link.
type CalledOuts = BTreeMap<VolunteerId, (CalledOut, Secret)>;

/// What a commit writes about its incident, and what is remembered once it is written.
struct Prepared {
    batch: Batch,
    called_out: CalledOuts,
    /// Who becomes tied to the incident.
    added: Vec<VolunteerId>,
    /// Who becomes free.
    ended: Vec<VolunteerId>,
    answered: Vec<(VolunteerId, Answers)>,
    /// Who rests from now on.
    resting: Vec<VolunteerId>,
}

/// What a commit settles besides the incident.
#[derive(Debug, Clone)]
pub enum Within {
    /// A reply from the inbox has been acted on.
    Handled {
        /// Which.
        inbound: InboundId,
        /// What became of it, one word.
        outcome: &'static str,
    },
    /// The fate of a message has been acted on.
    Reported {
        /// Which message.
        message: MessageId,
        /// Which milestone.
        milestone: Milestone,
    },
    /// The incident that this raises is of the county of whoever raises it.
    County(County),
    /// A request under an idempotency key has been carried out.
    Keyed(Keyed),
    /// A person has switched themselves on or off.
    Duty {
        /// Who.
        responder: VolunteerId,
        /// Which.
        duty: Duty,
    },
    /// Nothing that has not left yet goes to this phone any more, but that its owner need not go.
    Silence {
        /// Whose.
        phone: Phone,
    },
    /// What was done is in the audit log.
    Audited(Box<Line>),
    /// What a keeper was asked about is there and in order, by their word.
    Confirmed {
        /// The questions.
        open: Vec<Open>,
        /// The day, where the county is.
        today: Day,
    },
    /// What a keeper was asked about is asked again.
    AskedAgain(Vec<Open>),
    /// An organisation's contact wants nothing from us.
    ContactStopped {
        /// Whose phone.
        phone: Phone,
    },
    /// Words to somebody that belong to no single incident.
    Message {
        /// The words.
        message: Box<NewMessage>,
        /// Left out when there was one under the same reference within this time.
        pause: Duration,
    },
}

/// What was decided longer ago than this is decided again: the process was stopped in between, or the database did not
/// answer. Longer than a request waits for its answer, so a slow disk alone does not lead to it.
const DECISION_AGE_MAX: Duration = Duration::from_secs(15);

impl Engine {
    /// Writes a draft. False: somebody else was faster or holds one of the people, or the registry has changed, or the
    /// draft is too old; nothing was kept.
    pub(super) async fn commit(
        &mut self,
        now: Timestamp,
        draft: &Draft,
        within: &[Within],
    ) -> Result<bool, EngineError> {
        // The database begins while the rows are put into words, and writes them while the messages are.
        let prepared = async { self.prepare(now, draft, within) };
        let (tx, prepared) = futures::join!(self.parts.db.begin(), prepared);
        let (mut tx, Prepared { batch, called_out, added, ended, answered, resting }) = (tx?, prepared);
        if self.parts.clock.now().since(now) > DECISION_AGE_MAX {
            return Ok(false);
        }
        let left = outbox::cancel(&mut tx, now, &self.settled(draft)).await?;
        let ways = self.ways(&mut tx, now, draft).await?;
        let medium = tx.medium();
        let posted = async {
            let messages = self.messages(now, draft, &called_out, &ways, &left);
            let mut batch = Batch::default();
            let outbox = &self.parts.outbox;
            let posted = outbox.enqueue(&mut batch, &medium, now, &self.parts.random, &messages)?;
            store::record(&mut batch, draft);
            Ok::<_, EngineError>((batch, posted))
        };
        let (fits, posted) = futures::join!(batch.execute(&mut tx), posted);
        let (mut rest, posted) = posted?;
        if !fits? && !broken(Rule::CompareAndSet) {
            return Ok(false);
        }
        if within.iter().any(|one| !matches!(one, Within::County(_))) {
            // After the messages: a silence takes back these, too.
            if !std::mem::take(&mut rest).execute(&mut tx).await? {
                return Ok(false);
            }
            for one in within {
                if !self.settle(&mut tx, now, one, Some(draft)).await? {
                    return Err(EngineError::Settled);
                }
            }
        }
        if !rest.commit(tx).await? {
            return Ok(false);
        }
        for (callout, _) in called_out.values() {
            self.codes.give(now, callout.responder, callout.code);
            self.recent.called_out(callout.incident, callout.responder, now);
        }
        for (person, one) in answered {
            let answers = self.answers.entry(person).or_default();
            *answers = answers.and(one);
        }
        for person in resting {
            self.recent.rests(person, now);
        }
        self.after(now, draft, &added, &ended);
        posted.committed();
        // The worker goes first on this thread: the alarms are on their way before anybody is told.
        tokio::task::yield_now().await;
        Ok(true)
    }

    /// Everything but the messages and the decisions.
    fn prepare(&self, now: Timestamp, draft: &Draft, within: &[Within]) -> Prepared {
        let (added, ended) = draft.engagements();
        let incident = draft.incident.id;
        let called_out = self.call_outs(now, draft);
        // Whoever is asked must be as the search saw them, and what is raised is under the policies in force; whoever answers is
        // tied to the incident as they are.
        let rests_on_it = draft.stored_version == 0 || draft.asked().next().is_some();
        let revision = rests_on_it.then(|| self.side.roster.borrow().revision());
        let mut batch = Batch::default();
        if !draft.is_unchanged() {
            store::disengage(&mut batch, incident, &ended);
            store::save(&mut batch, now, draft, revision, county_of(within));
            store::engage(&mut batch, now, incident, &added, revision);
        }
        let answered = answers::count(&mut batch, now, draft, &self.parts.zone);
        let resting = recent::begin_rests(&mut batch, now, draft, &ended);
        store::add_callouts(&mut batch, now, called_out.values());
        Prepared { batch, called_out, added, ended, answered, resting }
    }

    /// Settles what belongs to no incident, in a transaction of its own. False: it was settled already.
    pub(super) async fn commit_alone(&self, now: Timestamp, within: &[Within]) -> Result<bool, EngineError> {
        let mut tx = self.parts.db.begin().await?;
        for one in within {
            if !self.settle(&mut tx, now, one, None).await? {
                return Ok(false);
            }
        }
        tx.commit().await?;
        self.parts.outbox.wake();
        Ok(true)
    }

    async fn settle(
        &self,
        tx: &mut Tx,
        now: Timestamp,
        within: &Within,
        draft: Option<&Draft>,
    ) -> Result<bool, EngineError> {
        Ok(match within {
            // Written with the incident itself.
            Within::County(_) => true,
            Within::Handled { inbound, outcome } => inbox::mark_handled(tx, now, *inbound, outcome).await?,
            Within::Reported { message, milestone } => {
                outbox::mark_reported(tx, *message, *milestone).await?
            }
            Within::Duty { responder, duty } => {
                certus_registry::store::volunteer::set_duty(tx, Remit::All, now, *responder, *duty).await?
            }
            Within::Confirmed { open, today } => confirming::answer(tx, now, open, *today).await?,
            Within::AskedAgain(open) => confirming::ask_again(tx, now, open).await?,
            Within::ContactStopped { phone } => {
                outbox::cancel_to(tx, now, phone, STAND_DOWN).await?;
                // Said twice, it holds.
                let _: bool = certus_registry::store::contact::stop(tx, now, phone).await?;
                true
            }
            Within::Audited(line) => {
                // Apart, so that alarms do not carry the place for it.
                Box::pin(certus_registry::store::audit::append(tx, (**line).clone())).await?;
                true
            }
            Within::Silence { phone } => {
                outbox::cancel_to(tx, now, phone, STAND_DOWN).await?;
                true
            }
            Within::Message { message, pause } => {
                outbox::enqueue_once(tx, now, &self.parts.random, message, now - *pause).await?;
                true
            }
            Within::Keyed(keyed) => {
                let body = draft.map_or(String::new(), |draft| (keyed.render)(&draft.incident));
                if !idempotency::insert(tx, &keyed.entry, keyed.status, body, now).await? {
                    return Err(EngineError::KeyTaken);
                }
                true
            }
        })
    }

    /// How those can be reached for whom the draft has anything to say.
    async fn ways(&self, tx: &mut Tx, now: Timestamp, draft: &Draft) -> Result<Ways, EngineError> {
        let voice = self.parts.outbox.carries(Channel::Voice);
        if !self.parts.outbox.carries(Channel::Push) {
            return Ok(Ways { voice, ..Ways::default() });
        }
        let roster = self.side.roster.borrow().clone();
        let people = draft.effects.iter().filter_map(Effect::responder).filter_map(|who| roster.get(who));
        let mut phones: Vec<Phone> = people.map(|person| person.phone.clone()).collect();
        phones.sort();
        phones.dedup();
        let lost = draft.asked().filter(|who| self.is_lost(now, *who)).collect();
        Ok(Ways { voice, push: devices::having(tx, &phones).await?, lost })
    }

    /// Whether nobody knows where a person is, but from too long ago.
    fn is_lost(&self, now: Timestamp, who: VolunteerId) -> bool {
        self.parts.positions.last(who).is_none_or(|last| last.age(now) > self.parts.ask_after)
    }

    /// The call-outs that are to be taken back as far as they have not left yet: of those who are released, and of those
    /// who have been heard from, if there is more than one way to reach anybody.
    fn settled(&self, draft: &Draft) -> Vec<String> {
        let ladders = [Channel::Push, Channel::Voice].iter().any(|way| self.parts.outbox.carries(*way));
        let heard = draft.log.iter().filter_map(|event| {
            let Event::Responder { responder, report } = event else { return None };
            report.is_heard().then_some(*responder)
        });
        let released = draft.effects.iter().filter(|effect| matches!(effect, Effect::Release { .. }));
        let released = released.filter_map(Effect::responder);
        let heard = heard.filter(|_| ladders && !broken(Rule::Heard));
        let people: BTreeSet<VolunteerId> = released.chain(heard).collect();
        people.into_iter().map(|who| call_out_of(draft, who)).collect()
    }

    /// The messages that a draft's effects ask for. A call-out that has not left by any way has been taken back instead of
    /// being followed by a stand-down.
    fn messages(
        &self,
        now: Timestamp,
        draft: &Draft,
        called_out: &CalledOuts,
        ways: &Ways,
        left: &HashMap<String, BTreeSet<Channel>>,
    ) -> Vec<NewMessage> {
        let roster = self.side.roster.borrow().clone();
        let (public_url, zone) = (self.parts.public_url.as_str(), &self.parts.zone);
        let writer = Writer::new(now, &draft.incident, public_url, zone, ways, roster.things());
        let mut messages = Vec::with_capacity(draft.effects.len());
        for effect in &draft.effects {
            let to = effect.responder().and_then(|responder| roster.get(responder));
            let Some(to) = to.filter(|to| to.duty != Duty::Stopped || effect.may_break_silence()) else {
                continue;
            };
            messages.push(match effect {
                Effect::Ask { responder } => {
                    let Some((callout, secret)) = called_out.get(responder) else { continue };
                    writer.call_out(to, callout, secret)
                }
                Effect::Release { .. } if broken(Rule::Release) => continue,
                Effect::Release { responder, reason } => {
                    let Some(left) = left.get(&call_out_of(draft, *responder)) else { continue };
                    writer.release(to, *reason, left)
                }
                Effect::Tell { what, .. } => writer.tell(to, what),
                Effect::AfterCare { .. } => writer.after_care(to),
                Effect::Find | Effect::AlertOperator(_) => continue,
            });
        }
        messages
    }

    /// Gives everybody who is called out a secret link and the lowest code that none of their other call-outs has.
    fn call_outs(&self, now: Timestamp, draft: &Draft) -> CalledOuts {
        let made = draft.asked().map(|responder| {
            let code = self.codes.free(now, responder);
            let callout = CalledOut { incident: draft.incident.id, responder, code };
            (responder, (callout, Secret::dated(now, &self.parts.random)))
        });
        made.collect()
    }

    /// After the commit: remember, count, tell the consoles.
    fn after(&mut self, now: Timestamp, draft: &Draft, added: &[VolunteerId], ended: &[VolunteerId]) {
        let incident = &draft.incident;
        if draft.is_unchanged() {
            return;
        }
        for person in added {
            self.engaged.insert(*person, incident.id);
            self.parts.positions.watch(*person);
        }
        for person in ended {
            self.engaged.remove(person);
            self.parts.positions.unwatch(*person);
        }
        self.count(draft);
        // Continued from a version that this node had not seen: what another did before it is still to be read.
        self.behind |= self.announced.get(&incident.id).copied().unwrap_or(0) != draft.stored_version;
        self.announce(Changed { incident: incident.id, version: incident.version, at: now });
    }
}

impl Engine {
    fn count(&self, draft: &Draft) {
        let metrics = &self.parts.metrics;
        for event in &draft.log {
            let word = match event {
                Event::Responder { report: Report::Accepted { .. }, .. } => "accepted",
                Event::Responder { report: Report::Declined { .. }, .. } => "declined",
                Event::Responder { report: Report::Arrived { .. }, .. } => "arrived",
                Event::Closed => {
                    metrics.incidents_closed.inc();
                    continue;
                }
                Event::Responder { .. }
                | Event::Raised(_)
                | Event::CandidatesFound { .. }
                | Event::AmbulanceEtaChanged { .. }
                | Event::OperatorMessaged { .. }
                | Event::Escalated { .. }
                | Event::StoodDown
                | Event::Tick => continue,
            };
            metrics.called_out(word, 1);
        }
        metrics.called_out("asked", draft.asked().count() as u64);
    }
}

fn call_out_of(draft: &Draft, responder: VolunteerId) -> String {
    Reference { incident: draft.incident.id, responder, purpose: Purpose::CallOut }.to_string()
}

impl Effect {
    /// Whether it goes also to somebody who wants nothing from us: only what a person must know who, after all, has said
    /// yes or asked for help, or whom the stop crossed.
    fn may_break_silence(&self) -> bool {
        match self {
            Self::Release { .. }
            | Self::Tell { what: Telling::Kept | Telling::HelpIsTold | Telling::FromOperator(_), .. } => true,
            Self::Tell {
                what:
                    Telling::Thanks
                    | Telling::OnAnother
                    | Telling::NotUnderstood
                    | Telling::PassedOn
                    | Telling::Over,
                ..
            }
            | Self::Ask { .. }
            | Self::AfterCare { .. }
            | Self::Find
            | Self::AlertOperator(_) => broken(Rule::Silence),
        }
    }

    fn responder(&self) -> Option<VolunteerId> {
        match self {
            Self::Ask { responder }
            | Self::Release { responder, .. }
            | Self::Tell { responder, .. }
            | Self::AfterCare { responder } => Some(*responder),
            Self::Find | Self::AlertOperator(_) => None,
        }
    }
}
