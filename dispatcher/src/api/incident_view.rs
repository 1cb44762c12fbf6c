//! How an incident looks from outside.

use certus_registry::catalogue::Words;
use certus_registry::{
    EventType, Language, Mode, OrganisationId, ResourceId, ResourceKind, Timestamp, VolunteerId,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::App;
use super::caller::CallerView;
use super::places::PlaceView;
use crate::incident::{CallOut, Incident, IncidentId, Kept, Notice, Progress, Promise, Role, State};
use crate::matching::Things;
use crate::positions::LivePositions;
use crate::task::Task;
use crate::text::text;

/// An incident.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Incident)]
pub(crate) struct IncidentView {
    /// Its identifier.
    #[schema(value_type = String)]
    id: IncidentId,
    /// The operator's own reference.
    external_id: Option<String>,
    /// What has happened.
    #[schema(value_type = String, example = "cardiac_arrest")]
    event_type: EventType,
    /// Where.
    place: PlaceView,
    /// Where the caller's phone is, if that came with the alarm.
    caller_location: Option<CallerView>,
    /// `searching`, `asking`, `staffed`, `stood_down` or `closed`.
    #[schema(example = "asking")]
    phase: &'static str,
    /// When it was raised, RFC 3339.
    raised_at: String,
    /// When the ambulance is expected, RFC 3339.
    ambulance_eta: Option<String>,
    /// The organisation that is called as one, if not everybody.
    group: Option<GroupView>,
    /// How many volunteers are wanted on the scene.
    wanted: u16,
    /// How many places are filled: on the way, on the scene, or done there.
    filled: u16,
    /// How many are on the scene now.
    on_scene: u16,
    /// How many have been asked.
    asked: usize,
    /// What each wave promised when it was opened.
    promises: Vec<PromiseView>,
    /// Grows with every event.
    version: u64,
    /// The version of the policy it was raised under.
    policy_version: String,
    /// What the operator was told, the latest last.
    notices: Vec<NoticeView>,
    /// Everybody who was asked, in the order of asking.
    callouts: Vec<CallOutView>,
}

/// An organisation that is called as one.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Group)]
struct GroupView {
    /// Which.
    #[schema(value_type = String)]
    organisation: OrganisationId,
    /// Its name when the incident was raised.
    name: String,
}

/// A sentence in both languages.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Sentence {
    /// Swedish.
    sv: String,
    /// English.
    en: String,
}

impl Sentence {
    /// The sentence under a Fluent key.
    pub(crate) fn of(
        key: &str,
        arguments: &[(&'static str, fluent_templates::fluent_bundle::FluentValue<'_>)],
    ) -> Self {
        let key = key.replace('_', "-");
        Self { sv: text(Language::Swedish, &key, arguments), en: text(Language::English, &key, arguments) }
    }

    /// The same about a thing and where it is to be had, which takes so long, seconds.
    pub(crate) fn about(what: &Words, key: &str, place: &str, seconds: u32) -> Self {
        let [sv, en] = [Language::Swedish, Language::English].map(|language| {
            let minutes = seconds.div_ceil(60).to_string();
            let what = ("thing", what.within(language).into());
            text(language, key, &[what, ("place", place.into()), ("minutes", minutes.into())])
        });
        Self { sv, en }
    }

    /// In one of them.
    pub(crate) fn into_language(self, language: Language) -> String {
        match language {
            Language::Swedish => self.sv,
            Language::English => self.en,
        }
    }
}

/// What a wave promised when it was opened.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Promise)]
struct PromiseView {
    /// Of which wave.
    wave: u16,
    /// How many had time to answer then.
    asked: u16,
    /// How likely it was that any of them comes, percent.
    any_percent: u16,
    /// How many are to come at least.
    sure_of: u16,
    /// How likely that was, percent.
    percent: u16,
    /// In words.
    sentence: Sentence,
}

/// Something the operator was told.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Notice)]
struct NoticeView {
    /// When, RFC 3339.
    at: String,
    /// A stable code.
    #[schema(example = "nobody_left")]
    code: &'static str,
    /// Whom it concerns.
    #[schema(value_type = Option<String>)]
    responder: Option<VolunteerId>,
    /// What the person wrote.
    words: Option<String>,
    /// In words.
    sentence: Sentence,
}

