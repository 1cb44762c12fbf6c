use serde_json::{Value, json};

use super::*;

#[test]
fn what_cannot_work_is_refused_with_its_key_named() {
    let cases = [
        ("/request/body/text", json!("{txt}"), "unknown placeholder {txt}"),
        ("/request/body/text", json!("LARM"), "request.body: {text} is missing"),
        ("/request/body/to", json!("112"), "request.body: {to} or {to_digits} is missing"),
        ("/request/url", json!("ftp://sms.example/"), "request.url: expected http or https"),
        ("/request/url", json!("sms.example/send"), "request.url: is no URL"),
        (
            "/request/url",
            json!("http://sms.example/"),
            "request.url: expected https (or allow_insecure = true)",
        ),
        (
            "/request/url",
            json!("https://{from}.example/"),
            "request.url: placeholders can only stand after the host",
        ),
        ("/request/url", json!("https://sms.example/{text}"), "request.url: {text} cannot stand in the path"),
        (
            "/request/url",
            json!("https://u:p@sms.example/"),
            "request.url: the password belongs into request.basic",
        ),
        ("/request/url", json!("https://sms.example/#a"), "request.url: what stands after # is never sent"),
        ("/request/method", json!("GET"), "request.encoding: expected \"query\""),
        ("/request/method", json!("DELETE"), "unknown variant `DELETE`"),
        ("/request/headers", json!({"x y": "1"}), "request.headers.x y: is no name of a header"),
        ("/request/headers", json!({"x": "\n"}), "request.headers.x: has characters no header can have"),
        ("/request/headers", json!({"x": "{text}"}), "request.headers.x: {text} cannot stand in a header"),
        ("/request/body/more", json!({"a": 1}), "request.body.more: a table can only stand in JSON"),
        ("/request/body/coding", json!("{alphabet}"), "request.alphabet: is missing"),
        (
            "/request/basic",
            json!({"username": "u", "password": "p"}),
            "request.bearer: expected basic or bearer, not both",
        ),
        ("/request/charset", json!("ebcdic"), "unknown variant `ebcdic`"),
        ("/webhook_base", Value::Null, "webhook_base: is missing: {receipt_url} is used"),
        ("/webhook_base", json!("http://certus.example"), "webhook_base: expected https"),
        ("/webhook_base", json!("https://certus.example/?a=1"), "webhook_base: expected no more than scheme"),
        ("/webhook_secret", Value::Null, "webhook_secret: is missing (or webhook_basic)"),
        ("/webhook_secret", json!(""), "webhook_secret: is empty"),
        ("/receipt", Value::Null, "receipt: is missing: {receipt_url} is used"),
        ("/receipt/words", json!({}), "receipt.words: is empty"),
        ("/receipt/words", json!({"1": "eaten"}), "unknown variant `eaten`"),
        ("/receipt/status", json!("type"), "expected query:NAME, form:NAME or json:/POINTER"),
        (
            "/receipt/response",
            json!({"content_type": "\n"}),
            "receipt.response.content_type: is no media type",
        ),
        ("/reply/id", Value::Null, "reply.id: is missing (or reply.time)"),
        ("/answer", json!({"accepted": [202], "refused": [202]}), "answer: 202 stands there twice"),
        ("/colour", json!(1), "unknown field `colour`"),
    ];
    for (key, value, expected) in cases {
        let Err(error) = settings(key, value.clone()) else { panic!("{key} took {value}") };
        let error = error.to_string();
        assert!(error.contains(expected), "{key}: {error}");
    }
}

#[test]
fn what_differs_but_works_is_taken() {
    let cases = [
        ("/allow_insecure", json!(true)),
        ("/request/url", json!("http://[::1]:1301/send?from={from}&text={text}")),
        ("/request/url", json!("http://localhost/send")),
        ("/request/encoding", json!("json")),
        ("/reply", Value::Null),
        ("/webhook_base", json!("http://127.0.0.1:8112/certus/")),
    ];
    for (key, value) in cases {
        let taken = settings(key, value.clone());
        assert!(taken.is_ok(), "{key} {value}: {taken:?}");
    }
}

#[test]
fn the_urls_for_the_provider_hold_key_and_password() {
    let settings = settings("/webhook_basic", json!({"username": "u", "password": "p@ß"})).unwrap();
    let id = sample().id;
    let base = "https://u:p%40%C3%9F@certus.example/gateways/template";
    assert_eq!(settings.receipt_url(id), format!("{base}/receipt?key=k3y%26&ref={id}"));
    assert_eq!(settings.reply_url().unwrap(), format!("{base}/reply?key=k3y%26"));
}

#[test]
fn no_secret_is_shown() {
    let shown =
        format!("{:?}", settings("/webhook_basic", json!({"username": "u", "password": "p4ss"})).unwrap());
    for secret in ["p4ss", "k3y", "t0ken"] {
        assert!(!shown.contains(secret), "{shown}");
    }
}

/// Settings that work, but for `key`.
fn settings(key: &str, value: Value) -> Result<TemplateSettings, serde_json::Error> {
    let mut document = json!({
        "from": "71700",
        "webhook_base": "https://certus.example",
        "webhook_secret": "k3y&",
        "request": {
            "url": "https://sms.example/send", "encoding": "form", "bearer": "t0ken",
            "headers": {"X-Ref": "{id}"},
            "body": {"to": "{to}", "text": "{text}", "callback": "{receipt_url}"},
        },
        "receipt": {"status": "form:status", "words": {"ok": "delivered"}},
        "reply": {"sender": "form:from", "text": "form:text", "id": "form:id"},
    });
    let (table, name) = key.rsplit_once('/').unwrap();
    let table = document.pointer_mut(table).unwrap().as_object_mut().unwrap();
    if value.is_null() {
        table.remove(name);
    } else {
        table.insert(name.to_owned(), value);
    }
    serde_json::from_value(document)
}
