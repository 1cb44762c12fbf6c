use std::net::{IpAddr, Ipv4Addr};

use super::*;

const NOW: Timestamp = Timestamp::from_millis(1_795_400_000_000);
const OURS: &str = "019ab000-0000-7000-8000-000000000001";

#[test]
fn a_webhook_is_let_in_by_what_the_settings_ask_for() {
    let known: IpAddr = "::ffff:10.0.0.7".parse().unwrap();
    let stranger = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let good = Some("Basic dTpw"); // u:p
    let key = r#""webhook_secret":"k3y&=","#;
    let basic = r#""webhook_basic":{"username":"u","password":"p"},"#;
    let sources = r#""sources":["10.0.0.7"],"#;
    let cases = [
        (key, "key=k3y%26%3D", None, stranger, Ok(())),
        (key, "key=k3y", good, stranger, Err(Unwelcome::Key)),
        (key, "", None, stranger, Err(Unwelcome::Key)),
        (basic, "", good, stranger, Ok(())),
        (basic, "key=k3y%26%3D", None, stranger, Err(Unwelcome::Credentials)),
        (&format!("{key}{basic}{sources}"), "key=k3y%26%3D", good, known, Ok(())),
        (&format!("{key}{basic}{sources}"), "key=k3y%26%3D", good, stranger, Err(Unwelcome::Source)),
    ];
    for (settings, query, authorization, source, expected) in cases {
        let posted = Posted { query, authorization, body: b"", source };
        assert_eq!(webhooks(settings).let_in(&posted), expected, "{settings} {query} {source}");
    }
}

#[test]
fn kannels_bits_are_read_as_what_they_mean() {
    let cases = [
        ("1", Ok(ReceiptStatus::Delivered)),
        ("2", Ok(ReceiptStatus::Failed { reason: "NACK/Unreachable".to_owned() })),
        ("8", Ok(ReceiptStatus::Sent)),
        ("32", Err(Dropped::Word { word: "32".to_owned(), is_new: true })),
    ];
    let kannel = kannel();
    for (kind, expected) in cases {
        let query = format!("ref={OURS}&type={kind}&answer=NACK%2FUnreachable");
        let receipt = kannel.receipt(&posted(&query, b""), NOW);
        assert_eq!(receipt.clone().map(|receipt| receipt.status), expected, "{kind}");
        if let Ok(receipt) = receipt {
            assert_eq!(receipt.message, ReceiptFor::Ours(OURS.parse().unwrap()));
        }
    }
}

