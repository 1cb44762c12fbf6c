//! The trails of an incident from outside.

use certus_registry::VolunteerId;
use serde::Serialize;
use utoipa::ToSchema;

use crate::matching::Roster;
use crate::positions::LastPosition;

/// Where the people kept on an incident have been while they were.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Trails)]
pub(super) struct TrailsView {
    /// One for each person who left one.
    trails: Vec<TrailView>,
}

/// One person's trail.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Trail)]
struct TrailView {
    /// Whose.
    #[schema(value_type = String)]
    responder: VolunteerId,
    /// Their name; empty when they have left the registry.
    name: String,
    /// The oldest first.
    fixes: Vec<FixView>,
}

/// Where a phone was.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Fix)]
struct FixView {
    /// Degrees north, WGS 84.
    lat: f64,
    /// Degrees east, WGS 84.
    lon: f64,
    /// Radius of uncertainty in metres, if the phone knew one.
    accuracy_m: Option<f64>,
    /// When the phone was there, RFC 3339.
    fixed_at: String,
}

impl TrailsView {
    /// Fixes in the order of time, sorted by person.
    pub(super) fn of(fixes: &[LastPosition], roster: &Roster) -> Self {
        let mut trails: Vec<TrailView> = Vec::new();
        for fix in fixes {
            let view = FixView::of(fix);
            match trails.iter_mut().find(|trail| trail.responder == fix.volunteer) {
                Some(trail) => trail.fixes.push(view),
                None => trails.push(TrailView::of(fix.volunteer, roster, view)),
            }
        }
        Self { trails }
    }
}

impl TrailView {
    fn of(responder: VolunteerId, roster: &Roster, first: FixView) -> Self {
        let name = roster.get(responder).map_or(String::new(), |person| person.name.as_str().to_owned());
        Self { responder, name, fixes: vec![first] }
    }
}

impl FixView {
    fn of(fix: &LastPosition) -> Self {
        Self {
            lat: fix.position.lat(),
            lon: fix.position.lon(),
            accuracy_m: fix.accuracy.map(|metres| metres.0),
            fixed_at: fix.fixed_at.rfc3339(),
        }
    }
}
