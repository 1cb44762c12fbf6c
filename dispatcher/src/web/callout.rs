//! `/c/{secret}`: what a person who was called out sees and answers, with or without JavaScript.
//!
//! The link is all the person has, so the page shows the exact address only after a yes, is never
//! kept, and does not count as seen because a program fetched it: only a script that runs or an answer
//! does.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Extension, Form, Router};
use certus_registry::{EventType, Language, Position, SecretHash, Timestamp};
use certus_sms_bridge::push::devices::Device;
use futures::future::BoxFuture;
use serde::Deserialize;

use super::language::Spoken;
use super::page::page;
use crate::api::{FieldError, Problem, SharedApp};
use crate::positions::{Point, Tally};
use crate::task::Task;

mod device;
mod position;
mod view;

use view::{UnknownLink, View};

/// The longest note that is kept, in characters: as much as two text messages.
const NOTE_MAX: usize = 300;
/// The longest travel time that a person may give, in minutes.
const MINUTES_MAX: u16 = 240;
/// How long after the alarm its link may register a browser: twice the longest life of an incident. Links are passed on, and
/// whoever registers is told of the person's later alarms.
pub const REGISTERS: Duration = Duration::from_hours(24);

/// What the page needs from the engine.
pub trait CallOuts: Send + Sync {
    /// The call-out whose link has this hash; `None` when there is none.
    fn view<'a>(&'a self, hash: &'a SecretHash) -> BoxFuture<'a, Result<Option<CallOutPage>, Problem>>;

    /// A person has opened the page. Not called when a program only fetched it.
    fn seen<'a>(&'a self, hash: &'a SecretHash) -> BoxFuture<'a, Result<(), Problem>>;

    /// The person answers; `false` when there is no such call-out. An answer that comes too late is no
    /// error: the page that is shown next tells how things stand.
    fn answer<'a>(
        &'a self,
        hash: &'a SecretHash,
        answer: PageAnswer,
        minutes: Option<u16>,
        note: Option<String>,
    ) -> BoxFuture<'a, Result<bool, Problem>>;

    /// The person lets us push to this browser; `false` when there is no such call-out, or it was raised longer ago than
    /// [`REGISTERS`].
    fn register<'a>(
        &'a self,
        hash: &'a SecretHash,
        device: &'a Device,
    ) -> BoxFuture<'a, Result<bool, Problem>>;

    /// The person lets us push to this browser no more; `false` when there is no such call-out.
    fn forget<'a>(&'a self, hash: &'a SecretHash, device: &'a Device)
    -> BoxFuture<'a, Result<bool, Problem>>;

    /// The person's browser says where it is; `None` when there is no such call-out, or the person is neither asked nor
    /// kept in it any more.
    fn position<'a>(
        &'a self,
        hash: &'a SecretHash,
        point: Point,
    ) -> BoxFuture<'a, Result<Option<Tally>, Problem>>;
}

/// What a person called out is shown.
#[derive(Debug, Clone, PartialEq)]
pub struct CallOutPage {
    /// The person's language.
    pub language: Language,
    /// What has happened.
    pub event_type: EventType,
    /// What the place is called; no address.
    pub place_name: String,
    /// When the incident was raised.
    pub raised_at: Timestamp,
    /// How far the person was from the place when asked, in metres.
    pub distance_m: Option<u32>,
    /// How long the person was expected to need when asked, in minutes.
    pub minutes: Option<u16>,
    /// When the ambulance is expected.
    pub ambulance_eta: Option<Timestamp>,
    /// Where the person stands.
    pub state: PageState,
    /// What the person does who has said yes.
    pub task: Task,
    /// Whether they have what they were to bring.
    pub fetched: bool,
}

/// Where a person called out stands, with the address for those who come.
#[derive(Debug, Clone, PartialEq)]
pub enum PageState {
    /// Asked, seen or timed out while a yes is still welcome.
    Asked,
    /// Has said yes.
    Accepted(Destination),
    /// Is on the way.
    Departed(Destination),
    /// Is there.
    OnScene(Destination),
    /// Has finished.
    Done,
    /// Has said no.
    Declined,
    /// Is not needed: others come.
    Released,
    /// The incident was stood down.
    StoodDown,
    /// The incident is closed.
    Closed,
}

