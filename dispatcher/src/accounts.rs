//! Giving accounts and taking them away, from the command line or by an administrator at the pages; all of it is in the
//! audit log. A password that somebody hands over must be changed by its holder first.

use certus_registry::account::{Password, PasswordHash};
use certus_registry::audit::{Action, Actor, Line};
use certus_registry::store::{account, audit};
use certus_registry::vocabulary::written;
use certus_registry::volunteer::PersonName;
use certus_registry::{
    Account, AccountId, Database, Login, Random, RegistryError, Role, Secret, Timestamp, Tx,
};

use crate::sign_in::{Fault, hashed};

/// Who does it, and when.
#[derive(Debug)]
pub struct Hand<'a> {
    /// The database.
    pub db: &'a Database,
    /// The present.
    pub now: Timestamp,
    /// Where identifiers, passwords and salts come from.
    pub random: &'a Random,
    /// Who.
    pub actor: Actor,
}

impl Hand<'_> {
    /// Makes an account with a password that its holder must change, which is returned.
    ///
    /// # Errors
    /// [`Fault`]; [`RegistryError::Taken`] inside it when somebody has the login.
    pub async fn add(&self, login: Login, name: PersonName, roles: Vec<Role>) -> Result<Secret, Fault> {
        let (secret, hash) = self.drawn().await?;
        self.insert(login, name, roles, &hash, true).await?;
        Ok(secret)
    }

    /// Makes an account with a password that its holder has chosen.
    ///
    /// # Errors
    /// As [`Hand::add`].
    pub async fn add_with(
        &self,
        login: Login,
        name: PersonName,
        roles: Vec<Role>,
        password: Password,
    ) -> Result<(), Fault> {
        let hash = hashed(self.random, password).await?;
        self.insert(login, name, roles, &hash, false).await
    }

    async fn insert(
        &self,
        login: Login,
        name: PersonName,
        roles: Vec<Role>,
        password: &PasswordHash,
        must_change: bool,
    ) -> Result<(), Fault> {
        let roles = in_order(roles);
        let id = AccountId::new(self.now, self.random);
        let said = format!("account {id}: {}", written(&roles));
        let account =
            Account { id, login, name, roles, must_change, created_at: self.now, disabled_at: None };
        let mut tx = self.db.begin().await?;
        account::insert(&mut tx, &account, password).await?;
        self.keep(tx, Action::AccountAdded, said).await
    }

    /// Gives an account a new password, which its holder must change and which is returned; ends its sessions. `None`: there
    /// is no such account.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn new_password(&self, id: AccountId) -> Result<Option<Secret>, Fault> {
        let (secret, hash) = self.drawn().await?;
        let mut tx = self.db.begin().await?;
        if !account::set_password(&mut tx, id, &hash, true).await? {
            return Ok(None);
        }
        self.keep(tx, Action::PasswordSet, format!("account {id}, by somebody else")).await?;
        Ok(Some(secret))
    }

    /// Sets what an account's holder is; `false`: there is no such account.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn set_roles(&self, id: AccountId, roles: Vec<Role>) -> Result<bool, Fault> {
        let roles = in_order(roles);
        let mut tx = self.db.begin().await?;
        if !account::set_roles(&mut tx, id, &roles).await? {
            return Ok(false);
        }
        self.keep(tx, Action::AccountChanged, format!("account {id}: {}", written(&roles))).await?;
        Ok(true)
    }

    /// Switches an account off or on; `false`: there is no such account.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn switch(&self, id: AccountId, on: bool) -> Result<bool, Fault> {
        let mut tx = self.db.begin().await?;
        if !account::set_disabled(&mut tx, id, (!on).then_some(self.now)).await? {
            return Ok(false);
        }
        let said = format!("account {id}: switched {}", if on { "on" } else { "off" });
        self.keep(tx, Action::AccountChanged, said).await?;
        Ok(true)
    }

    async fn keep(&self, mut tx: Tx, action: Action, detail: String) -> Result<(), Fault> {
        audit::append(&mut tx, Line::new(self.now, self.actor, action, detail)).await?;
        Ok(tx.commit().await?)
    }

    async fn drawn(&self) -> Result<(Secret, PasswordHash), Fault> {
        let secret = Secret::generate(self.random);
        let hash = hashed(self.random, Password::typed(secret.reveal())).await?;
        Ok((secret, hash))
    }
}

/// Whether an error says that somebody else has the login.
#[must_use]
pub fn is_taken(fault: &Fault) -> bool {
    matches!(fault, Fault::Registry(RegistryError::Taken { .. }))
}

/// Each once, in the order of the vocabulary.
fn in_order(mut roles: Vec<Role>) -> Vec<Role> {
    roles.sort_unstable();
    roles.dedup();
    roles
}
