//! Limits on operations, and on all of them together.

use super::{Figure, Finding, Limit, MIGRATION, too_few, words};
use crate::cost::OperationCost;
use crate::failure::Failure;
use crate::figures::{Account, ImpactFigures};
use crate::phase::Phase;
use crate::statistics::{Evidence, rate_below, share_within};
use crate::units::{human, thousands};
use crate::verdict::judgement::Verdict;
use crate::verdict::{Measured, Traffic};
use crate::wait::Cause;
use std::time::Duration;

pub(super) fn finding(
    limit: &Limit,
    bound: f64,
    traffic: &Traffic<'_>,
    names: &[&str],
    measured: &Measured<'_>,
) -> Finding {
    let Some(impact) = traffic.impact else { return Finding::nothing("the round ended before anything was judged") };
    let figure = &limit.figure;
    let counted = counted(traffic);
    match figure {
        Figure::Percentile { percent } => percentile(*percent, Duration::from_secs_f64(bound), traffic),
        Figure::Max | Figure::LongestStall if impact.account.scheduled == 0 => Finding::nothing("nothing was due"),
        Figure::Max => Finding::held(figure, impact.max.as_secs_f64(), bound),
        Figure::LongestStall => Finding::held(figure, impact.longest_stall.as_secs_f64(), bound),
        Figure::Throughput => throughput(impact, measured.window, bound),
        Figure::Dropped => Finding::held(figure, counted.dropped as f64, bound),
        Figure::Errors(class) => Finding::amount(errors(&counted, *class), counted.scheduled, &limit.bound),
        Figure::Retries => Finding::amount(counted.retries, counted.scheduled, &limit.bound),
        Figure::Statements => statements(bound, traffic, &impact.account),
        Figure::Rows => alone(figure, bound, traffic, |cost| cost.rows),
        Figure::Buffers => alone(figure, bound, traffic, |cost| cost.hit + cost.read),
        Figure::Wal => alone(figure, bound, traffic, |cost| cost.wal),
        Figure::Blocked { by } => {
            let blocked = blocked(names, by.as_deref(), measured);
            Finding::held(figure, blocked.as_secs_f64(), bound)
        }
        _ => Finding::nothing("not a limit for traffic"),
    }
}

/// Few can prove a failure; a pass needs enough of them, and holds only if those cut may have been slow as well.
fn percentile(percent: f64, most: Duration, traffic: &Traffic<'_>) -> Finding {
    let count = traffic.response.count();
    if count == 0 {
        return Finding::nothing("nothing was due");
    }
    let share = 1.0 - percent / 100.0;
    let beyond = traffic.response.beyond(most);
    let cut = traffic.impact.map_or(0, |impact| impact.account.cut);
    let found = human(traffic.response.quantile(percent / 100.0));
    let pessimistic = share_within((beyond + cut).min(count), count, share);
    match (share_within(beyond, count, share), pessimistic) {
        (_, Evidence::Within) => Finding::new(found, Verdict::Pass),
        (Evidence::Beyond, _) => Finding::new(found, Verdict::Fail),
        (Evidence::Within, _) => Finding {
            found: format!("≥ {found}"),
            verdict: Verdict::NotJudged,
            reason: Some(format!("{} were still running when time was up", thousands(cut))),
        },
        (Evidence::TooFew, _) => Finding { found, verdict: Verdict::NotJudged, reason: Some(too_few(count, share)) },
    }
}

/// Successes of the judged window a second. Arrivals come as chance has it, so fewer are no failure before chance is
/// ruled out.
fn throughput(impact: &ImpactFigures, window: Duration, least: f64) -> Finding {
    if window.is_zero() {
        return Finding::nothing("the round ended before anything was judged");
    }
    let succeeded = impact.account.succeeded;
    let finding = Finding::held(&Figure::Throughput, succeeded as f64 / window.as_secs_f64(), least);
    match finding.verdict {
        Verdict::Fail if !rate_below(succeeded, least * window.as_secs_f64()) => Finding {
            verdict: Verdict::NotJudged,
            reason: Some(format!("{} in {} may be fewer by chance alone", thousands(succeeded), human(window))),
            ..finding
        },
        _ => finding,
    }
}

