//! Limits relative to another variant or to an earlier run, judged once all have run.
//!
//! Counts of one execution alone hardly vary and are compared as they are. All else is compared by paired rounds, for
//! what hits a pair hits both: the limit is kept where the whole interval of the ratio lies within it.

use super::{Bound, Figure, Finding, Limit, Subject, Threshold, words};
use crate::cost::OperationCost;
use crate::figures::{ImpactFigures, Percentiles, PhaseFigures};
use crate::latency::Time;
use crate::phase::Phase;
use crate::statistics::Estimate;
use crate::units::human;
use crate::verdict::comparison::{Alternative, Shown};
use crate::verdict::judgement::{Judgement, Verdict};
use crate::verdict::threshold::Reference;
use std::time::Duration;

/// In so many runs in which the limit is just kept, one of its judgements may be wrong.
const FALSE_ALARMS: f64 = 0.01;
/// Histograms have three digits.
const RESOLUTION: f64 = 0.001;

/// Whom a variant can be held against.
#[derive(Clone, Copy, Debug)]
pub struct Others<'a> {
    /// The variants of the run.
    pub variants: &'a [Alternative<'a>],
    /// The same variant of an earlier run, where one was given.
    pub baseline: Option<&'a Alternative<'a>>,
}

/// Judges a variant by the limits that are relative to others, at each round trip by itself.
#[must_use]
pub fn judge_relative(thresholds: &[Threshold], variant: &Alternative<'_>, others: Others<'_>) -> Vec<Judgement> {
    let limits = thresholds.iter().flat_map(|each| each.limits.iter().map(|limit| (&each.subject, limit)));
    let asked: Vec<Asked<'_>> = limits.filter_map(|(subject, limit)| ask(subject, limit, variant, others)).collect();
    let timed = asked.iter().filter(|each| !each.limit.figure.is_cost()).count().max(1);
    asked.iter().flat_map(|each| each.judged(FALSE_ALARMS / timed as f64)).collect()
}

/// A limit, with the two that it is about.
struct Asked<'a> {
    subject: &'a Subject,
    limit: &'a Limit,
    factor: f64,
    variant: Side<'a>,
    /// Or why there is none.
    reference: Result<Side<'a>, &'static str>,
}

/// An operation of a variant.
#[derive(Clone, Copy)]
struct Side<'a> {
    alternative: &'a Alternative<'a>,
    place: usize,
}

/// `None` of what is not relative, of what this variant does not have, and of the variant that the others are held
/// against.
fn ask<'a>(
    subject: &'a Subject,
    limit: &'a Limit,
    variant: &'a Alternative<'a>,
    others: Others<'a>,
) -> Option<Asked<'a>> {
    let (Subject::Operation(operation), Bound::Times(factor, reference)) = (subject, &limit.bound) else { return None };
    let side = |alternative: &'a Alternative<'a>| {
        let place = alternative.operations.iter().position(|each| each.name == operation)?;
        Some(Side { alternative, place })
    };
    let (other, missing) = match reference {
        Reference::Variant(name) if variant.name == name => return None,
        Reference::Variant(name) => {
            (others.variants.iter().find(|each| each.name == name), "the other variant was not run")
        }
        Reference::Baseline => (others.baseline, "no baseline was given"),
        // Judged in each round by itself.
        Reference::Before => return None,
    };
    let reference = other.ok_or(missing).and_then(|other| side(other).ok_or("the other does not have it"));
    Some(Asked { subject, limit, factor: *factor, variant: side(variant)?, reference })
}

impl<'a> Asked<'a> {
    fn judged(&self, level: f64) -> Vec<Judgement> {
        let round_trips = self.variant.round_trips();
        let several = round_trips.len() > 1;
        let judged = |round_trip: Duration| {
            let judgement = self.judged_at(round_trip, level);
            match several {
                true => Judgement { limit: format!("{} at {}", judgement.limit, human(round_trip)), ..judgement },
                false => judgement,
            }
        };
        round_trips.into_iter().map(judged).collect()
    }

