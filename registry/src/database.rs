//! The database handle: SQLite (a file, the default) or PostgreSQL, chosen by the URL.
//!
//! One SQL text serves both: `$1` placeholders, columns of TEXT, BIGINT, BOOLEAN and DOUBLE PRECISION.
//! [`on!`](crate::on) expands the same body once per driver. Two rules keep it simple:
//! a write goes through [`Tx`]; nobody asks the pool for anything while holding a [`Tx`].

mod connections;

use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions};
use sqlx::query::Query;
use sqlx::sqlite::{
    SqliteArguments, SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous,
};
use sqlx::{AssertSqlSafe, Connection as _, Postgres, SqlSafeStr as _, Sqlite, Transaction};

pub use connections::Connections;
use connections::Writing;

use crate::Random;
use crate::outage::Outage;
use crate::people::People;
use crate::seal::{Keyring, Sealer};

/// How long a request waits for a database connection before it fails: longer than any healthy commit.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);
/// SQLite readers beside the one writer; readers never block on the writer in WAL mode.
const SQLITE_READERS: u32 = 4;
/// Rows that SQLite's thread may be ahead of whoever reads them: when it is not, both threads wait for each other in turns.
const SQLITE_ROWS_AHEAD: usize = 1_024;
/// Pages that each SQLite connection keeps in memory, as the pragma counts: 64 MiB, a county's busiest weeks.
const SQLITE_CACHE: &str = "-65536";
/// Pages in the write-ahead log (64 MiB) at which a commit itself has to move them into the file, because nobody was
/// idle for long enough to call [`Database::checkpoint`]: some three hundred alerts. SQLite's own 1 000 is a dozen.
const SQLITE_LOG_PAGES: &str = "16000";
/// The least that SQLite can commit: the file's first page. Whoever commits first after everything was moved into the file begins the
/// log anew, and waits for the disk twice, once for the log's header alone: not an alarm, if this came before it.
const ANEW: &str = "PRAGMA user_version = 1";
/// Pages that it puts into the log.
const ANEW_PAGES: i64 = 1;
/// How a migration marks a table that SQLite is to keep in the order of its primary key, without a tree of row numbers beside it: a
/// comment to PostgreSQL.
const ONE_TREE: (&str, &str) = ("/* SQLite: WITHOUT ROWID */", "WITHOUT ROWID");
/// PostgreSQL connections of one node.
const POSTGRES_CONNECTIONS: u32 = 16;
/// How long a PostgreSQL connection may take to say that it is still there. Beyond it the connection is given up: a
/// firewall may have forgotten it, and then it would hold its place in the pool for ever.
const POSTGRES_PING_LIMIT: Duration = Duration::from_secs(2);
/// How long a PostgreSQL session may stand still inside a transaction before the server ends it and frees its locks: a
/// node that was suspended must not hold up the others. Our transactions wait for nothing but the server.
const POSTGRES_STANDSTILL_MAX: (&str, &str) = ("idle_in_transaction_session_timeout", "5s");
/// How long PostgreSQL may take to let us go: one that is silent never does.
const POSTGRES_CLOSE_LIMIT: Duration = Duration::from_secs(3);
/// Prepared statements kept per connection: multi-row statements have one text per number of rows.
const STATEMENTS_KEPT: usize = 512;

/// A handle to the database, cheap to clone.
#[derive(Debug, Clone)]
pub struct Database {
    pools: Pools,
    probe: Option<Arc<dyn Probe>>,
    /// What a read gets that the probe refuses.
    closed: Option<Connections>,
    /// The keys of personal data.
    keyring: Arc<Keyring>,
    /// Who is there, by name, as far as this process has read.
    people: Arc<People>,
}

#[derive(Debug, Clone)]
enum Pools {
    /// One file, one writer.
    Sqlite {
        /// Connections for reading.
        readers: Connections,
        /// The only connection that writes.
        writer: Connections,
    },
    /// A server that several nodes may share.
    Postgres(PgPool),
}

/// A write transaction; rolled back when dropped before [`Tx::commit`].
#[derive(Debug)]
pub struct Tx {
    inner: Inner,
    probe: Option<Arc<dyn Probe>>,
    keyring: Arc<Keyring>,
}

