//! Several writes in one trip to the database.
//!
//! A trip to SQLite's thread or to PostgreSQL's socket costs as much as the write itself. A batch joins statements:
//! with semicolons for SQLite, as one `WITH` for PostgreSQL, which has no other way to take parameters for several.
//! Each statement says how many rows it is to touch; what does not come out even must be rolled back by the caller.
//! Statements must not depend on each other's effects: PostgreSQL runs them all on the same picture of the tables.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};
use sqlx::query::Query;
use sqlx::{Database as Driver, Encode, Type};

use crate::database::Driver as Handle;
use crate::{Timestamp, Tx};

/// Values in one trip; PostgreSQL counts them in 16 bits.
const VALUES_MAX: usize = 30_000;

/// A value of one of the four column types; as JSON what it is there, a text, a number, a flag or null.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// TEXT.
    Text(Option<String>),
    /// BIGINT.
    Integer(Option<i64>),
    /// DOUBLE PRECISION.
    Real(Option<f64>),
    /// BOOLEAN.
    Flag(bool),
}

/// Statements to be executed together.
#[derive(Debug, Default)]
pub struct Batch(Vec<Statement>);

#[derive(Debug)]
struct Statement {
    /// With `?` for each value.
    sql: String,
    values: Vec<Value>,
    rows: u64,
    /// It touches these rows or fails.
    certain: bool,
}

impl Batch {
    /// Adds one INSERT of many rows: `INSERT INTO {into} VALUES (…), (…) {then}`; nothing when there are no rows.
    pub fn insert<const N: usize>(&mut self, into: &str, then: &str, rows: impl Iterator<Item = [Value; N]>) {
        let sql = |new: &str| format!("INSERT INTO {into} {new} {then}");
        self.insert_rows(rows, None, then.is_empty(), sql);
    }

    /// Like [`Batch::insert`], for rows that fit only while `condition` holds, in which the one `?` is `bound`.
    pub fn insert_if<const N: usize>(
        &mut self,
        into: &str,
        (condition, bound): (&str, Value),
        then: &str,
        rows: impl Iterator<Item = [Value; N]>,
    ) {
        let sql =
            |new: &str| format!("INSERT INTO {into} SELECT * FROM ({new}) AS new WHERE {condition} {then}");
        self.insert_rows(rows, Some(bound), false, sql);
    }

    fn insert_rows<const N: usize>(
        &mut self,
        rows: impl Iterator<Item = [Value; N]>,
        bound: Option<Value>,
        certain: bool,
        sql: impl FnOnce(&str) -> String,
    ) {
        let mut values: Vec<Value> = rows.flatten().collect();
        let count = values.len() / N;
        if count == 0 {
            return;
        }
        let tuple = format!("({})", ["?"; N].join(", "));
        let sql = sql(&format!("VALUES {}", vec![tuple; count].join(", ")));
        values.extend(bound);
        self.0.push(Statement { sql, values, rows: count as u64, certain });
    }

    /// Adds a statement with a `?` for each value, which is to touch exactly `rows` rows.
    pub fn write(&mut self, sql: &str, values: impl IntoIterator<Item = Value>, rows: u64) {
        let (sql, values) = (sql.to_owned(), values.into_iter().collect());
        self.0.push(Statement { sql, values, rows, certain: false });
    }

    /// Adds one statement over many rows: `WITH {table} AS (VALUES (…), (…)) {sql}`, which is to touch one row for each, and
    /// in which each `?` is one of `bound`; nothing when there are no rows. The last row is repeated up to a power of two,
    /// so that there are few texts: a connection keeps the statement of each.
    pub fn write_each<const N: usize>(
        &mut self,
        table: &str,
        rows: impl ExactSizeIterator<Item = [Value; N]>,
        sql: &str,
        bound: impl IntoIterator<Item = Value>,
    ) {
        let count = rows.len();
        let mut values: Vec<Value> = rows.flatten().collect();
        let Some(last) = values.len().checked_sub(N) else { return };
        let last = values[last..].to_vec();
        for _ in count..count.next_power_of_two() {
            values.extend_from_slice(&last);
        }
        let tuple = format!("({})", ["?"; N].join(", "));
        let tuples = vec![tuple; count.next_power_of_two()].join(", ");
        values.extend(bound);
        self.0.push(Statement {
            sql: format!("WITH {table} AS (VALUES {tuples}) {sql}"),
            values,
            rows: count as u64,
            certain: false,
        });
    }

