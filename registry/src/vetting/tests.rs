use jiff::ToSpan as _;
use jiff::civil::date;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;

use super::*;
use crate::volunteer::{Day, Vetting};
use crate::{AccountId, Random, Timestamp};

const TODAY: Day = date(2026, 11, 26);
const NOW: Timestamp = Timestamp::from_millis(1_795_694_400_000);
const UNTIL: Day = date(2027, 11, 25);
const CHECK_DUE: Day = date(2027, 12, 31);

fn official(n: u64) -> AccountId {
    AccountId::new(NOW, &Random::from_seed(n))
}

/// As it was put down before the second official confirmed it.
fn check(next_due: Day) -> Step {
    let officials = Officials::new(official(1), official(2)).unwrap();
    Step::CheckSeen(BackgroundCheck { seen: TODAY, officials, form: CheckForm::Digital, next_due })
}

fn signed() -> Step {
    Step::AgreementSigned(Agreement { signed: TODAY, version: "2026-1".parse().unwrap() })
}

/// Takes the steps one after the other, each by the official with this number.
fn after(steps: impl IntoIterator<Item = (u64, Step)>) -> Dossier {
    let mut dossier = Dossier::default();
    for (by, step) in steps {
        // None can be taken any more; those that were count as before.
        let entry = if matches!(step, Step::CheckSeen(_)) {
            dossier.next(NOW, What::Taken { step, by: official(by) })
        } else {
            dossier.take(NOW, TODAY, official(by), step).unwrap()
        };
        dossier.add(&entry).unwrap();
    }
    dossier
}

fn reported(next_due: Day) -> Step {
    Step::CheckReported(CheckReport { seen: TODAY, form: CheckForm::Digital, next_due })
}

fn confirmed(next_due: Day) -> Step {
    Step::CheckConfirmed { seen: TODAY, next_due }
}

fn ready() -> Vec<(u64, Step)> {
    let applied = [(1, Step::Applied), (1, Step::Interviewed { day: TODAY })];
    applied.into_iter().chain([(1, check(CHECK_DUE)), (1, signed())]).collect()
}

fn proposed() -> Vec<(u64, Step)> {
    ready().into_iter().chain([(1, Step::ApprovalProposed { until: UNTIL })]).collect()
}

fn approved() -> Vec<(u64, Step)> {
    proposed().into_iter().chain([(2, Step::Approved { until: UNTIL })]).collect()
}

fn with(mut steps: Vec<(u64, Step)>, more: impl IntoIterator<Item = Step>) -> Vec<(u64, Step)> {
    steps.extend(more.into_iter().map(|step| (1, step)));
    steps
}

fn listed(vetting: Vetting) -> Dossier {
    let mut dossier = Dossier::default();
    dossier.add(&dossier.take_over(NOW, vetting)).unwrap();
    dossier
}

#[test]
fn a_person_goes_from_the_application_to_the_approval_step_by_step() {
    let stages =
        [Stage::Applied, Stage::Interviewed, Stage::Checked, Stage::Agreed, Stage::Proposed, Stage::Active];
    for (taken, stage) in (1..).zip(stages) {
        let dossier = after(approved().into_iter().take(taken));
        assert_eq!(dossier.stage(TODAY), Some(stage));
        let vetting =
            if stage == Stage::Active { Vetting::Approved { until: UNTIL } } else { Vetting::Applied };
        assert_eq!(dossier.vetting(), vetting);
    }
    let ground = Ground::FourEyes(Officials::new(official(1), official(2)).unwrap());
    assert_eq!(after(approved()).approval(), Some(&Approval { until: UNTIL, ground }));
    assert_eq!(Dossier::default().stage(TODAY), None);
}

#[test]
fn whoever_has_left_begins_anew() {
    let gone = with(approved(), [Step::Left]);
    let dossier = after(gone.clone());
    assert_eq!((dossier.vetting(), dossier.stage(TODAY)), (Vetting::Left, Some(Stage::Left)));
    assert_eq!(dossier.possible(TODAY, official(1)), [StepKind::Applied]);
    let again = after(with(gone, [Step::Applied]));
    assert_eq!(again.missing(TODAY), Missing::ALL);
    assert_eq!((again.vetting(), again.stage(TODAY)), (Vetting::Applied, Some(Stage::Applied)));
}

