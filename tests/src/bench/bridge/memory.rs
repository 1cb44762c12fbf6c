//! What this process holds in memory, by the system's own account: ours, the centres and the client of Kannel together.

use super::super::figures::Figure;

/// Samples, round by round.
#[derive(Debug, Default)]
pub(super) struct Memory {
    rounds: Vec<Vec<f64>>,
}

impl Memory {
    pub(super) fn next_round(&mut self) {
        self.rounds.push(Vec::new());
    }

    /// Notes what is held now.
    ///
    /// # Errors
    /// Where `/proc` does not tell.
    pub(super) fn sample(&mut self) -> anyhow::Result<()> {
        let status = std::fs::read_to_string("/proc/self/status")?;
        let held = status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.strip_suffix("kB"));
        let kib: f64 = held.unwrap_or_default().trim().parse()?;
        if let Some(round) = self.rounds.last_mut() {
            round.push(kib / 1024.0);
        }
        Ok(())
    }

    /// The most held in the first round (which is not counted otherwise) and in the last, and the difference.
    pub(super) fn figures(&self) -> Vec<Figure> {
        let most = |round: Option<&Vec<f64>>| round.into_iter().flatten().copied().fold(0.0, f64::max);
        let (first, last) = (most(self.rounds.first()), most(self.rounds.last()));
        vec![
            Figure::new("rss_first_round_mib", first),
            Figure::new("rss_last_round_mib", last),
            Figure::new("rss_growth_mib", last - first),
        ]
    }
}
