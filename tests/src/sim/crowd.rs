//! The people behind the phones: what they do with a text, in the words that people use.

use std::time::Duration;

use certus_registry::{Language, Phone, Position, Timestamp, Volunteer, VolunteerId};
use certus_sms_bridge::MessageId;
use rand::RngExt as _;
use rand::rngs::ChaCha12Rng;

/// Something a person does.
#[derive(Debug, Clone)]
pub(super) enum Act {
    /// Writes a text, or presses a key.
    Write(Words),
    /// Answers on the call-out's page.
    Press { secret: String, button: Button },
    /// The phone reports a position.
    Ping { who: VolunteerId, at: Position },
}

/// What somebody writes; the tag is in it and in no other.
#[derive(Debug, Clone)]
pub(super) struct Words {
    pub(super) from: Phone,
    pub(super) body: String,
    /// The call that they are said in, by pressing a key.
    pub(super) answers: Option<MessageId>,
}

/// The buttons of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Button {
    /// The page was opened.
    Seen,
    Yes,
    No,
    Fetched,
    OnScene,
    Done,
}

/// What a person sees of a message: of a push its text, in which the link stands too.
pub(super) fn shown(body: &str) -> String {
    let push: serde_json::Value = serde_json::from_str(body).unwrap_or_default();
    push["text"].as_str().unwrap_or(body).to_owned()
}

/// What somebody does about a text on their screen, and when. `oddity` from 0 (by the book) to 1.
pub(super) fn reaction(
    rng: &mut ChaCha12Rng,
    person: &Volunteer,
    body: &str,
    oddity: f64,
    tag: &mut dyn FnMut() -> String,
) -> Vec<(Duration, Act)> {
    if body.contains("/c/") {
        return called_out(rng, person, body, oddity, tag);
    }
    if is_test(body) {
        let words = ["OK", "Ok, tack!", "Det funkar"][rng.random_range(0..3)];
        let answers = rng.random_bool(0.6);
        return answers
            .then(|| (seconds(rng, 5.0, 900.0), write(person, words.to_owned())))
            .into_iter()
            .collect();
    }
    if is_question(body) {
        let words = ["OK", "Ok, tack!", "okej"][rng.random_range(0..3)];
        let answers = rng.random_bool(0.6);
        return answers
            .then(|| (seconds(rng, 5.0, 2_000.0), write(person, words.to_owned())))
            .into_iter()
            .collect();
    }
    if rng.random_bool(oddity * 0.02) {
        return vec![(seconds(rng, 5.0, 600.0), write(person, "OK".to_owned()))];
    }
    let stops = places(body);
    match stops.last() {
        Some(_) => kept(rng, person, &stops, oddity, tag),
        None if oddity > 0.0 && rng.random_bool(0.05) => {
            vec![(seconds(rng, 5.0, 600.0), write(person, format!("Vem är detta? {}", tag())))]
        }
        None => Vec::new(),
    }
}

fn called_out(
    rng: &mut ChaCha12Rng,
    person: &Volunteer,
    body: &str,
    oddity: f64,
    tag: &mut dyn FnMut() -> String,
) -> Vec<(Duration, Act)> {
    let secret = body.rsplit("/c/").next().unwrap_or_default().trim().to_owned();
    let code = code(body).map_or(String::new(), |code| format!(" {code}"));
    let at = seconds(rng, 3.0, 80.0);
    let odd = rng.random_bool(oddity);
    let yes = |tag: &mut dyn FnMut() -> String| write(person, format!("JA{code}, {}", tag()));
    let no = |tag: &mut dyn FnMut() -> String| write(person, format!("NEJ{code}, {}", tag()));
    let press = |button| Act::Press { secret: secret.clone(), button };
    if !odd {
        return match rng.random_range(0..10) {
            0..=3 => vec![(at, yes(tag))],
            4..=5 => vec![(at, no(tag))],
            6 => vec![(at / 2, press(Button::Seen)), (at, press(Button::Yes))],
            7 => vec![(at / 2, press(Button::Seen)), (at, press(Button::No))],
            _ => Vec::new(),
        };
    }
    let later = at + seconds(rng, 1.0, 1_500.0);
    match rng.random_range(0..11) {
        0 => vec![(later, yes(tag))],
        1 => vec![(at, yes(tag)), (later, yes(tag))],
        2 => vec![(at, yes(tag)), (later, no(tag))],
        3 => vec![(at, no(tag)), (later, yes(tag))],
        4 => vec![(at, write(person, format!("Vad gäller det, {}?", tag())))],
        5 => {
            let off = ["UPPTAGEN", "UPPTAGEN 20 MIN", "upptagen till 23:30", "STOPP"][rng.random_range(0..4)];
            let on = ["LEDIG", "ledig 40 min", "LEDIG TILL 05", "Vad var det om?"][rng.random_range(0..4)];
            vec![(at, write(person, off.to_owned())), (later, write(person, on.to_owned()))]
        }
        6 => {
            let stranger: Phone =
                format!("+99930{:06}", rng.random_range(0..999_999)).parse().expect("a number");
            vec![(at, Act::Write(Words { from: stranger, body: format!("JA, {}", tag()), answers: None }))]
        }
        7 => vec![(at, write(person, format!("JA{code} 12 min, {}", tag())))],
        8 => vec![(at, press(Button::Yes)), ((at + later) / 2, press(Button::Fetched)), (later, no(tag))],
        9 => vec![(at, press(Button::OnScene)), (later, press(Button::Done))],
        // Forgets the code.
        _ => vec![(at, write(person, format!("JA, {}", tag())))],
    }
}

