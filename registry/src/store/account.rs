//! Accounts, where their holders are signed in, and wrong passwords. None of it advances the registry's revision: nobody's
//! eligibility depends on it.

use crate::account::throttle::{FORGOTTEN_AFTER, Tries};
use crate::account::{Account, Login, PasswordHash, Role};
use crate::seal::{Place, Seal};
use crate::store::{damaged, hold, sealing, taken, within, wrote};
use crate::vocabulary::{words, written};
use crate::{AccountId, Database, RegistryError, Remit, SecretHash, Timestamp, Tx, on};

const NAME: &str = "account.name";
/// Browsers remembered for an account; the one longest unused goes first.
const DEVICES_MAX: i64 = 10;

/// The columns of [`Row`].
macro_rules! select {
    ($($rest:expr),+) => {
        concat!(
            "SELECT a.id, a.login, a.name, a.roles, a.county, a.organisation_id, a.password, a.must_change, a.created_at, ",
            "a.disabled_at, a.seal FROM account a ",
            $($rest),+
        )
    };
}

/// Adds an account.
///
/// # Errors
/// [`RegistryError::Taken`] when the login is somebody else's (drop the transaction then), [`RegistryError::Database`].
pub async fn insert(tx: &mut Tx, account: &Account, password: &PasswordHash) -> Result<(), RegistryError> {
    const SQL: &str = "INSERT INTO account (id, login, name, roles, password, must_change, created_at, disabled_at, \
         county, organisation_id, seal) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
    hold(tx).await?;
    let (sealer, id) = (tx.sealer(), account.id.to_string());
    let name = sealer.text(Place { column: NAME, row: &id }, account.name.as_str());
    let (county, organisation) = account.remit.columns();
    let affected = on!(tx, c => sqlx::query(SQL)
        .bind(&id).bind(account.login.as_str()).bind(name)
        .bind(written(&account.roles)).bind(password.as_str()).bind(account.must_change)
        .bind(account.created_at).bind(account.disabled_at).bind(county).bind(organisation).bind(sealer.number())
        .execute(c).await.map_err(|e| taken(e, "login"))?.rows_affected());
    wrote(affected, 1)
}

/// The accounts whose remit a holder of this one may give, by login.
///
/// # Errors
/// [`RegistryError::Database`], [`RegistryError::Damaged`].
pub async fn all(db: &Database, remit: Remit) -> Result<Vec<Account>, RegistryError> {
    let sql = select!("WHERE ", within!(1, 2, "a.county", "a.organisation_id"), " ORDER BY a.login");
    let (county, list) = remit.binds();
    let rows: Vec<Row> = on!(db, c => sqlx::query_as(sql).bind(county).bind(list).fetch_all(c).await?);
    Ok(opened(db, rows).await?.into_iter().map(|(account, _)| account).collect())
}

/// One account whose remit a holder of this one may give.
///
/// # Errors
/// [`RegistryError::Database`], [`RegistryError::Damaged`].
pub async fn get(db: &Database, remit: Remit, id: AccountId) -> Result<Option<Account>, RegistryError> {
    let sql = select!("WHERE a.id = $1 AND ", within!(2, 3, "a.county", "a.organisation_id"));
    let (county, list) = remit.binds();
    let row: Option<Row> = on!(db, c => sqlx::query_as(sql)
        .bind(id.to_string()).bind(county).bind(list).fetch_optional(c).await?);
    Ok(opened(db, row.into_iter().collect()).await?.pop().map(|(account, _)| account))
}

/// The account with this login, and what its password must fit.
///
/// # Errors
/// [`RegistryError::Database`], [`RegistryError::Damaged`].
pub async fn by_login(
    db: &Database,
    login: &Login,
) -> Result<Option<(Account, PasswordHash)>, RegistryError> {
    let sql = select!("WHERE a.login = $1");
    let row: Option<Row> = on!(db, c => sqlx::query_as(sql).bind(login.as_str()).fetch_optional(c).await?);
    Ok(opened(db, row.into_iter().collect()).await?.pop())
}

/// Sets a password and ends the account's sessions; `false` when there is no such account.
///
/// # Errors
/// [`RegistryError::Database`].
pub async fn set_password(
    tx: &mut Tx,
    id: AccountId,
    password: &PasswordHash,
    must_change: bool,
) -> Result<bool, RegistryError> {
    const SQL: &str = "UPDATE account SET password = $1, must_change = $2 WHERE id = $3";
    let affected = on!(tx, c => sqlx::query(SQL).bind(password.as_str()).bind(must_change).bind(id.to_string())
        .execute(c).await?.rows_affected());
    end_all(tx, id).await?;
    Ok(affected == 1)
}

/// Sets what the holder is, and how far their rights go; `false` when there is no such account.
///
/// # Errors
/// [`RegistryError::Database`].
pub async fn set_rights(
    tx: &mut Tx,
    id: AccountId,
    roles: &[Role],
    remit: Remit,
) -> Result<bool, RegistryError> {
    const SQL: &str = "UPDATE account SET roles = $1, county = $2, organisation_id = $3 WHERE id = $4";
    let (county, organisation) = remit.columns();
    let affected = on!(tx, c => sqlx::query(SQL)
        .bind(written(roles)).bind(county).bind(organisation).bind(id.to_string()).execute(c).await?.rows_affected());
    Ok(affected == 1)
}

