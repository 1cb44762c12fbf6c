//! Who does what: goes straight to the scene, brings something on the way, or shows the ambulance in.
//!
//! Every place of an incident is a task. A person is worth in it what they gain: the seconds by which they would be there
//! before the ambulance, times the task's weight, times how likely they are to come. The tasks are given so that the sum is
//! the largest there is, over those who might still come together (the assignment problem; Kuhn 1955, Munkres 1957): not
//! to one after the other. Whoever has been told what to do keeps it. Whole numbers only: a replay gives the same.

use certus_registry::mutation::{Rule, broken};
use certus_registry::{ResourceId, ResourceKind, Timestamp, VolunteerId};
use pathfinding::kuhn_munkres::kuhn_munkres;
use pathfinding::matrix::Matrix;
use serde::{Deserialize, Serialize};

use super::{CallOut, Candidate, Incident, Progress, State};

/// What the first, the second and every further pair of hands weighs. Two are wanted for CPR (Freiburg, Langeland); that the
/// second counts half of the first is our arithmetic.
const HANDS: [i64; 3] = [100, 50, 25];
/// What somebody weighs who brings something: as much as the first pair of hands, and a further one comes with it.
const BRINGS: i64 = 125;
/// What somebody weighs who shows the ambulance in. Our arithmetic: anything on the scene comes first.
const GUIDES: i64 = 10;
/// Somebody who has said yes comes.
const CERTAIN: u16 = 1000;

/// What a person does who comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "role", rename_all = "snake_case")]
pub enum Role {
    /// Goes straight to the scene.
    Straight,
    /// Brings something: fetches it on the way, or has it with them.
    Bring {
        /// Which.
        resource: ResourceId,
        /// What it is.
        kind: ResourceKind,
    },
    /// Waits where the ambulance comes by and shows it in.
    Guide,
}

/// A way to the scene that brings something along.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Errand {
    /// What is brought.
    #[serde(rename = "r")]
    pub resource: ResourceId,
    /// What kind of thing it is.
    #[serde(rename = "k")]
    pub kind: ResourceKind,
    /// From departure to the scene by way of it, with the time to take it along, seconds.
    #[serde(rename = "s")]
    pub travel_s: u32,
}

/// One place of an incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Task {
    Straight,
    Bring(ResourceKind),
    Guide,
}

/// Somebody who may come, and how likely that is.
#[derive(Debug, Clone, Copy)]
struct Likely<'a> {
    candidate: &'a Candidate,
    permille: u16,
    /// Is going straight already, and there in so many seconds.
    straight_in: Option<u32>,
}

impl Role {
    /// The one spelling, in the API and in the Fluent keys (`role-…`).
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Straight => "straight",
            Self::Bring { .. } => "bring",
            Self::Guide => "guide",
        }
    }

    /// What is brought.
    #[must_use]
    pub const fn resource(&self) -> Option<ResourceId> {
        match self {
            Self::Bring { resource, .. } => Some(*resource),
            Self::Straight | Self::Guide => None,
        }
    }

    const fn task(self) -> Task {
        match self {
            Self::Straight => Task::Straight,
            Self::Bring { kind, .. } => Task::Bring(kind),
            Self::Guide => Task::Guide,
        }
    }
}

impl Candidate {
    /// From the alert until the person is there in this role, seconds.
    #[must_use]
    pub fn seconds_as(&self, role: Role) -> u32 {
        let errand = self.errands.iter().find(|errand| Some(errand.resource) == role.resource());
        errand.map_or(self.seconds_to_scene(), |errand| self.turnout_s.saturating_add(errand.travel_s))
    }

    /// How this person would do a task the soonest.
    fn role_in(&self, task: Task) -> Option<Role> {
        match task {
            Task::Straight => Some(Role::Straight),
            Task::Guide => Some(Role::Guide),
            Task::Bring(kind) => {
                let of_kind = self.errands.iter().filter(|errand| errand.kind == kind);
                let soonest = of_kind.min_by_key(|errand| (errand.travel_s, errand.resource))?;
                Some(Role::Bring { resource: soonest.resource, kind })
            }
        }
    }
}

impl Incident {
    /// What somebody is to do who says yes now.
    pub(super) fn role_of(&self, now: Timestamp, responder: VolunteerId) -> Role {
        if broken(Rule::Roles) {
            return Role::Straight;
        }
        let who = self.callout(responder).map(|who| Likely { permille: CERTAIN, ..who.candidate.likely() });
        let others = self.coming(now).filter(|other| other.candidate.responder != responder);
        let people: Vec<Likely<'_>> = who.into_iter().chain(others).collect();
        let roles = assign(&self.tasks(), &people, self.left_s(now));
        roles.first().copied().flatten().unwrap_or(Role::Straight)
    }

