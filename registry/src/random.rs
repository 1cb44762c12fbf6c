//! Randomness as a parameter: seeded in tests, the simulator and the demo, from the system in service.

use std::sync::{Arc, Mutex, PoisonError};

use rand::rngs::ChaCha12Rng;
use rand::{Rng, SeedableRng};

/// A shared stream of random numbers (ChaCha12, cryptographically strong when seeded by the system).
#[derive(Clone)]
pub struct Random(Arc<Mutex<ChaCha12Rng>>);

impl Random {
    /// The same seed gives the same stream on every machine.
    #[must_use]
    pub fn from_seed(seed: u64) -> Self {
        Self(Arc::new(Mutex::new(ChaCha12Rng::seed_from_u64(seed))))
    }

    /// Seeded by the operating system; the only such place in the workspace.
    ///
    /// # Panics
    /// When the operating system has no randomness to give: nothing safe can be done then.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the one place that asks the system for randomness")]
    pub fn from_system() -> Self {
        Self(Arc::new(Mutex::new(rand::make_rng())))
    }

    /// Lends the generator to `draw`, e.g. `random.with(|rng| rng.random_range(0..10))`.
    pub fn with<T>(&self, draw: impl FnOnce(&mut ChaCha12Rng) -> T) -> T {
        draw(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// `N` random bytes.
    #[must_use]
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.with(|rng| rng.fill_bytes(&mut bytes));
        bytes
    }

    /// A new stream, independent of what is drawn from this one later.
    #[must_use]
    pub fn fork(&self) -> Self {
        Self(Arc::new(Mutex::new(ChaCha12Rng::from_seed(self.bytes()))))
    }
}

impl std::fmt::Debug for Random {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Random")
    }
}
