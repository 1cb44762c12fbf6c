use super::*;
use proptest::prelude::*;

use crate::availability::{Exceptions, Holidays, tests::exception};
use crate::vocabulary::OrganisationKind;
use crate::volunteer::{Competence, Vetting, parse_day};
use crate::{Availability, CompetenceKind, County, Duty, Language, Mode, VolunteerId, WeeklyHours};

const NOW: Timestamp = Timestamp::from_millis(1_795_000_000_000);

async fn registry() -> Database {
    let db = Database::open("sqlite::memory:").await.unwrap();
    store::migrate(&db).await.unwrap();
    db
}

async fn import(db: &Database, file: &str, rows: Rows) -> Result<ImportReport, ImportError> {
    import_volunteers(db, NOW, &Random::from_seed(1), file.as_bytes(), rows).await
}

/// How the only bad row of a file is answered.
async fn answer(file: &str) -> String {
    match import(&registry().await, file, Rows::AllOrNothing).await {
        Err(ImportError::Refused(rows)) if rows.len() == 1 => rows[0].to_string(),
        other => format!("{other:?}"),
    }
}

fn counts(report: &ImportReport) -> [usize; 4] {
    [report.created, report.updated, report.unchanged, report.refused.len()]
}

async fn exported(db: &Database) -> String {
    let mut file = Vec::new();
    export_volunteers(db, &mut file).await.unwrap();
    String::from_utf8(file).unwrap()
}

#[tokio::test]
async fn a_row_with_everything_becomes_a_volunteer() {
    let db = registry().await;
    let file = "\u{feff}phone;name;languages;competences;modes;home_lat;home_lon;on_duty;hours;vetting;\
        vetted_until;organisation;organisation_kind\r\n070-123 45 67;\"Berg; Anna\";en sv;cpr:2027-05-01 first_aid;\
        car foot;63,1792;14.63566;no;\"mon-fri 07-23; sat,sun 09-17\";approved;2027-12-31;Åre FR;mountain_rescue\r\n";
    let report = import(&db, file, Rows::AllOrNothing).await.unwrap();
    assert_eq!(counts(&report), [1, 0, 0, 0]);
    let anna =
        store::volunteer::by_phone(&db, Remit::All, &"+46701234567".parse().unwrap()).await.unwrap().unwrap();
    let are = store::organisation::by_name(&db, Remit::All, "Åre FR").await.unwrap().unwrap();
    assert_eq!((anna.name.as_str(), anna.organisation), ("Berg; Anna", Some(are.id)));
    assert_eq!(are.kind, OrganisationKind::MountainRescue);
    assert_eq!(anna.home, Some(Position::new(63.1792, 14.63566).unwrap()));
    assert_eq!((anna.languages, anna.duty), (vec![Language::English, Language::Swedish], Duty::OFF));
    assert_eq!(written(&anna.competences), "cpr:2027-05-01 first_aid");
    assert_eq!(anna.vetting, Vetting::Approved { until: parse_day("2027-12-31").unwrap() });
}

#[tokio::test]
async fn a_bare_row_takes_the_defaults_and_then_leaves_what_is_stored() {
    let db = registry().await;
    import(&db, "name,phone\nAnna,+46701234567", Rows::AllOrNothing).await.unwrap();
    let phone = "+46701234567".parse().unwrap();
    let anna = store::volunteer::by_phone(&db, Remit::All, &phone).await.unwrap().unwrap();
    assert_eq!(
        (anna.modes, anna.availability, anna.duty),
        (vec![Mode::Foot], Availability::ALWAYS, Duty::ON)
    );
    let file = "name,phone,vetting,modes\nAnna,+46701234567,suspended,car";
    assert_eq!(counts(&import(&db, file, Rows::AllOrNothing).await.unwrap()), [0, 1, 0, 0]);
    let file = "name,phone,modes\nAnna Berg,+46701234567,";
    assert_eq!(counts(&import(&db, file, Rows::AllOrNothing).await.unwrap()), [0, 1, 0, 0]);
    let anna = store::volunteer::by_phone(&db, Remit::All, &phone).await.unwrap().unwrap();
    assert_eq!((anna.name.as_str(), anna.vetting), ("Anna Berg", Vetting::Suspended), "no such column");
    assert_eq!(anna.modes, [Mode::Foot], "an empty cell is the default");
}