    fn judged_at(&self, round_trip: Duration, level: f64) -> Judgement {
        let found = match self.reference {
            Err(missing) => Err(missing.to_owned()),
            Ok(reference) => self.found(reference, round_trip, level),
        };
        let Found { ratio, interval, values } = match found {
            Ok(found) => found,
            Err(reason) => return Finding::nothing(&reason).judgement(self.subject, self.limit, None),
        };
        let (low, high) = interval.unwrap_or((ratio, ratio));
        let within =
            |ratio: f64| if self.limit.figure.is_least() { ratio >= self.factor } else { ratio <= self.factor };
        let verdict = match (within(low), within(high)) {
            (true, true) => Verdict::Pass,
            (false, false) => Verdict::Fail,
            _ => Verdict::NotJudged,
        };
        let value = |value| words::value(self.limit.figure.unit(), value);
        let told = format!("{} ×, {} against {}", words::number(ratio), value(values.0), value(values.1));
        let between = format!("between {} and {} ×", words::number(low), words::number(high));
        let reason = (verdict == Verdict::NotJudged).then(|| format!("the rounds say no more than {between}"));
        let finding = Finding { reason, ..Finding::new(told, Some(ratio), verdict) };
        finding.judgement(self.subject, self.limit, Some(self.factor))
    }

    fn found(&self, reference: Side<'a>, round_trip: Duration, level: f64) -> Result<Found, String> {
        match self.limit.figure.is_cost() {
            true => counted(&self.limit.figure, self.variant, reference, round_trip),
            false => timed(&self.limit.figure, self.variant, reference, round_trip, level),
        }
    }
}

/// The ratio of variant to reference, where it lies, and both.
struct Found {
    ratio: f64,
    /// `None` of counts.
    interval: Option<(f64, f64)>,
    values: (f64, f64),
}

fn counted(figure: &Figure, variant: Side<'_>, reference: Side<'_>, round_trip: Duration) -> Result<Found, String> {
    let mean = |side: Side<'_>| {
        let costs = side.rounds(round_trip).filter_map(|round| round.costs.get(side.place));
        let counts: Vec<f64> = costs.filter_map(|cost| count(figure, cost)).collect();
        (!counts.is_empty()).then(|| counts.iter().sum::<f64>() / counts.len() as f64)
    };
    let (Some(own), Some(other)) = (mean(variant), mean(reference)) else {
        return Err("it was not measured alone in both".to_owned());
    };
    // Nothing is within any part of nothing.
    let ratio = if own == 0.0 && other == 0.0 { 0.0 } else { own / other };
    Ok(Found { ratio, interval: None, values: (own, other) })
}

fn count(figure: &Figure, cost: &OperationCost) -> Option<f64> {
    let measured = cost.executions > 0 && cost.statements > 0.0;
    measured.then_some(match figure {
        Figure::Statements => cost.statements,
        Figure::Rows => cost.rows,
        Figure::Buffers => cost.hit + cost.read,
        Figure::Wal => cost.wal,
        _ => return None,
    })
}

fn timed(
    figure: &Figure,
    variant: Side<'_>,
    reference: Side<'_>,
    round_trip: Duration,
    level: f64,
) -> Result<Found, String> {
    if variant.arrivals() != reference.arrivals() {
        return Err("its arrivals differ, so it does not compare".to_owned());
    }
    let turns = variant.rounds(round_trip).zip(reference.rounds(round_trip));
    let values = turns.filter_map(|(own, other)| {
        Some((measured(figure, own, variant.place)?, measured(figure, other, reference.place)?))
    });
    let values: Vec<(f64, f64)> = values.collect();
    let differences: Vec<f64> = values.iter().map(|(own, other)| (own / other).ln()).collect();
    let Some(paired) = Estimate::of_pairs(&differences, RESOLUTION) else {
        return Err(format!("{} whole pairs of rounds are too few, 3 are needed", values.len()));
    };
    let (low, high) = paired.interval(level);
    let mean =
        |of: fn(&(f64, f64)) -> f64| (values.iter().map(|pair| of(pair).ln()).sum::<f64>() / values.len() as f64).exp();
    let values = (mean(|pair| pair.0), mean(|pair| pair.1));
    Ok(Found { ratio: paired.difference.exp(), interval: Some((low.exp(), high.exp())), values })
}

