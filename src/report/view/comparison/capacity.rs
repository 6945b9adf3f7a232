//! What rates the variants can bear, and every rate that was tried.

use super::curves::NAME;
use super::lineup::{Lineup, class, trip};
use crate::report::chart::lane::square;
use crate::report::chart::overlay::{Label, Overlay, apart, dots, trace};
use crate::report::chart::scale::{Scale, Tick};
use crate::report::words;
use crate::result::model::{Capacity, Trial};
use std::time::Duration;

/// One operation at one round trip.
#[derive(Clone, Debug)]
pub(crate) struct Capacities {
    /// Its picture: p99 against the rate.
    pub(crate) overlay: Overlay,
    /// A variant each.
    pub(crate) rows: Vec<Row>,
}

/// One variant.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    /// Its name.
    pub(crate) variant: String,
    /// Its colour.
    pub(crate) class: String,
    /// The highest rate that it kept.
    pub(crate) kept: String,
    /// The lowest that it did not keep, and why.
    pub(crate) lost: String,
    /// Why.
    pub(crate) why: String,
    /// How many rates were tried.
    pub(crate) tried: usize,
}

/// By operation and round trip, in the order in which they were searched.
pub(crate) fn capacities(lineup: Lineup<'_>) -> Vec<Capacities> {
    let mut groups: Vec<(&str, Duration)> = Vec::new();
    for capacity in &lineup.result.capacities {
        let group = (capacity.operation.as_str(), capacity.round_trip);
        if !groups.contains(&group) {
            groups.push(group);
        }
    }
    let each = groups.into_iter().map(|(operation, at)| {
        let of = lineup.variants().filter_map(|(place, variant)| {
            let found =
                lineup.result.capacities.iter().find(|each| {
                    each.variant == variant.name && each.operation == operation && each.round_trip == at
                })?;
            Some((class(place), found))
        });
        let of: Vec<(String, &Capacity)> = of.collect();
        let title = match lineup.trips().len() {
            0 | 1 => operation.to_owned(),
            _ => format!("{operation}, {}", trip(at)),
        };
        Capacities { overlay: chart(title, &of), rows: of.iter().map(|(class, each)| row(class, each)).collect() }
    });
    each.collect()
}

fn row(class: &str, capacity: &Capacity) -> Row {
    let rate = |rate: f64| format!("{}/s", words::number(rate));
    let lowest = capacity.tried.iter().filter(|trial| !trial.kept).min_by(|a, b| a.rate.total_cmp(&b.rate));
    Row {
        variant: capacity.variant.clone(),
        class: class.to_owned(),
        kept: capacity.kept.map_or_else(|| "none of those tried".to_owned(), rate),
        lost: capacity.lost.map_or_else(|| "none of those tried".to_owned(), rate),
        why: lowest.and_then(|trial| trial.why.clone()).unwrap_or_default(),
        tried: capacity.tried.len(),
    }
}

fn chart(title: String, capacities: &[(String, &Capacity)]) -> Overlay {
    let trials = || capacities.iter().flat_map(|(_, capacity)| &capacity.tried);
    let rates = Scale::log(trials().map(|trial| trial.rate));
    let lengths = Scale::log(trials().map(|trial| trial.p99.as_secs_f64()));
    let down = lengths.ticks();
    let across: Vec<Tick> = rates
        .decades()
        .map(|rate| Tick { at: 100.0 - rates.at(rate), label: format!("{}/s", words::number(rate)) })
        .collect();
    let point = |trial: &Trial| (100.0 - rates.at(trial.rate), lengths.at(trial.p99.as_secs_f64()));
    let marks = capacities.iter().map(|(class, capacity)| {
        let mut tried: Vec<&Trial> = capacity.tried.iter().filter(|trial| !trial.p99.is_zero()).collect();
        tried.sort_by(|a, b| a.rate.total_cmp(&b.rate));
        let line = trace(class, "", tried.iter().map(|trial| point(trial)).map(|(x, y)| (x, Some(y))));
        let of = |kept| tried.iter().filter(|trial| trial.kept == kept).map(|trial| point(trial)).collect::<Vec<_>>();
        line + &dots(class, "", &of(true)) + &dots(class, "", &of(false)) + &dots(class, "hole", &of(false))
    });
    let marks: String = marks.collect();
    let labels = capacities.iter().filter_map(|(class, capacity)| {
        let last = capacity.tried.iter().max_by(|a, b| a.rate.total_cmp(&b.rate))?;
        let (end, at) = point(last);
        Some(Label { class: class.clone(), end, at, text: capacity.variant.clone() })
    });
    let labels = apart(labels.collect(), NAME);
    let description = format!("p99 of {title} against the rate, for each variant; hollow dots were not kept.");
    Overlay { title, picture: square(&across, &down, &description, &marks), down, across, labels }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn a_variant_is_told_by_what_it_kept_and_what_it_lost() {
        let (result, _) = sample::comparison::run(4, 1);
        let found = capacities(Lineup::of(&result).expect("it is a comparison"));
        assert_eq!((found.len(), found[0].rows.len(), found[0].overlay.labels.len()), (1, 3, 3));
        let row = &found[0].rows[1];
        assert_eq!((row.kept.as_str(), row.lost.as_str()), ("191/s", "223/s"));
        assert_eq!((row.why.as_str(), row.tried), ("p99 above 500 ms", 6));
    }
}
