//! The runs of many nights on one page: how each operation fared, and since when it fares otherwise.
//!
//! Like every report it is made of results alone, needs no script, and loads nothing. Its size is bounded: the more
//! lines there are, the fewer of their nights are drawn.

mod change;
mod difference;
mod series;
#[cfg(test)]
mod tests;
mod trend;

use super::words;
use crate::report::view::badge::Badge;
use crate::report::view::variant::marked;
use crate::result::model::{Ended, Verdict};
use crate::result::night::{Night, Nights};
use askama::Template;
use change::{Change, found};
use series::{Row, rows};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;
use trend::{Days, Trend};

/// So many dots have room on a page of less than a megabyte; each takes a dozen bytes.
const MOST_DOTS: usize = 45_000;
/// More sentences of one run are folded away.
const MOST_SENTENCES: usize = 4;
/// Results that cannot be read are named up to here.
const MOST_UNREADABLE: usize = 30;

#[derive(Template)]
#[template(path = "history.html")]
struct Page {
    style: &'static str,
    own_style: &'static str,
    title: String,
    lead: String,
    scenarios: Vec<Scenario>,
    unreadable: Vec<(String, String)>,
    more_unreadable: usize,
}

/// The nights of one scenario.
struct Scenario {
    name: String,
    /// How many, and from when to when.
    about: String,
    changes: Vec<Changed>,
    variants: Vec<Variant>,
    /// Dates below every chart, in hundredths from the left.
    dates: Vec<(f64, String)>,
}

