//! Why a database does not serve just now: told apart from faults of ours, because they pass or somebody can mend them.
//! Must not look at words: only at codes, which SQLite and PostgreSQL keep stable.

use std::future::Future;
use std::time::Duration;

/// How long one piece of background work on the database may take. A server that accepts and answers nothing would hold
/// it for ever; whoever is given up on tries again on another connection.
const WORK_LIMIT: Duration = Duration::from_secs(15);

/// What keeps a database from serving.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outage {
    /// It cannot be reached, is busy or is stopping; it passes by itself.
    Away,
    /// The disk is full; somebody has to make room.
    Full,
    /// Nothing may be written; somebody has to allow it.
    ReadOnly,
}

impl Outage {
    /// `None`: the error is a fault of ours, not of the database.
    #[must_use]
    pub fn of(error: &sqlx::Error) -> Option<Self> {
        if let sqlx::Error::Database(error) = error {
            return error.code().and_then(|code| Self::of_code(&code));
        }
        let away = matches!(
            error,
            sqlx::Error::PoolTimedOut
                | sqlx::Error::PoolClosed
                | sqlx::Error::Io(_)
                | sqlx::Error::Tls(_)
                | sqlx::Error::WorkerCrashed
        );
        away.then_some(Self::Away)
    }

    /// SQLite's result codes are numbers, their low byte the kind; PostgreSQL's have five characters, the first two
    /// their class.
    fn of_code(code: &str) -> Option<Self> {
        if code.len() < 5 {
            return match code.parse::<u32>().ok()? & 0xff {
                8 => Some(Self::ReadOnly),           // SQLITE_READONLY
                13 => Some(Self::Full),              // SQLITE_FULL
                5 | 6 | 10 | 14 => Some(Self::Away), // SQLITE_BUSY, _LOCKED, _IOERR, _CANTOPEN
                _ => None,
            };
        }
        match (code, code.get(..2)?) {
            ("53100", _) => Some(Self::Full),     // disk_full
            ("25006", _) => Some(Self::ReadOnly), // read_only_sql_transaction
            // idle_in_transaction_session_timeout, serialization_failure, deadlock_detected, lock_not_available; then
            // connection exceptions, insufficient resources, operator intervention, system errors
            ("25P03" | "40001" | "40P01" | "55P03", _) | (_, "08" | "53" | "57" | "58") => Some(Self::Away),
            _ => None,
        }
    }
}

/// Gives work on the database up when it takes longer than any healthy database does. What it was doing is rolled back,
/// or was committed without our hearing of it: like a crash, so only for work that is taken up again by itself.
///
/// # Errors
/// Those of the work, or [`sqlx::Error::PoolTimedOut`].
pub async fn in_time<T, E: From<sqlx::Error>>(work: impl Future<Output = Result<T, E>>) -> Result<T, E> {
    tokio::time::timeout(WORK_LIMIT, work).await.unwrap_or_else(|_| Err(sqlx::Error::PoolTimedOut.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_or_read_only_disk_is_told_from_a_database_that_is_away_and_from_our_own_faults() {
        let of = |codes: &[&str]| codes.iter().map(|code| Outage::of_code(code)).collect::<Vec<_>>();
        assert_eq!(of(&["13", "53100"]), [Some(Outage::Full); 2]);
        assert_eq!(of(&["8", "1032", "25006"]), [Some(Outage::ReadOnly); 3]);
        assert_eq!(of(&["5", "778", "14", "08006", "57P01", "53300", "25P03"]), [Some(Outage::Away); 7]);
        assert_eq!(of(&["1", "19", "2067", "42601", "23505", ""]), [None; 6]);
        assert_eq!(Outage::of(&sqlx::Error::PoolTimedOut), Some(Outage::Away));
        assert_eq!(Outage::of(&sqlx::Error::RowNotFound), None);
    }
}