/// On the way from place to place, there, and done; or not.
fn kept(
    rng: &mut ChaCha12Rng,
    person: &Volunteer,
    stops: &[Position],
    oddity: f64,
    tag: &mut dyn FnMut() -> String,
) -> Vec<(Duration, Act)> {
    let arrives = seconds(rng, 60.0, 1_500.0);
    let mut acts = Vec::new();
    if let Some(home) = person.home.filter(|_| rng.random_bool(0.4)) {
        let leg = arrives / u32::try_from(stops.len()).unwrap_or(1).max(1);
        let mut begins = Duration::ZERO;
        for (from, to) in std::iter::once(&home).chain(stops).zip(stops) {
            for part in [0.0, 0.3, 0.6, 0.9, 1.0] {
                let way = |from: f64, to: f64| from + (to - from) * part;
                let at = Position::new(way(from.lat(), to.lat()), way(from.lon(), to.lon()));
                let when = begins + leg.mul_f64(part);
                acts.extend(at.ok().map(|at| (when, Act::Ping { who: person.id, at })));
            }
            begins += leg;
        }
    }
    if rng.random_bool(oddity * 0.4) {
        let words = match rng.random_range(0..6) {
            0 => "HJÄLP".to_owned(),
            1 => "UPPTAGEN".to_owned(),
            2 => "NEJ".to_owned(),
            3 => "25 min".to_owned(),
            4 => format!("Punktering, 20 min till, {}", tag()),
            _ => format!("Hur långt är det, {}?", tag()),
        };
        acts.push((seconds(rng, 5.0, 900.0), write(person, words)));
    }
    if stops.len() > 1 && rng.random_bool(0.7) {
        let words = if rng.random_bool(0.5) { "HÄMTAT".to_owned() } else { format!("Hämtat, {}", tag()) };
        acts.push((arrives / 2, write(person, words)));
    }
    if rng.random_bool(1.0 - oddity * 0.3) {
        acts.push((arrives, write(person, "FRAMME".to_owned())));
        acts.push((arrives + seconds(rng, 60.0, 1_800.0), write(person, "KLAR".to_owned())));
    }
    acts
}

fn write(person: &Volunteer, body: String) -> Act {
    Act::Write(Words { from: person.phone.clone(), body, answers: None })
}

/// What somebody does when the telephone rings.
pub(super) fn called(
    rng: &mut ChaCha12Rng,
    person: &Volunteer,
    message: MessageId,
    sentence: &str,
    tag: &mut dyn FnMut() -> String,
) -> Vec<(Duration, Act)> {
    let word = match rng.random_range(0..10) {
        0..=4 => "JA",
        5..=6 => "NEJ",
        _ => return Vec::new(), // asleep, or an answering machine
    };
    if !sentence.starts_with("call-out/") {
        return Vec::new();
    }
    let words =
        Words { from: person.phone.clone(), body: format!("{word}, {}", tag()), answers: Some(message) };
    vec![(seconds(rng, 10.0, 40.0), Act::Write(words))]
}

/// Whether a message is for the ear.
pub(super) fn is_call(body: &str) -> bool {
    Language::ALL
        .iter()
        .any(|language| body.split_once('/').is_some_and(|(_, spoken)| spoken == language.as_str()))
}

/// Whether a text is a channel test's.
fn is_test(body: &str) -> bool {
    body.contains("månadsprov") || body.contains("monthly test")
}

/// Whether a text asks whether something is still there.
fn is_question(body: &str) -> bool {
    body.contains("kvar och i ordning") || body.contains("still there and in order")
}

/// The code that the text asks for, if any: "Svara JA 2 eller".
fn code(body: &str) -> Option<u8> {
    let after = body.split(" JA ").nth(1).or_else(|| body.split(" YES ").nth(1))?;
    after.split(' ').next()?.parse().ok()
}

/// The points in brackets, "(63.18123 14.64123)", in the order in which they are to be gone to.
fn places(body: &str) -> Vec<Position> {
    let point = |inside: &str| {
        let (lat, lon) = inside.split_once(' ')?;
        Position::new(lat.parse().ok()?, lon.parse().ok()?).ok()
    };
    body.split('(').skip(1).filter_map(|after| after.split(')').next()).filter_map(point).collect()
}

fn seconds(rng: &mut ChaCha12Rng, low: f64, high: f64) -> Duration {
    Duration::from_secs_f64(rng.random_range(low..high))
}

/// A word that nobody else writes: letters only, so that it is no code.
pub(super) fn tag(number: u64) -> String {
    let letter = |place: u32| char::from(b'a' + u8::try_from(number / 26_u64.pow(place) % 26).unwrap_or(0));
    format!("ekorre{}{}{}", letter(2), letter(1), letter(0))
}

/// Whether these words ask for something that must be answered even after a STOPP.
pub(super) fn is_claim(body: &str) -> bool {
    is_yes(body) || body == "HJÄLP"
}

/// Whether these words are somebody's yes, or their being there, which is as good.
pub(super) fn is_yes(body: &str) -> bool {
    body.starts_with("JA") || body == "FRAMME"
}

/// When something is due.
pub(super) type Agenda<T> = std::collections::BTreeMap<(Timestamp, u64), T>;
