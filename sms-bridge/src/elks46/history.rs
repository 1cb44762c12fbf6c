//! Finding out what became of a request that was never answered: the account's list of messages or calls is looked
//! through, from the latest back to before the attempt.

use std::time::Duration;

use certus_registry::Timestamp;
use serde::Deserialize;

use super::parse_time;
use crate::{Outgoing, Reconciled};

/// Longest page of the list that the API gives.
pub(super) const PAGE_MAX: usize = 100;
/// Pages looked through, the latest first: some minutes of a county's worst hour.
const PAGES_MAX: usize = 50;
/// An attempt's message was created at most so long before we began it, for ours may be the clock that is wrong …
const CREATED_BEFORE: Duration = Duration::from_mins(1);
/// … and at most so long after: it may be wrong the other way, and the answer was waited for.
const CREATED_AFTER: Duration = Duration::from_secs(90);

/// A message or call as the API shows it; the rest is of no interest.
#[derive(Debug, Deserialize)]
pub(super) struct Entry {
    pub(super) id: String,
    #[serde(default)]
    to: String,
    #[serde(default)]
    created: String,
    #[serde(default)]
    direction: String,
    /// In 1/10 000 of the account's currency; what it will cost, where nothing has been sent yet.
    #[serde(default, alias = "estimated_cost")]
    pub(super) cost: Option<u32>,
}

/// One page of the account's messages, the latest first.
#[derive(Debug, Deserialize)]
pub(super) struct Page {
    data: Vec<Entry>,
    /// What to give as `start` for the messages before these, if there are any.
    next: Option<String>,
}

/// The account's messages from the latest back to some time.
#[derive(Debug)]
pub(super) struct History {
    begun_at: Timestamp,
    entries: Vec<Entry>,
    oldest: Option<Timestamp>,
    next: Next,
    pages: usize,
}

/// Where the next page begins.
#[derive(Debug)]
enum Next {
    /// With the latest.
    Latest,
    /// Here.
    At(String),
    /// There is none that can be asked for.
    Unknown,
    /// Nothing is older.
    None,
}

impl Entry {
    fn at(&self) -> Option<Timestamp> {
        parse_time(&self.created)
    }
}

impl History {
    /// Nothing of it is known yet.
    pub(super) fn begun(at: Timestamp) -> Self {
        Self { begun_at: at, entries: Vec::new(), oldest: None, next: Next::Latest, pages: 0 }
    }

    pub(super) fn begun_at(&self) -> Timestamp {
        self.begun_at
    }

    /// Whether another page may be asked for.
    pub(super) fn has_more(&self) -> bool {
        match self.next {
            Next::Latest => true,
            Next::At(_) => self.pages < PAGES_MAX,
            Next::Unknown | Next::None => false,
        }
    }

    /// What to give as `start` for it; `None`: the latest.
    pub(super) fn start(&self) -> Option<&str> {
        if let Next::At(start) = &self.next { Some(start) } else { None }
    }

    /// Adds what is older. A page that is not older than what is known is none that we asked for, and proves nothing about what is
    /// missing.
    pub(super) fn add(&mut self, page: Page) {
        let newest = page.data.iter().filter_map(Entry::at).max();
        self.pages += 1;
        if self.oldest.zip(newest).is_some_and(|(oldest, newest)| newest > oldest) {
            self.next = Next::Unknown;
            return;
        }
        self.next = match page.next {
            Some(start) => Next::At(start),
            None if page.data.len() < PAGE_MAX => Next::None,
            None => Next::Unknown,
        };
        self.oldest = page.data.iter().filter_map(Entry::at).chain(self.oldest).min();
        self.entries.extend(page.data);
    }

    pub(super) fn reaches_before(&self, at: Timestamp) -> bool {
        matches!(self.next, Next::None) || self.oldest.is_some_and(|oldest| oldest < at)
    }
}

/// Before this, nothing was made by the attempt.
pub(super) fn earliest(message: &Outgoing) -> Timestamp {
    message.sent_at - CREATED_BEFORE
}

/// Says "not sent" only when the history surely reaches back to before the attempt; and which it is, only where it can be no other.
pub(super) fn found(history: &History, message: &Outgoing) -> Reconciled {
    let (from, to) = (earliest(message), message.sent_at + CREATED_AFTER);
    let mut candidates = history.entries.iter().filter(|entry| {
        entry.to == message.to.as_str()
            && entry.direction != "incoming"
            && !message.neighbours.taken.contains(&entry.id)
            && entry.at().is_none_or(|at| from <= at && at <= to)
    });
    match (candidates.next(), candidates.next()) {
        (Some(only), None) if only.at().is_some() && !message.neighbours.ambiguous => {
            Reconciled::Accepted { provider_id: only.id.clone() }
        }
        (None, None) if history.reaches_before(from) => Reconciled::NotSent,
        (Some(_) | None, _) => Reconciled::Unsupported,
    }
}