#[derive(Debug)]
enum Inner {
    /// Holds the file's write lock (`BEGIN IMMEDIATE`).
    Sqlite(Writing),
    /// READ COMMITTED; concurrent changes are caught by compare-and-set.
    Postgres(Transaction<'static, Postgres>),
}

/// What a transaction writes on, for those who put rows into words while it is busy.
#[derive(Debug, Clone)]
pub struct Medium {
    /// See [`Tx::sealer`].
    pub sealer: Sealer,
    /// Transactions that write come one after the other: SQLite's.
    pub one_writer: bool,
}

/// Stands between the program and its database, for a driver in virtual time that lets the database refuse, be slow or
/// commit without an answer, and that ends or suspends the program between any two commits.
pub trait Probe: Send + Sync + std::fmt::Debug {
    /// Is asked at every transaction's points. What it answers, the program gets; while it waits, so does the program.
    fn at(&self, point: Point) -> BoxFuture<'static, Result<(), sqlx::Error>>;

    /// Whether the read that is about to begin fails with [`sqlx::Error::PoolClosed`].
    fn refuses_read(&self) -> bool;
}

/// Where a transaction is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Point {
    /// Before it begins; no connection is held.
    Begin,
    /// Before it is committed; an error rolls it back.
    Commit,
    /// It is committed, and the program does not know it yet.
    Committed,
}

/// Something that speaks to one of the two databases; what [`on!`](crate::on) matches on.
#[derive(Debug)]
pub enum Driver<S, P> {
    /// The SQLite side.
    Sqlite(S),
    /// The PostgreSQL side.
    Postgres(P),
}

/// Runs one body on whichever database `$handle` (a [`Database`] or a [`Tx`]) speaks to.
///
/// ```ignore
/// let row: Option<Row> = on!(db, conn => sqlx::query_as(SQL).bind(id).fetch_optional(conn).await?);
/// ```
#[macro_export]
macro_rules! on {
    ($handle:expr, $conn:ident => $body:expr) => {
        match $handle.driver() {
            $crate::database::Driver::Sqlite($conn) => $body,
            $crate::database::Driver::Postgres($conn) => $body,
        }
    };
}

impl Database {
    /// Opens `sqlite:PATH`, `sqlite::memory:` or `postgres://…`. Creates a missing SQLite file; makes no tables.
    ///
    /// # Errors
    /// [`sqlx::Error`] when the URL has another scheme or the database cannot be reached.
    pub async fn open(url: &str) -> Result<Self, sqlx::Error> {
        match url.split_once(':').map_or("", |(scheme, _)| scheme) {
            "sqlite" => Self::open_sqlite(url).await,
            "postgres" | "postgresql" => Self::open_postgres(url).await,
            _ => Err(sqlx::Error::Configuration("expected sqlite:PATH or postgres://USER@HOST/NAME".into())),
        }
    }

    async fn open_postgres(url: &str) -> Result<Self, sqlx::Error> {
        let server = PgConnectOptions::from_str(url)?
            .statement_cache_capacity(STATEMENTS_KEPT)
            .options([POSTGRES_STANDSTILL_MAX]);
        let pool = PgPoolOptions::new()
            .max_connections(POSTGRES_CONNECTIONS)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            // The pool's own tests, before and after use, would wait for ever.
            .test_before_acquire(false)
            .before_acquire(|connection, _| Box::pin(is_there(connection)))
            .after_release(|connection, _| Box::pin(is_there(connection)));
        Ok(Self::of(Pools::Postgres(pool.connect_with(server).await?)))
    }

