//! Finding the word of a reply, or finding that there is none. All words are folded: `hjalp`, `ar`, `pa`.

use std::ops::Range;

use super::Word;
use super::tokens::Token;

/// A word and which tokens it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) word: Option<Word>,
    pub(super) at: Option<Range<usize>>,
}

const NOTHING: Found = Found { word: None, at: None };

/// May stand before the word and say nothing by themselves.
pub(super) const FILLERS: &[&str] = &[
    "ok", "okej", "okey", "okay", "hej", "hejsan", "halla", "hello", "hi", "oj", "tack", "thanks", "absolut",
    "svar", "jag", "vi", "i", "im", "am", "m", "we", "are", "ar", "nu", "now", "da", "visst", "👍", "mvh",
    "please",
];
/// Of the fillers, those that are an OK.
pub(super) const OK: &[&str] = &["ok", "okej", "okey", "okay", "absolut", "visst"];
const YES: &[&str] = &["ja", "japp", "jepp", "jajamen", "jajamensan", "jaa", "jaaa", "yes", "yep", "yeah"];
const COMING: &[&[&str]] =
    &[&["kommer"], &["pa", "vag"], &["on", "my", "way"], &["omw"], &["coming"], &["aker", "nu"]];
/// After "kommer" or "på väg" these make it about something else.
const NOT_COMING: &[&str] = &[
    "du",
    "ni",
    "han",
    "hon",
    "det",
    "de",
    "dom",
    "ambulans",
    "ambulansen",
    "polisen",
    "nagon",
    "hem",
    "till",
    "fran",
    "ut",
    "bort",
    "sen",
    "senare",
    "inte",
    "ej",
];
const NO: &[&str] = &["nej", "na", "nae", "naa", "nepp", "nix", "nope", "tyvarr", "cannot", "unable", "👎"];
const ABLE: &[&str] = &["kan", "hinner", "kommer", "orkar", "can", "kunde", "far"];
const NOT: &[&str] = &["inte", "ej", "not", "t"];
/// "Kan inte hitta" comes from somebody who is on the way.
const OBSTACLES: &[&str] = &[
    "hitta", "hittar", "se", "ser", "na", "oppna", "hora", "ringa", "parkera", "find", "see", "open", "reach",
];
const OBSTACLES_AFTER_COME: &[&str] = &["in", "fram", "at", "forbi", "igenom", "narmare"];
const DOUBTS: &[&str] = &[
    "kanske",
    "eventuellt",
    "ev",
    "maybe",
    "perhaps",
    "if",
    "osaker",
    "tror",
    "forsoker",
    "forsoka",
    "try",
    "aldrig",
    "never",
    "inte",
    "ej",
    "not",
    "eller",
    "or",
    "but",
    "unless",
    "sen",
    "senare",
    "later",
    "imorgon",
    "tomorrow",
    "men",
    "fast",
    "druckit",
    "berusad",
    "onykter",
    "sjuk",
    "drunk",
    "sick",
];
/// "Ja är i Stockholm" is "jag är …" as many write it, and no answer; "ja vem är det" neither.
const JAG_VERBS: &[&str] =
    &["ar", "e", "har", "ska", "skulle", "maste", "sitter", "jobbar", "ligger", "bor", "fick", "var"];
const ANSWERING_THE_PHONE: &[&str] = &["vem", "vad", "va", "varfor", "halla", "du", "ni"];
/// "Om 12 min" and "om en kvart" are times; "om jag får skjuts" is a condition.
const AFTER_OM_IN_TIME: &[&str] =
    &["en", "ett", "ca", "cirka", "typ", "max", "nagra", "kvart", "halvtimme", "about"];
const ON_SCENE: &[&[&str]] = &[
    &["framme"],
    &["pa", "plats"],
    &["ar", "har"],
    &["ar", "dar"],
    &["here"],
    &["arrived"],
    &["on", "scene"],
    &["har", "kommit", "fram"],
];
const FETCHED: &[&[&str]] = &[
    &["hamtat"],
    &["hamtad"],
    &["har", "hamtat"],
    &["fetched"],
    &["have", "fetched"],
    &["ve", "fetched"],
    &["picked", "up"],
];
const DONE: &[&[&str]] = &[&["klar"], &["klara"], &["fardig"], &["fardiga"], &["done"], &["finished"]];
/// "Klar att åka", "klar om 10": not done but ready, or not yet.
const NOT_DONE: &[&str] = &["att", "for", "om", "in", "snart", "to", "strax"];
const HELP: &[&str] = &["hjalp", "help"];
const ON_DUTY: &[&str] = &["ledig", "tillganglig", "available", "start", "starta"];
const OFF_DUTY: &[&str] = &["upptagen", "busy", "otillganglig"];
/// "Ledig från 18", "upptagen imorgon": not yet.
const NOT_YET: &[&str] = &["fran", "from", "efter", "after", "imorgon", "tomorrow", "sen", "senare", "later"];
const STOP: &[&str] = &["stopp", "stop", "stoppa", "avsluta"];

