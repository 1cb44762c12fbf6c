//! `certus demo`: an invented county that moves, served by the real program.
//!
//! Headless it runs in virtual time, one seed one story, and closes its books in one line. Live it runs the real
//! server on a fast clock and tells in the terminal what happens. Nothing else in Certus needs this module.

mod books;
mod county;
mod live;
mod lockstep;
mod people;
mod places;
mod script;
mod teller;
mod world;

use std::io::Write;
use std::time::Duration;

use crate::engine::{Applied, EngineError};
use crate::node::{MigrationError, NodeError};

pub use books::Summary;
pub use live::run as run_live;

/// The first alarm comes this long after the start, so that phones have said where they are.
const FIRST_ALARM: Duration = Duration::from_mins(2);

/// So long after the last incident has closed people still finish what they are doing.
const AFTERMATH: Duration = Duration::from_hours(2);

/// What the demo is to show.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// How many incidents.
    pub incidents: u32,
    /// The seed of everything.
    pub seed: u64,
    /// How many times as fast as real time, live.
    pub speed: u32,
}

/// Why the demo stopped.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The engine failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The tables could not be made.
    #[error(transparent)]
    Migration(#[from] MigrationError),
    /// The node could not be started.
    #[error(transparent)]
    Node(#[from] NodeError),
    /// The registry failed.
    #[error(transparent)]
    Registry(#[from] certus_registry::RegistryError),
    /// The account for the console could not be made.
    #[error(transparent)]
    Account(#[from] crate::sign_in::Fault),
    /// The bridge failed.
    #[error(transparent)]
    Bridge(#[from] certus_sms_bridge::BridgeError),
    /// The database failed.
    #[error("the database failed: {0}")]
    Database(#[from] sqlx::Error),
    /// The terminal or a listener failed.
    #[error(transparent)]
    System(#[from] std::io::Error),
    /// The demo's configuration has no phone network of its own.
    #[error("the demo needs the simulated phone network")]
    NoNetwork,
    /// Something never came to an end.
    #[error("three days after the last alarm there is still something open")]
    Restless,
}

/// Runs the headless demo and closes its books.
///
/// # Errors
/// [`DemoError`].
pub async fn run_headless(options: Options) -> Result<Summary, DemoError> {
    Box::pin(lockstep::run(options, &mut teller::Teller::silent())).await
}

/// Writes the one line that ends the headless demo.
///
/// # Errors
/// When `out` is closed.
pub fn print(summary: &Summary, out: &mut dyn Write) -> std::io::Result<()> {
    writeln!(out, "{}", serde_json::to_string(summary).map_err(std::io::Error::from)?)
}

/// An operator may say something about an incident that has ended by itself meanwhile.
fn forgiving(applied: Result<Applied, EngineError>) -> Result<(), EngineError> {
    match applied {
        Ok(_) | Err(EngineError::Illegal(_)) => Ok(()),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn story(seed: u64) -> String {
        let options = Options { incidents: 4, seed, speed: 1 };
        serde_json::to_string(&run_headless(options).await.unwrap()).unwrap()
    }

    #[tokio::test]
    async fn a_seed_tells_one_story_and_another_seed_another() {
        let (first, again, other) = (story(7).await, story(7).await, story(8).await);
        assert_eq!(first, again);
        assert_ne!(first.replace("\"seed\":7", ""), other.replace("\"seed\":8", ""));
        for line in [first, other] {
            assert!(line.ends_with("\"open_at_end\":0,\"lost\":0}"), "{line}");
        }
    }
}
