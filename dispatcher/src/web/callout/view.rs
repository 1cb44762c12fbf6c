//! The call-out page in words: which lines and buttons belong to which state.

use askama::Template;
use certus_registry::catalogue::Words;
use certus_registry::{EventType, Language, Timestamp};
use fluent_templates::fluent_bundle::FluentValue;

use super::super::page::{Page, event_key};
use super::{CallOutPage, Destination, PageAnswer, PageState, REGISTERS};
use crate::api::App;
use crate::task::Task;
use crate::text::text;

#[derive(Template)]
#[template(path = "call_out.html")]
pub(super) struct View {
    language: Language,
    state: &'static str,
    /// Changes when the page should be loaded anew.
    version: String,
    /// Whether the person can still answer.
    live: bool,
    raised: String,
    lead: String,
    event: String,
    place_name: String,
    /// What is left to say to those who need not act.
    ending: Option<String>,
    times: Vec<String>,
    /// What stands over the destination.
    address: String,
    destination: Option<Shown>,
    /// What is to be done besides, or before; nothing for those who go straight.
    task: Option<ShownTask>,
    what_to_do: String,
    buttons: Vec<Button>,
    asks_minutes: bool,
    /// What the browser subscribes to pushes with, where that is offered: once there is nothing left to answer.
    push_key: Option<String>,
}

/// A task in words.
struct ShownTask {
    title: String,
    text: String,
    /// Where to go first.
    stop: Option<Shown>,
}

/// A destination in words.
struct Shown {
    detail: String,
    coordinates: String,
    link: String,
}

struct Button {
    answer: &'static str,
    class: &'static str,
    label: String,
}

/// The page of a link that leads nowhere.
#[derive(Template)]
#[template(path = "unknown_link.html")]
pub(super) struct UnknownLink {
    pub(super) language: Language,
}

impl Page for UnknownLink {
    fn language(&self) -> Language {
        self.language
    }
}

impl View {
    /// The page as it is now.
    pub(super) fn of(page: &CallOutPage, app: &App) -> Self {
        let (language, now) = (page.language, app.clock.now());
        let say = |key: &str| text(language, key, &[]);
        let (state, key) = named(&page.state);
        let clock = page.raised_at.in_zone(&app.config.time_zone.0).strftime("%H:%M").to_string();
        let fetches = matches!(page.task, Task::Fetch { .. } | Task::Bring { .. }) && !page.fetched;
        let buttons = buttons(&page.state, fetches);
        let live = !buttons.is_empty();
        let offers = !live && now.since(page.raised_at) <= REGISTERS;
        let button = |(answer, class, key): &(PageAnswer, &'static str, &str)| Button {
            answer: answer.as_str(),
            class,
            label: say(key),
        };
        let task = destination(&page.state).and_then(|_| ShownTask::of(page));
        let stops = task.as_ref().is_some_and(|task| task.stop.is_some());
        Self {
            language,
            state,
            version: format!(
                "{state} {} {}",
                page.ambulance_eta.map_or(0, Timestamp::as_millis),
                page.fetched
            ),
            live,
            raised: text(language, "page-raised", &[("time", clock.into())]),
            lead: say(&format!("page-{key}-lead")),
            event: say(&event_key(page.event_type)),
            place_name: page.place_name.clone(),
            ending: (!live).then(|| say(&format!("page-{key}-text"))),
            times: times(page, now),
            destination: destination(&page.state).map(Shown::of),
            address: say(if stops { "page-task-then" } else { "page-address" }),
            task,
            what_to_do: what_to_do(language, page.event_type),
            buttons: buttons.iter().map(button).collect(),
            asks_minutes: page.state == PageState::Asked,
            push_key: app.push_key.clone().filter(|_| offers),
        }
    }
}

impl Page for View {
    fn language(&self) -> Language {
        self.language
    }
}

impl Shown {
    fn of(to: &Destination) -> Self {
        let (lat, lon) = (to.position.lat(), to.position.lon());
        Self {
            detail: to.detail.clone(),
            coordinates: format!("{lat:.5} N, {lon:.5} E"),
            link: format!("geo:{lat:.6},{lon:.6}"),
        }
    }
}

