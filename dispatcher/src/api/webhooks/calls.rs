//! Telephone calls: the sound that 46elks fetches, the keys that people press, how a call ended.

use axum::extract::{Form, Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use certus_sms_bridge::MessageId;
use certus_sms_bridge::elks46::{self, Answered, Key, Script};
use serde_json::Value;

use super::{Fields, let_in, settings};
use crate::api::client::Client;
use crate::api::{Problem, SharedApp};

pub(super) fn router() -> Router<SharedApp> {
    Router::new()
        .route("/gateways/elks46/sound/{file}", get(sound))
        .route("/gateways/elks46/key", post(key))
        .route("/gateways/elks46/ended", post(ended))
}

/// Anybody may hear it: it is the same for everybody.
async fn sound(State(app): State<SharedApp>, Path(file): Path<String>) -> Result<Response, Problem> {
    let sound = script(&app)?.sound(&file).ok_or_else(|| Problem::not_found("sound"))?;
    let head =
        [(header::CONTENT_TYPE, "audio/wav"), (header::CACHE_CONTROL, "public, max-age=31536000, immutable")];
    Ok((head, sound.to_vec()).into_response())
}

/// The answer says what the caller hears next; without one the call ends.
async fn key(
    State(app): State<SharedApp>,
    source: Client,
    headers: HeaderMap,
    Query(query): Query<Fields>,
    Form(form): Form<Fields>,
) -> Result<Response, Problem> {
    let_in(settings(&app)?, &query, &headers, source)?;
    let (message, sentence) = (message(&query)?, query.get("say").map_or("", String::as_str));
    let next = match elks46::parse_key(message, &form, app.clock.now()) {
        Ok(Key::Answer { reply, yes }) => {
            let answered = match app.incoming.reply(&reply).await {
                Ok(_) if yes => Answered::Yes,
                Ok(_) => Answered::No,
                Err(error) => {
                    tracing::error!(%error, "a key that was pressed could not be stored; it is told again when the call ends");
                    Answered::Lost
                }
            };
            script(&app)?.after(sentence, answered)
        }
        Ok(Key::Other) => {
            let wrong = query.get("wrong").and_then(|wrong| wrong.parse().ok()).unwrap_or(0);
            script(&app)?.again(message, sentence, wrong)
        }
        Ok(Key::Nothing) => None,
        Err(error) => {
            tracing::warn!(%error, "what was told about a key makes no sense");
            None
        }
    };
    Ok(next
        .map_or_else(|| StatusCode::NO_CONTENT.into_response(), |action: Value| Json(action).into_response()))
}

async fn ended(
    State(app): State<SharedApp>,
    source: Client,
    headers: HeaderMap,
    Query(query): Query<Fields>,
    Form(form): Form<Fields>,
) -> Result<StatusCode, Problem> {
    let_in(settings(&app)?, &query, &headers, source)?;
    let message = message(&query)?;
    match elks46::parse_ended(message, &form, app.clock.now()) {
        Ok(ended) => {
            let unavailable = |error| Problem::unavailable(&error);
            if let Some(reply) = &ended.reply {
                app.incoming.reply(reply).await.map_err(unavailable)?;
            }
            if let Some(cost) = ended.cost {
                app.incoming.cost(message, cost).await.map_err(unavailable)?;
            }
            app.incoming.receipt(&ended.receipt).await.map_err(unavailable)?;
        }
        Err(error) => tracing::warn!(%error, "what was told about a call makes no sense"),
    }
    Ok(StatusCode::NO_CONTENT)
}

fn script(app: &SharedApp) -> Result<&Script, Problem> {
    app.script.as_deref().ok_or_else(|| Problem::not_found("gateway"))
}

fn message(query: &Fields) -> Result<MessageId, Problem> {
    query.get("ref").and_then(|text| text.parse().ok()).ok_or_else(|| Problem::not_found("message"))
}
