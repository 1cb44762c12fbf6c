//! Histories of vetting, the queues of those who wait, and what ends soon.

use super::*;
use certus_registry::vetting::{
    Agreement, CheckForm, CheckReport, Due, DueKind, Entry, Refusal, Stage, Step, What,
};
use certus_registry::{AccountId, RegistryError, Remit, on};
use store::vetting::{self, TakeError, Waiting};
use store::volunteer;

const TODAY: &str = "2026-11-18";

fn official(n: u64) -> AccountId {
    AccountId::new(NOW, &Random::from_seed(1_000 + n))
}

/// An extract that the second official has seen, and the first confirms.
fn check(form: CheckForm, next_due: &str) -> [(u64, Step); 2] {
    let (seen, next_due) = (day(TODAY), day(next_due));
    [
        (2, Step::CheckReported(CheckReport { seen, form, next_due })),
        (1, Step::CheckConfirmed { seen, next_due }),
    ]
}

fn signed() -> Step {
    Step::AgreementSigned(Agreement { signed: day(TODAY), version: "2026-1".parse().unwrap() })
}

/// What leads an applicant to an approval until 2027-11-18, with the official who takes each step.
fn to_the_approval() -> Vec<(u64, Step)> {
    let until = day("2027-11-18");
    let [reported, confirmed] = check(CheckForm::Digital, "2027-12-31");
    vec![
        (1, Step::Interviewed { day: day(TODAY) }),
        reported,
        confirmed,
        (1, signed()),
        (1, Step::ApprovalProposed { until }),
        (2, Step::Approved { until }),
    ]
}

async fn take(db: &Database, n: u32, by: u64, step: Step) -> Result<Entry, TakeError> {
    take_at(db, NOW, n, by, step).await
}

async fn take_at(db: &Database, now: Timestamp, n: u32, by: u64, step: Step) -> Result<Entry, TakeError> {
    let mut tx = db.begin().await.unwrap();
    let taken = vetting::take(&mut tx, Remit::All, (now, day(TODAY)), person(n).id, official(by), step).await;
    tx.commit().await.unwrap();
    taken
}

async fn take_all(db: &Database, n: u32, steps: impl IntoIterator<Item = (u64, Step)>) {
    for (by, step) in steps {
        take(db, n, by, step).await.unwrap();
    }
}

async fn vetting_of(db: &Database, n: u32) -> Vetting {
    volunteer::get(db, Remit::All, person(n).id).await.unwrap().unwrap().vetting
}

#[tokio::test]
async fn certificates_are_found_by_their_last_day_and_what_they_are_of() {
    for fresh in registries().await {
        let holds = |kind, expires: Option<&str>| certus_registry::volunteer::Competence {
            kind,
            expires: expires.map(day),
        };
        let (cpr, search) = (CompetenceKind::Cpr, CompetenceKind::Search);
        let with = |n, competences| Volunteer { competences, ..bare_person(n) };
        let left = Volunteer { vetting: Vetting::Left, ..with(3, vec![holds(cpr, Some("2026-12-01"))]) };
        let people = [
            with(1, vec![holds(cpr, Some("2026-11-30")), holds(search, Some("2027-01-31"))]),
            with(2, vec![holds(cpr, Some("2019-02-28")), holds(search, None)]),
            left,
        ];
        put_all(&fresh.db, &people).await;
        let table = [
            ("2026-11-18", "2027-11-18", None, vec![(1, cpr), (1, search)]),
            ("2026-11-30", "2027-01-30", None, vec![(1, cpr)]),
            ("2026-12-01", "2027-01-31", None, vec![(1, search)]),
            ("2026-11-18", "2027-11-18", Some(search), vec![(1, search)]),
            ("-009999-01-01", "2026-11-17", None, vec![(2, cpr)]),
            ("-009999-01-01", "2026-11-30", Some(cpr), vec![(2, cpr), (1, cpr)]),
        ];
        for (first, last, kind, expected) in table {
            let (first, last) = (first.parse().unwrap(), day(last));
            let found =
                vetting::certificates_ending(&fresh.db, Remit::All, (first, last), kind).await.unwrap();
            let found: Vec<_> = found.iter().map(|due| (due.volunteer, due.due.kind)).collect();
            let expected: Vec<_> =
                expected.into_iter().map(|(n, kind)| (person(n).id, DueKind::Certificate(kind))).collect();
            assert_eq!(found, expected, "{}: {first} to {last}", fresh.name);
        }
    }
}

