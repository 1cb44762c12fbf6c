//! Who does what: nothing is brought twice or fetched from behind a locked door, and whoever says yes does what all together
//! gain most by.

use std::time::Duration;

use certus_dispatcher::incident::{CallOut, Candidate, Errand, Event, Incident, Report, Role, State};
use certus_registry::resource::Location;
use certus_registry::{Mode, Position, Resource, ResourceKind, Timestamp};

use super::registry::{around, local};
use super::{Model, Violation, rule};

/// Every way is tried for so many tasks and people at most.
const TASKS_MAX: usize = 3;
const PEOPLE_MAX: usize = 12;

/// A place of an incident: what is to be brought, or `None`; and what it weighs.
type Task = (Option<ResourceKind>, i64);

impl Model {
    /// Looks at a yes, at what the incident was before it and is after it.
    pub(super) fn role_is_right(
        &self,
        before: &Incident,
        after: &Incident,
        yes: &Event,
        at: Timestamp,
    ) -> Result<(), Violation> {
        let Event::Responder { responder, .. } = yes else { return Ok(()) };
        let is_new = before.callout(*responder).is_some_and(|was| was.role().is_none());
        let is = after.callout(*responder).filter(|_| is_new);
        if let Some((callout, role)) = is.and_then(|is| Some((is, is.role()?))) {
            self.can_be_brought(before, callout, role)?;
            is_best(before, callout, role, at)?;
        }
        Ok(())
    }

    fn can_be_brought(&self, before: &Incident, callout: &CallOut, role: Role) -> Result<(), Violation> {
        let Role::Bring { resource, kind } = role else { return Ok(()) };
        let who = callout.responder();
        let brought =
            before.callouts.iter().filter_map(CallOut::role).any(|other| brings(other) == Some(kind));
        rule("brought-twice", !brought && before.policy.bring.contains(&kind), || {
            format!("one {kind} is wanted in {}, and {who} is to bring another", before.id)
        })?;
        let thing = self.things.get(resource).filter(|thing| thing.kind == kind);
        if let Some(thing) = thing {
            self.may_be_brought(before, callout, thing)?;
        }
        let open = |thing: &Resource| {
            around(callout.asked_at).into_iter().map(local).any(|at| thing.is_to_be_had(&at))
        };
        rule("behind-a-locked-door", thing.is_some_and(open), || {
            format!("{who} in {} is to fetch {resource}, which cannot be had", before.id)
        })?;
        let home = self.registry.ever(who).next().and_then(|person| person.home);
        let (Some(thing), Some(home), false) = (thing, home, self.pinged.contains(&who)) else {
            return Ok(());
        };
        let expected = way_s(home, thing, before, callout.candidate.mode);
        let told = callout.candidate.errands.iter().find(|errand| errand.resource == resource);
        rule("errand-miscounted", told.is_some_and(|told| told.travel_s == expected), || {
            format!("{who} from home by {resource}: {told:?}, not {expected} s")
        })
    }
}

/// Whether somebody says yes.
pub(super) fn is_yes(event: &Event) -> bool {
    matches!(event, Event::Responder { report: Report::Accepted { .. }, .. })
}

/// By the labelled model: 1.4 times the straight line, by car at 60 km/h or on foot at 2.3 m/s, each part rounded up. By
/// whichever of their ways is quicker: there is only one in these stories.
fn way_s(home: Position, thing: &Resource, incident: &Incident, mode: Mode) -> u32 {
    let speed = if mode == Mode::Car { 60.0 / 3.6 } else { 2.3 };
    let seconds = |from: Position, to: Position| {
        let whole = Duration::from_secs_f64((from.distance_to(to).0 * 1.4 / speed).ceil());
        u32::try_from(whole.as_secs()).unwrap_or(u32::MAX)
    };
    let scene = incident.place.position;
    match thing.location {
        Location::Fixed(at) => seconds(home, at) + seconds(at, scene) + incident.policy.fetch.0,
        Location::Keeper(_) => seconds(home, scene),
    }
}

fn brings(role: Role) -> Option<ResourceKind> {
    match role {
        Role::Bring { kind, .. } => Some(kind),
        Role::Straight | Role::Guide => None,
    }
}

/// Somebody who may come: how likely in thousandths, and in how many seconds they would be there with what, `None` for
/// nothing.
struct Person {
    chance: i64,
    there_s: Vec<(Option<ResourceKind>, i64)>,
}

