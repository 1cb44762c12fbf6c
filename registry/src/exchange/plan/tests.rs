use super::*;
use crate::exchange::{Approvals, Table, Terms, import, preview};
use crate::volunteer::Vetting;
use crate::{Database, Random, Remit, Timestamp, store};

const NOW: Timestamp = Timestamp::from_millis(1_795_000_000_000);
const HELD: &str = "name,phone,modes,vetting,vetted_until\n\
    Anna,0701234567,car,approved,2027-05-01\nBo,0702222222,foot,applied,\n";

async fn registry() -> Database {
    let db = Database::open("sqlite::memory:").await.unwrap();
    store::migrate(&db).await.unwrap();
    follow(&db, HELD, Rows::AllOrNothing.into()).await.unwrap();
    db
}

fn table(file: &str) -> Table {
    Table::of(file.as_bytes()).unwrap()
}

async fn plan(db: &Database, file: &str, approvals: Approvals) -> Plan {
    let terms = Terms { approvals, ..Rows::AllOrNothing.into() };
    preview(db, NOW, &Random::from_seed(7), table(file), terms).await.unwrap()
}

async fn follow(db: &Database, file: &str, terms: Terms) -> Result<ImportReport, ImportError> {
    import(db, NOW, &Random::from_seed(file.len() as u64), table(file), terms).await
}

fn difference(column: &'static str, from: &str, to: &str) -> Difference {
    Difference { column, from: from.to_owned(), to: to.to_owned() }
}

#[tokio::test]
async fn a_plan_says_what_becomes_of_each_row_and_changes_nothing() {
    let db = registry().await;
    let revision = store::revision(&db).await.unwrap();
    let file = "name,phone,modes\nAnna Berg,0701234567,car foot\nBo,0702222222,foot\nCia,0703333333,\nDan,112,foot\n";
    let plan = plan(&db, file, Approvals::Untouched).await;
    let fates: Vec<_> = plan.rows.iter().map(|row| (row.line, row.name.as_str(), &row.fate)).collect();
    let changed = [difference("name", "Anna", "Anna Berg"), difference("modes", "car", "car foot")];
    assert_eq!(fates[0], (2, "Anna Berg", &Fate::Changed(changed.to_vec())));
    assert_eq!(fates[1], (3, "Bo", &Fate::Unchanged));
    assert_eq!(fates[2], (4, "Cia", &Fate::New));
    assert!(matches!(fates[3], (5, "", Fate::Refused(error)) if error.column == "phone"), "{:?}", fates[3]);
    assert_eq!(plan.counts(), Counts { new: 1, changed: 1, unchanged: 1, refused: 1 });
    assert_eq!((plan.revision, store::revision(&db).await.unwrap()), (revision, revision));
    assert_eq!(store::volunteer::count(&db).await.unwrap(), 2);
}

#[tokio::test]
async fn an_import_does_what_its_plan_says() {
    let db = registry().await;
    let file = "name,phone,organisation,organisation_kind\nAnna,0701234567,Byn,village\nCia,0703333333,Byn,\nD,1,,\n";
    let plan = plan(&db, file, Approvals::AsListed).await;
    let agreed = Terms { revision: Some(plan.revision), ..Rows::Partial.into() };
    assert_eq!(follow(&db, file, agreed).await.unwrap(), plan.report());
    assert_eq!(plan.report().created, 1);
}

#[tokio::test]
async fn a_plan_that_somebody_agreed_to_is_refused_once_the_registry_has_moved() {
    let db = registry().await;
    let file = "name,phone\nCia,0703333333\n";
    let plan = plan(&db, file, Approvals::Untouched).await;
    follow(&db, "name,phone\nDan,0704444444\n", Rows::AllOrNothing.into()).await.unwrap();
    let agreed =
        Terms { approvals: Approvals::Untouched, revision: Some(plan.revision), ..Rows::AllOrNothing.into() };
    assert!(matches!(follow(&db, file, agreed).await, Err(ImportError::Outdated)));
    assert_eq!(store::volunteer::count(&db).await.unwrap(), 3);
}

#[tokio::test]
async fn where_lists_approve_nobody_a_row_that_would_is_refused_and_makes_no_organisation() {
    let db = registry().await;
    for (row, is_refused) in [
        ("Anna,0701234567,approved,2027-05-01", false),
        ("Anna,0701234567,approved,2027-05-02", true),
        ("Anna,0701234567,suspended,", false),
        ("Bo,0702222222,approved,2027-05-01", true),
        ("Cia,0703333333,approved,2027-05-01", true),
    ] {
        let header = "name,phone,vetting,vetted_until,organisation,organisation_kind";
        let file = format!("{header}\n{row},Byn,village\n");
        let plan = plan(&db, &file, Approvals::Untouched).await;
        assert_eq!(plan.counts().refused, usize::from(is_refused), "{row}");
        let terms = Terms { approvals: Approvals::Untouched, ..Rows::Partial.into() };
        if is_refused {
            assert_eq!((plan.refused()[0].line, plan.refused()[0].column.as_str()), (2, "vetting"));
            assert_eq!(follow(&db, &file, terms).await.unwrap().refused.len(), 1);
            assert_eq!(store::organisation::all(&db, Remit::All).await.unwrap(), []);
        }
    }
    let bo =
        store::volunteer::by_phone(&db, Remit::All, &"0702222222".parse().unwrap()).await.unwrap().unwrap();
    assert_eq!(bo.vetting, Vetting::Applied);
}

#[tokio::test]
async fn resources_are_planned_too() {
    let db = registry().await;
    let held = "code,kind,keeper,hours\nSK-1,snowmobile,0701234567,always\n";
    follow(&db, held, Rows::AllOrNothing.into()).await.unwrap();
    let file =
        "code,kind,lat,lon,keeper\nSK-1,snowmobile,63,14,\nSK-2,boat,,,0702222222\nSK-3,boat,,,0709999999\n";
    let plan = plan(&db, file, Approvals::Untouched).await;
    let moved =
        [difference("lat", "", "63"), difference("lon", "", "14"), difference("keeper", "+46701234567", "")];
    assert_eq!(plan.rows[0].fate, Fate::Changed(moved.to_vec()));
    assert_eq!(plan.counts(), Counts { new: 1, changed: 1, unchanged: 0, refused: 1 });
}

#[tokio::test]
async fn somebody_new_who_looks_like_somebody_registered_is_told_so() {
    let db = registry().await;
    let file = "name,phone,birth_year\nBo,0703333333,1980\nDag,0704444444,\nAnnika,+47701234567,\nBo,0702222222,1980\n";
    let plan = plan(&db, file, Approvals::Untouched).await;
    let alike: Vec<_> = plan
        .rows
        .iter()
        .map(|row| row.alike.as_ref().map(|alike| (alike.name.as_str(), alike.why)))
        .collect();
    assert_eq!(alike, [Some(("Bo", Likeness::Name)), None, Some(("Anna", Likeness::Number)), None]);
}
