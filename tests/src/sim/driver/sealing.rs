//! Personal data encrypted at rest, and its key changed while the night goes on.

use certus_registry::seal::{Master, file};
use certus_registry::store::sealing::{self, Moved, Why};
use certus_registry::{Database, Random};
use certus_sms_bridge::sealing::{MOVE, THERE, gather};
use tempfile::TempDir;

use super::super::story::START;
use super::Driver;

const FILE: &str = "certus.key";

/// A folder with a key file.
pub(super) fn new_key(random: &Random) -> anyhow::Result<TempDir> {
    let folder = tempfile::tempdir()?;
    file::create(&folder.path().join(FILE), &Master::draw(random))?;
    Ok(folder)
}

/// The database as a process has it that starts.
pub(super) async fn opened(db: Database, key: Option<&TempDir>, random: &Random) -> anyhow::Result<Database> {
    let Some(folder) = key else { return Ok(db) };
    let db = db.with_key_file(folder.path().join(FILE), random.fork());
    sealing::check(&db, START, &THERE).await?;
    Ok(db)
}

impl Driver {
    /// Nodes write messages under the key of before until they meet the new one.
    pub(super) async fn rotate(&mut self) -> anyhow::Result<()> {
        let mut tx = self.db.begin().await?;
        let number = sealing::begin(&mut tx, self.now, Why::Rotate).await?;
        tx.commit().await?;
        let mut rows = 0;
        loop {
            let mut tx = self.db.begin().await?;
            let moved = sealing::advance(&mut tx, self.now, &[MOVE]).await?;
            tx.commit().await?;
            match moved {
                Moved::Some(some) => rows += some,
                Moved::All => break,
            }
        }
        self.trace.line(self.now, || format!("{rows} rows are under data key {number}"));
        Ok(())
    }

    /// The hourly job.
    pub(super) async fn move_on(&mut self) -> anyhow::Result<()> {
        if self.key.is_some() {
            let moved = gather(&self.db).await?;
            if moved > 0 {
                self.trace.line(self.now, || format!("{moved} rows came late"));
            }
        }
        Ok(())
    }
}
