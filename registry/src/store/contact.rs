//! The contacts of organisations.

use super::{damaged, revision, taken, within, wrote};
use crate::organisation::Email;
use crate::{Contact, ContactId, Database, OrganisationId, Phone, RegistryError, Remit, Timestamp, Tx, on};

/// The columns of [`Row`].
macro_rules! select {
    ($($rest:expr),+) => {
        concat!(
            "SELECT id, organisation_id, name, phone, email, stopped_at FROM organisation_contact ",
            $($rest),+
        )
    };
}

/// The organisation `$1`, if it is within the remit that `$2` and `$3` bind.
macro_rules! own {
    () => {
        concat!("(SELECT id FROM organisation WHERE id = $1 AND ", within!(2, 3, "county", "id"), ")")
    };
}

/// The contacts of an organisation within the remit, the one that is asked first first: in the order in which they were added.
///
/// # Errors
/// [`RegistryError::Database`], [`RegistryError::Damaged`].
pub async fn of(
    db: &Database,
    remit: Remit,
    organisation: OrganisationId,
) -> Result<Vec<Contact>, RegistryError> {
    let (sql, id) = (select!("WHERE organisation_id IN ", own!(), " ORDER BY id"), organisation.to_string());
    let (county, list) = remit.binds();
    let rows: Vec<Row> =
        on!(db, c => sqlx::query_as(sql).bind(id).bind(county).bind(list).fetch_all(c).await?);
    rows.into_iter().map(Contact::try_from).collect()
}

/// Whoever has this phone: one for each organisation that they answer for.
///
/// # Errors
/// [`RegistryError::Database`], [`RegistryError::Damaged`].
pub async fn by_phone(db: &Database, phone: &Phone) -> Result<Vec<Contact>, RegistryError> {
    let (sql, phone) = (select!("WHERE phone = $1 ORDER BY id"), phone.as_str());
    let rows: Vec<Row> = on!(db, c => sqlx::query_as(sql).bind(phone).fetch_all(c).await?);
    rows.into_iter().map(Contact::try_from).collect()
}

/// Adds a contact.
///
/// # Errors
/// [`RegistryError::Beyond`] when there is no such organisation within the remit; [`RegistryError::Taken`] when another contact of the organisation has the phone,
/// [`RegistryError::Database`].
pub async fn add(tx: &mut Tx, remit: Remit, now: Timestamp, contact: &Contact) -> Result<(), RegistryError> {
    const THERE: &str = concat!("SELECT id FROM organisation WHERE id IN ", own!());
    const SQL: &str = "INSERT INTO organisation_contact (id, organisation_id, name, phone, email, stopped_at, changed_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)";
    revision::hold(tx).await?;
    let (county, list) = remit.binds();
    let there: Option<String> = on!(tx, c => sqlx::query_scalar(THERE)
        .bind(contact.organisation.to_string()).bind(county).bind(list).fetch_optional(c).await?);
    if there.is_none() {
        return Err(RegistryError::Beyond { what: "organisation" });
    }
    let affected = on!(tx, c => sqlx::query(SQL)
        .bind(contact.id.to_string()).bind(contact.organisation.to_string()).bind(contact.name.as_str())
        .bind(contact.phone.as_str()).bind(contact.email.as_ref().map(Email::as_str)).bind(contact.stopped_at).bind(now)
        .execute(c).await.map_err(|e| taken(e, "contact's phone"))?.rows_affected());
    wrote(affected, 1)?;
    revision::bump(tx).await
}

/// Takes a contact of the organisation away. False: there is none such within the remit.
///
/// # Errors
/// [`RegistryError::Database`].
pub async fn remove(
    tx: &mut Tx,
    remit: Remit,
    organisation: OrganisationId,
    contact: ContactId,
) -> Result<bool, RegistryError> {
    const SQL: &str =
        concat!("DELETE FROM organisation_contact WHERE id = $4 AND organisation_id IN ", own!());
    revision::hold(tx).await?;
    let (id, organisation) = (contact.to_string(), organisation.to_string());
    let (county, list) = remit.binds();
    let affected = on!(tx, c => sqlx::query(SQL)
        .bind(organisation).bind(county).bind(list).bind(id).execute(c).await?.rows_affected());
    if affected == 1 {
        revision::bump(tx).await?;
    }
    Ok(affected == 1)
}

/// Nothing is sent to the contacts with this phone any more. False: nobody who is still written to has it.
///
/// # Errors
/// [`RegistryError::Database`].
pub async fn stop(tx: &mut Tx, now: Timestamp, phone: &Phone) -> Result<bool, RegistryError> {
    const SQL: &str = "UPDATE organisation_contact SET stopped_at = $1, changed_at = $1 \
         WHERE phone = $2 AND stopped_at IS NULL";
    revision::hold(tx).await?;
    let affected =
        on!(tx, c => sqlx::query(SQL).bind(now).bind(phone.as_str()).execute(c).await?.rows_affected());
    if affected > 0 {
        revision::bump(tx).await?;
    }
    Ok(affected > 0)
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    organisation_id: String,
    name: String,
    phone: String,
    email: Option<String>,
    stopped_at: Option<Timestamp>,
}

impl TryFrom<Row> for Contact {
    type Error = RegistryError;
    fn try_from(row: Row) -> Result<Self, RegistryError> {
        let broken = |why: &dyn std::fmt::Display| damaged("contact", &row.id, why);
        Ok(Self {
            id: row.id.parse().map_err(|e| broken(&e))?,
            organisation: row.organisation_id.parse().map_err(|e| broken(&e))?,
            name: row.name.parse().map_err(|e| broken(&e))?,
            phone: row.phone.parse().map_err(|e| broken(&e))?,
            email: row.email.map(|email| email.parse()).transpose().map_err(|e| broken(&e))?,
            stopped_at: row.stopped_at,
        })
    }
}
