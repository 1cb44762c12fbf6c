//! What comes back from phones: replies in the inbox, and the fates of messages.

use certus_registry::volunteer::Duty;
use certus_registry::{Volunteer, VolunteerId};
use certus_sms_bridge::inbox::Inbound;
use certus_sms_bridge::message::Milestone;
use certus_sms_bridge::outbox::Fate;
use certus_sms_bridge::reply::{Reply, Word};
use certus_sms_bridge::{inbox, outbox, reply};

use super::codes::CODE_REST;
use super::commit::Within;
use super::messages::{Reference, language, to_person};
use super::replies::{Open, Route, report, route};
use super::{Engine, EngineError, store};
use crate::incident::{Answer, Channel, Event, Report, Unreachable};
use crate::text::text;

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
        let Some(writer) = writer else {
            tracing::warn!(inbound.id = %inbound.id, "a message came from a number that nobody in the registry has");
            return self.only_mark(inbound, "unknown_sender").await;
        };
        let reply = reply::parse(&inbound.body);
        match reply.word {
            Some(Word::OnDuty) => self.switch(inbound, &writer, Duty::On).await,
            Some(Word::OffDuty | Word::Stop) => self.switch(inbound, &writer, Duty::Off).await,
            Some(Word::Yes | Word::No | Word::OnScene | Word::Done | Word::Help) | None => {
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
        let incident = match route(&mut reply, &open) {
            Route::To(index) => open[index].callout.incident,
            Route::Which(indices) => return self.ask_which(inbound, writer, &reply, &open, &indices).await,
            Route::Nowhere => return self.only_mark(inbound, "no_call_out").await,
        };
        let from = self.parts.positions.last(writer.id).map(|last| last.position);
        let Some(report) = report(reply, Channel::Sms, from) else { return Ok(()) };
        self.settle_report(incident, writer.id, report, inbound).await
    }

    async fn settle_report(
        &mut self,
        incident: crate::incident::IncidentId,
        responder: VolunteerId,
        report: Report,
        inbound: &Inbound,
    ) -> Result<(), EngineError> {
        let event = Event::Responder { responder, report };
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
        let language = language(writer);
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
        let message = Within::Message(Box::new(to_person(now, writer, &body)));
        let handled = Within::Handled { inbound: inbound.id, outcome: "asked_which" };
        self.commit_alone(now, &[handled, message]).await.map(drop)
    }

    /// Switches a person on or off. Whoever goes off duty declines what they have not answered yet.
    async fn switch(&mut self, inbound: &Inbound, writer: &Volunteer, duty: Duty) -> Result<(), EngineError> {
        let now = self.parts.clock.now();
        let key = match duty {
            Duty::On => "sms-on-duty",
            Duty::Off => "sms-off-duty",
        };
        let confirmation = to_person(now, writer, &text(language(writer), key, &[]));
        let within = [
            Within::Handled { inbound: inbound.id, outcome: "duty" },
            Within::Duty { responder: writer.id, duty },
            Within::Message(Box::new(confirmation)),
        ];
        if duty == Duty::Off {
            self.decline_unanswered(writer.id).await?;
        }
        self.commit_alone(now, &within).await?;
        self.refresh().await
    }

    async fn decline_unanswered(&mut self, who: VolunteerId) -> Result<(), EngineError> {
        let Some(&id) = self.engaged.get(&who) else { return Ok(()) };
        let Some(incident) = store::load(&self.parts.db, id).await? else { return Ok(()) };
        let waiting = incident.callout(who).is_some_and(|callout| callout.kept().is_none());
        if waiting {
            let answer = Answer { channel: Channel::Sms, minutes: None, note: None };
            let event = Event::Responder { responder: who, report: Report::Declined { answer } };
            self.apply(id, event, &[]).await?;
        }
        Ok(())
    }

    async fn only_mark(&self, inbound: &Inbound, outcome: &'static str) -> Result<(), EngineError> {
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
        Some(Word::Done) => "sms-word-done",
        Some(Word::Help) => "sms-word-help",
        Some(Word::Yes | Word::OnDuty | Word::OffDuty | Word::Stop) | None => "sms-word-yes",
    }
}
