//! What reaches a node from outside: the operator's requests, people's words and buttons, providers' reports.

use std::sync::Arc;
use std::time::Duration;

use anyhow::bail;
use certus_dispatcher::channel_test;
use certus_dispatcher::engine::{EngineError, Keyed, Raise, Within, store as incidents};
use certus_dispatcher::idempotency;
use certus_dispatcher::incident::{Answer, Channel, Event, Incident, IncidentId, Report};
use certus_dispatcher::positions::Point;
use certus_registry::{Phone, SecretHash};
use certus_sms_bridge::MessageId;
use certus_sms_bridge::inbox::{self, NewInbound};
use certus_sms_bridge::receipt::{self, Receipt};
use rand::RngExt as _;

use super::super::crowd::{self, Act, Button, Words};
use super::super::model::Violation;
use super::{Driver, Happening};

impl Driver {
    /// Plans something again that found nobody to take it: while all nodes are dead, after the first of them has started
    /// again, since whatever is tried before that comes to nothing.
    pub(super) fn later(&mut self, happening: Happening) {
        let all_dead = !self.suspended && self.nodes.iter().all(Option::is_none);
        let starts = |planned: &Happening| matches!(planned, Happening::Start(_));
        let start = self.agenda.iter().find_map(|((at, _), planned)| starts(planned).then_some(*at));
        let from = start.filter(|_| all_dead).unwrap_or(self.now);
        let wait = self.random.with(|rng| Duration::from_millis(rng.random_range(500..8_000)));
        self.plan(from + wait, happening);
    }

    /// The operator's system raises an incident, under a key, until it has an answer.
    pub(super) async fn raise(&mut self, number: usize) -> anyhow::Result<()> {
        if !self.calm && self.random.with(|rng| rng.random_bool(0.2)) {
            // The board decides at the same moment: no node has looked at the registry since.
            self.change_somebody().await?;
            self.change_policies().await?;
            self.breathe().await?;
        }
        let case = self.story.cases[number].clone();
        let key = format!("case-{number}");
        let answer = self
            .request(move |running| {
                Box::pin(async move {
                    let app = &running.node.app;
                    if let Some(kept) = idempotency::find(&app.db, "sos", &key).await? {
                        return Ok(kept.body.parse()?);
                    }
                    let id = IncidentId::new(app.clock.now(), &app.random);
                    let raise = Raise {
                        event_type: case.event_type,
                        place: case.place,
                        ambulance_eta: case.ambulance_eta,
                        caller: None,
                        external_id: Some(key.clone()),
                        group: case.group,
                    };
                    let entry = idempotency::Entry { owner: "sos".into(), key, fingerprint: "f".into() };
                    let render = Arc::new(|incident: &Incident| incident.id.to_string());
                    let within = [Within::Keyed(Keyed { entry, status: 201, render })];
                    Ok::<IncidentId, anyhow::Error>(running.node.engine.raise(id, &raise, &within).await?.id)
                })
            })
            .await?;
        match answer {
            Some(id) => {
                self.trace.line(self.now, || format!("case {number} raised as {id}"));
                self.model.raised(self.now, number, id);
            }
            None => self.later(Happening::Raise(number)),
        }
        Ok(())
    }

    pub(super) async fn operate(&mut self, number: usize, event: Event) -> anyhow::Result<()> {
        let Some(id) = self.model.incident(number) else {
            self.later(Happening::Operate(number, event));
            return Ok(());
        };
        let sent = event.clone();
        let answer = self
            .request(move |running| {
                Box::pin(async move {
                    let result = running.node.engine.apply(id, sent, &[]).await;
                    forgiving(result.map(drop))
                })
            })
            .await?;
        self.trace
            .line(self.now, || format!("operator in case {number}: {event:?} answered={}", answer.is_some()));
        // A second "two more people" would be two too many, but that is the operator's; the others may be repeated.
        let once = matches!(event, Event::Escalated { .. } | Event::OperatorMessaged { .. });
        if answer.is_none() && !once {
            self.later(Happening::Operate(number, event));
        }
        Ok(())
    }

    /// Somebody begins the channel test, until it has begun. Two nodes will take its step at once; now and then one of them
    /// has read where it stands and is suspended before it writes.
    pub(super) async fn test_channels(&mut self) -> anyhow::Result<()> {
        let Some((at, answer)) = self.story.test else { return Ok(()) };
        let begun = self
            .request(move |running| {
                Box::pin(async move {
                    let app = &running.node.app;
                    let mut tx = app.db.begin().await?;
                    channel_test::begin(&mut tx, app.clock.now(), "by-hand", answer).await?;
                    Ok(tx.commit().await?)
                })
            })
            .await?;
        self.trace.line(self.now, || format!("channel test of {at}: begun={}", begun.is_some()));
        if begun.is_none() {
            self.later(Happening::Test);
        } else if !self.calm && !self.suspended && self.random.with(|rng| rng.random_bool(0.5)) {
            self.surprise = true;
        }
        Ok(())
    }

