//! Fresh databases of both kinds for contract tests, with every table: migrated once per process, and copied from then on.
//!
//! `tests/run` installs and starts PostgreSQL and names it in `CERTUS_TEST_POSTGRES`, a URL without a
//! database name such as `postgres://postgres@127.0.0.1:54321`. A run without it fails: a store that
//! was tested on one database only is not tested.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use certus_dispatcher::node;
use certus_registry::seal::{Master, file};
use certus_registry::store::sealing::check;
use certus_registry::{Database, Random, Timestamp, on};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use tokio::sync::OnceCell;

use crate::tables;

static MADE: AtomicU32 = AtomicU32::new(0);

/// A database of its own for one test; dropped with its directory, or with the test server.
#[derive(Debug)]
pub struct Fresh {
    /// `sqlite` or `postgres`, and whether it is sealed; for assertion messages.
    pub name: &'static str,
    /// The URL under which another process can open it.
    pub url: String,
    /// An open handle.
    pub db: Database,
    /// The key file, if personal data is sealed in it.
    pub key_file: Option<PathBuf>,
    directories: Vec<tempfile::TempDir>,
}

impl Fresh {
    /// The same, with a key file: what is written from its first start on is sealed.
    ///
    /// # Panics
    /// When the temporary directory is not writable.
    #[must_use]
    pub fn sealed(mut self) -> Self {
        let directory = tempfile::tempdir().expect("a writable temporary directory");
        let path = directory.path().join("certus.key");
        file::create(&path, &Master::draw(&Random::from_seed(1))).expect("a writable temporary directory");
        self.name = if self.name == "sqlite" { "sqlite, sealed" } else { "postgres, sealed" };
        self.db = self.db.with_key_file(path.clone(), Random::from_seed(2));
        self.key_file = Some(path);
        self.directories.push(directory);
        self
    }

    /// Gives the first data key if there is a key file.
    ///
    /// # Panics
    /// When the database refuses.
    pub async fn with_key(&self) {
        let first = check(&self.db, Timestamp::from_millis(0), &certus_sms_bridge::sealing::THERE);
        first.await.expect("a first key");
    }

    /// What every column of every table holds, as text; but for the books of migrations, which have no data in them.
    ///
    /// # Panics
    /// When the database refuses.
    pub async fn everything(&self) -> String {
        const COLUMNS: &str = "SELECT m.name, p.name FROM sqlite_master m JOIN pragma_table_info(m.name) p \
            WHERE m.type = 'table' AND m.name NOT LIKE '%_migrations' ORDER BY 1, 2";
        const COLUMNS_OF_POSTGRES: &str = "SELECT table_name::TEXT, column_name::TEXT FROM information_schema.columns \
            WHERE table_schema = 'public' AND table_name NOT LIKE '%_migrations' ORDER BY 1, 2";
        let sql = if self.name.starts_with("sqlite") { COLUMNS } else { COLUMNS_OF_POSTGRES };
        let columns: Vec<(String, String)> =
            on!(self.db, c => sqlx::query_as(sql).fetch_all(c).await).expect("the columns");
        assert!(columns.len() > 100, "{}: {}", self.name, columns.len());
        let mut all = String::new();
        for (table, column) in columns {
            let sql = format!(
                "SELECT CAST(\"{column}\" AS TEXT) FROM \"{table}\" WHERE \"{column}\" IS NOT NULL ORDER BY 1"
            );
            let sql = AssertSqlSafe(sql);
            let texts: Vec<String> =
                on!(self.db, c => sqlx::query_scalar(sql).fetch_all(c).await).expect("the column");
            all.push_str(&texts.join("\n"));
            all.push('\n');
        }
        all
    }

    /// The same database as another process has it open; with the key file, if there is one.
    ///
    /// # Panics
    /// When it cannot be opened.
    pub async fn again(&self, random: Random) -> Database {
        let db = Database::open(&self.url).await.expect("the database that is open already");
        match &self.key_file {
            Some(path) => db.with_key_file(path.clone(), random),
            None => db,
        }
    }
}

/// A fresh SQLite file and a fresh PostgreSQL database, in this order.
///
/// # Panics
/// When either cannot be made; the message says how to get a PostgreSQL.
pub async fn both() -> [Fresh; 2] {
    [sqlite().await, postgres().await]
}

/// Both as they are, and both with a key file.
///
/// # Panics
/// As [`both`].
pub async fn all() -> [Fresh; 4] {
    let ([sqlite, postgres], [sealed, other]) = (both().await, both().await.map(Fresh::sealed));
    [sqlite, sealed, postgres, other]
}

/// Both without tables.
///
/// # Panics
/// As [`both`].
pub async fn empty() -> [Fresh; 2] {
    [empty_sqlite().await, copy_of("template1").await]
}

/// A fresh SQLite file.
///
/// # Panics
/// When the temporary directory is not writable.
pub async fn sqlite() -> Fresh {
    let fresh = empty_sqlite().await;
    tables::make(&fresh.db).await.expect("all tables");
    fresh
}

async fn empty_sqlite() -> Fresh {
    let directory = tempfile::tempdir().expect("a writable temporary directory");
    let url = format!("sqlite:{}", directory.path().join("certus.sqlite").display());
    let db = Database::open(&url).await.expect("a fresh SQLite file");
    Fresh { name: "sqlite", url, db, key_file: None, directories: vec![directory] }
}

/// A fresh PostgreSQL database on the server that `CERTUS_TEST_POSTGRES` names.
///
/// # Panics
/// When the variable is missing or the server cannot be reached.
pub async fn postgres() -> Fresh {
    static MIGRATED: OnceCell<String> = OnceCell::const_new();
    copy_of(MIGRATED.get_or_init(migrated).await).await
}

/// The name of a database with all tables; with nobody connected to it, or it could not be copied.
async fn migrated() -> String {
    let Fresh { url, db, .. } = copy_of("template1").await;
    node::migrate(&db).await.expect("all tables");
    db.close().await;
    url.rsplit('/').next().expect("its name at the end").to_owned()
}

async fn copy_of(template: &str) -> Fresh {
    let server = std::env::var("CERTUS_TEST_POSTGRES").expect(
        "CERTUS_TEST_POSTGRES names no server; run `tests/run`, or `eval \"$(tests/postgres start)\"` first",
    );
    let name = format!("certus_{}_{}", std::process::id(), MADE.fetch_add(1, Ordering::Relaxed));
    let mut admin = PgConnection::connect(&format!("{server}/postgres")).await.expect("a running PostgreSQL");
    let create = AssertSqlSafe(format!("CREATE DATABASE {name} TEMPLATE {template}"));
    admin.execute(create).await.expect("a fresh database");
    admin.close().await.expect("a clean goodbye");
    let url = format!("{server}/{name}");
    let db = Database::open(&url).await.expect("the database just made");
    Fresh { name: "postgres", url, db, key_file: None, directories: Vec::new() }
}