/// The run in which something began to be otherwise.
struct Changed {
    date: String,
    /// Where its report lies; nothing where nobody can tell.
    link: String,
    /// Markup, escaped, each with its class.
    sentences: Vec<(&'static str, String)>,
    /// Those that are folded away, alike.
    more: Vec<(&'static str, String)>,
    /// Markup, escaped.
    differences: Vec<String>,
}

struct Variant {
    name: String,
    /// Escaped.
    strip: String,
    /// Passed, failed and so on, with the class of each.
    tally: Vec<(&'static str, String)>,
    operations: Vec<Operation>,
}

struct Operation {
    name: String,
    trip: String,
    trends: Vec<Trend>,
    /// What was the same in every run.
    constant: String,
}

/// The page. `linked` says that it will lie where the history begins, so that a run's report can be pointed at.
pub fn history(nights: &Nights, linked: bool) -> anyhow::Result<String> {
    let mut by_scenario: BTreeMap<&str, Vec<&Night>> = BTreeMap::new();
    for night in &nights.nights {
        by_scenario.entry(&night.scenario.name).or_default().push(night);
    }
    let measured: Vec<(&str, Vec<&Night>, Vec<Row>)> = by_scenario
        .into_iter()
        .map(|(name, nights)| {
            let rows = rows(&nights);
            (name, nights, rows)
        })
        .collect();
    let dots =
        measured.iter().map(|(_, nights, rows)| rows.len() * series::FIGURES.len() * nights.len()).sum::<usize>();
    let share = (MOST_DOTS as f64 / dots.max(1) as f64).min(1.0);
    let scenarios = measured.iter().map(|(name, nights, rows)| scenario(name, nights, rows, share, linked)).collect();
    let unreadable = nights.unreadable.iter().take(MOST_UNREADABLE);
    let page = Page {
        style: include_str!("../templates/style.css"),
        own_style: include_str!("../templates/history.css"),
        title: title(nights),
        lead: String::new(),
        scenarios,
        unreadable: unreadable.map(|(path, why)| (path.display().to_string(), why.clone())).collect(),
        more_unreadable: nights.unreadable.len().saturating_sub(MOST_UNREADABLE),
    };
    Ok(Page { lead: lead(&page.scenarios), ..page }.render()?)
}

fn title(nights: &Nights) -> String {
    format!("The history of {}", words::counted(nights.nights.len() as u64, "run", "runs"))
}

/// What a reader came to know.
fn lead(scenarios: &[Scenario]) -> String {
    let changed = scenarios.iter().filter(|scenario| !scenario.changes.is_empty());
    let changed: Vec<String> = changed.map(|scenario| format!("“{}”", scenario.name)).collect();
    match (scenarios.is_empty(), changed.len()) {
        (true, _) => "There is no run to be shown.".to_owned(),
        (_, 0) => "Nothing changed for good.".to_owned(),
        (_, 1..4) => format!("Something changed for good in {}.", words::list(&changed)),
        (_, many) => format!("Something changed for good in {many} scenarios."),
    }
}

fn scenario(name: &str, nights: &[&Night], rows: &[Row], share: f64, linked: bool) -> Scenario {
    let days = Days::of(nights);
    let changes = found(rows);
    let mut variants: Vec<Variant> = Vec::new();
    for row in rows {
        let operation = operation(row, &changes, &days, share);
        match variants.iter_mut().find(|variant| variant.name == row.variant) {
            Some(variant) => variant.operations.push(operation),
            None => variants.push(Variant { operations: vec![operation], ..variant(&row.variant, nights, &days) }),
        }
    }
    let about = format!(
        "{} from {} to {}.",
        words::counted(nights.len() as u64, "run", "runs"),
        days.date(0),
        days.date(nights.len().saturating_sub(1))
    );
    Scenario {
        name: name.to_owned(),
        about,
        changes: changed(&changes, rows, nights, &days, linked),
        variants,
        dates: days.ticks(),
    }
}

fn operation(row: &Row, changes: &[Change], days: &Days, share: f64) -> Operation {
    let (mut trends, mut constant) = (Vec::new(), Vec::new());
    for (figure, values) in series::FIGURES.iter().zip(&row.values) {
        let own: Vec<&Change> = changes.iter().filter(|each| each.is_of(row, *figure)).collect();
        match series::constant(values) {
            Some(value) => constant.push(format!("{}: {}", figure.label(), figure.said(value))),
            None if values.iter().all(Option::is_none) => {}
            None => trends.push(trend::trend(*figure, values, &own, days, share)),
        }
    }
    let constant = match constant.is_empty() {
        true => String::new(),
        false => format!("The same in every run: {}.", words::list(&constant)),
    };
    Operation { name: row.operation.clone(), trip: trip(row.round_trip), trends, constant }
}

fn trip(round_trip: Duration) -> String {
    if round_trip.is_zero() { String::new() } else { format!("at a round trip of {}", words::length(round_trip)) }
}

/// A variant with its verdicts, and nothing measured yet.
fn variant(name: &str, nights: &[&Night], days: &Days) -> Variant {
    let verdicts: Vec<Option<Badge>> = nights.iter().map(|night| verdict(night, name)).collect();
    let mut tally: Vec<(&'static str, &'static str, u64)> = Vec::new();
    for badge in verdicts.iter().flatten() {
        match tally.iter_mut().find(|(class, ..)| *class == badge.class) {
            Some((.., count)) => *count += 1,
            None => tally.push((badge.class, badge.label, 1)),
        }
    }
    let said = tally
        .iter()
        .map(|(class, label, count)| (*class, format!("{} {}", words::count(*count), label.to_lowercase())));
    Variant {
        name: name.to_owned(),
        strip: trend::strip(&verdicts, days),
        tally: said.collect(),
        operations: Vec::new(),
    }
}

/// What became of a variant in a night; nothing where it was not run.
fn verdict(night: &Night, name: &str) -> Option<Badge> {
    let variant = night.variants.iter().find(|variant| variant.name == name)?;
    let verdict = match night.ended {
        Ended::Completed => variant.verdict,
        _ => variant.verdict.and(Verdict::NotJudged),
    };
    Some(match (verdict, variant.fails_by.is_empty()) {
        (Verdict::Pass, false) => Badge { label: "CAUGHT AS EXPECTED", class: "caught" },
        (verdict, _) => Badge::of(verdict),
    })
}

/// The changes by the run in which they began.
fn changed(changes: &[Change], rows: &[Row], nights: &[&Night], days: &Days, linked: bool) -> Vec<Changed> {
    let mut by_night: BTreeMap<usize, Vec<&Change>> = BTreeMap::new();
    for change in changes {
        by_night.entry(change.night).or_default().push(change);
    }
    let of = |(night, changes): (&usize, &Vec<&Change>)| {
        let mut sentences = sentences(changes, rows);
        let more = sentences.split_off(sentences.len().min(MOST_SENTENCES));
        Changed {
            date: days.date(*night),
            link: if linked { link(&nights[*night].directory) } else { String::new() },
            sentences,
            more,
            differences: difference::told(changes, rows, nights, *night).iter().map(|said| marked(said)).collect(),
        }
    };
    // The latest first: that is what somebody can still do something about.
    by_night.iter().rev().map(of).collect()
}

/// A sentence for each row, what changed most first.
fn sentences(changes: &[&Change], rows: &[Row]) -> Vec<(&'static str, String)> {
    let mut by_row: BTreeMap<usize, Vec<&Change>> = BTreeMap::new();
    for change in changes {
        by_row.entry(change.row).or_default().push(change);
    }
    let size = |changes: &[&Change]| changes.iter().map(|change| change.size()).fold(1.0, f64::max);
    let mut rows_changed: Vec<(usize, Vec<&Change>)> = by_row.into_iter().collect();
    rows_changed.sort_by(|(_, a), (_, b)| size(b).total_cmp(&size(a)));
    let told = |(row, changes): &(usize, Vec<&Change>)| {
        let worse = changes.iter().any(|change| change.class() == "worse");
        (if worse { "worse" } else { "better" }, marked(&change::told(changes, &rows[*row])))
    };
    rows_changed.iter().map(told).collect()
}

/// The report of a run, as an address below the page.
fn link(directory: &Path) -> String {
    let parts = directory.components().map(|part| encoded(&part.as_os_str().to_string_lossy()));
    let parts: Vec<String> = parts.chain(["report.html".to_owned()]).collect();
    format!("./{}", parts.join("/"))
}

fn encoded(part: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    part.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}
