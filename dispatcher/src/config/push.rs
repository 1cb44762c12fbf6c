//! The section `[gateway.push]`: which push services there are, and their keys made ready.

use std::path::Path;
use std::sync::Arc;

use certus_registry::{Clock, Database};
use certus_sms_bridge::apns::{Apns, ApnsKey, ApnsSettings};
use certus_sms_bridge::fcm::{Fcm, FcmSettings, ServiceAccount};
use certus_sms_bridge::push::gateway::{PushGateway, Services};
use certus_sms_bridge::push::{KeyError, SetupError};
use certus_sms_bridge::webpush::{Reach, VapidKey, WebPush, WebPushSettings};
use serde::Deserialize;

/// A table for each push service that this installation has a key for.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Push {
    /// Browsers.
    pub web: Option<WebPushSettings>,
    /// Android.
    pub fcm: Option<FcmSettings>,
    /// iPhones.
    pub apns: Option<ApnsSettings>,
}

/// Why push could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum PushSetupError {
    /// A key file cannot be read.
    #[error("gateway.push: the key file {file} cannot be read: {why}")]
    Unreadable {
        /// Its name.
        file: String,
        /// What the system said.
        why: std::io::Error,
    },
    /// A key file holds no such key.
    #[error("gateway.push: the key file {file}: {why}")]
    Key {
        /// Its name.
        file: String,
        /// What was expected.
        why: KeyError,
    },
    /// A setting.
    #[error("gateway.push: {0}")]
    Setup(#[from] SetupError),
}

impl Push {
    /// Where browsers' push services may be.
    #[must_use]
    pub fn reach(&self) -> Reach {
        self.web.as_ref().map_or(Reach::Public, WebPushSettings::reach)
    }

    /// The gateway, with every key read.
    ///
    /// # Errors
    /// [`PushSetupError`], which names the file or the setting.
    pub fn gateway(&self, db: Database, clock: &Arc<dyn Clock>) -> Result<PushGateway, PushSetupError> {
        let clock = || Arc::clone(clock);
        let mut services = Services::default();
        if let Some(web) = &self.web {
            services.web = Some(WebPush::new(web, key(&web.key_file, VapidKey::from_pem)?, clock())?);
        }
        if let Some(fcm) = &self.fcm {
            services.fcm = Some(Fcm::new(fcm, key(&fcm.key_file, ServiceAccount::from_json)?, clock())?);
        }
        if let Some(apns) = &self.apns {
            services.apns = Some(Apns::new(apns.clone(), key(&apns.key_file, ApnsKey::from_pem)?, clock())?);
        }
        Ok(PushGateway::new(services, db, clock()))
    }
}

fn key<K>(file: &Path, read: impl FnOnce(&str) -> Result<K, KeyError>) -> Result<K, PushSetupError> {
    let name = || file.display().to_string();
    let text =
        std::fs::read_to_string(file).map_err(|why| PushSetupError::Unreadable { file: name(), why })?;
    read(&text).map_err(|why| PushSetupError::Key { file: name(), why })
}
