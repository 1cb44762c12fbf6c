//! Swedish and English say the same things: the same Fluent files with the same messages.

use std::collections::BTreeSet;

use super::finding::{Finding, assert_none};
use super::source::{self, Source};

const FOLDERS: [&str; 2] = ["dispatcher/locales/sv/", "dispatcher/locales/en/"];

/// `file` and `file: message` for everything in one language's folder.
fn said_in(folder: &str, files: &[Source]) -> BTreeSet<String> {
    let of_folder = files.iter().filter_map(|file| Some((file.path.strip_prefix(folder)?, file)));
    of_folder.flat_map(|(name, file)| messages(name, &file.text)).collect()
}

fn messages(name: &str, text: &str) -> Vec<String> {
    let ids = text.lines().filter(|line| line.starts_with(|first: char| first.is_ascii_alphabetic()));
    let ids = ids.filter_map(|line| Some(line.split_once('=')?.0.trim()));
    [name.to_owned()].into_iter().chain(ids.map(|id| format!("{name}: {id}"))).collect()
}

fn untranslated(files: &[Source]) -> Vec<Finding> {
    let [sv, en] = FOLDERS.map(|folder| said_in(folder, files));
    let missing = |folder: &'static str, what: &String| {
        Finding::new(folder, 1, format!("no {what}"), "the same files and messages in sv and en")
    };
    let in_swedish = en.difference(&sv).map(|what| missing(FOLDERS[0], what));
    let in_english = sv.difference(&en).map(|what| missing(FOLDERS[1], what));
    in_swedish.chain(in_english).collect()
}

#[test]
fn both_languages_have_the_same_files_and_messages() {
    let files = source::ending_with(".ftl");
    assert!(!said_in(FOLDERS[0], &files).is_empty(), "{} is empty", FOLDERS[0]);
    assert_none(untranslated(&files));
}

#[test]
fn a_missing_translation_is_found() {
    let sv = Source::new("dispatcher/locales/sv/sms.ftl", "# note = no\nyes = Ja\n    .title = T\nno = Nej");
    let en = Source::new("dispatcher/locales/en/sms.ftl", "yes = Yes");
    let found = untranslated(&[sv.clone(), en]);
    assert_eq!(found.iter().map(|found| found.found.as_str()).collect::<Vec<_>>(), ["no sms.ftl: no"]);
    assert_eq!(untranslated(&[sv]).len(), 3);
}
