//! Keeps the library's session going. Each time `rusmppc` 0.4 is woken it takes five requests from its queue, writes two
//! of them, and then waits, with the rest in its hands, until something else wakes it: an answer, or after 30 s its own
//! keep-alive. Six messages at once could so stand still until they counted as unanswered. What it writes in its turns
//! leaves in one piece ([`Cork`]).

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

use super::corked::Cork;

/// A session's own future, woken as often as it takes to write what a full window may have queued. Ends with the session,
/// or when what it wrote cannot leave.
pub(super) async fn driven(session: impl Future<Output = ()>, cork: Cork, window: u32) {
    let mut session = pin!(session);
    // Two requests at each turn and five taken over: a window's worth of turns is more than both together. The two are for
    // answers of our own, which have no place in the window.
    let turns = window.saturating_add(2);
    poll_fn(move |context| {
        let ended = (0..turns).any(|_| session.as_mut().poll(context).is_ready());
        let broken = matches!(cork.pull(context), Poll::Ready(Err(_)));
        if ended || broken { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::pin::Pin;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::Context;
    use std::time::Duration;

    use futures::future::{join_all, select};
    use rusmppc::ConnectionBuilder;
    use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, DuplexStream, ReadBuf};

    use super::*;
    use crate::smpp::corked::corked;
    use crate::smpp::submit::submits;
    use crate::smpp::submit::tests::outgoing;

    const WINDOW: usize = 10;

    /// Counts writes.
    struct Counted(DuplexStream, Arc<AtomicUsize>);

    impl AsyncRead for Counted {
        fn poll_read(
            mut self: Pin<&mut Self>,
            context: &mut Context<'_>,
            into: &mut ReadBuf<'_>,
        ) -> Poll<io::Result<()>> {
            Pin::new(&mut self.0).poll_read(context, into)
        }
    }

    impl AsyncWrite for Counted {
        fn poll_write(
            mut self: Pin<&mut Self>,
            context: &mut Context<'_>,
            octets: &[u8],
        ) -> Poll<io::Result<usize>> {
            self.1.fetch_add(1, Ordering::Relaxed);
            Pin::new(&mut self.0).poll_write(context, octets)
        }

        fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
            Pin::new(&mut self.0).poll_flush(context)
        }

        fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
            Pin::new(&mut self.0).poll_shutdown(context)
        }
    }

    #[tokio::test]
    async fn a_full_window_leaves_at_once_and_in_one_piece_though_nobody_answers() {
        let (ours, mut theirs) = tokio::io::duplex(64 * 1024);
        let writes = Arc::new(AtomicUsize::new(0));
        let (stream, cork) = corked(Box::new(Counted(ours, Arc::clone(&writes))));
        let (client, _events, session) = ConnectionBuilder::new().no_spawn().connected(stream);
        tokio::spawn(driven(session, cork, u32::try_from(WINDOW).unwrap()));
        let message = submits(&outgoing("Larm"), "71700", 1).unwrap().remove(0);
        let sending = pin!(join_all((0..WINDOW).map(|_| client.submit_sm(message.clone()))));
        let taking = pin!(async {
            for _ in 0..WINDOW {
                let length = theirs.read_u32().await.unwrap() as usize;
                theirs.read_exact(&mut vec![0; length - 4]).await.unwrap();
            }
        });
        let both = tokio::time::timeout(Duration::from_secs(1), select(taking, sending)).await;
        assert!(both.is_ok(), "some of them never left");
        assert_eq!(writes.load(Ordering::Relaxed), 1);
    }

    #[tokio::test]
    async fn whoever_waits_is_told_when_nothing_can_leave() {
        let (ours, theirs) = tokio::io::duplex(64);
        let (stream, cork) = corked(Box::new(ours));
        let (client, _events, session) = ConnectionBuilder::new().no_spawn().connected(stream);
        let driving = tokio::spawn(driven(session, cork, 1));
        let message = submits(&outgoing("Larm"), "71700", 1).unwrap().remove(0);
        let sending = tokio::spawn(async move { client.submit_sm(message).await.map(drop) });
        drop(theirs);
        let ended =
            tokio::time::timeout(Duration::from_secs(1), async { (driving.await, sending.await) }).await;
        let (_, sent) = ended.expect("both end");
        assert!(sent.unwrap().is_err());
    }
}