/// Switches an account off, which ends its sessions, or on again; `false` when there is no such account.
///
/// # Errors
/// [`RegistryError::Database`].
pub async fn set_disabled(
    tx: &mut Tx,
    id: AccountId,
    since: Option<Timestamp>,
) -> Result<bool, RegistryError> {
    const SQL: &str = "UPDATE account SET disabled_at = $1 WHERE id = $2";
    let affected =
        on!(tx, c => sqlx::query(SQL).bind(since).bind(id.to_string()).execute(c).await?.rows_affected());
    if since.is_some() {
        end_all(tx, id).await?;
    }
    Ok(affected == 1)
}

/// Begins a session, which ends by itself at `ends_at`.
///
/// # Errors
/// [`RegistryError::Database`].
pub async fn begin_session(
    tx: &mut Tx,
    id: AccountId,
    secret: &SecretHash,
    now: Timestamp,
    ends_at: Timestamp,
) -> Result<(), RegistryError> {
    const SQL: &str =
        "INSERT INTO account_session (secret, account_id, created_at, ends_at) VALUES ($1, $2, $3, $4)";
    forget_sessions(tx, now).await?;
    let affected = on!(tx, c => sqlx::query(SQL).bind(secret.as_str()).bind(id.to_string()).bind(now).bind(ends_at)
        .execute(c).await?.rows_affected());
    wrote(affected, 1)
}

/// Forgets the sessions that have ended by `now`; gives how many.
///
/// # Errors
/// [`RegistryError::Database`].
pub async fn forget_sessions(tx: &mut Tx, now: Timestamp) -> Result<u64, RegistryError> {
    const SQL: &str = "DELETE FROM account_session WHERE ends_at <= $1";
    Ok(on!(tx, c => sqlx::query(SQL).bind(now).execute(c).await?.rows_affected()))
}

/// Whose session this is at `now`.
///
/// # Errors
/// [`RegistryError::Database`], [`RegistryError::Damaged`].
pub async fn by_session(
    db: &Database,
    secret: &SecretHash,
    now: Timestamp,
) -> Result<Option<Account>, RegistryError> {
    let sql = select!(
        "JOIN account_session s ON s.account_id = a.id WHERE s.secret = $1 AND s.ends_at > $2 AND a.disabled_at IS NULL"
    );
    let row: Option<Row> =
        on!(db, c => sqlx::query_as(sql).bind(secret.as_str()).bind(now).fetch_optional(c).await?);
    Ok(opened(db, row.into_iter().collect()).await?.pop().map(|(account, _)| account))
}

/// Ends one session; one that has ended already is no error.
///
/// # Errors
/// [`RegistryError::Database`].
pub async fn end_session(tx: &mut Tx, secret: &SecretHash) -> Result<(), RegistryError> {
    const SQL: &str = "DELETE FROM account_session WHERE secret = $1";
    on!(tx, c => sqlx::query(SQL).bind(secret.as_str()).execute(c).await.map(drop)?);
    Ok(())
}

async fn end_all(tx: &mut Tx, id: AccountId) -> Result<(), RegistryError> {
    const SQL: &str = "DELETE FROM account_session WHERE account_id = $1";
    on!(tx, c => sqlx::query(SQL).bind(id.to_string()).execute(c).await.map(drop)?);
    Ok(())
}

/// Whether this account has been signed in with this browser before.
///
/// # Errors
/// [`RegistryError::Database`].
pub async fn knows_device(db: &Database, id: AccountId, device: &SecretHash) -> Result<bool, RegistryError> {
    const SQL: &str = "SELECT COUNT(*) FROM account_device WHERE secret = $1 AND account_id = $2";
    let known: i64 =
        on!(db, c => sqlx::query_scalar(SQL).bind(device.as_str()).bind(id.to_string()).fetch_one(c).await?);
    Ok(known == 1)
}

/// Remembers a browser in which the account has just been signed in, and forgets those beyond the ten last used.
///
/// # Errors
/// [`RegistryError::Database`].
pub async fn remember_device(
    tx: &mut Tx,
    id: AccountId,
    device: &SecretHash,
    now: Timestamp,
) -> Result<(), RegistryError> {
    const SQL: &str = "INSERT INTO account_device (secret, account_id, used_at) VALUES ($1, $2, $3) \
         ON CONFLICT (secret) DO UPDATE SET account_id = excluded.account_id, used_at = excluded.used_at";
    const FORGET: &str = "DELETE FROM account_device WHERE account_id = $1 AND secret NOT IN ( \
         SELECT secret FROM account_device WHERE account_id = $1 ORDER BY used_at DESC, secret LIMIT $2)";
    let id = id.to_string();
    on!(tx, c => sqlx::query(SQL).bind(device.as_str()).bind(&id).bind(now).execute(c).await.map(drop)?);
    on!(tx, c => sqlx::query(FORGET).bind(&id).bind(DEVICES_MAX).execute(c).await.map(drop)?);
    Ok(())
}

