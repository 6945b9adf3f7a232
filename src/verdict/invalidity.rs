//! Whether the generator itself was the bottleneck, so that no figure can be believed.

use super::threshold::{Bound, Figure, Limit, Subject, Threshold};
use super::{Measured, Traffic};
use crate::figures::{PhaseFigures, PhaseHealth};
use crate::latency::Time;
use crate::phase::Phase;
use crate::units::{human, thousands};
use std::time::Duration;

/// Lateness below this is the machine's own (measured: a p99 of 1.5 ms beside a parallel index build).
const ORDINARY_LAG: Duration = Duration::from_millis(2);
/// The share of a judged time that lateness of the generator may make up.
const MOST_LAG: f64 = 0.1;
/// The generator may use so much of a core for each core that the server has.
const MOST_CPU: f64 = 0.5;
/// The p99 of fewer are their maximum, and nothing is judged by that.
const LEAST_COUNT: u64 = 100;

/// What must be said of the generator, in sentences.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Doubts {
    /// Why a round is invalid; none where it is not.
    pub invalid: Vec<String>,
    /// What is no reason to disbelieve a verdict, but a figure that nobody judged.
    pub remarks: Vec<String>,
}

/// Looks for a generator that was the bottleneck.
#[must_use]
pub fn doubts(measured: &Measured<'_>, thresholds: &[Threshold], health: &[PhaseHealth], cpus: u32) -> Doubts {
    let mut doubts = Doubts::default();
    for traffic in &measured.operations {
        doubts.invalid.extend(dropped(traffic));
        let subject = Subject::Operation(traffic.name.to_owned());
        match late(traffic, limits(thresholds, &subject)) {
            Some(reason) => doubts.invalid.push(reason),
            None => doubts.remarks.extend(late_unjudged(traffic)),
        }
        doubts.invalid.extend(traffic.phases.iter().filter(|figures| !figures.account.adds_up()).map(|figures| {
            let phase = figures.phase.map_or("a phase", Phase::name);
            format!("the account of `{}` in {phase} does not add up: this is a defect of shakedown", traffic.name)
        }));
    }
    doubts.invalid.extend(late(&measured.all_traffic, limits(thresholds, &Subject::AllTraffic)));
    let health = health.iter().filter(|phase| is_judged(phase.phase));
    doubts.invalid.extend(health.clone().filter_map(|phase| busy(phase, cpus)));
    if thresholds.iter().flat_map(|each| &each.limits).any(|limit| limit.figure.is_seen_by_looks()) {
        doubts.invalid.extend(health.filter_map(blind));
    }
    doubts
}

fn limits<'a>(thresholds: &'a [Threshold], subject: &Subject) -> impl Iterator<Item = &'a Limit> {
    thresholds.iter().filter(move |each| each.subject == *subject).flat_map(|each| &each.limits)
}

fn dropped(traffic: &Traffic<'_>) -> Option<String> {
    let dropped: u64 = judged(traffic).map(|figures| figures.account.dropped).sum();
    (dropped > 0).then(|| {
        format!("the generator itself dropped {} of `{}`: its queue was full", thousands(dropped), traffic.name)
    })
}

/// Lateness beyond a tenth of a time that is judged. A limit that is met is met all the more without the lateness, and
/// one that is missed by far is missed without it as well, so it is held against the larger of limit and finding.
fn late<'a>(traffic: &Traffic<'_>, limits: impl Iterator<Item = &'a Limit>) -> Option<String> {
    let times = limits.filter_map(|limit| judged_time(limit, traffic));
    let (lag, time) =
        times.map(|(percent, time)| (lag(traffic, percent), time)).find(|(lag, time)| counts(*lag, *time))?;
    Some(format!(
        "the generator was late with `{}` by {}, more than a tenth of the {} that is judged",
        traffic.name,
        human(lag),
        human(time)
    ))
}

/// The same of the p99 that nobody judges, which stands in the report all the same.
fn late_unjudged(traffic: &Traffic<'_>) -> Option<String> {
    let (lag, found) = (lag(traffic, 99.0), traffic.times.response.quantile(0.99));
    counts(lag, found).then(|| {
        format!(
            "The generator was late with `{}`, by {} of the {} that it took at p99: so much is this machine's and not the server's. No limit depends on it.",
            traffic.name,
            human(lag),
            human(found)
        )
    })
}

