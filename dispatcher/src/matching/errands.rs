//! What the people of a shortlist could bring along: where it hangs or stands near the scene, or what they keep themselves.

use certus_registry::mutation::{Rule, broken};
use certus_registry::{Metres, Position, Resource, ResourceKind, Volunteer};

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
    /// What hangs or stands somewhere: where, and how far from the scene.
    fixed: Vec<(&'a Resource, Position, Metres)>,
}

impl<'a> Things<'a> {
    /// Looks for everything that the incident's policy wants brought, as far as the policy reaches.
    pub(super) fn around(question: &'a Question<'a>, ways: &'a dyn Ways, reach: Metres) -> Self {
        let scene = question.incident.place.position;
        let things = question.roster.things();
        let of_kind = |kind: &ResourceKind| {
            let near = things.nearest(*kind, scene).take_while(move |(_, _, distance)| *distance <= reach);
            near.filter(|(thing, ..)| is_to_be_had(question, thing)).take(THINGS_MAX)
        };
        let fixed = question.incident.policy.bring.iter().flat_map(of_kind).collect();
        Self { question, ways, fixed }
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
        let policy = &self.question.incident.policy;
        let speed_max = self.question.travel.speed_max();
        let mut crow: Vec<(Metres, &Resource, Position)> = self
            .fixed
            .iter()
            .filter(|(thing, ..)| thing.kind == kind)
            .map(|(thing, at, to_scene)| (Metres(from.distance_to(*at).0 + to_scene.0), *thing, *at))
            .collect();
        crow.sort_by(|one, other| one.0.0.total_cmp(&other.0.0).then(one.1.id.cmp(&other.1.id)));
        let mut best: Option<Errand> = None;
        for (distance, thing, at) in crow {
            // Nobody is faster than this along the crow's flight: whatever comes after takes longer.
            let least_s = distance.0 / speed_max + f64::from(policy.fetch.0);
            if best.is_some_and(|best| f64::from(best.travel_s) < least_s)
                || least_s > f64::from(policy.reach_max.0)
            {
                break;
            }
            let by = |mode| self.ways.by_way_of(from, at, mode);
            let Some(way_s) = volunteer.modes.iter().copied().filter_map(by).min() else { continue };
            let travel_s = way_s.saturating_add(policy.fetch.0);
            if travel_s <= policy.reach_max.0 && best.is_none_or(|best| travel_s < best.travel_s) {
                best = Some(Errand { resource: thing.id, kind, travel_s });
            }
        }
        best
    }
}

fn is_to_be_had(question: &Question<'_>, thing: &Resource) -> bool {
    thing.is_to_be_had(question.local) || broken(Rule::Reachable)
}