/// The tries for a login, from a browser that it knows or from any other.
///
/// # Errors
/// [`RegistryError::Database`].
pub async fn tries(
    db: &Database,
    login: &Login,
    device: Option<&SecretHash>,
) -> Result<Tries, RegistryError> {
    const SQL: &str = "SELECT failures, last_at FROM account_tries WHERE login = $1 AND device = $2";
    let row: Option<(i64, Timestamp)> = on!(db, c => sqlx::query_as(SQL)
        .bind(login.as_str()).bind(device.map_or("", SecretHash::as_str)).fetch_optional(c).await?);
    Ok(row.map_or_else(Tries::default, |(failures, last_at)| Tries {
        failures: u32::try_from(failures).unwrap_or(u32::MAX),
        last_at: Some(last_at),
    }))
}

/// Counts a wrong password, and forgets old ones of anybody.
///
/// # Errors
/// [`RegistryError::Database`].
pub async fn failed(
    tx: &mut Tx,
    login: &Login,
    device: Option<&SecretHash>,
    now: Timestamp,
) -> Result<(), RegistryError> {
    const FORGET: &str = "DELETE FROM account_tries WHERE last_at <= $1";
    const SQL: &str = "INSERT INTO account_tries (login, device, failures, last_at) VALUES ($1, $2, 1, $3) \
         ON CONFLICT (login, device) DO UPDATE SET failures = account_tries.failures + 1, last_at = excluded.last_at";
    on!(tx, c => sqlx::query(FORGET).bind(now - FORGOTTEN_AFTER).execute(c).await.map(drop)?);
    let device = device.map_or("", SecretHash::as_str);
    on!(tx, c => sqlx::query(SQL).bind(login.as_str()).bind(device).bind(now).execute(c).await.map(drop)?);
    Ok(())
}

/// Forgets the wrong passwords before a right one.
///
/// # Errors
/// [`RegistryError::Database`].
pub async fn succeeded(tx: &mut Tx, login: &Login, device: Option<&SecretHash>) -> Result<(), RegistryError> {
    const SQL: &str = "DELETE FROM account_tries WHERE login = $1 AND device = $2";
    let device = device.map_or("", SecretHash::as_str);
    on!(tx, c => sqlx::query(SQL).bind(login.as_str()).bind(device).execute(c).await.map(drop)?);
    Ok(())
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    login: String,
    name: String,
    roles: String,
    county: String,
    organisation_id: Option<String>,
    password: String,
    must_change: bool,
    created_at: Timestamp,
    disabled_at: Option<Timestamp>,
    seal: i64,
}

async fn opened(db: &Database, rows: Vec<Row>) -> Result<Vec<(Account, PasswordHash)>, RegistryError> {
    let seal = sealing::known(db, rows.iter().map(|row| row.seal)).await?;
    rows.into_iter().map(|row| row.parse(&seal)).collect()
}

impl Row {
    fn parse(self, seal: &Seal) -> Result<(Account, PasswordHash), RegistryError> {
        let broken = |why: &dyn std::fmt::Display| damaged("account", &self.id, why);
        let place = Place { column: NAME, row: &self.id };
        let name = seal.open(self.seal, place, &self.name).map_err(|e| broken(&e))?;
        let account = Account {
            id: self.id.parse().map_err(|e| broken(&e))?,
            login: self.login.parse().map_err(|e| broken(&e))?,
            name: name.parse().map_err(|e| broken(&e))?,
            roles: words(&self.roles).map_err(|e| broken(&e))?,
            remit: Remit::from_columns(&self.county, self.organisation_id.as_deref())
                .map_err(|e| broken(&e))?,
            must_change: self.must_change,
            created_at: self.created_at,
            disabled_at: self.disabled_at,
        };
        let password = PasswordHash::try_from(self.password).map_err(|e| broken(&e))?;
        Ok((account, password))
    }
}

/// Writes the names of at most `limit` accounts anew that are under another key than the newest.
pub(super) async fn move_to_newest(tx: &mut Tx, limit: u32) -> Result<u64, RegistryError> {
    const SELECT: &str = "SELECT id, name, seal FROM account WHERE seal <> $1 ORDER BY id LIMIT $2";
    const UPDATE: &str = "UPDATE account SET name = $1, seal = $2 WHERE id = $3";
    let sealer = tx.sealer();
    let rows: Vec<(String, String, i64)> = on!(tx, c => sqlx::query_as(SELECT)
        .bind(sealer.number()).bind(i64::from(limit)).fetch_all(c).await?);
    let seal = sealing::known_within(tx, rows.iter().map(|(.., number)| *number)).await?;
    let mut moved = 0;
    for (id, stored, number) in rows {
        let place = Place { column: NAME, row: &id };
        let name = seal.open(number, place, &stored).map_err(|e| damaged("account", &id, &e))?;
        let affected = on!(tx, c => sqlx::query(UPDATE)
            .bind(sealer.text(place, &name)).bind(sealer.number()).bind(&id).execute(c).await?.rows_affected());
        wrote(affected, 1)?;
        moved += 1;
    }
    Ok(moved)
}
