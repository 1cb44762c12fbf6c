use super::*;
use crate::exchange::import_volunteers;
use crate::resource::{Confirmation, Months};
use crate::{Position, Remit, ResourceKind};

const NOW: Timestamp = Timestamp::from_millis(1_795_000_000_000);

/// A registry with one volunteer, +46701234567.
async fn registry() -> Database {
    let db = Database::open("sqlite::memory:").await.unwrap();
    store::migrate(&db).await.unwrap();
    let file = &b"name,phone\nAnna,0701234567\n"[..];
    import_volunteers(&db, NOW, &Random::from_seed(1), file, Rows::AllOrNothing).await.unwrap();
    db
}

async fn import(db: &Database, file: &str, rows: Rows) -> Result<ImportReport, ImportError> {
    import_resources(db, NOW, &Random::from_seed(2), file.as_bytes(), rows).await
}

const GOOD: &str = "code,kind,lat,lon,keeper,place,months,hours,organisation,organisation_kind,season,licence,\
    confirmed,retired\n\
    AED-1,aed,63.1792,14.63566,,\"ICA Åre, entrén\",all,mon-sat 07-21,ICA Åre,other,,,2026-05-26,\n\
    SK-1,snowmobile,,,070-123 45 67,,11-4,,,,snow,snowmobile_licence,,2026-11-01\n";

#[tokio::test]
async fn a_resource_has_a_place_or_a_keeper() {
    let db = registry().await;
    let report = import(&db, GOOD, Rows::AllOrNothing).await.unwrap();
    assert_eq!((report.created, report.refused.len()), (2, 0));
    let aed = store::resource::by_code(&db, Remit::All, &"AED-1".parse().unwrap()).await.unwrap().unwrap();
    assert_eq!(aed.location, Location::Fixed(Position::new(63.1792, 14.63566).unwrap()));
    assert_eq!((aed.kind, aed.months), (ResourceKind::AED, Months::ALL));
    assert_eq!(aed.place.as_ref().map(PersonName::as_str), Some("ICA Åre, entrén"));
    let at = |time: &str| aed.is_to_be_had(&time.parse().unwrap());
    assert!(at("2026-11-24T12:00[Europe/Stockholm]") && !at("2026-11-24T03:10[Europe/Stockholm]"));
    let sled = store::resource::by_code(&db, Remit::All, &"SK-1".parse().unwrap()).await.unwrap().unwrap();
    let anna =
        store::volunteer::by_phone(&db, Remit::All, &"0701234567".parse().unwrap()).await.unwrap().unwrap();
    assert_eq!(sled.location, Location::Keeper(anna.id));
    assert!(sled.months.contains(12) && !sled.months.contains(7));
    assert_eq!((sled.season, sled.licence), (Some(Season::Snow), Some(CompetenceKind::SnowmobileLicence)));
    let confirmed = Confirmation { on: Day::constant(2026, 5, 26), by: None };
    assert_eq!((aed.confirmed, sled.retired), (Some(confirmed), Some(Day::constant(2026, 11, 1))));
}