/// One person's part.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CallOut)]
struct CallOutView {
    /// Who.
    #[schema(value_type = String)]
    responder: VolunteerId,
    /// Their name; empty when they have left the registry.
    name: String,
    /// Where they stand.
    #[schema(example = "accepted")]
    state: &'static str,
    /// In which wave they were asked.
    wave: u16,
    /// When, RFC 3339.
    asked_at: String,
    /// When they answered.
    answered_at: Option<String>,
    /// When they are expected on the scene.
    expected_at: Option<String>,
    /// The minutes to the scene that they named themselves, last.
    minutes: Option<u16>,
    /// When they were on the scene.
    arrived_at: Option<String>,
    /// Great-circle distance when they were asked, metres.
    distance_m: u32,
    /// Estimated time to the scene when they were asked, seconds.
    seconds_to_scene: u32,
    /// How they would travel.
    #[schema(value_type = String, example = "car")]
    mode: Mode,
    /// What they do who have said yes: `straight`, `bring` or `guide`.
    #[schema(example = "bring")]
    role: Option<&'static str>,
    /// What that means, in words; none for whoever goes straight.
    task: Option<Sentence>,
    /// What they bring.
    brings: Option<BringsView>,
    /// What they wrote.
    notes: Vec<NoteView>,
    /// Where they are, while they are on the way.
    position: Option<PositionView>,
}

/// Something that somebody brings.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Brings)]
struct BringsView {
    /// Which.
    #[schema(value_type = String)]
    resource: ResourceId,
    /// What it is.
    #[schema(value_type = String, example = "aed")]
    kind: ResourceKind,
    /// When they had it, RFC 3339.
    fetched_at: Option<String>,
}

/// Words of a volunteer.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Note)]
struct NoteView {
    /// When, RFC 3339.
    at: String,
    /// The words.
    text: String,
}

/// A last known position.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LastPosition)]
struct PositionView {
    /// Degrees north, WGS 84.
    lat: f64,
    /// Degrees east, WGS 84.
    lon: f64,
    /// When the phone was there, RFC 3339.
    fixed_at: String,
}

impl IncidentView {
    /// The incident with people's names, and the positions of those who are kept.
    pub(crate) fn of(app: &App, incident: &Incident) -> Self {
        let (roster, positions) = (app.engine.roster(), app.positions.live());
        let place = &incident.place;
        let name = |who: VolunteerId| {
            roster.get(who).map_or(String::new(), |volunteer| volunteer.name.as_str().to_owned())
        };
        Self {
            id: incident.id,
            external_id: incident.external_id.clone(),
            event_type: incident.event_type,
            place: PlaceView::of(app, place),
            caller_location: incident.caller.as_ref().map(|caller| CallerView::of(caller, place)),
            phase: incident.phase.as_str(),
            raised_at: incident.raised_at.rfc3339(),
            ambulance_eta: incident.ambulance_eta.map(Timestamp::rfc3339),
            group: incident
                .group
                .as_ref()
                .map(|group| GroupView { organisation: group.organisation, name: group.name.clone() }),
            wanted: incident.wanted,
            filled: incident.filled(),
            on_scene: incident.on_scene(),
            asked: incident.callouts.len(),
            promises: incident.promises.iter().map(PromiseView::of).collect(),
            version: incident.version,
            policy_version: incident.policy.version.clone(),
            notices: incident.notices.iter().map(|notice| NoticeView::of(notice, &name)).collect(),
            callouts: incident
                .callouts
                .iter()
                .map(|callout| {
                    CallOutView::of(callout, name(callout.responder()), positions, roster.things())
                })
                .collect(),
        }
    }
}

impl PromiseView {
    fn of(promise: &Promise) -> Self {
        let Promise { wave, asked, any_permille, sure_of, permille } = *promise;
        let arguments = [
            ("wave", wave.to_string().into()),
            ("asked", asked.to_string().into()),
            ("of", sure_of.to_string().into()),
            ("percent", (permille / 10).to_string().into()),
        ];
        let (any_percent, percent) = (any_permille / 10, permille / 10);
        Self { wave, asked, any_percent, sure_of, percent, sentence: Sentence::of("promise", &arguments) }
    }
}

