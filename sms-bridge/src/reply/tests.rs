use proptest::prelude::*;

use super::Word::{Done, Fetched, Help, No, OffDuty, OnDuty, OnScene, Stop, Yes};
use super::*;

#[test]
fn clear_answers_are_understood() {
    let cases: &[(&str, Word)] = &[
        ("JA", Yes),
        ("ja", Yes),
        ("Ja!", Yes),
        (" ja. ", Yes),
        ("Jaa", Yes),
        ("japp", Yes),
        ("ok ja jag kommer", Yes),
        ("Hej, ja jag åker nu", Yes),
        ("Ja, var är det?", Yes),
        ("ja visst", Yes),
        ("JA 👍", Yes),
        ("👍 ja", Yes),
        ("Yes, on my way", Yes),
        ("YES no problem", Yes),
        ("ja inga problem", Yes),
        ("Kommer!", Yes),
        ("jag kommer direkt", Yes),
        ("Är på väg", Yes),
        ("omw", Yes),
        ("Ja kommer no", Yes),
        ("ja, framme om 10 min", Yes),
        ("ja är på väg", Yes),
        ("Ja! Har bil och hjärtstartare", Yes),
        ("ja kan komma", Yes),
        ("är där om 5 min", Yes),
        ("NEJ", No),
        ("nej tyvärr", No),
        ("Nä", No),
        ("Nej, är i Stockholm till söndag", No),
        ("kan inte", No),
        ("Kan tyvärr inte komma", No),
        ("hinner ej", No),
        ("Jag kommer inte", No),
        ("Tyvärr, barnvakt saknas", No),
        ("No", No),
        ("sorry can't", No),
        ("I can not come", No),
        ("nej upptagen", No),
        ("ja kan inte", No),
        ("Hej det är Anna. Nej", No),
        ("👎", No),
    ];
    for (text, word) in cases {
        assert_eq!(parse(text).word, Some(*word), "{text}");
    }
}

#[test]
fn an_ok_is_one_only_when_it_says_nothing_else() {
    for (text, is_ok) in [
        ("OK", true),
        ("Ok, tack!", true),
        ("okej 👍", true),
        ("Tack", false),
        ("👍", false),
        ("ok ja jag kommer", false),
        ("Ok men den är trasig", false),
        ("inte ok", false),
        ("ok?", false),
        ("OK 2", false),
        ("", false),
    ] {
        assert_eq!(parse(text).is_ok, is_ok, "{text}");
    }
}

#[test]
fn reports_and_wishes_are_understood() {
    let cases: &[(&str, Word)] = &[
        ("FRAMME", OnScene),
        ("Framme vid stugan nu", OnScene),
        ("Ja nu är jag framme", OnScene),
        ("ja är framme", OnScene),
        ("Är där nu", OnScene),
        ("Är på plats", OnScene),
        ("jag är här", OnScene),
        ("here", OnScene),
        ("Arrived", OnScene),
        ("HÄMTAT", Fetched),
        ("Hämtad!", Fetched),
        ("Jag har hämtat den, åker nu", Fetched),
        ("ok hämtat", Fetched),
        ("I have fetched it", Fetched),
        ("Picked up", Fetched),
        ("KLAR", Done),
        ("Klar, patienten i ambulansen", Done),
        ("vi är klara", Done),
        ("done", Done),
        ("HJÄLP", Help),
        ("HJALP", Help),
        ("hjälp!!", Help),
        ("help", Help),
        ("LEDIG", OnDuty),
        ("jag är ledig", OnDuty),
        ("Available", OnDuty),
        ("START", OnDuty),
        ("Upptagen till måndag", OffDuty),
        ("UPPTAGEN", OffDuty),
        ("busy", OffDuty),
        ("STOPP", Stop),
        ("stop", Stop),
        ("Stopp tack", Stop),
    ];
    for (text, word) in cases {
        assert_eq!(parse(text).word, Some(*word), "{text}");
    }
}

