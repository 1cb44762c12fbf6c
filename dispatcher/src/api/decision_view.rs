//! How a decision record looks from outside: one sentence for everybody considered, and what would have changed it.

use certus_registry::volunteer::PersonName;
use certus_registry::{ResourceId, Timestamp, VolunteerId};
use serde::Serialize;
use utoipa::ToSchema;

use super::incident_view::Sentence;
use crate::incident::{Errand, Incident, Role};
use crate::matching::{Considered, Decision, LeftOut, Roster, Source, Things, Verdict};
use crate::task::Task;

/// Why these people were asked and those were not.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Decisions)]
pub(crate) struct DecisionsView {
    /// One for each search, in order.
    searches: Vec<SearchView>,
}

/// One search.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Search)]
struct SearchView {
    /// Its number.
    search: u16,
    /// When, RFC 3339.
    at: String,
    /// The model that estimated travel times.
    #[schema(example = "roads-1-9f86d081-conditions-0+straight-line-1.4")]
    travel_model: String,
    /// The policy in force.
    policy_version: String,
    /// The registry's revision.
    registry_revision: i64,
    /// When the ambulance was expected, RFC 3339.
    ambulance_eta: Option<String>,
    /// The longest time to the scene that was worth asking for, seconds.
    limit_s: u32,
    /// Everybody considered, nearest first.
    candidates: Vec<ConsideredView>,
    /// Considered, but beyond what is listed.
    unlisted: u32,
    /// What was wanted and near, or kept by somebody who could be asked, and could not be had.
    left_out: Vec<LeftOutView>,
}

/// A thing that nobody could bring, and why.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LeftOut)]
struct LeftOutView {
    /// Which.
    #[schema(value_type = String)]
    resource: ResourceId,
    /// A stable code: `closed`, `out_of_season` or `unconfirmed`.
    #[schema(example = "unconfirmed")]
    code: &'static str,
    /// The same in words.
    sentence: Sentence,
}

/// One person a search looked at.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Considered)]
struct ConsideredView {
    /// Who.
    #[schema(value_type = String)]
    responder: VolunteerId,
    /// Their name; empty when they have left the registry.
    name: String,
    /// Great-circle distance, metres.
    distance_m: u32,
    /// The age of the position they were found by, seconds; none when found by their home.
    position_age_s: Option<u32>,
    /// How likely it was that they say yes in time and come, percent.
    yes_percent: u16,
    /// Whether they were asked because of this search.
    chosen: bool,
    /// A stable code.
    #[schema(example = "not_before_ambulance")]
    code: &'static str,
    /// Why, in words.
    sentence: Sentence,
    /// What the person could bring, in words, and whether they were thought of for it.
    errands: Vec<Sentence>,
}

impl DecisionsView {
    /// The records with people's names.
    pub(crate) fn of(incident: &Incident, decisions: &[Decision], roster: &Roster) -> Self {
        Self {
            searches: decisions.iter().map(|decision| SearchView::of(incident, decision, roster)).collect(),
        }
    }
}

impl SearchView {
    fn of(incident: &Incident, decision: &Decision, roster: &Roster) -> Self {
        let view = |considered: &Considered| ConsideredView::of(incident, decision, considered, roster);
        Self {
            search: decision.search,
            at: decision.at.rfc3339(),
            travel_model: decision.travel_model.clone(),
            policy_version: decision.policy_version.clone(),
            registry_revision: decision.registry_revision,
            ambulance_eta: decision.ambulance_eta.map(Timestamp::rfc3339),
            limit_s: decision.limit_s,
            candidates: decision.considered.iter().map(view).collect(),
            unlisted: decision.unlisted,
            left_out: decision.left_out.iter().map(|left| LeftOutView::of(left, roster.things())).collect(),
        }
    }
}

impl LeftOutView {
    fn of(left: &LeftOut, things: &Things) -> Self {
        let place = match things.get(left.resource) {
            Some(thing) => thing.place.as_ref().map_or(thing.code.as_str(), PersonName::as_str).to_owned(),
            None => String::new(),
        };
        let key = format!("unfit-{}", left.why.as_str().replace('_', "-"));
        Self {
            resource: left.resource,
            code: left.why.as_str(),
            sentence: Sentence::about(&things.kinds().the(left.kind), &key, &place, 0), // the words have no time in them
        }
    }
}

