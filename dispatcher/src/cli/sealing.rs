//! `certus key new`, `seal` and `rotate`: the keys that personal data is encrypted under.

use std::io::Write;
use std::path::Path;
use std::time::Duration;

use certus_registry::audit::{Action, Actor, Line};
use certus_registry::seal::{Master, file};
use certus_registry::store::audit;
use certus_registry::store::sealing::{self, Moved, Why};
use certus_registry::time::SystemClock;
use certus_registry::{Clock, Database, Random, Tx};
use certus_sms_bridge::sealing::MOVE;
use indicatif::{ProgressBar, ProgressStyle};

use super::CliError;

/// How often the progress is drawn.
const DRAWN_EVERY: Duration = Duration::from_millis(200);

/// Makes a key file, or adds a key to one.
pub(super) fn new(path: &Path, add: bool) -> Result<(), CliError> {
    let key = Master::draw(&Random::from_system());
    if add {
        file::append(path, &key)?;
    } else {
        file::create(path, &key)?;
    }
    let then = if add {
        "in force from the next `certus key rotate` on"
    } else {
        "keep a copy apart from the database"
    };
    Ok(writeln!(std::io::stdout().lock(), "master key {} in {}; {then}", key.name(), path.display())?)
}

/// Gives the database a new data key and moves every row to it; begins where it was interrupted.
pub(super) async fn run(db: &Database, why: Why) -> Result<(), CliError> {
    let mut tx = db.begin().await?;
    let number = sealing::begin(&mut tx, SystemClock.now(), why).await?;
    put_down(&mut tx, why, format!("data key {number} in force")).await?;
    tx.commit().await?;
    let rows = moved(db, why, number).await?;
    Ok(writeln!(
        std::io::stdout().lock(),
        "all personal data is encrypted under data key {number}; {rows} rows were"
    )?)
}

/// Shows how many rows have been moved; says at the end how many there were.
async fn moved(db: &Database, why: Why, number: i64) -> Result<u64, CliError> {
    let style = ProgressStyle::with_template("{spinner} {human_pos} rows").expect("a valid template");
    let bar = ProgressBar::no_length().with_style(style);
    bar.enable_steady_tick(DRAWN_EVERY);
    loop {
        let mut tx = db.begin().await?;
        match sealing::advance(&mut tx, SystemClock.now(), &[MOVE]).await? {
            Moved::Some(rows) => bar.inc(rows),
            Moved::All => {
                put_down(&mut tx, why, format!("data key {number}: all is under it")).await?;
                tx.commit().await?;
                break;
            }
        }
        tx.commit().await?;
    }
    bar.finish_and_clear();
    Ok(bar.position())
}

async fn put_down(tx: &mut Tx, why: Why, detail: String) -> Result<(), CliError> {
    let action = match why {
        Why::Seal => Action::DataSealed,
        Why::Rotate => Action::DataKeyRotated,
    };
    audit::append(tx, Line::new(SystemClock.now(), Actor::Console, action, detail)).await?;
    Ok(())
}
