//! Keeps the library's session going. Each time `rusmppc` 0.4 is woken it takes five requests from its queue, writes two
//! of them, and then waits, with the rest in its hands, until something else wakes it: an answer, or after 30 s its own
//! keep-alive. Six messages at once could so stand still until they counted as unanswered.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

/// A session's own future, woken as often as it takes to write what a full window may have queued.
pub(super) async fn driven(session: impl Future<Output = ()>, window: u32) {
    let mut session = pin!(session);
    // Two requests at each turn and five taken over: a window's worth of turns is more than both together. The two are for
    // answers of our own, which have no place in the window.
    let turns = window.saturating_add(2);
    poll_fn(move |context| {
        let ended = (0..turns).any(|_| session.as_mut().poll(context).is_ready());
        if ended { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use futures::future::{join_all, select};
    use rusmppc::ConnectionBuilder;
    use tokio::io::AsyncReadExt as _;

    use super::*;
    use crate::smpp::submit::submits;
    use crate::smpp::submit::tests::outgoing;

    const WINDOW: usize = 10;

    #[tokio::test]
    async fn a_full_window_leaves_at_once_though_nobody_answers() {
        let (ours, mut theirs) = tokio::io::duplex(64 * 1024);
        let (client, _events, session) = ConnectionBuilder::new().no_spawn().connected(ours);
        tokio::spawn(driven(session, u32::try_from(WINDOW).unwrap()));
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
    }
}
