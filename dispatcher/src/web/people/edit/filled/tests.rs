use certus_registry::volunteer::Vetting;
use certus_registry::{Availability, Duty, Random, Timestamp, VolunteerId};
use jiff::civil::date;

use super::*;
use crate::places::Names;

fn marta() -> Volunteer {
    Volunteer {
        id: VolunteerId::new(Timestamp::from_millis(0), &Random::from_seed(1)),
        name: "Märta Åsén".parse().unwrap(),
        birth_year: Some(1971.try_into().unwrap()),
        phone: "+46701740605".parse().unwrap(),
        languages: vec![Language::English, Language::Swedish],
        competences: ["driver", "cpr:2027-05-01", "cpr:2026-05-01"]
            .map(|text| text.parse().unwrap())
            .to_vec(),
        modes: vec![Mode::Snowmobile, Mode::Foot],
        home: Some(Position::new(63.179_200_000_000_01, 14.635_66).unwrap()),
        duty: Duty::OFF,
        availability: Availability::ALWAYS,
        vetting: Vetting::Applied,
        organisation: None,
        county: certus_registry::County::DEFAULT,
    }
}

fn read(filled: &Filled) -> Result<Fields, Vec<&'static str>> {
    let names = Names::of(Vec::new());
    filled.read(&Known { names: &names, organisations: &[], today: date(2026, 11, 26) })
}

/// What a browser sends that was shown this form.
fn sent(filled: &Filled) -> Vec<(String, String)> {
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let mut pairs = vec![
        pair("name", &filled.name),
        pair("birth_year", &filled.birth_year),
        pair("phone", &filled.phone),
        pair("preferred", &filled.languages[0]),
        pair("home", &filled.home),
        pair("organisation", &filled.organisation),
        pair("county", &filled.county),
    ];
    pairs.extend(filled.languages.iter().map(|word| pair("language", word)));
    pairs.extend(filled.modes.iter().map(|word| pair("mode", word)));
    for (kind, until) in &filled.competences {
        pairs.extend([pair("competence", kind), pair(&format!("until-{kind}"), until)]);
    }
    pairs
}

#[test]
fn a_form_that_nobody_has_touched_changes_nothing() {
    let shown = Filled::of(&marta());
    let typed = Filled::typed(&sent(&shown));
    assert_eq!(typed, shown);
    assert_eq!(read(&typed).unwrap().onto(&typed, marta()), marta());
}

#[test]
fn what_is_typed_is_changed_and_nothing_else() {
    let mut typed = Filled::of(&marta());
    typed.competences =
        vec![("cpr".to_owned(), "2027-05-01".to_owned()), ("search".to_owned(), String::new())];
    typed.modes = vec!["foot".to_owned(), "car".to_owned()];
    let changed = read(&typed).unwrap().onto(&typed, marta());
    assert_eq!(marta().differences(&changed), ["competences", "modes"]);
    let words: Vec<String> = changed.competences.iter().map(ToString::to_string).collect();
    assert_eq!(words, ["cpr:2027-05-01", "cpr:2026-05-01", "search"]);
    assert_eq!(changed.modes, [Mode::Foot, Mode::Car]);
}

#[test]
fn every_field_that_is_wrong_is_named_at_once() {
    let wrong = Filled {
        birth_year: "2020".to_owned(),
        phone: "12".to_owned(),
        competences: vec![("cpr".to_owned(), "i våras".to_owned())],
        home: "Timbuktu".to_owned(),
        organisation: "ingen".to_owned(),
        county: "Härjedalen".to_owned(),
        ..Filled::default()
    };
    assert_eq!(read(&wrong), Err(FIELDS.to_vec()));
    assert_eq!(read(&Filled::empty()), Err(vec!["name", "phone"]));
}

#[test]
fn what_somebody_else_changed_meanwhile_and_what_was_typed_are_both_kept() {
    let was = Filled::of(&marta());
    let now = Filled { name: "Märta Öberg".to_owned(), phone: "+46701740606".to_owned(), ..was.clone() };
    let typed = Filled { phone: "+46701740607".to_owned(), birth_year: String::new(), ..was.clone() };
    assert_eq!(was.differs(&now), ["name", "phone"]);
    let kept = typed.onto(&was, &now);
    let expected = Filled { phone: "+46701740607".to_owned(), birth_year: String::new(), ..now };
    assert_eq!(kept, expected);
}
