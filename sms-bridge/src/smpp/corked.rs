//! One write for everything that a session says in one go: `rusmppc` 0.4 writes and flushes each request by itself, and a
//! full window of them cost ten system calls, and ten records of TLS.
//!
//! What is written is kept until [`Cork::pull`], which whoever drives the session calls when it has said all it has to say.
//! An error of the stream ends the session: whoever waits for an answer then does not know whether the request left, as
//! always when a connection is lost.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::connect::Stream;

/// More than this is not kept: it is more than any window of short messages.
const KEPT_MAX: usize = 64 * 1024;

/// A stream that keeps what is written to it.
pub(super) struct Corked(Arc<Mutex<Bottle>>);

/// Lets out what a [`Corked`] keeps.
pub(super) struct Cork(Arc<Mutex<Bottle>>);

struct Bottle {
    stream: Box<dyn Stream>,
    kept: Vec<u8>,
}

/// The stream, and what lets out what is written to it.
pub(super) fn corked(stream: Box<dyn Stream>) -> (Corked, Cork) {
    let bottle = Arc::new(Mutex::new(Bottle { stream, kept: Vec::new() }));
    (Corked(Arc::clone(&bottle)), Cork(bottle))
}

impl Cork {
    /// Ready when nothing is kept any more.
    pub(super) fn pull(&self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        lock(&self.0).empty(context)
    }
}

impl Bottle {
    fn empty(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.kept.is_empty() {
            return Poll::Ready(Ok(()));
        }
        while !self.kept.is_empty() {
            let written = ready!(Pin::new(&mut self.stream).poll_write(context, &self.kept))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.kept.drain(..written);
        }
        Pin::new(&mut self.stream).poll_flush(context)
    }
}

impl AsyncRead for Corked {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut lock(&self.0).stream).poll_read(context, into)
    }
}

impl AsyncWrite for Corked {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, octets: &[u8]) -> Poll<io::Result<usize>> {
        let mut bottle = lock(&self.0);
        if bottle.kept.len() + octets.len() > KEPT_MAX {
            ready!(bottle.empty(context))?;
        }
        bottle.kept.extend_from_slice(octets);
        Poll::Ready(Ok(octets.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut bottle = lock(&self.0);
        ready!(bottle.empty(context))?;
        Pin::new(&mut bottle.stream).poll_shutdown(context)
    }
}

fn lock(bottle: &Mutex<Bottle>) -> MutexGuard<'_, Bottle> {
    bottle.lock().unwrap_or_else(PoisonError::into_inner)
}
