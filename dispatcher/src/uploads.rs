//! Uploaded files between preview and confirmation, in the database: any node may be asked to confirm.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use certus_registry::audit::Actor;
use certus_registry::{Database, Timestamp, Tx, on};

/// How long a preview can be confirmed, milliseconds: half an hour.
pub const KEPT_MS: i64 = 30 * 60 * 1000;
/// Files kept at once; the oldest give way. A county has a handful of officials.
pub const DRAFTS_MAX: i64 = 8;

const KEEP: &str = "INSERT INTO import_draft (actor, preview, revision, uploaded_at, file) VALUES ($1, $2, $3, $4, $5) \
     ON CONFLICT (actor) DO UPDATE SET preview = excluded.preview, revision = excluded.revision, \
     uploaded_at = excluded.uploaded_at, file = excluded.file";
const DROP_OLD: &str = "DELETE FROM import_draft WHERE uploaded_at <= $1 OR actor NOT IN \
     (SELECT actor FROM import_draft ORDER BY uploaded_at DESC, actor LIMIT $2)";
const TAKE: &str =
    "SELECT revision, file FROM import_draft WHERE actor = $1 AND preview = $2 AND uploaded_at > $3";
const DROP: &str = "DELETE FROM import_draft WHERE actor = $1 AND preview = $2";

/// Keeps a file that was shown, in place of any that the same person uploaded before.
///
/// # Errors
/// When the database fails.
pub async fn keep(
    db: &Database,
    now: Timestamp,
    actor: Actor,
    preview: &str,
    (revision, file): (i64, &[u8]),
) -> Result<(), sqlx::Error> {
    let (actor, file) = (actor.to_string(), BASE64_STANDARD.encode(file));
    let mut tx = db.begin().await?;
    on!(tx, c => sqlx::query(KEEP)
        .bind(actor).bind(preview).bind(revision).bind(now).bind(file).execute(c).await?.rows_affected());
    on!(tx, c => sqlx::query(DROP_OLD).bind(now.as_millis() - KEPT_MS).bind(DRAFTS_MAX).execute(c).await?.rows_affected());
    tx.commit().await
}

/// The revision at which a preview was shown, and its file; none when it is over, or was somebody else's.
///
/// # Errors
/// When the database fails.
pub async fn shown(
    db: &Database,
    now: Timestamp,
    actor: Actor,
    preview: &str,
) -> Result<Option<(i64, Vec<u8>)>, sqlx::Error> {
    let since = now.as_millis() - KEPT_MS;
    let row: Option<(i64, String)> = on!(db, c => sqlx::query_as(TAKE)
        .bind(actor.to_string()).bind(preview).bind(since).fetch_optional(c).await?);
    Ok(row.and_then(|(revision, file)| BASE64_STANDARD.decode(file).ok().map(|file| (revision, file))))
}

/// Forgets a file together with what is done with it; `false` when somebody did so before.
///
/// # Errors
/// When the database fails.
pub async fn forget(tx: &mut Tx, actor: Actor, preview: &str) -> Result<bool, sqlx::Error> {
    let affected = on!(tx, c => sqlx::query(DROP).bind(actor.to_string()).bind(preview).execute(c).await?.rows_affected());
    Ok(affected == 1)
}
