//! The migration over time: a bar for each step, marked where it waited and where others waited for it.
//!
//! Marks come from the waits that were seen, not from lock modes: an ACCESS EXCLUSIVE that nobody
//! waited for did no harm.

use super::coordinate;
use super::time::Origin;
use crate::report::words;
use crate::result::series::RoundSeries;
use crate::step::{StepFacts, StepOutcome};
use crate::wait::{Actor, Cause};
use std::fmt::Write;
use std::time::Duration;

/// More steps than this are drawn without their names; the section on steps has these.
const NAMED: usize = 12;

/// A stretch of time.
pub(crate) type Span = (Duration, Duration);

/// When others waited for a lock that the step held.
pub(crate) fn blocking(place: u16, series: &RoundSeries) -> Vec<Span> {
    let stretches = series.waits.iter().flat_map(|wait| &wait.stretches);
    let held = stretches.filter(|stretch| matches!(stretch.cause, Cause::Held { step } if step == place));
    join(held.map(|stretch| (stretch.from, stretch.until)).collect())
}

/// When others waited in the queue behind the step.
pub(crate) fn queueing(place: u16, series: &RoundSeries) -> Vec<Span> {
    let stretches = series.waits.iter().flat_map(|wait| &wait.stretches);
    let queued = stretches.filter(|stretch| matches!(stretch.cause, Cause::Queued { step, .. } if step == place));
    join(queued.map(|stretch| (stretch.from, stretch.until)).collect())
}

/// When the step itself waited for a lock.
pub(crate) fn waiting(place: u16, series: &RoundSeries) -> Vec<Span> {
    let own = series.waits.iter().filter(|wait| wait.waiter == Actor::Step(place));
    join(own.map(|wait| (wait.start, wait.end)).collect())
}

/// The sum of stretches that do not overlap.
pub(crate) fn total(spans: &[Span]) -> Duration {
    spans.iter().map(|(from, until)| until.saturating_sub(*from)).sum()
}

fn join(mut spans: Vec<Span>) -> Vec<Span> {
    spans.sort();
    let mut joined: Vec<Span> = Vec::new();
    for (from, until) in spans {
        match joined.last_mut() {
            Some(last) if last.1 >= from => last.1 = last.1.max(until),
            _ => joined.push((from, until)),
        }
    }
    joined
}

/// Rows of bars; `end` is where a step that did not end is cut off.
pub(crate) fn draw(steps: &[StepFacts], series: &RoundSeries, origin: Origin, end: Duration) -> String {
    let named = steps.len() <= NAMED;
    let mut rows = String::new();
    for (place, step) in (0_u16..).zip(steps) {
        let class = if named { "step" } else { "step slim" };
        write!(rows, "<div class=\"{class}\" title=\"{}\">", words::escape(&title(step, place)))
            .expect("a string takes everything");
        if named {
            write!(rows, "<span><b>{}</b> {}</span>", place + 1, words::escape(&label(step)))
                .expect("a string takes everything");
        }
        if let Some(started) = step.started {
            let ended = step.ended.unwrap_or(end);
            rows.push_str(&bar(outcome_class(&step.outcome), (started, ended), origin));
            let marks = [
                ("waiting", waiting(place, series)),
                ("queued", queueing(place, series)),
                ("held", blocking(place, series)),
            ];
            for (class, spans) in marks {
                rows.extend(spans.into_iter().map(|span| bar(class, span, origin)));
            }
        }
        rows.push_str("</div>");
    }
    rows
}

/// How high the lane must be, in rem.
pub(crate) fn height(steps: usize) -> f64 {
    if steps <= NAMED { steps as f64 * 1.75 } else { (steps as f64 * 0.5).min(20.0) }
}

fn bar(class: &str, (from, until): Span, origin: Origin) -> String {
    let [a, b] = [coordinate(origin.at(from), 3), coordinate(origin.at(until), 3)];
    format!("<i class=\"{class}\" style=\"--a:{a};--b:{b}\"></i>")
}

fn outcome_class(outcome: &StepOutcome) -> &'static str {
    match outcome {
        StepOutcome::Failed { .. } => "run failed",
        StepOutcome::Cut => "run cut",
        StepOutcome::Done | StepOutcome::NotReached => "run",
    }
}

fn label(step: &StepFacts) -> String {
    let name = words::shorten(&step.name, 72);
    match (&step.outcome, step.started, step.ended) {
        (StepOutcome::NotReached, ..) => format!("{name} · not reached"),
        (StepOutcome::Failed { .. }, ..) => format!("{name} · failed"),
        (_, Some(started), Some(ended)) => format!("{name} · {}", words::length(ended.saturating_sub(started))),
        _ => format!("{name} · did not end"),
    }
}

fn title(step: &StepFacts, place: u16) -> String {
    format!("Step {}: {}", place + 1, label(step))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    fn span(from: u64, until: u64) -> Span {
        (Duration::from_secs(from), Duration::from_secs(until))
    }

    #[test]
    fn stretches_that_touch_are_one() {
        let joined = join(vec![span(5, 7), span(1, 3), span(2, 4), span(4, 5)]);
        assert_eq!(joined, [span(1, 7)]);
        assert_eq!(total(&[span(1, 3), span(5, 6)]), Duration::from_secs(3));
    }

    #[test]
    fn a_step_is_marked_where_others_waited_for_it_and_where_it_waited() {
        let (_, series) = sample::run(20, 1);
        assert_eq!(blocking(0, &series[0]).len(), 1);
        assert!(waiting(0, &series[0]).is_empty());
        assert_eq!(total(&waiting(0, &series[1])), Duration::from_millis(200));
        assert!(!queueing(0, &series[1]).is_empty());
    }
}
