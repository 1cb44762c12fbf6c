//! Giving accounts and taking them away, from the command line or by an administrator at the pages; all of it is in the
//! audit log. A password that somebody hands over must be changed by its holder first.

use std::fmt;

use certus_registry::account::{self, Password, PasswordHash};
use certus_registry::audit::{Action, Actor, Line};
use certus_registry::store::{self, audit};
use certus_registry::vocabulary::written;
use certus_registry::volunteer::PersonName;
use certus_registry::{
    Account, AccountId, Database, Login, Random, RegistryError, Remit, Role, Secret, Timestamp, Tx,
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
    /// How far their rights go: no account with wider ones is given, changed or seen.
    pub remit: Remit,
}

/// What an account's holder is, and how far their rights go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rights {
    roles: Vec<Role>,
    remit: Remit,
}

impl Rights {
    /// Of these roles, each once, over this remit. `None`: they do not go together, or there is no role.
    #[must_use]
    pub fn new(mut roles: Vec<Role>, remit: Remit) -> Option<Self> {
        roles.sort_unstable();
        roles.dedup();
        (!roles.is_empty() && account::fit(&roles, remit)).then_some(Self { roles, remit })
    }
}

/// For the log.
impl fmt::Display for Rights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} over {}", written(&self.roles), self.remit)
    }
}

impl Hand<'_> {
    /// Makes an account with a password that its holder must change, which is returned.
    ///
    /// # Errors
    /// [`Fault`]; [`RegistryError::Taken`] inside it when somebody has the login, [`RegistryError::Beyond`] when the rights
    /// go farther than those of whoever gives them.
    pub async fn add(&self, login: Login, name: PersonName, rights: Rights) -> Result<Secret, Fault> {
        let (secret, hash) = self.drawn().await?;
        self.insert(login, name, rights, &hash, true).await?;
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
        rights: Rights,
        password: Password,
    ) -> Result<(), Fault> {
        let hash = hashed(self.random, password).await?;
        self.insert(login, name, rights, &hash, false).await
    }

    async fn insert(
        &self,
        login: Login,
        name: PersonName,
        rights: Rights,
        password: &PasswordHash,
        must_change: bool,
    ) -> Result<(), Fault> {
        self.may_give(&rights)?;
        let id = AccountId::new(self.now, self.random);
        let said = format!("account {id}: {rights}");
        let (Rights { roles, remit }, created_at) = (rights, self.now);
        let account = Account { id, login, name, roles, remit, must_change, created_at, disabled_at: None };
        let mut tx = self.db.begin().await?;
        store::account::insert(&mut tx, &account, password).await?;
        self.keep(tx, Action::AccountAdded, said).await
    }

    /// Gives an account a new password, which its holder must change and which is returned; ends its sessions. `None`: there
    /// is no such account.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn new_password(&self, id: AccountId) -> Result<Option<Secret>, Fault> {
        if !self.may_change(id).await? {
            return Ok(None);
        }
        let (secret, hash) = self.drawn().await?;
        let mut tx = self.db.begin().await?;
        if !store::account::set_password(&mut tx, id, &hash, true).await? {
            return Ok(None);
        }
        self.keep(tx, Action::PasswordSet, format!("account {id}, by somebody else")).await?;
        Ok(Some(secret))
    }

    /// Sets what an account's holder is and how far their rights go; `false`: there is no such account.
    ///
    /// # Errors
    /// [`Fault`]; [`RegistryError::Beyond`] inside it when the rights go farther than those of whoever gives them.
    pub async fn set_rights(&self, id: AccountId, rights: Rights) -> Result<bool, Fault> {
        self.may_give(&rights)?;
        if !self.may_change(id).await? {
            return Ok(false);
        }
        let mut tx = self.db.begin().await?;
        if !store::account::set_rights(&mut tx, id, &rights.roles, rights.remit).await? {
            return Ok(false);
        }
        self.keep(tx, Action::AccountChanged, format!("account {id}: {rights}")).await?;
        Ok(true)
    }

    /// Switches an account off or on; `false`: there is no such account.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn switch(&self, id: AccountId, on: bool) -> Result<bool, Fault> {
        if !self.may_change(id).await? {
            return Ok(false);
        }
        let mut tx = self.db.begin().await?;
        if !store::account::set_disabled(&mut tx, id, (!on).then_some(self.now)).await? {
            return Ok(false);
        }
        let said = format!("account {id}: switched {}", if on { "on" } else { "off" });
        self.keep(tx, Action::AccountChanged, said).await?;
        Ok(true)
    }

    fn may_give(&self, rights: &Rights) -> Result<(), Fault> {
        let may = self.remit.includes(rights.remit);
        if may { Ok(()) } else { Err(RegistryError::Beyond { what: "account" }.into()) }
    }

    async fn may_change(&self, id: AccountId) -> Result<bool, Fault> {
        Ok(store::account::get(self.db, self.remit, id).await?.is_some())
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
