//! Leaving: what is held about a person goes, but for what the law wants kept, which no longer leads to anybody.
//!
//! The person is gone from the registry and with that from every search: whoever has found them before the commit is refused by
//! the registry's revision (`engine/commit.rs`).

use certus_registry::audit::{Action, Line};
use certus_registry::resource::ResourceCode;
use certus_registry::store::volunteer::Erased;
use certus_registry::store::{audit, volunteer};
use certus_registry::{Timestamp, Tx, VolunteerId, on};
use certus_sms_bridge::person;

use crate::api::App;
use crate::engine::{EngineError, STAND_DOWN};
use crate::{confirming, positions, reminders, trail};

/// What came of somebody's wish to leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leaving {
    /// They are gone.
    Gone,
    /// They are on a call-out: it must be over first.
    OnCallOut,
    /// There is no such person.
    Unknown,
}

/// Takes a person out at their own word, all of it or nothing.
///
/// # Errors
/// [`EngineError`] when the database fails; nothing was taken away then.
pub async fn leave(app: &App, who: VolunteerId) -> Result<Leaving, EngineError> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let Some(erased) = take_out(&mut tx, now, who).await? else { return Ok(Leaving::Unknown) };
    // After everything else, so that a call-out which commits meanwhile is seen.
    if is_engaged(&mut tx, who).await? {
        return Ok(Leaving::OnCallOut);
    }
    audit::append(&mut tx, Line::own(now, who, Action::PersonErased, gone_with(&erased))).await?;
    tx.commit().await?;
    app.positions.forget(who);
    Ok(Leaving::Gone)
}

/// Takes away what is held about a person, in every table; `None`: there is no such person.
///
/// # Errors
/// [`EngineError`] when the database fails; drop the transaction then.
pub async fn take_out(tx: &mut Tx, now: Timestamp, who: VolunteerId) -> Result<Option<Erased>, EngineError> {
    let Some(erased) = volunteer::erase(tx, now, who).await? else { return Ok(None) };
    person::erase(tx, now, &erased.person.phone, STAND_DOWN).await?;
    positions::store::remove(tx, who).await?;
    trail::remove(tx, who).await?;
    reminders::store::remove(tx, who).await?;
    confirming::store::remove(tx, who).await?;
    forget_learned(tx, who).await?;
    Ok(Some(erased))
}

/// What went with them, for the board: codes of things are nobody's data.
fn gone_with(erased: &Erased) -> String {
    let codes: Vec<&str> = erased.resources.iter().map(ResourceCode::as_str).collect();
    if codes.is_empty() { String::new() } else { format!("resources: {}", codes.join(" ")) }
}

/// Whether somebody is on a call-out.
///
/// # Errors
/// [`EngineError`] when the database fails.
pub async fn is_engaged(tx: &mut Tx, who: VolunteerId) -> Result<bool, EngineError> {
    const SQL: &str = "SELECT COUNT(*) FROM engagements WHERE responder = $1";
    let engaged: i64 = on!(tx, c => sqlx::query_scalar(SQL).bind(who.to_string()).fetch_one(c).await?);
    Ok(engaged > 0)
}

/// How often they came is theirs, too, and since when they rest.
async fn forget_learned(tx: &mut Tx, who: VolunteerId) -> Result<(), EngineError> {
    for sql in ["DELETE FROM answers WHERE responder = $1", "DELETE FROM rests WHERE responder = $1"] {
        on!(tx, c => sqlx::query(sql).bind(who.to_string()).execute(c).await.map(drop)?);
    }
    Ok(())
}
