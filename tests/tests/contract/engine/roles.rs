//! Who brings the defibrillator, on both databases: from the county's list to the volunteer's text and the operator's notice.

use certus_dispatcher::engine::Wake;
use certus_dispatcher::incident::Role;
use certus_dispatcher::positions::{LastPosition, Point};
use certus_registry::exchange::import_resources;

use super::*;

/// One in the shop on the way, one behind a door that is locked at noon, and one that is out of season.
const THINGS: &str = "code,kind,lat,lon,place,months,hours\n\
    AED-1,aed,63.3500,13.4590,\"Coop Järpen, entrén\",all,mon-sat 07-21\n\
    AED-2,aed,63.3480,13.4580,Festlokalen,all,mon-sun 18-23\n\
    AED-3,aed,63.3475,13.4575,Badplatsen,6-8,always\n";

#[tokio::test]
async fn the_text_of_who_brings_it_says_where_it_hangs_and_the_operator_hears_when_they_have_it() {
    for fresh in databases::all().await {
        let (one, two, clock) = two_nodes(&fresh, 5).await;
        drop((one, two));
        let random = Random::from_seed(4);
        import_resources(&fresh.db, NOON, &random, THINGS.as_bytes(), Rows::AllOrNothing).await.unwrap();
        let mut node = node(&fresh.db, &clock, 5).await;
        let incident = raise(&mut node).await;
        let who = incident.callouts[0].responder();
        let alone = node.engine.apply(incident.id, says_yes(who), &[]).await.unwrap().incident;
        let kept = *alone.callout(who).and_then(CallOut::kept).unwrap();
        assert!(matches!(kept.role, Role::Bring { .. }), "{}: hardly a detour", fresh.name);
        let sent = texts(&fresh.db, incident.id, who).await;
        assert!(sent.contains("Hämta hjärtstartaren: Coop Järpen, entrén (63.35000 13.45900)"), "{sent}");
        assert!(sent.contains("Åk sedan till Järpen (63.34700 13.45700)"), "{sent}");
        for (lat, lon) in [(63.3510, 13.459), (63.3500, 13.459)] {
            clock.advance(Duration::from_secs(30));
            let point = Point { lat, lon, accuracy: Some(10.0), fixed_at: clock.now() };
            let last = LastPosition::from_point(who, &point, clock.now()).unwrap();
            node.engine.on(Wake::Moved(last)).await.unwrap();
        }
        let incident = stored(&fresh.db, incident.id).await;
        let kept = incident.callout(who).and_then(CallOut::kept).unwrap();
        assert_eq!(kept.fetched_at, Some(clock.now()), "{}", fresh.name);
        assert!(incident.notices.iter().any(|notice| notice.code.as_str() == "fetched"), "{}", fresh.name);
        let second = incident.callouts[1].responder();
        let both = node.engine.apply(incident.id, says_yes(second), &[]).await.unwrap().incident;
        assert_eq!(both.callout(second).and_then(CallOut::role), Some(Role::Straight), "{}", fresh.name);
    }
}

/// What the person has been sent about the incident, together.
async fn texts(db: &Database, incident: IncidentId, who: VolunteerId) -> String {
    let reference = format!("{incident}/{who}/");
    let messages = written::messages(db).await.into_iter();
    let about_it = messages.filter(|message| message.reference.starts_with(&reference));
    about_it.map(|message| message.body).collect::<Vec<_>>().join("\n")
}
