//! What an administrator says about FCM, and the key file that Google gave them.

use std::fmt;
use std::path::PathBuf;

use jsonwebtoken::EncodingKey;
use reqwest::Url;
use serde::Deserialize;

use crate::push::{KeyError, SetupError, http};

/// Where FCM is and who we are to it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FcmSettings {
    /// The service account's key file, JSON as Google's console gives it. The project and where tokens are fetched stand
    /// in it.
    pub key_file: PathBuf,
    /// Where the API is; `https://fcm.googleapis.com` unless tested.
    #[serde(default = "base_url")]
    pub base_url: String,
}

fn base_url() -> String {
    "https://fcm.googleapis.com".to_owned()
}

/// Who we are to Google. `Debug` shows the project only.
#[derive(Clone)]
pub struct ServiceAccount {
    pub(super) project: String,
    pub(super) email: String,
    pub(super) key_id: String,
    pub(super) key: EncodingKey,
    pub(super) token_uri: Url,
    /// `token_uri` as the file writes it: the assertion repeats it octet for octet.
    pub(super) audience: String,
}

/// What of the file is used.
#[derive(Deserialize)]
struct Written {
    project_id: String,
    private_key_id: String,
    private_key: String,
    client_email: String,
    token_uri: String,
}

impl ServiceAccount {
    /// Reads the text of a key file.
    ///
    /// # Errors
    /// [`KeyError`] when it is none.
    pub fn from_json(text: &str) -> Result<Self, KeyError> {
        let wrong = KeyError::NotServiceAccount;
        let written: Written = serde_json::from_str(text).map_err(|_| wrong)?;
        let key = EncodingKey::from_rsa_pem(written.private_key.as_bytes()).map_err(|_| wrong)?;
        let token_uri = Url::parse(&written.token_uri).map_err(|_| wrong)?;
        // It becomes a part of a path.
        let plain = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'-' | b':' | b'.');
        let usable = !written.project_id.is_empty() && written.project_id.bytes().all(plain);
        if !usable || !matches!(token_uri.scheme(), "http" | "https") {
            return Err(wrong);
        }
        let Written {
            project_id: project,
            private_key_id: key_id,
            client_email: email,
            token_uri: audience,
            ..
        } = written;
        Ok(Self { project, email, key_id, key, token_uri, audience })
    }
}

impl FcmSettings {
    /// Where a project's messages are sent.
    pub(super) fn messages(&self, account: &ServiceAccount) -> Result<Url, SetupError> {
        http::url(&self.base_url, &format!("v1/projects/{}/messages:send", account.project), "base_url")
    }
}

impl fmt::Debug for ServiceAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServiceAccount").field("project", &self.project).finish_non_exhaustive()
    }
}
