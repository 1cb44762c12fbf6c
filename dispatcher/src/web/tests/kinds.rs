//! The pages of the catalogue: a kind is added, used, changed and retired; what is wrong is said beside its field.

use certus_registry::store::{self, catalogue};
use certus_registry::{Language, Remit, ResourceKind};

use super::registry::{open, post};
use super::*;

const KIND: &str = "code=hydrocopter&name_sv=hydrokopter&the_sv=hydrokoptern&name_en=hydrocopter&the_en=the+hydrocopter\
    &season=ice&licence=boat_licence&confirmed=3&brought=true";
const THING: &str = "code=HYD-1&kind=hydrocopter&at=63.347%2C+13.457&months=all&hours=always";

#[tokio::test]
async fn a_kind_is_added_used_renamed_and_retired_and_each_is_in_the_log() {
    let (app, _) = fixture::app().await;
    let (_, session) = fixture::account(&app, "anna", &[Role::Board]).await;
    assert_eq!(post(&app, "/resources", &session, THING).await.0, 422, "there is no such kind");
    assert_eq!(post(&app, "/resources/kinds", &session, KIND).await.0, 303);
    let form = open(&app, "/resources/new?lang=sv", &session).await.1;
    assert!(form.contains("<option value=\"hydrocopter\">hydrokopter</option>"), "{form}");
    assert_eq!(post(&app, "/resources", &session, THING).await.0, 303);
    let policies = open(&app, "/policies/new?lang=en", &session).await.1;
    assert!(policies.contains("name=\"fire.bring\" value=\"hydrocopter\""), "{policies}");
    assert!(!policies.contains("value=\"shelter\""), "nobody brings a heated room");
    let edit = "/resources/kinds/hydrocopter/edit";
    assert_eq!(post(&app, edit, &session, &KIND.replace("hydrokopter&", "isbil&")).await.0, 303);
    let list = open(&app, "/resources?kind=hydrocopter&lang=sv", &session).await.1;
    assert!(list.contains("<td>isbil</td>"), "{list}");
    let thing = store::resource::all(&app.db, Remit::All).await.unwrap().remove(0);
    let page = open(&app, &format!("/resources/{}?lang=en", thing.id), &session).await.1;
    assert!(page.contains("<dd>ice that bears</dd>") && page.contains("<dd>boat licence</dd>"), "{page}");
    for (on, status) in [(true, 422), (false, 303)] {
        let retire = format!("on={on}");
        assert_eq!(post(&app, "/resources/kinds/hydrocopter/retire", &session, &retire).await.0, 303);
        let uri = format!("/resources/{}", thing.id);
        assert_eq!(post(&app, &uri, &session, THING).await.0, 303, "what there is stays");
        let (answer, page) =
            post(&app, "/resources?lang=en", &session, &THING.replace("HYD-1", "HYD-2")).await;
        assert_eq!((answer, page.contains("id=\"kind-wrong\"")), (status, on), "{page}");
    }
    let log = store::audit::page(&app.db, Remit::All, None, 20).await.unwrap();
    let said: Vec<_> = log.iter().map(|entry| entry.line.detail.as_str()).collect();
    for expected in ["hydrocopter added", "hydrocopter changed", "hydrocopter changed, retired"] {
        assert!(said.contains(&expected), "{expected}: {said:?}");
    }
}

#[tokio::test]
async fn a_mistake_in_a_kind_is_said_beside_its_field_and_nothing_is_saved() {
    let (app, _) = fixture::app().await;
    let (_, session) = fixture::account(&app, "anna", &[Role::Board]).await;
    let (new, aed) = ("/resources/kinds?lang=en", "/resources/kinds/aed/edit?lang=en");
    for (to, body, field) in [
        (new, KIND.replace("code=hydrocopter", "code=Hydro-copter"), "code-wrong"),
        (new, KIND.replace("code=hydrocopter", "code=aed"), "code-wrong"),
        (new, KIND.replace("the_sv=hydrokoptern", "the_sv="), "the_sv-wrong"),
        (
            new,
            KIND.replace("code=hydrocopter", "code=").replace("confirmed=3", "confirmed=61"),
            "confirmed-wrong",
        ),
        (new, KIND.replace("brought=true", "brought=perhaps"), "brought-wrong"),
        (aed, KIND.replace("brought=true", "brought=false"), "brought-wrong"), // cardiac arrest wants one
    ] {
        let (status, page) = post(&app, to, &session, &body).await;
        let beside = page.contains(&format!("id=\"{field}\"")) && page.contains("aria-invalid=\"true\"");
        assert!(status == 422 && beside, "{body}: {status} {page}");
    }
    for uri in ["/resources/kinds/hydrocopter/edit", "/resources/kinds/Hydro-copter/edit"] {
        assert_ne!(open(&app, uri, &session).await.0, 200, "{uri}");
    }
    let kinds = catalogue::load(&app.db).await.unwrap();
    assert_eq!(kinds, certus_registry::Catalogue::default());
    assert_eq!(kinds.name(Language::Swedish, ResourceKind::AED), "hjärtstartare");
    let (_, keeper) = fixture::account(&app, "operator", &[Role::Operator]).await;
    assert_eq!(open(&app, "/resources/kinds", &keeper).await.0, 403);
}
