//! What the county board decides for one event type: whom to ask, how many, how fast.

use certus_registry::{CompetenceKind, ResourceKind};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::time::Duration;

/// A span in whole seconds, as policies state it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seconds(pub u32);

impl Seconds {
    /// As a duration.
    #[must_use]
    pub const fn span(self) -> Duration {
        Duration::from_secs(self.0 as u64)
    }
}

/// The call-out policy of one event type. Where the defaults come from stands in `policies.toml`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// The version of the file it was read from; kept with every incident.
    #[serde(default)]
    pub version: String,
    /// A person needs one of these; empty: anybody.
    pub competences: Vec<CompetenceKind>,
    /// How many volunteers are wanted on the scene.
    pub wanted: u16,
    /// What is to be brought, one of each; each takes one of the places.
    #[serde(default)]
    pub bring: BTreeSet<ResourceKind>,
    /// Whether only what somebody has lately said is there and in order is brought.
    #[serde(default, skip_serializing_if = "is_no")] // records of before have no such key
    pub confirmed_only: bool,
    /// How many of the places are for those who show the ambulance in.
    #[serde(default)]
    pub guides: u16,
    /// How long it takes to take a thing along that hangs or stands somewhere, seconds.
    #[serde(rename = "fetch_s", default)]
    pub fetch: Seconds,
    /// How many may be asked at once: have been asked, and have time left to answer.
    pub wave_size: u16,
    /// Of how many arrivals a wave is to be as sure as `sure_percent` says; places that are free count for no more.
    pub sure_of: u16,
    /// How sure, in percent; 100 cannot be had, so every wave is as large as it may be then.
    pub sure_percent: u16,
    /// How long a wave waits for answers, seconds.
    #[serde(rename = "wave_timeout_s")]
    pub wave_timeout: Seconds,
    /// How many may be asked at most before the operator decides.
    pub asked_max: u16,
    /// How much sooner than the ambulance a volunteer must be there, seconds.
    #[serde(rename = "gain_min_s")]
    pub gain_min: Seconds,
    /// The longest time to the scene worth asking for, seconds; decides alone while no ETA is known.
    #[serde(rename = "reach_max_s")]
    pub reach_max: Seconds,
    /// From alert to departure between 07 and 22, seconds.
    #[serde(rename = "turnout_day_s")]
    pub turnout_day: Seconds,
    /// From alert to departure between 22 and 07, seconds.
    #[serde(rename = "turnout_night_s")]
    pub turnout_night: Seconds,
    /// How long to wait before searching again when nobody was found, seconds.
    #[serde(rename = "search_again_s")]
    pub search_again: Seconds,
    /// How long whoever went to an incident is not asked to another one after their part in it is over, seconds.
    #[serde(rename = "rest_s", default, skip_serializing_if = "is_nothing")]
    // records of before have no such key
    pub rest: Seconds,
    /// How late a kept person may be before the operator is told, seconds.
    #[serde(rename = "overdue_s")]
    pub overdue: Seconds,
    /// How long a push has to itself before the text message follows, seconds.
    #[serde(rename = "sms_after_s")]
    pub sms_after: Seconds,
    /// How long after the text message the telephone rings, seconds; 0: never.
    #[serde(rename = "voice_after_s")]
    pub voice_after: Seconds,
    /// Whether a receipt that something was delivered spares the person the ways that would follow. A phone that lies in
    /// another room gives receipts too.
    pub receipt_stops: bool,
    /// How long an alert may travel before it must not be delivered any more, seconds.
    #[serde(rename = "alert_valid_s")]
    pub alert_valid: Seconds,
    /// How long after the end the after-care question goes out, seconds.
    #[serde(rename = "after_care_s")]
    pub after_care: Seconds,
    /// How long after a stand-down the incident closes by itself, seconds.
    #[serde(rename = "closing_s")]
    pub closing: Seconds,
    /// How long an incident may stay open, seconds.
    #[serde(rename = "life_max_s")]
    pub life_max: Seconds,
}