/// What a whole and valid round showed of it; nothing where that is no number that can be divided by.
fn measured(figure: &Figure, round: &Shown<'_>, place: usize) -> Option<f64> {
    if !round.valid || round.cut_short {
        return None;
    }
    let operation = round.operations.get(place)?;
    let phase = operation.phases.iter().find(|figures| figures.phase == Some(Phase::Measure));
    let value = match phase {
        Some(phase) => of_phase(figure, phase).or_else(|| of_window(figure, operation.impact.as_ref()?)),
        None => of_window(figure, operation.impact.as_ref()?),
    };
    value.filter(|value| value.is_normal())
}

fn of_phase(figure: &Figure, phase: &PhaseFigures) -> Option<f64> {
    match figure {
        Figure::Percentile { of: Time::Response, percent } => percentile(&phase.response, *percent),
        Figure::Percentile { of: Time::Service, percent } => percentile(&phase.service, *percent),
        Figure::Percentile { of: Time::PoolWait, percent } => percentile(&phase.pool_wait, *percent),
        Figure::Max(Time::Service) => Some(phase.service.max.as_secs_f64()),
        Figure::Max(Time::PoolWait) => Some(phase.pool_wait.max.as_secs_f64()),
        Figure::Throughput => Some(phase.account.succeeded as f64 / phase.length.as_secs_f64()),
        _ => None,
    }
}

fn of_window(figure: &Figure, window: &ImpactFigures) -> Option<f64> {
    match figure {
        Figure::Percentile { of: Time::Response, percent } => percentile(&window.worst_10s, *percent),
        Figure::Percentile { of: Time::Service, percent } => percentile(&window.service_worst_10s, *percent),
        Figure::Percentile { of: Time::PoolWait, percent } => percentile(&window.pool_wait_worst_10s, *percent),
        Figure::Max(Time::Service) => Some(window.service_worst_10s.max.as_secs_f64()),
        Figure::Max(Time::PoolWait) => Some(window.pool_wait_worst_10s.max.as_secs_f64()),
        Figure::Max(Time::Response) => Some(window.max.as_secs_f64()),
        Figure::LongestStall => Some(window.longest_stall.as_secs_f64()),
        _ => None,
    }
}

/// Of fewer observations than it has above it once, a percentile is not what its name says.
fn percentile(percentiles: &Percentiles, percent: f64) -> Option<f64> {
    let enough = percentiles.count as f64 * (1.0 - percent / 100.0) >= 1.0 - 1e-9;
    enough.then(|| percentiles.at(percent)).flatten().map(|time| time.as_secs_f64())
}