#[test]
fn a_suspension_is_lifted_only_while_the_approval_holds() {
    let dossier = after(with(approved(), [Step::Suspended]));
    assert_eq!((dossier.vetting(), dossier.stage(TODAY)), (Vetting::Suspended, Some(Stage::Suspended)));
    let take = |today, step| dossier.take(NOW, today, official(1), step);
    assert!(take(UNTIL, Step::Reinstated).is_ok());
    assert_eq!(take(UNTIL, Step::Applied), Err(Refusal::IsSuspended));
    let later = UNTIL.tomorrow().unwrap();
    assert_eq!(take(later, Step::Reinstated), Err(Refusal::ApprovalEnded));
    assert!(take(later, Step::Applied).is_ok());
    let back = after(with(approved(), [Step::Suspended, Step::Reinstated]));
    assert_eq!(back.vetting(), Vetting::Approved { until: UNTIL });
    let applicant = after(with(ready(), [Step::Suspended]));
    assert_eq!(applicant.allows(StepKind::Reinstated, TODAY, official(1)), Err(Refusal::ApprovalEnded));
}

#[test]
fn an_approval_runs_out_and_is_renewed_beside_the_old_one() {
    let later = UNTIL.tomorrow().unwrap();
    let dossier = after(approved());
    assert_eq!((dossier.stage(UNTIL), dossier.stage(later)), (Some(Stage::Active), Some(Stage::Expired)));
    assert!(dossier.vetting().allows(UNTIL) && !dossier.vetting().allows(later));
    let renewal =
        with(approved(), [check(date(2028, 12, 31)), Step::ApprovalProposed { until: date(2028, 11, 25) }]);
    let dossier = after(renewal);
    assert_eq!(dossier.stage(TODAY), Some(Stage::Proposed));
    assert_eq!(dossier.vetting(), Vetting::Approved { until: UNTIL }, "the old one goes on");
}

#[test]
fn a_shorter_check_ends_the_approval_and_the_agreement_alone_does_not_renew_it() {
    let short = date(2027, 1, 31);
    let dossier = after(with(approved(), [check(short)]));
    assert_eq!(dossier.vetting(), Vetting::Approved { until: short });
    assert_eq!(dossier.missing(short), []);
    assert_eq!(dossier.missing(short.tomorrow().unwrap()), [Missing::BackgroundCheck]);
    let corrected = after(with(approved(), [check(short), check(CHECK_DUE)]));
    assert_eq!(corrected.vetting(), Vetting::Approved { until: UNTIL });
}

#[test]
fn a_check_that_lapses_before_the_approval_is_to_be_seen_again() {
    let later = CHECK_DUE.tomorrow().unwrap();
    assert_eq!(after(ready()).stage(later), Some(Stage::Interviewed));
    let refused = after(proposed()).allows(StepKind::Approved, later, official(2));
    assert_eq!(refused, Err(Refusal::Missing(vec![Missing::BackgroundCheck])));
}

#[test]
fn a_step_is_refused_with_what_was_expected() {
    let (past, future) = (TODAY.yesterday().unwrap(), TODAY.tomorrow().unwrap());
    let until = CHECK_DUE.tomorrow().unwrap();
    let too_late = TODAY.checked_add((CHECK_YEARS_MAX + 1).years()).unwrap();
    let none = Vec::new;
    let applied = || vec![(1, Step::Applied)];
    let table = [
        (none(), signed(), Refusal::NotApplied),
        (applied(), Step::Applied, Refusal::AlreadyApplied),
        (applied(), Step::Interviewed { day: future }, Refusal::ToCome { day: future }),
        (applied(), check(CHECK_DUE), Refusal::OneOfficial),
        (applied(), reported(TODAY), Refusal::CheckDue { seen: TODAY }),
        (applied(), reported(too_late), Refusal::CheckDue { seen: TODAY }),
        (applied(), confirmed(CHECK_DUE), Refusal::NothingReported),
        (none(), confirmed(CHECK_DUE), Refusal::NotApplied),
        (with(applied(), [reported(CHECK_DUE)]), confirmed(CHECK_DUE), Refusal::SameWitness),
        (with(ready(), [Step::Left]), confirmed(CHECK_DUE), Refusal::HasLeft),
        (applied(), Step::ApprovalProposed { until: UNTIL }, Refusal::Missing(Missing::ALL.to_vec())),
        (ready(), Step::ApprovalProposed { until }, Refusal::BeyondCheck { due: CHECK_DUE }),
        (ready(), Step::ApprovalProposed { until: past }, Refusal::Passed { day: past }),
        (ready(), Step::Approved { until: UNTIL }, Refusal::NothingProposed),
        (ready(), Step::ProposalWithdrawn, Refusal::NothingProposed),
        (ready(), Step::Reinstated, Refusal::NotSuspended),
        (proposed(), Step::ApprovalProposed { until: UNTIL }, Refusal::AlreadyProposed { until: UNTIL }),
        (proposed(), Step::Approved { until: UNTIL }, Refusal::SameOfficial),
        (
            with(proposed(), [Step::ProposalWithdrawn]),
            Step::Approved { until: UNTIL },
            Refusal::NothingProposed,
        ),
        (with(proposed(), [Step::Suspended]), Step::Approved { until: UNTIL }, Refusal::IsSuspended),
        (with(ready(), [Step::Suspended]), Step::Suspended, Refusal::IsSuspended),
        (with(applied(), [Step::Left]), signed(), Refusal::HasLeft),
    ];
    for (steps, step, refusal) in table {
        let refused = after(steps).take(NOW, TODAY, official(1), step.clone());
        assert_eq!(refused, Err(refusal), "{step:?}");
    }
}

