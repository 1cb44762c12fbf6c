//! People who sign in at the pages: operators, the board's officials, auditors, administrators. Not volunteers: those
//! need no account.

mod password;
pub mod throttle;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

pub use password::{HashError, Password, PasswordError, PasswordHash};

use crate::vocabulary::vocabulary;
use crate::volunteer::PersonName;
use crate::{AccountId, Remit, Scope, Timestamp};

vocabulary!(
    /// What somebody is at the pages; one person may be several.
    Role, "role" {
        /// Raises incidents and follows them.
        Operator = "operator",
        /// An official of the county board: keeps the registry.
        Board = "board",
        /// Keeps one organisation's own list of members and things; its remit is that list, and it is nothing else.
        Organisation = "organisation",
        /// Reads who has looked at what; changes nothing.
        Auditor = "auditor",
        /// Gives and takes away accounts; sees no volunteer.
        Administrator = "administrator",
    }
);

impl Role {
    /// What the role may do. The one table of it; the pages and the API ask for scopes only.
    #[must_use]
    pub const fn scopes(self) -> &'static [Scope] {
        match self {
            Self::Operator => &[Scope::IncidentsRead, Scope::IncidentsWrite, Scope::MessagesRead],
            Self::Board => {
                &[Scope::IncidentsRead, Scope::VolunteersRead, Scope::VolunteersWrite, Scope::MessagesRead]
            }
            Self::Organisation => &[Scope::VolunteersRead, Scope::MembersWrite],
            Self::Auditor => &[Scope::AuditRead],
            Self::Administrator => &[Scope::AccountsWrite, Scope::AuditRead],
        }
    }
}

/// Whether roles and remit go together: whoever keeps an organisation's list has that list for a remit and no other role, and
/// nobody else has.
#[must_use]
pub fn fit(roles: &[Role], remit: Remit) -> bool {
    let keeps_a_list = roles == [Role::Organisation];
    if remit.organisation().is_some() { keeps_a_list } else { !roles.contains(&Role::Organisation) }
}

/// The name somebody signs in with: 3 to 64 of `a`–`z`, digits and `. _ - @ +`, in lower case however it is typed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Login(String);

/// Why a text is no login.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected 3 to 64 letters a–z, digits or any of . _ - @ +")]
pub struct LoginError;

impl Login {
    /// As it is kept.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Login {
    type Err = LoginError;
    fn from_str(text: &str) -> Result<Self, LoginError> {
        let login = text.trim().to_ascii_lowercase();
        let fits = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || b"._-@+".contains(&c);
        if (3..=64).contains(&login.len()) && login.bytes().all(fits) {
            Ok(Self(login))
        } else {
            Err(LoginError)
        }
    }
}

impl TryFrom<String> for Login {
    type Error = LoginError;
    fn try_from(text: String) -> Result<Self, LoginError> {
        text.parse()
    }
}

impl From<Login> for String {
    fn from(login: Login) -> Self {
        login.0
    }
}

impl fmt::Display for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An account, without its password.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// The registry's own identifier.
    pub id: AccountId,
    /// What its holder types.
    pub login: Login,
    /// Whose it is.
    pub name: PersonName,
    /// What its holder is; never empty. Goes with the remit: [`fit`].
    pub roles: Vec<Role>,
    /// How far its holder's rights go.
    pub remit: Remit,
    /// Whether the password was given by somebody else and must be changed first.
    pub must_change: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it stopped working, if it did.
    pub disabled_at: Option<Timestamp>,
}

impl Account {
    /// Whether its holder may do this now. Who must change the password first may do nothing else.
    #[must_use]
    pub fn allows(&self, scope: Scope) -> bool {
        let is_open = self.disabled_at.is_none() && !self.must_change;
        let held = self.roles.iter().flat_map(|role| role.scopes());
        is_open && held.into_iter().any(|held| held.grants(scope))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_is_the_same_however_it_is_typed() {
        assert_eq!(
            " Anna.Berg@Lansstyrelsen.SE ".parse::<Login>().unwrap().as_str(),
            "anna.berg@lansstyrelsen.se"
        );
        for text in ["", "ab", "anna berg", "änna", &"a".repeat(65)] {
            assert_eq!(text.parse::<Login>(), Err(LoginError), "{text}");
        }
    }

    #[test]
    fn whoever_gives_accounts_sees_no_volunteer_and_whoever_must_change_the_password_does_nothing() {
        let (now, random) = (Timestamp::from_millis(0), crate::Random::from_seed(1));
        let account = Account {
            id: AccountId::new(now, &random),
            login: "anna".parse().unwrap(),
            name: "Anna Berg".parse().unwrap(),
            roles: vec![Role::Administrator],
            remit: Remit::All,
            must_change: false,
            created_at: now,
            disabled_at: None,
        };
        assert!(account.allows(Scope::AccountsWrite) && !account.allows(Scope::VolunteersRead));
        assert!(!Account { must_change: true, ..account.clone() }.allows(Scope::AccountsWrite));
        assert!(!Account { disabled_at: Some(now), ..account }.allows(Scope::AccountsWrite));
    }
}
