//! What each text costs at worst, and that its characters are those of GSM 03.38.

#![expect(clippy::unwrap_used, reason = "helpers of tests: a panic is the failure")]

use std::collections::BTreeMap;
use std::fmt::Write as _;

use certus_dispatcher::text::text;
use certus_registry::catalogue::Catalogue;
use certus_registry::{CompetenceKind, Language, Random, Secret};
use certus_sms_bridge::gsm::{Encoding, Segments, plain, segments};

const MESSAGES: &str = include_str!("../../../docs/messages.md");
/// Templates of text messages, and those that are filled into them.
const SWEDISH: &str = include_str!("../../../dispatcher/locales/sv/sms.ftl");
/// Texts that carry what somebody wrote, or a list: as long as that is.
/// Two places cost two segments.
const LONG: [&str; 3] = ["sms-from-operator", "sms-kept-fetch", "sms-which"];

/// The longest that each gap in a template is filled with in Jämtland; a longer place is cut by nobody.
fn worst(language: Language) -> Vec<(&'static str, String)> {
    let events = SWEDISH.lines().filter_map(|line| line.split_once(" = ")).map(|(key, _)| key);
    let events = events.filter(|key| key.starts_with("event-")).map(|key| text(language, key, &[]));
    let catalogue = Catalogue::default();
    let things = catalogue.all().map(|entry| entry.the.within(language).to_owned());
    let secret = Secret::dated(certus_registry::Timestamp::from_millis(0), &Random::from_seed(1));
    let ambulance = text(language, "sms-ambulance", &[("minutes", "120".into())]);
    let item = "JA 2 för Östra Frostviken-Gäddede".to_owned();
    vec![
        ("event", events.max_by_key(String::len).unwrap()),
        ("place", "Östra Frostviken-Gäddede".to_owned()),
        ("detail", "Kvarnbergsvattnet 112, röda huset vid sjön".to_owned()),
        ("thing", things.max_by_key(String::len).unwrap()),
        // One of them: several cost as much as their names.
        ("things", "hjärtstartaren AED-0123 (Gäddede folkets hus, bakom garderoben)".to_owned()),
        ("where", "Gäddede folkets hus, bakom garderoben".to_owned()),
        ("thing_lat", "64.12345".to_owned()),
        ("thing_lon", "14.12345".to_owned()),
        ("minutes", "120".to_owned()),
        ("ambulance", ambulance),
        ("code", " 2".to_owned()),
        ("link", format!("https://certus.jamtland.se/c/{}", secret.reveal())),
        ("lat", "64.12345".to_owned()),
        ("lon", "14.12345".to_owned()),
        ("digits", "123456".to_owned()),
        ("time", "23:59".to_owned()),
        ("date", "24/12".to_owned()),
        ("weekday", text(language, "weekday-4", &[])),
        ("word", text(language, "sms-word-help", &[])),
        (
            "words",
            "Vägen är avstängd vid bron, kör över Strömsund. Ring 010-123 45 67 när du är framme.".to_owned(),
        ),
        ("ends", ends(language)),
        ("list", format!("{item}, {item}")),
    ]
}

/// Two things that end, each with the longest name there is.
fn ends(language: Language) -> String {
    let competences = CompetenceKind::ALL.iter().map(|kind| format!("competence-{kind}").replace('_', "-"));
    let others = ["sms-reminder-approval", "sms-reminder-check"].map(str::to_owned);
    let mut names: Vec<String> = competences.chain(others).map(|key| text(language, &key, &[])).collect();
    names.sort_by_key(|name| std::cmp::Reverse(name.len()));
    format!("{} 2027-12-31, {} 2027-12-31", names[0], names[1])
}

fn of(language: Language, key: &str) -> (Segments, String) {
    let filled = worst(language);
    let arguments: Vec<_> = filled.iter().map(|(name, value)| (*name, value.as_str().into())).collect();
    let body = plain(&text(language, key, &arguments));
    (segments(&body), body)
}

#[test]
fn every_text_is_as_cheap_as_the_page_says_and_in_gsm_letters() {
    let mut by_cost: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let keys = SWEDISH.lines().filter_map(|line| line.split_once(" = ")).map(|(key, _)| key);
    for key in keys.filter(|key| key.starts_with("sms-") && !key.starts_with("sms-word-")) {
        let mut cost = String::new();
        for language in Language::ALL {
            let (segments, body) = of(*language, key);
            assert_eq!(segments.encoding, Encoding::Gsm7, "{language} {key}: {body}");
            assert!(segments.count == 1 || LONG.contains(&key), "{language} {key}: {body}");
            let _ = write!(cost, "| {} ({}) ", segments.count, segments.units);
            println!("{language} {key}: {} segments, {} septets: {body}", segments.count, segments.units);
        }
        by_cost.entry(key.to_owned()).or_default().push(cost);
    }
    let table = by_cost.into_iter().fold(
        "| text | sv | en |\n|---|---|---|\n".to_owned(),
        |mut table, (key, cost)| {
            let _ = writeln!(table, "| `{key}` {}|", cost.concat());
            table
        },
    );
    assert!(MESSAGES.contains(&table), "docs/messages.md should have:\n{table}");
}