/// What a limit on time is judged by, with the percentile of the lateness that goes into it.
fn judged_time(limit: &Limit, traffic: &Traffic<'_>) -> Option<(f64, Duration)> {
    let impact = traffic.impact?;
    let Bound::Time(most) = limit.bound else { return None };
    match limit.figure {
        // Service time begins with the connection, and a wait for one where the generator was done: lateness is no
        // part of either.
        Figure::Percentile { of: Time::Response, percent } => {
            Some((percent, traffic.times.response.quantile(percent / 100.0).max(most)))
        }
        Figure::Max(Time::Response) => Some((99.0, impact.max.max(most))),
        Figure::LongestStall => Some((99.0, impact.longest_stall.max(most))),
        _ => None,
    }
}

/// The worst lateness of a judged phase: at the median where the median is judged, never beyond p99, for single late
/// arrivals are the machine's.
fn lag(traffic: &Traffic<'_>, percent: f64) -> Duration {
    let counted = judged(traffic).filter(|figures| figures.lag.count >= LEAST_COUNT);
    let at = |figures: &PhaseFigures| match percent {
        percent if percent <= 50.0 => figures.lag.p50,
        percent if percent <= 90.0 => figures.lag.p90,
        _ => figures.lag.p99,
    };
    counted.map(at).max().unwrap_or_default()
}

fn counts(lag: Duration, time: Duration) -> bool {
    lag > ORDINARY_LAG && lag > time.mul_f64(MOST_LAG)
}

fn judged<'a>(traffic: &Traffic<'a>) -> impl Iterator<Item = &'a PhaseFigures> + use<'a> {
    traffic.phases.iter().filter(|figures| is_judged(figures.phase))
}

fn busy(phase: &PhaseHealth, cpus: u32) -> Option<String> {
    let most = MOST_CPU * f64::from(cpus.max(1));
    phase.client_cpu.filter(|used| *used > most).map(|used| {
        let name = phase.phase.map_or("a phase", Phase::name);
        format!("the generator used {used:.1} of {cpus} cores in {name}: it competed with the server")
    })
}

/// Waits of which nobody can know. All else is told by the clocks of those who asked, and stands.
fn blind(phase: &PhaseHealth) -> Option<String> {
    let name = phase.phase.map_or("a phase", Phase::name);
    (phase.blind > Duration::ZERO).then(|| {
        format!(
            "nobody looked at the locks for {} of {name}, and the time that was spent waiting for them is judged",
            human(phase.blind)
        )
    })
}

