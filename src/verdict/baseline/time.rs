//! Times of a run against those of earlier ones, the noise between runs considered.
//!
//! A run is one value of each figure: the median of its logarithm over the rounds, which one round that something else
//! disturbed does not move. How much these values vary from run to run says how far a new one lies off by chance; the
//! rounds within a run do not know that. A run that is worse is one whose value lies beyond that, and beyond what
//! matters, at a level that Holm's procedure gives.
//!
//! What that can see: with one operation and 20 earlier runs, a change of some nine times the noise between runs beyond
//! the margin of 5 % is found in nine of ten runs; with 6 of them, of eleven times. At a noise of 3 % that is a third
//! more. So much is needed because a single new value is one draw, and nights have heavy tails; the smallest change
//! that can be found stands beside every judgement.

use super::migration::WHOLE;
use super::{Change, Seen};
use crate::figures::ImpactFigures;
use crate::statistics::{Spread, median};
use crate::step::StepFacts;
use crate::units::human;
use crate::verdict::beyond::{self, Answer, Asked, Group, RESOLUTION, Standing};
use crate::verdict::comparison::pairs::{Pair, Side, shared};
use crate::verdict::comparison::time::figure::{
    Figure, MEDIAN, P90, P99, SERVICE_P50, SERVICE_P90, SERVICE_P99, TIME_EACH,
};
use crate::verdict::comparison::{Alternative, Conclusion, Shown};
use crate::verdict::threshold::Subject;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Fewer earlier runs say too little of how much runs vary.
pub const LEAST_RUNS: usize = 6;
/// A change by less than so many times what runs differ by themselves is none to speak of.
const NOISE: f64 = 1.5;
/// Shorter steps and stalls are all the same: nobody waits for them.
const LEAST_DURATION: f64 = 0.01;
const LEAST_STALL: f64 = 0.05;

/// A sleeping thread is late by 0.06 to 0.15 ms where nobody else wants the processor.
const ORDINARY_LAG: Duration = Duration::from_micros(200);
/// The most of a time that may be lateness.
const MOST_LAG: f64 = 0.1;

const FIGURES: [&Figure; 6] = [&MEDIAN, &P90, &P99, &SERVICE_P50, &SERVICE_P90, &SERVICE_P99];

const DURATION: &str = "duration";
const STALL: &str = "longest stall";
const WORST: &str = "p99 of the worst 10 s";

/// Whether a figure is one of time.
pub(super) fn is_time(figure: &str) -> bool {
    FIGURES.iter().chain([&&TIME_EACH]).any(|each| each.word == figure) || [DURATION, STALL, WORST].contains(&figure)
}

/// Whether a figure says something by itself; the others only where one that does agrees.
pub(super) fn stands_alone(figure: &str) -> bool {
    let follows =
        FIGURES.iter().chain([&&TIME_EACH]).any(|each| each.word == figure && each.standing == Standing::Follows);
    !follows && figure != WORST
}

/// A figure in this run and in earlier ones, as logarithms.
#[derive(Clone, Debug)]
struct Values {
    change: Change,
    group: Group,
    standing: Standing,
    is_varied: bool,
    earlier: Vec<f64>,
    /// Or why there is none.
    now: Result<f64, String>,
}

/// A figure that is asked about.
pub(super) struct Question(Values);

/// What can be asked of a variant.
pub(super) fn ask(newest: &Alternative<'_>, all: &[&Alternative<'_>], now: &Alternative<'_>) -> Vec<Question> {
    let others: Vec<Vec<Pair<'_>>> = all.iter().map(|earlier| shared(earlier, now)).collect();
    let mut asked = Vec::new();
    for pair in shared(newest, now) {
        let same = |pairs: &'_ Vec<Pair<'_>>| pairs.iter().position(|each| each.operation == pair.operation);
        let earlier: Vec<Side<'_>> =
            others.iter().filter_map(|pairs| same(pairs).map(|at| pairs[at].reference)).collect();
        for round_trip in pair.round_trips() {
            asked.extend(figures(&pair).into_iter().map(|figure| steady(&pair, &earlier, round_trip, figure)));
        }
    }
    asked.extend(migrations(newest, all, now));
    asked.into_iter().map(Question).collect()
}

