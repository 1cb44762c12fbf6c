//! The walk outwards from the scene: everybody is looked at, nearest first, until nobody who comes after can be on the
//! shortlist. Two things keep it short where many people live. Once as many reasons are listed as the record takes, and few
//! people hold what the policy asks for, these are taken by themselves; so are the members of a group that is called. And nobody is waited for who is farther away than
//! whoever could still be on a full shortlist.

use std::collections::BTreeSet;

use certus_registry::mutation::{Rule, broken};
use certus_registry::{Metres, Position, Volunteer, VolunteerId};

use super::roster::Holder;
use super::{Considered, Decision, Facts, Question, Source, facts, limit_s, whereabouts};
use crate::positions::PositionIndex;
use crate::travel::Ways;

/// How far away it is worth looking is worked out again after so many people: it takes as long as to look at some dozens.
const LOOKED_AT: u32 = 128;

/// Somebody met on the way.
pub(super) struct Found<'a> {
    pub(super) volunteer: &'a Volunteer,
    pub(super) position: Position,
    pub(super) source: Source,
    /// From the scene.
    pub(super) distance: Metres,
}

/// How far a search has come.
pub(super) struct Walk<'a> {
    question: &'a Question<'a>,
    ways: &'a dyn Ways,
    decision: Decision,
    limit_s: u32,
    turnout_s: u32,
    /// Nobody is faster along the straight line, metres per second.
    speed_max: f64,
    /// Beyond it nobody can be asked.
    reach: Metres,
    /// As far as the policy goes, people are still told why they cannot.
    interest: Metres,
    /// Nobody beyond it can be on a full shortlist, as was last worked out.
    farthest: Metres,
    /// People looked at since then.
    looked_at: u32,
}

impl<'a> Walk<'a> {
    pub(super) fn begin(question: &'a Question<'a>, ways: &'a dyn Ways) -> Self {
        let policy = &question.incident.policy;
        let limit_s = limit_s(policy, question.now, question.incident.ambulance_eta);
        let speed_max = question.travel.speed_max();
        Self {
            question,
            ways,
            decision: Decision::begin(question, limit_s),
            limit_s,
            turnout_s: question.terms(limit_s).turnout_s(),
            speed_max,
            reach: Metres(speed_max * f64::from(limit_s)),
            interest: Metres(speed_max * f64::from(policy.reach_max.0)),
            farthest: Metres(f64::INFINITY),
            looked_at: 0,
        }
    }

    /// Looks at people, nearest first, until the list of reasons is full.
    pub(super) fn until_full(&mut self, people: &mut impl Iterator<Item = Found<'a>>) {
        while !self.decision.is_full() {
            let Some(found) = people.next().filter(|found| !self.is_over(found.distance)) else { break };
            self.look_at(&found);
        }
    }

    /// Looks at people, nearest first, until nobody more can be on the shortlist.
    pub(super) fn until_over(&mut self, people: impl Iterator<Item = Found<'a>>) {
        for found in people {
            if self.is_over(found.distance) {
                break;
            }
            self.look_at(&found);
        }
    }

    /// With how far anything was of interest.
    pub(super) fn end(self) -> (Decision, Metres) {
        (self.decision, self.interest)
    }

    /// Once no more reasons are listed: everybody not yet looked at who holds what the policy asks for, nearest first, if
    /// they are few.
    pub(super) fn few(&self) -> Option<impl Iterator<Item = Found<'a>> + use<'a>> {
        let (question, roster) = (self.question, self.question.roster);
        let kinds = &question.incident.policy.competences;
        if !self.decision.is_full() || kinds.is_empty() {
            return None;
        }
        let holders: Vec<&[Holder]> =
            kinds.iter().map(|kind| roster.few_holders(*kind)).collect::<Option<_>>()?;
        let seen: BTreeSet<VolunteerId> =
            self.decision.considered.iter().map(|considered| considered.responder).collect();
        let mut few: Vec<Place> =
            holders.into_iter().flatten().filter_map(|holder| place(question, holder)).collect();
        few.retain(|(distance, who, ..)| *distance <= self.reach && !seen.contains(who));
        Some(self.outwards(few))
    }