impl<'a> Side<'a> {
    fn arrivals(&self) -> &'a str {
        self.alternative.operations[self.place].arrivals
    }

    fn rounds(&self, round_trip: Duration) -> impl Iterator<Item = &'a Shown<'a>> + use<'a> {
        self.alternative.rounds.iter().filter(move |round| round.round_trip == round_trip)
    }

    fn round_trips(&self) -> Vec<Duration> {
        let mut all: Vec<Duration> = self.alternative.rounds.iter().map(|round| round.round_trip).collect();
        all.sort();
        all.dedup();
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figures::OperationFigures;
    use crate::verdict::comparison::Compared;

    /// Rounds of one operation in which half took so many milliseconds, and which sent so many statements each.
    struct Rounds {
        figures: Vec<Vec<OperationFigures>>,
        costs: Vec<OperationCost>,
    }

    fn rounds(medians: &[u64], statements: f64) -> Rounds {
        let figures = |median: &u64| {
            let response = Percentiles { count: 1000, p50: Duration::from_millis(*median), ..Percentiles::default() };
            let phase = PhaseFigures { phase: Some(Phase::Measure), response, ..PhaseFigures::default() };
            vec![OperationFigures { phases: vec![phase], impact: None }]
        };
        let costs = vec![OperationCost { executions: 3, statements, ..OperationCost::default() }];
        Rounds { figures: medians.iter().map(figures).collect(), costs }
    }

    impl Rounds {
        fn of<'a>(&'a self, name: &'a str) -> Alternative<'a> {
            let shown = |operations: &'a Vec<OperationFigures>| Shown {
                round_trip: Duration::ZERO,
                valid: true,
                cut_short: false,
                operations,
                costs: &self.costs,
                plans: &[],
                steps: &[],
                all_impact: None,
            };
            let operation = Compared {
                name: "page",
                is_traffic: true,
                is_closed: false,
                arrivals: "50/s",
                text: "",
                schedule: "ab12",
            };
            Alternative { name, operations: vec![operation], rounds: self.figures.iter().map(shown).collect() }
        }
    }

    fn judged(figure: Figure, factor: f64, of: &[Alternative<'_>], place: usize) -> Vec<Judgement> {
        let limit = Limit::new(figure, Bound::Times(factor, Reference::Variant("n+1".to_owned())));
        let subject = Subject::Operation("page".to_owned());
        judge_relative(
            &[Threshold { subject, limits: vec![limit] }],
            &of[place],
            Others { variants: of, baseline: None },
        )
    }

    #[test]
    fn a_ratio_is_kept_or_broken_where_the_whole_interval_of_paired_rounds_is() {
        let median = || Figure::Percentile { of: Time::Response, percent: 50.0 };
        // The machine is at times twice as slow, for both.
        let reference = rounds(&[100, 200, 110, 190, 105], 101.0);
        for (what, medians, factor, expected) in [
            ("well within", &[40, 81, 44, 77, 42][..], 0.5, Verdict::Pass),
            ("well beyond", &[60, 121, 66, 115, 63], 0.5, Verdict::Fail),
            ("about there", &[49, 101, 55, 96, 52], 0.5, Verdict::NotJudged),
            ("two rounds alone", &[40, 81], 0.5, Verdict::NotJudged),
            ("more is allowed", &[110, 230, 120, 215, 117], 1.5, Verdict::Pass),
        ] {
            let variant = rounds(medians, 1.0);
            let all = [reference.of("n+1"), variant.of("one query")];
            let judgement = &judged(median(), factor, &all, 1)[0];
            assert_eq!(judgement.verdict, expected, "{what}: {} {:?}", judgement.found, judgement.reason);
            assert_eq!(judgement.reason.is_some(), expected == Verdict::NotJudged, "{what}");
            assert!(judged(median(), factor, &all, 0).is_empty(), "the other is not held against itself");
        }
    }

    #[test]
    fn counts_are_compared_as_they_are_from_one_round_on() {
        let (many, one) = (rounds(&[100], 100.0), rounds(&[90], 2.0));
        let all = [many.of("n+1"), one.of("one query")];
        let judgement = |factor| judged(Figure::Statements, factor, &all, 1).remove(0);
        assert_eq!((judgement(0.05).verdict, judgement(0.01).verdict), (Verdict::Pass, Verdict::Fail));
        assert_eq!(judgement(0.05).limit, "statements ≤ 0.05 × n+1");
        assert_eq!(judgement(0.05).found, "0.02 ×, 2 against 100");
        let alone = judged(Figure::Statements, 0.5, &all[1..], 0).remove(0);
        assert_eq!(alone.verdict, Verdict::NotJudged, "{:?}", alone.reason);
    }
}
