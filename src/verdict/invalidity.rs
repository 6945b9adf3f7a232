//! Whether the generator itself was the bottleneck, so that no figure can be believed.

use super::threshold::{Limit, Subject, Threshold};
use super::{Measured, Traffic};
use crate::figures::{PhaseFigures, PhaseHealth};
use crate::phase::Phase;
use crate::units::{human, thousands};
use std::time::Duration;

/// Lateness below this is the machine's own (measured: a p99 of 1.5 ms beside a parallel index build).
const ORDINARY_LAG: Duration = Duration::from_millis(2);
/// The share of a judged p99 that lateness of the generator may make up.
const MOST_LAG: f64 = 0.1;
/// The generator may use so much of a core for each core that the server has.
const MOST_CPU: f64 = 0.5;
/// The p99 of fewer is their maximum, and nothing is judged by that.
const LEAST_COUNT: u64 = 100;

/// Why a round is invalid, in sentences; none where it is not.
#[must_use]
pub fn reasons(measured: &Measured<'_>, thresholds: &[Threshold], health: &[PhaseHealth], cpus: u32) -> Vec<String> {
    let mut reasons = Vec::new();
    for traffic in &measured.operations {
        let judged: Vec<&PhaseFigures> = traffic.phases.iter().filter(|figures| is_judged(figures.phase)).collect();
        reasons.extend(dropped(traffic.name, &judged));
        reasons.extend(late(traffic, thresholds, &judged));
        reasons.extend(traffic.phases.iter().filter(|figures| !figures.account.adds_up()).map(|figures| {
            let phase = figures.phase.map_or("a phase", Phase::name);
            format!("the account of `{}` in {phase} does not add up: this is a defect of shakedown", traffic.name)
        }));
    }
    reasons.extend(health.iter().filter(|phase| is_judged(phase.phase)).filter_map(|phase| busy(phase, cpus)));
    reasons
}

fn dropped(name: &str, judged: &[&PhaseFigures]) -> Option<String> {
    let dropped: u64 = judged.iter().map(|figures| figures.account.dropped).sum();
    (dropped > 0)
        .then(|| format!("the generator itself dropped {} of `{name}`: its queue was full", thousands(dropped)))
}

/// A limit that is met is met all the more without the lateness, so lateness is held against the larger of both.
fn late(traffic: &Traffic<'_>, thresholds: &[Threshold], judged: &[&PhaseFigures]) -> Option<String> {
    let counted = judged.iter().filter(|figures| figures.lag.count >= LEAST_COUNT);
    let lag = counted.map(|figures| figures.lag.p99).max()?;
    let found = traffic.response.quantile(0.99);
    let limits = thresholds.iter().filter(|each| each.subject == Subject::Operation(traffic.name.to_owned()));
    let limit = limits.flat_map(|each| &each.limits).filter_map(|limit| match limit {
        Limit::Percentile { most, .. } | Limit::Max(most) => Some(*most),
        _ => None,
    });
    let judged_by = limit.max().unwrap_or_default().max(found);
    (lag > ORDINARY_LAG && lag > judged_by.mul_f64(MOST_LAG)).then(|| {
        format!(
            "the generator was late with `{}`: by {} at p99, more than a tenth of the {} that is judged",
            traffic.name,
            human(lag),
            human(judged_by)
        )
    })
}

fn busy(phase: &PhaseHealth, cpus: u32) -> Option<String> {
    let most = MOST_CPU * f64::from(cpus.max(1));
    (phase.client_cpu > most).then(|| {
        let name = phase.phase.map_or("a phase", Phase::name);
        format!("the generator used {:.1} of {cpus} cores in {name}: it competed with the server", phase.client_cpu)
    })
}

fn is_judged(phase: Option<Phase>) -> bool {
    phase != Some(Phase::Warmup)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figures::{Account, Percentiles};
    use crate::latency::Latencies;

    fn ms(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    /// The reasons of a round with one operation, whose p99 is `p99` and is limited to 50 ms.
    fn found(figures: PhaseFigures, p99: u64, client_cpu: f64) -> Vec<String> {
        let mut response = Latencies::coarse();
        response.record_many(p99 * 1000, 1000);
        let phases = [figures];
        let traffic = |name| Traffic { name, phases: &phases, impact: None, response: &response };
        let measured = Measured {
            operations: vec![traffic("page")],
            all_traffic: traffic("all traffic"),
            gauges: Vec::new(),
            steps: &[],
            waits: &[],
        };
        let limits = vec![Limit::Percentile { percent: 99.0, most: ms(50) }];
        let thresholds = [Threshold { subject: Subject::Operation("page".to_owned()), limits }];
        let health = [PhaseHealth { phase: Some(Phase::Before), client_cpu, ..PhaseHealth::default() }];
        reasons(&measured, &thresholds, &health, 2)
    }

    fn figures(phase: Phase, scheduled: u64, dropped: u64, lag: u64) -> PhaseFigures {
        let account = Account { scheduled, succeeded: 1000, dropped, ..Account::default() };
        let lag = Percentiles { count: 1000, p99: ms(lag), ..Percentiles::default() };
        PhaseFigures { phase: Some(phase), account, lag, ..PhaseFigures::default() }
    }

    #[test]
    fn a_generator_that_was_the_bottleneck_makes_a_round_invalid() {
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
            let reasons = found(figures, p99, cpu);
            assert_eq!(reasons.len(), usize::from(expected.is_some()), "{what}: {reasons:?}");
            assert!(reasons.iter().all(|reason| reason.contains(expected.unwrap_or_default())), "{what}: {reasons:?}");
        }
    }
}
