//! Which gateway a message goes through: one that carries its channel, by weight, and by how each has fared lately.
//!
//! What a gateway has done is remembered here for this process only; another node finds out for itself.

mod breaker;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use certus_registry::{Random, Timestamp};
use rand::RngExt as _;
use serde::Serialize;

use crate::message::Channel;
use crate::{Gateway, SendError};
use breaker::Breaker;

/// A gateway and the share of its channel's messages that it gets.
#[derive(Clone)]
pub struct Route {
    /// The gateway.
    pub gateway: Arc<dyn Gateway>,
    /// Its share beside the others of its channel; 0: only when no other can be used.
    pub weight: u32,
}

/// All gateways of this process.
pub struct Routes(Vec<Member>);

struct Member {
    route: Route,
    breaker: Mutex<Breaker>,
}

/// How one gateway is doing, as this process sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RouteStatus {
    /// Its name.
    pub name: String,
    /// What it carries.
    pub channel: Channel,
    /// Its share.
    pub weight: u32,
    /// Whether it is used.
    pub circuit: Circuit,
    /// Attempts of the last two minutes.
    pub attempts: usize,
    /// How many of them failed or were not answered.
    pub failed: usize,
    /// How long the oldest attempt that is not answered yet has been waiting.
    pub waiting: Option<Duration>,
}

/// Whether a gateway is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Circuit {
    /// It is.
    Closed,
    /// It does not answer: the others are used until it does.
    Stalled,
    /// It failed too often and is left alone.
    Open,
    /// It was left alone, and the next message tries it.
    Probing,
}

impl Circuit {
    /// The one spelling, in the API and in the Fluent keys (`bridge-circuit-…`).
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Stalled => "stalled",
            Self::Open => "open",
            Self::Probing => "probing",
        }
    }
}

/// An attempt that has begun; tell it how it ended.
#[derive(Debug)]
#[must_use = "an attempt that never ends makes its gateway look stalled"]
pub(crate) struct Flight<'a> {
    member: Option<&'a Member>,
    began: Timestamp,
}

impl Routes {
    /// These gateways.
    ///
    /// # Panics
    /// When there is none, or two have one name: a configuration that says so is refused before this.
    #[must_use]
    pub fn new(routes: Vec<Route>) -> Self {
        assert!(!routes.is_empty(), "a bridge needs at least one gateway");
        let mut names: Vec<&str> = routes.iter().map(|route| route.gateway.name()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), routes.len(), "gateways have names of their own: {names:?}");
        let member = |route| Member { route, breaker: Mutex::default() };
        Self(routes.into_iter().map(member).collect())
    }

    /// These gateways with equal shares.
    ///
    /// # Panics
    /// As [`Routes::new`].
    #[must_use]
    pub fn equal(gateways: Vec<Arc<dyn Gateway>>) -> Self {
        Self::new(gateways.into_iter().map(|gateway| Route { gateway, weight: 1 }).collect())
    }

    /// The gateways.
    pub fn gateways(&self) -> impl Iterator<Item = &Arc<dyn Gateway>> {
        self.0.iter().map(|member| &member.route.gateway)
    }

    /// How many gateways carry what the one of this name carries, itself included.
    pub(crate) fn beside(&self, name: &str) -> usize {
        self.named(name).map_or(0, |gateway| self.of(gateway.channel()).count())
    }

    /// The gateway of this name.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<&Arc<dyn Gateway>> {
        self.member(name).map(|member| &member.route.gateway)
    }

    /// How each is doing.
    #[must_use]
    pub fn status(&self, now: Timestamp) -> Vec<RouteStatus> {
        self.0.iter().map(|member| member.status(now)).collect()
    }

    /// The gateway for the next attempt; `last` had the one before and is taken again only for want of another. `None`:
    /// nobody carries the channel. When all are left alone, the one that is tried again soonest gets it: an alarm does not
    /// wait for a pause to end.
    pub(crate) fn choose(
        &self,
        channel: Channel,
        now: Timestamp,
        last: Option<&str>,
        random: &Random,
    ) -> Option<&Arc<dyn Gateway>> {
        let usable: Vec<&Member> = self.of(channel).filter(|member| member.breaker().admits(now)).collect();
        let others: Vec<&Member> =
            usable.iter().copied().filter(|m| Some(m.route.gateway.name()) != last).collect();
        let pool = if others.is_empty() { usable } else { others };
        let soonest = || self.of(channel).min_by_key(|member| member.breaker().open_until());
        let member = by_weight(&pool, random).or_else(soonest)?;
        member.breaker().chosen(now);
        Some(&member.route.gateway)
    }

    pub(crate) fn begins(&self, name: &str, now: Timestamp) -> Flight<'_> {
        let member = self.member(name);
        if let Some(member) = member {
            member.breaker().begins(now);
        }
        Flight { member, began: now }
    }

    fn of(&self, channel: Channel) -> impl Iterator<Item = &Member> {
        self.0.iter().filter(move |member| member.route.gateway.channel() == channel)
    }

    fn member(&self, name: &str) -> Option<&Member> {
        self.0.iter().find(|member| member.route.gateway.name() == name)
    }
}

impl Flight<'_> {
    /// A refused message says nothing about its gateway.
    pub(crate) fn ended<T>(self, now: Timestamp, answer: &Result<T, SendError>) {
        let failed = match answer {
            Ok(_) | Err(SendError::Refused { .. }) => false,
            Err(SendError::Temporary { .. } | SendError::Unknown { .. }) => true,
        };
        if let Some(member) = self.member {
            member.breaker().ends(self.began, now, failed);
        }
    }
}