impl ConsideredView {
    fn of(incident: &Incident, decision: &Decision, considered: &Considered, roster: &Roster) -> Self {
        let person = roster.get(considered.responder);
        let asked =
            incident.callout(considered.responder).filter(|callout| callout.search == decision.search);
        Self {
            responder: considered.responder,
            name: person.map_or(String::new(), |person| person.name.as_str().to_owned()),
            distance_m: considered.distance_m,
            position_age_s: match considered.source {
                Source::Ping { age_s } => Some(age_s),
                Source::Home => None,
            },
            yes_percent: considered.facts.yes_permille / 10,
            chosen: asked.is_some(),
            code: considered.verdict.as_str(),
            sentence: sentence(decision, considered, asked.map(|callout| callout.wave)),
            errands: errands(considered, asked.map(|callout| callout.planned), roster.things()),
        }
    }
}

/// One plain sentence, with what would have changed it. `wave`: the person was asked, in this wave.
pub(crate) fn sentence(decision: &Decision, considered: &Considered, wave: Option<u16>) -> Sentence {
    let (verdict, aged_s) = (&considered.verdict, considered.facts.aged_s);
    let key = |code: &str| format!("verdict-{code}");
    let age = ("age", minutes(age_s(considered)).into());
    match (verdict, wave) {
        (Verdict::Eligible { rank, turnout_s, travel_s, .. }, wave) => {
            let seconds = turnout_s + travel_s;
            let then = decision.rank_of(seconds.saturating_sub(aged_s));
            let arguments = [
                ("rank", rank.to_string().into()),
                ("minutes", minutes(seconds).into()),
                ("wave", wave.unwrap_or(0).to_string().into()),
                age,
                ("then", then.to_string().into()),
            ];
            Sentence::of(
                match wave {
                    Some(_) => "verdict-asked",
                    None if then < *rank => "verdict-in-reserve-aged",
                    None => "verdict-in-reserve",
                },
                &arguments,
            )
        }
        (Verdict::ApprovalExpired { on } | Verdict::CertificateExpired { on }, _) => {
            Sentence::of(&key(verdict.as_str()), &[("day", on.to_string().into())])
        }
        (Verdict::TooFar { seconds, limit_s } | Verdict::NotBeforeAmbulance { seconds, limit_s }, _) => {
            let arguments = [
                ("minutes", minutes(*seconds).into()),
                ("limit", (limit_s / 60).to_string().into()),
                ("missing", minutes(seconds - limit_s).into()),
                age,
            ];
            let aged = if seconds.saturating_sub(aged_s) <= *limit_s { "-aged" } else { "" };
            Sentence::of(&(key(verdict.as_str()) + aged), &arguments)
        }
        (Verdict::MonthlyMax { asked, max }, _) => Sentence::of(
            &key(verdict.as_str()),
            &[("asked", asked.to_string().into()), ("max", max.to_string().into())],
        ),
        (Verdict::Resting { rested_s, rest_s }, _) => {
            let arguments = [
                ("rested", minutes(*rested_s).into()),
                ("missing", minutes(rest_s.saturating_sub(*rested_s)).into()),
            ];
            Sentence::of(&key(verdict.as_str()), &arguments)
        }
        (
            Verdict::NotInGroup
            | Verdict::NotApproved
            | Verdict::OffDuty
            | Verdict::NotAvailable
            | Verdict::OutsideHours
            | Verdict::LacksCompetence
            | Verdict::AlreadyAsked
            | Verdict::OnAnotherCallOut
            | Verdict::NoWay,
            _,
        ) => Sentence::of(&key(verdict.as_str()), &[]),
    }
}

/// What somebody on the shortlist could bring, a sentence each. `planned`: what was thought of for them when they were asked.
fn errands(considered: &Considered, planned: Option<Role>, things: &Things) -> Vec<Sentence> {
    let Some(candidate) = considered.candidate() else { return Vec::new() };
    let sentence = |errand: &Errand| {
        let role = Role::Bring { resource: errand.resource, kind: errand.kind };
        let task = Task::of(role, things);
        let place = task.brings().map_or("", |(_, place)| place);
        let key = match (planned == Some(role), place.is_empty()) {
            (true, false) => "errand-planned",
            (true, true) => "errand-own-planned",
            (false, false) => "errand-possible",
            (false, true) => "errand-own-possible",
        };
        Sentence::about(&things.kinds().the(errand.kind), key, place, candidate.seconds_as(role))
    };
    candidate.errands.iter().map(sentence).collect()
}

fn minutes(seconds: u32) -> String {
    seconds.div_ceil(60).to_string()
}

fn age_s(considered: &Considered) -> u32 {
    match considered.source {
        Source::Ping { age_s } => age_s,
        Source::Home => 0,
    }
}
