//! What the people of a shortlist could bring along: where it hangs or stands near the scene, or what they keep themselves.

use std::collections::BTreeMap;

use certus_registry::mutation::{Rule, broken};
use certus_registry::{Metres, Position, Resource, ResourceId, ResourceKind, Volunteer};

use super::Question;
use crate::incident::Errand;
use crate::travel::Ways;

/// So many things of one kind are looked at, the nearest to the scene first: the way from there is what every errand to it
/// has in common. Our arithmetic: where more are as near, the detour to one of these is short.
const THINGS_MAX: usize = 8;

/// What can be fetched for one incident now.
pub(super) struct Things<'a> {
    question: &'a Question<'a>,
    ways: &'a dyn Ways,
    /// What hangs or stands somewhere, in the order of their identifiers, and where.
    stops: BTreeMap<ResourceKind, (Vec<ResourceId>, Vec<Position>)>,
}

impl<'a> Things<'a> {
    /// Looks for everything that the incident's policy wants brought, as far as the policy reaches.
    pub(super) fn around(question: &'a Question<'a>, ways: &'a dyn Ways, reach: Metres) -> Self {
        let scene = question.incident.place.position;
        let things = question.roster.things();
        let of_kind = |kind: &ResourceKind| {
            let near = things.nearest(*kind, scene).take_while(|(_, _, distance)| *distance <= reach);
            let near = near.filter(|(thing, ..)| is_to_be_had(question, thing)).take(THINGS_MAX);
            let by_id: BTreeMap<ResourceId, Position> = near.map(|(thing, at, _)| (thing.id, at)).collect();
            (*kind, by_id.into_iter().unzip())
        };
        let stops = question.incident.policy.bring.iter().map(of_kind).collect();
        Self { question, ways, stops }
    }

    /// The quickest errand of each kind for somebody who sets out from `from` and would need `straight_s` without one. What
    /// takes longer than the search's limit is left out.
    pub(super) fn errands(&self, volunteer: &Volunteer, from: Position, straight_s: u32) -> Vec<Errand> {
        let kinds = self.question.incident.policy.bring.iter();
        kinds.filter_map(|kind| self.errand(*kind, volunteer, from, straight_s)).collect()
    }

    fn errand(
        &self,
        kind: ResourceKind,
        volunteer: &Volunteer,
        from: Position,
        straight_s: u32,
    ) -> Option<Errand> {
        let is_theirs = |thing: &&Resource| thing.kind == kind && is_to_be_had(self.question, thing);
        let own = self.question.roster.things().of(volunteer.id).find(is_theirs);
        if let Some(own) = own {
            return Some(Errand { resource: own.id, kind, travel_s: straight_s });
        }
        let (numbers, stops) = self.stops.get(&kind)?;
        let policy = &self.question.incident.policy;
        let mut best: Option<(u32, usize)> = None;
        for mode in &volunteer.modes {
            // Nobody waits for a slower way to be searched to its end.
            let within_s = best.map_or(policy.reach_max.0.checked_sub(policy.fetch.0)?, |(way_s, _)| way_s);
            let way = self.ways.quickest_by_way_of(from, stops, *mode, within_s);
            best = best.into_iter().chain(way.map(|(number, way_s)| (way_s, number))).min();
        }
        let (way_s, number) = best?;
        Some(Errand { resource: numbers[number], kind, travel_s: way_s.saturating_add(policy.fetch.0) })
    }
}

fn is_to_be_had(question: &Question<'_>, thing: &Resource) -> bool {
    thing.is_to_be_had(question.local) || broken(Rule::Reachable)
}
