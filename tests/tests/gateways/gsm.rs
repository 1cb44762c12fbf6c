//! Our GSM 03.38 against other people's: `gsm0338` from the Python index, on random texts.

#![expect(clippy::unwrap_used, reason = "helpers of tests: a panic is the failure")]

use std::path::Path;
use std::process::Stdio;

use certus_registry::Random;
use certus_sms_bridge::gsm::octets::{from_gsm7, parts};
use certus_sms_bridge::gsm::{Encoding, segments};
use certus_tests::push_peer::target;
use rand::RngExt as _;
use rand::seq::IndexedRandom as _;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

const TEXTS: usize = 5_000;
const LENGTH_MAX: usize = 200;
/// Drawn from oftener than all other letters together.
const USUAL: &str = "LARM olycka Åre, åäöÅÄÖ é è ü ñ ø Ø Æ ß € [] {} ^ ~ \\ | @ £ $ ¥ § ¿ ¡ ¤ Ç ç Γ Δ Θ Ω Ξ à ì ò ù \n \r \u{c} “ ” – … 🚑 ž Ж 0123456789?!";

#[tokio::test]
async fn letters_have_the_octets_and_the_meaning_that_gsm0338_gives_them() {
    let random = Random::from_system();
    let texts: Vec<String> = (0..TEXTS).map(|_| text(&random)).collect();
    let lines: String = texts.iter().map(|text| serde_json::to_string(text).unwrap() + "\n").collect();
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/gsm/octets.py");
    let mut peer = Command::new(target().join("peers/gsm/bin/python"))
        .arg(program)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("tests/run installs gsm0338");
    let mut input = peer.stdin.take().unwrap();
    let writing = tokio::spawn(async move { input.write_all(lines.as_bytes()).await });
    let told = String::from_utf8(peer.wait_with_output().await.unwrap().stdout).unwrap();
    writing.await.unwrap().unwrap();
    assert_eq!(told.lines().count(), TEXTS);
    let mut in_gsm = 0;
    for (text, line) in texts.iter().zip(told.lines()) {
        let theirs: Option<(String, String)> = serde_json::from_str(line).unwrap();
        let cut = parts(text);
        let ours = (cut.encoding == Encoding::Gsm7).then(|| cut.parts.concat());
        assert_eq!(
            ours.as_ref().map(hex::encode),
            theirs.as_ref().map(|(octets, _)| octets.clone()),
            "{text:?}"
        );
        let Some(octets) = ours else { continue };
        assert_eq!(segments(text).units, octets.len(), "{text:?}");
        assert_eq!(theirs.map(|(_, read)| read).as_deref(), Some(from_gsm7(&octets).as_str()), "{text:?}");
        in_gsm += 1;
    }
    assert!(
        (TEXTS / 10..TEXTS).contains(&in_gsm),
        "both kinds were tried: {in_gsm} of {TEXTS} in GSM letters"
    );
}

/// Most of letters that a text may have, a third of them with anything between.
fn text(random: &Random) -> String {
    let usual: Vec<char> = USUAL.chars().collect();
    random.with(|rng| {
        let (length, strange) = (rng.random_range(0..LENGTH_MAX), rng.random_bool(0.3));
        let known =
            &usual[..if strange { usual.len() } else { usual.iter().position(|c| *c == '“').unwrap() }];
        let letter = |_| match char::from_u32(rng.random_range(0..0x1_f700)) {
            Some(any) if strange && rng.random_bool(0.02) => any,
            Some(_) | None => *known.choose(rng).unwrap_or(&' '),
        };
        (0..length).map(letter).collect()
    })
}
