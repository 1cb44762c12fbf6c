//! What the telephone says when it is the way to somebody. It is the same for everybody and names no place.

use certus_registry::Language;
use certus_sms_bridge::speech::Sentence;

use crate::text::text;

/// The alarm, which asks for a key.
pub const CALL_OUT: &str = "call-out";
/// You need not go.
pub const OVER: &str = "over";

/// Every sentence in every language; what follows a key is named by the gateway.
#[must_use]
pub fn sentences() -> Vec<Sentence> {
    let each = |language: &Language| {
        [CALL_OUT, OVER, "yes", "no", "lost"].map(|name| Sentence {
            name,
            language: language.as_str(),
            text: text(*language, &format!("call-{name}"), &[]),
        })
    };
    Language::ALL.iter().flat_map(each).collect()
}
