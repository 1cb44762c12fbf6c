//! What the program says at warn and error while a seed runs on this thread.

use std::cell::RefCell;
use std::fmt::Write as _;

use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, SubscriberExt as _};

thread_local! {
    static SAID: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

struct Listener;

impl<S: Subscriber> Layer<S> for Listener {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if !event.metadata().target().starts_with("certus") {
            return;
        }
        let mut line = Line(event.metadata().level().to_string());
        event.record(&mut line);
        SAID.with_borrow_mut(|said| said.push(line.0));
    }
}

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        // Writing to a String cannot fail.
        let _ = write!(self.0, " {}={value:?}", field.name());
    }
}

/// Listens to everything from here on; once for the process.
pub(super) fn listen() {
    // Somebody else listens already: the second run in one process.
    let all = tracing_subscriber::registry().with(LevelFilter::WARN).with(Listener);
    let _ = tracing::subscriber::set_global_default(all);
}

/// What was said on this thread since the last call.
pub(super) fn said() -> Vec<String> {
    SAID.with_borrow_mut(std::mem::take)
}
