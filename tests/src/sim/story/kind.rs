//! The kind of thing that the board adds to the catalogue in some stories.
//!
//! Drawn apart from the rest of the story, which is the same as without it until something of this is brought.

use std::time::Duration;

use certus_registry::catalogue::{ConfirmedFor, Entry, Words};
use certus_registry::resource::Location;
use certus_registry::{
    CompetenceKind, County, Random, Resource, ResourceId, ResourceKind, Season, Timestamp, Volunteer,
};
use rand::RngExt as _;
use rand::rngs::ChaCha12Rng;

use super::{START, confirmed, near};

/// Sets its draws apart from those of the story.
const APART: u64 = 0x006b_696e_6400;

/// What becomes of the kind.
pub(in crate::sim) struct NewKind {
    pub(in crate::sim) entry: Entry,
    /// What there is of it once it is in the catalogue; the last is never taken in, for the kind is retired by then.
    pub(in crate::sim) things: Vec<Resource>,
    /// When the board adds it, if it does.
    pub(in crate::sim) added: Option<Timestamp>,
    /// When it retires it, if it does.
    pub(in crate::sim) retired: Option<Timestamp>,
    pub(in crate::sim) random: Random,
}

impl NewKind {
    pub(super) fn of(seed: u64, people: &[Volunteer]) -> Self {
        let random = Random::from_seed(seed ^ APART);
        let fork = random.fork();
        fork.with(|rng| {
            let entry = entry(rng);
            let number = rng.random_range(3..8);
            let things = (0..number).map(|n| thing(rng, &random, n, entry.code, people)).collect();
            let mut at = |from: u64, to: u64| START + Duration::from_millis(rng.random_range(from..to));
            let (added, retired) = (at(1, 400_000), at(400_000, 3_600_000));
            Self {
                entry,
                things,
                added: rng.random_bool(0.8).then_some(added),
                retired: rng.random_bool(0.5).then_some(retired),
                random,
            }
        })
    }
}

fn entry(rng: &mut ChaCha12Rng) -> Entry {
    let words = |sv: &str, en: &str| Words { sv: sv.parse().expect("words"), en: en.parse().expect("words") };
    let months = [None, Some(3), Some(12)][rng.random_range(0..3)];
    Entry {
        code: "hydrocopter".parse().expect("a code"),
        name: words("hydrokopter", "hydrocopter"),
        the: words("hydrokoptern", "the hydrocopter"),
        season: rng.random_bool(0.3).then_some(Season::Snow),
        licence: rng.random_bool(0.3).then_some(CompetenceKind::SnowmobileLicence),
        confirmed_for: months.map(|months: u8| ConfirmedFor::try_from(months).expect("months")),
        brought: rng.random_bool(0.9),
        retired: false,
    }
}

fn thing(
    rng: &mut ChaCha12Rng,
    random: &Random,
    number: u32,
    kind: ResourceKind,
    people: &[Volunteer],
) -> Resource {
    let location = if rng.random_bool(0.7) {
        Location::Fixed(near(rng, 0.2))
    } else {
        Location::Keeper(people[rng.random_range(0..people.len())].id)
    };
    let (id, code) = (ResourceId::new(START, random), format!("HYD-{number}").parse().expect("a code"));
    Resource { confirmed: confirmed(rng), ..Resource::new(id, code, kind, location, County::DEFAULT) }
}