impl Person {
    fn asked(candidate: &Candidate, chance: i64) -> Self {
        let straight = (None, i64::from(candidate.turnout_s) + i64::from(candidate.travel_s));
        let errand = |e: &Errand| (Some(e.kind), i64::from(candidate.turnout_s) + i64::from(e.travel_s));
        Self {
            chance,
            there_s: std::iter::once(straight).chain(candidate.errands.iter().map(errand)).collect(),
        }
    }

    /// What they are worth in a task, when the ambulance is there in `left_s`.
    fn gain(&self, (kind, weight): Task, left_s: i64) -> Option<i64> {
        let seconds = self.there_s.iter().filter(|(other, _)| *other == kind).map(|(_, s)| *s).min()?;
        (seconds < left_s).then(|| weight * self.chance * (left_s - seconds))
    }
}

/// No other role for this person would let all who may come gain more.
fn is_best(before: &Incident, callout: &CallOut, role: Role, at: Timestamp) -> Result<(), Violation> {
    let who = callout.responder();
    let tasks = tasks(before);
    let others: Vec<Person> =
        before.callouts.iter().filter(|c| c.responder() != who).filter_map(|c| coming(c, at)).collect();
    if tasks.len() > TASKS_MAX || others.len() >= PEOPLE_MAX || before.policy.guides > 0 {
        return Ok(());
    }
    let horizon = before.ambulance_eta.unwrap_or(before.raised_at + before.policy.reach_max.span());
    let left_s = i64::try_from(horizon.since(at).as_secs()).unwrap_or(i64::MAX);
    let mine = Person::asked(&callout.candidate, 1_000);
    let others: Vec<&Person> = others.iter().collect();
    let people: Vec<&Person> = others.iter().copied().chain([&mine]).collect();
    let everybody = best(&tasks, &people, left_s);
    let as_told = (0..tasks.len()).filter(|n| tasks[*n].0 == brings(role)).filter_map(|n| {
        let mut rest = tasks.clone();
        let task = rest.remove(n);
        Some(mine.gain(task, left_s)? + best(&rest, &others, left_s))
    });
    let idle = if role == Role::Straight { best(&tasks, &others, left_s) } else { i64::MIN };
    let told = as_told.fold(idle, i64::max);
    rule("role-not-best", told == everybody, || {
        format!("{who} as {role:?} in {}: all gain {told}, and could gain {everybody}", before.id)
    })
}

/// Whoever goes straight, and whoever may still say yes.
fn coming(callout: &CallOut, at: Timestamp) -> Option<Person> {
    if matches!(callout.state, State::Asked | State::Seen { .. }) {
        return Some(Person::asked(&callout.candidate, i64::from(callout.candidate.yes_permille)));
    }
    let kept = callout.kept().filter(|kept| kept.role == Role::Straight)?;
    let there = callout.state.as_str() == "on_scene";
    let left_s = i64::try_from(kept.expected_at.since(at).as_secs()).unwrap_or(i64::MAX);
    Some(Person { chance: 1_000, there_s: vec![(None, if there { 0 } else { left_s })] })
}

/// Everything that is wanted and neither done nor promised for good.
fn tasks(incident: &Incident) -> Vec<Task> {
    let done = incident.callouts.iter().filter(|c| c.state.as_str() == "done").filter_map(CallOut::role);
    let gone = done.filter(|role| *role == Role::Straight).count();
    let straight = usize::from(incident.wanted).saturating_sub(incident.policy.bring.len());
    let hands = [100, 50].into_iter().chain(std::iter::repeat(25)).take(straight).skip(gone);
    let promised =
        |kind| incident.callouts.iter().filter_map(CallOut::role).any(|role| brings(role) == Some(kind));
    let bring = incident.policy.bring.iter().filter(|kind| !promised(**kind));
    hands.map(|weight| (None, weight)).chain(bring.map(|kind| (Some(*kind), 125))).collect()
}

/// The most that can be gained, by trying every way.
fn best(tasks: &[Task], people: &[&Person], left_s: i64) -> i64 {
    let Some((task, rest)) = tasks.split_first() else { return 0 };
    let nobody = best(rest, people, left_s);
    let given = (0..people.len()).filter_map(|n| {
        let worth = people[n].gain(*task, left_s)?;
        let mut others = people.to_vec();
        others.remove(n);
        Some(worth + best(rest, &others, left_s))
    });
    given.fold(nobody, i64::max)
}
