//! Cutting a reply into words and numbers, folded so that case and å, ä, ö do not matter.

/// A word or a number of a reply.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "what stands around a word; any of it may, together")]
pub(super) struct Token {
    /// Lower case, without dots and accents: `ä` is `a`.
    pub(super) text: String,
    /// A question mark follows directly.
    pub(super) doubted: bool,
    /// A comma, a full stop or the like follows directly: what comes next is another thought.
    pub(super) closed: bool,
    /// A slash follows directly, as in `24/12`.
    pub(super) slashed: bool,
    /// The upper end of a range such as `10-15`.
    pub(super) ends_range: bool,
}

impl Token {
    /// Its value, when it is a number of at most four digits.
    pub(super) fn number(&self) -> Option<u16> {
        if self.text.len() > 4 { None } else { self.text.parse().ok() }
    }
}

/// At most this many characters of a reply are read for words; the note keeps them all.
const READ_MAX: usize = 500;

pub(super) fn split(text: &str) -> Vec<Token> {
    let own = without_quotes(text);
    let mut tokens: Vec<Token> = Vec::new();
    let mut current = String::new();
    let mut joined_by_dash = false;
    for character in own.chars().take(READ_MAX).chain([' ']) {
        let character = fold(character);
        if character.is_alphanumeric() && !changes_kind(&current, character) {
            current.push(character);
            continue;
        }
        if !current.is_empty() {
            push(&mut tokens, std::mem::take(&mut current), joined_by_dash);
            joined_by_dash = matches!(character, '-' | '–');
        }
        match character {
            '?' => mark(&mut tokens, |token| token.doubted = true),
            '/' => mark(&mut tokens, |token| token.slashed = true),
            ',' | '.' | '!' | ';' | ':' | '\n' => mark(&mut tokens, |token| token.closed = true),
            '👍' | '👎' | '\'' => push(&mut tokens, character.to_string(), false),
            _ if character.is_alphanumeric() => current.push(character),
            _ => {}
        }
    }
    tokens.retain(|token| token.text != "'");
    tokens
}

fn push(tokens: &mut Vec<Token>, text: String, after_dash: bool) {
    let is_number = |text: &str| text.starts_with(|c: char| c.is_ascii_digit());
    let ends_range = after_dash && is_number(&text) && tokens.last().is_some_and(|t| is_number(&t.text));
    tokens.push(Token { text, doubted: false, closed: false, slashed: false, ends_range });
}

fn mark(tokens: &mut [Token], how: fn(&mut Token)) {
    if let Some(last) = tokens.last_mut() {
        how(last);
    }
}

/// `12min` and `ja2` are two tokens each.
fn changes_kind(current: &str, next: char) -> bool {
    current.chars().last().is_some_and(|last| last.is_ascii_digit() != next.is_ascii_digit())
}

fn fold(character: char) -> char {
    match character.to_lowercase().next().unwrap_or(character) {
        'å' | 'ä' | 'æ' | 'à' | 'á' => 'a',
        'ö' | 'ø' | 'ó' => 'o',
        'é' | 'è' => 'e',
        '’' | '´' | '`' => '\'',
        other => other,
    }
}

/// What stands between a pair of quotation marks is somebody else's text; a single mark cuts nothing.
fn without_quotes(text: &str) -> String {
    let is_quote = |c: char| matches!(c, '"' | '“' | '”' | '„' | '»' | '«');
    let mut own = text.to_owned();
    while let Some(start) = own.find(is_quote) {
        let open = own[start..].chars().next().map_or(1, char::len_utf8);
        let Some(length) = own[start + open..].rfind(is_quote) else { break };
        let end = start + open + length;
        let close = own[end..].chars().next().map_or(1, char::len_utf8);
        own.replace_range(start..end + close, " ");
    }
    own
}