    /// The members of the group that is called as one, nearest first; none when everybody is.
    pub(super) fn members(&self) -> Option<impl Iterator<Item = Found<'a>> + use<'a>> {
        let group = self.question.incident.group.as_ref().filter(|_| !broken(Rule::Group))?;
        let members = self.question.roster.members(group.organisation).iter();
        Some(self.outwards(members.filter_map(|member| place(self.question, member)).collect()))
    }

    /// These people, nearest first, each once.
    fn outwards(&self, mut people: Vec<Place>) -> impl Iterator<Item = Found<'a>> + use<'a> {
        let roster = self.question.roster;
        people.sort_unstable_by(|one, other| one.0.0.total_cmp(&other.0.0).then(one.1.cmp(&other.1)));
        people.dedup_by_key(|(_, who, ..)| *who); // who holds two of the competences stands there twice
        people.into_iter().filter_map(move |(distance, who, position, source)| {
            Some(Found { volunteer: roster.get(who)?, position, source, distance })
        })
    }

    /// Whether nobody from here on is of interest.
    fn is_over(&mut self, distance: Metres) -> bool {
        let told_enough = distance > self.reach && self.decision.is_full();
        let soonest_s = f64::from(self.turnout_s) + distance.0 / self.speed_max;
        distance > self.interest
            || told_enough
            || self.decision.is_settled(soonest_s)
            || self.is_beyond_the_last(distance)
    }

    /// Whether nobody so far away can be on a full shortlist, as far as the ways have been searched for those who are on it.
    fn is_beyond_the_last(&mut self, distance: Metres) -> bool {
        let Some(last_s) = self.decision.last_s().filter(|_| self.decision.is_full()) else { return false };
        self.looked_at += 1;
        if self.looked_at > LOOKED_AT {
            self.looked_at = 0;
            let within_s = last_s.saturating_sub(self.turnout_s);
            let by = self.question.roster.modes().map(|mode| self.ways.farthest(mode, within_s).0);
            self.farthest = Metres(by.fold(0.0, f64::max));
        }
        distance > self.farthest
    }

    fn look_at(&mut self, found: &Found<'_>) {
        let question = self.question;
        let Found { volunteer, position, source, distance } = *found;
        if self.decision.is_full() && !self.could_be_listed(found) {
            self.decision.pass_over();
            return;
        }
        let aged_s = source.aged_s();
        let facts = Facts::gather(question, self.ways, volunteer, (position, distance), aged_s);
        let verdict = facts.verdict(&question.terms(self.limit_s));
        let distance_m = whole(distance);
        self.decision.add(Considered { responder: volunteer.id, distance_m, source, facts, verdict });
    }

    /// When no reason is listed any more, what the way takes is worth finding out only for who may be asked, and only as far
    /// as they would be on the shortlist.
    fn could_be_listed(&self, found: &Found<'_>) -> bool {
        let Found { volunteer, position, source, distance } = *found;
        let latest_s = self.decision.last_s().map_or(self.limit_s, |last_s| last_s.min(self.limit_s));
        let others_s = self.turnout_s.saturating_add(source.aged_s());
        let Some(within_s) = latest_s.checked_sub(others_s) else { return false };
        distance.0 / self.speed_max <= f64::from(within_s)
            && facts::refusal(self.question, volunteer).is_none()
            && volunteer.modes.iter().any(|mode| self.ways.is_within(position, *mode, within_s))
    }
}

/// Distance from the scene, who, where, and how that is known.
type Place = (Metres, VolunteerId, Position, Source);

fn place(question: &Question<'_>, holder: &Holder) -> Option<Place> {
    let (position, source) = whereabouts(question, holder.id, holder.home)?;
    let distance = PositionIndex::<VolunteerId>::distance(position, question.incident.place.position);
    Some((distance, holder.id, position, source))
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most half the earth's girth")]
fn whole(distance: Metres) -> u32 {
    distance.0.round() as u32
}