#[test]
fn what_is_not_clear_has_no_word_and_keeps_its_text() {
    let cases = [
        "ja?",
        "Ja eller nej?",
        "ja nej",
        "nej menade ja",
        "ja jag kommer inte",
        "Ja om jag får skjuts",
        "ja om ingen annan kan",
        "kanske",
        "ja kanske",
        "Ja, men inte förrän kl 5",
        "nja",
        "Ska jag ta skotern?",
        "Vem är detta?",
        "har redan sagt ja till ett annat larm",
        "Kommer ambulansen?",
        "kommer du?",
        "på väg hem från jobbet",
        "👍",
        "ok",
        "Gillade ”LARM hjärtstopp Åre. Svara JA eller NEJ”",
        "Liked “LARM. Svara JA 2”",
        "Gillade \"Svara JA\"",
        "inte framme än",
        "framme?",
        "snart framme",
        "klar att åka",
        "klar om 10 min",
        "inte klar",
        "är klar med jobbet, kommer nu",
        "stopp i trafiken vid Brunflo",
        "kan inte hitta stugan",
        "kan inte komma in, låst",
        "Jag kör bil just nu och svarar senare.",
        "ja behöver hjälp",
        "inte ledig",
        "ledig från 18",
        "upptagen i morgon",
        "nobody here, no",
        "jag tror det",
        "yes but later",
        "...",
        "Ja, jag försöker",
        "ja är i Stockholm",
        "ja har barnvakt",
        "ja e på jobbet",
        "ja vem är det",
        "Ja hallå?",
        "ja men jag har druckit",
        "Ja, har druckit 2 öl",
        "Ja du",
    ];
    for text in cases {
        let reply = parse(text);
        assert_eq!((reply.word, reply.note.as_deref()), (None, Some(text)), "{text}");
    }
}

#[test]
fn codes_and_minutes_are_told_apart() {
    let cases: &[(&str, _, _, _)] = &[
        ("JA 2", Some(Yes), Some(2), None),
        ("2 JA", Some(Yes), Some(2), None),
        ("ja2", Some(Yes), Some(2), None),
        ("2", None, Some(2), None),
        ("JA 12", Some(Yes), Some(12), None),
        ("JA 12 min", Some(Yes), None, Some(12)),
        ("JA 12min", Some(Yes), None, Some(12)),
        ("JA 2 12 min", Some(Yes), Some(2), Some(12)),
        ("kommer om 12 min", Some(Yes), None, Some(12)),
        ("kommer om 12", Some(Yes), None, Some(12)),
        ("ja 10-15 min", Some(Yes), None, Some(15)),
        ("Ja om 10-15", Some(Yes), None, None),
        ("ja om en kvart", Some(Yes), None, Some(15)),
        ("ja ca 20 minuter", Some(Yes), None, Some(20)),
        ("ja 1 h", Some(Yes), None, Some(60)),
        ("framme om 5 min", Some(Yes), None, Some(5)),
        ("here in 10", Some(Yes), None, Some(10)),
        ("NEJ 3", Some(No), Some(3), None),
        ("FRAMME 1", Some(OnScene), Some(1), None),
        ("klar 2", Some(Done), Some(2), None),
        ("ja 2 personer", Some(Yes), None, None),
        ("ja 3 mil bort", Some(Yes), None, None),
        ("JA 0", Some(Yes), None, None),
        ("JA 4711", Some(Yes), None, None),
        ("ja 99999999999", Some(Yes), None, None),
        ("nej men om 2 h", Some(No), None, Some(120)),
        ("ja 9999 min", Some(Yes), None, None),
    ];
    for (text, word, code, minutes) in cases {
        let reply = parse(text);
        assert_eq!((reply.word, reply.code, reply.minutes), (*word, *code, *minutes), "{text}");
    }
}

#[test]
fn a_note_is_kept_only_when_it_says_more() {
    for text in ["JA", "ok ja jag kommer om 12 min", "JA 2", "nej", "", "  "] {
        let expected = if text.contains("jag kommer") { Some(text.to_owned()) } else { None };
        assert_eq!(parse(text).note, expected, "{text}");
    }
    assert_eq!(parse("JA grinden är låst ").note.as_deref(), Some("JA grinden är låst"));
    assert_eq!(parse("nej, men om 2 h").note.as_deref(), Some("nej, men om 2 h"));
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,200}") {
        let reply = parse(&text);
        prop_assert!(reply.code.is_none_or(|code| (1..=99).contains(&code)));
    }

    #[test]
    fn a_yes_with_a_no_beside_it_is_never_a_yes(
        yes in prop::sample::select(vec!["ja", "JA", "yes", "kommer"]),
        no in prop::sample::select(vec!["nej", "NEJ", "kan inte", "kommer inte", "hinner ej"]),
        between in "[a-zåäö ,.!]{0,12}",
    ) {
        for text in [format!("{yes} {between} {no}"), format!("{no} {between} {yes}")] {
            prop_assert_ne!(parse(&text).word, Some(Yes), "{}", text);
        }
    }
}
