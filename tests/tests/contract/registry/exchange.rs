//! CSV in and out.

use super::*;
use certus_registry::exchange::{
    ImportError, ImportReport, Rows, export_resources, export_volunteers, import_resources, import_volunteers,
};
use certus_registry::time::{Clock as _, SystemClock};

const PEOPLE: &str = "name,phone,home_lat,home_lon,vetting,vetted_until,organisation,organisation_kind\n\
    Märta,0701000001,63.1792,14.63566,approved,2027-05-01,Åre FR,mountain_rescue\n\
    \"Bo, i byn\",0701000002,,,applied,,Åre FR,\n";
const THINGS: &str = "code,kind,lat,lon,keeper,months,organisation\n\
    AED-1,aed,63.4,13.1,,all,Åre FR\nSK-1,snowmobile,,,0701000002,11-4,\n";

async fn import(db: &Database, file: &str, rows: Rows) -> Result<ImportReport, ImportError> {
    import_volunteers(db, NOW, &Random::from_seed(5), file.as_bytes(), rows).await
}

async fn import_both(db: &Database) -> [[usize; 3]; 2] {
    let people = import(db, PEOPLE, Rows::AllOrNothing).await.unwrap();
    let random = Random::from_seed(6);
    let things = import_resources(db, NOW, &random, THINGS.as_bytes(), Rows::AllOrNothing).await.unwrap();
    [people, things].map(|report| [report.created, report.updated, report.unchanged])
}

async fn exported(db: &Database) -> [String; 2] {
    let (mut people, mut things) = (Vec::new(), Vec::new());
    export_volunteers(db, &mut people).await.unwrap();
    export_resources(db, &mut things).await.unwrap();
    [people, things].map(|file| String::from_utf8(file).unwrap())
}

#[tokio::test]
async fn importing_twice_changes_nothing() {
    for fresh in registries().await {
        assert_eq!(import_both(&fresh.db).await, [[2, 0, 0], [2, 0, 0]], "{}", fresh.name);
        let revision = store::revision(&fresh.db).await.unwrap();
        assert_eq!(import_both(&fresh.db).await, [[0, 0, 2], [0, 0, 2]]);
        let [people, things] = exported(&fresh.db).await;
        let again = import(&fresh.db, &people, Rows::AllOrNothing).await.unwrap();
        assert_eq!((again.unchanged, again.created + again.updated), (2, 0), "{people}");
        let random = Random::from_seed(7);
        let again = import_resources(&fresh.db, NOW, &random, things.as_bytes(), Rows::AllOrNothing).await;
        assert_eq!(again.unwrap().unchanged, 2, "{things}");
        assert_eq!(store::revision(&fresh.db).await.unwrap(), revision);
    }
}

#[tokio::test]
async fn a_plan_goes_through_a_file_and_a_file_without_its_columns_leaves_it() {
    for fresh in registries().await {
        put_all(&fresh.db, &[person(1), bare_person(2)]).await;
        let [people, _] = exported(&fresh.db).await;
        let again = import(&fresh.db, &people, Rows::AllOrNothing).await.unwrap();
        assert_eq!((again.unchanged, again.created + again.updated), (2, 0), "{people}");
        let old =
            format!("name,phone,hours\n{},{},always\n", person(1).name.as_str(), person(1).phone.as_str());
        assert_eq!(import(&fresh.db, &old, Rows::AllOrNothing).await.unwrap().updated, 1, "{}", fresh.name);
        let held = store::volunteer::get(&fresh.db, Remit::All, person(1).id).await.unwrap().unwrap();
        let hours = WeeklyHours::ALWAYS;
        assert_eq!(held.availability, Availability { hours, ..person(1).availability });
    }
}

#[tokio::test]
async fn both_databases_export_the_same_file() {
    let [sqlite, others @ ..] = registries().await;
    import_both(&sqlite.db).await;
    for other in others {
        import_both(&other.db).await;
        assert_eq!(exported(&sqlite.db).await, exported(&other.db).await, "{}", other.name);
    }
}

#[tokio::test]
async fn a_file_with_a_bad_row_leaves_the_registry_alone() {
    for fresh in registries().await {
        let file = format!("{PEOPLE}Cia,112,,,,,FRG,frg\n");
        let Err(ImportError::Refused(refused)) = import(&fresh.db, &file, Rows::AllOrNothing).await else {
            panic!("{}: imported", fresh.name)
        };
        assert_eq!((refused.len(), refused[0].line), (1, 4));
        assert_eq!(store::volunteer::count(&fresh.db).await.unwrap(), 0);
        assert_eq!(store::organisation::all(&fresh.db, Remit::All).await.unwrap(), []);
        assert_eq!(store::revision(&fresh.db).await.unwrap(), 0);
        let report = import(&fresh.db, &file, Rows::Partial).await.unwrap();
        assert_eq!((report.created, report.refused), (2, refused));
    }
}

#[tokio::test]
async fn two_imports_of_the_same_file_at_once_make_each_person_once() {
    for fresh in registries().await {
        let imports: Vec<_> = (0..4)
            .map(|seed| {
                let db = fresh.db.clone();
                let random = Random::from_seed(seed);
                tokio::spawn(async move {
                    import_volunteers(&db, NOW, &random, PEOPLE.as_bytes(), Rows::AllOrNothing).await.unwrap()
                })
            })
            .collect();
        let mut totals = [0, 0];
        for import in imports {
            let report = import.await.unwrap();
            totals = [totals[0] + report.created, totals[1] + report.unchanged];
        }
        assert_eq!(totals, [2, 6], "{}", fresh.name);
        assert_eq!(store::volunteer::count(&fresh.db).await.unwrap(), 2);
    }
}

#[tokio::test]
async fn ten_thousand_people_are_imported_in_one_go() {
    use std::fmt::Write as _;
    let mut file = "name,phone,competences,modes,home_lat,home_lon,vetting,vetted_until\n".to_owned();
    for n in 0..10_000 {
        writeln!(file, "Anna {n},+4670{n:07},cpr:2027-05-01,car foot,63.{n:06},14.5,approved,2027-05-01")
            .unwrap();
    }
    for fresh in registries().await {
        for _ in 0..2 {
            let started = SystemClock.now();
            let report = import(&fresh.db, &file, Rows::AllOrNothing).await.unwrap();
            println!("{}: {} new in {:?}", fresh.name, report.created, SystemClock.now().since(started));
        }
        assert_eq!(store::volunteer::count(&fresh.db).await.unwrap(), 10_000);
    }
}
