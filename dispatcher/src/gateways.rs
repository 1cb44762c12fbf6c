//! The gateways that the configuration names, made ready for the bridge's worker.

use std::sync::{Arc, Mutex};

use certus_registry::{Clock, Database, Random};
use certus_sms_bridge::elks46::{Elks46, Elks46Calls, Script, SetupError};
use certus_sms_bridge::gammu::{self, Gammu};
use certus_sms_bridge::simulated::{Network, NetworkSettings, People, SeededPeople};
use certus_sms_bridge::smpp::{SettingsError, Smpp};
use certus_sms_bridge::speech::{SpeechError, Spoken};
use certus_sms_bridge::template::TemplateGateway;
use certus_sms_bridge::{Gateway, Route, Routes};

use crate::calls;
use crate::config::{Config, PushSetupError};

/// What carries messages, and the phone network in this process, if there is one.
pub struct Gateways {
    /// Every gateway, for the worker.
    pub routes: Arc<Routes>,
    /// To be run beside it.
    pub network: Option<Arc<Network>>,
    /// What browsers subscribe to pushes with, where they are pushed to.
    pub push_key: Option<String>,
    /// What the telephone says, where it rings people up.
    pub script: Option<Arc<Script>>,
}

/// Why a gateway could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum GatewayError {
    /// One for text messages.
    #[error(transparent)]
    Text(#[from] SetupError),
    /// The telephone.
    #[error("gateway.elks46.voice.espeak: {0}")]
    Speech(#[from] SpeechError),
    /// SMPP.
    #[error(transparent)]
    Smpp(#[from] SettingsError),
    /// The modem.
    #[error(transparent)]
    Gammu(#[from] gammu::SetupError),
    /// Push.
    #[error(transparent)]
    Push(#[from] PushSetupError),
}

impl Gateways {
    /// What the configuration names.
    ///
    /// # Errors
    /// [`GatewayError`] when a gateway's settings are wrong.
    pub fn of(config: &Config, db: &Database, clock: &Arc<dyn Clock>) -> Result<Self, GatewayError> {
        let gateway = &config.gateway;
        let (mut real, mut said) = (Vec::<Arc<dyn Gateway>>::new(), None);
        if let Some(settings) = &gateway.elks46 {
            real.push(Arc::new(Elks46::new(settings.clone(), Arc::clone(clock))?));
            if let Some(voice) = &settings.voice {
                let spoken = Spoken::by(&voice.espeak, &calls::sentences())?;
                let script = Arc::new(Script::new(settings, spoken)?);
                let (settings, clock) = (settings.clone(), Arc::clone(clock));
                real.push(Arc::new(Elks46Calls::new(settings, voice.ring_s, clock, Arc::clone(&script))?));
                said = Some(script);
            }
        }
        if let Some(settings) = &gateway.template {
            real.push(Arc::new(TemplateGateway::new(*settings.clone()).map_err(SetupError::from)?));
        }
        if let Some(settings) = &gateway.smpp {
            let random = Random::from_system();
            real.push(Arc::new(Smpp::new(settings.clone(), Arc::clone(clock), random)?));
        }
        if let Some(settings) = &gateway.gammu {
            real.push(Arc::new(Gammu::new(settings.clone(), Arc::clone(clock))?));
        }
        let mut push_key = None;
        if let Some(push) = &gateway.push {
            let push = push.gateway(db.clone(), clock)?;
            push_key = push.application_server_key();
            real.push(Arc::new(push));
        }
        if real.is_empty() {
            let random = Random::from_seed(gateway.simulated.as_ref().map_or(0, |simulated| simulated.seed));
            let people = SeededPeople::new(&random, SeededPeople::asks_for_a_yes);
            return Ok(Self::simulated(random, Arc::new(Mutex::new(people)), NetworkSettings::rural()));
        }
        let weight = |name: &str| gateway.weights.get(name).copied().unwrap_or(1);
        let route = |gateway: Arc<dyn Gateway>| Route { weight: weight(gateway.name()), gateway };
        let routes = Arc::new(Routes::new(real.into_iter().map(route).collect()));
        Ok(Self { routes, network: None, push_key, script: said })
    }

    /// These and nothing beside them.
    #[must_use]
    pub fn only(routes: Routes) -> Self {
        Self { routes: Arc::new(routes), network: None, push_key: None, script: None }
    }

    /// A phone network in this process, with these people.
    #[must_use]
    pub fn simulated(random: Random, people: Arc<Mutex<dyn People>>, settings: NetworkSettings) -> Self {
        let network = Arc::new(Network::with_settings(random, people, settings));
        let carrier: Arc<dyn Gateway> = Arc::<Network>::clone(&network);
        Self { network: Some(network), ..Self::only(Routes::equal(vec![carrier])) }
    }
}
