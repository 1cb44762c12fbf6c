//! All tables in a fresh SQLite database at once.
//!
//! The migrations are run once per process; what they leave is written as one script that any further database takes in much
//! less time. Tests and the simulator make thousands of them.

use anyhow::Context as _;
use certus_dispatcher::node;
use certus_registry::Database;
use certus_registry::database::Driver;
use sqlx::{AssertSqlSafe, SqliteConnection};
use tokio::sync::OnceCell;

/// Gives a fresh SQLite database the tables of the registry, the bridge and the dispatcher, and what their migrations put into
/// them, as [`node::migrate`] does.
///
/// # Errors
/// When it is no SQLite database, has tables already, or cannot be written; nothing is changed then.
pub async fn make(db: &Database) -> anyhow::Result<()> {
    static SCRIPT: OnceCell<String> = OnceCell::const_new();
    let script = SCRIPT.get_or_try_init(script).await?;
    let mut tx = db.begin().await?;
    let Driver::Sqlite(connection) = tx.driver() else { anyhow::bail!("expected a SQLite database") };
    sqlx::raw_sql(AssertSqlSafe(script.as_str())).execute(connection).await?;
    Ok(tx.commit().await?)
}

async fn script() -> anyhow::Result<String> {
    const MADE: &str = "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY rowid";
    let db = Database::open("sqlite::memory:").await?;
    node::migrate(&db).await?;
    let mut tx = db.begin().await?;
    let Driver::Sqlite(connection) = tx.driver() else { anyhow::bail!("expected a SQLite database") };
    let mut statements = vec!["PRAGMA defer_foreign_keys = ON".to_owned()];
    let made: Vec<(String, String, String)> = sqlx::query_as(MADE).fetch_all(&mut *connection).await?;
    for (kind, name, sql) in made {
        statements.push(sql);
        if kind == "table" {
            statements.extend(rows(connection, &name).await.with_context(|| format!("the rows of {name}"))?);
        }
    }
    Ok(statements.join(";\n"))
}

/// What puts a table's rows into it.
async fn rows(connection: &mut SqliteConnection, table: &str) -> Result<Vec<String>, sqlx::Error> {
    let columns: Vec<String> = sqlx::query_scalar("SELECT name FROM pragma_table_info($1)")
        .bind(table)
        .fetch_all(&mut *connection)
        .await?;
    let quoted: Vec<String> = columns.iter().map(|column| format!("quote(\"{column}\")")).collect();
    let values = quoted.join(" || ',' || ");
    let sql = format!("SELECT 'INSERT INTO \"{table}\" VALUES (' || {values} || ')' FROM \"{table}\"");
    sqlx::query_scalar(AssertSqlSafe(sql)).fetch_all(connection).await
}