impl ShownTask {
    fn of(page: &CallOutPage) -> Option<Self> {
        let say = |key: &str, what: &[(&'static str, FluentValue<'_>)]| text(page.language, key, what);
        let named = |what: &Words| [("thing", what.within(page.language).to_owned().into())];
        let done = |text| Self { title: say("page-task", &[]), text, stop: None };
        match &page.task {
            Task::Straight => None,
            Task::Guide => Some(done(say("page-task-guide", &[]))),
            Task::Fetch { what, .. } | Task::Bring { what } if page.fetched => {
                Some(done(say("page-task-fetched", &named(what))))
            }
            Task::Bring { what } => Some(done(say("page-task-bring", &named(what)))),
            Task::Fetch { what, place, position } => {
                let stop = Destination { detail: place.clone(), position: *position };
                let text = say("page-task-fetch", &named(what));
                Some(Self { title: say("page-task-first", &[]), text, stop: Some(Shown::of(&stop)) })
            }
        }
    }
}

/// The state's name in the page and in the Fluent keys.
fn named(state: &PageState) -> (&'static str, &'static str) {
    match state {
        PageState::Asked => ("asked", "asked"),
        PageState::Accepted(_) => ("accepted", "accepted"),
        PageState::Departed(_) => ("departed", "departed"),
        PageState::OnScene(_) => ("on_scene", "on-scene"),
        PageState::Done => ("done", "done"),
        PageState::Declined => ("declined", "declined"),
        PageState::Released => ("released", "released"),
        PageState::StoodDown => ("stood_down", "stood-down"),
        PageState::Closed => ("closed", "closed"),
    }
}

fn destination(state: &PageState) -> Option<&Destination> {
    match state {
        PageState::Accepted(to) | PageState::Departed(to) | PageState::OnScene(to) => Some(to),
        PageState::Asked
        | PageState::Done
        | PageState::Declined
        | PageState::Released
        | PageState::StoodDown
        | PageState::Closed => None,
    }
}

/// What the person can say now, the likeliest first: answer, class of the button, key of its text.
fn buttons(state: &PageState, fetches: bool) -> Vec<(PageAnswer, &'static str, &'static str)> {
    const CANNOT: (PageAnswer, &str, &str) = (PageAnswer::Decline, "no", "page-cannot-come");
    const HELP: (PageAnswer, &str, &str) = (PageAnswer::Help, "help-me", "page-help");
    const DEPARTED: (PageAnswer, &str) = (PageAnswer::Departed, "page-departed");
    const FETCHED: (PageAnswer, &str) = (PageAnswer::Fetched, "page-fetched");
    const ON_SCENE: (PageAnswer, &str) = (PageAnswer::OnScene, "page-on-scene");
    let under_way = |steps: &[(PageAnswer, &'static str)]| {
        let left = steps.iter().filter(|(answer, _)| fetches || *answer != PageAnswer::Fetched);
        let class = |n| if n == 0 { "yes" } else { "second" };
        let steps = left.enumerate().map(|(n, (answer, key))| (*answer, class(n), *key));
        steps.chain([CANNOT, HELP]).collect()
    };
    match state {
        PageState::Asked => {
            vec![(PageAnswer::Accept, "yes", "page-accept"), (PageAnswer::Decline, "no", "page-decline")]
        }
        PageState::Accepted(_) => under_way(&[DEPARTED, FETCHED, ON_SCENE]),
        PageState::Departed(_) => under_way(&[FETCHED, ON_SCENE]),
        PageState::OnScene(_) => vec![(PageAnswer::Done, "yes", "page-done"), HELP],
        PageState::Done
        | PageState::Declined
        | PageState::Released
        | PageState::StoodDown
        | PageState::Closed => Vec::new(),
    }
}

/// How far, how long, and when the ambulance comes.
fn times(page: &CallOutPage, now: Timestamp) -> Vec<String> {
    let language = page.language;
    let far = page.distance_m.map(|metres| {
        let tenths = (metres + 50) / 100;
        let mark = match language {
            Language::Swedish => ',',
            Language::English => '.',
        };
        let km = format!("{}{mark}{}", tenths / 10, tenths % 10);
        text(language, "page-you-far", &[("distance", km.into())])
    });
    let you = page.minutes.map(|minutes| text(language, "page-you", &[("minutes", minutes.into())]));
    let you = [you, far].into_iter().flatten().collect::<Vec<_>>().join(", ");
    let lines = [you, ambulance(page, now)];
    lines.into_iter().filter(|line| !line.is_empty()).collect()
}

fn ambulance(page: &CallOutPage, now: Timestamp) -> String {
    let Some(eta) = page.ambulance_eta else {
        return text(page.language, "page-ambulance-unknown", &[]);
    };
    match eta.since(now).as_secs().div_ceil(60) {
        0 => text(page.language, "page-ambulance-soon", &[]),
        minutes => text(page.language, "page-ambulance", &[("minutes", minutes.into())]),
    }
}

fn what_to_do(language: Language, event: EventType) -> String {
    let key = event.as_str().replace('_', "-");
    text(language, &format!("page-do-{key}"), &[])
}
