//! Variants without a migration, side by side.

pub(crate) mod capacity;
pub(crate) mod curves;
pub(crate) mod limits;
pub(crate) mod lineup;
pub(crate) mod mark;
pub(crate) mod moments;
pub(crate) mod repeated;
pub(crate) mod rounds;
pub(crate) mod spread;
pub(crate) mod sweep;
pub(crate) mod table;

use super::badge::Badge;
use super::round::tally;
use super::variant::marked;
use crate::report::chart::overlay::Overlay;
use crate::report::words;
use crate::result::model::VariantResult;
use crate::result::series::RoundSeries;
use lineup::{Lineup, class};

/// The part of a report that a comparison opens with.
pub(crate) struct Comparison {
    /// What follows, a sentence for each variant but the first: markup, escaped.
    pub(crate) conclusions: Vec<String>,
    /// Each variant with its verdict.
    pub(crate) standings: Vec<Standing>,
    /// Operations that run a statement in a loop.
    pub(crate) repeated: Vec<repeated::Repeated>,
    /// A table for each operation.
    pub(crate) tables: Vec<table::Table>,
    /// How many rounds a figure stands for, in words.
    pub(crate) rounds: String,
    /// What others are held against; nothing where nothing is compared.
    pub(crate) reference: String,
    /// What was judged.
    pub(crate) limits: Option<limits::Limits>,
    /// Response time against the round trip, the first operation beside the conclusion.
    pub(crate) sweeps: Vec<sweep::Sweep>,
    /// Rates that were searched.
    pub(crate) capacities: Vec<capacity::Capacities>,
    /// Percentile curves.
    pub(crate) curves: Vec<Overlay>,
    /// Response times over time.
    pub(crate) over_time: Vec<Overlay>,
    /// Every round.
    pub(crate) every: Vec<rounds::Row>,
    /// Every comparison.
    pub(crate) compared: Vec<rounds::Compared>,
}

/// A variant and its verdict.
pub(crate) struct Standing {
    /// Its name.
    pub(crate) name: String,
    /// Its colour and dash.
    pub(crate) class: String,
    /// Its verdict; nothing where there was nothing to judge.
    pub(crate) badge: Option<Badge>,
    /// What happened: markup, escaped.
    pub(crate) sentence: String,
    /// How many rounds were lost; nothing of a single one, and where the sentence says so.
    pub(crate) tally: String,
    /// Why it is invalid, each reason once.
    pub(crate) invalid: Vec<String>,
}

/// A comparison and the series of its rounds.
pub(crate) fn comparison(lineup: Lineup<'_>, series: &[RoundSeries]) -> Comparison {
    let compares = !lineup.result.comparisons.is_empty();
    Comparison {
        conclusions: lineup.result.conclusions.iter().map(|said| marked(&words::unbroken(said))).collect(),
        standings: standings(lineup),
        repeated: repeated::repeated(lineup),
        tables: table::tables(lineup),
        rounds: rounds_said(lineup),
        reference: lineup
            .variants()
            .next()
            .filter(|_| compares)
            .map_or_else(String::new, |(_, first)| first.name.clone()),
        limits: limits::limits(lineup),
        sweeps: sweep::sweeps(lineup),
        capacities: capacity::capacities(lineup),
        curves: curves::curves(lineup, series),
        over_time: moments::over_time(lineup, series),
        every: rounds::rows(lineup),
        compared: rounds::compared(lineup),
    }
}

fn standings(lineup: Lineup<'_>) -> Vec<Standing> {
    let judges = limits::limits(lineup).is_some();
    let standing = |(place, variant): (usize, &VariantResult)| {
        let mut invalid: Vec<String> =
            variant.rounds.iter().flat_map(|round| round.health.invalid.iter().cloned()).collect();
        invalid.sort_unstable();
        invalid.dedup();
        Standing {
            name: variant.name.clone(),
            class: class(place),
            badge: Some(Badge::of_variant(variant)).filter(|badge| judges || badge.class != "pass"),
            sentence: marked(&words::unbroken(&variant.sentence)),
            tally: tally(variant).filter(|tally| judges && !variant.sentence.starts_with(tally)).unwrap_or_default(),
            invalid,
        }
    };
    lineup.variants().map(standing).collect()
}

/// `8 rounds of each variant`, or that they differ.
fn rounds_said(lineup: Lineup<'_>) -> String {
    let trips = lineup.trips();
    let counts = lineup.variants().flat_map(|(_, variant)| {
        trips.iter().map(|trip| variant.rounds.iter().filter(|round| round.round_trip == *trip).count() as u64)
    });
    let (least, most) = counts.fold((u64::MAX, 0), |(least, most), count| (least.min(count), most.max(count)));
    let rounds = match least == most {
        true => words::counted(most, "round", "rounds"),
        false => format!("{least} to {}", words::counted(most, "round", "rounds")),
    };
    format!("{rounds} of each variant{}", if trips.len() > 1 { " at each round trip" } else { "" })
}
