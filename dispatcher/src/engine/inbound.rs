//! What comes back from phones: replies in the inbox, and the fates of messages.

use std::time::Duration;

use certus_registry::mutation::{Rule, broken};
use certus_registry::{Duty, Volunteer, VolunteerId};
use certus_sms_bridge::inbox::Inbound;
use certus_sms_bridge::message::Milestone;
use certus_sms_bridge::outbox::Fate;
use certus_sms_bridge::reply::{Reply, Word};
use certus_sms_bridge::{MessageId, inbox, outbox, reply};

use super::codes::CODE_REST;
use super::commit::Within;
use super::messages::{Reference, to_person};
use super::replies::{Open, Route, report, route};
use super::{Engine, EngineError, store};
use crate::incident::{Channel, Event, Report, Unreachable};
use crate::text::text;

/// Between two help texts to somebody who writes what nobody asked for.
const HELP_PAUSE: Duration = Duration::from_hours(1);
/// Between two questions which call-out was meant by words without an answer.
const WHICH_PAUSE: Duration = Duration::from_mins(10);

impl Engine {
    /// Acts on waiting replies, oldest first. True when there were any.
    pub(super) async fn handle_inbox(&mut self, limit: u32) -> Result<bool, EngineError> {
        let waiting = inbox::unhandled(&self.parts.db, limit).await?;
        for inbound in &waiting {
            match self.handle_reply(inbound).await {
                // Contended: other writers were faster every time; it is taken up again at the next poll.
                Ok(()) | Err(EngineError::Settled | EngineError::Contended(_)) => {}
                Err(error) if error.may_pass() => return Err(error),
                // One reply that cannot be acted on must not hold up the others.
                Err(error) => {
                    tracing::error!(inbound.id = %inbound.id, %error, "a reply could not be acted on; somebody must read it");
                    self.only_mark(inbound, "failed").await?;
                }
            }
        }
        Ok(!waiting.is_empty())
    }

    async fn handle_reply(&mut self, inbound: &Inbound) -> Result<(), EngineError> {
        let writer = self.side.roster.borrow().by_phone(&inbound.from).cloned();
        let Some(writer) = writer else { return self.handle_stranger(inbound).await };
        self.heard_from(self.parts.clock.now(), writer.id).await?;
        let reply = reply::parse(&inbound.body);
        match reply.word {
            Some(Word::OnDuty) => {
                self.switch(inbound, &writer, Duty::On { until: self.end(inbound, &reply) }).await
            }
            Some(Word::OffDuty) => {
                self.switch(inbound, &writer, Duty::Off { until: self.end(inbound, &reply) }).await
            }
            Some(Word::Stop) => self.switch(inbound, &writer, Duty::Stopped).await,
            Some(Word::Yes | Word::No | Word::OnScene | Word::Fetched | Word::Done | Word::Help) | None => {
                self.answer(inbound, &writer, reply).await
            }
        }
    }

    async fn answer(
        &mut self,
        inbound: &Inbound,
        writer: &Volunteer,
        mut reply: Reply,
    ) -> Result<(), EngineError> {
        let open = self.open_callouts(writer.id).await?;
        // In an alarm, an OK is about the alarm.
        let is_free = !open.iter().any(Open::is_waiting);
        let is_ok = reply.is_ok || (open.is_empty() && reply.word == Some(Word::Yes));
        if inbound.answers.is_none() && is_free && is_ok && self.confirm(inbound, Some(writer)).await? {
            return Ok(());
        }
        let (channel, meant) = match inbound.answers {
            None => (Channel::Sms, None),
            Some(message) => (Channel::Voice, self.answered(message, &open).await?),
        };
        let incident = match meant.unwrap_or_else(|| route(&mut reply, &open)) {
            Route::To(index) => open[index].callout.incident,
            Route::Which(indices) => return self.ask_which(inbound, writer, &reply, &open, &indices).await,
            Route::Nowhere if writer.duty == Duty::Stopped && !broken(Rule::Silence) => {
                return self.only_mark(inbound, "no_call_out").await;
            }
            Route::Nowhere if reply.is_thanks => return self.only_mark(inbound, "thanks").await,
            Route::Nowhere => return self.explain(inbound, writer, reply.word).await,
        };
        let from = self.parts.positions.last(writer.id).map(|last| last.position);
        let Some(report) = report(reply, channel, from) else { return Ok(()) };
        self.settle_report(incident, writer.id, report, inbound).await
    }

    /// The call-out that `message` was about.
    async fn answered(&self, message: MessageId, open: &[Open]) -> Result<Option<Route>, EngineError> {
        if broken(Rule::Answers) {
            return Ok(None);
        }
        let reference = outbox::reference(&self.parts.db, message).await?;
        let Some(reference) = reference.as_deref().and_then(Reference::parse) else { return Ok(None) };
        Ok(open.iter().position(|open| open.callout.incident == reference.incident).map(Route::To))
    }

    async fn settle_report(
        &mut self,
        incident: crate::incident::IncidentId,
        responder: VolunteerId,
        report: Report,
        inbound: &Inbound,
    ) -> Result<(), EngineError> {
        let event = Event::Responder { responder, report };
        if broken(Rule::HandledTogether) {
            self.only_mark(inbound, "answered").await?;
            return self.apply(incident, event, &[]).await.map(drop);
        }
        let within = [Within::Handled { inbound: inbound.id, outcome: "answered" }];
        self.apply(incident, event, &within).await.map(drop)
    }

