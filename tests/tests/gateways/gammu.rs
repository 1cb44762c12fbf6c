//! A modem through gammu-smsd: the real daemon with both back ends; its dummy phone stands for the modem.

#![expect(clippy::unwrap_used, reason = "helpers of tests: a panic is the failure")]

use std::sync::Arc;
use std::time::Duration;

use certus_registry::time::SystemClock;
use certus_sms_bridge::gammu::{self, GammuSettings};
use certus_sms_bridge::{Gateway, Milestone, Reconciled, SendError};
use certus_tests::gammu::Gammu;
use certus_tests::line::{ANNA, Line};
use serde_json::json;

use crate::outgoing;

const HOUR: Duration = Duration::from_hours(1);

async fn both() -> [Gammu; 2] {
    [Gammu::with_files(), Gammu::with_sql().await]
}

fn gateway(daemon: &Gammu, stuck_s: u32) -> Arc<gammu::Gammu> {
    let place = match &daemon.url {
        Some(url) => json!({"database": url, "poll_s": 1, "stuck_s": stuck_s}),
        None => json!({"spool": daemon.home(), "poll_s": 1, "stuck_s": stuck_s}),
    };
    let settings: GammuSettings = serde_json::from_value(place).unwrap();
    Arc::new(gammu::Gammu::new(settings, Arc::new(SystemClock)).unwrap())
}

#[tokio::test]
async fn any_text_leaves_as_it_was_written_also_when_the_daemon_starts_later() {
    let texts = ["Larm åäö ÅÄÖ Ø € {x} [12] ~", "Larm 🚑 på väg ž", &"€a".repeat(120), &"🚑ä".repeat(60)];
    for mut daemon in both().await {
        let line = Line::of(gateway(&daemon, 60)).await;
        let mut ids = Vec::new();
        for text in texts {
            ids.push(line.enqueue(text, HOUR).await);
        }
        for id in &ids {
            line.until_at(*id, Milestone::Accepted).await; // gammu has it, on disk
        }
        daemon.start();
        let mut expected: Vec<&str> = texts.to_vec();
        expected.sort_unstable();
        // Long ones leave part by part: that there are four says nothing yet about the last.
        let whole = |sent: &[String]| sent.iter().map(String::len).sum::<usize>() == texts.concat().len();
        line.until(async || whole(&daemon.sent(ANNA).await)).await;
        let mut sent = daemon.sent(ANNA).await;
        sent.sort();
        assert_eq!(sent, expected, "{daemon:?}");
        // As it went to the modem: seven bits where they do, UTF-16 where not, longer ones in parts.
        let log = daemon.log();
        assert!(log.contains("Unicode SMS") && log.contains("7 bit SMS"), "{log}");
        line.stop().await;
    }
}

#[tokio::test]
async fn every_reply_is_taken_once_whole_and_leaves_nothing_behind() {
    for mut daemon in both().await {
        daemon.start();
        let line = Line::of(gateway(&daemon, 60)).await;
        daemon.receives(ANNA, &["JA 12"]);
        daemon.receives(ANNA, &["NEJ, bilen är trasig och ", "vägen är 🚧 spärrad"]);
        line.until(async || line.replies().await.len() == 2).await;
        let db = line.stop().await;
        // The same node, started again.
        let line = Line::on(db, gateway(&daemon, 60));
        daemon.receives(ANNA, &["JA 12"]);
        line.until(async || line.replies().await.len() == 3).await;
        let mut replies = line.replies().await;
        replies.sort();
        assert_eq!(replies, ["JA 12", "JA 12", "NEJ, bilen är trasig och vägen är 🚧 spärrad"]);
        line.until(async || daemon.files("inbox").is_empty()).await;
        line.stop().await;
    }
}

#[tokio::test]
async fn a_message_that_was_handed_over_is_found_and_never_handed_over_twice() {
    for daemon in both().await {
        let (message, never) = (outgoing("Larm"), outgoing("Aldrig"));
        gateway(&daemon, 60).send(&message).await.unwrap();
        // Killed before it was written down: another process asks, and would even send again.
        let after = gateway(&daemon, 60);
        let id = message.id.to_string();
        assert_eq!(after.reconcile(&message).await, Reconciled::Accepted { provider_id: id });
        assert_eq!(after.reconcile(&never).await, Reconciled::NotSent);
        after.send(&message).await.unwrap();
        let mut daemon = daemon;
        daemon.start();
        let line = Line::of(after).await;
        line.until(async || daemon.sent(ANNA).await.len() == 1).await;
        let second = line.enqueue("Senare", HOUR).await;
        line.until_at(second, Milestone::Accepted).await;
        line.until(async || daemon.sent(ANNA).await.len() == 2).await;
        line.stop().await;
    }
}

#[tokio::test]
async fn what_the_daemon_does_not_take_is_taken_back_so_that_nothing_leaves_too_late() {
    for mut daemon in both().await {
        let line = Line::of(gateway(&daemon, 60)).await;
        let late = line.enqueue("Larm", Duration::from_secs(4)).await;
        line.until_at(late, Milestone::Errored).await;
        line.stop().await;

        let stuck = gateway(&daemon, 3);
        let carrier: Arc<dyn Gateway> = Arc::<gammu::Gammu>::clone(&stuck);
        let line = Line::of(carrier).await;
        let waiting = line.enqueue("Larm igen", HOUR).await;
        line.until_at(waiting, Milestone::Errored).await;
        // While it took nothing it was not given more; it is tried again with the next message.
        daemon.start();
        line.until(async || {
            !matches!(stuck.send(&outgoing("Tredje")).await, Err(SendError::Temporary { .. }))
        })
        .await;
        line.until(async || daemon.sent(ANNA).await == ["Tredje"]).await;
        line.stop().await;
    }
}

#[tokio::test]
async fn rubbish_among_its_files_and_a_database_that_is_away_do_no_harm() {
    let mut daemon = Gammu::with_files();
    for (name, octets) in
        [("IN20261124_170000_00_x_00.txt", &b"\xff\xfe\x00rubbish"[..]), ("notes.txt", b"?"), ("IN.bin", b"")]
    {
        std::fs::write(daemon.home().join("inbox").join(name), octets).unwrap();
    }
    std::fs::write(daemon.home().join("outbox/OUTAhand-written.txt"), "not ours").unwrap();
    daemon.start();
    let line = Line::of(gateway(&daemon, 60)).await;
    daemon.receives(ANNA, &["JA"]);
    line.until(async || line.replies().await == ["JA"]).await;
    line.stop().await;
    assert!(daemon.files("inbox").contains(&"notes.txt".to_owned()), "what is not gammu's is left alone");

    let away = json!({"database": "postgres://nobody@127.0.0.1:9/none"});
    let away = gammu::Gammu::new(serde_json::from_value(away).unwrap(), Arc::new(SystemClock)).unwrap();
    assert!(matches!(away.send(&outgoing("Larm")).await, Err(SendError::Temporary { .. })));
    assert!(matches!(away.reconcile(&outgoing("Larm")).await, Reconciled::Unavailable { .. }));
    assert!(away.check().await.is_err());
}
