//! What 46elks tells us: delivery reports and replies. Free of any web framework; whoever mounts the routes
//! calls [`check`] first, then parses, then stores, and answers 2xx (with an empty body: a text would be sent
//! to the phone and cost money) only when the store has it. 46elks repeats for hours otherwise.

use std::collections::BTreeMap;
use std::net::IpAddr;

use certus_registry::Timestamp;

use super::{Elks46Settings, NAME, parse_time};
use crate::inbox::{NewInbound, check_provider_id};
use crate::receipt::{Receipt, ReceiptFor, ReceiptStatus};
use crate::webhook::{Door, Unwelcome};

/// Why a webhook says nothing we can use. Answer 2xx all the same, and count it: repeating will not mend it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WebhookError {
    /// A field is missing or makes no sense.
    #[error("field {0} is missing or makes no sense")]
    Field(&'static str),
    /// The sender is no telephone number (a company's name, a short number): nobody of ours.
    #[error("the sender is no telephone number")]
    Sender,
}

/// Lets a webhook in by its query's `key`, its `Authorization` header and its sender's address (the client's,
/// not the proxy's; a mapped `::ffff:` address counts as the IPv4 address it is).
///
/// # Errors
/// [`Unwelcome`], the first reason found.
pub fn check(
    settings: &Elks46Settings,
    key: Option<&str>,
    authorization: Option<&str>,
    source: IpAddr,
) -> Result<(), Unwelcome> {
    let secret = Some(settings.webhook_secret.as_str());
    Door { secret, basic: settings.webhook_basic.as_ref(), sources: &settings.sources }.let_in(
        key,
        authorization,
        source,
    )
}

/// A delivery report: `reference` is `ref` of the query, `form` the posted fields.
///
/// # Errors
/// [`WebhookError`] when a field is missing or unknown.
pub fn parse_receipt(
    reference: Option<&str>,
    form: &BTreeMap<String, String>,
    now: Timestamp,
) -> Result<Receipt, WebhookError> {
    let ours = reference.and_then(|text| text.parse().ok()).map(ReceiptFor::Ours);
    let message = match ours {
        Some(ours) => ours,
        None => ReceiptFor::Provider { gateway: NAME.to_owned(), id: provider_id(form)? },
    };
    let status = match field(form, "status")? {
        "sent" | "created" => ReceiptStatus::Sent,
        "delivered" => ReceiptStatus::Delivered,
        "failed" => ReceiptStatus::Failed { reason: "46elks reported it as failed".to_owned() },
        _ => return Err(WebhookError::Field("status")),
    };
    let at = form.get("delivered").and_then(|text| parse_time(text)).unwrap_or(now);
    Ok(Receipt { message, status, at })
}

/// A reply.
///
/// # Errors
/// [`WebhookError`] when a field is missing or the sender has no telephone number.
pub fn parse_inbound(form: &BTreeMap<String, String>, now: Timestamp) -> Result<NewInbound, WebhookError> {
    let from = field(form, "from")?.parse().map_err(|_| WebhookError::Sender)?;
    // An empty text is a reply too: it is kept and comes out as an unclear answer.
    let body = form.get("message").ok_or(WebhookError::Field("message"))?.clone();
    Ok(NewInbound {
        gateway: NAME.to_owned(),
        provider_id: provider_id(form)?,
        from,
        body,
        answers: None,
        received_at: now,
    })
}

fn provider_id(form: &BTreeMap<String, String>) -> Result<String, WebhookError> {
    let id = field(form, "id")?;
    check_provider_id(id).map_err(|_| WebhookError::Field("id"))?;
    Ok(id.to_owned())
}

pub(super) fn field<'a>(
    form: &'a BTreeMap<String, String>,
    name: &'static str,
) -> Result<&'a str, WebhookError> {
    form.get(name).map(String::as_str).filter(|value| !value.is_empty()).ok_or(WebhookError::Field(name))
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;
    use crate::webhook::Basic;

    const NOW: Timestamp = Timestamp::from_millis(1_795_400_000_000);

    #[test]
    fn a_webhook_is_let_in_by_address_key_and_password() {
        let mut settings = settings();
        let known: IpAddr = "::ffff:176.10.154.199".parse().unwrap();
        let stranger = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let good = Some("Basic ZWxrOnBhc3M="); // elk:pass
        let cases = [
            (Some("k3y"), good, known, Ok(())),
            (Some("k3y"), good, stranger, Err(Unwelcome::Source)),
            (Some("k3x"), good, known, Err(Unwelcome::Key)),
            (Some("k3y2"), good, known, Err(Unwelcome::Key)),
            (None, good, known, Err(Unwelcome::Key)),
            (Some("k3y"), None, known, Err(Unwelcome::Credentials)),
            (Some("k3y"), Some("Basic ZWxrOnBhc3N="), known, Err(Unwelcome::Credentials)),
        ];
        for (key, authorization, source, expected) in cases {
            assert_eq!(
                check(&settings, key, authorization, source),
                expected,
                "{key:?} {authorization:?} {source}"
            );
        }
        settings.webhook_secret = String::new();
        assert_eq!(check(&settings, Some(""), good, known), Err(Unwelcome::Key), "no secret opens to nobody");
    }

    #[test]
    fn a_report_names_our_own_message_or_the_providers() {
        let ours = "019ab000-0000-7000-8000-000000000001";
        let posted =
            form(&[("id", "s70df"), ("status", "delivered"), ("delivered", "2016-10-11T13:36:13.081000")]);
        let receipt = parse_receipt(Some(ours), &posted, NOW).unwrap();
        assert_eq!(receipt.message, ReceiptFor::Ours(ours.parse().unwrap()));
        assert_eq!(receipt.at.rfc3339(), "2016-10-11T13:36:13.081Z");
        let failed =
            parse_receipt(Some("rubbish"), &form(&[("id", "s70df"), ("status", "failed")]), NOW).unwrap();
        assert_eq!(failed.message, ReceiptFor::Provider { gateway: "elks46".into(), id: "s70df".into() });
        assert_eq!(failed.at, NOW);
    }

    #[test]
    fn what_makes_no_sense_is_named() {
        let cases = [
            (form(&[("id", "s1")]), WebhookError::Field("status")),
            (form(&[("id", "s1"), ("status", "eaten")]), WebhookError::Field("status")),
            (form(&[("status", "sent")]), WebhookError::Field("id")),
        ];
        for (form, expected) in cases {
            assert_eq!(parse_receipt(None, &form, NOW).unwrap_err(), expected);
        }
        let cases = [
            (form(&[("id", "s1"), ("from", "Telia"), ("message", "x")]), WebhookError::Sender),
            (form(&[("id", "s1"), ("from", "+46701740605")]), WebhookError::Field("message")),
            (form(&[("from", "+46701740605"), ("message", "x")]), WebhookError::Field("id")),
        ];
        for (form, expected) in cases {
            assert_eq!(parse_inbound(&form, NOW).unwrap_err(), expected);
        }
    }

    fn settings() -> Elks46Settings {
        let text = r#"{"username":"u","password":"p","from":"+46766860000",
                       "webhook_base":"https://certus.example.se","webhook_secret":"k3y"}"#;
        let basic = Basic { username: "elk".into(), password: "pass".into() };
        Elks46Settings { webhook_basic: Some(basic), ..serde_json::from_str(text).unwrap() }
    }

    fn form(fields: &[(&str, &str)]) -> BTreeMap<String, String> {
        fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }
}
