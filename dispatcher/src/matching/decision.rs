//! The decision record: what a search looked at, and one verdict for everybody it considered.

use std::time::Duration;

use certus_registry::{Mode, ResourceId, ResourceKind, Timestamp, VolunteerId};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{CONSIDERED_MAX, Facts, Question, SHORTLIST_MAX, Terms, limit_s};
use crate::incident::{Candidate, Errand, Policy};

/// One search: its inputs and a verdict for everybody considered, nearest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// The number of the search within its incident.
    pub search: u16,
    /// When.
    pub at: Timestamp,
    /// Which travel-time model, and by which data.
    pub travel_model: String,
    /// Which policy.
    pub policy_version: String,
    /// The registry's revision.
    pub registry_revision: i64,
    /// When the ambulance was expected.
    pub ambulance_eta: Option<Timestamp>,
    /// The day, where the incident is.
    pub today: Date,
    /// Whether it was day there, for turnout.
    pub is_day: bool,
    /// The longest time to the scene worth asking for, seconds.
    pub limit_s: u32,
    /// The nearest [`CONSIDERED_MAX`] considered, then those of the shortlist who are farther away.
    pub considered: Vec<Considered>,
    /// Looked at beyond that number. Where few hold what the policy asks for, nobody else is looked at there.
    pub unlisted: u32,
    /// What is near, or kept by somebody on the shortlist, and was wanted and could not be had.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<LeftOut>,
    /// Eligible people, the soonest there first, up to [`SHORTLIST_MAX`].
    #[serde(skip)]
    pub candidates: Vec<Candidate>,
}

/// One person a search looked at. Short names, as [`Facts`] has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Considered {
    /// Who.
    #[serde(rename = "r")]
    pub responder: VolunteerId,
    /// Great-circle distance, metres.
    #[serde(rename = "d")]
    pub distance_m: u32,
    /// How the place was known.
    #[serde(rename = "p")]
    pub source: Source,
    /// What the verdict rests on.
    #[serde(rename = "f")]
    pub facts: Facts,
    /// Asked or not, and why.
    #[serde(rename = "v")]
    pub verdict: Verdict,
}

impl Considered {
    /// As a candidate, if eligible.
    #[must_use]
    pub fn candidate(&self) -> Option<Candidate> {
        let Verdict::Eligible { mode, turnout_s, travel_s, .. } = self.verdict else { return None };
        let (responder, distance_m, yes_permille) =
            (self.responder, self.distance_m, self.facts.yes_permille);
        let later = |errand: &Errand| Errand {
            travel_s: errand.travel_s.saturating_add(self.facts.aged_s),
            ..*errand
        };
        let errands = self.facts.errands.iter().map(later).collect();
        Some(Candidate { responder, distance_m, mode, turnout_s, travel_s, yes_permille, errands })
    }
}

/// A thing that nobody could bring, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// Which.
    #[serde(rename = "t")]
    pub resource: ResourceId,
    /// What it is.
    #[serde(rename = "k")]
    pub kind: ResourceKind,
    /// Why.
    #[serde(rename = "v")]
    pub why: Unfit,
}

/// Why a thing can be brought by nobody now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unfit {
    /// Not in these months, or behind a locked door at this hour.
    Closed,
    /// Its season is not on.
    OutOfSeason,
    /// Nobody has lately said that it is there and in order, and the policy asks for that.
    Unconfirmed,
}

impl Unfit {
    /// The one spelling, in the API and in the Fluent keys (`unfit-…`).
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::OutOfSeason => "out_of_season",
            Self::Unconfirmed => "unconfirmed",
        }
    }
}

/// How a person's whereabouts were known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// A position reported by a phone.
    Ping {
        /// Its age, seconds.
        age_s: u32,
    },
    /// The home the person gave.
    Home,
}

impl Source {
    pub(super) fn ping(age: Duration) -> Self {
        Self::Ping { age_s: u32::try_from(age.as_secs()).unwrap_or(u32::MAX) }
    }
}

