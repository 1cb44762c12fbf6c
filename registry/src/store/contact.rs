//! The contacts of organisations.

use super::{damaged, revision, sealing, taken, within, wrote};
use crate::seal::{Place, Seal, Sealer};
use crate::{Contact, ContactId, Database, OrganisationId, Phone, RegistryError, Remit, Timestamp, Tx, on};

const NAME: &str = "organisation_contact.name";
const PHONE: &str = "organisation_contact.phone";
const EMAIL: &str = "organisation_contact.email";

/// The columns of [`Row`].
macro_rules! select {
    ($($rest:expr),+) => {
        concat!(
            "SELECT id, organisation_id, name, COALESCE(phone_sealed, phone) AS phone, email, stopped_at, seal ",
            "FROM organisation_contact ",
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
    opened(db, rows).await
}

/// Whoever has this phone: one for each organisation that they answer for.
///
/// # Errors
/// [`RegistryError::Database`], [`RegistryError::Damaged`].
pub async fn by_phone(db: &Database, phone: &Phone) -> Result<Vec<Contact>, RegistryError> {
    let found = with_phone(db, phone).await?;
    if found.is_empty() && sealing::renewed(db).await? { with_phone(db, phone).await } else { Ok(found) }
}

async fn with_phone(db: &Database, phone: &Phone) -> Result<Vec<Contact>, RegistryError> {
    let sql = select!("WHERE phone IN ($1, $2) ORDER BY id");
    let [newest, before] = db.keyring().sealer().finders(PHONE, phone);
    let rows: Vec<Row> = on!(db, c => sqlx::query_as(sql).bind(newest).bind(before).fetch_all(c).await?);
    opened(db, rows).await
}

async fn opened(db: &Database, rows: Vec<Row>) -> Result<Vec<Contact>, RegistryError> {
    let seal = sealing::known(db, rows.iter().map(|row| row.seal)).await?;
    rows.into_iter().map(|row| row.open(&seal)).collect()
}

/// Adds a contact.
///
/// # Errors
/// [`RegistryError::Beyond`] when there is no such organisation within the remit; [`RegistryError::Taken`] when another contact of the organisation has the phone,
/// [`RegistryError::Database`].
pub async fn add(tx: &mut Tx, remit: Remit, now: Timestamp, contact: &Contact) -> Result<(), RegistryError> {
    const THERE: &str = concat!("SELECT id FROM organisation WHERE id IN ", own!());
    const HELD: &str =
        "SELECT COUNT(*) FROM organisation_contact WHERE organisation_id = $1 AND phone IN ($2, $3)";
    const SQL: &str = "INSERT INTO organisation_contact (id, organisation_id, name, phone, email, stopped_at, changed_at, \
         phone_sealed, seal) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    revision::hold(tx).await?;
    let (county, list) = remit.binds();
    let there: Option<String> = on!(tx, c => sqlx::query_scalar(THERE)
        .bind(contact.organisation.to_string()).bind(county).bind(list).fetch_optional(c).await?);
    if there.is_none() {
        return Err(RegistryError::Beyond { what: "organisation" });
    }
    let sealer = tx.sealer();
    let [newest, before] = sealer.finders(PHONE, &contact.phone);
    // While rows are moved to another key, the database does not see that two are one.
    let held: i64 = on!(tx, c => sqlx::query_scalar(HELD)
        .bind(contact.organisation.to_string()).bind(newest).bind(before).fetch_one(c).await?);
    if held > 0 {
        return Err(RegistryError::Taken { what: "contact's phone" });
    }
    let stored = Stored::of(&sealer, contact);
    let affected = on!(tx, c => sqlx::query(SQL)
        .bind(contact.id.to_string()).bind(contact.organisation.to_string()).bind(&stored.name)
        .bind(&stored.phone).bind(&stored.email).bind(contact.stopped_at).bind(now)
        .bind(&stored.phone_sealed).bind(stored.seal)
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
         WHERE phone IN ($2, $3) AND stopped_at IS NULL";
    revision::hold(tx).await?;
    let [newest, before] = tx.sealer().finders(PHONE, phone);
    let affected = on!(tx, c => sqlx::query(SQL).bind(now).bind(newest).bind(before)
        .execute(c).await?.rows_affected());
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
    seal: i64,
}

impl Row {
    fn open(self, seal: &Seal) -> Result<Contact, RegistryError> {
        let broken = |why: &dyn std::fmt::Display| damaged("contact", &self.id, why);
        let open = |column, stored: &str| {
            seal.open(self.seal, Place { column, row: &self.id }, stored).map_err(|e| broken(&e))
        };
        let email = self.email.as_deref().map(|email| open(EMAIL, email)).transpose()?;
        Ok(Contact {
            name: open(NAME, &self.name)?.parse().map_err(|e| broken(&e))?,
            phone: open(PHONE, &self.phone)?.parse().map_err(|e| broken(&e))?,
            email: email.map(|email| email.parse()).transpose().map_err(|e| broken(&e))?,
            stopped_at: self.stopped_at,
            id: self.id.parse().map_err(|e| broken(&e))?,
            organisation: self.organisation_id.parse().map_err(|e| broken(&e))?,
        })
    }
}

/// What the columns keep of a contact that may be sealed.
struct Stored {
    name: String,
    phone: String,
    phone_sealed: Option<String>,
    email: Option<String>,
    seal: i64,
}

impl Stored {
    fn of(sealer: &Sealer, contact: &Contact) -> Self {
        let id = contact.id.to_string();
        let place = |column| Place { column, row: &id };
        let (phone, phone_sealed) = sealer.phone(place(PHONE), &contact.phone);
        Self {
            name: sealer.text(place(NAME), contact.name.as_str()),
            phone,
            phone_sealed,
            email: contact.email.as_ref().map(|email| sealer.text(place(EMAIL), email.as_str())),
            seal: sealer.number(),
        }
    }
}

/// Writes at most `limit` contacts anew that are under another key than the newest.
pub(super) async fn move_to_newest(tx: &mut Tx, limit: u32) -> Result<u64, RegistryError> {
    const UPDATE: &str = "UPDATE organisation_contact SET name = $1, phone = $2, phone_sealed = $3, email = $4, seal = $5 \
         WHERE id = $6";
    let (sql, sealer) = (select!("WHERE seal <> $1 ORDER BY id LIMIT $2"), tx.sealer());
    let rows: Vec<Row> = on!(tx, c => sqlx::query_as(sql)
        .bind(sealer.number()).bind(i64::from(limit)).fetch_all(c).await?);
    let seal = sealing::known_within(tx, rows.iter().map(|row| row.seal)).await?;
    let mut moved = 0;
    for row in rows {
        let contact = row.open(&seal)?;
        let stored = Stored::of(&sealer, &contact);
        let affected = on!(tx, c => sqlx::query(UPDATE)
            .bind(stored.name).bind(stored.phone).bind(stored.phone_sealed).bind(stored.email).bind(stored.seal)
            .bind(contact.id.to_string()).execute(c).await?.rows_affected());
        wrote(affected, 1)?;
        moved += 1;
    }
    Ok(moved)
}
