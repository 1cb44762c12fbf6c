//! Trails on both databases: of whom, while when, and for how long.

use certus_dispatcher::engine::Wake;
use certus_dispatcher::positions::{LastPosition, Point};
use certus_dispatcher::trail;

use super::*;

const KEPT: Duration = Duration::from_hours(30 * 24);

#[tokio::test]
async fn only_people_who_are_kept_leave_a_trail_and_only_while_they_are() {
    for fresh in databases::both().await {
        let (mut one, _, clock) = two_nodes(&fresh, 7).await;
        let incident = raise(&mut one).await;
        let [kept, asked] = [0, 1].map(|n| incident.callouts[n].responder());
        moves(&mut one, kept, 63.30, NOON).await;
        clock.advance(Duration::from_mins(1));
        one.engine.apply(incident.id, says_yes(kept), &[]).await.unwrap();
        let now = clock.now();
        clock.advance(Duration::from_mins(1));
        for (who, lat, at) in [
            (kept, 63.31, now - Duration::from_millis(1)), // before the yes
            (kept, 63.32, now),
            (kept, 63.32, now), // twice
            (kept, 63.33, now + Duration::from_secs(10)),
            (asked, 63.34, now + Duration::from_secs(10)),
        ] {
            moves(&mut one, who, lat, at).await;
        }
        one.engine.apply(incident.id, Event::StoodDown, &[]).await.unwrap();
        moves(&mut one, kept, 63.35, now + Duration::from_secs(20)).await;
        let trail = trail::of(&fresh.db, incident.id).await.unwrap();
        let told: Vec<_> = trail.iter().map(|fix| (fix.volunteer, fix.position.lat())).collect();
        assert_eq!(told, [(kept, 63.32), (kept, 63.33)], "{}", fresh.name);
        assert_eq!(trail[1], fix(kept, 63.33, now + Duration::from_secs(10)), "{}", fresh.name);
    }
}

#[tokio::test]
async fn a_fix_that_crosses_the_release_is_not_kept() {
    for fresh in databases::both().await {
        let (mut one, mut two, _) = two_nodes(&fresh, 7).await;
        let incident = raise(&mut one).await;
        let kept = incident.callouts[0].responder();
        one.engine.apply(incident.id, says_yes(kept), &[]).await.unwrap();
        two.engine.apply(incident.id, Event::StoodDown, &[]).await.unwrap();
        // The first node has not heard of it.
        moves(&mut one, kept, 63.32, NOON + Duration::from_secs(10)).await;
        assert!(trail::of(&fresh.db, incident.id).await.unwrap().is_empty(), "{}", fresh.name);
    }
}

#[tokio::test]
async fn trails_go_so_many_days_after_the_closing_whatever_is_said_in_between() {
    for fresh in databases::both().await {
        let (mut one, _, clock) = two_nodes(&fresh, 7).await;
        let incident = raise(&mut one).await;
        let kept = incident.callouts[0].responder();
        one.engine.apply(incident.id, says_yes(kept), &[]).await.unwrap();
        moves(&mut one, kept, 63.32, NOON).await;
        assert_eq!(trail::purge(&fresh.db, NOON + KEPT, false).await.unwrap(), 0, "{}: open", fresh.name);
        one.engine.apply(incident.id, Event::Closed, &[]).await.unwrap();
        let closed = clock.now();
        clock.advance(Duration::from_hours(48));
        let answer = Answer { channel: Channel::Sms, minutes: None, note: Some("Tack!".to_owned()) };
        let words = Event::Responder { responder: kept, report: Report::Remarked { answer } };
        let late = one.engine.apply(incident.id, words, &[]).await.unwrap();
        assert!(late.outcome.is_logged(), "{}: it changes the incident", fresh.name);
        let just_before = closed - Duration::from_millis(1);
        assert_eq!(trail::purge(&fresh.db, just_before, false).await.unwrap(), 0, "{}", fresh.name);
        assert_eq!(trail::of(&fresh.db, incident.id).await.unwrap().len(), 1, "{}", fresh.name);
        for dry in [true, false] {
            assert_eq!(trail::purge(&fresh.db, closed, dry).await.unwrap(), 1, "{} {dry}", fresh.name);
        }
        assert!(trail::of(&fresh.db, incident.id).await.unwrap().is_empty(), "{}", fresh.name);
        assert_eq!(trail::purge(&fresh.db, closed, false).await.unwrap(), 0, "{}", fresh.name);
    }
}

fn fix(who: VolunteerId, lat: f64, at: Timestamp) -> LastPosition {
    let point = Point { lat, lon: 13.45, accuracy: Some(12.0), fixed_at: at };
    LastPosition::from_point(who, &point, at).unwrap()
}

/// The engine hears that somebody has moved.
async fn moves(node: &mut Node, who: VolunteerId, lat: f64, at: Timestamp) {
    node.engine.on(Wake::Moved(fix(who, lat, at))).await.unwrap();
}
