//! Two records of one person become one: what only the other's says goes over to the one that is kept, and the other is taken out
//! as if the person had left (`own/leave.rs`). What is about past call-outs and looks stays under the identifier it was written
//! under, which no longer leads to anybody.

use certus_registry::audit::Action;
use certus_registry::store::likeness;
use certus_registry::{RegistryError, VolunteerId};

use crate::api::{App, Caller};
use crate::engine::EngineError;
use crate::own::leave::{is_engaged, take_out};

/// What came of taking one record over into another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Merging {
    /// There is one left.
    Done,
    /// Whoever is to go is on a call-out: it must be over first.
    OnCallOut,
    /// One of them is not there any more, or they are one record.
    Unknown,
}

/// Takes `gone` over into `kept`, all of it or nothing.
///
/// # Errors
/// [`EngineError`] when the database fails; nothing was changed then.
pub async fn merge(
    app: &App,
    caller: &Caller,
    gone: VolunteerId,
    kept: VolunteerId,
) -> Result<Merging, EngineError> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    if !likeness::hand_over(&mut tx, caller.remit(), now, gone, kept).await? {
        return Ok(Merging::Unknown);
    }
    if take_out(&mut tx, now, gone).await?.is_none() {
        return Ok(Merging::Unknown);
    }
    // After everything else, so that a call-out which commits meanwhile is seen.
    if is_engaged(&mut tx, gone).await? {
        return Ok(Merging::OnCallOut);
    }
    let detail = format!("{gone} into {kept}");
    app.did(&mut tx, caller, Action::PersonMerged, vec![kept, gone], &detail).await?;
    tx.commit().await.map_err(RegistryError::from)?;
    app.positions.forget(gone);
    Ok(Merging::Done)
}