    async fn open_sqlite(url: &str) -> Result<Self, sqlx::Error> {
        let in_memory = url.contains(":memory:");
        let options = SqliteConnectOptions::from_str(url)?
            .create_if_missing(true)
            .journal_mode(if in_memory { SqliteJournalMode::Memory } else { SqliteJournalMode::Wal })
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .statement_cache_capacity(STATEMENTS_KEPT)
            .row_buffer_size(SQLITE_ROWS_AHEAD)
            .pragma("cache_size", SQLITE_CACHE)
            .pragma("wal_autocheckpoint", SQLITE_LOG_PAGES)
            // What undoes half of a failed statement; the default makes a file for each statement of many rows.
            .pragma("temp_store", "memory")
            .busy_timeout(ACQUIRE_TIMEOUT);
        let writer =
            Connections::open(options.clone(), 1).await.map_err(|error| unwritable(&options, error))?;
        // An in-memory database lives in its one connection.
        let readers =
            if in_memory { writer.clone() } else { Connections::open(options, SQLITE_READERS).await? };
        Ok(Self::of(Pools::Sqlite { readers, writer }))
    }

    fn of(pools: Pools) -> Self {
        let keyring = Arc::new(Keyring::none());
        Self { pools, probe: None, closed: None, keyring, people: Arc::default() }
    }

    /// The same database, whose personal data is sealed: by data keys that the master keys of `file` wrap. `random` is for nonces and
    /// new keys: the system's. Nothing is read yet; see [`sealing::check`](crate::store::sealing::check).
    #[must_use]
    pub fn with_key_file(self, file: PathBuf, random: Random) -> Self {
        Self { keyring: Arc::new(Keyring::new(file, random)), people: Arc::default(), ..self }
    }

    pub(crate) fn keyring(&self) -> &Keyring {
        &self.keyring
    }

    /// What seals under the newest key that this process knows.
    #[must_use]
    pub fn sealer(&self) -> Sealer {
        self.keyring.sealer()
    }

    pub(crate) fn people(&self) -> &People {
        &self.people
    }

    /// The same database with a probe before it.
    #[must_use]
    pub fn probed(&self, probe: Arc<dyn Probe>) -> Self {
        Self { probe: Some(probe), closed: Some(Connections::none()), ..self.clone() }
    }

    /// Begins a write transaction.
    ///
    /// # Errors
    /// [`sqlx::Error`] when the database cannot be reached or stays locked.
    pub async fn begin(&self) -> Result<Tx, sqlx::Error> {
        pass(self.probe.as_ref(), Point::Begin).await?;
        let inner = match &self.pools {
            Pools::Sqlite { writer, .. } => Inner::Sqlite(writer.begin().await?),
            Pools::Postgres(pool) => Inner::Postgres(pool.begin().await?),
        };
        Ok(Tx { inner, probe: self.probe.clone(), keyring: Arc::clone(&self.keyring) })
    }

    /// Moves what was committed from SQLite's write-ahead log into the file, without holding anybody up, so that no
    /// commit has to, and begins the log anew. For idle moments; PostgreSQL does it by itself.
    ///
    /// # Errors
    /// [`sqlx::Error`] when the file cannot be written; nothing is lost then.
    pub async fn checkpoint(&self) -> Result<(), sqlx::Error> {
        match &self.pools {
            Pools::Sqlite { readers, writer } => {
                let log = async |sql: &'static str| {
                    let (_, pages, moved): (i64, i64, i64) = sqlx::query_as(sql).fetch_one(readers).await?;
                    Ok::<_, sqlx::Error>(pages - moved)
                };
                // What begins the log stays in it alone: once all of it is moved, the next commit begins it anew.
                if log("PRAGMA wal_checkpoint(NOOP)").await? > ANEW_PAGES
                    && log("PRAGMA wal_checkpoint(PASSIVE)").await? == 0
                {
                    sqlx::query(ANEW).execute(&mut *writer.hold().await?).await?;
                }
                Ok(())
            }
            Pools::Postgres(_) => Ok(()),
        }
    }

    /// For reading outside a transaction; see [`on!`](crate::on).
    #[must_use]
    pub fn driver(&self) -> Driver<&Connections, &PgPool> {
        let refused = self.probe.as_ref().is_some_and(|probe| probe.refuses_read());
        match (&self.closed, &self.pools) {
            (Some(closed), _) if refused => Driver::Sqlite(closed),
            (_, Pools::Sqlite { readers, .. }) => Driver::Sqlite(readers),
            (_, Pools::Postgres(pool)) => Driver::Postgres(pool),
        }
    }

    /// Applies the migrations of one crate, which keeps its own book of them in table `book`.
    ///
    /// # Errors
    /// When a migration fails or an applied one was changed afterwards.
    pub async fn migrate(
        &self,
        book: &'static str,
        mut migrations: sqlx::migrate::Migrator,
    ) -> Result<(), sqlx::migrate::MigrateError> {
        migrations.table_name = book.into();
        match &self.pools {
            Pools::Sqlite { writer, .. } => {
                for migration in migrations.migrations.to_mut() {
                    let sql = migration.sql.as_str().replace(ONE_TREE.0, ONE_TREE.1);
                    migration.sql = AssertSqlSafe(sql).into_sql_str();
                }
                let mut held = writer.hold().await?;
                // `run` of a borrowed connection, all of it just the same, would keep every future that migrates from being `Send`.
                migrations.run_direct(None, &mut *held, false).await
            }
            Pools::Postgres(pool) => migrations.run(pool).await,
        }
    }

    /// Closes every connection after its current statement.
    pub async fn close(&self) {
        match &self.pools {
            Pools::Sqlite { readers, writer } => {
                readers.close().await;
                writer.close().await;
            }
            Pools::Postgres(pool) => {
                // What is committed is safe without a goodbye.
                let _ = tokio::time::timeout(POSTGRES_CLOSE_LIMIT, pool.close()).await;
            }
        }
    }
}