#[test]
fn the_second_official_approves_what_was_proposed_and_nothing_else() {
    let dossier = after(proposed());
    let other = Step::Approved { until: TODAY };
    let refused = dossier.take(NOW, TODAY, official(2), other);
    assert_eq!(refused, Err(Refusal::OtherProposal { proposed: UNTIL }));
    assert!(dossier.possible(TODAY, official(2)).contains(&StepKind::Approved));
    assert!(!dossier.possible(TODAY, official(1)).contains(&StepKind::Approved));
}

#[test]
fn a_background_check_counts_once_another_official_has_confirmed_it() {
    let begun = [(1, Step::Applied), (1, Step::Interviewed { day: TODAY }), (1, signed())];
    let one = after(begun.into_iter().chain([(1, reported(CHECK_DUE))]));
    assert_eq!((one.stage(TODAY), one.check()), (Some(Stage::Reported), None));
    assert_eq!(one.missing(TODAY), [Missing::BackgroundCheck]);
    assert!(!one.possible(TODAY, official(1)).contains(&StepKind::CheckConfirmed));
    assert!(one.possible(TODAY, official(2)).contains(&StepKind::CheckConfirmed));
    let refused = one.take(NOW, TODAY, official(2), confirmed(UNTIL));
    assert_eq!(refused, Err(Refusal::OtherReport { seen: TODAY, next_due: CHECK_DUE }));
    let mut both = one.clone();
    both.add(&both.take(NOW, TODAY, official(2), confirmed(CHECK_DUE)).unwrap()).unwrap();
    assert_eq!((both.stage(TODAY), both.pending_check()), (Some(Stage::Agreed), None));
    let officials = Officials::new(official(1), official(2)).unwrap();
    let (seen, form, next_due) = (TODAY, CheckForm::Digital, CHECK_DUE);
    assert_eq!(both.check(), Some(&BackgroundCheck { seen, officials, form, next_due }));
}

#[test]
fn a_new_check_that_waits_leaves_the_old_one_and_the_approval_as_they_are() {
    let renewal = after(with(approved(), [reported(date(2028, 12, 31))]));
    assert_eq!(renewal.stage(TODAY), Some(Stage::Reported));
    assert_eq!(renewal.vetting(), Vetting::Approved { until: UNTIL });
    assert_eq!(renewal.check().map(|check| check.next_due), Some(CHECK_DUE));
}

#[test]
fn a_list_is_taken_over_as_it_stands() {
    let until = UNTIL;
    for vetting in [Vetting::Applied, Vetting::Approved { until }, Vetting::Suspended, Vetting::Left] {
        assert_eq!(listed(vetting).vetting(), vetting);
        for steps in
            [proposed(), approved(), with(approved(), [Step::Suspended]), with(ready(), [Step::Left])]
        {
            let mut dossier = after(steps);
            dossier.add(&dossier.take_over(NOW, vetting)).unwrap();
            assert_eq!((dossier.vetting(), dossier.proposal()), (vetting, None));
        }
    }
    let approved = listed(Vetting::Approved { until });
    assert_eq!(approved.approval(), Some(&Approval { until, ground: Ground::List }));
    assert_eq!(approved.missing(TODAY), Missing::ALL, "a renewal needs everything");
}