/// Why a person could be asked, or why not. Exactly one for everybody considered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Verdict {
    /// Could be asked; `rank` 1 would be there first.
    Eligible {
        /// Place in the order of arrival, from 1; 0 beyond the shortlist.
        #[serde(rename = "n")]
        rank: u16,
        /// How.
        #[serde(rename = "m")]
        mode: Mode,
        /// From the alert to departure, seconds.
        #[serde(rename = "t")]
        turnout_s: u32,
        /// On the way, seconds.
        #[serde(rename = "w")]
        travel_s: u32,
    },
    /// Is not, or no longer, in the organisation that is called as one.
    NotInGroup,
    /// Not approved by the board.
    NotApproved,
    /// The approval has expired.
    ApprovalExpired {
        /// Its last day.
        on: Date,
    },
    /// Has switched themselves off.
    OffDuty,
    /// Not on these days, by their own exception.
    NotAvailable,
    /// Outside their hours: those of the week, as nights and holidays leave them.
    OutsideHours,
    /// Has none of the competences the policy asks for.
    LacksCompetence,
    /// Had the competence, but the certificate has expired.
    CertificateExpired {
        /// Its last day.
        on: Date,
    },
    /// Was asked before in this incident.
    AlreadyAsked,
    /// Is tied up by another incident.
    OnAnotherCallOut,
    /// Has been called out as often within a month as they want to be.
    MonthlyMax {
        /// Call-outs within [`MONTH`](certus_registry::availability::MONTH).
        asked: u32,
        /// So many are enough.
        max: u8,
    },
    /// Rests after the last incident that they went to.
    Resting {
        /// How long they have, seconds.
        rested_s: u32,
        /// How long they should, seconds.
        rest_s: u32,
    },
    /// Has no means of transport that can be used now.
    NoWay,
    /// Farther than the policy reaches.
    TooFar {
        /// To the scene, seconds.
        seconds: u32,
        /// The longest allowed, seconds.
        limit_s: u32,
    },
    /// Would not gain enough on the ambulance.
    NotBeforeAmbulance {
        /// To the scene, seconds.
        seconds: u32,
        /// The longest that would gain enough, seconds.
        limit_s: u32,
    },
}

impl Verdict {
    /// The one spelling, in the API and in the Fluent keys (`verdict-…`).
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Eligible { .. } => "eligible",
            Self::NotInGroup => "not_in_group",
            Self::NotApproved => "not_approved",
            Self::ApprovalExpired { .. } => "approval_expired",
            Self::OffDuty => "off_duty",
            Self::NotAvailable => "not_available",
            Self::OutsideHours => "outside_hours",
            Self::LacksCompetence => "lacks_competence",
            Self::CertificateExpired { .. } => "certificate_expired",
            Self::AlreadyAsked => "already_asked",
            Self::OnAnotherCallOut => "on_another_call_out",
            Self::MonthlyMax { .. } => "monthly_max",
            Self::Resting { .. } => "resting",
            Self::NoWay => "no_way",
            Self::TooFar { .. } => "too_far",
            Self::NotBeforeAmbulance { .. } => "not_before_ambulance",
        }
    }
}

impl Decision {
    pub(super) fn begin(question: &Question<'_>, limit_s: u32) -> Self {
        let incident = question.incident;
        Self {
            search: incident.search,
            at: question.now,
            travel_model: String::new(), // known when everybody has been asked about
            policy_version: incident.policy.version.clone(),
            registry_revision: question.roster.revision(),
            ambulance_eta: incident.ambulance_eta,
            today: question.local.date(),
            is_day: question.is_day(),
            limit_s,
            considered: Vec::new(),
            unlisted: 0,
            left_out: Vec::new(),
            candidates: Vec::new(),
        }
    }

