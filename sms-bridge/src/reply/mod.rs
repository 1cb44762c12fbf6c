//! What a reply means. People write at 03:10, with cold fingers, in their own words; a wrong "yes" leaves a
//! patient alone, so whatever is not clear comes out without a word and with its text kept.
//!
//! The rules:
//! - The word must lead the reply, after greetings and fillers ("ok ja jag kommer"). A plain "nej", "kan inte",
//!   "hinner ej" counts anywhere. What stands in quotation marks is not the writer's own ("Gillade ”… JA …”").
//! - Yes and no together, a condition ("ja om jag får skjuts", "kanske") or a doubt ("ja?") is no clear answer.
//!   "Ja kan inte" is the dialect's "jag kan inte": a no; "ja är i Stockholm" is its "jag är": no answer.
//! - "Ja men …" and "ja, har druckit" are left to a human.
//! - 👍 alone may mean "I have read it": no clear answer. 👎 is a no.
//! - A bare number right after or before the word, or alone, is the code of a call-out ("JA 2", "2 ja", "2").
//!   A number with min/minuter/h, or after "om"/"in", is minutes ("JA 12 min", "kommer om 12"); of "10-15 min"
//!   the later counts. "JA 12" is therefore code 12.
//! - FRAMME, HÄMTAT and KLAR with a time to come ("framme om 5 min") are not there, fetched or done yet.
//! - LEDIG and UPPTAGEN may have an end ("upptagen till 18", "ledig 2 tim"); with a beginning ("ledig från 18") they are
//!   not clear.
//! - STOPP must be alone: "stopp i trafiken" is no wish to leave.

mod numbers;
mod tokens;
mod until;
mod words;

use numbers::Numbers;
use tokens::Token;
pub use until::{Day, Until};
use words::Found;

/// What a reply asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Word {
    /// JA, YES: I am coming.
    Yes,
    /// NEJ, NO: I am not coming.
    No,
    /// FRAMME, HERE, ARRIVED: I am on the scene.
    OnScene,
    /// HÄMTAT, FETCHED: I have what I was to bring.
    Fetched,
    /// KLAR, DONE: I have finished.
    Done,
    /// HJÄLP, HELP.
    Help,
    /// LEDIG, AVAILABLE, START: ask me (again).
    OnDuty,
    /// UPPTAGEN, BUSY: do not ask me for now.
    OffDuty,
    /// STOPP, STOP: never write to me again.
    Stop,
}

/// A reply, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// What it clearly asks for, if anything.
    pub word: Option<Word>,
    /// Which of several call-outs it is about, 1 to 99.
    pub code: Option<u8>,
    /// How long until the writer is there, in minutes.
    pub minutes: Option<u16>,
    /// Until when, with [`Word::OnDuty`] and [`Word::OffDuty`].
    pub until: Option<Until>,
    /// The whole text, when it says more than the fields above or has no clear word.
    pub note: Option<String>,
    /// It says OK or thanks and nothing else: who is in no alarm waits for no answer to it.
    pub is_thanks: bool,
    /// The same with an OK in it: an answer to whoever asked for one.
    pub is_ok: bool,
}

/// Reads a reply.
#[must_use]
pub fn parse(text: &str) -> Reply {
    let tokens = tokens::split(text);
    let found = words::find(&tokens);
    let (until, Numbers { code, minutes, used }) = about(&tokens, &found);
    let rest = tokens.iter().enumerate().any(|(place, token)| {
        let is_word = found.at.as_ref().is_some_and(|at| at.contains(&place));
        !is_word && !used.contains(&place) && !is_empty_of_meaning(token)
    });
    let said_more = rest || found.word.is_none();
    let note = Some(text.trim()).filter(|note| said_more && !note.is_empty()).map(str::to_owned);
    let is_thanks = !tokens.is_empty() && found.word.is_none() && tokens.iter().all(is_empty_of_meaning);
    let is_ok = is_thanks && tokens.iter().any(is_ok);
    Reply { word: found.word, code, minutes, until, note, is_thanks, is_ok }
}

/// What stands beside the word: an end with duty, minutes and a code with everything else.
fn about(tokens: &[Token], found: &Found) -> (Option<Until>, Numbers) {
    match (found.word, &found.at) {
        (Some(Word::OnDuty | Word::OffDuty), Some(at)) => {
            let ended = until::find(tokens, at.end);
            let used = ended.map_or(at.end, |(_, end)| end);
            let until = ended.map(|(until, _)| until);
            (until, Numbers { used: (at.end..used).collect(), ..Numbers::default() })
        }
        (_, at) => (None, numbers::find(tokens, at.as_ref())),
    }
}

fn is_ok(token: &Token) -> bool {
    words::OK.contains(&token.text.as_str()) && !token.doubted
}

fn is_empty_of_meaning(token: &Token) -> bool {
    words::FILLERS.contains(&token.text.as_str())
}

#[cfg(test)]
mod tests;
