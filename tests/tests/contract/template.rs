//! The template gateway against a provider in this process that we wrote: what its requests are on the wire, and what
//! it makes of answers that break off, never come or lead elsewhere. What a real provider makes of it: `gateways`.

#![expect(clippy::unwrap_used, reason = "helpers of tests: a panic is the failure")]

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use certus_registry::time::SystemClock;
use certus_registry::{Clock, Random, Timestamp};
use certus_sms_bridge::receipt::{ReceiptFor, ReceiptStatus};
use certus_sms_bridge::template::{Posted, TemplateGateway, TemplateSettings, Webhooks};
use certus_sms_bridge::{Accepted, Gateway, MessageId, Neighbours, Outgoing, SendError, Urgency};
use futures::StreamExt as _;
use serde_json::{Value, json};

#[tokio::test]
async fn a_provider_like_twilio_can_be_described() {
    let provider = Provider::start().await;
    let settings = twilio(&provider.url("/201"));
    let message = outgoing("Åre & 100 %");
    let accepted = gateway(&settings).send(&message).await.unwrap();
    assert_eq!(accepted.provider_id, "SM17");
    let (headers, body) = provider.received().remove(0);
    assert_eq!(headers["authorization"], "Basic QUM6dG9rZW4=");
    assert_eq!(headers["content-type"], "application/x-www-form-urlencoded");
    let callback = format!(
        "https%3A%2F%2Fcertus.example%2Fgateways%2Ftemplate%2Freceipt%3Fkey%3Dk3y%26ref%3D{}",
        message.id
    );
    let expected = format!(
        "Body=%C3%85re%20%26%20100%20%25&From=%2B46766860000&StatusCallback={callback}&To=%2B46701740605&ValidityPeriod=600"
    );
    assert_eq!(body, expected);
}

#[tokio::test]
async fn what_a_provider_like_twilio_posts_is_understood() {
    let webhooks = Webhooks::new(serde_json::from_value(twilio("https://api.example/")).unwrap());
    let now = SystemClock.now();
    let report = posted("key=k3y", b"MessageSid=SM17&MessageStatus=undelivered&ErrorCode=30003");
    let receipt = webhooks.receipt(&report, now).unwrap();
    assert_eq!(receipt.message, ReceiptFor::Provider { gateway: "template".into(), id: "SM17".into() });
    assert_eq!(receipt.status, ReceiptStatus::Failed { reason: "30003".into() });
    let reply = posted("key=k3y", b"MessageSid=SM18&From=%2B46701740605&To=%2B46766860000&Body=JA+%C3%A5");
    let reply = webhooks.reply(&reply, now).unwrap();
    assert_eq!(
        (reply.provider_id.as_str(), reply.from.as_str(), reply.body.as_str()),
        ("SM18", "+46701740605", "JA å")
    );
    assert_eq!(webhooks.reply_response().body, "<Response/>");
}

#[tokio::test]
async fn a_provider_like_sinch_can_be_described() {
    let provider = Provider::start().await;
    let settings = sinch(&provider.url("/201"));
    let message = outgoing("\"Åre\"\n🚑");
    gateway(&settings).send(&message).await.unwrap();
    let (headers, body) = provider.received().remove(0);
    assert_eq!(headers["authorization"], "Bearer t0ken");
    assert_eq!(headers["content-type"], "application/json");
    let body: Value = serde_json::from_str(&body).unwrap();
    assert_eq!((&body["to"], &body["body"]), (&json!(["46701740605"]), &json!("\"Åre\"\n🚑")));
    assert_eq!(body["expire_at"], message.valid_until.rfc3339());
    let webhooks = Webhooks::new(serde_json::from_value(settings).unwrap());
    let report = br#"{"type":"recipient_delivery_report_sms","batch_id":"01FC","recipient":"46701740605","code":0,"status":"Delivered"}"#;
    let receipt = webhooks.receipt(&posted("key=k3y", report), SystemClock.now()).unwrap();
    assert_eq!(receipt.message, ReceiptFor::Provider { gateway: "template".into(), id: "01FC".into() });
    let reply =
        br#"{"type":"mo_text","id":"01XX","from":"46701740605","to":"46766860000","body":"JA \u00e5"}"#;
    let reply = webhooks.reply(&posted("key=k3y", reply), SystemClock.now()).unwrap();
    assert_eq!((reply.from.as_str(), reply.body.as_str()), ("+46701740605", "JA å"));
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let provider = Provider::start().await;
    let error = gateway(&plain(&provider.url("/302"))).send(&outgoing("Larm")).await.unwrap_err();
    assert_eq!(error.to_string(), "not taken for now: HTTP 302");
    assert_eq!(provider.received().len(), 1);
}

#[tokio::test]
async fn whoever_hangs_up_after_the_request_may_have_the_message() {
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        stream.readable().await.unwrap();
        drop(stream);
    });
    let error = gateway(&plain(&url)).send(&outgoing("Larm")).await.unwrap_err();
    assert!(matches!(error, SendError::Unknown { .. }), "{error}");
}

