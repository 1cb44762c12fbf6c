//! The gateways that the configuration names, made ready for the bridge's worker.

use std::sync::{Arc, Mutex};

use certus_registry::{Clock, Random};
use certus_sms_bridge::elks46::{Elks46, SetupError};
use certus_sms_bridge::simulated::{Network, NetworkSettings, People, SeededPeople};
use certus_sms_bridge::template::TemplateGateway;
use certus_sms_bridge::{Gateway, Routes};

use crate::config::{Config, GatewayKind};

/// What carries messages, and the phone network in this process, if there is one.
pub struct Gateways {
    /// Every gateway, for the worker.
    pub routes: Arc<Routes>,
    /// To be run beside it.
    pub network: Option<Arc<Network>>,
}

impl Gateways {
    /// What the configuration names.
    ///
    /// # Errors
    /// [`SetupError`] when a gateway's settings are wrong.
    pub fn of(config: &Config, clock: &Arc<dyn Clock>) -> Result<Self, SetupError> {
        match (config.gateway.kind, &config.gateway.elks46, &config.gateway.template) {
            (GatewayKind::Elks46, Some(settings), _) => {
                let carrier: Arc<dyn Gateway> = Arc::new(Elks46::new(settings.clone(), Arc::clone(clock))?);
                Ok(Self { routes: Arc::new(Routes::equal(vec![carrier])), network: None })
            }
            (GatewayKind::Template, _, Some(settings)) => {
                let carrier: Arc<dyn Gateway> = Arc::new(TemplateGateway::new(*settings.clone())?);
                Ok(Self { routes: Arc::new(Routes::equal(vec![carrier])), network: None })
            }
            // `Config` refuses the others without their settings.
            (GatewayKind::Simulated | GatewayKind::Elks46 | GatewayKind::Template, _, _) => {
                let random = Random::from_seed(config.gateway.simulated.seed);
                let people = SeededPeople::new(&random, SeededPeople::asks_for_a_yes);
                Ok(Self::simulated(random, Arc::new(Mutex::new(people)), NetworkSettings::rural()))
            }
        }
    }

    /// A phone network in this process, with these people.
    #[must_use]
    pub fn simulated(random: Random, people: Arc<Mutex<dyn People>>, settings: NetworkSettings) -> Self {
        let network = Arc::new(Network::with_settings(random, people, settings));
        let carrier: Arc<dyn Gateway> = Arc::<Network>::clone(&network);
        Self { routes: Arc::new(Routes::equal(vec![carrier])), network: Some(network) }
    }
}
