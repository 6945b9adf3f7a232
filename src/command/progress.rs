//! Progress on the terminal: bars where somebody looks, a line for each task's end elsewhere.

use super::terminal;
use crate::progress::Progress;
use crate::units;
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::collections::HashMap;
use std::io::{self, IsTerminal as _};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// Draws on standard error, or writes lines to it.
pub(super) struct Terminal {
    bars: MultiProgress,
    tasks: Mutex<HashMap<String, Task>>,
    drawn: bool,
}

struct Task {
    bar: ProgressBar,
    began: Instant,
    unit: &'static str,
}

impl Terminal {
    pub(super) fn new() -> Self {
        let drawn = io::stderr().is_terminal();
        let target = if drawn { ProgressDrawTarget::stderr_with_hz(10) } else { ProgressDrawTarget::hidden() };
        Self { bars: MultiProgress::with_draw_target(target), tasks: Mutex::default(), drawn }
    }

    fn tasks(&self) -> MutexGuard<'_, HashMap<String, Task>> {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Progress for Terminal {
    fn begin(&self, task: &str, total: Option<u64>, unit: &'static str) {
        let bar = match total {
            Some(total) => ProgressBar::new(total).with_style(bar_style(unit)),
            None => ProgressBar::new_spinner().with_style(spinner_style()),
        };
        let bar = self.bars.add(bar.with_message(task.to_owned()));
        if self.drawn {
            bar.enable_steady_tick(std::time::Duration::from_millis(200));
        }
        self.tasks().insert(task.to_owned(), Task { bar, began: Instant::now(), unit });
    }

    fn advance(&self, task: &str, by: u64) {
        if let Some(task) = self.tasks().get(task) {
            task.bar.inc(by);
        }
    }

    fn end(&self, task: &str) {
        let Some(ended) = self.tasks().remove(task) else { return };
        ended.bar.finish_and_clear();
        self.bars.remove(&ended.bar);
        let took = ended.began.elapsed();
        let done = ended.bar.position();
        let line = match done > 0 && ended.unit == "rows" {
            true => format!(
                "{task}: {} rows in {}, {} rows/s",
                units::thousands(done),
                units::human(took),
                units::thousands((done as f64 / took.as_secs_f64().max(0.001)) as u64)
            ),
            false => format!("{task}: {}", units::human(took)),
        };
        self.note(&line);
    }

    fn note(&self, line: &str) {
        match self.drawn {
            true => self.bars.suspend(|| terminal::say(line)),
            false => terminal::say(line),
        }
    }
}

fn bar_style(unit: &str) -> ProgressStyle {
    let template = match unit {
        "rows" => "{msg:28} {wide_bar} {human_pos}/{human_len} rows  {per_sec}  {eta} left",
        _ => "{msg:28} {wide_bar} {eta} left",
    };
    ProgressStyle::with_template(template).expect("the template is well formed").progress_chars("━╸─")
}

fn spinner_style() -> ProgressStyle {
    ProgressStyle::with_template("{spinner} {msg}  {elapsed}").expect("the template is well formed")
}
