//! The call-out page's questions and answers, carried to the engine.

use std::sync::Arc;

use certus_registry::{SecretHash, VolunteerId};
use certus_sms_bridge::push::devices::Device;
use futures::future::{BoxFuture, FutureExt};

use super::callout::{CallOutPage, CallOuts, Destination, PageAnswer, PageState, REGISTERS};
use crate::api::{Problem, SharedApp, devices};
use crate::engine::EngineError;
use crate::engine::store::{self, CalledOut};
use crate::incident::{
    Answer, CallOut, Channel, Event, IllegalEvent, Incident, Kept, Phase, Progress, Report, State,
};
use crate::positions::{Point, Tally};
use crate::task::Task;

/// The call-outs of a running engine.
pub struct EngineCallOuts(SharedApp);

impl EngineCallOuts {
    /// For the router.
    #[must_use]
    pub fn of(app: &SharedApp) -> Arc<dyn CallOuts> {
        Arc::new(Self(Arc::clone(app)))
    }

    async fn called_out(&self, hash: &SecretHash) -> Result<Option<CalledOut>, Problem> {
        Ok(store::by_secret(&self.0.db, self.0.clock.now(), hash).await?)
    }

    async fn find(&self, hash: &SecretHash) -> Result<Option<(Incident, VolunteerId)>, Problem> {
        let Some(callout) = self.called_out(hash).await? else { return Ok(None) };
        let incident = store::load(&self.0.db, callout.incident).await?;
        Ok(incident.map(|incident| (incident, callout.responder)))
    }

    async fn report(&self, hash: &SecretHash, report: Report) -> Result<bool, Problem> {
        let Some(callout) = self.called_out(hash).await? else { return Ok(false) };
        let event = Event::Responder { responder: callout.responder, report };
        match self.0.engine.apply(callout.incident, event, None).await {
            Ok(_) | Err(EngineError::Illegal(IllegalEvent::Over(_))) => Ok(true),
            Err(error) => Err(error.into()),
        }
    }

    async fn page(&self, hash: &SecretHash) -> Result<Option<CallOutPage>, Problem> {
        let Some((incident, responder)) = self.find(hash).await? else { return Ok(None) };
        let Some(callout) = incident.callout(responder) else { return Ok(None) };
        let roster = self.0.engine.roster();
        let language = roster.get(responder).and_then(|person| person.languages.first().copied());
        let minutes = callout.candidate.seconds_to_scene().div_ceil(60);
        Ok(Some(CallOutPage {
            language: language.unwrap_or(certus_registry::Language::Swedish),
            event_type: incident.event_type,
            place_name: incident.place.name.clone(),
            raised_at: incident.raised_at,
            distance_m: Some(callout.candidate.distance_m),
            minutes: u16::try_from(minutes).ok(),
            ambulance_eta: incident.ambulance_eta,
            state: state(&incident, callout),
            task: callout.kept().map_or(Task::Straight, |kept| Task::of(kept.role, roster.things())),
            fetched: callout.kept().is_some_and(|kept| kept.fetched_at.is_some()),
        }))
    }

    /// The place of a yes is remembered: leaving it means being on the way.
    async fn said(
        &self,
        hash: &SecretHash,
        said: PageAnswer,
        minutes: Option<u16>,
        note: Option<String>,
    ) -> Result<bool, Problem> {
        let answer = Answer { channel: Channel::Page, minutes, note };
        let report = match said {
            PageAnswer::Accept => {
                let Some((_, responder)) = self.find(hash).await? else { return Ok(false) };
                let from = self.0.positions.live().last(responder).map(|last| last.position);
                Report::Accepted { answer, from }
            }
            PageAnswer::Decline => Report::Declined { answer },
            PageAnswer::Departed => Report::Departed,
            PageAnswer::Fetched => Report::Fetched { note: None },
            PageAnswer::OnScene => Report::Arrived { note: None },
            PageAnswer::Done => Report::Done { note: None },
            PageAnswer::Help => Report::HelpNeeded { answer },
        };
        self.report(hash, report).await
    }