#[tokio::test]
async fn a_bad_row_is_named_by_line_and_column() {
    for (columns, row, expected) in [
        (
            "",
            "",
            "column phone: expected an international number such as +46701234567 (or a Swedish one such as 070-123 45 67)",
        ),
        (
            "",
            "112",
            "column phone: expected an international number such as +46701234567 (or a Swedish one such as 070-123 45 67)",
        ),
        (",languages", "0701234567,sv fi", "column languages: 'fi' is no language; expected one of sv, en"),
        (
            ",competences",
            "0701234567,cpr:soon",
            "column competences: 'soon' is no day; expected one such as 2027-05-01",
        ),
        (",home_lat,home_lon", "0701234567,63.1,", "column home_lon: is empty beside home_lat"),
        (
            ",home_lat,home_lon",
            "0701234567,north,14",
            "column home_lat: 'north' is no number; expected degrees such as 63.1792",
        ),
        (
            ",home_lat,home_lon",
            "0701234567,631792,14",
            "column home_lat: latitude must lie in -90..90 and longitude in -180..180",
        ),
        (
            ",on_duty",
            "0701234567,maybe",
            "column on_duty: expected yes, no or stopped, the first two also with an end such as no:2026-12-24T17:00:00Z",
        ),
        (
            ",vetting",
            "0701234567,approved",
            "column vetted_until: expected the last day of the approval, such as 2027-05-01",
        ),
        (
            ",vetting,vetted_until",
            "0701234567,left,2027-05-01",
            "column vetted_until: a last day goes with approved only, not with left",
        ),
        (
            ",vetting,vetted_until",
            "0701234567,,2027-05-01",
            "column vetted_until: a last day goes with approved only, not with applied",
        ),
        (
            ",organisation",
            "0701234567,Åre FR",
            "column organisation: 'Åre FR' is not in the registry; name its kind in the column organisation_kind to add it",
        ),
        (
            ",organisation,organisation_kind",
            "0701234567,,frg",
            "column organisation: expected the name of the organisation whose kind is given",
        ),
    ] {
        let file = format!("name,phone{columns}\r\n\"Anna\r\nBerg\",{row}\r\n");
        assert_eq!(answer(&file).await, format!("line 2, {expected}"));
    }
    let name = answer("name,phone\n ,0701234567").await;
    assert_eq!(name, "line 2, column name: expected a name of 1 to 100 visible characters");
}

#[tokio::test]
async fn a_phone_that_comes_twice_is_refused_with_its_first_line() {
    let file = "name,phone\nAnna,0701234567\nBo,0702222222\nAnna,+46 70 123 45 67";
    assert_eq!(answer(file).await, "line 4, column phone: is on line 2 already");
}

#[tokio::test]
async fn an_organisation_has_one_kind() {
    let file = "name,phone,organisation,organisation_kind\nAnna,0701234567,Byn,village\nBo,0702222222,Byn,frg\n\
        Cia,0703333333,Byn,";
    assert_eq!(answer(file).await, "line 3, column organisation_kind: 'Byn' is known as village, not frg");
}

#[tokio::test]
async fn one_bad_row_imports_nothing_unless_partial() {
    let db = registry().await;
    let file = "name,phone,organisation,organisation_kind\nAnna,0701234567,Byn,village\nBo,112,FRG,frg\n\
        Cia,0703333333\nDan,0704444444,Okänd,\n";
    let Err(ImportError::Refused(refused)) = import(&db, file, Rows::AllOrNothing).await else { panic!() };
    assert_eq!(refused.iter().map(|row| row.line).collect::<Vec<_>>(), [3, 4, 5]);
    assert_eq!(store::revision(&db).await.unwrap(), 0);
    assert_eq!(store::organisation::all(&db, Remit::All).await.unwrap(), []);
    let report = import(&db, file, Rows::Partial).await.unwrap();
    assert_eq!((counts(&report), report.refused), ([1, 0, 0, 3], refused));
    assert_eq!(store::organisation::all(&db, Remit::All).await.unwrap().len(), 1);
}

#[tokio::test]
async fn as_many_exceptions_as_there_may_be_fit_into_a_file() {
    let db = registry().await;
    let one =
        |n: u8| format!("no 2026-12-24T{:02}:{:02}/2026-12-25T00:00 {}", n / 60, n % 60, "ö".repeat(40));
    let all: Vec<String> = (0..100).map(one).collect();
    let file = format!("name,phone,exceptions\nAnna,0701234567,{}", all.join("; "));
    assert_eq!(counts(&import(&db, &file, Rows::AllOrNothing).await.unwrap()), [1, 0, 0, 0]);
    assert_eq!(counts(&import(&db, &exported(&db).await, Rows::AllOrNothing).await.unwrap()), [0, 0, 1, 0]);
}

#[tokio::test]
async fn an_exported_file_is_safe_to_open_and_readable() {
    let db = registry().await;
    let file = "name,phone,home_lat,home_lon\n=cmd|' /C calc'!A0,0701234567,-33.5,-70.25";
    import(&db, file, Rows::AllOrNothing).await.unwrap();
    let expected = "\u{feff}name,birth_year,phone,languages,competences,modes,home_lat,home_lon,on_duty,hours,holidays,nights,\
        exceptions,monthly_max,vetting,vetted_until,organisation,organisation_kind,county\n'=cmd|' /C calc'!A0,,'+46701234567,sv,,foot,-33.5,-70.25,yes,\
        always,as_usual,yes,,,applied,,,,Jämtland\n";
    assert_eq!(exported(&db).await, expected);
}

fn name() -> impl Strategy<Value = crate::volunteer::PersonName> {
    let text = prop_oneof![
        "\\PC{1,100}",
        "['=+@-]{1,4}[a-zåäö ,;\"'=-]{0,30}",
        "[A-ZÅÄÖ][a-zåäö]{1,9} [A-Z][a-z]{1,9}"
    ];
    text.prop_filter_map("no name", |text| text.parse().ok())
}