#[cfg(test)]
mod tests {
    use certus_registry::Random;

    use super::*;
    use crate::{MessageId, Neighbours};

    const SENT: Timestamp = Timestamp::from_millis(1_795_400_000_000); // 2026-11-23T02:13:20Z

    #[test]
    fn a_message_is_found_by_number_and_time_and_never_mistaken_for_another() {
        let taken = "s-taken";
        let accepted = |id: &str| Reconciled::Accepted { provider_id: id.to_owned() };
        let at = |id, created| entry(id, "+46701740605", created);
        let other = |created| entry("s-other", "+46701740600", created);
        let cases = [
            (vec![], Reconciled::NotSent),
            (vec![at("s-1", "2026-11-23T02:13:21.081000")], accepted("s-1")),
            (vec![at("s-1", "2026-11-23T02:12:25.000000"), other("2026-11-23T02:13:20")], accepted("s-1")),
            (vec![at("s-1", "2026-11-23T02:14:45.000000")], accepted("s-1")),
            (vec![at("s-1", "2026-11-23T02:10:00.000000")], Reconciled::NotSent),
            (vec![at(taken, "2026-11-23T02:13:21.000000")], Reconciled::NotSent),
            (
                vec![at("s-1", "2026-11-23T02:13:21"), at("s-2", "2026-11-23T02:13:22")],
                Reconciled::Unsupported,
            ),
            (vec![at("s-1", "no time at all")], Reconciled::Unsupported),
        ];
        for (list, expected) in cases {
            let history = whole(list);
            assert_eq!(found(&history, &outgoing(taken)), expected, "{history:?}");
        }
    }

    #[test]
    fn of_two_that_cannot_be_told_apart_neither_was_sent_when_there_is_none_and_nobody_knows_when_there_is_one()
     {
        let mut ambiguous = outgoing("s-taken");
        ambiguous.neighbours.ambiguous = true;
        let list = |id| vec![entry(id, "+46701740605", "2026-11-23T02:13:21")];
        for (entries, expected) in [
            (vec![], Reconciled::NotSent),
            (list("s-taken"), Reconciled::NotSent),
            (list("s-1"), Reconciled::Unsupported),
        ] {
            assert_eq!(found(&whole(entries), &ambiguous), expected);
        }
    }

    #[test]
    fn a_history_that_does_not_reach_back_far_enough_says_nothing() {
        let page = |created: &str, next: Option<&str>| Page {
            data: (0..PAGE_MAX).map(|_| entry("s-x", "+46701740600", created)).collect(),
            next: next.map(str::to_owned),
        };
        let mut history = History::begun(SENT);
        history.add(page("2026-11-23T02:14:00", Some("a")));
        assert_eq!((history.has_more(), history.start()), (true, Some("a")));
        assert_eq!(found(&history, &outgoing("")), Reconciled::Unsupported);
        history.add(page("2026-11-23T02:12:00", Some("b")));
        assert_eq!((history.has_more(), history.start()), (true, Some("b")));
        assert_eq!(found(&history, &outgoing("")), Reconciled::NotSent);
    }

    #[test]
    fn a_page_that_is_not_older_is_none_that_was_asked_for_and_neither_is_more_than_so_many() {
        let page = |created: &str, next| Page { data: vec![entry("s-x", "+46701740600", created)], next };
        let mut history = History::begun(SENT);
        history.add(page("2026-11-23T02:14:00", Some("a".to_owned())));
        history.add(page("2026-11-23T02:15:00", None));
        assert!(!history.has_more());
        assert_eq!(found(&history, &outgoing("")), Reconciled::Unsupported);
        let mut endless = History::begun(SENT);
        let pages = std::iter::from_fn(|| {
            endless.has_more().then(|| endless.add(page("2026-11-23T02:14:00", Some("a".to_owned()))))
        });
        assert_eq!(pages.count(), PAGES_MAX);
        assert_eq!(found(&endless, &outgoing("")), Reconciled::Unsupported);
    }

    /// A list of which nothing is missing.
    fn whole(data: Vec<Entry>) -> History {
        let mut history = History::begun(SENT);
        history.add(Page { data, next: None });
        history
    }

    fn entry(id: &str, to: &str, created: &str) -> Entry {
        let (id, to, created) = (id.to_owned(), to.to_owned(), created.to_owned());
        Entry { id, to, created, direction: "outgoing".to_owned(), cost: None }
    }

    fn outgoing(taken: &str) -> Outgoing {
        Outgoing {
            reference: "1/2/3".to_owned(),
            urgency: crate::Urgency::Alarm,
            id: MessageId::new(SENT, &Random::from_seed(1)),
            to: "+46701740605".parse().unwrap(),
            body: "LARM".to_owned(),
            stored_at: SENT,
            sent_at: SENT,
            valid_until: SENT + Duration::from_mins(10),
            attempt: 1,
            neighbours: Neighbours { taken: vec![taken.to_owned()], ambiguous: false },
        }
    }
}