    /// Puts those among the candidates to whom something falls that must be brought behind as many of the soonest as are to
    /// go straight, and says to whom what. Everybody else stays in the order of arrival.
    pub(super) fn put_errands_first(&mut self, now: Timestamp) -> Vec<(VolunteerId, Role)> {
        if self.policy.bring.is_empty() {
            return Vec::new();
        }
        let tasks = self.tasks();
        let mut people: Vec<Likely<'_>> = self.coming(now).collect();
        let (first, straight) =
            (people.len(), people.iter().filter(|likely| likely.straight_in.is_some()).count());
        people.extend(self.candidates.iter().map(Candidate::likely));
        let roles = assign(&tasks, &people, self.left_s(now));
        let falls_to = |(candidate, role): (&Candidate, &Option<Role>)| {
            let role = role.filter(|role| role.resource().is_some())?;
            Some((candidate.responder, role))
        };
        let bring: Vec<(VolunteerId, Role)> =
            self.candidates.iter().zip(&roles[first..]).filter_map(falls_to).collect();
        let hands = tasks.iter().filter(|(task, _)| *task == Task::Straight).count();
        let falls = |candidate: &Candidate| bring.iter().any(|(who, _)| *who == candidate.responder);
        let (errands, others): (Vec<_>, Vec<_>) = self.candidates.drain(..).partition(falls);
        self.candidates = others;
        let at = hands.saturating_sub(straight).min(self.candidates.len());
        self.candidates.splice(at..at, errands);
        bring
    }

    /// Those who go straight, and those who have time to answer.
    fn coming(&self, now: Timestamp) -> impl Iterator<Item = Likely<'_>> {
        self.callouts.iter().filter_map(move |callout| {
            if callout.is_waiting() {
                return Some(callout.candidate.likely());
            }
            let kept = callout.kept().filter(|kept| kept.role == Role::Straight)?;
            let is_there = matches!(kept.progress, Progress::OnScene { .. });
            let left = u32::try_from(kept.expected_at.since(now).as_secs()).unwrap_or(u32::MAX);
            let straight_in = Some(if is_there { 0 } else { left });
            Some(Likely { permille: CERTAIN, straight_in, ..callout.candidate.likely() })
        })
    }

    /// The tasks, each with its weight, but those that are done or that somebody has been told to do for good.
    fn tasks(&self) -> Vec<(Task, i64)> {
        let gone = |callout: &CallOut| {
            let goes_straight = callout.kept().is_some_and(|kept| kept.role == Role::Straight);
            callout.role().filter(|_| !goes_straight).map(Role::task)
        };
        let gone: Vec<Task> = self.callouts.iter().filter_map(gone).collect();
        let count = |task: Task| gone.iter().filter(|other| **other == task).count();
        let bring = self.policy.bring.iter().map(|kind| (Task::Bring(*kind), BRINGS));
        let brings = bring.filter(|(task, _)| count(*task) == 0);
        let guides = usize::from(self.policy.guides).saturating_sub(count(Task::Guide));
        let others = self.policy.bring.len() + usize::from(self.policy.guides);
        let straight = usize::from(self.wanted).saturating_sub(others);
        let hands =
            (count(Task::Straight)..straight).map(|n| (Task::Straight, HANDS[n.min(HANDS.len() - 1)]));
        hands.chain(brings).chain(std::iter::repeat_n((Task::Guide, GUIDES), guides)).collect()
    }

    /// How long until the ambulance is there, seconds; as far as the policy reaches when nobody knows.
    fn left_s(&self, now: Timestamp) -> u32 {
        let ambulance = self.ambulance_eta.unwrap_or(self.raised_at + self.policy.reach_max.span());
        u32::try_from(ambulance.since(now).as_secs()).unwrap_or(u32::MAX)
    }
}

impl CallOut {
    /// What this person does or did, if they said yes and did not withdraw.
    #[must_use]
    pub fn role(&self) -> Option<Role> {
        if let State::Done { role, .. } = self.state {
            return Some(role);
        }
        self.kept().map(|kept| kept.role)
    }
}

impl Candidate {
    fn likely(&self) -> Likely<'_> {
        Likely { candidate: self, permille: self.yes_permille, straight_in: None }
    }
}

/// Gives each person a task so that all together gain the most; nothing to whom nothing is left that would gain anything.
fn assign(tasks: &[(Task, i64)], people: &[Likely<'_>], left_s: u32) -> Vec<Option<Role>> {
    let mut roles = vec![None; people.len()];
    if tasks.is_empty() || people.is_empty() {
        return roles;
    }
    // As many who gain nothing as there are tasks: one that nobody should have goes to one of them.
    let columns = people.len() + tasks.len();
    let worth = |(row, column): (usize, usize)| {
        people.get(column).map_or(0, |likely| gain(tasks[row], *likely, left_s))
    };
    let (_, column_of) = kuhn_munkres(&Matrix::from_fn(tasks.len(), columns, worth));
    for (row, column) in column_of.into_iter().enumerate() {
        if column < people.len() && worth((row, column)) > 0 {
            roles[column] = people[column].candidate.role_in(tasks[row].0);
        }
    }
    roles
}

/// What a person is worth in a task: weight x chance in thousandths x seconds before the ambulance.
fn gain((task, weight): (Task, i64), likely: Likely<'_>, left_s: u32) -> i64 {
    let there_s = match likely.straight_in {
        Some(seconds) => (task == Task::Straight).then_some(seconds),
        None => likely.candidate.role_in(task).map(|role| likely.candidate.seconds_as(role)),
    };
    let before_s = there_s.map_or(0, |seconds| left_s.saturating_sub(seconds));
    weight * i64::from(likely.permille) * i64::from(before_s)
}

#[cfg(test)]
#[path = "roles_tests.rs"]
mod tests;