/// Where those who come are to go.
#[derive(Debug, Clone, PartialEq)]
pub struct Destination {
    /// Address or directions; the place's name when there are none.
    pub detail: String,
    /// The point itself.
    pub position: Position,
}

/// What a person can say on the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PageAnswer {
    /// Yes, I am going.
    Accept,
    /// No, or not after all.
    Decline,
    /// I have left.
    Departed,
    /// I have what I was to bring.
    Fetched,
    /// I am there.
    OnScene,
    /// I am done.
    Done,
    /// I need help.
    Help,
}

impl PageAnswer {
    /// Every answer, for parsing.
    const ALL: [Self; 7] =
        [Self::Accept, Self::Decline, Self::Departed, Self::Fetched, Self::OnScene, Self::Done, Self::Help];

    /// How the form spells it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Accept => "accept",
            Self::Decline => "decline",
            Self::Departed => "departed",
            Self::Fetched => "fetched",
            Self::OnScene => "on_scene",
            Self::Done => "done",
            Self::Help => "help",
        }
    }
}

pub(super) fn router() -> Router<SharedApp> {
    Router::new()
        .route("/c/{secret}", get(show).post(answer))
        .route("/c/{secret}/seen", post(seen))
        .merge(device::router())
        .merge(position::router())
}

type Callouts = Extension<Arc<dyn CallOuts>>;

async fn show(
    State(app): State<SharedApp>,
    Extension(callouts): Callouts,
    spoken: Spoken,
    Path(secret): Path<String>,
) -> Result<Response, Problem> {
    match callouts.view(&SecretHash::of_dated(&secret)).await? {
        Some(found) => page(StatusCode::OK, &View::of(&found, &app)),
        None => unknown(spoken),
    }
}

fn unknown(spoken: Spoken) -> Result<Response, Problem> {
    page(StatusCode::NOT_FOUND, &UnknownLink { language: spoken.language })
}

async fn seen(Extension(callouts): Callouts, Path(secret): Path<String>) -> Result<StatusCode, Problem> {
    callouts.seen(&SecretHash::of_dated(&secret)).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
struct Answered {
    answer: String,
    #[serde(default)]
    minutes: String,
    #[serde(default)]
    note: String,
}

async fn answer(
    Extension(callouts): Callouts,
    spoken: Spoken,
    Path(secret): Path<String>,
    Form(answered): Form<Answered>,
) -> Result<Response, Problem> {
    let (answer, minutes, note) = parsed(&answered)?;
    if !callouts.answer(&SecretHash::of_dated(&secret), answer, minutes, note).await? {
        return unknown(spoken);
    }
    // A secret that was found is letters and digits once it is trimmed.
    Ok(Redirect::to(&format!("/c/{}", secret.trim())).into_response())
}

fn parsed(answered: &Answered) -> Result<(PageAnswer, Option<u16>, Option<String>), Problem> {
    let known = PageAnswer::ALL.into_iter().find(|answer| answer.as_str() == answered.answer);
    let answer = known.ok_or_else(|| wrong("answer", "expected one of the page's buttons"))?;
    let minutes = match answered.minutes.trim() {
        "" => None,
        text => {
            let parsed = text.parse().ok().filter(|minutes| (1..=MINUTES_MAX).contains(minutes));
            Some(parsed.ok_or_else(|| wrong("minutes", "expected 1 to 240"))?)
        }
    };
    // Cut rather than refused: an answer must not be lost over a long greeting.
    let note: String = answered.note.trim().chars().take(NOTE_MAX).collect();
    Ok((answer, minutes, (!note.is_empty()).then_some(note)))
}

fn wrong(field: &str, why: &str) -> Problem {
    Problem::invalid_fields(vec![FieldError::invalid(field, why)])
}
