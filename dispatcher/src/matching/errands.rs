//! What the people of a shortlist could bring along: where it hangs or stands near the scene, or what they keep themselves.

use std::collections::BTreeMap;

use certus_registry::mutation::{Rule, broken};
use certus_registry::{
    CompetenceKind, Metres, Position, Resource, ResourceId, ResourceKind, Volunteer, VolunteerId,
};

use super::Question;
use super::decision::{LeftOut, Unfit};
use crate::incident::Errand;
use crate::travel::Ways;

/// So many things of one kind are looked at, the nearest to the scene first: the way from there is what every errand to it
/// has in common. Our arithmetic: where more are as near, the detour to one of these is short.
const THINGS_MAX: usize = 8;
/// So many things of one kind that cannot be had, or that want a licence, are passed on the way to those.
const PASSED_MAX: usize = 64;
/// So many reasons are kept of each kind, the nearest things first.
const REASONS_MAX: usize = THINGS_MAX;

/// What can be fetched for one incident now.
pub(super) struct Things<'a> {
    question: &'a Question<'a>,
    ways: &'a dyn Ways,
    /// What hangs or stands somewhere, for whoever holds the licence if it wants one.
    stops: BTreeMap<ResourceKind, BTreeMap<Option<CompetenceKind>, Stops>>,
    left_out: Vec<LeftOut>,
}

/// Things and where they are, in the order of their identifiers.
#[derive(Default)]
struct Stops(Vec<ResourceId>, Vec<Position>);

impl<'a> Things<'a> {
    /// Looks for everything that the incident's policy wants brought, as far as the policy reaches.
    pub(super) fn around(question: &'a Question<'a>, ways: &'a dyn Ways, reach: Metres) -> Self {
        let mut around = Self { question, ways, stops: BTreeMap::new(), left_out: Vec::new() };
        for kind in &question.incident.policy.bring {
            around.look_for(*kind, reach);
        }
        around
    }

    fn look_for(&mut self, kind: ResourceKind, reach: Metres) {
        let scene = self.question.incident.place.position;
        let near = self.question.roster.things().nearest(kind, scene);
        let near = near.take_while(|(_, _, distance)| *distance <= reach).take(PASSED_MAX);
        let mut found: BTreeMap<Option<CompetenceKind>, BTreeMap<ResourceId, Position>> = BTreeMap::new();
        let mut reasons = 0;
        for (thing, at, _) in near {
            let fit = found.entry(self.question.roster.things().licence(thing)).or_default();
            match unfit(self.question, thing) {
                None => {
                    if fit.len() < THINGS_MAX {
                        fit.insert(thing.id, at);
                    }
                }
                Some(why) => {
                    if reasons < REASONS_MAX {
                        reasons += 1;
                        self.left_out.push(LeftOut { resource: thing.id, kind, why });
                    }
                }
            }
            // What wants a licence and is farther away than all of these would be fetched by nobody.
            if found.get(&None).is_some_and(|free| free.len() == THINGS_MAX) {
                break;
            }
        }
        let stops = |by_id: BTreeMap<ResourceId, Position>| {
            let (ids, places) = by_id.into_iter().unzip();
            Stops(ids, places)
        };
        let stops = found.into_iter().map(|(licence, by_id)| (licence, stops(by_id))).collect();
        self.stops.insert(kind, stops);
    }

    /// The quickest errand of each kind for somebody who sets out from `from` and would need `straight_s` without one. What
    /// takes longer than the search's limit is left out.
    pub(super) fn errands(&self, volunteer: &Volunteer, from: Position, straight_s: u32) -> Vec<Errand> {
        let kinds = self.question.incident.policy.bring.iter();
        kinds.filter_map(|kind| self.errand(*kind, volunteer, from, straight_s)).collect()
    }

    /// What is near, or kept by any of `people`, and cannot be had, each with the reason.
    pub(super) fn left_out(self, people: impl Iterator<Item = VolunteerId>) -> Vec<LeftOut> {
        let Self { question, left_out: mut all, .. } = self;
        let bring = &question.incident.policy.bring;
        for thing in people.flat_map(|person| question.roster.things().of(person)) {
            let why = unfit(question, thing).filter(|_| bring.contains(&thing.kind));
            all.extend(why.map(|why| LeftOut { resource: thing.id, kind: thing.kind, why }));
        }
        all
    }

    fn errand(
        &self,
        kind: ResourceKind,
        volunteer: &Volunteer,
        from: Position,
        straight_s: u32,
    ) -> Option<Errand> {
        let is_theirs = |thing: &&Resource| {
            let may_take = self.may_take(volunteer, self.question.roster.things().licence(thing));
            thing.kind == kind && may_take && unfit(self.question, thing).is_none()
        };
        let own = self.question.roster.things().of(volunteer.id).find(is_theirs);
        if let Some(own) = own {
            return Some(Errand { resource: own.id, kind, travel_s: straight_s });
        }
        let by_licence = self.stops.get(&kind)?.iter();
        let allowed = by_licence.filter(|(licence, _)| self.may_take(volunteer, **licence));
        let policy = &self.question.incident.policy;
        let reach_s = policy.reach_max.0.checked_sub(policy.fetch.0)?;
        let mut best: Option<(u32, ResourceId)> = None;
        for (Stops(numbers, stops), mode) in
            allowed.flat_map(|(_, stops)| volunteer.modes.iter().map(move |mode| (stops, mode)))
        {
            // Nobody waits for a slower way to be searched to its end.
            let within_s = best.map_or(reach_s, |(way_s, _)| way_s);
            let way = self.ways.quickest_by_way_of(from, stops, *mode, within_s);
            best = best.into_iter().chain(way.map(|(number, way_s)| (way_s, numbers[number]))).min();
        }
        let (way_s, resource) = best?;
        Some(Errand { resource, kind, travel_s: way_s.saturating_add(policy.fetch.0) })
    }

    /// Whether somebody holds the licence that a thing wants, if it wants one.
    fn may_take(&self, volunteer: &Volunteer, licence: Option<CompetenceKind>) -> bool {
        let today = self.question.local.date();
        let holds = |kind| volunteer.competences.iter().any(|held| held.kind == kind && held.valid_on(today));
        licence.is_none_or(|kind| holds(kind) || broken(Rule::Licence))
    }
}

/// Why nobody can bring a thing now, whoever they are.
fn unfit(question: &Question<'_>, thing: &Resource) -> Option<Unfit> {
    if !thing.is_to_be_had(question.local) && !broken(Rule::Reachable) {
        return Some(Unfit::Closed);
    }
    if !question.roster.things().is_in_season(thing) && !broken(Rule::Season) {
        return Some(Unfit::OutOfSeason);
    }
    let wants_word = question.incident.policy.confirmed_only && !broken(Rule::Confirmed);
    let kinds = question.roster.things().kinds();
    (wants_word && !thing.is_confirmed(kinds, question.local.date())).then_some(Unfit::Unconfirmed)
}
