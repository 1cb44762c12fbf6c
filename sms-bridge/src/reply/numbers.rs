//! The numbers of a reply: which call-out, and how many minutes.

use std::ops::Range;

use super::tokens::Token;

/// Numbers found, and which tokens they took.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Numbers {
    pub(super) code: Option<u8>,
    pub(super) minutes: Option<u16>,
    pub(super) used: Vec<usize>,
}

/// Longest time to arrive that is believed: a day.
const MINUTES_MAX: u16 = 24 * 60;
/// Highest code a call-out can have.
const CODE_MAX: u16 = 99;

const MINUTE: &[&str] = &["min", "mins", "m", "minut", "minuter", "minute", "minutes"];
const HOUR: &[&str] = &["h", "tim", "timme", "timmar", "hour", "hours"];
/// What makes a number something else than a code.
const UNITS: &[&str] = &[
    "st", "pers", "person", "personer", "man", "km", "mil", "meter", "bilar", "skotrar", "ar", "sek",
    "sekunder", "kr",
];
const SPELLED: &[(&[&str], u16)] = &[
    (&["en", "kvart"], 15),
    (&["en", "halvtimme"], 30),
    (&["halvtimme"], 30),
    (&["en", "halv", "timme"], 30),
    (&["en", "timme"], 60),
    (&["half", "an", "hour"], 30),
    (&["kvart"], 15),
];

pub(super) fn find(tokens: &[Token], word: Option<&Range<usize>>) -> Numbers {
    let mut numbers = Numbers::default();
    if let Some((minutes, used)) = minutes(tokens) {
        numbers.minutes = Some(minutes);
        numbers.used.extend(used);
    }
    if let Some((code, at)) = code(tokens, word, &numbers.used) {
        numbers.code = Some(code);
        numbers.used.push(at);
    }
    numbers
}

fn minutes(tokens: &[Token]) -> Option<(u16, Range<usize>)> {
    let counted = (0..tokens.len()).find_map(|at| counted_at(tokens, at));
    counted.or_else(|| (0..tokens.len()).find_map(|at| spelled_at(tokens, at)))
}

fn counted_at(tokens: &[Token], at: usize) -> Option<(u16, Range<usize>)> {
    let number = tokens[at].number()?;
    let next_is = |words: &[&str]| tokens.get(at + 1).is_some_and(|next| words.contains(&next.text.as_str()));
    let previous = at.checked_sub(1).map_or("", |before| tokens[before].text.as_str());
    let (minutes, end) = if next_is(MINUTE) {
        (number, at + 2)
    } else if next_is(HOUR) {
        (number.checked_mul(60)?, at + 2)
    } else if matches!(previous, "om" | "in" | "ca" | "cirka") && !next_is(UNITS) && !opens_range(tokens, at)
    {
        (number, at + 1)
    } else {
        return None;
    };
    let start =
        if matches!(previous, "om" | "in" | "ca" | "cirka") || tokens[at].ends_range { at - 1 } else { at };
    (minutes <= MINUTES_MAX).then_some((minutes, start..end))
}

fn opens_range(tokens: &[Token], at: usize) -> bool {
    tokens.get(at + 1).is_some_and(|next| next.ends_range)
}

fn spelled_at(tokens: &[Token], at: usize) -> Option<(u16, Range<usize>)> {
    SPELLED.iter().find_map(|(words, minutes)| {
        let here = tokens.get(at..at + words.len())?;
        let same = here.iter().zip(*words).all(|(token, word)| token.text == *word);
        same.then_some((*minutes, at..at + words.len()))
    })
}

/// A number beside the word, or alone in the reply.
fn code(tokens: &[Token], word: Option<&Range<usize>>, used: &[usize]) -> Option<(u8, usize)> {
    let is_free = |at: &usize| !used.contains(at) && is_bare(tokens, *at);
    let beside = word.into_iter().flat_map(|word| [Some(word.end), word.start.checked_sub(1)]).flatten();
    let alone = (tokens.len() == 1 && word.is_none()).then_some(0);
    beside.chain(alone).find_map(|at| {
        let number = tokens.get(at).filter(|_| is_free(&at))?.number()?;
        let code = u8::try_from(number).ok().filter(|code| (1..=CODE_MAX).contains(&u16::from(*code)))?;
        Some((code, at))
    })
}

fn is_bare(tokens: &[Token], at: usize) -> bool {
    let followed = tokens.get(at + 1).is_some_and(|next| {
        next.ends_range || [UNITS, MINUTE, HOUR].iter().any(|units| units.contains(&next.text.as_str()))
    });
    !followed && !tokens[at].ends_range
}