#[tokio::test]
async fn an_answer_without_end_is_cut_off_in_bytes_and_in_time() {
    let provider = Provider::start().await;
    let with_id = |path: &str| {
        let mut settings = plain(&provider.url(path));
        settings["answer"] = json!({"id": {"pattern": "id=(\\w+)"}});
        settings
    };
    let (endless, endless_with_id) = (plain(&provider.url("/endless")), with_id("/endless"));
    let (stalled, stalled_with_id) = (plain(&provider.url("/stalled")), with_id("/stalled"));
    let silent = plain(&provider.url("/silent"));
    let started = SystemClock.now();
    let answers = futures::future::join_all(
        [endless, endless_with_id, stalled, stalled_with_id, silent]
            .map(async |settings| kind(&gateway(&settings).send(&outgoing("Larm")).await)),
    );
    assert_eq!(answers.await, ["accepted", "unknown", "accepted", "unknown", "unknown"]);
    assert!(SystemClock.now().since(started) < Duration::from_secs(14), "the worker gives up after 15 s");
}

type Seen = Arc<Mutex<Vec<(HeaderMap, String)>>>;

/// Answers as the path says, and remembers what it was asked.
struct Provider {
    address: SocketAddr,
    seen: Seen,
}

impl Provider {
    async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let (address, seen) = (listener.local_addr().unwrap(), Seen::default());
        let routes = Router::new().fallback(answer).with_state(Arc::clone(&seen));
        tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        Self { address, seen }
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    fn received(&self) -> Vec<(HeaderMap, String)> {
        self.seen.lock().unwrap().clone()
    }
}

async fn answer(State(seen): State<Seen>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 100_000).await.unwrap();
    seen.lock().unwrap().push((parts.headers, String::from_utf8(body.to_vec()).unwrap()));
    match parts.uri.path() {
        "/201" => (StatusCode::CREATED, r#"{"sid":"SM17","id":"01FC","status":"queued"}"#).into_response(),
        "/302" => (StatusCode::FOUND, [(header::LOCATION, "/201")]).into_response(),
        "/endless" => {
            let chunk = Bytes::from_static(&[b'x'; 8 * 1024]);
            Body::from_stream(futures::stream::repeat_with(move || Ok::<_, std::io::Error>(chunk.clone())))
                .into_response()
        }
        "/stalled" => {
            let first = futures::stream::iter([Ok::<_, std::io::Error>("0: Accepted")]);
            Body::from_stream(first.chain(futures::stream::pending())).into_response()
        }
        _ => std::future::pending().await,
    }
}

fn kind(answer: &Result<Accepted, SendError>) -> &'static str {
    match answer {
        Ok(_) => "accepted",
        Err(SendError::Temporary { .. }) => "temporary",
        Err(SendError::Refused { .. }) => "refused",
        Err(SendError::Unknown { .. }) => "unknown",
    }
}

fn posted<'a>(query: &'a str, body: &'a [u8]) -> Posted<'a> {
    Posted { query, authorization: None, body, source: Ipv4Addr::LOCALHOST.into() }
}

fn gateway(settings: &Value) -> TemplateGateway {
    let settings: TemplateSettings = serde_json::from_value(settings.clone()).unwrap();
    TemplateGateway::new(settings).unwrap()
}

fn plain(url: &str) -> Value {
    json!({"from": "71700", "request": {"url": url, "encoding": "form", "body": {"to": "{to}", "text": "{text}"}}})
}

fn twilio(url: &str) -> Value {
    json!({
        "from": "+46766860000", "webhook_base": "https://certus.example", "webhook_secret": "k3y",
        "request": {
            "url": url, "encoding": "form", "basic": {"username": "AC", "password": "token"},
            "body": {"To": "{to}", "From": "{from}", "Body": "{text}", "StatusCallback": "{receipt_url}",
                "ValidityPeriod": "{valid_seconds}"},
        },
        "answer": {"id": {"pointer": "/sid"}, "reason": {"pointer": "/message"}},
        "receipt": {
            "provider_id": "form:MessageSid", "status": "form:MessageStatus", "reason": "form:ErrorCode",
            "words": {"queued": "sent", "sending": "sent", "sent": "sent", "delivered": "delivered",
                "undelivered": "failed", "failed": "failed"},
        },
        "reply": {
            "sender": "form:From", "text": "form:Body", "id": "form:MessageSid",
            "response": {"body": "<Response/>", "content_type": "text/xml"},
        },
    })
}

fn sinch(url: &str) -> Value {
    json!({
        "from": "46766860000", "webhook_base": "https://certus.example", "webhook_secret": "k3y",
        "request": {
            "url": url, "encoding": "json", "bearer": "t0ken",
            "body": {"from": "{from}", "to": ["{to_digits}"], "body": "{text}", "delivery_report": "per_recipient",
                "expire_at": "{valid_until}", "callback_url": "{receipt_url}"},
        },
        "answer": {"id": {"pointer": "/id"}, "reason": {"pointer": "/text"}},
        "receipt": {
            "provider_id": "json:/batch_id", "status": "json:/status", "reason": "json:/code",
            "words": {"Queued": "sent", "Dispatched": "sent", "Delivered": "delivered", "Failed": "failed"},
        },
        "reply": {"sender": "json:/from", "text": "json:/body", "id": "json:/id"},
    })
}

fn outgoing(body: &str) -> Outgoing {
    let now = Timestamp::from_millis(1_795_400_000_000);
    Outgoing {
        reference: "1/2/3".to_owned(),
        urgency: Urgency::Alarm,
        id: MessageId::new(now, &Random::from_seed(1)),
        to: "+46701740605".parse().unwrap(),
        body: body.to_owned(),
        stored_at: now,
        sent_at: now,
        valid_until: now + Duration::from_mins(10),
        attempt: 1,
        neighbours: Neighbours::default(),
    }
}
