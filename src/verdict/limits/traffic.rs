//! Limits on operations, and on all of them together.

use super::{Bound, Figure, Finding, Limit, MIGRATION, Unit, too_few, words};
use crate::cost::OperationCost;
use crate::failure::Failure;
use crate::figures::{Account, ImpactFigures, PhaseFigures};
use crate::latency::{Time, Times};
use crate::phase::Phase;
use crate::statistics::{Evidence, needed, rate_below, share_within};
use crate::units::{Rate, human, thousands};
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
    let span = match limit.phase {
        None => Span::judged(traffic, impact, measured),
        Some(phase) => match Span::of(traffic, phase) {
            Some(span) => span,
            None => return Finding::nothing("the round did not come to that phase"),
        },
    };
    let figure = &limit.figure;
    match figure {
        Figure::Percentile { of, percent } => percentile(*percent, Duration::from_secs_f64(bound), *of, &span),
        Figure::Max(_) | Figure::LongestStall if span.due == 0 => Finding::nothing("nothing was due"),
        Figure::Max(of) => Finding::held(figure, span.longest(*of).as_secs_f64(), bound),
        Figure::LongestStall => Finding::held(figure, impact.longest_stall.as_secs_f64(), bound),
        Figure::Throughput => throughput(&span, bound),
        Figure::Dropped => Finding::held(figure, span.account.dropped as f64, bound),
        Figure::Errors(class) => Finding::amount(errors(&span.account, *class), span.account.scheduled, &limit.bound),
        Figure::Retries => Finding::amount(span.account.retries, span.account.scheduled, &limit.bound),
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

/// What is judged: the window of the migration, `measure`, or one phase.
struct Span<'a> {
    /// Errors count from the end of the warm-up on where no phase is named.
    account: Account,
    times: &'a Times,
    /// The longest of each of the times, in their order.
    longest: [Duration; 3],
    /// How many were due, succeeded and were cut within, and how long it was.
    due: u64,
    succeeded: u64,
    cut: u64,
    length: Duration,
}

impl<'a> Span<'a> {
    fn judged(traffic: &Traffic<'a>, impact: &ImpactFigures, measured: &Measured<'_>) -> Self {
        let judged = |figures: &&PhaseFigures| is_judged(figures.phase);
        let longest =
            |of: fn(&PhaseFigures) -> Duration| traffic.phases.iter().filter(judged).map(of).max().unwrap_or_default();
        let Account { scheduled: due, succeeded, cut, .. } = impact.account;
        Self {
            account: counted(traffic),
            times: traffic.times,
            longest: [impact.max, longest(|phase| phase.service.max), longest(|phase| phase.pool_wait.max)],
            due,
            succeeded,
            cut,
            length: measured.window,
        }
    }

    fn of(traffic: &Traffic<'a>, phase: Phase) -> Option<Self> {
        let figures = traffic.phases.iter().find(|figures| figures.phase == Some(phase))?;
        let (_, times) = traffic.by_phase.iter().find(|(each, _)| *each == phase)?;
        let Account { scheduled: due, succeeded, cut, .. } = figures.account;
        Some(Self {
            account: figures.account.clone(),
            times,
            longest: [figures.response.max, figures.service.max, figures.pool_wait.max],
            due,
            succeeded,
            cut,
            length: figures.length,
        })
    }

    fn longest(&self, of: Time) -> Duration {
        self.longest[of as usize]
    }
}

fn is_judged(phase: Option<Phase>) -> bool {
    matches!(phase, Some(Phase::During | Phase::After | Phase::Measure))
}

/// What a figure was in the phase before the migration, or why nobody can say.
pub(super) fn before(limit: &Limit, traffic: &Traffic<'_>) -> Result<f64, String> {
    let span = Span::of(traffic, Phase::Before).ok_or("there is no phase before")?;
    let nothing = || Err("nothing was due before the migration".to_owned());
    match &limit.figure {
        Figure::Percentile { of, percent } => {
            let times = span.times.of(*of);
            let needed = needed(1.0 - percent / 100.0);
            match times.count() < needed {
                true => Err(format!(
                    "{} observations before the migration are too few, {} are needed",
                    thousands(times.count()),
                    thousands(needed)
                )),
                false => Ok(times.quantile(percent / 100.0).as_secs_f64()),
            }
        }
        _ if span.due == 0 || span.length.is_zero() => nothing(),
        Figure::Max(of) => Ok(span.longest(*of).as_secs_f64()),
        Figure::Throughput => Ok(span.succeeded as f64 / span.length.as_secs_f64()),
        Figure::Errors(class) => Ok(errors(&span.account, *class) as f64 / span.account.scheduled as f64),
        Figure::Retries => Ok(span.account.retries as f64 / span.account.scheduled as f64),
        _ => Err("it is not known of the phase before".to_owned()),
    }
}

/// So many times what a figure was, as a limit.
pub(super) fn times(figure: &Figure, factor: f64, value: f64) -> Bound {
    match figure.unit() {
        Unit::Amount => Bound::Share((factor * value).min(1.0)),
        Unit::Rate => Bound::Rate(Rate(factor * value)),
        _ => Bound::Time(Duration::try_from_secs_f64(factor * value).unwrap_or(Duration::MAX)),
    }
}

/// Few can prove a failure; a pass needs enough of them, and holds only if those cut may have been slow as well.
fn percentile(percent: f64, most: Duration, of: Time, span: &Span<'_>) -> Finding {
    let times = span.times.of(of);
    let count = times.count();
    if count == 0 {
        return Finding::nothing("nothing was due");
    }
    let share = 1.0 - percent / 100.0;
    let beyond = times.beyond(most);
    let found = times.quantile(percent / 100.0);
    let finding = |verdict| Finding::new(human(found), Some(found.as_secs_f64()), verdict);
    let pessimistic = share_within((beyond + span.cut).min(count), count, share);
    match (share_within(beyond, count, share), pessimistic) {
        (_, Evidence::Within) => finding(Verdict::Pass),
        (Evidence::Beyond, _) => finding(Verdict::Fail),
        (Evidence::Within, _) => {
            let unsure = finding(Verdict::NotJudged);
            let reason = format!("{} were still running when time was up", thousands(span.cut));
            Finding { found: format!("≥ {}", unsure.found), ..unsure }.unsure(reason)
        }
        (Evidence::TooFew, _) => finding(Verdict::NotJudged).unsure(too_few(count, share)),
    }
}

/// Successes a second. Arrivals come as chance has it, so fewer are no failure before chance is ruled out.
fn throughput(span: &Span<'_>, least: f64) -> Finding {
    if span.length.is_zero() {
        return Finding::nothing("the round ended before anything was judged");
    }
    let (succeeded, length) = (span.succeeded, span.length);
    let finding = Finding::held(&Figure::Throughput, succeeded as f64 / length.as_secs_f64(), least);
    match finding.verdict {
        Verdict::Fail if !rate_below(succeeded, least * length.as_secs_f64()) => {
            finding.unsure(format!("{} in {} may be fewer by chance alone", thousands(succeeded), human(length)))
        }
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
    let finding = Finding { found: format!("≤ {}", finding.found), ..finding };
    match finding.verdict {
        Verdict::Pass => finding,
        _ => finding.unsure("statements of failed and repeated tries are among them".to_owned()),
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
