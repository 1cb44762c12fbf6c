//! Connections to one SQLite database. sqlx's own pool asks a connection whether it is still there whenever it comes back, a trip
//! to the connection's thread beside each query's; a file does not go away as a server does.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, PoisonError};

use futures::future::BoxFuture;
use futures::stream::{self, BoxStream};
use futures::{FutureExt as _, StreamExt as _, TryFutureExt as _, TryStreamExt as _};
use sqlx::query::Query;
use sqlx::sqlite::{
    SqliteArguments, SqliteConnectOptions, SqliteConnection, SqliteQueryResult, SqliteRow, SqliteStatement,
    SqliteTypeInfo,
};
use sqlx::{Connection as _, Describe, Either, Error, Execute, Executor, SqlStr, Sqlite};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::ACQUIRE_TIMEOUT;
use crate::outage::Outage;

/// SQLite's code for "cannot rollback - no transaction is active".
const NO_TRANSACTION: &str = "1";

/// A few connections, each in the hands of one at a time; cheap to clone. Whoever asks for one when all are held waits in turn.
#[derive(Debug, Clone)]
pub struct Connections(Arc<Shared>);

struct Shared {
    options: SqliteConnectOptions,
    places: Arc<Semaphore>,
    limit: u32,
    /// Open and in nobody's hands; the one that was used last is taken first.
    free: Mutex<Vec<SqliteConnection>>,
}

/// A connection in somebody's hands; goes back when dropped.
#[derive(Debug)]
pub(super) struct Held {
    /// Until it goes back.
    connection: Option<SqliteConnection>,
    home: Arc<Shared>,
    _place: OwnedSemaphorePermit,
}

/// A transaction that may write; rolled back when dropped before [`Writing::commit_by`].
#[derive(Debug)]
pub(super) struct Writing {
    /// Until it is over.
    held: Option<Held>,
}

impl Connections {
    /// Opens the first of at most `limit`; the others are opened when they are wanted.
    ///
    /// # Errors
    /// When the file cannot be opened.
    pub(super) async fn open(options: SqliteConnectOptions, limit: u32) -> Result<Self, Error> {
        let these = Self::new(options, limit);
        drop(these.hold().await?);
        Ok(these)
    }

    fn new(options: SqliteConnectOptions, limit: u32) -> Self {
        let places = Arc::new(Semaphore::new(limit as usize));
        Self(Arc::new(Shared { options, places, limit, free: Mutex::default() }))
    }

    /// None, and there never will be.
    pub(super) fn none() -> Self {
        let none = Self::new(SqliteConnectOptions::new(), 0);
        none.0.places.close();
        none
    }

    /// Waits until one is free.
    ///
    /// # Errors
    /// [`Error::PoolClosed`] after [`Connections::close`], [`Error::PoolTimedOut`] after 10 s, or what kept it from being opened.
    pub(super) async fn hold(&self) -> Result<Held, Error> {
        let places = Arc::clone(&self.0.places);
        let place = match Arc::clone(&places).try_acquire_owned() {
            Ok(place) => place,
            Err(_) => tokio::time::timeout(ACQUIRE_TIMEOUT, places.acquire_owned())
                .await
                .map_err(|_| Error::PoolTimedOut)?
                .map_err(|_| Error::PoolClosed)?,
        };
        let free = self.0.free().pop();
        let connection = match free {
            Some(connection) => connection,
            None => SqliteConnection::connect_with(&self.0.options).await?,
        };
        Ok(Held { connection: Some(connection), home: Arc::clone(&self.0), _place: place })
    }

    /// Begins a transaction that holds the file's write lock.
    ///
    /// # Errors
    /// Those of [`Connections::hold`], and SQLite's. When the file cannot be written, the connection is closed: it may have been opened
    /// while it could not, and would stay as it is.
    pub(super) async fn begin(&self) -> Result<Writing, Error> {
        let mut writing = Writing { held: Some(self.hold().await?) };
        if let Err(error) = sqlx::query("BEGIN IMMEDIATE").execute(writing.connection()).await {
            let read_only = Outage::of(&error) == Some(Outage::ReadOnly);
            if read_only && let Some(held) = writing.held.take() {
                held.close().await?;
            }
            return Err(error);
        }
        Ok(writing)
    }