    /// Adds one statement about the rows that `keys` name: `{sql} IN (?, …)`, in which each `?` of `sql` is one of `bound`, and
    /// which is to touch one row for each; nothing without keys. Padded like [`Batch::write_each`], and quicker.
    pub fn write_among(
        &mut self,
        sql: &str,
        bound: impl IntoIterator<Item = Value>,
        keys: impl Iterator<Item = Value>,
    ) {
        let mut keys: Vec<Value> = keys.collect();
        let rows = keys.len() as u64;
        let Some(last) = keys.last().cloned() else { return };
        keys.resize(keys.len().next_power_of_two(), last);
        let sql = format!("{sql} IN ({})", vec!["?"; keys.len()].join(", "));
        let values = bound.into_iter().chain(keys).collect();
        self.0.push(Statement { sql, values, rows, certain: false });
    }

    /// Executes everything. False: rows were missing, because somebody else was faster; roll back then.
    ///
    /// # Errors
    /// [`sqlx::Error`] when the database fails or refuses a statement.
    pub async fn execute(self, tx: &mut Tx) -> Result<bool, sqlx::Error> {
        Ok(self.missing(tx).await? == 0)
    }

    /// Executes everything and commits: in one trip to SQLite, if it consists of plain INSERTs. False: rows were missing, and nothing
    /// was kept.
    ///
    /// # Errors
    /// As [`Batch::execute`], and when the commit failed; nothing was kept then.
    pub async fn commit(self, mut tx: Tx) -> Result<bool, sqlx::Error> {
        let trip = self.0;
        let values: usize = trip.iter().map(|statement| statement.values.len()).sum();
        let certain = trip.iter().all(|statement| statement.certain) && values <= VALUES_MAX;
        if certain && matches!(tx.driver(), Handle::Sqlite(_)) {
            let sql = joined(&trip) + ";COMMIT";
            tx.commit_by(bound(&sql, trip)).await?;
            return Ok(true);
        }
        let fits = Self(trip).execute(&mut tx).await?;
        if fits {
            tx.commit().await?;
        }
        Ok(fits)
    }

    /// Executes everything and says how many rows were missing, for those who can tell which.
    ///
    /// # Errors
    /// As [`Batch::execute`].
    pub async fn missing(self, tx: &mut Tx) -> Result<u64, sqlx::Error> {
        let expected: u64 = self.0.iter().map(|statement| statement.rows).sum();
        let (mut trip, mut size, mut touched) = (Vec::new(), 0, 0);
        for statement in self.0 {
            if size + statement.values.len() > VALUES_MAX && size > 0 {
                touched += travel(tx, std::mem::take(&mut trip)).await?;
                size = 0;
            }
            size += statement.values.len();
            trip.push(statement);
        }
        touched += travel(tx, trip).await?;
        Ok(expected.abs_diff(touched))
    }
}

/// How many rows were touched.
async fn travel(tx: &mut Tx, trip: Vec<Statement>) -> Result<u64, sqlx::Error> {
    if trip.is_empty() {
        return Ok(0);
    }
    Ok(match tx.driver() {
        Handle::Sqlite(connection) => {
            let sql = joined(&trip);
            bound(&sql, trip).execute(connection).await?.rows_affected()
        }
        Handle::Postgres(connection) => {
            let sql = nested(&trip);
            let row = bound(&sql, trip).fetch_one(connection).await?;
            u64::try_from(sqlx::Row::try_get::<i64, _>(&row, 0)?).unwrap_or(0)
        }
    })
}

/// `a;b;c`, as they are: SQLite counts question marks by itself, and looks numbered names up one by one.
fn joined(trip: &[Statement]) -> String {
    trip.iter().map(|statement| statement.sql.as_str()).collect::<Vec<_>>().join(";")
}

/// `WITH w0 AS (a RETURNING 1), w1 AS (…) SELECT (SELECT COUNT(*) FROM w0) + …`
fn nested(trip: &[Statement]) -> String {
    let (mut sql, mut sum) = (String::new(), String::from(" SELECT 0"));
    let mut number = 0;
    for (n, statement) in trip.iter().enumerate() {
        // Writing to a String cannot fail.
        let _ = write!(sql, "{}w{n} AS (", if n == 0 { "WITH " } else { ", " });
        numbered(&mut sql, &statement.sql, &mut number);
        sql.push_str(" RETURNING 1)");
        let _ = write!(sum, " + (SELECT COUNT(*) FROM w{n})");
    }
    sql + &sum
}

