//! What the page of a call-out offers to browsers that know where they are.

use super::*;

const HERE: &str = r#"{"lat":63.1,"lon":14.6,"accuracy":12.5,"time":1795403400000}"#;

fn position(link: &str, body: &str) -> Request<Body> {
    let request = Request::post(format!("/c/{link}/position")).header("content-type", "application/json");
    request.body(Body::from(body.to_owned())).unwrap()
}

#[tokio::test]
async fn it_is_offered_to_those_who_are_asked_or_kept_and_hidden_until_a_script_can_do_it() {
    let (app, _) = fixture::app().await;
    let callouts = Arc::new(OneCallOut::default());
    let table = [
        (PageState::Asked, true),
        (PageState::Accepted(destination()), true),
        (PageState::Departed(destination()), true),
        (PageState::OnScene(destination()), true),
        (PageState::Done, false),
        (PageState::Declined, false),
        (PageState::Released, false),
        (PageState::StoodDown, false),
        (PageState::Closed, false),
    ];
    for (state, offered) in table {
        *callouts.page.lock().unwrap() = Some(called_out(state.clone()));
        let answer = send(&app, &callouts, get_of("/c/LINK")).await;
        let policy = answer.headers()["permissions-policy"].to_str().unwrap().to_owned();
        assert!(policy.contains("geolocation=(self)"), "{policy}");
        assert_eq!(html(answer).await.contains("id=\"position\" hidden"), offered, "{state:?}");
    }
}

#[tokio::test]
async fn a_position_goes_in_by_the_link_of_its_page_and_is_counted() {
    let (app, _) = fixture::app().await;
    let callouts = Arc::new(OneCallOut::default());
    assert_eq!(send(&app, &callouts, position("LINK", HERE)).await.status(), 204);
    assert_eq!(send(&app, &callouts, position("NO", HERE)).await.status(), 404);
    assert_eq!(*callouts.told.lock().unwrap(), ["position 63.1 14.6", "position 63.1 14.6"]);
    assert!(app.metrics.text().contains("certus_positions_accepted_total 1"), "only what was let in");
    for (body, status) in [("here", 400), ("{}", 422), (r#"{"lat":"north","lon":1,"time":1}"#, 422)] {
        assert_eq!(send(&app, &callouts, position("LINK", body)).await.status(), status, "{body}");
    }
}
