//! An OK to the question whether what somebody keeps is there and in order.

use std::time::Duration;

use certus_registry::audit::{Action, Actor, Line};
use certus_registry::store::{catalogue, contact, resource};
use certus_registry::{Duty, Language, Remit, Resource, Volunteer};
use certus_sms_bridge::inbox::Inbound;
use certus_sms_bridge::outbox;
use certus_sms_bridge::reply::{self, Word};

use super::commit::Within;
use super::messages::person_reference;
use super::{Engine, EngineError, channel_test};
use crate::confirming::store::{Open, open};
use crate::confirming::{ABOUT, ANSWERED_WITHIN, message, words};
use crate::text::text;

impl Engine {
    /// Takes an OK as the answer to everything that its writer was asked about things. False: nothing waits for one.
    ///
    /// A channel test asks for an OK as well: where its text came after the question, nobody knows which one is meant, and the
    /// question is asked again.
    pub(super) async fn confirm(
        &mut self,
        inbound: &Inbound,
        writer: Option<&Volunteer>,
    ) -> Result<bool, EngineError> {
        let now = self.parts.clock.now();
        let mut people: Vec<Actor> = writer.map(|person| Actor::Volunteer(person.id)).into_iter().collect();
        let contacts = contact::by_phone(&self.parts.db, &inbound.from).await?;
        people.extend(contacts.iter().map(|contact| Actor::Contact(contact.id)));
        let open = open(&self.parts.db, &people, now - ANSWERED_WITHIN).await?;
        let (Some(first), Some(since)) = (open.first(), open.iter().map(|open| open.at).min()) else {
            return Ok(false);
        };
        let mut things = Vec::with_capacity(open.len());
        for Open { resource: id, .. } in &open {
            things.extend(resource::get(&self.parts.db, Remit::All, *id).await?);
        }
        let tested = match writer {
            Some(writer) => self.was_tested(writer, since).await?,
            None => false,
        };
        let spoken = writer.map_or(Language::Swedish, Volunteer::language);
        let is_silent = writer.is_some_and(|person| person.duty == Duty::Stopped);
        let said = |about: &str, body: &str| {
            let message = Box::new(message(now, first.asked, &inbound.from, about, body));
            (!is_silent).then_some(Within::Message { message, pause: Duration::ZERO })
        };
        let things: Vec<&Resource> = things.iter().collect();
        let codes = things.iter().map(|thing| thing.code.as_str()).collect::<Vec<_>>().join(", ");
        let outcome = if tested { "asked_again" } else { "confirmed" };
        let mut within = vec![Within::Handled { inbound: inbound.id, outcome }];
        if tested {
            let kinds = catalogue::load(&self.parts.db).await?;
            within.extend(said(ABOUT, &words(spoken, &kinds, &things)));
            within.push(Within::AskedAgain(open));
        } else {
            within.extend(said(
                "confirmed",
                &text(spoken, "sms-confirmed", &[("things", codes.as_str().into())]),
            ));
            let line = Line::new(now, first.asked, Action::ResourceConfirmed, codes);
            let about = writer.map(|person| person.id).into_iter().collect();
            let today = now.in_zone(&self.parts.zone).date();
            within.push(Within::Confirmed { open, today });
            within.push(Within::Audited(Box::new(Line { about, ..line })));
        }
        self.commit_alone(now, &within).await?;
        self.refresh().await?;
        Ok(true)
    }

    /// Whether a channel test was sent to somebody since.
    async fn was_tested(
        &self,
        writer: &Volunteer,
        since: certus_registry::Timestamp,
    ) -> Result<bool, EngineError> {
        let reference = person_reference(writer.id, channel_test::ABOUT);
        let mut tx = self.parts.db.begin().await?;
        Ok(!outbox::standing(&mut tx, &[reference], since).await?.is_empty())
    }

    /// What comes from a number that no volunteer has: an organisation's contact may say OK and STOPP.
    pub(super) async fn handle_stranger(&mut self, inbound: &Inbound) -> Result<(), EngineError> {
        if contact::by_phone(&self.parts.db, &inbound.from).await?.is_empty() {
            tracing::warn!(inbound.id = %inbound.id, "a message came from a number that nobody in the registry has");
            return self.only_mark(inbound, "unknown_sender").await;
        }
        let reply = reply::parse(&inbound.body);
        if reply.word == Some(Word::Stop) {
            let within = [
                Within::Handled { inbound: inbound.id, outcome: "duty" },
                Within::ContactStopped { phone: inbound.from.clone() },
            ];
            return self.commit_alone(self.parts.clock.now(), &within).await.map(drop);
        }
        let is_ok = reply.is_ok || reply.word == Some(Word::Yes);
        if is_ok && self.confirm(inbound, None).await? {
            return Ok(());
        }
        tracing::info!(inbound.id = %inbound.id, "an organisation's contact has written what nobody asked for");
        self.only_mark(inbound, "no_call_out").await
    }
}