pub(super) fn find(tokens: &[Token]) -> Found {
    let lead = leading(tokens);
    let yes = one(tokens, lead, YES).or_else(|| coming(tokens, lead));
    match (yes, no(tokens, lead)) {
        (Some(yes), Some(no)) => yes_and_no(tokens, &yes, no),
        (Some(yes), None) => affirmed(tokens, yes),
        (None, Some(no)) => declined(tokens, no),
        (None, None) => state_word(tokens, lead),
    }
}

/// Where the reply begins in earnest: after fillers and a code. "Är på plats" begins at its verb, which is a
/// filler, so phrases are looked for at every filler too.
fn leading(tokens: &[Token]) -> usize {
    let skipped = |token: &Token| FILLERS.contains(&token.text.as_str()) || token.number().is_some();
    tokens.iter().position(|token| !skipped(token)).unwrap_or(tokens.len())
}

fn one(tokens: &[Token], at: usize, words: &[&str]) -> Option<Range<usize>> {
    let found = tokens.get(at).is_some_and(|token| words.contains(&token.text.as_str()));
    found.then_some(at..at + 1)
}

/// A phrase that starts at `lead` or at one of the fillers before it.
fn phrase(tokens: &[Token], lead: usize, phrases: &[&[&str]]) -> Option<Range<usize>> {
    (0..=lead).find_map(|start| {
        let matching = phrases.iter().find(|phrase| {
            let here = tokens.get(start..start + phrase.len());
            here.is_some_and(|here| here.iter().zip(**phrase).all(|(token, word)| token.text == *word))
        });
        matching.map(|phrase| start..start + phrase.len())
    })
}

fn coming(tokens: &[Token], lead: usize) -> Option<Range<usize>> {
    let range = phrase(tokens, lead, COMING)?;
    let about_others = tokens.get(range.end).is_some_and(|next| NOT_COMING.contains(&next.text.as_str()));
    (!about_others).then_some(range)
}

fn no(tokens: &[Token], lead: usize) -> Option<Range<usize>> {
    if let Some(leading) = one(tokens, lead, &["no"]) {
        let polite = one(tokens, lead + 1, &["problem", "problems", "worries"]).is_some();
        return if polite { None } else { Some(leading) };
    }
    let plain = tokens.iter().position(|token| NO.contains(&token.text.as_str())).map(|at| at..at + 1);
    plain.or_else(|| unable(tokens))
}

/// "Kan inte", "hinner tyvärr inte", "can't".
fn unable(tokens: &[Token]) -> Option<Range<usize>> {
    (0..tokens.len()).find_map(|start| {
        one(tokens, start, ABLE)?;
        let end = (start + 1..tokens.len().min(start + 4)).find(|at| one(tokens, *at, NOT).is_some())? + 1;
        let obstacle = one(tokens, end, OBSTACLES).is_some()
            || (one(tokens, end, &["komma"]).is_some()
                && one(tokens, end + 1, OBSTACLES_AFTER_COME).is_some());
        (!obstacle).then_some(start..end)
    })
}

/// Only the dialect's "ja kan inte" is clear.
fn yes_and_no(tokens: &[Token], yes: &Range<usize>, no: Range<usize>) -> Found {
    let dialect =
        tokens[yes.start].text == "ja" && no.start == yes.end && one(tokens, no.start, ABLE).is_some();
    if dialect { Found { word: Some(Word::No), at: Some(yes.start..no.end) } } else { NOTHING }
}

fn affirmed(tokens: &[Token], yes: Range<usize>) -> Found {
    let unclear = tokens[yes.end - 1].doubted || is_conditional(tokens) || is_no_answer(tokens, &yes);
    let after = yes.end + leading(&tokens[yes.end..]);
    let later = |phrases| (yes.end..=after).find_map(|at| phrase_at(tokens, at, phrases));
    if unclear || later(DONE).is_some() || has_any(tokens, HELP) {
        return NOTHING;
    }
    if let Some(scene) = later(ON_SCENE).filter(|scene| !is_to_come(tokens, scene.end)) {
        return if tokens[scene.end - 1].doubted {
            NOTHING
        } else {
            Found { word: Some(Word::OnScene), at: Some(scene) }
        };
    }
    Found { word: Some(Word::Yes), at: Some(yes) }
}