#[tokio::test]
async fn every_kind_of_entry_is_read_as_it_was_put_down() {
    for fresh in registries().await {
        put_all(&fresh.db, &[bare_person(1)]).await;
        let until = day("2027-06-30");
        let more = [
            (1, Step::ApprovalProposed { until }),
            (2, Step::ProposalWithdrawn),
            (2, Step::Suspended),
            (1, Step::Reinstated),
            (2, Step::Left),
            (1, Step::Applied),
        ];
        let again = check(CheckForm::Paper, "2028-01-31");
        let steps: Vec<_> = to_the_approval().into_iter().chain(again).chain(more).collect();
        take_all(&fresh.db, 1, steps.clone()).await;
        let mut expected = vec![What::TakenOver { vetting: Vetting::Applied }];
        expected.extend(steps.into_iter().map(|(by, step)| What::Taken { step, by: official(by) }));
        let entries = vetting::history(&fresh.db, person(1).id).await.unwrap();
        let found: Vec<_> = entries.iter().map(|entry| entry.what.clone()).collect();
        assert_eq!(found, expected, "{}", fresh.name);
        let numbers = (1..).zip(&entries).all(|(number, entry)| (entry.number, entry.at) == (number, NOW));
        assert!(numbers, "{entries:?}");
        assert_eq!(vetting::history(&fresh.db, person(2).id).await.unwrap(), []);
    }
}

#[tokio::test]
async fn an_approval_reaches_the_volunteer_and_counts_as_a_change_and_an_interview_does_not() {
    for fresh in registries().await {
        put_all(&fresh.db, &[bare_person(1)]).await;
        let mut steps = to_the_approval();
        let approval = steps.pop().unwrap();
        take_all(&fresh.db, 1, steps).await;
        assert_eq!(vetting_of(&fresh.db, 1).await, Vetting::Applied, "{}", fresh.name);
        assert_eq!(store::revision(&fresh.db).await.unwrap(), 1);
        take_all(&fresh.db, 1, [approval]).await;
        assert_eq!(vetting_of(&fresh.db, 1).await, Vetting::Approved { until: day("2027-11-18") });
        assert_eq!(store::revision(&fresh.db).await.unwrap(), 2);
        take_all(&fresh.db, 1, check(CheckForm::Paper, "2027-01-31")).await;
        assert_eq!(vetting_of(&fresh.db, 1).await, Vetting::Approved { until: day("2027-01-31") });
        take_all(&fresh.db, 1, [(1, Step::Suspended)]).await;
        assert_eq!(vetting_of(&fresh.db, 1).await, Vetting::Suspended);
        assert_eq!(store::revision(&fresh.db).await.unwrap(), 4);
        let dossier = vetting::dossier(&fresh.db, person(1).id).await.unwrap();
        assert_eq!(dossier.vetting(), Vetting::Suspended);
    }
}

#[tokio::test]
async fn a_refused_step_leaves_everything_as_it_was() {
    for fresh in registries().await {
        put_all(&fresh.db, &[bare_person(1)]).await;
        let mut steps = to_the_approval();
        let (_, approval) = steps.pop().unwrap();
        take_all(&fresh.db, 1, steps).await;
        let before = vetting::history(&fresh.db, person(1).id).await.unwrap();
        let refused = take(&fresh.db, 1, 1, approval).await;
        let same = matches!(refused, Err(TakeError::Refused(Refusal::SameOfficial)));
        assert!(same, "{} {refused:?}", fresh.name);
        assert_eq!(vetting::history(&fresh.db, person(1).id).await.unwrap(), before);
        assert_eq!(vetting_of(&fresh.db, 1).await, Vetting::Applied);
        let unknown = take(&fresh.db, 2, 1, Step::Applied).await;
        assert!(matches!(unknown, Err(TakeError::Unknown)), "{unknown:?}");
    }
}

#[tokio::test]
async fn of_officials_who_act_at_once_one_wins() {
    for fresh in registries().await {
        put_all(&fresh.db, &[bare_person(1)]).await;
        take_all(&fresh.db, 1, to_the_approval().into_iter().take(5)).await;
        let tries = (2..8).map(|by| {
            let (db, until) = (fresh.db.clone(), day("2027-11-18"));
            tokio::spawn(async move { take(&db, 1, by, Step::Approved { until }).await })
        });
        let mut won = 0;
        for taken in tries.collect::<Vec<_>>() {
            match taken.await.unwrap() {
                Ok(_) => won += 1,
                Err(error) => {
                    assert!(matches!(error, TakeError::Refused(Refusal::NothingProposed)), "{error}");
                }
            }
        }
        assert_eq!(won, 1, "{}", fresh.name);
        assert_eq!(vetting::history(&fresh.db, person(1).id).await.unwrap().len(), 7);
    }
}

