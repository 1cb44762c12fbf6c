//! What goes into the audit log: every read of a person's record, and every change, in the transaction of the change.

use certus_registry::audit::{Action, Line};
use certus_registry::store::audit;
use certus_registry::{RegistryError, Tx, VolunteerId};

use super::{App, Caller};

impl App {
    /// Writes down, before it is shown, that the caller has looked at these people.
    ///
    /// # Errors
    /// [`RegistryError`]: then nothing may be shown.
    pub async fn looked_at(
        &self,
        caller: &Caller,
        action: Action,
        about: Vec<VolunteerId>,
    ) -> Result<(), RegistryError> {
        if about.is_empty() {
            return Ok(());
        }
        let mut tx = self.db.begin().await?;
        self.did(&mut tx, caller, action, about, "").await?;
        Ok(tx.commit().await?)
    }

    /// Writes down what the caller does in this transaction; call it last, for it keeps other lines out.
    ///
    /// # Errors
    /// [`RegistryError`].
    pub async fn did(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        action: Action,
        about: Vec<VolunteerId>,
        detail: &str,
    ) -> Result<(), RegistryError> {
        let (at, actor, detail) = (self.clock.now(), caller.actor(), detail.to_owned());
        audit::append(tx, Line { at, actor, action, about, detail }).await
    }
}
