//! The table of last positions: one row a volunteer, newest fix wins, whoever writes it and in whichever order.
//!
//! One SQL text for both databases. It takes no part in any decision: a lost row costs one ping.

use certus_registry::{Database, Metres, Position, Timestamp, Tx, VolunteerId, on};
use sqlx::QueryBuilder;

use super::LastPosition;

/// Rows in one statement: 6 parameters × 500 stays below SQLite's 32 766, and takes a few milliseconds.
pub const ROWS_MAX: usize = 500;

const INSERT: &str = "INSERT INTO last_position (volunteer_id, lat, lon, accuracy_m, fixed_at, received_at) ";
const NEWEST_WINS: &str = " ON CONFLICT (volunteer_id) DO UPDATE SET lat = excluded.lat, \
     lon = excluded.lon, accuracy_m = excluded.accuracy_m, fixed_at = excluded.fixed_at, \
     received_at = excluded.received_at WHERE excluded.fixed_at > last_position.fixed_at";
const LOAD: &str = "SELECT volunteer_id, lat, lon, accuracy_m, fixed_at, received_at \
     FROM last_position ORDER BY volunteer_id";

/// Stores positions, of each volunteer at most one; gives how many were newer than what was stored.
/// Sorted by volunteer, several nodes at once cannot deadlock on PostgreSQL.
///
/// # Errors
/// [`sqlx::Error`]; drop the transaction then.
pub async fn put_many(tx: &mut Tx, positions: &[LastPosition]) -> Result<u64, sqlx::Error> {
    let mut newer = 0;
    for rows in positions.chunks(ROWS_MAX) {
        // Not persistent: a text for every number of rows would push the alarm's statements out of the cache.
        newer += on!(tx, c => {
            upsert(rows).build().persistent(false).execute(c).await?.rows_affected()
        });
    }
    Ok(newer)
}

fn upsert<DB: sqlx::Database>(rows: &[LastPosition]) -> QueryBuilder<DB>
where
    DB::Arguments: Default,
    for<'q> String: sqlx::Encode<'q, DB> + sqlx::Type<DB>,
    for<'q> f64: sqlx::Encode<'q, DB> + sqlx::Type<DB>,
    for<'q> Option<f64>: sqlx::Encode<'q, DB> + sqlx::Type<DB>,
    for<'q> i64: sqlx::Encode<'q, DB> + sqlx::Type<DB>,
{
    let mut query = QueryBuilder::new(INSERT);
    query.push_values(rows, |mut row, last| {
        row.push_bind(last.volunteer.to_string());
        row.push_bind(last.position.lat()).push_bind(last.position.lon());
        row.push_bind(last.accuracy.map(|accuracy| accuracy.0));
        row.push_bind(last.fixed_at.as_millis()).push_bind(last.received_at.as_millis());
    });
    query.push(NEWEST_WINS);
    query
}

/// Everyone's last position. A row that does not parse is left out with a warning: the next ping of that
/// phone repairs it, and an emergency service must start without it.
///
/// # Errors
/// [`sqlx::Error`].
pub async fn load(db: &Database) -> Result<Vec<LastPosition>, sqlx::Error> {
    let rows: Vec<Row> = on!(db, c => sqlx::query_as(LOAD).fetch_all(c).await?);
    let parse = |row: Row| {
        let id = row.volunteer_id.clone();
        LastPosition::try_from(row)
            .inspect_err(|why| tracing::warn!(volunteer.id = id, %why, "a stored position is damaged"))
            .ok()
    };
    Ok(rows.into_iter().filter_map(parse).collect())
}

/// Forgets where somebody was; nothing known is no error.
///
/// # Errors
/// [`sqlx::Error`]; drop the transaction then.
pub async fn remove(tx: &mut Tx, volunteer: VolunteerId) -> Result<(), sqlx::Error> {
    const SQL: &str = "DELETE FROM last_position WHERE volunteer_id = $1";
    on!(tx, c => sqlx::query(SQL).bind(volunteer.to_string()).execute(c).await.map(drop))
}

/// Forgets where people were who are not in the registry; gives how many there were.
///
/// # Errors
/// [`sqlx::Error`]; drop the transaction then.
pub async fn remove_strangers(tx: &mut Tx) -> Result<u64, sqlx::Error> {
    const SQL: &str = "DELETE FROM last_position WHERE volunteer_id NOT IN (SELECT id FROM volunteer)";
    Ok(on!(tx, c => sqlx::query(SQL).execute(c).await?.rows_affected()))
}

/// A position as it is stored, here and in a trail.
#[derive(sqlx::FromRow)]
pub(crate) struct Row {
    volunteer_id: String,
    lat: f64,
    lon: f64,
    accuracy_m: Option<f64>,
    fixed_at: Timestamp,
    received_at: Timestamp,
}

impl TryFrom<Row> for LastPosition {
    type Error = String;
    fn try_from(row: Row) -> Result<Self, String> {
        Ok(Self {
            volunteer: row.volunteer_id.parse().map_err(|_| "the volunteer's id is no UUID")?,
            position: Position::new(row.lat, row.lon).map_err(|why| why.to_string())?,
            accuracy: row.accuracy_m.map(Metres),
            fixed_at: row.fixed_at,
            received_at: row.received_at,
        })
    }
}
