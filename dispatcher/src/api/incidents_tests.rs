//! What a new incident is read as.

use certus_registry::vocabulary::OrganisationKind;
use certus_registry::{County, Organisation};
use serde_json::{Value, json};

use super::*;
use crate::api::fixture;

async fn read(app: &App, group: Value) -> Result<Raise, Problem> {
    let place = json!({"lat": 63.347, "lon": 13.457, "name": "Järpen"});
    let alarm = json!({"event_type": "missing_person", "place": place, "group": group});
    serde_json::from_value::<NewIncident>(alarm).unwrap().parse(app, Remit::All).await
}

#[tokio::test]
async fn a_group_is_an_organisation_of_the_registry_and_how_many_of_it_are_wanted() {
    let (app, _) = fixture::app().await;
    let now = app.clock.now();
    let [id, unknown] = [1, 2].map(|_| OrganisationId::new(now, &app.random));
    let name = "Åre fjällräddning".parse().unwrap();
    let mut tx = app.db.begin().await.unwrap();
    let rescue = Organisation { id, name, kind: OrganisationKind::MountainRescue, county: County::DEFAULT };
    organisation::put(&mut tx, Remit::All, now, &rescue).await.unwrap();
    tx.commit().await.unwrap();
    let group = read(&app, json!({"organisation": id, "wanted": 4})).await.unwrap().group;
    assert_eq!(group, Some(Group { organisation: id, name: "Åre fjällräddning".to_owned(), wanted: 4 }));
    assert_eq!(read(&app, Value::Null).await.unwrap().group, None);
    for (group, field) in [
        (json!({"organisation": unknown, "wanted": 4}), "group.organisation"),
        (json!({"organisation": id, "wanted": 0}), "group.wanted"),
        (json!({"organisation": id, "wanted": 51}), "group.wanted"),
    ] {
        let problem = read(&app, group.clone()).await.unwrap_err();
        assert_eq!(problem.errors[0].field, field, "{group}");
    }
}
