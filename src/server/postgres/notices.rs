//! What the server says besides its answers: notices, warnings, and the DEBUG1 messages that tell what DDL does.
//!
//! The driver hands such messages to `tracing` and to nobody else. So whoever wants them polls its statements with a
//! subscriber of its own; no other connection's messages reach it.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use tracing::field::{Field, Visit};
use tracing::instrument::WithSubscriber as _;
use tracing::{Dispatch, Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, SubscriberExt as _};

/// Under which name the driver reports them.
const TARGET: &str = "sqlx::postgres::notice";
/// Of the DEBUG1 messages, those that say what a statement has to read or write (`tablecmds.c`, `index.c`).
const TELLING: [&str; 5] = ["rewriting", "verifying", "validating", "building index", "sufficient to prove"];

/// Collects what one connection's server says.
#[derive(Clone)]
pub struct Notices {
    heard: Heard,
    dispatch: Dispatch,
}

impl Default for Notices {
    fn default() -> Self {
        let heard = Heard::default();
        let dispatch = Dispatch::new(tracing_subscriber::registry().with(heard.clone()));
        Self { heard, dispatch }
    }
}

impl Notices {
    /// Listens to all that the server says while `work` runs.
    pub async fn listen<T>(&self, work: impl Future<Output = T>) -> T {
        work.with_subscriber(self.dispatch.clone()).await
    }

    /// What was heard since the last time, in order.
    #[must_use]
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.heard.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[derive(Clone, Default)]
struct Heard(Arc<Mutex<Vec<String>>>);

impl<S: Subscriber> Layer<S> for Heard {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if event.metadata().target() != TARGET {
            return;
        }
        let mut message = Message(String::new());
        event.record(&mut message);
        // The driver reports DEBUG1 to DEBUG5 at DEBUG, notices at INFO.
        let told = *event.metadata().level() < Level::DEBUG || TELLING.iter().any(|word| message.0.contains(word));
        if told {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).push(message.0);
        }
    }
}

struct Message(String);

impl Visit for Message {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "message" {
            value.clone_into(&mut self.0);
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            self.0 = format!("{value:?}");
        }
    }
}