    /// Adds a person. `candidates` stays sorted by arrival, then id, and bounded.
    pub(super) fn add(&mut self, considered: Considered) {
        if let Some(candidate) = considered.candidate() {
            let key = |c: &Candidate| (c.seconds_to_scene(), c.responder);
            let at = self.candidates.partition_point(|other| key(other) < key(&candidate));
            self.candidates.insert(at, candidate);
            self.candidates.truncate(SHORTLIST_MAX);
        }
        if self.is_full() && considered.candidate().is_none() {
            self.unlisted += 1;
        } else {
            self.considered.push(considered);
        }
    }

    /// Counts somebody who cannot be asked and is not listed any more.
    pub(super) fn pass_over(&mut self) {
        self.unlisted += 1;
    }

    /// Whether no more reasons are listed but those of the shortlist.
    pub(super) fn is_full(&self) -> bool {
        self.considered.len() >= CONSIDERED_MAX
    }

    /// Whether somebody who is not there before `soonest_s` is later than the last of a full shortlist.
    pub(super) fn is_settled(&self, soonest_s: f64) -> bool {
        self.last_s().is_some_and(|last_s| soonest_s > f64::from(last_s))
    }

    /// Seconds until the last of a full shortlist is there.
    pub(super) fn last_s(&self) -> Option<u32> {
        let full = self.candidates.len() == SHORTLIST_MAX;
        self.candidates.last().filter(|_| full).map(Candidate::seconds_to_scene)
    }

    /// Writes by which model it came about, and everybody's place in the order of arrival into their verdict; takes off the
    /// list whoever is far away and did not make the shortlist after all.
    pub(super) fn finish(&mut self, travel_model: String) {
        self.travel_model = travel_model;
        for considered in &mut self.considered {
            if let Verdict::Eligible { rank, .. } = &mut considered.verdict {
                let place = self.candidates.iter().position(|c| c.responder == considered.responder);
                *rank = place.map_or(0, |place| u16::try_from(place + 1).unwrap_or(u16::MAX));
            }
        }
        let before = self.considered.len();
        let mut place = 0;
        self.considered.retain(|considered| {
            place += 1;
            place <= CONSIDERED_MAX || !matches!(considered.verdict, Verdict::Eligible { rank: 0, .. })
        });
        self.unlisted += u32::try_from(before - self.considered.len()).unwrap_or(u32::MAX);
    }

    /// Adds what everybody on the shortlist could bring; `errands` is told whom it is about and their seconds without one.
    pub(super) fn bring(&mut self, errands: impl Fn(&Considered, u32) -> Vec<Errand>) {
        for candidate in &mut self.candidates {
            let of_theirs = |considered: &&mut Considered| considered.responder == candidate.responder;
            let Some(considered) = self.considered.iter_mut().find(of_theirs) else { continue };
            let straight_s = candidate.travel_s.saturating_sub(considered.facts.aged_s);
            considered.facts.errands = errands(considered, straight_s);
            if let Some(known) = considered.candidate() {
                *candidate = known;
            }
        }
    }

    /// The place in the order of arrival of somebody who would be there after `seconds`.
    #[must_use]
    pub fn rank_of(&self, seconds: u32) -> u16 {
        let sooner = self.considered.iter().filter_map(Considered::candidate);
        let sooner = sooner.filter(|candidate| candidate.seconds_to_scene() < seconds).count();
        u16::try_from(sooner + 1).unwrap_or(u16::MAX)
    }

    /// The same search drawn again from its facts, under a policy: the one it was made under gives the same record.
    /// Another one sees only who is listed, and whoever was asked before stays asked.
    #[must_use]
    pub fn again(&self, policy: &Policy) -> Self {
        let limit_s = limit_s(policy, self.at, self.ambulance_eta);
        let terms = Terms { policy, today: self.today, is_day: self.is_day, limit_s };
        let policy_version = policy.version.clone();
        let (considered, candidates) = (Vec::new(), Vec::new());
        let mut again = Self { policy_version, limit_s, considered, candidates, ..self.clone() };
        for known in &self.considered {
            let verdict = known.facts.verdict(&terms);
            again.add(Considered { verdict, ..known.clone() });
        }
        again.finish(self.travel_model.clone());
        again
    }
}