    /// Waits until nobody holds one, closes them all and opens no more.
    pub(super) async fn close(&self) {
        let all = self.0.places.acquire_many(self.0.limit).await;
        self.0.places.close();
        drop(all);
        let free = std::mem::take(&mut *self.0.free());
        for connection in free {
            let _ = connection.close().await; // what is committed is safe without a goodbye
        }
    }
}

impl Shared {
    fn free(&self) -> std::sync::MutexGuard<'_, Vec<SqliteConnection>> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").field("limit", &self.limit).finish_non_exhaustive()
    }
}

impl Held {
    /// Closes it; another is opened when one is wanted.
    async fn close(mut self) -> Result<(), Error> {
        match self.connection.take() {
            Some(connection) => connection.close().await,
            None => Ok(()),
        }
    }

    /// The same answer; a connection whose thread is gone does not go back.
    fn heeded<T>(mut self, answer: Result<T, Error>) -> Result<T, Error> {
        if matches!(answer, Err(Error::WorkerCrashed)) {
            self.connection = None;
        }
        answer
    }
}

impl Deref for Held {
    type Target = SqliteConnection;

    fn deref(&self) -> &SqliteConnection {
        self.connection.as_ref().expect("taken only by who drops it")
    }
}

impl DerefMut for Held {
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        self.connection.as_mut().expect("taken only by who drops it")
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.home.free().extend(self.connection.take());
    }
}

impl Writing {
    pub(super) fn connection(&mut self) -> &mut SqliteConnection {
        self.held.as_mut().expect("held until it is over")
    }

    /// Makes everything done in it durable: by a statement, or several, of which the last one is COMMIT.
    ///
    /// # Errors
    /// SQLite's; nothing was kept then.
    pub(super) async fn commit_by(mut self, last: Query<'_, Sqlite, SqliteArguments>) -> Result<(), Error> {
        last.execute(self.connection()).await?;
        self.held = None;
        Ok(())
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        let Some(mut held) = self.held.take() else { return };
        match tokio::runtime::Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn(roll_back(held))),
            Err(_) => held.connection = None, // closing it rolls back, too
        }
    }
}

/// Whoever was dropped may have been beginning or committing: it is closed unless it says that it is in no transaction any more.
async fn roll_back(mut held: Held) {
    let Some(mut connection) = held.connection.take() else { return };
    let answer = sqlx::query("ROLLBACK").execute(&mut connection).await;
    let is_over = match &answer {
        Ok(_) => true,
        Err(Error::Database(error)) => error.code().as_deref() == Some(NO_TRANSACTION),
        Err(_) => false,
    };
    if is_over {
        held.connection = Some(connection);
    }
}

/// Asks a connection that is held for as long.
macro_rules! asked {
    ($these:expr, $held:ident => $question:expr) => {{
        let these = $these.clone();
        async move {
            let mut $held = these.hold().await?;
            let answer = $question.await;
            $held.heeded(answer)
        }
    }};
}