impl Member {
    fn breaker(&self) -> MutexGuard<'_, Breaker> {
        self.breaker.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn status(&self, now: Timestamp) -> RouteStatus {
        let breaker = self.breaker();
        let (attempts, failed) = breaker.counts(now);
        let circuit = match breaker.open_until() {
            _ if breaker.is_stalled(now) => Circuit::Stalled,
            Some(until) if until > now => Circuit::Open,
            Some(_) => Circuit::Probing,
            None => Circuit::Closed,
        };
        RouteStatus {
            name: self.route.gateway.name().to_owned(),
            channel: self.route.gateway.channel(),
            weight: self.route.weight,
            circuit,
            attempts,
            failed,
            waiting: breaker.oldest().map(|began| now.since(began)),
        }
    }
}

/// One of them, each as likely as its weight says; those without weight only among themselves.
fn by_weight<'a>(pool: &[&'a Member], random: &Random) -> Option<&'a Member> {
    let total: u64 = pool.iter().map(|member| u64::from(member.route.weight)).sum();
    if total == 0 || pool.len() == 1 {
        return pool.first().copied();
    }
    let mut left = random.with(|rng| rng.random_range(0..total));
    pool.iter().copied().find(|member| {
        let weight = u64::from(member.route.weight);
        let chosen = left < weight;
        left = left.saturating_sub(weight);
        chosen
    })
}

impl fmt::Debug for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Route").field("gateway", &self.gateway.name()).field("weight", &self.weight).finish()
    }
}

impl fmt::Debug for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.route.fmt(f)
    }
}

impl fmt::Debug for Routes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.0).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use futures::future::BoxFuture;

    use super::*;
    use crate::{Accepted, Outgoing};

    const T0: Timestamp = Timestamp::from_millis(1_795_400_000_000);

    struct Named(&'static str, Channel);

    impl Gateway for Named {
        fn name(&self) -> &str {
            self.0
        }

        fn channel(&self) -> Channel {
            self.1
        }

        fn send<'a>(&'a self, _: &'a Outgoing) -> BoxFuture<'a, Result<Accepted, SendError>> {
            Box::pin(std::future::ready(Err(SendError::Temporary { reason: String::new() })))
        }
    }

    fn routes(shares: &[(&'static str, Channel, u32)]) -> Routes {
        let route = |(name, channel, weight): &(&'static str, Channel, u32)| Route {
            gateway: Arc::new(Named(name, *channel)),
            weight: *weight,
        };
        Routes::new(shares.iter().map(route).collect())
    }

    fn fails(routes: &Routes, name: &str, times: usize) {
        for _ in 0..times {
            let error = SendError::Temporary { reason: String::new() };
            routes.begins(name, T0).ended(T0, &Err::<(), _>(error));
        }
    }

    fn chosen(routes: &Routes, last: Option<&str>) -> BTreeMap<String, u32> {
        let random = Random::from_seed(1);
        let mut chosen = BTreeMap::new();
        for _ in 0..1_000 {
            let gateway = routes.choose(Channel::Sms, T0, last, &random).unwrap();
            *chosen.entry(gateway.name().to_owned()).or_default() += 1;
        }
        chosen
    }

    #[test]
    fn each_gateway_gets_its_share_and_those_without_one_get_nothing() {
        let routes = routes(&[("a", Channel::Sms, 3), ("b", Channel::Sms, 1), ("c", Channel::Sms, 0)]);
        let chosen = chosen(&routes, None);
        assert!((700..800).contains(&chosen["a"]) && chosen["a"] + chosen["b"] == 1_000, "{chosen:?}");
    }

    #[test]
    fn after_a_failure_another_one_is_tried_also_one_without_a_share() {
        let routes = routes(&[("a", Channel::Sms, 1), ("b", Channel::Sms, 0), ("v", Channel::Voice, 1)]);
        assert_eq!(chosen(&routes, Some("a")), BTreeMap::from([("b".to_owned(), 1_000)]));
        assert_eq!(chosen(&routes, None), BTreeMap::from([("a".to_owned(), 1_000)]));
        assert_eq!(routes.choose(Channel::Voice, T0, Some("v"), &Random::from_seed(1)).unwrap().name(), "v");
        assert!(routes.choose(Channel::Push, T0, None, &Random::from_seed(1)).is_none());
    }

    #[test]
    fn one_that_fails_is_left_alone_unless_all_fail() {
        let routes = routes(&[("a", Channel::Sms, 1), ("b", Channel::Sms, 1)]);
        fails(&routes, "a", 5);
        assert_eq!(chosen(&routes, Some("b")), BTreeMap::from([("b".to_owned(), 1_000)]));
        fails(&routes, "b", 6);
        assert_eq!(routes.choose(Channel::Sms, T0, None, &Random::from_seed(1)).unwrap().name(), "a");
        let circuits: Vec<Circuit> = routes.status(T0).iter().map(|status| status.circuit).collect();
        assert_eq!(circuits, [Circuit::Open, Circuit::Open]);
        let later = routes.status(T0 + Duration::from_secs(15));
        assert_eq!((later[0].circuit, later[1].circuit), (Circuit::Probing, Circuit::Open), "{later:?}");
    }
}
