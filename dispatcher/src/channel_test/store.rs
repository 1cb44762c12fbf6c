//! Where tests are kept. A step holds only over the slice it was computed from, so two nodes never write to anybody twice.

use std::time::Duration;

use certus_registry::mutation::{Rule, broken};
use certus_registry::store::UNCHANGED;
use certus_registry::time::millis;
use certus_registry::{Batch, Database, Timestamp, Tx, Value, on};

use super::{ChannelTest, Findings, Phase};
use crate::engine::EngineError;

type Row = (String, Timestamp, i64, String, String, Option<Timestamp>, i64, i64, i64);

/// The columns of [`Row`].
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT name, begun_at, answer_ms, phase, done_to, wake_at, answered, delivered, unreachable ",
            "FROM channel_tests ",
            $rest
        )
    };
}

/// Begins a test unless one of this name has begun before or another is still on; true when it has begun.
///
/// # Errors
/// [`EngineError`] when the database fails.
pub async fn begin(tx: &mut Tx, now: Timestamp, name: &str, answer: Duration) -> Result<bool, EngineError> {
    const SQL: &str = "INSERT INTO channel_tests (name, begun_at, answer_ms, phase, done_to, wake_at) \
        SELECT $1, $2, $3, 'asking', '', $2 WHERE NOT EXISTS (SELECT 1 FROM channel_tests WHERE phase <> 'settled') \
        ON CONFLICT (name) DO NOTHING";
    let begun = on!(tx, c => sqlx::query(SQL).bind(name).bind(now).bind(millis(answer)).execute(c).await?.rows_affected());
    Ok(begun == 1)
}

/// The test that is on.
///
/// # Errors
/// [`EngineError`] when the database fails or a row is damaged.
pub async fn running(db: &Database) -> Result<Option<ChannelTest>, EngineError> {
    let sql = select!("WHERE phase <> 'settled' ORDER BY begun_at, name LIMIT 1");
    let row: Option<Row> = on!(db, c => sqlx::query_as(sql).fetch_optional(c).await?);
    row.map(parse).transpose()
}

/// The latest tests, the newest first.
///
/// # Errors
/// [`EngineError`] when the database fails or a row is damaged.
pub async fn latest(db: &Database, limit: u32) -> Result<Vec<ChannelTest>, EngineError> {
    let sql = select!("ORDER BY begun_at DESC, name LIMIT $1");
    let rows: Vec<Row> = on!(db, c => sqlx::query_as(sql).bind(i64::from(limit)).fetch_all(c).await?);
    rows.into_iter().map(parse).collect()
}

/// When the next slice of any test is due.
///
/// # Errors
/// [`EngineError`] when the database fails.
pub async fn next_wake(db: &Database) -> Result<Option<Timestamp>, EngineError> {
    let sql = "SELECT MIN(wake_at) FROM channel_tests WHERE wake_at IS NOT NULL";
    let (at,): (Option<i64>,) = on!(db, c => sqlx::query_as(sql).fetch_one(c).await?);
    Ok(at.map(Timestamp::from_millis))
}

/// Adds to a batch that `test` stands at `next` now: it fits only if it still stood where it was read, and if the registry
/// stands at the `revision` by which people were chosen.
pub fn advance(batch: &mut Batch, test: &ChannelTest, next: &ChannelTest, revision: i64) {
    let set = "UPDATE channel_tests SET phase = ?, done_to = ?, wake_at = ?, answered = ?, delivered = ?, \
               unreachable = ? WHERE name = ?";
    let number = |count: u64| Value::from(i64::try_from(count).unwrap_or(i64::MAX));
    let Findings { answered, delivered, unreachable } = next.found;
    let values: [Value; 8] = [
        next.phase.as_str().into(),
        next.done_to.as_str().into(),
        next.wake_at.into(),
        number(answered),
        number(delivered),
        number(unreachable),
        test.name.as_str().into(),
        revision.into(),
    ];
    if broken(Rule::TestedOnce) {
        return batch.write(&format!("{set} AND {UNCHANGED}"), values, 1);
    }
    let stood = [test.phase.as_str().into(), test.done_to.as_str().into()];
    let sql = format!("{set} AND {UNCHANGED} AND phase = ? AND done_to = ?");
    batch.write(&sql, values.into_iter().chain(stood), 1);
}

fn parse(row: Row) -> Result<ChannelTest, EngineError> {
    let (name, begun_at, answer, phase, done_to, wake_at, answered, delivered, unreachable) = row;
    let known = Phase::ALL.into_iter().find(|known| known.as_str() == phase);
    let phase = known.ok_or_else(|| EngineError::damaged("channel test", &name))?;
    let [answered, delivered, unreachable] = [answered, delivered, unreachable].map(i64::unsigned_abs);
    Ok(ChannelTest {
        name,
        begun_at,
        answer: Duration::from_millis(answer.unsigned_abs()),
        phase,
        done_to,
        wake_at,
        found: Findings { answered, delivered, unreachable },
    })
}
