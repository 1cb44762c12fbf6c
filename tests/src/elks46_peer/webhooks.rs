//! Posting webhooks until they are answered 2xx.

use super::Peer;

/// Attempts before giving up, as 46elks gives up after hours.
const ATTEMPTS_MAX: u32 = 10_000;

type Fields = Vec<(&'static str, String)>;

/// Posts `form` to `url`, or for `None` to wherever replies go at that moment.
fn start(peer: &Peer, url: Option<String>, form: Fields, reply: Option<String>) {
    peer.books().waiting += 1;
    let peer = peer.clone();
    tokio::spawn(async move {
        for _ in 0..ATTEMPTS_MAX {
            let url = url.clone().or_else(|| peer.books().inbound_url.clone());
            if let Some(url) = url
                && is_taken(&peer, &url, &form).await
            {
                break;
            }
            super::pause(u64::try_from(peer.settings.retry.as_millis()).unwrap_or(u64::MAX)).await;
        }
        let mut books = peer.books();
        books.waiting -= 1;
        if let Some(reply) = books.replies.iter_mut().find(|known| Some(&known.id) == reply.as_ref()) {
            reply.taken = true;
        }
    });
}

pub(super) fn post_report(peer: &Peer, url: &str, form: Fields) {
    start(peer, Some(url.to_owned()), form, None);
}

pub(super) fn post_reply(peer: &Peer, form: Fields, id: &str) {
    start(peer, None, form, Some(id.to_owned()));
}

/// Posts until it is taken, before anything else is done.
pub(super) async fn post_until_taken(peer: &Peer, url: &str, form: &Fields) {
    for _ in 0..ATTEMPTS_MAX {
        if is_taken(peer, url, form).await {
            return;
        }
        super::pause(u64::try_from(peer.settings.retry.as_millis()).unwrap_or(u64::MAX)).await;
    }
}

async fn is_taken(peer: &Peer, url: &str, form: &Fields) -> bool {
    let answer = peer.http.post(url).form(form).send().await;
    answer.is_ok_and(|answer| (200..=204).contains(&answer.status().as_u16()))
}
