//! A key with which another system calls the API, and what it may do with it.

use serde::{Deserialize, Serialize};

use crate::vocabulary::vocabulary;
use crate::volunteer::PersonName;
use crate::{Remit, Timestamp};

crate::define_id!(
    /// One API key.
    ApiKeyId
);

vocabulary!(
    /// One thing an API key may do.
    Scope, "scope" {
        /// Read incidents, decisions and events.
        IncidentsRead = "incidents:read",
        /// Raise, change and close incidents.
        IncidentsWrite = "incidents:write",
        /// Read volunteers and resources.
        VolunteersRead = "volunteers:read",
        /// Create and change volunteers and resources.
        VolunteersWrite = "volunteers:write",
        /// Of that, what an organisation does for its own list: people's details, hours and competences, and things. No
        /// vetting.
        MembersWrite = "members:write",
        /// Read messages and their fate.
        MessagesRead = "messages:read",
        /// Read the audit log.
        AuditRead = "audit:read",
        /// Give accounts and take them away.
        AccountsWrite = "accounts:write",
        /// Take over people whom another registry has approved. No role has it: at the pages two officials approve.
        VettingTakeOver = "vetting:take-over",
    }
);

impl Scope {
    /// Whether whoever has this right has the other: it, or what is a part of it.
    #[must_use]
    pub fn grants(self, other: Self) -> bool {
        self == other || matches!((self, other), (Self::VolunteersWrite, Self::MembersWrite))
    }
}

/// An API key; its secret is shown once when it is made and kept only as a hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiKey {
    /// The registry's own identifier.
    pub id: ApiKeyId,
    /// Whose key it is, for people.
    pub name: PersonName,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// How far its rights go.
    pub remit: Remit,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it does not work any more.
    pub expires_at: Timestamp,
    /// When it stopped working before that, if it did.
    pub revoked_at: Option<Timestamp>,
}

impl ApiKey {
    /// Whether the key may do `scope` while it works.
    #[must_use]
    pub fn allows(&self, scope: Scope) -> bool {
        self.revoked_at.is_none() && self.scopes.iter().any(|held| held.grants(scope))
    }

    /// Whether the key has come to its end by `now`.
    #[must_use]
    pub fn has_expired(&self, now: Timestamp) -> bool {
        self.expires_at <= now
    }
}