/// Whether a span is none at all.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference to the field")]
fn is_nothing(span: &Seconds) -> bool {
    span.0 == 0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference to the field")]
fn is_no(said: &bool) -> bool {
    !said
}

/// A value outside what makes sense.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{key} is {found}; expected {low} to {high}")]
pub struct PolicyError {
    /// The key in the policy file.
    pub key: &'static str,
    /// What stood there.
    pub found: u32,
    /// The lowest allowed value.
    pub low: u32,
    /// The highest allowed value.
    pub high: u32,
}

impl Policy {
    /// The longest rest that a policy may ask for: two days, so that a wrong unit does not empty a county.
    pub const REST_MAX: Seconds = Seconds(172_800);

    /// The most people who may be wanted.
    pub const WANTED_MAX: u16 = 50;
    /// The most who may be asked at once.
    pub const WAVE_MAX: u16 = 100;
    /// The most who may be asked in all before the operator decides.
    pub const ASKED_MAX: u16 = 500;

    /// The same for an organisation that is called as one: everybody in it is asked at once, whatever they can do, and the
    /// first `wanted` who say yes go. What is to be brought, and guides, as far as places are left for them.
    #[must_use]
    pub fn for_a_group(&self, wanted: u16) -> Self {
        let places = wanted.saturating_sub(1);
        let guides = self.guides.min(places);
        Self {
            competences: Vec::new(),
            wanted,
            bring: self.bring.iter().copied().take(usize::from(places - guides)).collect(),
            guides,
            wave_size: Self::WAVE_MAX,
            sure_of: wanted,
            sure_percent: 100,
            asked_max: Self::ASKED_MAX,
            ..self.clone()
        }
    }

    /// Checks every number against its bounds.
    ///
    /// # Errors
    /// The first key that is out of bounds.
    pub fn check(&self) -> Result<(), PolicyError> {
        self.wrong().next().map_or(Ok(()), Err)
    }

    /// Every key that is out of bounds.
    pub fn wrong(&self) -> impl Iterator<Item = PolicyError> {
        // One place at least is for somebody who goes straight.
        let (places, guides) = (u32::from(self.wanted).saturating_sub(1), u32::from(self.guides));
        let brings = u32::try_from(self.bring.len()).unwrap_or(u32::MAX);
        let bounds = [
            ("wanted", u32::from(self.wanted), 1, Self::WANTED_MAX.into()),
            ("bring (how many)", brings, 0, places.saturating_sub(guides)),
            ("guides", guides, 0, places),
            ("fetch_s", self.fetch.0, 0, 3_600),
            ("wave_size", u32::from(self.wave_size), 1, Self::WAVE_MAX.into()),
            ("sure_of", u32::from(self.sure_of), 1, u32::from(self.wanted)),
            ("sure_percent", u32::from(self.sure_percent), 1, 100),
            ("wave_timeout_s", self.wave_timeout.0, 10, 3_600),
            ("asked_max", u32::from(self.asked_max), u32::from(self.wanted), Self::ASKED_MAX.into()),
            ("gain_min_s", self.gain_min.0, 0, 7_200),
            ("reach_max_s", self.reach_max.0, 60, 14_400),
            ("turnout_day_s", self.turnout_day.0, 0, 3_600),
            ("turnout_night_s", self.turnout_night.0, 0, 3_600),
            ("search_again_s", self.search_again.0, 10, 3_600),
            ("rest_s", self.rest.0, 0, Self::REST_MAX.0),
            ("overdue_s", self.overdue.0, 60, 14_400),
            ("sms_after_s", self.sms_after.0, 0, 600),
            ("voice_after_s", self.voice_after.0, 0, 3_600),
            ("alert_valid_s", self.alert_valid.0, 30, 14_400),
            ("after_care_s", self.after_care.0, 0, 172_800),
            ("closing_s", self.closing.0, 60, 86_400),
            ("life_max_s", self.life_max.0, 600, 1_209_600),
        ];
        let wrong = bounds.into_iter().filter(|(_, found, low, high)| found < low || found > high);
        wrong.map(|(key, found, low, high)| PolicyError { key, found, low, high })
    }
}
