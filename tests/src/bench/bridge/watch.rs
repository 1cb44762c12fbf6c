//! Counting what is done while it is being done, the same way for everybody who is measured.

use std::time::{Duration, Instant};

use anyhow::ensure;
use certus_registry::Clock as _;
use certus_registry::time::SystemClock;

use super::memory::Memory;
use crate::bench::now;

/// Between two counts; a span is too long by this at most.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// Without a single message more: something is broken.
const PATIENCE: Duration = Duration::from_mins(1);
/// Between two samples of the memory.
const SAMPLE_EVERY: usize = 1_000;

/// Looks at `count` until it has reached `total`; when each message was counted, since `began`.
pub(super) async fn until(
    total: usize,
    began: Instant,
    memory: &mut Memory,
    count: impl AsyncFn() -> anyhow::Result<usize>,
) -> anyhow::Result<Vec<Duration>> {
    let mut spans = Vec::with_capacity(total);
    let mut last_step = began;
    while spans.len() < total {
        SystemClock.sleep_until(SystemClock.now() + LOOK_EVERY).await;
        let (counted, before) = (count().await?.min(total), spans.len());
        let at = now();
        ensure!(at.duration_since(last_step) < PATIENCE, "{before} of {total} messages, and then no more");
        if counted > before {
            last_step = at;
            spans.resize(counted, at.duration_since(began));
        }
        if counted / SAMPLE_EVERY > before / SAMPLE_EVERY {
            memory.sample()?;
        }
    }
    Ok(spans)
}
