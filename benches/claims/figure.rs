//! A figure of a variant, by its name, as text with its unit.
//!
//! Counts are those of the first round; times are medians over the rounds. Of a migration the response times are those
//! of the worst ten seconds of its impact window, without one those of `measure`.

use anyhow::{Context as _, bail};
use shakedown::cost::OperationCost;
use shakedown::phase::Phase;
use shakedown::result::model::{ImpactFigures, Percentiles, RoundResult, RunResult, VariantResult};
use shakedown::step::StepFacts;
use shakedown::units::{bytes, human, thousands};
use std::time::Duration;

/// Figures of one execution, measured alone.
const ALONE: [&str; 5] = ["statements", "rows", "buffers", "wal", "server time"];
/// Figures of steps.
const OF_STEPS: [&str; 7] = ["duration", "rewrites", "scans", "lock", "wal", "rows", "retries"];

/// What was found. A figure is `SUBJECT WORD` with perhaps ` at ROUND TRIP` behind: `overview p99`, `overview
/// statements`, `migration duration`, `setup duration`, `backlog max`, `everybody is paid check`.
pub(crate) fn figure(result: &RunResult, variant: &str, name: &str) -> anyhow::Result<String> {
    let found = result.variants.iter().find(|each| each.name == variant);
    let variant = found.with_context(|| format!("there is no variant `{variant}`"))?;
    let rounds = at(variant, name)?;
    let first = *rounds.first().context("no round was measured")?;
    let (subject, word) = parted(name);
    if subject == "setup" {
        return Ok(human(first.setup.iter().map(|(_, took)| *took).sum()));
    }
    if word == "check" {
        let check = first.checks.iter().find(|check| check.name == subject);
        let check = check.with_context(|| format!("there is no check `{subject}`"))?;
        return Ok(if check.held { "held".to_owned() } else { format!("broken: {}", check.answer) });
    }
    if let Some(place) = variant.gauges.iter().position(|gauge| gauge == subject) {
        return gauge(first, place, word);
    }
    let steps: Vec<&StepFacts> =
        first.steps.iter().filter(|step| subject == "migration" || step.name.starts_with(subject)).collect();
    let place = variant.operations.iter().position(|operation| operation.name == subject);
    match place {
        None if subject == "all traffic" => of_traffic(&rounds, None, word),
        None if steps.is_empty() || subject.is_empty() => bail!("nothing is called `{subject}`"),
        None => of_steps(&steps, word),
        Some(place) if ALONE.contains(&word) => {
            let cost = first.costs.get(place).context("its cost was not measured")?;
            alone(cost, word)
        }
        Some(place) => of_traffic(&rounds, Some(place), word),
    }
}

/// What a figure is about, and which of its figures it is.
pub(crate) fn parted(name: &str) -> (&str, &str) {
    let name = name.rsplit_once(" at ").map_or(name, |(name, _)| name);
    let words = ALONE.iter().chain(&OF_STEPS).find(|word| name.ends_with(&format!(" {word}")));
    let word = words.copied().or_else(|| name.rsplit(' ').next()).unwrap_or_default();
    (name.strip_suffix(word).unwrap_or_default().trim_end(), word)
}

/// The rounds that are meant: those at the shortest round trip, unless another is named.
fn at<'a>(variant: &'a VariantResult, name: &str) -> anyhow::Result<Vec<&'a RoundResult>> {
    let asked = name.rsplit_once(" at ").map(|(_, text)| shakedown::units::duration(text)).transpose()?;
    let wanted = asked.or_else(|| variant.rounds.iter().map(|round| round.round_trip).min());
    Ok(variant.rounds.iter().filter(|round| Some(round.round_trip) == wanted).collect())
}

fn alone(cost: &OperationCost, word: &str) -> anyhow::Result<String> {
    let number = |value: f64| match value.fract() == 0.0 || value >= 100.0 {
        true => thousands(value.round() as u64),
        false => format!("{value:.1}"),
    };
    Ok(match word {
        "statements" => number(cost.statements),
        "rows" => number(cost.rows),
        "buffers" => number(cost.hit + cost.read),
        "wal" => bytes(cost.wal.round() as u64),
        "server time" => human(Duration::from_secs_f64(cost.server_ms / 1e3)),
        _ => bail!("`{word}` is not known of one execution"),
    })
}