impl NoticeView {
    fn of(notice: &Notice, name: &dyn Fn(VolunteerId) -> String) -> Self {
        let who = notice.responder.map_or(String::new(), name);
        Self {
            at: notice.at.rfc3339(),
            code: notice.code.as_str(),
            responder: notice.responder,
            sentence: Sentence::of(
                &format!("notice-{}", notice.code.as_str()),
                &[("name", who.into()), ("words", notice.words.as_deref().unwrap_or_default().into())],
            ),
            words: notice.words.clone(),
        }
    }
}

impl CallOutView {
    fn of(callout: &CallOut, name: String, positions: &LivePositions, things: &Things) -> Self {
        let candidate = &callout.candidate;
        let times = Times::of(&callout.state);
        let last = callout.kept().and_then(|_| positions.last(callout.responder()));
        Self {
            responder: callout.responder(),
            name,
            state: callout.state.as_str(),
            wave: callout.wave,
            asked_at: callout.asked_at.rfc3339(),
            answered_at: times.answered.map(Timestamp::rfc3339),
            expected_at: times.expected.map(Timestamp::rfc3339),
            minutes: times.minutes,
            arrived_at: times.arrived.map(Timestamp::rfc3339),
            distance_m: candidate.distance_m,
            seconds_to_scene: candidate.seconds_to_scene(),
            mode: candidate.mode,
            role: callout.role().map(|role| role.as_str()),
            task: callout.kept().and_then(|kept| task(kept, things)),
            brings: callout.kept().and_then(BringsView::of),
            notes: callout
                .notes
                .iter()
                .map(|note| NoteView { at: note.at.rfc3339(), text: note.text.clone() })
                .collect(),
            position: last.map(|last| PositionView {
                lat: last.position.lat(),
                lon: last.position.lon(),
                fixed_at: last.fixed_at.rfc3339(),
            }),
        }
    }
}

impl BringsView {
    fn of(kept: &Kept) -> Option<Self> {
        let Role::Bring { resource, kind } = kept.role else { return None };
        Some(Self { resource, kind, fetched_at: kept.fetched_at.map(Timestamp::rfc3339) })
    }
}

/// What somebody does who does not go straight, in words.
fn task(kept: &Kept, things: &Things) -> Option<Sentence> {
    match Task::of(kept.role, things) {
        Task::Straight => None,
        Task::Guide => Some(Sentence::of("task-guides", &[])),
        Task::Fetch { what, .. } | Task::Bring { what } if kept.fetched_at.is_some() => {
            Some(Sentence::about(&what, "task-has", "", 0))
        }
        Task::Fetch { what, place, .. } => Some(Sentence::about(&what, "task-fetches", &place, 0)),
        Task::Bring { what } => Some(Sentence::about(&what, "task-brings", "", 0)),
    }
}

/// The times that a state carries.
#[derive(Default)]
struct Times {
    answered: Option<Timestamp>,
    expected: Option<Timestamp>,
    minutes: Option<u16>,
    arrived: Option<Timestamp>,
}

impl Times {
    fn of(state: &State) -> Self {
        let answered = |at| Self { answered: Some(at), ..Self::default() };
        match state {
            State::Asked
            | State::Seen { .. }
            | State::TimedOut { .. }
            | State::Unreachable { .. }
            | State::Unavailable { .. }
            | State::Released { kept: None, .. } => Self::default(),
            State::Declined { at } => answered(*at),
            State::Kept(kept) | State::Released { kept: Some(kept), .. } => Self::kept(kept),
            State::Done { accepted_at, arrived_at, .. } => {
                Self { answered: Some(*accepted_at), arrived: *arrived_at, ..Self::default() }
            }
        }
    }

    fn kept(kept: &Kept) -> Self {
        let arrived = match kept.progress {
            Progress::OnScene { at } => Some(at),
            Progress::Accepted | Progress::Departed { .. } => None,
        };
        Self {
            answered: Some(kept.accepted_at),
            expected: Some(kept.expected_at),
            minutes: kept.minutes,
            arrived,
        }
    }
}