/// Appends `text` with `$1`, `$2` … for its question marks.
fn numbered(sql: &mut String, text: &str, number: &mut usize) {
    for (n, part) in text.split('?').enumerate() {
        if n > 0 {
            *number += 1;
            let _ = write!(sql, "${number}");
        }
        sql.push_str(part);
    }
}

fn bound<'q, DB: Driver>(sql: &'q str, trip: Vec<Statement>) -> Query<'q, DB, <DB as Driver>::Arguments>
where
    Option<String>: Encode<'q, DB> + Type<DB>,
    Option<i64>: Encode<'q, DB> + Type<DB>,
    Option<f64>: Encode<'q, DB> + Type<DB>,
    bool: Encode<'q, DB> + Type<DB>,
{
    let values = trip.into_iter().flat_map(|statement| statement.values);
    values.fold(sqlx::query(sqlx::AssertSqlSafe(sql)), |query, value| match value {
        Value::Text(text) => query.bind(text),
        Value::Integer(number) => query.bind(number),
        Value::Real(number) => query.bind(number),
        Value::Flag(flag) => query.bind(flag),
    })
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(Some(text))
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(Some(text.to_owned()))
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Integer(Some(number))
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

impl From<Timestamp> for Value {
    fn from(at: Timestamp) -> Self {
        Self::Integer(Some(at.as_millis()))
    }
}

impl From<Option<Timestamp>> for Value {
    fn from(at: Option<Timestamp>) -> Self {
        Self::Integer(at.map(Timestamp::as_millis))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn two() -> Batch {
        let mut batch = Batch::default();
        batch.insert(
            "a (x, y)",
            "ON CONFLICT DO NOTHING",
            [[1_i64.into(), true.into()], [2.into(), false.into()]].into_iter(),
        );
        batch.write("UPDATE b SET x = ? WHERE y = ?", [3.into(), "z".into()], 1);
        batch
    }

    #[test]
    fn the_same_statements_are_joined_for_sqlite_and_nested_for_postgres() {
        assert_eq!(
            joined(&two().0),
            "INSERT INTO a (x, y) VALUES (?, ?), (?, ?) ON CONFLICT DO NOTHING;UPDATE b SET x = ? WHERE y = ?"
        );
        assert_eq!(
            nested(&two().0),
            "WITH w0 AS (INSERT INTO a (x, y) VALUES ($1, $2), ($3, $4) ON CONFLICT DO NOTHING RETURNING 1), \
             w1 AS (UPDATE b SET x = $5 WHERE y = $6 RETURNING 1) \
             SELECT 0 + (SELECT COUNT(*) FROM w0) + (SELECT COUNT(*) FROM w1)"
        );
    }

    #[test]
    fn a_statement_over_many_rows_has_one_of_few_texts() {
        let mut batch = Batch::default();
        let rows = [1_i64, 2, 3].map(|n| [n.into()]);
        batch.write_each("e (x)", rows.into_iter(), "UPDATE a SET y = ? FROM e WHERE a.x = e.x", [4.into()]);
        let statement = &batch.0[0];
        let sql = "WITH e (x) AS (VALUES (?), (?), (?), (?)) UPDATE a SET y = ? FROM e WHERE a.x = e.x";
        assert_eq!((statement.sql.as_str(), statement.rows), (sql, 3));
        assert_eq!(statement.values, [1_i64, 2, 3, 3, 4].map(Value::from));
        batch.write_among(
            "UPDATE a SET y = ? WHERE x",
            [4.into()],
            [1_i64, 2, 3].map(Value::from).into_iter(),
        );
        let statement = &batch.0[1];
        let sql = "UPDATE a SET y = ? WHERE x IN (?, ?, ?, ?)";
        assert_eq!((statement.sql.as_str(), statement.rows), (sql, 3));
        assert_eq!(statement.values, [4_i64, 1, 2, 3, 3].map(Value::from));
    }

    #[test]
    fn no_rows_are_no_statement() {
        let mut batch = Batch::default();
        batch.insert::<1>("a (x)", "", std::iter::empty::<[Value; 1]>());
        batch.write_each::<1>("e (x)", std::iter::empty::<[Value; 1]>(), "UPDATE a SET y = 1", []);
        batch.write_among("UPDATE a SET y = ? WHERE x", [1.into()], std::iter::empty::<Value>());
        assert!(batch.0.is_empty());
    }
}
