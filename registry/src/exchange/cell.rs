//! One field of a file: what a spreadsheet would run is made harmless, what is missing has a meaning.

use std::borrow::Cow;

/// First characters at which a spreadsheet takes a field for a formula, also in full width (OWASP, CSV injection).
const TRIGGERS: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];

/// Puts an apostrophe before a field that a spreadsheet would run, and before one that `restored` would
/// take for such. Plain negative numbers stay bare.
#[must_use]
pub fn neutral(text: &str) -> Cow<'_, str> {
    let runs = text.starts_with(TRIGGERS) && !is_negative_number(text);
    if runs { Cow::Owned(format!("'{text}")) } else { kept(text) }
}

/// The same for a cell that says itself that it is text, so that no spreadsheet runs it: only what [`restored`] would take for
/// harmless-made gets an apostrophe.
pub(super) fn kept(text: &str) -> Cow<'_, str> {
    let behind = text.strip_prefix('\'');
    let looks_neutral = behind.is_some_and(|rest| rest.starts_with('\'') || rest.starts_with(TRIGGERS));
    if looks_neutral { Cow::Owned(format!("'{text}")) } else { Cow::Borrowed(text) }
}

/// Undoes [`neutral`] and [`kept`]. A name such as `'t Hooft` keeps its apostrophe.
pub(super) fn restored(text: &str) -> &str {
    match text.strip_prefix('\'') {
        Some(rest) if rest.starts_with('\'') || rest.starts_with(TRIGGERS) => rest,
        Some(_) | None => text,
    }
}

fn is_negative_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or_default();
    digits.starts_with(|c: char| c.is_ascii_digit()) && digits.chars().all(|c| c.is_ascii_digit() || c == '.')
}

/// What a row says in a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cell<T> {
    /// The file has no such column: what is stored stays.
    Absent,
    /// The cell is empty: the default.
    Empty,
    /// A value.
    Value(T),
}

impl<T> Cell<T> {
    /// The value that holds from now on, when `held` is stored and `default` is the column's.
    pub(super) fn settle(self, held: T, default: T) -> T {
        match self {
            Self::Absent => held,
            Self::Empty => default,
            Self::Value(value) => value,
        }
    }

    /// The same for what may be missing, which it is by default.
    pub(super) fn settle_optional(self, held: Option<T>) -> Option<T> {
        match self {
            Self::Absent => held,
            Self::Empty => None,
            Self::Value(value) => Some(value),
        }
    }

    pub(super) fn try_map<U, E>(self, parse: impl FnOnce(T) -> Result<U, E>) -> Result<Cell<U>, E> {
        Ok(match self {
            Self::Absent => Cell::Absent,
            Self::Empty => Cell::Empty,
            Self::Value(value) => Cell::Value(parse(value)?),
        })
    }

    pub(super) fn value(self) -> Option<T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Absent | Self::Empty => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_a_spreadsheet_would_run_gets_an_apostrophe() {
        for (text, written) in [
            ("=HYPERLINK(\"x\")", "'=HYPERLINK(\"x\")"),
            ("+46701740605", "'+46701740605"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("-1+cmd|'/c calc'!A0", "'-1+cmd|'/c calc'!A0"),
            ("-13.08102", "-13.08102"),
            ("'t Hooft", "'t Hooft"),
            ("'=x", "''=x"),
            ("Märta", "Märta"),
            ("", ""),
        ] {
            assert_eq!(neutral(text), written);
            assert_eq!(restored(written), text);
        }
    }

    proptest! {
        #[test]
        fn import_undoes_what_export_did(text in "['=+@\t＝a1.-]{0,8}") {
            let written = neutral(&text);
            prop_assert_eq!(restored(&written), &text);
            prop_assert!(!written.starts_with(TRIGGERS) || is_negative_number(&written));
            let written = kept(&text);
            prop_assert_eq!(restored(&written), &text);
        }
    }
}