    async fn open_callouts(&self, responder: VolunteerId) -> Result<Vec<Open>, EngineError> {
        let since = self.parts.clock.now() - CODE_REST;
        let mut open = Vec::new();
        for callout in store::callouts_of(&self.parts.db, responder, since).await? {
            if let Some(incident) = store::load(&self.parts.db, callout.incident).await? {
                open.push(Open { callout, incident });
            }
        }
        Ok(open)
    }

    /// Asks which of several call-outs was meant, naming each with its code.
    async fn ask_which(
        &self,
        inbound: &Inbound,
        writer: &Volunteer,
        reply: &Reply,
        open: &[Open],
        indices: &[usize],
    ) -> Result<(), EngineError> {
        let language = writer.language();
        let word = text(language, word_key(reply.word), &[]);
        let items = indices.iter().map(|&index| {
            text(
                language,
                "sms-which-item",
                &[
                    ("word", word.as_str().into()),
                    ("code", open[index].callout.code.to_string().into()),
                    ("place", open[index].incident.place.name.as_str().into()),
                ],
            )
        });
        let list = items.collect::<Vec<_>>().join(", ");
        let body = text(language, "sms-which", &[("list", list.into())]);
        let now = self.parts.clock.now();
        let pause = if reply.word.is_none() { WHICH_PAUSE } else { Duration::ZERO };
        let message = Box::new(to_person(now, writer, "which", &body));
        let message = Within::Message { message, pause };
        let handled = Within::Handled { inbound: inbound.id, outcome: "asked_which" };
        self.commit_alone(now, &[handled, message]).await.map(drop)
    }

    /// Tells somebody who is on no call-out what can be written to us. Words that ask for nothing are answered once an hour.
    async fn explain(
        &self,
        inbound: &Inbound,
        writer: &Volunteer,
        word: Option<Word>,
    ) -> Result<(), EngineError> {
        let now = self.parts.clock.now();
        let pause = if word == Some(Word::Help) { Duration::ZERO } else { HELP_PAUSE };
        let handled = Within::Handled { inbound: inbound.id, outcome: "no_call_out" };
        let help = to_person(now, writer, "help", &text(writer.language(), "sms-help", &[]));
        self.commit_alone(now, &[handled, Within::Message { message: Box::new(help), pause }]).await.map(drop)
    }

    pub(super) async fn only_mark(
        &self,
        inbound: &Inbound,
        outcome: &'static str,
    ) -> Result<(), EngineError> {
        let now = self.parts.clock.now();
        self.commit_alone(now, &[Within::Handled { inbound: inbound.id, outcome }]).await.map(drop)
    }

    /// Acts on what became of messages. True when there was anything.
    pub(super) async fn handle_fates(&mut self, limit: u32) -> Result<bool, EngineError> {
        let fates = outbox::unreported(&self.parts.db, limit).await?;
        for fate in &fates {
            match self.handle_fate(fate).await {
                // Contended: other writers were faster every time; it is taken up again at the next poll.
                Ok(()) | Err(EngineError::Settled | EngineError::Contended(_)) => {}
                Err(error) if error.may_pass() => return Err(error),
                Err(error) => {
                    tracing::error!(message.id = %fate.message, %error, "what became of a message fits no incident");
                    let within = [Within::Reported { message: fate.message, milestone: fate.milestone }];
                    self.commit_alone(self.parts.clock.now(), &within).await?;
                }
            }
        }
        Ok(!fates.is_empty())
    }

    async fn handle_fate(&mut self, fate: &Fate) -> Result<(), EngineError> {
        let within = [Within::Reported { message: fate.message, milestone: fate.milestone }];
        let why = match fate.milestone {
            Milestone::Errored => Some(Unreachable::Undeliverable),
            Milestone::Expired => Some(Unreachable::Expired),
            Milestone::Unknown => Some(Unreachable::OutcomeUnknown),
            Milestone::Stored
            | Milestone::Transmitted
            | Milestone::Accepted
            | Milestone::Delivered
            | Milestone::Cancelled => None,
        };
        let (Some(why), Some(reference)) = (why, Reference::parse(&fate.reference)) else {
            return self.commit_alone(self.parts.clock.now(), &within).await.map(drop);
        };
        let report = Report::Unreachable { purpose: reference.purpose, why };
        let event = Event::Responder { responder: reference.responder, report };
        self.apply(reference.incident, event, &within).await.map(drop)
    }
}

/// The Fluent key of the word to answer with.
fn word_key(word: Option<Word>) -> &'static str {
    match word {
        Some(Word::No) => "sms-word-no",
        Some(Word::OnScene) => "sms-word-on-scene",
        Some(Word::Fetched) => "sms-word-fetched",
        Some(Word::Done) => "sms-word-done",
        Some(Word::Help) => "sms-word-help",
        Some(Word::Yes | Word::OnDuty | Word::OffDuty | Word::Stop) | None => "sms-word-yes",
    }
}
