//! The kinds of resource as the board has said: nothing new of one that is retired, and no policy that wants what cannot be brought.

use std::collections::BTreeMap;

use certus_dispatcher::policies::Policies;
use certus_registry::{Database, EventType, Resource, ResourceKind, on};

use super::{Model, Violation, rule};

/// What can be brought from the start.
const FIRST: [&str; 11] = [
    "aed",
    "snowmobile",
    "rescue_sled",
    "boat",
    "tracked_vehicle",
    "atv",
    "off_road_car",
    "generator",
    "search_dog",
    "drone",
    "first_aid_kit",
];
/// A defibrillator is confirmed for six months; every story is of one night, so days will do.
const DEFIBRILLATOR_DAYS: i32 = 183;

/// What the board has said of a kind.
pub(super) struct Said {
    pub(super) season: Option<String>,
    pub(super) licence: Option<String>,
    confirmed_months: Option<i64>,
    brought: bool,
    retired: bool,
}

/// What the board has said, by the kind's code.
pub(super) type Kinds = BTreeMap<String, Said>;

/// A row of the catalogue: code, season, licence, months that a confirmation holds, brought, retired.
type Row = (String, Option<String>, Option<String>, Option<i64>, bool, bool);

/// What stands in the database.
pub(super) async fn look(db: &Database) -> anyhow::Result<Kinds> {
    const SQL: &str = "SELECT code, season, licence, confirmed_months, brought, retired FROM resource_kind";
    let rows: Vec<Row> = on!(db, c => sqlx::query_as(SQL).fetch_all(c).await?);
    let said = |(code, season, licence, confirmed_months, brought, retired)| {
        (code, Said { season, licence, confirmed_months, brought, retired })
    };
    Ok(rows.into_iter().map(said).collect())
}

/// For how many days a confirmation of a thing holds; none: it needs none.
pub(super) fn confirmed_days(kinds: &Kinds, thing: &Resource) -> Option<i32> {
    let Some(said) = kinds.get(thing.kind.as_str()) else { return Some(DEFIBRILLATOR_DAYS) };
    said.confirmed_months.map(|months| i32::try_from(months * 365 / 12).unwrap_or(i32::MAX))
}

/// A thing that was not there before is of a kind that there may be new ones of.
pub(super) fn may_be_new(kinds: &Kinds, thing: &Resource) -> Result<(), Violation> {
    let retired = kinds.get(thing.kind.as_str()).is_some_and(|said| said.retired);
    rule("new-of-retired-kind", !retired, || {
        format!("{} is new, and there are to be no new ones of {}", thing.code, thing.kind)
    })
}

impl Model {
    /// Everything that policies want brought is something that can be.
    pub(super) fn can_be_brought_by(&self, policies: &Policies) -> Result<(), Violation> {
        let can_be = |kind: &&ResourceKind| match self.kinds().get(kind.as_str()) {
            Some(said) => said.brought,
            None => FIRST.contains(&kind.as_str()),
        };
        for event in EventType::ALL {
            let missing = policies.of(*event).bring.iter().find(|kind| !can_be(kind));
            rule("policy-wants-what-is-not-there", missing.is_none(), || {
                format!("{} in {event} wants {missing:?} brought", policies.version())
            })?;
        }
        Ok(())
    }
}