fn figures(pair: &Pair<'_>) -> Vec<&'static Figure> {
    let is_closed = |side: &Side<'_>| side.alternative.operations[side.place].is_closed;
    let closed = (is_closed(&pair.reference) && is_closed(&pair.variant)).then_some(&TIME_EACH);
    // One over the throughput: of clients that wait for each other it says little that the median does not.
    FIGURES.into_iter().chain(closed).collect()
}

/// A figure of the steady state of an operation.
fn steady(pair: &Pair<'_>, earlier: &[Side<'_>], round_trip: Duration, figure: &Figure) -> Values {
    let [then, now] = [&pair.reference, &pair.variant].map(|side| side.alternative.operations[side.place]);
    let seen: Vec<Vec<f64>> = earlier.iter().filter_map(|side| of_rounds(side, round_trip, figure).ok()).collect();
    let fewest = seen.iter().map(Vec::len).min().unwrap_or_default();
    let value = timely(&pair.variant, round_trip, figure);
    let value = value.and_then(|rounds| match rounds.len() {
        _ if then.schedule != now.schedule => Err("its statements use other parameters than before".to_owned()),
        1 if fewest > 1 => Err(format!("1 round varies more than the {fewest} of an earlier run")),
        few if few < fewest => Err(format!("{few} rounds vary more than the {fewest} of an earlier run")),
        _ => Ok(middle(rounds)),
    });
    let standing = if figure.word == TIME_EACH.word { Standing::Follows } else { figure.standing };
    values(
        Named {
            variant: now_name(pair),
            subject: Subject::Operation(pair.operation.to_owned()),
            figure: figure.word,
            round_trip,
        },
        standing,
        then.text != now.text,
        (seen.into_iter().map(middle).collect(), value),
    )
}

fn now_name(pair: &Pair<'_>) -> String {
    pair.variant.alternative.name.to_owned()
}

/// The logarithm in each round that can be used.
fn of_rounds(side: &Side<'_>, round_trip: Duration, figure: &Figure) -> Result<Vec<f64>, String> {
    let (mut rounds, mut left_out) = (Vec::new(), "there is no such round");
    for turn in side.turns(round_trip) {
        match figure.value(&turn) {
            Ok(value) => rounds.push(value.ln()),
            Err(why) => left_out = why,
        }
    }
    if rounds.is_empty() { Err(format!("no round can be used: {left_out}")) } else { Ok(rounds) }
}

/// The same of the rounds in which the generator kept up with all that it does: lateness is this machine's, and a night
/// that is busier than any before it is outside of what those have shown of noise.
fn timely(side: &Side<'_>, round_trip: Duration, figure: &Figure) -> Result<Vec<f64>, String> {
    of_rounds(side, round_trip, figure)?;
    let lags = lags(side, round_trip, figure);
    let usable = side.turns(round_trip).into_iter().zip(lags).filter_map(|(turn, lag)| {
        let value = figure.value(&turn).ok()?;
        (!is_late(lag, Duration::try_from_secs_f64(value).unwrap_or_default())).then(|| value.ln())
    });
    let rounds: Vec<f64> = usable.collect();
    if rounds.is_empty() { Err(LATE.to_owned()) } else { Ok(rounds) }
}

const LATE: &str = "the generator was late, for this machine had other things to do";

/// How late the generator was in each round with whatever it was latest with.
fn lags(side: &Side<'_>, round_trip: Duration, figure: &Figure) -> Vec<Duration> {
    let places = 0..side.alternative.operations.len();
    let turns = places.map(|place| Side { place, ..*side }.turns(round_trip));
    let lags =
        turns.map(|turns| turns.iter().map(|turn| turn.map_or(Duration::ZERO, |found| figure.lag(found))).collect());
    lags.reduce(|worst: Vec<Duration>, lags| worst.into_iter().zip(lags).map(|(a, b)| a.max(b)).collect())
        .unwrap_or_default()
}

fn is_late(lag: Duration, time: Duration) -> bool {
    lag > ORDINARY_LAG && lag > time.mul_f64(MOST_LAG)
}

fn middle(mut rounds: Vec<f64>) -> f64 {
    let upper = median(&mut rounds);
    // Of an even number the mean of the two in the middle.
    match rounds.len() {
        count if count >= 2 && count.is_multiple_of(2) => f64::midpoint(upper, rounds[count / 2 - 1]),
        _ => upper,
    }
}

