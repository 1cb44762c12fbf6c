//! The story of a seed, line by line: hashed whole, its end kept for the screen.

use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hasher as _};

use certus_registry::Timestamp;

use super::story::START;

/// Lines that fit on a screen.
const LINES_MAX: usize = 45;

/// What has happened so far.
#[derive(Debug, Default)]
pub(super) struct Trace {
    /// Every line goes to standard error as well.
    aloud: bool,
    hasher: DefaultHasher,
    last: VecDeque<String>,
}

impl Trace {
    pub(super) fn new(aloud: bool) -> Self {
        Self { aloud, ..Self::default() }
    }

    pub(super) fn line(&mut self, now: Timestamp, text: impl FnOnce() -> String) {
        let line = format!("+{:>10.3} {}", now.since(START).as_secs_f64(), text());
        self.hasher.write(line.as_bytes());
        if self.aloud {
            super::say(&line);
        }
        if self.last.len() == LINES_MAX {
            self.last.pop_front();
        }
        self.last.push_back(line);
    }

    /// The same for the same story.
    pub(super) fn hash(&self) -> u64 {
        self.hasher.finish()
    }

    /// The last lines.
    pub(super) fn end(&self) -> String {
        self.last.iter().fold(String::new(), |text, line| text + line + "\n")
    }
}
