//! Incidents of counties: who lists and opens which. Whom to ask does not end at the border.

use certus_dispatcher::engine::Within;
use certus_registry::County;

use super::*;

#[tokio::test]
async fn an_incident_is_of_the_county_of_whoever_raises_it_and_asks_people_of_all() {
    let [own, other]: [County; 2] = ["22", "23"].map(|code| code.parse().unwrap());
    for fresh in databases::both().await {
        let (mut node, ..) = two_nodes(&fresh, 7).await;
        let mut raised = Vec::new();
        for within in [&[Within::County(own)][..], &[]] {
            let position = Position::new(63.347, 13.457).unwrap();
            let place = Place { position, accuracy_m: 50, name: "Järpen".to_owned(), detail: None };
            let event_type = EventType::CardiacArrest;
            let raise = Raise {
                event_type,
                place,
                ambulance_eta: None,
                caller: None,
                external_id: None,
                group: None,
            };
            let id = IncidentId::new(NOON, &node.app.random);
            raised.push(node.engine.raise(id, &raise, within).await.unwrap());
        }
        let db = &fresh.db;
        let listed = async |remit| {
            let incidents = store::list(db, remit, true, 9).await.unwrap();
            incidents.into_iter().map(|incident| incident.id).collect::<Vec<_>>()
        };
        let (first, second) = (raised[0].id, raised[1].id);
        assert!(!raised[0].callouts.is_empty(), "{}: they live in another county", fresh.name);
        assert_eq!(listed(Remit::County(own)).await, [first]);
        assert_eq!(listed(Remit::County(other)).await, []);
        assert_eq!(listed(Remit::All).await.len(), 2);
        // What the program raised by itself is of the installation's county from the next start on.
        node::settle(db, other).await.unwrap();
        assert_eq!(listed(Remit::County(other)).await, [second]);
        for (remit, id, covered) in [
            (Remit::County(own), first, true),
            (Remit::County(own), second, false),
            (Remit::County(other), first, false),
            (Remit::All, first, true),
        ] {
            assert_eq!(store::covers(db, remit, id).await.unwrap(), covered, "{remit}");
        }
    }
}