/// A "ja" that is somebody's "jag", or how they answer the phone.
fn is_no_answer(tokens: &[Token], yes: &Range<usize>) -> bool {
    let ja = &tokens[yes.end - 1];
    if ja.text != "ja" || ja.closed {
        return false;
    }
    let rest = &tokens[yes.end..];
    let on_the_way = phrase(rest, leading(rest), ON_SCENE).is_some() || coming(rest, leading(rest)).is_some();
    one(tokens, yes.end, ANSWERING_THE_PHONE).is_some()
        || (one(tokens, yes.end, JAG_VERBS).is_some() && !on_the_way)
}

fn phrase_at(tokens: &[Token], at: usize, phrases: &[&[&str]]) -> Option<Range<usize>> {
    phrase(tokens.get(at..)?, 0, phrases).map(|found| found.start + at..found.end + at)
}

fn declined(tokens: &[Token], no: Range<usize>) -> Found {
    let unclear = tokens[no.end - 1].doubted
        || phrase(tokens, leading(tokens), ON_SCENE).is_some()
        || phrase(tokens, leading(tokens), DONE).is_some()
        || has_any(tokens, &["kanske", "maybe", "eller"])
        || has_any(tokens, YES); // "nej, menade ja"
    if unclear { NOTHING } else { Found { word: Some(Word::No), at: Some(no) } }
}

/// A yes with strings attached.
fn is_conditional(tokens: &[Token]) -> bool {
    has_any(tokens, DOUBTS) || (0..tokens.len()).any(|at| is_if(tokens, at))
}

fn is_if(tokens: &[Token], at: usize) -> bool {
    let in_time = tokens
        .get(at + 1)
        .is_some_and(|next| next.number().is_some() || AFTER_OM_IN_TIME.contains(&next.text.as_str()));
    tokens[at].text == "om" && !in_time
}

fn has_any(tokens: &[Token], words: &[&str]) -> bool {
    tokens.iter().any(|token| words.contains(&token.text.as_str()))
}

/// "Framme om 5 min", "here in 10".
fn is_to_come(tokens: &[Token], from: usize) -> bool {
    tokens[from..].iter().any(|token| matches!(token.text.as_str(), "om" | "in" | "snart" | "strax"))
}

fn state_word(tokens: &[Token], lead: usize) -> Found {
    let Some((word, at)) = state_at(tokens, lead) else { return NOTHING };
    if tokens[at.end - 1].doubted || has_any(tokens, NOT) {
        return NOTHING;
    }
    match word {
        Word::OnScene if is_to_come(tokens, at.end) => {
            let timed = !is_conditional(tokens) && one(tokens, at.end, &["om", "in"]).is_some();
            if timed { Found { word: Some(Word::Yes), at: Some(at) } } else { NOTHING }
        }
        Word::Fetched if is_to_come(tokens, at.end) => NOTHING,
        Word::Done
            if one(tokens, at.end, NOT_DONE).is_some() || coming(tokens, tokens.len() - 1).is_some() =>
        {
            NOTHING
        }
        Word::OnDuty | Word::OffDuty if is_not_yet(tokens, at.end) => NOTHING,
        Word::Stop if tokens.iter().any(|token| !is_polite_stop(token)) => NOTHING,
        Word::Yes
        | Word::No
        | Word::OnScene
        | Word::Fetched
        | Word::Done
        | Word::Help
        | Word::OnDuty
        | Word::OffDuty
        | Word::Stop => Found { word: Some(word), at: Some(at) },
    }
}

fn is_not_yet(tokens: &[Token], from: usize) -> bool {
    one(tokens, from, NOT_YET).is_some()
        || (one(tokens, from, &["i"]).is_some() && one(tokens, from + 1, &["morgon"]).is_some())
}

fn state_at(tokens: &[Token], lead: usize) -> Option<(Word, Range<usize>)> {
    let single = |words, word| one(tokens, lead, words).map(|at| (word, at));
    phrase(tokens, lead, ON_SCENE)
        .map(|at| (Word::OnScene, at))
        .or_else(|| phrase(tokens, lead, FETCHED).map(|at| (Word::Fetched, at)))
        .or_else(|| phrase(tokens, lead, DONE).map(|at| (Word::Done, at)))
        .or_else(|| single(HELP, Word::Help))
        .or_else(|| single(ON_DUTY, Word::OnDuty))
        .or_else(|| single(OFF_DUTY, Word::OffDuty))
        .or_else(|| single(STOP, Word::Stop))
}

fn is_polite_stop(token: &Token) -> bool {
    STOP.contains(&token.text.as_str()) || FILLERS.contains(&token.text.as_str())
}
