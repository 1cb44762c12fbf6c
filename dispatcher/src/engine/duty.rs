//! LEDIG, UPPTAGEN and STOPP, and the same at one's own page: what a person says about being asked at all.

use std::time::Duration;

use certus_registry::audit::{Action, Line};
use certus_registry::{Duty, Timestamp, Volunteer, VolunteerId};
use certus_sms_bridge::inbox::Inbound;
use certus_sms_bridge::reply::Reply;

use super::commit::Within;
use super::messages::to_person;
use super::{Engine, EngineError, store};
use crate::incident::{Answer, CallOut, Channel, Event, Report};
use crate::text::text;

impl Engine {
    /// The end that was said, counted from when it was said.
    pub(super) fn end(&self, inbound: &Inbound, reply: &Reply) -> Option<Timestamp> {
        reply.until?.resolve(&inbound.received_at.in_zone(&self.parts.zone))
    }

    /// Switches a person on or off and says back what was understood. Whoever goes off duty declines what they have not
    /// answered yet; whoever stops leaves every call-out, is told so once, and gets nothing that still waits.
    pub(super) async fn switch(
        &mut self,
        inbound: &Inbound,
        writer: &Volunteer,
        duty: Duty,
    ) -> Result<(), EngineError> {
        let stops = duty == Duty::Stopped;
        if stops && writer.duty == Duty::Stopped {
            return self.only_mark(inbound, "duty").await;
        }
        let now = self.parts.clock.now();
        self.make_way(writer.id, duty, Channel::Sms).await?;
        let mut within = vec![
            Within::Handled { inbound: inbound.id, outcome: "duty" },
            Within::Duty { responder: writer.id, duty },
        ];
        if stops {
            within.push(Within::Silence { phone: writer.phone.clone() });
        }
        let confirmation = Box::new(to_person(now, writer, "duty", &self.confirmation(writer, duty)));
        within.push(Within::Message { message: confirmation, pause: Duration::ZERO });
        self.commit_alone(now, &within).await?;
        self.refresh().await
    }

    /// The same for somebody who says it at their own page, where they see what was understood. False: there is no such person.
    pub(super) async fn switch_at_page(&mut self, who: VolunteerId, duty: Duty) -> Result<bool, EngineError> {
        let now = self.parts.clock.now();
        self.make_way(who, duty, Channel::Page).await?;
        let line = Line::own(now, who, Action::PersonChanged, "duty");
        let within = [Within::Duty { responder: who, duty }, Within::Audited(Box::new(line))];
        let there = self.commit_alone(now, &within).await?;
        self.refresh().await?;
        Ok(there)
    }

    /// Whoever goes off duty declines what they have not answered yet; whoever stops leaves every call-out.
    async fn make_way(&mut self, who: VolunteerId, duty: Duty, by: Channel) -> Result<(), EngineError> {
        match duty {
            Duty::On { .. } => Ok(()),
            Duty::Off { .. } => self.leave(who, by, |callout| callout.kept().is_none()).await,
            Duty::Stopped => self.leave(who, by, |_| true).await,
        }
    }

    fn confirmation(&self, to: &Volunteer, duty: Duty) -> String {
        let language = to.language();
        let (key, until) = match duty {
            Duty::On { until } => ("sms-on-duty", until),
            Duty::Off { until } => ("sms-off-duty", until),
            Duty::Stopped => ("sms-stopped", None),
        };
        let Some(until) = until else { return text(language, key, &[]) };
        let local = until.in_zone(&self.parts.zone);
        let weekday = format!("weekday-{}", local.weekday().to_monday_one_offset());
        let when = [
            ("weekday", text(language, &weekday, &[]).into()),
            ("date", local.strftime("%-d/%-m").to_string().into()),
            ("time", local.strftime("%H:%M").to_string().into()),
        ];
        text(language, &format!("{key}-until"), &when)
    }

    /// Says no for a person in the incident that they are tied to, if their call-out there is `such`.
    async fn leave(
        &mut self,
        who: VolunteerId,
        by: Channel,
        such: impl Fn(&CallOut) -> bool,
    ) -> Result<(), EngineError> {
        let Some(&id) = self.engaged.get(&who) else { return Ok(()) };
        let Some(incident) = store::load(&self.parts.db, id).await? else { return Ok(()) };
        if incident.callout(who).is_some_and(|callout| callout.engaged() && such(callout)) {
            let answer = Answer { channel: by, minutes: None, note: None };
            let event = Event::Responder { responder: who, report: Report::Declined { answer } };
            self.apply(id, event, &[]).await?;
        }
        Ok(())
    }
}