#[tokio::test]
async fn what_a_list_says_otherwise_is_put_down_as_taken_over_and_the_same_again_is_not() {
    for fresh in registries().await {
        let mut people = [bare_person(1), person(2)];
        put_all(&fresh.db, &people).await;
        put_all(&fresh.db, &people).await;
        people[0].duty = Duty::ON;
        people[1].vetting = Vetting::Suspended;
        put_all(&fresh.db, &people).await;
        let histories = [
            (1, vec![Vetting::Applied]),
            (2, vec![Vetting::Approved { until: day("2027-12-31") }, Vetting::Suspended]),
        ];
        for (n, said) in histories {
            let entries = vetting::history(&fresh.db, person(n).id).await.unwrap();
            let found: Vec<_> = entries.into_iter().map(|entry| entry.what).collect();
            let expected: Vec<_> = said.into_iter().map(|vetting| What::TakenOver { vetting }).collect();
            assert_eq!(found, expected, "{} {n}", fresh.name);
        }
        take(&fresh.db, 2, 1, Step::Reinstated).await.unwrap();
        assert_eq!(vetting_of(&fresh.db, 2).await, Vetting::Approved { until: day("2027-12-31") });
    }
}

/// People at every stage of 2026-11-18, some of which turn into another later; the third number is when.
async fn at_every_stage(db: &Database) {
    put_all(db, &(0..10).map(bare_person).collect::<Vec<_>>()).await;
    for n in 1..7_u32 {
        take_all(db, n, to_the_approval().into_iter().take(n as usize)).await;
    }
    take_all(db, 7, to_the_approval().into_iter().chain([(1, Step::Suspended)])).await;
    take_all(db, 8, [(1, Step::Left)]).await;
    let proposal = Step::ApprovalProposed { until: day("2027-12-01") };
    take_all(db, 9, to_the_approval().into_iter().chain([(1, proposal)])).await;
}

#[tokio::test]
async fn everybody_is_in_the_queue_of_the_stage_that_their_history_says() {
    for fresh in registries().await {
        at_every_stage(&fresh.db).await;
        for today in [TODAY, "2027-11-18", "2027-11-19", "2027-12-31", "2028-01-01"].map(day) {
            let mut expected = Vec::new();
            for n in 0..10 {
                let dossier = vetting::dossier(&fresh.db, person(n).id).await.unwrap();
                expected.push((dossier.stage(today).unwrap(), person(n).id));
            }
            let mut found = Vec::new();
            for &stage in Stage::ALL {
                let queue = vetting::queue(&fresh.db, Remit::All, today, stage, None, 100).await.unwrap();
                found.extend(queue.into_iter().map(|waiting| (stage, waiting.volunteer)));
            }
            expected.sort_unstable();
            found.sort_unstable();
            assert_eq!(found, expected, "{} {today}", fresh.name);
            let lengths = vetting::queue_lengths(&fresh.db, Remit::All, today).await.unwrap();
            let count = |stage| expected.iter().filter(|(at, _)| *at == stage).count() as u64;
            let counted = Stage::ALL.iter().map(|stage| (*stage, count(*stage)));
            assert_eq!(lengths, counted.filter(|(_, count)| *count > 0).collect::<Vec<_>>());
        }
    }
}

#[tokio::test]
async fn a_queue_begins_with_whoever_has_waited_longest_and_goes_on_page_by_page() {
    for fresh in registries().await {
        put_all(&fresh.db, &(0..7).map(bare_person).collect::<Vec<_>>()).await;
        for n in 0..7_u32 {
            let at = Timestamp::from_millis(NOW.as_millis() - i64::from(n / 2));
            take_at(&fresh.db, at, n, 1, Step::Interviewed { day: day(TODAY) }).await.unwrap();
        }
        let (mut after, mut seen) = (None, Vec::new());
        loop {
            let page = vetting::queue(&fresh.db, Remit::All, day(TODAY), Stage::Interviewed, after, 3)
                .await
                .unwrap();
            let Some(last) = page.last() else { break };
            after = Some((last.since, last.volunteer));
            seen.extend(page.into_iter().map(|waiting| (waiting.since, waiting.volunteer)));
        }
        assert_eq!(seen.len(), 7, "{}", fresh.name);
        assert!(seen.is_sorted(), "{seen:?}");
    }
}

