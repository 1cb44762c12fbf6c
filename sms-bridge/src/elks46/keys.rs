//! What 46elks tells about a call: a key that was pressed, and how the call ended.

use std::collections::BTreeMap;

use certus_registry::Timestamp;

use super::CALLS;
use super::webhook::{WebhookError, field};
use crate::MessageId;
use crate::inbox::{NewInbound, check_provider_id};
use crate::receipt::{Receipt, ReceiptFor, ReceiptStatus};

/// What stands for the keys in the inbox; they are read as any reply is.
const YES: &str = "JA";
const NO: &str = "NEJ";

/// What came of a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Key {
    /// 1 or 2.
    Answer {
        /// To be stored.
        reply: NewInbound,
        /// It was 1.
        yes: bool,
    },
    /// A key that means nothing.
    Other,
    /// None.
    Nothing,
}

/// How a call ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// For the message.
    pub receipt: Receipt,
    /// The key that was pressed, should we not have been told, or not have stored it.
    pub reply: Option<NewInbound>,
    /// In 1/10 000 of the account's currency.
    pub cost: Option<u32>,
}

/// What a key means for `message`.
///
/// # Errors
/// [`WebhookError`] when a field is missing or makes no sense.
pub fn parse_key(
    message: MessageId,
    form: &BTreeMap<String, String>,
    now: Timestamp,
) -> Result<Key, WebhookError> {
    let result = field(form, "result")?;
    if let Some(yes) = answer(result) {
        return Ok(Key::Answer { reply: reply(message, form, yes, now)?, yes });
    }
    let pressed = result.bytes().all(|key| key.is_ascii_digit() || matches!(key, b'*' | b'#'));
    Ok(if pressed { Key::Other } else { Key::Nothing })
}

/// How the call for `message` ended. Somebody has surely heard it only when a key was pressed: an answering machine takes
/// calls too.
///
/// # Errors
/// [`WebhookError`] when a field is missing or makes no sense.
pub fn parse_ended(
    message: MessageId,
    form: &BTreeMap<String, String>,
    now: Timestamp,
) -> Result<Ended, WebhookError> {
    let state = field(form, "state")?;
    let actions = form.get("actions").map_or("", String::as_str);
    let keys = pressed(actions);
    let yes = keys.iter().find_map(|key| answer(key));
    let failed = |why: &str| ReceiptStatus::Failed { reason: why.to_owned() };
    let status = match state {
        "success" if !keys.is_empty() => ReceiptStatus::Delivered,
        "success" => failed("answered, but no key was pressed"),
        "busy" => failed("the line was busy"),
        "failed" => failed("not answered"),
        _ => return Err(WebhookError::Field("state")),
    };
    Ok(Ended {
        receipt: Receipt { message: ReceiptFor::Ours(message), status, at: now },
        reply: yes.map(|yes| reply(message, form, yes, now)).transpose()?,
        cost: form.get("cost").and_then(|cost| cost.parse().ok()),
    })
}

fn answer(key: &str) -> Option<bool> {
    match key {
        "1" => Some(true),
        "2" => Some(false),
        _ => None,
    }
}

/// The keys among a call's actions, a list of objects with what each came to; anything else holds none.
fn pressed(actions: &str) -> Vec<String> {
    let actions: Vec<serde_json::Value> = serde_json::from_str(actions).unwrap_or_default();
    let results =
        actions.iter().filter(|action| action["ivr"].is_string()).filter_map(|a| a["result"].as_str());
    results
        .filter(|keys| !keys.is_empty() && keys.bytes().all(|k| k.is_ascii_digit()))
        .map(str::to_owned)
        .collect()
}

/// One per call, named by it: the first answer stands, however often we are told.
fn reply(
    message: MessageId,
    form: &BTreeMap<String, String>,
    yes: bool,
    now: Timestamp,
) -> Result<NewInbound, WebhookError> {
    let call = field(form, "callid").or_else(|_| field(form, "id"))?;
    check_provider_id(call).map_err(|_| WebhookError::Field("callid"))?;
    Ok(NewInbound {
        gateway: CALLS.to_owned(),
        provider_id: call.to_owned(),
        from: field(form, "to")?.parse().map_err(|_| WebhookError::Field("to"))?,
        body: if yes { YES } else { NO }.to_owned(),
        answers: Some(message),
        received_at: now,
    })
}

#[cfg(test)]
mod tests {
    use certus_registry::Random;

    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_795_400_000_000);

    #[test]
    fn a_key_is_an_answer_to_the_message_of_its_call() {
        let message = MessageId::new(NOW, &Random::from_seed(1));
        let key = |result: &str| parse_key(message, &form(&[("result", result)]), NOW).unwrap();
        let Key::Answer { reply, yes } = key("1") else { panic!("no answer") };
        assert_eq!((reply.body.as_str(), reply.answers, yes), ("JA", Some(message), true));
        assert_eq!((reply.from.as_str(), reply.provider_id.as_str()), ("+46701740605", "c1"));
        let Key::Answer { reply, yes } = key("2") else { panic!("no answer") };
        assert_eq!((reply.body.as_str(), yes), ("NEJ", false));
        assert_eq!((key("7"), key("*"), key("failed")), (Key::Other, Key::Other, Key::Nothing));
        assert_eq!(parse_key(message, &form(&[]), NOW), Err(WebhookError::Field("result")));
        let nobody =
            BTreeMap::from([("result".to_owned(), "1".to_owned()), ("callid".to_owned(), "c".to_owned())]);
        assert_eq!(parse_key(message, &nobody, NOW), Err(WebhookError::Field("to")));
    }

    #[test]
    fn a_call_has_been_heard_when_a_key_was_pressed() {
        let message = MessageId::new(NOW, &Random::from_seed(1));
        let failed = |why: &str| ReceiptStatus::Failed { reason: why.to_owned() };
        let table = [
            ("success", r#"[{"ivr":"x","result":"1"}]"#, ReceiptStatus::Delivered, Some("JA")),
            (
                "success",
                r#"[{"ivr":"x","result":"7"},{"ivr":"x","result":"2"}]"#,
                ReceiptStatus::Delivered,
                Some("NEJ"),
            ),
            ("success", r#"[{"ivr":"x","result":"7"}]"#, ReceiptStatus::Delivered, None),
            (
                "success",
                r#"[{"ivr":"x","result":"failed"}]"#,
                failed("answered, but no key was pressed"),
                None,
            ),
            ("success", r#"[{"play":"x","result":"1"}]"#, failed("answered, but no key was pressed"), None),
            ("success", "rubbish", failed("answered, but no key was pressed"), None),
            ("busy", "[]", failed("the line was busy"), None),
            ("failed", "", failed("not answered"), None),
        ];
        for (state, actions, status, body) in table {
            let ended =
                parse_ended(message, &form(&[("state", state), ("actions", actions), ("cost", "900")]), NOW);
            let ended = ended.unwrap();
            assert_eq!((ended.receipt.status, ended.cost), (status, Some(900)), "{state} {actions}");
            assert_eq!(ended.reply.map(|reply| reply.body).as_deref(), body, "{state} {actions}");
        }
        assert_eq!(
            parse_ended(message, &form(&[("state", "eaten")]), NOW),
            Err(WebhookError::Field("state"))
        );
    }

    fn form(fields: &[(&str, &str)]) -> BTreeMap<String, String> {
        let call = [("callid", "c1"), ("to", "+46701740605")];
        call.iter().chain(fields).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }
}
