//! Signals to a running server.

use tokio::process::{Child, Command};

use super::Certus;

/// Sends a signal by its name; false when the process had ended.
pub(super) async fn send(process: &Child, signal: &str) -> bool {
    let Some(id) = process.id() else { return false };
    let sent = Command::new("sh").args(["-c", &format!("kill -{signal} {id}")]).status().await;
    sent.is_ok_and(|status| status.success())
}

impl Certus {
    /// Lets the process stand still (SIGSTOP), as a machine that is suspended does.
    ///
    /// # Panics
    /// When it does not run.
    pub async fn stand_still(&self) {
        assert!(send(&self.running().process, "STOP").await, "it had ended by itself\n{}", self.log());
    }

    /// Lets it go on (SIGCONT).
    ///
    /// # Panics
    /// When it does not run.
    pub async fn go_on(&self) {
        assert!(send(&self.running().process, "CONT").await, "it had ended by itself\n{}", self.log());
    }
}