#[tokio::test]
async fn a_queue_tells_who_and_what_ends_when() {
    for fresh in registries().await {
        at_every_stage(&fresh.db).await;
        let queue = vetting::queue(&fresh.db, Remit::All, day(TODAY), Stage::Active, None, 10).await.unwrap();
        let expected = Waiting {
            volunteer: person(6).id,
            name: person(6).name,
            since: NOW,
            check_due: Some(day("2027-12-31")),
            approved_until: Some(day("2027-11-18")),
        };
        assert_eq!(queue, [expected], "{}", fresh.name);
    }
}

#[tokio::test]
async fn approvals_checks_and_certificates_that_end_are_found_the_soonest_first() {
    for fresh in registries().await {
        let cpr = Competence { kind: CompetenceKind::Cpr, expires: Some(day("2026-12-24")) };
        let first_aid = Competence { kind: CompetenceKind::FirstAid, expires: Some(day("2027-01-31")) };
        let skilled = Volunteer { competences: vec![first_aid, cpr], ..bare_person(1) };
        let suspended = Volunteer { vetting: Vetting::Suspended, ..person(3) };
        put_all(&fresh.db, &[skilled, bare_person(2), suspended]).await;
        take_all(&fresh.db, 2, to_the_approval()).await;
        let expected = [
            (1, "2026-12-24", DueKind::Certificate(CompetenceKind::Cpr)),
            (1, "2027-01-31", DueKind::Certificate(CompetenceKind::FirstAid)),
            (2, "2027-11-18", DueKind::Approval),
            (2, "2027-12-31", DueKind::BackgroundCheck),
        ]
        .map(|(n, last, kind)| (Due { day: day(last), kind }, person(n).id));
        for (today, days, range) in [
            (TODAY, 35, 0..0),
            (TODAY, 36, 0..1),
            (TODAY, 365, 0..3),
            ("2026-12-25", 366, 1..3),
            ("2027-01-31", 340, 1..4),
            ("2027-12-31", 0, 3..4),
            ("2028-01-01", 366, 4..4),
        ] {
            let found = vetting::due(&fresh.db, Remit::All, (day(today), days), None, 10).await.unwrap();
            let found: Vec<_> = found.into_iter().map(|found| (found.due, found.volunteer)).collect();
            assert_eq!(found, expected[range], "{} {today} {days}", fresh.name);
        }
    }
}

#[tokio::test]
async fn what_ends_goes_on_page_by_page() {
    for fresh in registries().await {
        put_all(&fresh.db, &(0..5).map(person).collect::<Vec<_>>()).await;
        let read = async |after, limit| {
            vetting::due(&fresh.db, Remit::All, (day("2027-04-30"), 300), after, limit).await.unwrap()
        };
        let all = read(None, 100).await;
        assert_eq!(all.len(), 10, "{}: certificate and approval of each", fresh.name);
        let (mut after, mut seen) = (None, Vec::new());
        loop {
            let page = read(after, 3).await;
            let Some(last) = page.last() else { break };
            after = Some((last.due, last.volunteer));
            seen.extend(page);
        }
        assert_eq!(seen, all);
    }
}

