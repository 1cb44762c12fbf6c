//! What happens by itself, once a minute: outages, clocks that jump, phones that report, a board that decides.

use std::time::Duration;

use anyhow::Context as _;
use certus_dispatcher::confirming::Pass;
use certus_dispatcher::positions::Point;
use certus_dispatcher::trail;
use certus_registry::availability::Exceptions;
use certus_registry::volunteer::Vetting;
use certus_registry::{Duty, Remit, Volunteer, store};
use rand::RngExt as _;

use super::super::crowd::{Act, Words};
use super::super::model::TRAIL_KEPT;
use super::super::story::{START, near};
use super::{Driver, Happening};

impl Driver {
    pub(super) async fn minute(&mut self) -> anyhow::Result<()> {
        if self.calm {
            return Ok(());
        }
        let trouble = self.story.trouble.clone();
        let random = self.random.clone();
        let draw = |probability: f64| random.with(|rng| rng.random_range(0.0..1.0)) < probability;
        if draw(trouble.outage) {
            let gateway = random.with(|rng| rng.random_range(0..2));
            let down = self.air.toggle(gateway);
            self.trace.line(self.now, || format!("gateway {gateway}: down={down}"));
        }
        if draw(trouble.jump) {
            let node = random.with(|rng| rng.random_range(0..self.nodes.len()));
            // Nodes on one database keep their clocks within a few seconds: leases count on it.
            let most = if self.nodes.len() == 1 { 30_000 } else { 4_000 };
            self.skews[node] = random.with(|rng| rng.random_range(-most..most));
            self.trace.line(self.now, || format!("node {node}: clock is off by {} ms", self.skews[node]));
        }
        if draw(trouble.people * 0.1) {
            self.chat();
        }
        if draw(trouble.registry) {
            self.change_somebody().await?;
        }
        if draw(trouble.policies) {
            self.change_policies().await?;
        }
        if draw(trouble.positions / 2.0) {
            let (person, at, age) = random.with(|rng| {
                let person = rng.random_range(0..self.story.people.len());
                (person, near(rng, 0.3), rng.random_range(0..9_000))
            });
            let who = self.story.people[person].id;
            let point = Point {
                lat: at.lat(),
                lon: at.lon(),
                accuracy: None,
                fixed_at: self.now - Duration::from_secs(age),
            };
            self.ping(who, point);
        }
        if self.now.since(START).as_secs() / 60 % 10 == 5 {
            self.ask_keepers().await?;
        }
        self.move_along();
        self.purge().await?;
        self.plan(self.now + Duration::from_mins(1), Happening::Minute);
        Ok(())
    }

    /// Somebody who is kept reports from the way: north of the scene, 11 m further from minute to minute.
    fn move_along(&mut self) {
        let Some((who, scene)) = self.model.somebody_kept() else { return };
        let minutes = u32::try_from(self.now.since(START).as_secs() / 60).unwrap_or(u32::MAX);
        let lat = scene.lat() + 0.02 + f64::from(minutes) * 0.0001;
        self.ping(who, Point { lat, lon: scene.lon(), accuracy: None, fixed_at: self.now });
    }

    /// The hourly job that asks keepers, oftener and by whichever node is there.
    async fn ask_keepers(&mut self) -> anyhow::Result<()> {
        let asked = self
            .request(|running| {
                Box::pin(async move {
                    let app = &running.node.app;
                    let now = app.clock.now();
                    let today = now.in_zone(&app.config.time_zone.0).date();
                    Ok(Pass { db: &app.db, random: &app.random, now, today }.run().await?)
                })
            })
            .await?;
        self.trace.line(self.now, || format!("keepers were asked: {asked:?}"));
        Ok(())
    }

    /// The hourly job, by the true clock and every minute.
    pub(super) async fn purge(&mut self) -> anyhow::Result<()> {
        let purged = trail::purge(&self.db, self.now - TRAIL_KEPT, false).await?;
        if purged > 0 {
            self.trace.line(self.now, || format!("trails of {purged} incidents were taken away"));
        }
        self.move_on().await?;
        self.model.purged(&self.db, self.now).await
    }

    /// Somebody writes out of the blue, twice.
    fn chat(&mut self) {
        let (index, pause) = self.random.with(|rng| {
            (rng.random_range(0..self.story.people.len()), Duration::from_secs(rng.random_range(1..5_000)))
        });
        let from = self.story.people[index].phone.clone();
        for (at, words) in [(self.now, "Hej, är allt som det ska?"), (self.now + pause, "Hallå, någon där?")]
        {
            let (from, body) = (from.clone(), words.to_owned());
            self.plan(at, Happening::Act(Act::Write(Words { from, body, answers: None })));
        }
    }

    /// The county board changes something about somebody.
    pub(super) async fn change_somebody(&mut self) -> anyhow::Result<()> {
        let index = self.random.with(|rng| rng.random_range(0..self.story.people.len()));
        let anybody = self.story.people[index].id;
        // Now and then it concerns somebody who has been found and not been asked yet.
        let next = self.model.next_in_line().filter(|_| self.random.with(|rng| rng.random_bool(0.3)));
        let id = next.unwrap_or(anybody);
        let mut person: Volunteer =
            store::volunteer::get(&self.db, Remit::All, id).await?.context("nobody leaves the registry")?;
        let local = self.now.in_zone(&jiff::tz::TimeZone::get("Europe/Stockholm")?).datetime();
        self.random.with(|rng| match rng.random_range(0..5) {
            0 => person.vetting = Vetting::Suspended,
            1 => {
                person.vetting = Vetting::Approved {
                    until: START
                        .in_zone(&jiff::tz::TimeZone::UTC)
                        .date()
                        .saturating_add(jiff::Span::new().days(30)),
                }
            }
            2 => person.duty = Duty::OFF,
            3 => person.duty = Duty::ON,
            _ => person.availability.exceptions = away(&person, local),
        });
        let mut tx = self.db.begin().await?;
        store::volunteer::put_many(&mut tx, Remit::All, self.now, std::slice::from_ref(&person)).await?;
        tx.commit().await?;
        self.trace.line(self.now, || {
            let (vetting, duty, exceptions) = (person.vetting, person.duty, &person.availability.exceptions);
            format!("registry: {} is {vetting:?} {duty:?} '{exceptions}'", person.phone.as_str())
        });
        Ok(())
    }
}

/// Away for half an hour from now; back, for whoever has said anything of the kind.
fn away(person: &Volunteer, local: jiff::civil::DateTime) -> Exceptions {
    if !person.availability.exceptions.is_empty() {
        return Exceptions::NONE;
    }
    let minute = |at: jiff::civil::DateTime| at.strftime("%Y-%m-%dT%H:%M").to_string();
    let to = local.saturating_add(jiff::Span::new().minutes(30));
    format!("no {}/{}", minute(local), minute(to)).parse().expect("written as it is read")
}
