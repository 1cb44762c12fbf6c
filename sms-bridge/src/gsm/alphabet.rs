//! From a character to its septets, by a table: every text is looked through when it is counted and when it is sent.

use std::sync::LazyLock;

use super::{BASIC, ESCAPE, EXTENSION, EXTENSION_CODES};

/// The last character of both alphabets.
const LAST: char = '€';

/// How a character is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Code {
    /// Whether [`ESCAPE`] comes first.
    pub(super) escaped: bool,
    pub(super) septet: u8,
}

/// By code point, up to [`LAST`].
static CODES: LazyLock<Vec<Option<Code>>> = LazyLock::new(|| {
    let mut codes = vec![None; LAST as usize + 1];
    // The basic alphabet has a gap where the escape is.
    let septets = (0..=u8::MAX).filter(|septet| *septet != ESCAPE);
    for (character, septet) in BASIC.chars().zip(septets) {
        codes[character as usize] = Some(Code { escaped: false, septet });
    }
    for (character, septet) in EXTENSION.chars().zip(EXTENSION_CODES) {
        codes[character as usize] = Some(Code { escaped: true, septet });
    }
    codes
});

/// `None` for what neither alphabet has.
pub(super) fn code(character: char) -> Option<Code> {
    CODES.get(character as usize).copied().flatten()
}

impl Code {
    /// Septets.
    pub(super) fn width(self) -> usize {
        1 + usize::from(self.escaped)
    }
}