#[tokio::test]
async fn a_history_that_does_not_add_up_is_named_as_damaged() {
    for fresh in registries().await {
        put_all(&fresh.db, &[bare_person(1)]).await;
        take_all(&fresh.db, 1, to_the_approval()).await;
        for sql in [
            "UPDATE vetting_entry SET step = 'promoted' WHERE number = 6",
            "UPDATE vetting_entry SET step = 'applied' WHERE number = 6",
            "UPDATE vetting_entry SET step = 'approved', until = 'soon' WHERE number = 6",
            "UPDATE vetting_entry SET until = NULL WHERE number = 6",
            "DELETE FROM vetting_entry WHERE number = 2",
        ] {
            let mut tx = fresh.db.begin().await.unwrap();
            on!(tx, c => sqlx::query(sql).execute(c).await.map(drop)).unwrap();
            tx.commit().await.unwrap();
            let error = vetting::dossier(&fresh.db, person(1).id).await.unwrap_err();
            assert!(matches!(error, RegistryError::Damaged { .. }), "{} {sql}: {error}", fresh.name);
            let refused = take(&fresh.db, 1, 1, Step::Left).await;
            assert!(
                matches!(refused, Err(TakeError::Registry(RegistryError::Damaged { .. }))),
                "{refused:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_check_from_before_the_second_official_confirmed_counts_and_never_by_one_official_only() {
    const BEFORE: &str = "UPDATE vetting_entry SET step = 'check_seen', official_1 = $1, official_2 = $2 \
         WHERE step = 'check_reported'";
    const SQL: &str = "UPDATE vetting_entry SET official_2 = official_1 WHERE step = 'check_seen'";
    for fresh in registries().await {
        put_all(&fresh.db, &[bare_person(1)]).await;
        let (first, second) = (official(1).to_string(), official(2).to_string());
        take_all(&fresh.db, 1, to_the_approval()).await;
        let mut tx = fresh.db.begin().await.unwrap();
        on!(tx, c => sqlx::query(BEFORE).bind(&first).bind(&second).execute(c).await.map(drop)).unwrap();
        tx.commit().await.unwrap();
        let dossier = vetting::dossier(&fresh.db, person(1).id).await.unwrap();
        let both = dossier.check().map(|check| check.officials.both());
        assert_eq!(both, Some([official(1), official(2)]), "{}", fresh.name);
        assert_eq!(dossier.vetting(), Vetting::Approved { until: day("2027-11-18") });
        let mut tx = fresh.db.begin().await.unwrap();
        let refused = on!(tx, c => sqlx::query(SQL).execute(c).await.map(drop));
        assert!(refused.is_err(), "{}", fresh.name);
    }
}

#[tokio::test]
async fn people_who_were_there_before_have_their_state_taken_over() {
    const MIGRATION: &str = include_str!("../../../../registry/migrations/0006_vetting.sql");
    for fresh in registries().await {
        let vettings =
            [Vetting::Applied, Vetting::Approved { until: day(TODAY) }, Vetting::Suspended, Vetting::Left];
        let people = (0..).zip(vettings).map(|(n, vetting)| Volunteer { vetting, ..bare_person(n) });
        put_all(&fresh.db, &people.collect::<Vec<_>>()).await;
        let mut tx = fresh.db.begin().await.unwrap();
        for sql in ["DROP TABLE vetting_entry", "DROP TABLE vetting_standing", MIGRATION] {
            on!(tx, c => sqlx::raw_sql(sql).execute(c).await.map(drop)).unwrap();
        }
        tx.commit().await.unwrap();
        for (n, vetting) in (0..).zip(vettings) {
            let dossier = vetting::dossier(&fresh.db, person(n).id).await.unwrap();
            assert_eq!(dossier.vetting(), vetting, "{}", fresh.name);
            let stage = dossier.stage(day(TODAY)).unwrap();
            let queue = vetting::queue(&fresh.db, Remit::All, day(TODAY), stage, None, 9).await.unwrap();
            assert_eq!(queue.len(), 1, "{stage}");
            take(&fresh.db, n, 1, if n == 3 { Step::Applied } else { signed() }).await.unwrap();
        }
    }
}

#[tokio::test]
async fn an_application_is_stale_when_nothing_has_happened_since_and_was_never_approved() {
    for fresh in registries().await {
        put_all(&fresh.db, &[bare_person(1), bare_person(2), bare_person(3)]).await;
        let later = NOW + std::time::Duration::from_hours(24);
        take_at(&fresh.db, later, 2, 1, Step::Interviewed { day: day(TODAY) }).await.unwrap();
        take_all(&fresh.db, 3, to_the_approval()).await;
        let stale = async |before, limit| {
            store::retention::stale_applications(&fresh.db, before, limit).await.unwrap()
        };
        assert_eq!(stale(NOW, 9).await, [person(1).id], "{}", fresh.name);
        let mut both = vec![person(1).id, person(2).id];
        assert_eq!(stale(later, 9).await, both, "the oldest first");
        both.truncate(1);
        assert_eq!(stale(later, 1).await, both);
    }
}

#[tokio::test]
async fn an_archive_is_forgotten_in_portions_and_not_before_its_time() {
    for fresh in registries().await {
        put_all(&fresh.db, &[bare_person(1)]).await;
        take_all(&fresh.db, 1, to_the_approval()).await;
        let mut tx = fresh.db.begin().await.unwrap();
        volunteer::erase(&mut tx, NOW, person(1).id).await.unwrap().unwrap();
        let before = NOW - std::time::Duration::from_millis(1);
        let mut forget =
            async |until, limit| store::retention::forget_archive(&mut tx, until, limit).await.unwrap();
        assert_eq!(forget(before, 9).await, 0, "{}", fresh.name);
        assert_eq!(forget(NOW, 2).await, 2);
        assert!(forget(NOW, 99).await > 0, "the rest");
        assert_eq!(forget(NOW, 99).await, 0);
    }
}
