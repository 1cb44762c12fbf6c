//! What the page of a call-out offers to browsers that can take pushes.

use certus_registry::Phone;
use certus_sms_bridge::push::devices::{self, DeviceKind};

use super::*;

/// As a browser writes its subscription; the keys are those of RFC 8291, appendix A.
fn written(endpoint: &str) -> String {
    format!(
        r#"{{"endpoint":"{endpoint}","expirationTime":null,"keys":{{"p256dh":"BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4","auth":"BTBZMqHH6r4Tts7J_aSIgg"}}}}"#
    )
}

fn stored(endpoint: &str) -> String {
    written(endpoint).replace(r#""expirationTime":null,"#, "")
}

const HERE: &str = "https://push.example/here";

fn device(method: &str, link: &str, body: String) -> Request<Body> {
    Request::builder().method(method).uri(format!("/c/{link}/device")).body(Body::from(body)).unwrap()
}

#[tokio::test]
async fn pushes_are_offered_only_to_those_who_have_nothing_left_to_answer() {
    let (app, _) = fixture::app_that_pushes().await;
    let callouts = Arc::new(OneCallOut::default());
    let table = [
        (PageState::Asked, false),
        (PageState::Accepted(destination()), false),
        (PageState::Departed(destination()), false),
        (PageState::OnScene(destination()), false),
        (PageState::Done, true),
        (PageState::Declined, true),
        (PageState::Released, true),
        (PageState::StoodDown, true),
        (PageState::Closed, true),
    ];
    for (state, offered) in table {
        *callouts.page.lock().unwrap() = Some(called_out(state.clone()));
        let text = html(send(&app, &callouts, get_of("/c/LINK")).await).await;
        assert_eq!(text.contains("data-key=\"VAPID\""), offered, "{state:?}");
    }
}

#[tokio::test]
async fn nothing_is_offered_where_nothing_is_pushed_nor_long_after_the_alarm() {
    let callouts = Arc::new(OneCallOut::default());
    *callouts.page.lock().unwrap() = Some(called_out(PageState::Done));
    let (app, _) = fixture::app().await;
    assert!(!html(send(&app, &callouts, get_of("/c/LINK")).await).await.contains("id=\"push\""));
    let (app, clock) = fixture::app_that_pushes().await;
    assert!(html(send(&app, &callouts, get_of("/c/LINK")).await).await.contains("id=\"push\" hidden"));
    clock.advance(callout::REGISTERS + std::time::Duration::from_millis(1));
    assert!(!html(send(&app, &callouts, get_of("/c/LINK")).await).await.contains("id=\"push\""));
}

#[tokio::test]
async fn a_browser_is_let_in_and_out_by_the_link_of_its_page() {
    let (app, _) = fixture::app_that_pushes().await;
    let callouts = Arc::new(OneCallOut::default());
    for method in ["POST", "DELETE"] {
        assert_eq!(send(&app, &callouts, device(method, "LINK", written(HERE))).await.status(), 204);
        assert_eq!(send(&app, &callouts, device(method, "NO", written(HERE))).await.status(), 404);
    }
    let told = std::mem::take(&mut *callouts.told.lock().unwrap());
    assert_eq!(told[0], format!("register {}", stored(HERE)));
    assert_eq!(told[2], format!("forget {}", stored(HERE)));
    for body in
        [String::new(), "{}".to_owned(), written("https://127.0.0.1/a"), written("http://push.example/a")]
    {
        let answer = send(&app, &callouts, device("POST", "LINK", body.clone())).await;
        assert_eq!(
            (answer.status().as_u16(), &answer.headers()["content-type"]),
            (422, &"application/problem+json".parse().unwrap()),
            "{body}"
        );
    }
    let elsewhere = device("POST", "LINK", written(HERE));
    let (mut parts, body) = elsewhere.into_parts();
    parts.headers.insert("sec-fetch-site", "cross-site".parse().unwrap());
    assert_eq!(send(&app, &callouts, Request::from_parts(parts, body)).await.status(), 403);
    assert!(callouts.told.lock().unwrap().is_empty());
}

#[tokio::test]
async fn an_installation_that_does_not_push_lets_no_browser_in() {
    let (app, _) = fixture::app().await;
    let callouts = Arc::new(OneCallOut::default());
    assert_eq!(send(&app, &callouts, device("POST", "LINK", written(HERE))).await.status(), 422);
}

#[tokio::test]
async fn the_service_worker_has_an_address_of_its_own_and_is_asked_for_anew() {
    let (app, _) = fixture::app().await;
    let answer = send(&app, &Arc::default(), get_of("/service-worker.js")).await;
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["content-type"], "text/javascript; charset=utf-8");
    assert_eq!(answer.headers()["cache-control"], "no-cache");
    assert!(html(answer).await.contains("pushsubscriptionchange"));
}

#[tokio::test]
async fn a_browser_that_renews_its_subscription_stays_the_same_persons() {
    let (app, _) = fixture::app_that_pushes().await;
    let phone: Phone = "+999100000001".parse().unwrap();
    let before = Device { kind: DeviceKind::WebPush, address: stored(HERE) };
    let mut tx = app.db.begin().await.unwrap();
    devices::add(&mut tx, app.clock.now(), &phone, &before).await.unwrap();
    tx.commit().await.unwrap();
    let renew = async |old: String, new: String| {
        let body = serde_json::json!({ "old": old, "new": new }).to_string();
        let request = Request::post("/v1/push/renewed").header("content-type", "application/json");
        fixture::send(&app, request.body(Body::from(body)).unwrap()).await.status().as_u16()
    };
    let there = "https://push.example/there";
    assert_eq!(renew(written("https://push.example/nobodys"), written("https://push.example/a")).await, 204);
    assert_eq!(renew(written(HERE), written("https://10.0.0.1/a")).await, 422);
    assert_eq!(devices::of(&app.db, &phone).await.unwrap(), std::slice::from_ref(&before));
    assert_eq!(renew(written(HERE), written(there)).await, 204);
    let after = Device { address: stored(there), ..before };
    assert_eq!(devices::of(&app.db, &phone).await.unwrap(), [after]);
}
