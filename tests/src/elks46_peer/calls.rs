//! Telephone calls: a phone rings, somebody may answer, hears the sound that our side serves, and presses keys.

use axum::Json;
use axum::extract::{Form, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use certus_registry::time::SystemClock;
use certus_registry::{Clock, Phone};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::api::{Page, is_authorised, list_of, refuse};
use super::{Message, Peer, elks_time, pause, webhooks};

/// A call costs 60 öre.
const COST: u32 = 6_000;
/// Actions followed in one call at most.
const ACTIONS_MAX: usize = 20;
/// From ringing to the answer, and from the end of a sentence to a key.
const MOMENT_MS: u64 = 20;

/// How phones behave when they ring, from now on.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Ringing {
    /// `success` (somebody, or a machine, answers), `busy` or `failed`.
    pub state: String,
    /// What is pressed at each question, one after the other; then nothing.
    pub keys: Vec<String>,
    /// The webhook for a pressed key is not posted: it is told only when the call has ended.
    pub forgets_keys: bool,
}

/// A call that was made.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Call {
    /// The API's id.
    pub id: String,
    /// Who was rung up.
    pub to: String,
    /// The sounds that were played, in order: their URL's last part, and how many octets they had.
    pub heard: Vec<(String, usize)>,
    /// The webhook at its end has been taken.
    pub over: bool,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Calling {
    from: String,
    to: String,
    voice_start: String,
    whenhangup: Option<String>,
    timeout: Option<u32>,
}

pub(super) async fn make(
    State(peer): State<Peer>,
    headers: HeaderMap,
    Form(form): Form<Calling>,
) -> Response {
    if !is_authorised(&peer, &headers) {
        return refuse(401, "Wrong username or password.");
    }
    if form.to.parse::<Phone>().is_err() || !form.to.starts_with('+') || !form.from.starts_with('+') {
        return refuse(400, "Invalid to number");
    }
    let Ok(start) = serde_json::from_str::<Value>(&form.voice_start) else {
        return refuse(400, "Invalid voice_start");
    };
    if form.timeout.is_some_and(|seconds| !(1..=120).contains(&seconds)) {
        return refuse(400, "Invalid timeout");
    }
    let entry = Message {
        id: peer.new_id(),
        status: "ongoing".to_owned(),
        from: form.from.clone(),
        to: form.to.clone(),
        message: None,
        created: elks_time(SystemClock.now(), peer.books().made.len()),
        direction: "outgoing".to_owned(),
        cost: 0,
    };
    let call = Call { id: entry.id.clone(), to: entry.to.clone(), heard: Vec::new(), over: false };
    peer.books().made.push(entry.clone());
    peer.books().calls.push(call);
    tokio::spawn(ring(peer.clone(), entry.id.clone(), form, start));
    let answer = json!({"id": entry.id, "state": "ongoing", "direction": "outgoing", "from": entry.from,
                        "to": entry.to, "created": entry.created});
    Json(answer).into_response()
}

pub(super) async fn list(
    State(peer): State<Peer>,
    headers: HeaderMap,
    axum::extract::Query(page): axum::extract::Query<Page>,
) -> Response {
    if !is_authorised(&peer, &headers) {
        return refuse(401, "Wrong username or password.");
    }
    list_of(&peer.books().made, &page)
}

pub(super) async fn ringing(State(peer): State<Peer>, Json(ringing): Json<Ringing>) {
    peer.books().ringing = Some(ringing);
}

pub(super) async fn told(State(peer): State<Peer>) -> Json<Vec<Call>> {
    Json(peer.books().calls.clone())
}

/// The whole call, and what is told at its end.
async fn ring(peer: Peer, id: String, form: Calling, start: Value) {
    peer.books().waiting += 1;
    pause(MOMENT_MS).await;
    let ringing =
        peer.books().ringing.clone().unwrap_or(Ringing { state: "failed".into(), ..Ringing::default() });
    let actions = if ringing.state == "success" {
        talk(&peer, &id, &form, start, ringing.clone()).await
    } else {
        Vec::new()
    };
    let fields = vec![
        ("id", id.clone()),
        ("direction", "outgoing".to_owned()),
        ("from", form.from),
        ("to", form.to),
        ("state", ringing.state),
        ("cost", COST.to_string()),
        ("actions", Value::from(actions).to_string()),
    ];
    if let Some(url) = form.whenhangup {
        webhooks::post_until_taken(&peer, &url, &fields).await;
    }
    let mut books = peer.books();
    if let Some(call) = books.calls.iter_mut().find(|call| call.id == id) {
        call.over = true;
    }
    books.waiting -= 1;
}

/// Follows the actions as they come; returns what each came to.
async fn talk(peer: &Peer, id: &str, form: &Calling, start: Value, mut ringing: Ringing) -> Vec<Value> {
    let (mut next, mut done) = (Some(start), Vec::new());
    while let Some(action) = next.take().filter(|_| done.len() < ACTIONS_MAX) {
        let question = action["ivr"].as_str();
        let Some(sound) = question.or(action["play"].as_str()).map(str::to_owned) else { break };
        let played = play(peer, id, &sound).await;
        pause(MOMENT_MS).await;
        let result = match (played, question) {
            (false, _) => "failed".to_owned(),
            (true, None) => "success".to_owned(),
            (true, Some(_)) if ringing.keys.is_empty() => "failed".to_owned(),
            (true, Some(_)) => ringing.keys.remove(0),
        };
        let kind = if question.is_some() { "ivr" } else { "play" };
        done.push(json!({ kind: sound, "result": result }));
        if let Some(url) = action["next"].as_str()
            && !ringing.forgets_keys
        {
            let fields = [
                ("callid", id),
                ("direction", "outgoing"),
                ("from", &form.from),
                ("to", &form.to),
                ("result", &result),
            ];
            let answer = peer.http.post(url).form(&fields).send().await;
            next = match answer {
                Ok(answer) if answer.status().is_success() => answer.json().await.ok(),
                Ok(_) | Err(_) => None, // the call ends
            };
        }
    }
    done
}

/// Fetches a sound as a player would: it must be a whole WAV.
async fn play(peer: &Peer, id: &str, url: &str) -> bool {
    let Ok(answer) = peer.http.get(url).send().await else { return false };
    let is_wav = answer.status() == 200
        && answer.headers().get("content-type").is_some_and(|kind| kind == "audio/wav");
    let Ok(sound) = answer.bytes().await else { return false };
    let length = sound.get(4..8).and_then(|octets| octets.try_into().ok()).map_or(0, u32::from_le_bytes);
    let whole =
        sound.starts_with(b"RIFF") && usize::try_from(length).is_ok_and(|length| length + 8 == sound.len());
    if is_wav && whole {
        let file = url.rsplit('/').next().unwrap_or_default().to_owned();
        let mut books = peer.books();
        if let Some(call) = books.calls.iter_mut().find(|call| call.id == id) {
            call.heard.push((file, sound.len()));
        }
    }
    is_wav && whole
}
