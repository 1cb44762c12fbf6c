//! What the gateway needs of gammu-smsd's back ends.

use futures::future::BoxFuture;

use super::received::Piece;
use super::tag::Tag;
use crate::{MessageId, Outgoing};

/// Why a back end could not do something.
#[derive(Debug, thiserror::Error)]
pub(super) enum SpoolError {
    /// Nothing was done.
    #[error("{0}")]
    Unreachable(String),
    /// It may have been done.
    #[error("{0}")]
    Unanswered(String),
}

/// A message that gammu has tried to send, by its parts.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Tried {
    pub(super) tag: Tag,
    /// One word of gammu's for each part tried.
    pub(super) told: Vec<String>,
}

/// What gammu-smsd reads from and writes to.
pub(super) trait Spool: Send + Sync {
    /// Gives it a message, all its parts or none. The same message is not taken twice.
    fn put<'a>(&'a self, tag: Tag, message: &'a Outgoing) -> BoxFuture<'a, Result<(), SpoolError>>;

    /// Whether it has the message, sent or not.
    fn has(&self, message: MessageId) -> BoxFuture<'_, Result<bool, SpoolError>>;

    /// Ours that it has not tried yet, those that go first first.
    fn waiting(&self) -> BoxFuture<'_, Result<Vec<Tag>, SpoolError>>;

    /// Ours that it has tried.
    fn tried(&self) -> BoxFuture<'_, Result<Vec<Tried>, SpoolError>>;

    /// Takes a message away from it, tried or not.
    fn remove(&self, tag: Tag) -> BoxFuture<'_, Result<(), SpoolError>>;

    /// What it has received.
    fn received(&self) -> BoxFuture<'_, Result<Vec<Piece>, SpoolError>>;

    /// Takes what it has received away.
    fn take<'a>(&'a self, keys: &'a [String]) -> BoxFuture<'a, Result<(), SpoolError>>;
}