/// What one execution costs, alone.
fn alone(figure: &Figure, most: f64, traffic: &Traffic<'_>, of: fn(&OperationCost) -> f64) -> Finding {
    match measured_alone(traffic) {
        Some(cost) => Finding::held(figure, exact(of(cost)), most),
        None => Finding::nothing(unmeasured(traffic).unwrap_or("it was not measured alone")),
    }
}

/// Without a statement, the server's part is not known.
fn measured_alone<'a>(traffic: &Traffic<'a>) -> Option<&'a OperationCost> {
    traffic.cost.filter(|cost| cost.executions > 0 && cost.statements > 0.0)
}

fn unmeasured<'a>(traffic: &Traffic<'a>) -> Option<&'a str> {
    traffic.cost.and_then(|cost| cost.unmeasured.as_deref())
}

/// A mean over several statements that are means themselves is off by its last binary digits.
fn exact(mean: f64) -> f64 {
    (mean * 1e3).round() / 1e3
}

/// As counted alone. Where that could not be, our own clients know what they sent under load, if not for whom: failures
/// and retries make their mean too large. What an application sends under load nobody knows.
fn statements(most: f64, traffic: &Traffic<'_>, account: &Account) -> Finding {
    if let Some(cost) = measured_alone(traffic) {
        return at_most_statements(cost.statements, most);
    }
    if account.succeeded == 0 || account.statements == 0 {
        return Finding::nothing(unmeasured(traffic).unwrap_or("it was not measured alone, and no client counted any"));
    }
    let finding = at_most_statements(account.statements as f64 / account.succeeded as f64, most);
    if account.errors() + account.cut + account.retries == 0 {
        return finding;
    }
    let found = format!("≤ {}", finding.found);
    match finding.verdict {
        Verdict::Pass => Finding { found, ..finding },
        _ => Finding {
            found,
            verdict: Verdict::NotJudged,
            reason: Some("statements of failed and repeated tries are among them".to_owned()),
        },
    }
}

fn at_most_statements(mean: f64, most: f64) -> Finding {
    let mean = exact(mean);
    let finding = Finding::held(&Figure::Statements, mean, most);
    let noun = if words::count(mean) == "1" { "statement" } else { "statements" };
    Finding { found: format!("{} {noun}", finding.found), ..finding }
}

/// All that was due from the end of the warm-up on.
fn counted(traffic: &Traffic<'_>) -> Account {
    let mut all = Account::default();
    let phases = traffic.phases.iter().filter(|figures| figures.phase != Some(Phase::Warmup));
    phases.for_each(|figures| all.merge(&figures.account));
    all
}

fn errors(account: &Account, class: Option<Failure>) -> u64 {
    match class {
        None => account.errors(),
        Some(failure) => account.failed.get(failure.name().as_ref()).copied().unwrap_or(0),
    }
}

/// How long those waited for locks, behind whom; warm-up left out.
fn blocked(waiters: &[&str], by: Option<&str>, measured: &Measured<'_>) -> Duration {
    let groups = measured.waits.iter().filter(|group| group.phase != Phase::Warmup);
    let caused = groups.filter(|group| by.is_none_or(|name| is_by(&group.cause, name, measured)));
    let waits = caused.flat_map(|group| &group.waiters).filter(|(name, ..)| waiters.contains(&name.as_str()));
    Duration::from_secs_f64(waits.map(|(.., ms)| ms).sum::<f64>().max(0.0) / 1e3)
}

fn is_by(cause: &Cause, name: &str, measured: &Measured<'_>) -> bool {
    let is_step = |step: u16| measured.steps.get(usize::from(step)).is_some_and(|facts| facts.name == name);
    match cause {
        Cause::Job { operation } => {
            measured.operations.get(usize::from(*operation)).is_some_and(|each| each.name == name)
        }
        cause => cause.step().is_some_and(|step| name == MIGRATION || is_step(step)),
    }
}
