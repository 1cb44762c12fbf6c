//! `/v1/events`: what changes, as it changes (Server-Sent Events).
//!
//! An event names an incident and its version; the reader reads it again. So nothing is lost by a lost event: whoever
//! connects, or falls behind, is told to `resync` and reads the list.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::response::Sse;
use axum::response::sse::{Event, KeepAlive};
use certus_registry::{Database, Remit, Scope};
use futures::{Stream, StreamExt, stream};
use tokio_stream::wrappers::BroadcastStream;
use tokio_stream::wrappers::errors::BroadcastStreamRecvError;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Caller, Problem, SharedApp};
use crate::engine::{Changed, store};

/// A comment this often keeps proxies from closing a quiet stream.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// The routes below `/v1`.
pub(crate) fn router() -> OpenApiRouter<SharedApp> {
    OpenApiRouter::new().routes(routes!(events))
}

/// Changes of the incidents of the caller's county as they happen.
///
/// Events `incident` with data `{"id": …, "version": …}`, and `resync` at the beginning and whenever the reader fell
/// behind: read `/v1/incidents` again.
#[utoipa::path(get, path = "/events", tag = "incidents", responses(
    (status = 200, description = "A stream of events", content_type = "text/event-stream", body = String), Problem,
))]
async fn events(
    State(app): State<SharedApp>,
    caller: Caller,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    caller.require(Scope::IncidentsRead)?;
    let (db, remit) = (app.db.clone(), caller.remit());
    let changes =
        BroadcastStream::new(app.engine.changes()).filter_map(move |change| told(db.clone(), remit, change));
    let stream = stream::once(async { resync() }).chain(changes).take_until(app.stopping.begun());
    Ok(Sse::new(stream.map(Ok)).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)))
}

/// What a reader is told of a change; nothing of what was raised in another county. Where the database cannot say, the reader is
/// to read again.
async fn told(
    db: Database,
    remit: Remit,
    change: Result<Changed, BroadcastStreamRecvError>,
) -> Option<Event> {
    let Ok(change) = change else { return Some(resync()) };
    if remit.is_all() {
        return Some(incident(change));
    }
    match store::covers(&db, remit, change.incident).await {
        Ok(true) => Some(incident(change)),
        Ok(false) => None,
        Err(_) => Some(resync()),
    }
}

fn incident(change: Changed) -> Event {
    let data = serde_json::json!({ "id": change.incident, "version": change.version });
    Event::default().event("incident").data(data.to_string())
}

fn resync() -> Event {
    Event::default().event("resync").data("{}")
}