#[tokio::test]
async fn import_reads_what_export_wrote_and_twice_changes_nothing() {
    let (here, there) = (registry().await, registry().await);
    import(&here, GOOD, Rows::AllOrNothing).await.unwrap();
    let revision = store::revision(&here).await.unwrap();
    let mut file = Vec::new();
    export_resources(&here, &mut file).await.unwrap();
    let file = String::from_utf8(file).unwrap();
    for text in [GOOD, &file, "code,kind\nAED-1,aed\nSK-1,snowmobile"] {
        let again = import(&here, text, Rows::AllOrNothing).await.unwrap();
        assert_eq!((again.created, again.updated, again.unchanged), (0, 0, 2), "{text}");
    }
    assert_eq!(store::revision(&here).await.unwrap(), revision);
    import(&there, &file, Rows::AllOrNothing).await.unwrap();
    let mut second = Vec::new();
    export_resources(&there, &mut second).await.unwrap();
    let sorted = |text: &str| {
        let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    assert_eq!(sorted(&String::from_utf8(second).unwrap()), sorted(&file));
}

#[tokio::test]
async fn a_file_that_says_the_same_day_leaves_whose_word_it_was() {
    let db = registry().await;
    import(&db, GOOD, Rows::AllOrNothing).await.unwrap();
    let aed =
        async || store::resource::by_code(&db, Remit::All, &"AED-1".parse().unwrap()).await.unwrap().unwrap();
    let (on, by) = (Day::constant(2026, 11, 2), crate::audit::Actor::Console);
    let id = aed().await.id;
    let mut tx = db.begin().await.unwrap();
    assert!(store::resource::confirm(&mut tx, NOW, id, on, by).await.unwrap());
    tx.commit().await.unwrap();
    for (day, expected) in [
        ("2026-11-02", Some(Confirmation { on, by: Some(by) })),
        ("2026-11-03", Some(Confirmation { on: Day::constant(2026, 11, 3), by: None })),
        ("", None),
    ] {
        let file = format!("code,kind,confirmed\nAED-1,aed,{day}\n");
        import(&db, &file, Rows::AllOrNothing).await.unwrap();
        assert_eq!(aed().await.confirmed, expected, "{day}");
    }
}

#[tokio::test]
async fn every_list_goes_out_and_in_again_in_both_formats_and_no_cell_is_a_formula() {
    let db = registry().await;
    import(&db, GOOD, Rows::AllOrNothing).await.unwrap();
    let formula = "name,kind\n\"=cmd|' /C calc'!A0\",village\nICA Åre,other\n";
    let read = |file: Vec<u8>| Table::of(&file).unwrap();
    let (terms, random) = (Rows::AllOrNothing.into(), Random::from_seed(3));
    super::super::import(&db, NOW, &random, read(formula.into()), terms).await.unwrap();
    let revision = store::revision(&db).await.unwrap();
    for (list, format) in List::ALL.iter().flat_map(|list| Format::ALL.iter().map(|format| (*list, *format)))
    {
        let mut file = Vec::new();
        super::super::export(&db, Remit::All, list, format, &mut file).await.unwrap();
        let text = unpacked(&file);
        assert!(!text.contains("\n=") && !text.contains("<f>"), "{list} {format}");
        let report = super::super::import(&db, NOW, &random, read(file), terms).await.unwrap();
        assert_eq!((report.created, report.updated), (0, 0), "{list} {format}");
        assert!(report.unchanged > 0, "{list} {format}");
    }
    assert_eq!(store::revision(&db).await.unwrap(), revision);
}

/// The text of a file, of a workbook that of all its parts.
fn unpacked(file: &[u8]) -> String {
    let Ok(mut archive) = zip::ZipArchive::new(io::Cursor::new(file)) else {
        return String::from_utf8_lossy(file).into_owned();
    };
    let mut text = String::new();
    for index in 0..archive.len() {
        io::Read::read_to_string(&mut archive.by_index(index).unwrap(), &mut text).unwrap();
    }
    text
}

#[tokio::test]
async fn a_bad_row_is_named_by_line_and_column() {
    for (row, expected) in [
        (
            "AED 1,aed,63,14,,,,",
            "column code: expected a code of 1 to 40 letters, digits, '-', '_', '.' or '/'",
        ),
        ("A,aed,,,,,,", "column lat: expected lat and lon, or a keeper's phone"),
        ("A,aed,63,14,0701234567,,,", "column keeper: expected either lat and lon or a keeper, not both"),
        ("A,aed,,,0709999999,,,", "column keeper: no volunteer in the registry has this phone"),
        ("A,aed,0,0,,,,", "column lat: 0, 0 is what a phone says when it does not know where it is"),
        ("A,boat,63,14,,,,yes", "column confirmed: 'yes' is no day; expected one such as 2027-05-01"),
        (
            "A,boat,63,14,,summer,,",
            "column months: 'summer' is no months of use; expected 'all' or months such as '11-4' or '5,7-9'",
        ),
        ("B,boat,63,14,,,,", "column code: is on line 2 already"),
    ] {
        let file =
            format!("code,kind,lat,lon,keeper,months,organisation,confirmed\nB,boat,63,14,,,,\n{row}\n");
        let Err(ImportError::Refused(refused)) = import(&registry().await, &file, Rows::AllOrNothing).await
        else {
            panic!("{row}")
        };
        assert_eq!(
            refused.iter().map(ToString::to_string).collect::<Vec<_>>(),
            [format!("line 3, {expected}")]
        );
    }
}

#[tokio::test]
async fn partial_imports_the_good_rows() {
    let file = "code,kind,lat,lon\nA,aed,63,14\nB,bridge,63,14\nC,boat,63.5,14\n";
    let report = import(&registry().await, file, Rows::Partial).await.unwrap();
    assert_eq!((report.created, report.refused.len(), report.refused[0].line), (2, 1, 3));
}
