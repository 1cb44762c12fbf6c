//! An organisation's own list, and accounts of one county.

use certus_registry::audit::Action;
use certus_registry::store::{self, resource, volunteer};
use certus_registry::{County, Remit};

use super::import::{confirm, upload};
use super::registry::{open, post};
use super::*;

/// A node's application, an organisation's remit and the session of whoever keeps its list.
async fn list_keeper() -> (SharedApp, Remit, Secret) {
    let (app, _) = fixture::app().await;
    let remit = fixture::remit_of(&app, Role::Organisation).await;
    let (_, session) = fixture::account_over(&app, "eva", &[Role::Organisation], remit).await;
    (app, remit, session)
}

const NEW: &str = "name=Ny+Medlem&phone=070-222+22+22&preferred=sv&mode=car";

#[tokio::test]
async fn an_organisation_adds_and_changes_its_own_members_and_takes_no_step_of_vetting() {
    let (app, remit, session) = list_keeper().await;
    let (stranger, _) = fixture::phone(&app).await;
    assert_eq!(post(&app, "/people/new", &session, NEW).await.0, 303);
    let members = volunteer::all(&app.db, remit).await.unwrap();
    let [member] = &members[..] else { panic!("{members:?}") };
    assert_eq!((Some(member.county), member.organisation), (remit.county(), remit.organisation()));
    let uri = format!("/people/{}", member.id);
    let (status, page) = open(&app, &format!("{uri}?lang=en"), &session).await;
    assert!(status == 200 && page.contains("has applied") && page.contains(&format!("{uri}/edit")), "{page}");
    assert!(!page.contains("name=\"step\""), "no step of vetting is offered: {page}");
    let (_, form) = open(&app, &format!("{uri}/edit"), &session).await;
    assert!(!form.contains("name=\"organisation\"") && !form.contains("name=\"county\""), "{form}");
    assert_eq!(post(&app, &format!("{uri}/vetting"), &session, "step=left").await.0, 403);
    let (_, list) = open(&app, "/people", &session).await;
    assert!(list.contains("Ny Medlem") && !list.contains(&stranger.to_string()), "{list}");
    let taken = post(&app, "/people/new", &session, &NEW.replace("222+22+22", "174+06+05")).await;
    assert_eq!(taken.0, 422, "a number that somebody else's list has is taken");
}

#[tokio::test]
async fn an_organisations_things_are_on_its_list_whatever_was_sent() {
    let (app, remit, session) = list_keeper().await;
    let thing = "code=AED-9&kind=aed&at=63.1,14.6&organisation=&county=22";
    assert_eq!(post(&app, "/resources", &session, thing).await.0, 303);
    let held = resource::all(&app.db, remit).await.unwrap();
    assert_eq!(
        (held.len(), held[0].organisation, Some(held[0].county)),
        (1, remit.organisation(), remit.county())
    );
    let keeper = "code=AED-8&kind=aed&keeper=070-174+06+05";
    let (_, _) = fixture::phone(&app).await;
    assert_eq!(
        post(&app, "/resources", &session, keeper).await.0,
        422,
        "nobody else's people keep its things"
    );
    assert_eq!(post(&app, "/seasons", &session, "season=snow&on=true").await.0, 403);
}

#[tokio::test]
async fn an_organisation_reads_and_writes_files_of_its_own_list_alone() {
    let (app, remit, session) = list_keeper().await;
    let (stranger, _) = fixture::phone(&app).await;
    let file = "name;phone;vetting;organisation\nEgen Medlem;070-222 22 22;;\nAnna;070-174 06 05;;\n\
        Bo;070-333 33 33;suspended;\nCia;070-444 44 44;;Byalaget\n";
    let (status, preview) = upload(&app, &session, file.as_bytes()).await;
    assert_eq!(status, 200, "{preview}");
    assert!(preview.contains("phone: is on a list that somebody else keeps"), "{preview}");
    assert!(preview.contains("vetting: the county board alone says"), "{preview}");
    assert_eq!(confirm(&app, &session, &preview, "&partial=yes").await.0, 200);
    let mut names: Vec<_> = volunteer::all(&app.db, remit)
        .await
        .unwrap()
        .into_iter()
        .map(|person| String::from(person.name))
        .collect();
    names.sort();
    assert_eq!(names, ["Cia", "Egen Medlem"]);
    let (status, exported) = open(&app, "/people/export?list=volunteers&format=csv", &session).await;
    assert!(
        status == 200 && exported.contains("Egen Medlem") && !exported.contains("Anna Lena"),
        "{exported}"
    );
    assert!(!exported.contains("county"), "a list of one county has no column of it: {exported}");
    for person in volunteer::all(&app.db, remit).await.unwrap() {
        let last = store::audit::about(&app.db, person.id, 1).await.unwrap().remove(0);
        assert_eq!(last.line.action, Action::PeopleExported);
    }
    assert_eq!(store::audit::about(&app.db, stranger, 9).await.unwrap(), []);
    assert_eq!(store::audit::exports(&app.db, 9).await.unwrap(), [], "it was no file of everybody");
}

#[tokio::test]
async fn an_administrator_of_one_county_neither_sees_nor_gives_wider_rights() {
    let (app, _) = fixture::app().await;
    let own = Remit::County(County::DEFAULT);
    let (wide, _) = fixture::account(&app, "riket", &[Role::Administrator]).await;
    let (_, session) = fixture::account_over(&app, "cilla", &[Role::Administrator], own).await;
    let (_, page) = open(&app, "/accounts", &session).await;
    assert!(page.contains("cilla") && !page.contains("riket") && !page.contains("name=\"county\""), "{page}");
    for (county, status) in [("*", 404), ("22", 404), ("Atlantis!", 422), ("Jämtland", 201), ("", 201)] {
        let login = format!("ny{}{status}", county.len());
        let body = format!("login={login}&name=Ny&board=on&county={county}");
        assert_eq!(post(&app, "/accounts", &session, &body).await.0, status, "{county}");
    }
    for path in ["password", "roles", "switch"] {
        let uri = format!("/accounts/{}/{path}", wide.id);
        assert_eq!(post(&app, &uri, &session, "operator=on&on=false").await.0, 404, "{path}");
    }
    let alone = "login=eva.alm&name=Eva&organisation=on";
    assert_eq!(post(&app, "/accounts", &session, alone).await.0, 422, "which list?");
    let list = fixture::remit_of(&app, Role::Organisation).await.organisation().unwrap();
    for (roles, status) in [("organisation=on&board=on", 422), ("board=on", 422), ("organisation=on", 201)] {
        let body = format!("login=eva.alm&name=Eva&{roles}&list={list}");
        assert_eq!(post(&app, "/accounts", &session, &body).await.0, status, "{roles}");
    }
    let (_, page) = open(&app, "/accounts?lang=en", &session).await;
    assert!(page.contains("Goes over: Byalaget") && page.contains("Goes over: Jämtland"), "{page}");
}
