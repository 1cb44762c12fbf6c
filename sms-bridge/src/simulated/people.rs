//! The people at the other end of the simulated network.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use certus_registry::{Phone, Random, Timestamp};
use rand::rngs::ChaCha12Rng;
use rand::{RngExt as _, SeedableRng as _};

/// What somebody writes back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// How long after reading.
    pub after: Duration,
    /// What they write.
    pub body: String,
}

/// Those who read messages and answer them.
pub trait People: Send {
    /// What `to` writes back after `body` reached the phone at `now`; nothing is an answer too.
    fn answer(&mut self, to: &Phone, body: &str, now: Timestamp) -> Vec<Answer>;
}

const PLAIN_YES: [&str; 4] = ["JA", "Ja", "ja", "YES"];
const ODD_YES: [&str; 6] =
    ["ja!!", "Ja jag kommer", "ok ja är på väg", "JA 12 min", "Japp, kommer om 10 min", "👍 ja"];
const PLAIN_NO: [&str; 4] = ["NEJ", "nej", "Nej tyvärr", "NO"];
const ODD_NO: [&str; 4] = ["Nej, är i Östersund", "kan inte nu", "nej men om 2 h", "Nej! barnvakt"];
const FREE: [&str; 4] = ["Vem är detta?", "Var exakt?", "Behövs skoter?", "Grinden är låst, kod 4711"];

/// People with seeded habits: each has a temper and whims of their own, drawn from the seed and the number, so
/// that one person's messages do not change what another does.
///
/// Only messages that `asks` says are questions get an answer.
pub struct SeededPeople {
    seed: u64,
    asks: Box<dyn Fn(&str) -> bool + Send>,
    known: BTreeMap<Phone, (Temper, ChaCha12Rng)>,
}

/// One person's habits, probabilities in percent.
#[derive(Debug, Clone, Copy)]
struct Temper {
    yes: u32,
    silent: u32,
    odd: u32,
    /// Usual time to answer, in seconds.
    slow: u64,
}

impl SeededPeople {
    /// People drawn from `random`. `asks` tells a call-out from other messages by its text.
    #[must_use]
    pub fn new(random: &Random, asks: impl Fn(&str) -> bool + Send + 'static) -> Self {
        Self { seed: random.with(ChaCha12Rng::random), asks: Box::new(asks), known: BTreeMap::new() }
    }

    /// Whether a text asks for JA or YES, as our call-outs do: the word in capitals, on its own.
    #[must_use]
    pub fn asks_for_a_yes(body: &str) -> bool {
        body.split(|c: char| !c.is_alphanumeric()).any(|word| word == "JA" || word == "YES")
    }
}

impl People for SeededPeople {
    fn answer(&mut self, to: &Phone, body: &str, _now: Timestamp) -> Vec<Answer> {
        if !(self.asks)(body) {
            return Vec::new();
        }
        let seed = self.seed ^ number(to);
        let (temper, whims) = self.known.entry(to.clone()).or_insert_with(|| {
            let mut whims = ChaCha12Rng::seed_from_u64(seed);
            (Temper::draw(&mut whims), whims)
        });
        temper.answer(whims)
    }
}

impl fmt::Debug for SeededPeople {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SeededPeople").field("known", &self.known.len()).finish_non_exhaustive()
    }
}

impl Temper {
    fn draw(rng: &mut ChaCha12Rng) -> Self {
        Self {
            yes: rng.random_range(20..=75),
            silent: rng.random_range(5..=40),
            odd: rng.random_range(0..=30),
            slow: rng.random_range(8..=60),
        }
    }

    fn answer(self, rng: &mut ChaCha12Rng) -> Vec<Answer> {
        let mut answers = Vec::new();
        let mut after = Duration::from_secs(rng.random_range(3..=3 + 2 * self.slow));
        let chance = |rng: &mut ChaCha12Rng, percent: u32| rng.random_range(0..100) < percent;
        if chance(rng, self.silent) {
            return answers;
        }
        if chance(rng, 4) {
            answers.push(Answer { after, body: pick(rng, &FREE) });
            after += Duration::from_secs(20);
        }
        let (yes, odd) = (chance(rng, self.yes), chance(rng, self.odd));
        let words: &[&str] = match (yes, odd) {
            (true, false) => &PLAIN_YES,
            (true, true) => &ODD_YES,
            (false, false) => &PLAIN_NO,
            (false, true) => &ODD_NO,
        };
        answers.push(Answer { after, body: pick(rng, words) });
        answers
    }
}

/// The digits as a number: E.164 has at most fifteen.
fn number(phone: &Phone) -> u64 {
    phone
        .as_str()
        .bytes()
        .filter(u8::is_ascii_digit)
        .fold(0, |number, digit| number * 10 + u64::from(digit - b'0'))
}

fn pick(rng: &mut ChaCha12Rng, words: &[&str]) -> String {
    words[rng.random_range(0..words.len())].to_owned()
}