fn of_steps(steps: &[&StepFacts], word: &str) -> anyhow::Result<String> {
    let count = |of: fn(&StepFacts) -> u64| thousands(steps.iter().map(|step| of(step)).sum());
    Ok(match word {
        "duration" => {
            let started = steps.iter().filter_map(|step| step.started).min().context("it was not reached")?;
            let ended = steps.iter().filter_map(|step| step.ended).max().context("it did not end")?;
            human(ended.saturating_sub(started))
        }
        "rewrites" => count(|step| step.rewritten.len() as u64),
        "scans" => count(|step| step.scanned.len() as u64),
        "rows" => count(|step| step.rows),
        "retries" => count(|step| u64::from(step.attempts.saturating_sub(1))),
        "wal" => bytes(steps.iter().map(|step| step.wal_bytes).sum()),
        "lock" => locks(steps),
        _ => bail!("`{word}` is not known of a step"),
    })
}

/// The modes that the steps held, each with how long it was held at most.
fn locks(steps: &[&StepFacts]) -> String {
    let mut held: Vec<(&str, Duration)> = Vec::new();
    for lock in steps.iter().flat_map(|step| &step.locks) {
        let (Some(granted), Some(released)) = (lock.granted, lock.released) else { continue };
        let time = released.saturating_sub(granted);
        match held.iter_mut().find(|(mode, _)| *mode == lock.mode) {
            Some((_, longest)) => *longest = time.max(*longest),
            None => held.push((&lock.mode, time)),
        }
    }
    held.sort_by_key(|(_, time)| std::cmp::Reverse(*time));
    let told: Vec<String> = held.iter().take(2).map(|(mode, time)| format!("{mode} for {}", human(*time))).collect();
    if told.is_empty() { "none seen".to_owned() } else { told.join(", ") }
}

fn gauge(round: &RoundResult, place: usize, word: &str) -> anyhow::Result<String> {
    let gauge = round.gauges.get(place).context("it was not read")?;
    let value = match word {
        "first" => gauge.first,
        "last" => gauge.last,
        "max" => gauge.max,
        "min" => gauge.min,
        _ => bail!("`{word}` is not known of a gauge"),
    };
    let value = value.context("it gave no number")?;
    Ok(if value.fract() == 0.0 { thousands(value.max(0.0) as u64) } else { format!("{value:.2}") })
}

/// Of one operation, or of all traffic.
fn of_traffic(rounds: &[&RoundResult], place: Option<usize>, word: &str) -> anyhow::Result<String> {
    let times = rounds.iter().map(|round| {
        let impact = match place {
            Some(place) => round.operations.get(place).and_then(|figures| figures.impact.as_ref()),
            None => round.all_impact.as_ref(),
        };
        let impact = impact.context("nothing was judged")?;
        Ok((impact, measured(round, place).unwrap_or(&impact.worst_10s)))
    });
    let times: Vec<(&ImpactFigures, &Percentiles)> = times.collect::<anyhow::Result<_>>()?;
    let median = |of: fn(&ImpactFigures, &Percentiles) -> Duration| {
        let mut all: Vec<Duration> = times.iter().map(|(impact, percentiles)| of(impact, percentiles)).collect();
        all.sort_unstable();
        human(all[all.len() / 2])
    };
    let (impact, _) = times[0];
    Ok(match word {
        "p50" => median(|_, percentiles| percentiles.p50),
        "p90" => median(|_, percentiles| percentiles.p90),
        "p99" => median(|_, percentiles| percentiles.p99),
        "max" => median(|impact, _| impact.max),
        "longest_stall" => median(|impact, _| impact.longest_stall),
        "errors" => format!("{} of {}", thousands(impact.account.errors()), thousands(impact.account.scheduled)),
        "waited" => thousands(impact.waited),
        _ => bail!("`{word}` is not known of traffic"),
    })
}

/// Response times of `measure`, where there is no migration.
fn measured(round: &RoundResult, place: Option<usize>) -> Option<&Percentiles> {
    let phases = match place {
        Some(place) => &round.operations.get(place)?.phases,
        None => &round.all_traffic,
    };
    phases.iter().find(|figures| figures.phase == Some(Phase::Measure)).map(|figures| &figures.response)
}