fn competence() -> impl Strategy<Value = Competence> {
    let day = (2000_i16..2100, 1_i8..=12, 1_i8..=28).prop_map(|(y, m, d)| jiff::civil::date(y, m, d));
    let kind = proptest::sample::select(CompetenceKind::ALL);
    (kind, proptest::option::of(day)).prop_map(|(kind, expires)| Competence { kind, expires })
}

fn vetting() -> impl Strategy<Value = Vetting> {
    let approved = (0_i8..28).prop_map(|d| Vetting::Approved { until: jiff::civil::date(2027, 1, d + 1) });
    prop_oneof![Just(Vetting::Applied), approved, Just(Vetting::Suspended), Just(Vetting::Left)]
}

fn hours() -> impl Strategy<Value = WeeklyHours> {
    const TEXTS: [&str; 5] =
        ["always", "never", "mon-fri 07-23; sat,sun 09-17", "fri-mon 22-06", "wed 00-24"];
    proptest::sample::select(&TEXTS[..]).prop_map(|text| text.parse().unwrap())
}

fn availability() -> impl Strategy<Value = Availability> {
    let exceptions = proptest::collection::vec(exception(), 0..5);
    let max = proptest::option::of(1..=30_u8);
    let holidays = proptest::sample::select(Holidays::ALL);
    let parts = (hours(), holidays, any::<bool>(), exceptions, max);
    parts.prop_map(|(hours, holidays, nights, exceptions, max)| Availability {
        hours,
        holidays,
        nights,
        exceptions: Exceptions::of(exceptions).unwrap(),
        monthly_max: max.map(|max| max.try_into().unwrap()),
    })
}

fn home() -> impl Strategy<Value = Option<Position>> {
    let position = (-90.0..=90.0_f64, -180.0..=180.0_f64);
    proptest::option::of(position.prop_filter_map("null island", |(lat, lon)| Position::new(lat, lon).ok()))
}

fn duty() -> impl Strategy<Value = Duty> {
    let until = (0..4_000_000_000_000_i64).prop_map(Timestamp::from_millis);
    (0..3_u8, proptest::option::of(until)).prop_map(|(word, until)| match word {
        0 => Duty::On { until },
        1 => Duty::Off { until },
        _ => Duty::Stopped,
    })
}

fn person() -> impl Strategy<Value = Volunteer> {
    let languages = proptest::sample::subsequence(Language::ALL, 1..=2).prop_shuffle();
    let modes = proptest::sample::subsequence(Mode::ALL, 1..=5).prop_shuffle();
    let competences = proptest::collection::vec(competence(), 0..4).prop_map(|mut listed| {
        let mut seen = Vec::new();
        listed.retain(|item| {
            !seen.contains(item) && {
                seen.push(*item);
                true
            }
        });
        listed
    });
    let state = (vetting(), availability(), duty(), home());
    let fields = (name(), any::<u64>(), languages, modes, competences, state);
    fields.prop_map(|(name, seed, languages, modes, competences, (vetting, availability, duty, home))| {
        Volunteer {
            id: VolunteerId::new(NOW, &Random::from_seed(seed)),
            name,
            birth_year: (seed % 3 > 0)
                .then(|| (1_900 + i64::try_from(seed % 100).unwrap()).try_into().unwrap()),
            phone: format!("+{}", 1_000_000_000 + seed % 900_000_000_000).parse().unwrap(),
            languages,
            competences,
            modes,
            home,
            duty,
            availability,
            vetting,
            organisation: None,
            county: County::DEFAULT,
        }
    })
}

/// Exports from a registry with `people` and imports into the same and into an empty one.
async fn there_and_back(people: &[Volunteer], format: Format) {
    let (here, there) = (registry().await, registry().await);
    let mut tx = here.begin().await.unwrap();
    store::volunteer::put_many(&mut tx, Remit::All, NOW, people).await.unwrap();
    tx.commit().await.unwrap();
    let mut file = Vec::new();
    export(&here, Remit::All, format, &mut file).await.unwrap();
    let random = Random::from_seed(1);
    let read = |db| import_volunteers(db, NOW, &random, &file[..], Rows::AllOrNothing);
    let again = read(&here).await.unwrap();
    assert_eq!(counts(&again), [0, 0, people.len(), 0]);
    let anew = read(&there).await.unwrap();
    assert_eq!(counts(&anew), [people.len(), 0, 0, 0]);
    for person in people {
        let read = store::volunteer::by_phone(&there, Remit::All, &person.phone).await.unwrap().unwrap();
        assert_eq!(Volunteer { id: person.id, ..read }, *person);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn import_reads_what_export_wrote(mut people in proptest::collection::vec(person(), 0..8)) {
        people.sort_by(|a, b| a.phone.cmp(&b.phone));
        people.dedup_by(|a, b| a.phone == b.phone);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        for format in Format::ALL {
            runtime.block_on(there_and_back(&people, *format));
        }
    }
}
