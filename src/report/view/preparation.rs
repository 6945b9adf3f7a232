//! What each variant costs before it serves anything: its set-up, and the application under test.

use super::comparison::lineup::class;
use super::comparison::spread::Spread;
use crate::report::words;
use crate::result::model::{ApplicationFacts, RunResult, VariantResult};
use std::time::Duration;

/// One variant.
#[derive(Clone, Debug)]
pub(crate) struct Preparation {
    /// Its name.
    pub(crate) variant: String,
    /// Its colour.
    pub(crate) class: String,
    /// Its set-up statements together; nothing where it has none.
    pub(crate) whole: String,
    /// Each: the statement, how long it took, and what the rounds differ by.
    pub(crate) statements: Vec<(String, String, String)>,
    /// The application, by what it is started with: once, unless the rounds differ.
    pub(crate) applications: Vec<Application>,
}

/// An application under test.
#[derive(Clone, Debug)]
pub(crate) struct Application {
    /// What started it.
    pub(crate) command: String,
    /// Facts with their names.
    pub(crate) facts: Vec<(&'static str, String)>,
    /// How it ended by itself, each way once.
    pub(crate) ended: Vec<String>,
}

/// Every variant, where any of them has a set-up or an application.
pub(crate) fn preparations(result: &RunResult) -> Vec<Preparation> {
    let all = (0..).zip(&result.variants).map(|(place, variant)| preparation(place, variant));
    let all: Vec<Preparation> = all.collect();
    let said = all.iter().any(|each| !each.statements.is_empty() || !each.applications.is_empty());
    if said { all } else { Vec::new() }
}

fn preparation(place: usize, variant: &VariantResult) -> Preparation {
    let mut statements: Vec<(&str, Vec<f64>)> = Vec::new();
    for (text, took) in variant.rounds.iter().flat_map(|round| &round.setup) {
        timed(&mut statements, text, *took);
    }
    let sums = variant.rounds.iter().filter(|round| !round.setup.is_empty());
    let sums = sums.map(|round| round.setup.iter().map(|(_, took)| took.as_secs_f64() * 1e3).sum());
    Preparation {
        variant: variant.name.clone(),
        class: class(place),
        whole: Spread::of(sums).map_or_else(String::new, |whole| words::millis(whole.middle)),
        statements: statements.into_iter().map(|(text, took)| said(text, took)).collect(),
        applications: applications(variant),
    }
}

/// Counts one more execution of a statement or a command.
fn timed<'a>(known: &mut Vec<(&'a str, Vec<f64>)>, text: &'a str, took: Duration) {
    let millis = took.as_secs_f64() * 1e3;
    match known.iter_mut().find(|(each, _)| *each == text) {
        Some((_, lengths)) => lengths.push(millis),
        None => known.push((text, vec![millis])),
    }
}

fn said(text: &str, took: Vec<f64>) -> (String, String, String) {
    let (middle, range) = Spread::of(took.into_iter())
        .map_or_else(Default::default, |spread| (words::millis(spread.middle), spread.range(words::millis)));
    (words::shorten(text, 300), middle, range)
}

fn applications(variant: &VariantResult) -> Vec<Application> {
    let mut by_command: Vec<(&str, Vec<(usize, &ApplicationFacts)>)> = Vec::new();
    for (number, round) in (1..).zip(&variant.rounds) {
        let Some(facts) = &round.application else { continue };
        match by_command.iter_mut().find(|(command, _)| *command == facts.command) {
            Some((_, rounds)) => rounds.push((number, facts)),
            None => by_command.push((&facts.command, vec![(number, facts)])),
        }
    }
    by_command.into_iter().map(|(command, rounds)| application(command, &rounds)).collect()
}

fn application(command: &str, rounds: &[(usize, &ApplicationFacts)]) -> Application {
    let ready = Spread::of(rounds.iter().map(|(_, facts)| facts.ready.as_secs_f64() * 1e3));
    let ready = ready.map_or_else(String::new, |spread| {
        let range = spread.range(words::millis);
        let range = if range.is_empty() { String::new() } else { format!(" ({range})") };
        format!("{}{range}", words::millis(spread.middle))
    });
    let mut commands: Vec<(&str, Vec<f64>)> = Vec::new();
    for (text, took) in rounds.iter().flat_map(|(_, facts)| &facts.setup) {
        timed(&mut commands, text, *took);
    }
    let commands =
        commands.into_iter().map(|(text, took)| said(text, took)).map(|(text, took, _)| format!("{text}: {took}"));
    let ended = ends(rounds);
    let output = match rounds {
        [] => String::new(),
        [(_, only)] => only.output.clone(),
        [(_, first), .., (_, last)] if first.output == last.output => first.output.clone(),
        [(_, first), .., (_, last)] => format!("{} … {}", first.output, last.output),
    };
    let facts = [
        ("ready after", ready),
        ("prepared by", commands.collect::<Vec<_>>().join("; ")),
        ("output", output),
        ("ended", if ended.is_empty() { "when it was told to".to_owned() } else { String::new() }),
    ];
    Application {
        command: words::shorten(command, 300),
        facts: facts.into_iter().filter(|(_, said)| !said.is_empty()).collect(),
        ended,
    }
}

/// Each way in which it ended by itself, with the rounds: `killed by signal 9, in rounds 1 and 6`.
fn ends(rounds: &[(usize, &ApplicationFacts)]) -> Vec<String> {
    let mut ways: Vec<(&str, Vec<String>)> = Vec::new();
    for (number, how) in rounds.iter().filter_map(|(number, facts)| Some((number, facts.ended.as_deref()?))) {
        match ways.iter_mut().find(|(each, _)| *each == how) {
            Some((_, numbers)) => numbers.push(number.to_string()),
            None => ways.push((how, vec![number.to_string()])),
        }
    }
    let said = ways.into_iter().map(|(how, numbers)| {
        let rounds = if numbers.len() == 1 { "round" } else { "rounds" };
        format!("{how}, in {rounds} {}", words::list(&numbers))
    });
    said.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn set_up_is_timed_over_all_rounds_and_an_end_that_nobody_asked_for_is_told() {
        let all = preparations(&sample::comparison::run(4, 3).0);
        assert_eq!((all[0].whole.as_str(), all[0].statements.len()), ("", 0));
        let (text, took, range) = &all[1].statements[0];
        assert!(text.starts_with("CREATE INDEX") && took.starts_with('4') && range.contains('–'), "{took} {range}");
        assert_eq!(all[1].applications.len(), 1);
        assert!(all[1].applications[0].ended.is_empty());
        assert_eq!(all[2].applications[0].ended, ["killed by signal 9, in rounds 1 and 6"]);
    }

    #[test]
    fn without_a_set_up_and_an_application_there_is_nothing_to_say() {
        assert!(preparations(&sample::run(20, 1).0).is_empty());
    }
}
