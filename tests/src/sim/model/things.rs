//! Things: asked about once, confirmed by nobody but who was asked, and brought by whoever may.

use std::collections::{BTreeMap, BTreeSet};

use certus_dispatcher::incident::{CallOut, Incident};
use certus_registry::audit::Actor;
use certus_registry::resource::{Confirmation, Location};
use certus_registry::{
    CompetenceKind, Database, Remit, Resource, ResourceId, Season, Timestamp, VolunteerId, store,
};

use super::super::story::Story;
use super::kinds::{self, Kinds, confirmed_days};
use super::messages::CLOCKS_OFF;
use super::registry::{around, local};
use super::{Model, Violation, rule};

/// What there is, and who has said what about it.
pub(super) struct Things {
    all: BTreeMap<ResourceId, Resource>,
    kinds: Kinds,
    snow: bool,
    revision: i64,
    /// When its keeper was last asked about each thing, by its code.
    asked: BTreeMap<String, (VolunteerId, Timestamp)>,
    /// Who has said OK.
    agreed: BTreeSet<VolunteerId>,
}

impl Things {
    pub(super) fn new(story: &Story) -> Self {
        Self {
            all: story.things.iter().map(|thing| (thing.id, thing.clone())).collect(),
            kinds: Kinds::new(),
            snow: story.snow,
            revision: -1,
            asked: BTreeMap::new(),
            agreed: BTreeSet::new(),
        }
    }

    pub(super) fn get(&self, id: ResourceId) -> Option<&Resource> {
        self.all.get(&id)
    }

    /// Somebody has written.
    pub(super) fn said(&mut self, who: VolunteerId, body: &str) {
        if body.to_lowercase().starts_with("ok") {
            self.agreed.insert(who);
        }
    }

    /// Whether somebody was asked about anything.
    pub(super) fn was_asked(&self, who: VolunteerId) -> bool {
        self.asked.values().any(|(asked, _)| *asked == who)
    }
}

/// How the codes of things begin in these stories.
const CODES: [&str; 2] = ["AED-", "HYD-"];

impl Model {
    /// What the board has said of kinds, at the last look.
    pub(super) fn kinds(&self) -> &Kinds {
        &self.things.kinds
    }

    /// Nothing is confirmed but by the OK of whoever was asked about it.
    pub(super) async fn look_at_things(&mut self, db: &Database) -> anyhow::Result<()> {
        let revision = store::revision(db).await?;
        if revision == self.things.revision {
            return Ok(());
        }
        self.things.revision = revision;
        self.things.kinds = kinds::look(db).await?;
        for thing in store::resource::all(db, Remit::All).await? {
            let Some(before) = self.things.get(thing.id).map(|before| before.confirmed) else {
                kinds::may_be_new(&self.things.kinds, &thing)?;
                self.things.all.insert(thing.id, thing);
                continue;
            };
            if thing.confirmed != before {
                let by = thing.confirmed.and_then(|confirmed| confirmed.by);
                let asked = self.things.asked.get(thing.code.as_str()).map(|(who, _)| *who);
                let right = asked.is_some_and(|who| {
                    by == Some(Actor::Volunteer(who)) && self.things.agreed.contains(&who)
                });
                rule("confirmed-unasked", right, || {
                    format!("{} is confirmed by {by:?}, and {asked:?} was asked", thing.code)
                })?;
            }
            self.things.all.insert(thing.id, thing);
        }
        Ok(())
    }

    /// Nobody is asked about what is not theirs or needs no word, nor twice: unless a channel test, which asks for an OK as well,
    /// has come between.
    pub(super) fn is_asked_once(
        &mut self,
        reference: &str,
        body: &str,
        at: Timestamp,
    ) -> Result<(), Violation> {
        let about = reference.strip_prefix("person/").and_then(|rest| rest.strip_suffix("/confirm"));
        let Some(who) = about.and_then(|who| who.parse::<VolunteerId>().ok()) else { return Ok(()) };
        let is_word = |c: char| c.is_ascii_alphanumeric() || c == '-';
        for code in body.split(|c| !is_word(c)).filter(|word| CODES.iter().any(|code| word.starts_with(code)))
        {
            let thing = self.things.all.values().find(|thing| thing.code.as_str() == code);
            let theirs = thing.is_some_and(|thing| thing.location == Location::Keeper(who));
            rule("asked-stranger", theirs, || format!("{who}, who does not keep {code}, is asked about it"))?;
            let needs = thing.is_some_and(|thing| {
                let holds = confirmed_days(&self.things.kinds, thing);
                holds.is_some_and(|holds| days(thing, at).is_none_or(|days| days > holds - 20))
            });
            rule("asked-for-nothing", needs, || format!("{code} is confirmed, and {who} is asked about it"))?;
            let before = self.things.asked.insert(code.to_owned(), (who, at));
            let tested =
                self.tested.iter().filter(|((tested, _), _)| *tested == who).map(|(_, at)| *at).max();
            let again =
                before.is_none_or(|(_, before)| tested.is_some_and(|test| test + CLOCKS_OFF >= before));
            rule("asked-again", again, || format!("{who} was asked about {code} before: {before:?}"))?;
        }
        Ok(())
    }

    /// Somebody who is to bring a thing may take it, and it is there as far as anybody has said.
    pub(super) fn may_be_brought(
        &self,
        before: &Incident,
        callout: &CallOut,
        thing: &Resource,
    ) -> Result<(), Violation> {
        let (who, at) = (callout.responder(), callout.asked_at);
        let kind = self.things.kinds.get(thing.kind.as_str());
        let season = thing.season.map(Season::as_str).or_else(|| kind?.season.as_deref());
        let in_season = season.is_none_or(|season| season == "snow" && self.things.snow);
        rule("out-of-season", in_season, || format!("{who} is to bring {} without snow", thing.code))?;
        let licence = thing.licence.map(CompetenceKind::as_str).or_else(|| kind?.licence.as_deref());
        let holds = |licence: &str| {
            self.registry.ever(who).flat_map(|person| &person.competences).any(|held| {
                let valid = |at| held.expires.is_none_or(|last| last >= local(at).date());
                held.kind.as_str() == licence && around(at).into_iter().any(valid)
            })
        };
        rule("without-licence", licence.is_none_or(holds), || {
            format!("{who}, who has no {licence:?}, is to bring {}", thing.code)
        })?;
        let limit = confirmed_days(&self.things.kinds, thing);
        let confirmed = limit.is_none_or(|limit| days(thing, at).is_some_and(|days| days <= limit));
        rule("unconfirmed-fetched", confirmed || !before.policy.confirmed_only, || {
            format!("{who} is to bring {}, of which nobody knows: {:?}", thing.code, thing.confirmed)
        })
    }
}

/// How many days ago somebody said that it is there.
fn days(thing: &Resource, at: Timestamp) -> Option<i32> {
    let Confirmation { on, .. } = thing.confirmed?;
    local(at).date().since(on).ok().map(|span| span.get_days())
}