    async fn let_in(&self, hash: &SecretHash, device: &Device) -> Result<bool, Problem> {
        let Some((incident, responder)) = self.find(hash).await? else { return Ok(false) };
        let young = self.0.clock.now().since(incident.raised_at) <= REGISTERS;
        if young {
            devices::register(&self.0, responder, device).await?;
        }
        Ok(young)
    }

    async fn stands(&self, hash: &SecretHash, point: Point) -> Result<Option<Tally>, Problem> {
        let Some((incident, responder)) = self.find(hash).await? else { return Ok(None) };
        let engaged = incident.callout(responder).is_some_and(CallOut::engaged);
        Ok(engaged.then(|| self.0.positions.report(responder, [point])))
    }

    async fn let_out(&self, hash: &SecretHash, device: &Device) -> Result<bool, Problem> {
        let Some(callout) = self.called_out(hash).await? else { return Ok(false) };
        devices::forget(&self.0, callout.responder, device).await?;
        Ok(true)
    }
}

impl CallOuts for EngineCallOuts {
    fn view<'a>(&'a self, hash: &'a SecretHash) -> BoxFuture<'a, Result<Option<CallOutPage>, Problem>> {
        self.page(hash).boxed()
    }

    fn seen<'a>(&'a self, hash: &'a SecretHash) -> BoxFuture<'a, Result<(), Problem>> {
        async { self.report(hash, Report::Seen).await.map(drop) }.boxed()
    }

    fn answer<'a>(
        &'a self,
        hash: &'a SecretHash,
        answer: PageAnswer,
        minutes: Option<u16>,
        note: Option<String>,
    ) -> BoxFuture<'a, Result<bool, Problem>> {
        self.said(hash, answer, minutes, note).boxed()
    }

    fn register<'a>(
        &'a self,
        hash: &'a SecretHash,
        device: &'a Device,
    ) -> BoxFuture<'a, Result<bool, Problem>> {
        self.let_in(hash, device).boxed()
    }

    fn forget<'a>(
        &'a self,
        hash: &'a SecretHash,
        device: &'a Device,
    ) -> BoxFuture<'a, Result<bool, Problem>> {
        self.let_out(hash, device).boxed()
    }

    fn position<'a>(
        &'a self,
        hash: &'a SecretHash,
        point: Point,
    ) -> BoxFuture<'a, Result<Option<Tally>, Problem>> {
        self.stands(hash, point).boxed()
    }
}

/// Where the person stands, as the page shows it. The address is there only for those who hold a place.
fn state(incident: &Incident, callout: &CallOut) -> PageState {
    let place = &incident.place;
    let destination = || Destination {
        detail: place.detail.clone().unwrap_or_else(|| place.name.clone()),
        position: place.position,
    };
    let over = match incident.phase {
        Phase::StoodDown { .. } => Some(PageState::StoodDown),
        Phase::Closed { .. } => Some(PageState::Closed),
        Phase::Searching { .. } | Phase::Asking | Phase::Staffed { .. } => None,
    };
    match callout.state {
        State::Kept(Kept { progress: Progress::Accepted, .. }) => PageState::Accepted(destination()),
        State::Kept(Kept { progress: Progress::Departed { .. }, .. }) => PageState::Departed(destination()),
        State::Kept(Kept { progress: Progress::OnScene { .. }, .. }) => PageState::OnScene(destination()),
        State::Done { .. } => PageState::Done,
        State::Declined { .. } => over.unwrap_or(PageState::Declined),
        State::Released { .. } => over.unwrap_or(PageState::Released),
        State::Asked
        | State::Seen { .. }
        | State::TimedOut { .. }
        | State::Unreachable { .. }
        | State::Unavailable { .. } => over.unwrap_or(match incident.phase {
            Phase::Staffed { .. } => PageState::Released,
            Phase::Searching { .. } | Phase::Asking | Phase::StoodDown { .. } | Phase::Closed { .. } => {
                PageState::Asked
            }
        }),
    }
}