/// SQLite says only that it cannot open; the system knows why.
fn unwritable(options: &SqliteConnectOptions, error: sqlx::Error) -> sqlx::Error {
    if Outage::of(&error).is_none() {
        return error;
    }
    let opened = std::fs::File::options().append(true).open(options.get_filename());
    opened.err().map_or(error, sqlx::Error::Io)
}

/// True, or an error after [`POSTGRES_PING_LIMIT`].
async fn is_there(connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
    match tokio::time::timeout(POSTGRES_PING_LIMIT, connection.ping()).await {
        Ok(answer) => answer.map(|()| true),
        Err(_) => Err(sqlx::Error::Io(std::io::ErrorKind::TimedOut.into())),
    }
}

impl Tx {
    /// Makes everything done in this transaction durable.
    ///
    /// # Errors
    /// [`sqlx::Error`] when the commit failed; nothing was kept then.
    pub async fn commit(self) -> Result<(), sqlx::Error> {
        self.commit_by(sqlx::query("COMMIT")).await
    }

    /// Commits; `last` is what SQLite executes for it.
    pub(crate) async fn commit_by(self, last: Query<'_, Sqlite, SqliteArguments>) -> Result<(), sqlx::Error> {
        pass(self.probe.as_ref(), Point::Commit).await?;
        match self.inner {
            Inner::Sqlite(tx) => tx.commit_by(last).await?,
            Inner::Postgres(tx) => tx.commit().await?,
        }
        pass(self.probe.as_ref(), Point::Committed).await
    }

    pub(crate) fn keyring(&self) -> &Keyring {
        &self.keyring
    }

    /// What seals under the newest key that this process knows. In the registry, ask for it once others are kept out
    /// (`store::hold`), which reads the keys again if there is a newer one.
    #[must_use]
    pub fn sealer(&self) -> Sealer {
        self.keyring.sealer()
    }

    /// What it writes on.
    #[must_use]
    pub fn medium(&self) -> Medium {
        Medium { sealer: self.sealer(), one_writer: matches!(self.inner, Inner::Sqlite(_)) }
    }

    /// For statements inside the transaction; see [`on!`](crate::on).
    pub fn driver(&mut self) -> Driver<&mut SqliteConnection, &mut PgConnection> {
        match &mut self.inner {
            Inner::Sqlite(tx) => Driver::Sqlite(tx.connection()),
            Inner::Postgres(tx) => Driver::Postgres(tx),
        }
    }
}

async fn pass(probe: Option<&Arc<dyn Probe>>, point: Point) -> Result<(), sqlx::Error> {
    match probe {
        Some(probe) => probe.at(point).await,
        None => Ok(()),
    }
}