/// For reading: each query on a connection of its own.
impl<'c> Executor<'c> for &'_ Connections {
    type Database = Sqlite;

    fn fetch_many<'e, 'q: 'e, E>(
        self,
        query: E,
    ) -> BoxStream<'e, Result<Either<SqliteQueryResult, SqliteRow>, Error>>
    where
        'c: 'e,
        E: 'q + Execute<'q, Sqlite>,
    {
        let all = asked!(self, held => held.fetch_many(query).try_collect::<Vec<_>>());
        all.map_ok(|all| stream::iter(all).map(Ok)).try_flatten_stream().boxed()
    }

    fn fetch_all<'e, 'q: 'e, E>(self, query: E) -> BoxFuture<'e, Result<Vec<SqliteRow>, Error>>
    where
        'c: 'e,
        E: 'q + Execute<'q, Sqlite>,
    {
        asked!(self, held => held.fetch_all(query)).boxed()
    }

    fn fetch_optional<'e, 'q: 'e, E>(self, query: E) -> BoxFuture<'e, Result<Option<SqliteRow>, Error>>
    where
        'c: 'e,
        E: 'q + Execute<'q, Sqlite>,
    {
        asked!(self, held => held.fetch_optional(query)).boxed()
    }

    fn prepare_with<'e>(
        self,
        sql: SqlStr,
        parameters: &'e [SqliteTypeInfo],
    ) -> BoxFuture<'e, Result<SqliteStatement, Error>>
    where
        'c: 'e,
    {
        asked!(self, held => held.prepare_with(sql, parameters)).boxed()
    }

    fn describe<'e>(self, sql: SqlStr) -> BoxFuture<'e, Result<Describe<Sqlite>, Error>>
    where
        'c: 'e,
    {
        asked!(self, held => held.describe(sql)).boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COUNT: &str = "SELECT COUNT(*) FROM t";
    const PUT: &str = "INSERT INTO t (bytes) VALUES (zeroblob(100000))";

    async fn in_memory(limit: u32) -> Connections {
        let these = Connections::open(SqliteConnectOptions::new(), limit).await.unwrap();
        sqlx::query("CREATE TABLE t (bytes BLOB)").execute(&these).await.unwrap();
        these
    }

    #[tokio::test]
    async fn what_is_dropped_before_its_commit_is_rolled_back_and_the_next_one_begins() {
        let these = in_memory(1).await;
        for dropped_while_committing in [false, true] {
            let mut writing = these.begin().await.unwrap();
            sqlx::query(PUT).execute(writing.connection()).await.unwrap();
            if dropped_while_committing {
                drop(writing.commit_by(sqlx::query("COMMIT")).now_or_never()); // asked once: it is on its way
            } else {
                drop(writing);
            }
        }
        these.begin().await.unwrap().commit_by(sqlx::query("COMMIT")).await.unwrap();
        let kept: i64 = sqlx::query_scalar(COUNT).fetch_one(&these).await.unwrap();
        assert_eq!(kept, 1, "the commit that was on its way, and nothing of the other");
    }

    #[tokio::test]
    async fn a_transaction_that_sqlite_ends_by_itself_does_not_keep_the_next_from_beginning() {
        let these = in_memory(1).await;
        sqlx::query("PRAGMA max_page_count = 30").fetch_all(&these).await.unwrap();
        let mut writing = these.begin().await.unwrap();
        let full = loop {
            if let Err(error) = sqlx::query(PUT).execute(writing.connection()).await {
                break error;
            }
        };
        assert_eq!(Outage::of(&full), Some(Outage::Full));
        drop(writing);
        these.begin().await.unwrap().commit_by(sqlx::query("COMMIT")).await.unwrap();
        let kept: i64 = sqlx::query_scalar(COUNT).fetch_one(&these).await.unwrap();
        assert_eq!(kept, 0);
    }

    #[tokio::test]
    async fn who_finds_all_held_waits_for_the_first_that_goes_back_and_after_the_end_there_are_none() {
        let these = in_memory(2).await;
        let (first, second) = (these.hold().await.unwrap(), these.hold().await.unwrap());
        let mut waiting = std::pin::pin!(these.hold());
        assert!(waiting.as_mut().now_or_never().is_none());
        drop(second);
        drop(waiting.await.unwrap());
        let closing = tokio::spawn({
            let these = these.clone();
            async move { these.close().await }
        });
        drop(first);
        closing.await.unwrap();
        assert!(matches!(these.hold().await, Err(Error::PoolClosed)));
        assert!(matches!(Connections::none().hold().await, Err(Error::PoolClosed)));
    }
}