/// What a migration took, and what it did to the traffic.
fn migrations(newest: &Alternative<'_>, all: &[&Alternative<'_>], now: &Alternative<'_>) -> Vec<Values> {
    let texts = |alternative: &Alternative<'_>| -> Vec<String> {
        let steps = alternative.rounds.first().map(|round| round.steps).unwrap_or_default();
        steps.iter().map(|step| step.text.clone()).collect()
    };
    if texts(newest).is_empty() || texts(now).is_empty() {
        return Vec::new();
    }
    let is_varied = texts(newest) != texts(now);
    let value = |of: &dyn Fn(&Shown<'_>) -> Option<f64>, subject: Subject, figure, standing| {
        let seen = all.iter().filter_map(|earlier| episodes(earlier, of).ok()).collect();
        let named = Named { variant: now.name.to_owned(), subject, figure, round_trip: Duration::ZERO };
        values(named, standing, is_varied, (seen, episodes(now, of)))
    };
    let whole = |shown: &Shown<'_>| duration(shown.steps);
    let mut values = vec![
        value(&whole, Subject::Step(WHOLE.to_owned()), DURATION, Standing::Named),
        value(&stall, Subject::AllTraffic, STALL, Standing::Named),
        value(&worst, Subject::AllTraffic, WORST, Standing::Follows),
    ];
    let steps = now.rounds.first().map(|round| round.steps).unwrap_or_default();
    for step in steps.iter().filter(|_| steps.len() > 1) {
        let own = |shown: &Shown<'_>| {
            let place = shown.steps.iter().position(|each| each.name == step.name)?;
            duration(&shown.steps[place..=place])
        };
        let asked = value(&own, Subject::Step(step.name.clone()), DURATION, Standing::Follows);
        // It takes longer only where the whole migration does.
        values.push(Values { group: Group { subject: WHOLE.to_owned(), ..asked.group.clone() }, ..asked });
    }
    values.retain(|each| !each.earlier.is_empty());
    values
}

/// The middle of the episodes of a run: one is one draw.
fn episodes(alternative: &Alternative<'_>, of: &dyn Fn(&Shown<'_>) -> Option<f64>) -> Result<f64, String> {
    let valid = alternative.rounds.iter().filter(|round| round.valid);
    let found: Vec<f64> = valid.filter_map(of).map(f64::ln).collect();
    if found.is_empty() { Err("no round can be used".to_owned()) } else { Ok(middle(found)) }
}

fn duration(steps: &[StepFacts]) -> Option<f64> {
    let (first, last) = (steps.first()?.started?, steps.last()?.ended?);
    Some(last.saturating_sub(first).as_secs_f64().max(LEAST_DURATION))
}

fn stall(shown: &Shown<'_>) -> Option<f64> {
    Some(shown.all_impact?.longest_stall.as_secs_f64().max(LEAST_STALL))
}

fn worst(shown: &Shown<'_>) -> Option<f64> {
    let ImpactFigures { worst_10s, .. } = shown.all_impact?;
    (worst_10s.count >= 100).then_some(worst_10s.p99.as_secs_f64()).filter(|p99| p99.is_normal())
}

/// What a figure is called.
struct Named {
    variant: String,
    subject: Subject,
    figure: &'static str,
    round_trip: Duration,
}

fn values(named: Named, standing: Standing, is_varied: bool, seen: (Vec<f64>, Result<f64, String>)) -> Values {
    let Named { variant, subject, figure, round_trip } = named;
    let (earlier, now) = seen;
    let then = mean(&earlier);
    let both = then.zip(now.as_ref().ok().copied()).map(|(then, now)| (then.exp(), now.exp()));
    let said = |value: Option<f64>| {
        value.map_or_else(String::new, |log| human(Duration::try_from_secs_f64(log.exp()).unwrap_or_default()))
    };
    let group = Group { variant: variant.clone(), subject: subject.to_string(), round_trip };
    let change = Change {
        variant,
        subject,
        figure: figure.to_owned(),
        round_trip,
        said: (said(then), said(now.as_ref().ok().copied())),
        values: both,
        ratio: both.map(|(then, now)| now / then),
        runs: earlier.len() as u32,
        noise: None,
        interval: None,
        confidence: 0.0,
        detectable: None,
        conclusion: Conclusion::CannotTell,
        remark: None,
    };
    Values { change, group, standing, is_varied, earlier, now }
}

fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// Judges all that was asked of a run.
pub(super) fn judge(asked: Vec<Question>) -> Vec<Change> {
    let asked: Vec<Values> = asked.into_iter().map(|question| question.0).collect();
    let spreads: Vec<Option<Spread>> = asked.iter().map(spread).collect();
    let usual: Vec<f64> = asked.iter().map(|each| usual(each, &asked, &spreads)).collect();
    let asked = asked.into_iter().zip(spreads.into_iter().zip(usual));
    let asked = asked.map(|(values, (spread, usual))| question(values, spread, usual)).collect();
    beyond::judge(asked).into_iter().map(|(change, answer)| concluded(change, answer)).collect()
}

fn spread(values: &Values) -> Option<Spread> {
    Spread::of(&values.earlier).filter(|_| values.earlier.len() >= LEAST_RUNS)
}