#[test]
fn a_list_that_goes_beyond_the_check_rests_on_another() {
    let until = CHECK_DUE.tomorrow().unwrap();
    let mut dossier = after(approved());
    dossier.add(&dossier.take_over(NOW, Vetting::Approved { until })).unwrap();
    assert_eq!((dossier.vetting(), dossier.check()), (Vetting::Approved { until }, None));
}

#[test]
fn what_ends_first_is_due_next() {
    let due = |steps, today| after(steps).due_next(today).map(|due| (due.day, due.kind));
    assert_eq!(due(approved(), UNTIL), Some((UNTIL, DueKind::Approval)));
    assert_eq!(due(approved(), CHECK_DUE), Some((CHECK_DUE, DueKind::BackgroundCheck)));
    assert_eq!(due(approved(), CHECK_DUE.tomorrow().unwrap()), None);
    assert_eq!(due(with(approved(), [Step::Suspended]), TODAY), None);
}

#[test]
fn entries_left_out_or_doubled_are_no_history() {
    let first = Dossier::default().take_over(NOW, Vetting::Applied);
    let third = Entry { number: 3, ..first.clone() };
    assert_eq!(Dossier::of(&[first.clone(), third]), Err(OutOfOrder { expected: 2, found: 3 }));
    assert_eq!(Dossier::of(&[first.clone(), first]), Err(OutOfOrder { expected: 2, found: 1 }));
}

#[test]
fn a_version_of_the_agreement_is_no_place_for_remarks() {
    assert_eq!(" 2026-1 ".parse::<AgreementVersion>().unwrap().as_str(), "2026-1");
    for text in ["", "two words", "a:b", "123456789012345678901"] {
        assert_eq!(text.parse::<AgreementVersion>(), Err(AgreementVersionError), "{text}");
    }
    assert_eq!(Officials::new(official(1), official(1)), Err(SameOfficial));
}

/// What happens next: an official takes a step some days later, or a list says something.
#[derive(Debug, Clone)]
enum Happening {
    Try { by: u64, days: i32, step: Step },
    List(Vetting),
}

fn any_day() -> impl Strategy<Value = Day> {
    (-30..800_i32).prop_map(|days| TODAY.saturating_add(days.days()))
}

/// Mostly days on which a step can be taken, so that sequences come far.
fn any_step() -> impl Strategy<Value = Step> {
    let until = || prop_oneof![3 => Just(UNTIL), 1 => any_day()];
    let due = prop_oneof![3 => Just(CHECK_DUE), 1 => any_day()];
    let due = due.prop_map(|next_due| (TODAY, next_due));
    let days = prop_oneof![3 => due, 1 => (any_day(), any_day())];
    let days = days.prop_map(|(seen, next_due)| (seen.min(TODAY), next_due)).boxed();
    let reports = days.clone().prop_map(|(seen, next_due)| {
        Step::CheckReported(CheckReport { seen, form: CheckForm::Paper, next_due })
    });
    let confirmations = days.prop_map(|(seen, next_due)| Step::CheckConfirmed { seen, next_due });
    prop_oneof![
        1 => Just(Step::Applied),
        3 => any_day().prop_map(|day| Step::Interviewed { day: day.min(TODAY) }),
        4 => reports,
        4 => confirmations,
        3 => Just(signed()),
        4 => until().prop_map(|until| Step::ApprovalProposed { until }),
        1 => Just(Step::ProposalWithdrawn),
        4 => until().prop_map(|until| Step::Approved { until }),
        1 => prop_oneof![Just(Step::Suspended), Just(Step::Reinstated), Just(Step::Left)],
    ]
}

fn any_happening() -> impl Strategy<Value = Happening> {
    let vettings = (any_day(), 0..4).prop_map(|(until, which)| match which {
        0 => Vetting::Applied,
        1 => Vetting::Approved { until },
        2 => Vetting::Suspended,
        _ => Vetting::Left,
    });
    prop_oneof![
        40 => (1..4_u64, 0..5_i32, any_step()).prop_map(|(by, days, step)| Happening::Try { by, days, step }),
        1 => vettings.prop_map(Happening::List),
    ]
}

/// The steps since the person applied last, with who took each.
fn since_application(entries: &[Entry]) -> Vec<(&Step, AccountId)> {
    let begins = |entry: &Entry| match &entry.what {
        What::Taken { step, .. } => *step == Step::Applied,
        What::TakenOver { vetting } => *vetting == Vetting::Left,
    };
    let first = entries.iter().rposition(begins).unwrap_or(0);
    let taken = entries[first..].iter().filter_map(|entry| match &entry.what {
        What::Taken { step, by } => Some((step, *by)),
        What::TakenOver { .. } => None,
    });
    taken.collect()
}

