//! The dispatcher's own tables, on top of the registry's.
//!
//! Numbers of migrations: 0100 API, 0200 incidents, 0300 positions, 0400 channel tests, 0500 answers, 0600 places,
//! 0700 trails, 0800 road conditions, 0900 rests, 0910 imports, 0920 confirmations, 0930 reminders, 0945 policies.

use certus_registry::{Database, RegistryError};

/// Brings the dispatcher's tables up to date; the registry's must be there already.
///
/// # Errors
/// [`RegistryError::Migration`].
pub async fn migrate(db: &Database) -> Result<(), RegistryError> {
    Ok(db.migrate("dispatcher_migrations", sqlx::migrate!()).await?)
}