/// By how much the same figure usually varies between runs on this machine: few runs of one operation may agree by
/// luck, hardly those of most operations.
fn usual(values: &Values, all: &[Values], spreads: &[Option<Spread>]) -> f64 {
    let same = all.iter().zip(spreads).filter(|(each, _)| each.change.figure == values.change.figure);
    median(&mut same.filter_map(|(_, spread)| spread.map(|spread| spread.deviation)).collect::<Vec<_>>())
}

fn question(values: Values, spread: Option<Spread>, usual: f64) -> Asked<Change> {
    let Values { mut change, group, standing, is_varied, earlier, now } = values;
    change.noise = spread.map(|spread| spread.deviation.max(RESOLUTION).exp_m1());
    change.remark = match &now {
        Err(why) => Some(why.clone()),
        Ok(_) if spread.is_none() => Some(too_few(earlier.len())),
        Ok(_) => None,
    };
    let found = spread.zip(now.ok()).map(|(spread, now)| spread.at_least(usual.max(RESOLUTION)).against(now));
    Asked { what: change, group, found, noise: NOISE, standing, is_varied }
}

/// Why nothing can be told, and what would help.
fn too_few(runs: usize) -> String {
    let runs = match runs {
        0 => "no earlier run has it".to_owned(),
        1 => "one earlier run says nothing of how much runs vary".to_owned(),
        few => format!("{few} earlier runs say too little of how much runs vary"),
    };
    format!("{runs}: {LEAST_RUNS} are needed, from more nights or from `shakedown calibrate`")
}

fn concluded(change: Change, answer: Option<Answer>) -> Change {
    match answer {
        None => change,
        Some(answer) => Change {
            interval: Some(answer.interval),
            confidence: answer.confidence,
            detectable: Some(answer.detectable),
            conclusion: answer.conclusion,
            ..change
        },
    }
}

/// What a figure varies by from run to run, nothing having been changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Noise {
    /// The variant.
    pub variant: String,
    /// What it is a figure of.
    pub subject: Subject,
    /// Which.
    pub figure: String,
    /// The round trip at which it was measured.
    pub round_trip: Duration,
    /// Its geometric mean over the runs, in seconds.
    pub value: f64,
    /// How many runs carry it.
    pub runs: u32,
    /// By how much they differ, as a share: the standard deviation of the logarithm; `None` of fewer than two.
    pub between: Option<f64>,
    /// The smallest change of one more run that these could show, as a share; `None` of too few runs.
    pub detectable: Option<f64>,
}

/// What the figures of runs of one scenario vary by, and what one more run held against them could show.
#[must_use]
pub fn noise(runs: &[Seen<'_>]) -> Vec<Noise> {
    let Some((newest, _)) = runs.split_first() else { return Vec::new() };
    let mut asked = Vec::new();
    for variant in &newest.variants {
        let all = runs.iter().filter_map(|seen| seen.variants.iter().find(|each| each.name == variant.name));
        asked.extend(ask(variant, &all.collect::<Vec<_>>(), variant));
    }
    let between: Vec<Option<f64>> =
        asked.iter().map(|each| Spread::of(&each.0.earlier).map(|spread| spread.deviation)).collect();
    let kept: Vec<(Change, Option<f64>)> =
        asked.iter().zip(between).map(|(each, between)| (each.0.change.clone(), between)).collect();
    let judged = judge(asked);
    let found = kept.into_iter().map(|(change, between)| {
        let is_same = |each: &&Change| {
            (&each.variant, &each.subject, &each.figure, each.round_trip)
                == (&change.variant, &change.subject, &change.figure, change.round_trip)
        };
        Noise {
            detectable: judged.iter().find(is_same).and_then(|each| each.detectable),
            value: change.values.map_or(0.0, |(mean, _)| mean),
            between: between.map(|deviation| deviation.max(RESOLUTION).exp_m1()),
            variant: change.variant,
            subject: change.subject,
            figure: change.figure,
            round_trip: change.round_trip,
            runs: change.runs,
        }
    });
    found.collect()
}

/// A figure whose values a test makes up, as logarithms.
#[cfg(test)]
pub(super) struct Simulated<'a> {
    pub(super) operation: &'a str,
    pub(super) figure: &'static str,
    pub(super) earlier: Vec<f64>,
    pub(super) now: f64,
}

/// Judges figures that a test makes up.
#[cfg(test)]
pub(super) fn simulated(figures: Vec<Simulated<'_>>) -> Vec<Change> {
    let question = |each: Simulated<'_>| {
        let named = Named {
            variant: "as it is".to_owned(),
            subject: Subject::Operation(each.operation.to_owned()),
            figure: each.figure,
            round_trip: Duration::ZERO,
        };
        Question(values(named, Standing::Named, false, (each.earlier, Ok(each.now))))
    };
    judge(figures.into_iter().map(question).collect())
}