/// Says again, from the entries alone, what an approval until `until` needs.
fn deserves_approval(entries: &[Entry], until: Day) -> bool {
    let steps = since_application(entries);
    let last_check = steps.iter().enumerate().rev().find_map(|(at, (step, witness))| {
        let Step::CheckConfirmed { seen, next_due } = step else { return None };
        Some((at, *seen, *next_due, *witness))
    });
    let checked = last_check.is_some_and(|(at, seen, next_due, witness)| {
        let report = steps[..at].iter().rev().find_map(|(step, by)| {
            let Step::CheckReported(report) = step else { return None };
            Some((report.seen, report.next_due, *by))
        });
        until <= next_due
            && report.is_some_and(|(day, due, by)| (day, due) == (seen, next_due) && by != witness)
    });
    let interviewed = steps.iter().any(|(step, _)| matches!(step, Step::Interviewed { .. }));
    let agreed = steps.iter().any(|(step, _)| matches!(step, Step::AgreementSigned(_)));
    let four_eyes = steps.iter().enumerate().any(|(at, (step, approver))| {
        let Step::Approved { until: approved } = step else { return false };
        let proposal = steps[..at].iter().rev().find_map(|(step, proposer)| {
            if let Step::ApprovalProposed { until } = step { Some((until, proposer)) } else { None }
        });
        until <= *approved && proposal.is_some_and(|(day, proposer)| day == approved && proposer != approver)
    });
    checked && interviewed && agreed && four_eyes
}

/// A dossier with the entries that made it, on the day up to which it has come.
struct Life {
    dossier: Dossier,
    entries: Vec<Entry>,
    today: Day,
}

impl Life {
    fn new() -> Self {
        Self { dossier: Dossier::default(), entries: Vec::new(), today: TODAY }
    }

    fn meet(&mut self, happening: Happening) {
        let before = self.dossier.clone();
        let entry = match happening {
            Happening::List(vetting) => Some(self.dossier.take_over(NOW, vetting)),
            Happening::Try { by, days, step } => {
                self.today = self.today.saturating_add(days.days());
                let possible = self.dossier.possible(self.today, official(by)).contains(&step.kind());
                let taken = self.dossier.take(NOW, self.today, official(by), step);
                assert!(possible || taken.is_err());
                taken.ok()
            }
        };
        assert_eq!(self.dossier, before, "taking a step is not yet putting it down");
        if let Some(entry) = entry {
            self.dossier.add(&entry).unwrap();
            self.entries.push(entry);
            self.check();
        }
    }

    fn check(&self) {
        let Self { dossier, entries, today } = self;
        if let Some(Entry { what: What::TakenOver { vetting }, .. }) = entries.last() {
            assert_eq!(dossier.vetting(), *vetting);
        }
        if let Vetting::Approved { until } = dossier.vetting() {
            let listed = dossier.approval().is_some_and(|approval| approval.ground == Ground::List);
            assert!(listed || deserves_approval(entries, until), "{entries:?}");
            assert!(dossier.check().is_none_or(|check| until <= check.next_due), "{entries:?}");
            let stage = dossier.stage(*today);
            assert!(
                *today <= until || matches!(stage, Some(Stage::Expired | Stage::Reported | Stage::Proposed))
            );
        }
        assert_eq!(Dossier::of(entries).unwrap(), *dossier);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]
    #[test]
    fn nobody_is_approved_without_all_that_it_needs(happenings in any_life()) {
        let mut life = Life::new();
        for happening in happenings {
            life.meet(happening);
        }
    }
}

fn any_life() -> impl Strategy<Value = Vec<Happening>> {
    proptest::collection::vec(any_happening(), 10..80)
}

#[test]
fn random_lives_come_as_far_as_an_approval() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let approved = |_| {
        let mut life = Life::new();
        any_life().new_tree(&mut runner).unwrap().current().into_iter().for_each(|next| life.meet(next));
        let approves = |entry: &Entry| matches!(entry.what, What::Taken { step: Step::Approved { .. }, .. });
        life.entries.iter().any(approves)
    };
    let count = (0..300).map(approved).filter(|approved| *approved).count();
    assert!(count >= 10, "{count} of 300");
}