#[test]
fn a_report_in_json_or_a_form_names_the_providers_message() {
    let json = webhooks(
        r#""receipt":{"provider_id":"json:/batch_id","status":"json:/status","words":{"Delivered":"delivered"}},"#,
    );
    let form = webhooks(
        r#""receipt":{"provider_id":"form:MessageSid","status":"form:MessageStatus","words":{"delivered":"delivered"}},"#,
    );
    let named = |id: &str| Ok(ReceiptFor::Provider { gateway: NAME.to_owned(), id: id.to_owned() });
    let cases = [
        (&json, &br#"{"batch_id":"b1","status":"DELIVERED"}"#[..], named("b1")),
        (&form, b"MessageSid=SM1&MessageStatus=delivered", named("SM1")),
        (&form, b"MessageSid=&MessageStatus=delivered", Err(Dropped::Field("own_id or provider_id"))),
        (&form, b"MessageSid=SM1", Err(Dropped::Field("status"))),
        (&json, b"<xml/>", Err(Dropped::Field("status"))),
    ];
    for (webhooks, body, expected) in cases {
        let receipt = webhooks.receipt(&posted("ref=rubbish", body), NOW);
        assert_eq!(receipt.map(|receipt| receipt.message), expected, "{body:?}");
    }
}

#[test]
fn an_unknown_word_is_new_once_and_shown_only_when_it_looks_like_one() {
    let kannel = kannel();
    let strange =
        |word: &str| kannel.receipt(&posted(&format!("ref={OURS}&type={word}"), b""), NOW).unwrap_err();
    let dropped = |word: &str, is_new| Dropped::Word { word: word.to_owned(), is_new };
    assert_eq!(strange("eaten"), dropped("eaten", true));
    assert_eq!(strange("eaten"), dropped("eaten", false));
    assert_eq!(strange("%2B46701740605"), dropped("(not shown)", true));
    assert_eq!(strange("46701740605"), dropped("(not shown)", false));
    assert_eq!(strange("JA+jag+kommer"), dropped("(not shown)", false));
}

#[test]
fn a_reply_in_ucs_2_and_one_in_gsm_are_both_read() {
    let cases = [
        ("from=%2B46701740605&text=JA+%C3%A5%C3%A4%C3%B6&charset=UTF-8&id=a", "JA åäö"),
        ("from=0046701740605&text=%00J%00%C5%D8%3D%DE%91&charset=UTF-16BE&id=a", "JÅ🚑"),
        ("from=46701740605&text=&charset=&id=a", ""),
    ];
    for (query, expected) in cases {
        let reply = kannel().reply(&posted(query, b""), NOW).unwrap();
        let found = (reply.from.as_str(), reply.body.as_str(), reply.provider_id.as_str());
        assert_eq!(found, ("+46701740605", expected, "a"));
    }
    let cases = [
        ("from=Telia&text=x&id=a", Dropped::Sender),
        ("from=71700&text=x&id=a", Dropped::Sender),
        ("text=x&id=a", Dropped::Field("sender")),
        ("from=%2B46701740605&id=a", Dropped::Field("text")),
    ];
    for (query, expected) in cases {
        assert_eq!(kannel().reply(&posted(query, b""), NOW).unwrap_err(), expected, "{query}");
    }
}

#[test]
fn a_reply_without_an_id_gets_one_that_its_repeat_gets_again() {
    let id = |query: &str, now| kannel().reply(&posted(query, b""), now).unwrap().provider_id;
    let first = id("from=%2B46701740605&text=JA&ts=100", NOW);
    let later = NOW + std::time::Duration::from_mins(1);
    assert_eq!(id("from=%2B46701740605&text=JA&ts=100", later), first);
    let others = [
        "from=%2B46701740605&text=JA&ts=101",
        "from=%2B46701740605&text=JA1&ts=00",
        "from=%2B46701740606&text=JA&ts=100",
        "from=%2B46701740605&text=JA",
    ];
    for other in others {
        assert_ne!(id(other, NOW), first, "{other}");
    }
    let long = format!("from=%2B46701740605&text=JA&id={}", "x".repeat(201));
    assert!(id(&long, NOW).starts_with("derived-"));
}

#[test]
fn what_is_not_described_is_not_taken() {
    let webhooks = webhooks(r#""webhook_secret":"k","#);
    assert_eq!(webhooks.receipt(&posted("", b""), NOW).unwrap_err(), Dropped::Undescribed);
    assert_eq!(webhooks.reply(&posted("", b""), NOW).unwrap_err(), Dropped::Undescribed);
}

proptest::proptest! {
    #[test]
    fn no_rubbish_stops_a_webhook(query in "\\PC{0,60}", body in proptest::collection::vec(0_u8.., 0..60)) {
        let _ = kannel().receipt(&posted(&query, &body), NOW);
        let _ = kannel().reply(&posted(&query, &body), NOW);
        let _ = kannel().let_in(&posted(&query, &body));
    }
}

fn posted<'a>(query: &'a str, body: &'a [u8]) -> Posted<'a> {
    Posted { query, authorization: None, body, source: Ipv4Addr::LOCALHOST.into() }
}

fn kannel() -> Webhooks {
    webhooks(
        r#""webhook_secret":"k",
           "receipt":{"status":"query:type","reason":"query:answer",
               "words":{"1":"delivered","2":"failed","4":"sent","8":"sent","16":"failed"}},
           "reply":{"sender":"query:from","text":"query:text","charset":"query:charset","id":"query:id","time":"query:ts"},"#,
    )
}

fn webhooks(settings: &str) -> Webhooks {
    let door = if settings.contains("webhook_") { "" } else { r#""webhook_secret":"k","# };
    let text = format!(
        r#"{{{settings}{door}"from":"71700","webhook_base":"https://certus.example.se",
            "request":{{"url":"https://sms.example/","encoding":"json","body":{{"to":"{{to}}","text":"{{text}}"}}}}}}"#
    );
    Webhooks::new(serde_json::from_str(&text).unwrap())
}