    pub(super) fn read(&mut self, id: MessageId, to: &Phone, body: &str) {
        self.trace.line(self.now, || format!("phone {} shows: {body}", to.as_str()));
        let Some(person) = self.story.people.iter().find(|person| person.phone == *to).cloned() else {
            return;
        };
        let oddity = if self.calm { 0.0 } else { self.story.trouble.people };
        let mut tags = self.tags;
        let mut tag = || {
            tags += 1;
            crowd::tag(tags)
        };
        let shown = crowd::shown(body);
        let acts = self.random.with(|rng| {
            if crowd::is_call(body) {
                crowd::called(rng, &person, id, body, &mut tag)
            } else {
                crowd::reaction(rng, &person, &shown, oddity, &mut tag)
            }
        });
        self.tags = tags;
        for (after, act) in acts {
            self.plan(self.now + after, Happening::Act(act));
        }
    }

    pub(super) async fn act(&mut self, act: Act) -> anyhow::Result<()> {
        match act {
            Act::Write(words) => {
                self.replies += 1;
                let provider_id = format!("in-{}", self.replies);
                if !self.calm && self.random.with(|rng| rng.random_bool(0.1)) {
                    // The provider tells it twice.
                    let (words, provider_id) = (words.clone(), provider_id.clone());
                    self.later(Happening::Reply { words, provider_id });
                }
                self.reply(words, provider_id).await
            }
            Act::Press { secret, button } => self.press(secret, button).await,
            Act::Ping { who, at } => {
                let point = Point { lat: at.lat(), lon: at.lon(), accuracy: Some(10.0), fixed_at: self.now };
                self.ping(who, point);
                Ok(())
            }
        }
    }

    pub(super) async fn reply(&mut self, words: Words, provider_id: String) -> anyhow::Result<()> {
        let Words { from, body, answers } = words.clone();
        self.trace.line(self.now, || format!("{} writes {provider_id}: {body} {answers:?}", from.as_str()));
        // Whether we were told or not: from here on the person has said it.
        self.model.said(self.now, &words);
        let at = self.now;
        let new = NewInbound {
            gateway: "gateway-0".into(),
            provider_id: provider_id.clone(),
            from,
            body,
            answers,
            received_at: at,
        };
        let taken = self
            .request(move |running| {
                Box::pin(async move { Ok(inbox::receive(&running.node.app.db, &new).await?) })
            })
            .await?;
        match taken {
            Some(_) => self.model.handed_over(&provider_id),
            None => self.later(Happening::Reply { words, provider_id }),
        }
        Ok(())
    }

    pub(super) async fn receipt(&mut self, receipt: Receipt) -> anyhow::Result<()> {
        let (told, at) = (receipt.clone(), self.now);
        let taken = self
            .request(move |running| {
                Box::pin(async move { Ok(receipt::record(&running.node.app.db, at, &told).await?) })
            })
            .await?;
        self.trace.line(self.now, || format!("receipt {receipt:?}: {taken:?}"));
        if taken.is_none() {
            self.later(Happening::Receipt(receipt));
        }
        Ok(())
    }

    pub(super) async fn press(&mut self, secret: String, button: Button) -> anyhow::Result<()> {
        let Some(callout) = incidents::by_secret(&self.db, self.now, &SecretHash::of_dated(&secret)).await?
        else {
            bail!(Violation::new("link", format!("the link {secret} opens")));
        };
        self.trace.line(self.now, || format!("page {secret}: {button:?}"));
        self.model.pressed(self.now, callout.responder, button);
        let answer = || Answer { channel: Channel::Page, minutes: None, note: None };
        let report = match button {
            Button::Seen => Report::Seen,
            Button::Yes => Report::Accepted { answer: answer(), from: None },
            Button::No => Report::Declined { answer: answer() },
            Button::Fetched => Report::Fetched { note: None },
            Button::OnScene => Report::Arrived { note: None },
            Button::Done => Report::Done { note: None },
        };
        let event = Event::Responder { responder: callout.responder, report };
        let done = self
            .request(move |running| {
                Box::pin(async move {
                    forgiving(running.node.engine.apply(callout.incident, event, &[]).await.map(drop))
                })
            })
            .await?;
        if done.is_none() {
            self.later(Happening::Act(Act::Press { secret, button }));
        }
        Ok(())
    }
}

/// What an operator or a page is told politely.
fn forgiving(result: Result<(), EngineError>) -> anyhow::Result<()> {
    match result {
        Err(EngineError::Illegal(_)) => Ok(()),
        other => Ok(other?),
    }
}
