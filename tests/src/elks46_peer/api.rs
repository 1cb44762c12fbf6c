//! The API as 46elks documents it.

use axum::Json;
use axum::extract::{Form, Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use certus_registry::time::SystemClock;
use certus_registry::{Clock, Phone};
use serde::{Deserialize, Serialize};

use super::control::Fault;
use super::{Message, Peer, elks_time, pause, phones};

/// A message costs 35 öre.
const COST: u32 = 3_500;
/// Longer than any client waits.
const NEVER_MS: u64 = 600_000;

/// What is posted to send a message.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Sending {
    from: Option<String>,
    to: Option<String>,
    message: Option<String>,
    whendelivered: Option<String>,
    dryrun: Option<String>,
    dontlog: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Page {
    limit: Option<usize>,
    /// Messages before this time.
    start: Option<String>,
}

#[derive(Debug, Serialize)]
struct List {
    data: Vec<Message>,
    /// What to give as `start` for those before these.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

pub(super) async fn send(
    State(peer): State<Peer>,
    headers: HeaderMap,
    Form(form): Form<Sending>,
) -> Response {
    if !is_authorised(&peer, &headers) {
        return refuse(401, "Wrong username or password.");
    }
    let fault = peer.books().trouble.next();
    match fault {
        Fault::None | Fault::Silent => {}
        Fault::Slow { milliseconds } => pause(milliseconds).await,
        Fault::Fail { status } => return refuse(status, "The message was not sent."),
    }
    let answer = accept(&peer, form);
    if fault == Fault::Silent {
        pause(NEVER_MS).await;
    }
    answer
}

pub(super) async fn list(State(peer): State<Peer>, headers: HeaderMap, Query(page): Query<Page>) -> Response {
    if !is_authorised(&peer, &headers) {
        return refuse(401, "Wrong username or password.");
    }
    list_of(&peer.books().messages, &page)
}

/// The latest first.
pub(super) fn list_of(all: &[Message], page: &Page) -> Response {
    let limit = page.limit.unwrap_or(100).min(100);
    let before = |message: &&Message| page.start.as_ref().is_none_or(|start| message.created < *start);
    let mut older = all.iter().rev().filter(before);
    let data: Vec<Message> = older.by_ref().take(limit).cloned().collect();
    let next = older.next().and(data.last()).map(|last| last.created.clone());
    Json(List { data, next }).into_response()
}

pub(super) async fn one(State(peer): State<Peer>, headers: HeaderMap, Path(id): Path<String>) -> Response {
    if !is_authorised(&peer, &headers) {
        return refuse(401, "Wrong username or password.");
    }
    let found = peer.books().messages.iter().find(|message| message.id == id).cloned();
    found.map_or_else(|| refuse(404, "No such message."), |message| Json(message).into_response())
}

fn accept(peer: &Peer, form: Sending) -> Response {
    let (from, to, text) = match check(&form) {
        Ok(checked) => checked,
        Err(why) => return refuse(400, why),
    };
    let logged = (form.dontlog.as_deref() != Some("message")).then(|| text.clone());
    let message = Message {
        id: peer.new_id(),
        status: "created".to_owned(),
        from,
        to: to.as_str().to_owned(),
        message: logged,
        created: elks_time(SystemClock.now(), peer.books().messages.len()),
        direction: "outgoing".to_owned(),
        cost: COST,
    };
    if form.dryrun.as_deref() != Some("yes") {
        peer.books().messages.push(message.clone());
        tokio::spawn(phones::deliver(peer.clone(), message.clone(), text, form.whendelivered));
    }
    Json(message).into_response()
}

fn check(form: &Sending) -> Result<(String, Phone, String), &'static str> {
    let from = form.from.clone().ok_or("Missing key from")?;
    let to = form.to.as_deref().ok_or("Missing key to")?;
    let message = form.message.clone().filter(|text| !text.is_empty()).ok_or("Missing key message")?;
    let sender_is_name = (3..=11).contains(&from.len())
        && from.starts_with(|c: char| c.is_ascii_alphabetic())
        && from.chars().all(|c| c.is_ascii_alphanumeric());
    let sender_is_number = from.starts_with('+') && from.parse::<Phone>().is_ok();
    if !sender_is_name && !sender_is_number {
        return Err("Invalid from");
    }
    let to = to.parse().ok().filter(|_| to.starts_with('+')).ok_or("Invalid to number")?;
    Ok((from, to, message))
}

/// Basic authentication.
pub(super) fn is_authorised(peer: &Peer, headers: &HeaderMap) -> bool {
    let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let expected =
        peer.http.get("http://localhost/").basic_auth(&peer.settings.username, Some(&peer.settings.password));
    let expected =
        expected.build().ok().and_then(|request| request.headers().get(header::AUTHORIZATION).cloned());
    expected.is_some_and(|expected| expected.as_bytes() == given.as_bytes())
}

pub(super) fn refuse(status: u16, text: &'static str) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, text).into_response()
}
