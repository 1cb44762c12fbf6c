//! The steps of a channel test: begin it when its hour has come, write to a slice of people, write down what was found.

use certus_registry::mutation::{Rule, broken};
use certus_registry::{Batch, Duty, Phone, Reach, Timestamp, Volunteer, VolunteerId, store};
use certus_sms_bridge::message::{Channel, NewMessage};
use certus_sms_bridge::push::devices;
use certus_sms_bridge::{inbox, outbox};

use super::messages::{person_reference, to_person};
use super::{Engine, EngineError};
use crate::channel_test::{
    self, ASKED_A_MINUTE, ChannelTest, PACE, Phase, SETTLED_AT_ONCE, advance, finding, running,
};
use crate::text::text;

/// What the references of a test's messages say that they are about.
pub(super) const ABOUT: &str = "test";

impl Engine {
    /// Begins the month's test when it is due, and takes the next step of the one that is on. True when there was one.
    pub(super) async fn test_channels(&mut self) -> Result<bool, EngineError> {
        let now = self.parts.clock.now();
        if let Some(monthly) = self.parts.channel_test
            && let Some(name) = monthly.due(&now.in_zone(&self.parts.zone))
            && self.begun.as_ref() != Some(&name)
        {
            let mut tx = self.parts.db.begin().await?;
            if channel_test::begin(&mut tx, now, &name, monthly.answer_h.span()).await? {
                tracing::info!(channel_test.name = name, "a test of the ways to everybody begins");
            }
            tx.commit().await?;
            self.begun = Some(name);
        }
        let Some(test) = running(&self.parts.db).await? else { return Ok(false) };
        if test.wake_at.is_none_or(|at| at > now) {
            return Ok(false);
        }
        match test.phase {
            Phase::Asking => self.ask_for_ok(now, &test).await?,
            Phase::Settling => self.settle_test(now, &test).await?,
            Phase::Settled => {}
        }
        Ok(true)
    }

    async fn ask_for_ok(&self, now: Timestamp, test: &ChannelTest) -> Result<(), EngineError> {
        let revision = self.side.roster.borrow().revision();
        let people = self.slice(&test.done_to, ASKED_A_MINUTE, |person| {
            let today = now.in_zone(&self.parts.zone).date();
            person.vetting.allows(today) && (person.duty != Duty::Stopped || broken(Rule::Silence))
        });
        let last = people.len() < ASKED_A_MINUTE;
        let next = ChannelTest {
            phase: if last { Phase::Settling } else { Phase::Asking },
            done_to: if last { String::new() } else { people.last().map_or(String::new(), id) },
            wake_at: Some(now + if last { test.answer } else { PACE }),
            ..test.clone()
        };
        let mut tx = self.parts.db.begin().await?;
        let pushed = if self.parts.outbox.carries(Channel::Push) {
            devices::having(&mut tx, &phones(&people)).await?
        } else {
            std::collections::HashSet::new()
        };
        let mut messages = Vec::with_capacity(people.len());
        for person in &people {
            let words = asking(now, person, test);
            if pushed.contains(&person.phone) {
                messages.push(quietly(words.clone()));
            }
            messages.push(words);
        }
        let mut batch = Batch::default();
        advance(&mut batch, test, &next, revision);
        let posted =
            self.parts.outbox.enqueue(&mut batch, &tx.medium(), now, &self.parts.random, &messages)?;
        if batch.commit(tx).await? {
            posted.committed();
        }
        Ok(())
    }

    async fn settle_test(&self, now: Timestamp, test: &ChannelTest) -> Result<(), EngineError> {
        let revision = self.side.roster.borrow().revision();
        let people = self.slice(&test.done_to, SETTLED_AT_ONCE, |_| true);
        let last = people.len() < SETTLED_AT_ONCE;
        let mut tx = self.parts.db.begin().await?;
        let references: Vec<String> =
            people.iter().map(|person| person_reference(person.id, ABOUT)).collect();
        let standing = outbox::standing(&mut tx, &references, test.begun_at).await?;
        let heard = inbox::heard(&mut tx, &phones(&people), test.begun_at).await?;
        let mut next = test.clone();
        let mut found = Vec::with_capacity(people.len());
        for (person, reference) in people.iter().zip(&references) {
            let Some(messages) = standing.get(reference) else { continue };
            let reach = finding(heard.contains(&person.phone) && !broken(Rule::TestAnswers), messages);
            next.found.add(reach);
            found.push((person.id, reach));
        }
        next.done_to = people.last().map_or(String::new(), id);
        if last {
            (next.phase, next.wake_at) = (Phase::Settled, None);
        }
        let mut batch = Batch::default();
        advance(&mut batch, test, &next, revision);
        if batch.execute(&mut tx).await? {
            store::reach::put_many(&mut tx, now, &found).await?;
            tx.commit().await?;
        }
        Ok(())
    }

    /// Whoever writes is reached, whatever a test has shown.
    pub(super) async fn heard_from(&self, now: Timestamp, who: VolunteerId) -> Result<(), EngineError> {
        let known = store::reach::of(&self.parts.db, who).await?;
        if known.is_some_and(|(reach, _)| reach == Reach::Unreachable) {
            let mut tx = self.parts.db.begin().await?;
            store::reach::put_many(&mut tx, now, &[(who, Reach::Answered)]).await?;
            tx.commit().await?;
        }
        Ok(())
    }

    /// The next people after `done_to` by identifier who are `such`.
    fn slice(&self, done_to: &str, most: usize, such: impl Fn(&Volunteer) -> bool) -> Vec<Volunteer> {
        let roster = self.side.roster.borrow().clone();
        let done_to = done_to.parse::<VolunteerId>().ok();
        let mut people: Vec<&Volunteer> =
            roster.people().filter(|person| Some(person.id) > done_to && such(person)).collect();
        people.sort_unstable_by_key(|person| person.id);
        people.into_iter().take(most).cloned().collect()
    }
}

fn id(person: &Volunteer) -> String {
    person.id.to_string()
}

fn phones(people: &[Volunteer]) -> Vec<Phone> {
    people.iter().map(|person| person.phone.clone()).collect()
}

fn asking(now: Timestamp, to: &Volunteer, test: &ChannelTest) -> NewMessage {
    let words = to_person(now, to, ABOUT, &text(to.language(), "sms-channel-test", &[]));
    NewMessage { valid_until: now + test.answer, ..words }
}

/// The same as a push that makes no sound; its answer is that it is on the screen.
fn quietly(words: NewMessage) -> NewMessage {
    let push = serde_json::json!({ "title": "Certus", "text": words.body, "quiet": "yes" });
    NewMessage { channel: Channel::Push, body: push.to_string(), ..words }
}