fn is_judged(phase: Option<Phase>) -> bool {
    phase != Some(Phase::Warmup)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figures::{Account, ImpactFigures, Percentiles};
    use crate::latency::Times;

    fn ms(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    /// What is said of a round with one operation that has a p99 of `p99` and stalled for a second.
    fn found(figures: PhaseFigures, p99: u64, client_cpu: f64, limits: &[Limit]) -> Doubts {
        let health = PhaseHealth { phase: Some(Phase::Before), client_cpu: Some(client_cpu), ..PhaseHealth::default() };
        found_of(figures, p99, health, limits)
    }

    fn found_of(figures: PhaseFigures, p99: u64, health: PhaseHealth, limits: &[Limit]) -> Doubts {
        let mut times = Times::coarse();
        times.response.record_many(p99 * 1000, 1000);
        let phases = [figures];
        let impact = ImpactFigures { longest_stall: ms(1000), ..ImpactFigures::default() };
        let traffic = |name| Traffic {
            name,
            is_traffic: true,
            phases: &phases,
            impact: Some(&impact),
            times: &times,
            by_phase: &[],
            cost: None,
        };
        let measured = Measured {
            operations: vec![traffic("page")],
            all_traffic: traffic("all traffic"),
            gauges: Vec::new(),
            steps: &[],
            waits: &[],
            impact: None,
            window: ms(10_000),
            database: None,
        };
        let thresholds = [Threshold { subject: Subject::Operation("page".to_owned()), limits: limits.to_vec() }];
        doubts(&measured, &thresholds, &[health], 2)
    }

    fn percentile(percent: f64, most: u64) -> Limit {
        Limit::new(Figure::Percentile { of: Time::Response, percent }, Bound::Time(ms(most)))
    }

    fn p99(most: u64) -> Limit {
        percentile(99.0, most)
    }

    fn stall(most: u64) -> Limit {
        Limit::new(Figure::LongestStall, Bound::Time(ms(most)))
    }

    fn figures(phase: Phase, scheduled: u64, dropped: u64, lag: u64) -> PhaseFigures {
        let account = Account { scheduled, succeeded: 1000, dropped, ..Account::default() };
        let lag = Percentiles { count: 1000, p99: ms(lag), ..Percentiles::default() };
        PhaseFigures { phase: Some(phase), account, lag, ..PhaseFigures::default() }
    }

    #[test]
    fn a_generator_that_was_the_bottleneck_makes_a_round_invalid() {
        let limits = [p99(50)];
        for (what, figures, p99, cpu, expected) in [
            ("all is well", figures(Phase::During, 1000, 0, 1), 10, 0.5, None),
            ("dropped", figures(Phase::During, 1003, 3, 1), 10, 0.5, Some("dropped 3 of `page`")),
            ("dropped while nothing is judged", figures(Phase::Warmup, 1003, 3, 1), 10, 0.5, None),
            ("late by more than a tenth of the limit", figures(Phase::During, 1000, 0, 6), 10, 0.5, Some("late")),
            ("late by less", figures(Phase::During, 1000, 0, 4), 10, 0.5, None),
            ("late by less than a tenth of what was found", figures(Phase::During, 1000, 0, 40), 500, 0.5, None),
            ("busy", figures(Phase::During, 1000, 0, 1), 10, 1.2, Some("used 1.2 of 2 cores in before")),
            ("lost one", figures(Phase::During, 1001, 0, 1), 10, 0.5, Some("does not add up")),
        ] {
            let Doubts { invalid, .. } = found(figures, p99, cpu, &limits);
            assert_eq!(invalid.len(), usize::from(expected.is_some()), "{what}: {invalid:?}");
            assert!(invalid.iter().all(|reason| reason.contains(expected.unwrap_or_default())), "{what}: {invalid:?}");
        }
    }

    #[test]
    fn a_time_in_which_nobody_looked_at_locks_matters_where_waits_are_judged() {
        let blocked = [Limit::new(Figure::Blocked { by: None }, Bound::Time(ms(500)))];
        for (what, phase, blind, limits, expected) in [
            ("waits are judged", Phase::During, 700, &blocked[..], 1),
            ("looks came as they should", Phase::During, 0, &blocked, 0),
            ("in the warm-up nothing is judged", Phase::Warmup, 700, &blocked, 0),
            ("stalls are told by other clocks", Phase::During, 700, &[stall(500)], 0),
        ] {
            let health = PhaseHealth { phase: Some(phase), blind: ms(blind), ..PhaseHealth::default() };
            let Doubts { invalid, .. } = found_of(figures(Phase::During, 1000, 0, 1), 10, health, limits);
            assert_eq!(invalid.len(), expected, "{what}: {invalid:?}");
            assert!(invalid.iter().all(|reason| reason.contains("for 700 ms of during")), "{what}: {invalid:?}");
        }
    }

    #[test]
    fn lateness_is_held_against_what_is_judged() {
        for (what, lag, limits, is_invalid) in [
            ("no limit at all", 20, &[][..], false),
            ("errors alone are judged", 20, &[Limit::new(Figure::Errors(None), Bound::Count(0))], false),
            ("the stall is long", 20, &[stall(500)], false),
            ("even for the stall it is too late", 120, &[stall(500)], true),
            ("a median has the lateness of the median", 20, &[percentile(50.0, 5)], false),
            ("the strictest limit counts", 20, &[stall(500), p99(50), p99(900)], true),
        ] {
            let doubts = found(figures(Phase::During, 1000, 0, lag), 10, 0.5, limits);
            assert_eq!(!doubts.invalid.is_empty(), is_invalid, "{what}: {doubts:?}");
            assert_eq!(doubts.remarks.is_empty(), is_invalid, "{what}: it is told once\n{doubts:?}");
        }
    }
}
