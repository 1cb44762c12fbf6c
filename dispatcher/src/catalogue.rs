//! What the board says of the kinds of resource, as far as the policies in force let it: what they want brought stays something that
//! can be. An approval looks at the same from its side (`policies/store.rs`), and both hold the registry's revision.

use std::sync::Arc;

use certus_registry::catalogue::Entry;
use certus_registry::store::{Change, catalogue};
use certus_registry::{EventType, ResourceKind, Timestamp, Tx};

use crate::engine::EngineError;
use crate::policies::{Policies, store};

/// Why the catalogue stays as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is no such kind.
    #[error("there is no resource kind '{0}'")]
    Unknown(ResourceKind),
    /// There is one already.
    #[error("there is a resource kind '{0}' already")]
    Taken(ResourceKind),
    /// Policies in force want it brought.
    #[error(
        "the policy of {event} in force wants '{kind}' brought; let another policy come into force first"
    )]
    Wanted {
        /// The kind.
        kind: ResourceKind,
        /// The event type whose policy does.
        event: EventType,
    },
}

/// Writes down what `onto` makes of what is held of a kind, if anything is; `first` are the policies before the board has approved any.
///
/// # Errors
/// [`EngineError`] when the database fails or a row is damaged.
pub async fn change(
    tx: &mut Tx,
    now: Timestamp,
    first: &Arc<Policies>,
    kind: ResourceKind,
    onto: impl FnOnce(Option<&Entry>) -> Result<Entry, Refusal>,
) -> Result<Result<(Entry, Change), Refusal>, EngineError> {
    let kinds = catalogue::locked(tx).await?;
    let held = kinds.get(kind);
    let entry = match onto(held) {
        Ok(entry) => entry,
        Err(refusal) => return Ok(Err(refusal)),
    };
    if held.is_some_and(|held| held.brought) && !entry.brought {
        let in_force = store::in_force_within(tx, first).await?;
        if let Some(event) = in_force.wants(kind) {
            return Ok(Err(Refusal::Wanted { kind, event }));
        }
    }
    let change = catalogue::put(tx, now, &entry).await?;
    Ok(Ok((entry, change)))
}

/// What was done, for the log.
pub(crate) fn said(entry: &Entry, done: Change) -> String {
    let what = if done == Change::Created { "added" } else { "changed" };
    format!("{} {what}{}", entry.code, if entry.retired { ", retired" } else { "" })
}
