//! A year of runs, from the results that the report's own tests are made of.

use super::history;
use crate::chance::Chance;
use crate::report::sample;
use crate::result::model::{Ended, RunResult, Verdict};
use crate::result::night::nights;
use std::fs;
use std::path::Path;

/// A run so many nights after the first of a year, on a machine that is `slow` times as slow, give or take a little.
fn night(result: &RunResult, day: i64, slow: f64, chance: Chance) -> RunResult {
    let began: jiff::Timestamp = "2026-01-01T02:07:11Z".parse().expect("it is a time");
    let mut night = result.clone();
    night.started = (began + jiff::SignedDuration::from_hours(24 * day)).to_string();
    let luck = |n: u64| 0.96 + 0.08 * chance.within(day as u64).share(n);
    for (n, round) in night.variants.iter_mut().flat_map(|variant| &mut variant.rounds).enumerate() {
        for operation in &mut round.operations {
            for phase in &mut operation.phases {
                let times = slow * luck(n as u64);
                phase.response.p50 = phase.response.p50.mul_f64(times);
                phase.response.p99 = phase.response.p99.mul_f64(times * luck(1_000 + n as u64));
            }
        }
    }
    night
}

fn keep(directory: &Path, name: &str, result: &RunResult) {
    let directory = directory.join(name);
    fs::create_dir_all(&directory).expect("it can be made");
    fs::write(directory.join("result.json"), serde_json::to_vec(result).expect("it is JSON"))
        .expect("it can be written");
}

/// A year of a comparison: from the 200th night on slower, with another setting; from the 300th on N+1 is mended.
fn year(directory: &Path) {
    let (mut result, _) = sample::comparison::run(4, 1);
    // One round trip of three, for a test's sake.
    result.variants.iter_mut().for_each(|variant| variant.rounds.truncate(1));
    let chance = Chance::of(1, "year");
    for day in 0..365 {
        let slow = if day < 200 { 1.0 } else { 1.25 };
        let mut night = night(&result, day, slow, chance);
        if day >= 200 {
            night.place.settings[0].1 = "128MB".to_owned();
            night.shakedown = "0.2.0".to_owned();
        }
        if day >= 300 {
            night.variants[0].operations[0].text = "SELECT 1".to_owned();
            night.variants[0].rounds.iter_mut().for_each(|round| round.costs[0].statements = 3.0);
        }
        if day == 77 {
            night.ended = Ended::Interrupted;
        }
        night.variants[1].verdict = if day % 50 == 7 { Verdict::Fail } else { Verdict::Pass };
        keep(directory, &format!("dashboard/{day:03}"), &night);
    }
}

#[test]
fn a_year_of_nights_is_a_page_of_less_than_a_megabyte_that_names_what_changed() {
    let directory = tempfile::tempdir().expect("a directory can be made");
    year(directory.path());
    fs::create_dir(directory.path().join("foreign")).expect("it can be made");
    fs::write(directory.path().join("foreign/result.json"), "{\"tests\": 3}").expect("it can be written");
    let nights = nights(directory.path()).expect("they can be read");
    let page = history(&nights, true).expect("it can be rendered");
    assert_eq!((nights.nights.len(), nights.unreadable.len()), (365, 1));
    assert!(page.len() < 1_000_000, "{}", page.len());
    assert!(!page.contains("<script"), "it needs none");
    for said in [
        "365 runs from 1 Jan 2026 to 31 Dec 2026.",
        "<code>dashboard</code> of “annotated” takes 25 % longer at the median",
        "The setting shared_buffers: 128MB instead of 1GB.",
        "Shakedown: 0.2.0 instead of 0.1.0.",
        "<code>dashboard</code> of “n+1” needs 3 statements instead of 1,201 (299 runs before, 65 since).",
        "<code>dashboard</code> runs another statement: <code>SELECT 1</code> instead of",
        "href=\"./dashboard/300/report.html\"",
        "The same in every run: statements: 1",
        "<code>foreign</code>: it is no result of shakedown",
    ] {
        assert!(page.contains(said), "it does not say: {said}\n{}", words_of(&page));
    }
}

/// The page without its markup.
fn words_of(page: &str) -> String {
    let body = page.split_once("<body>").map_or(page, |(_, body)| body);
    body.split('<').filter_map(|part| part.split_once('>')).map(|(_, text)| text.trim()).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_quiet_history_says_that_nothing_changed_and_a_migration_shows_its_stall() {
    let directory = tempfile::tempdir().expect("a directory can be made");
    let (result, _) = sample::run(5, 1);
    for day in 0..30 {
        keep(directory.path(), &day.to_string(), &night(&result, day, 1.0, Chance::of(2, "quiet")));
    }
    let page = history(&nights(directory.path()).expect("they can be read"), false).expect("it can be rendered");
    assert!(page.contains("Nothing changed for good."), "{}", words_of(&page));
    assert!(page.contains("longest stall: 4.2 s"), "{}", words_of(&page));
    assert!(!page.contains("href=\"./"), "nobody knows where the page lies");
}

#[test]
fn few_many_and_no_nights_are_a_page() {
    let directory = tempfile::tempdir().expect("a directory can be made");
    let empty = history(&nights(directory.path()).expect("there are none"), true).expect("it can be rendered");
    assert!(empty.contains("There is no run to be shown."));
    let (mut result, _) = sample::run(5, 1);
    result.scenario.name = "<script>alert(1)</script>".to_owned();
    result.variants[0].name = "\"><img src=x>".to_owned();
    result.variants[0].operations[0].name = "</figure><b>".to_owned();
    result.started = "yesterday".to_owned();
    keep(directory.path(), "one % & only", &result);
    let one = history(&nights(directory.path()).expect("it can be read"), true).expect("it can be rendered");
    assert!(!one.contains("<script>alert") && !one.contains("<img") && !one.contains("</figure><b>"), "{one}");
}

#[test]
fn a_missing_directory_is_told() {
    let error = nights(Path::new("/nowhere/at/all")).expect_err("it is not there");
    assert!(format!("{error:#}").contains("/nowhere/at/all"), "{error:#}");
}

#[test]
fn times_of_a_run_that_cannot_be_believed_are_not_shown() {
    let directory = tempfile::tempdir().expect("a directory can be made");
    let (result, _) = sample::comparison::run(4, 1);
    for day in 0..30 {
        let mut night = night(&result, day, if day < 15 { 1.0 } else { 2.0 }, Chance::of(3, "invalid"));
        if day >= 15 {
            let rounds = night.variants.iter_mut().flat_map(|variant| &mut variant.rounds);
            rounds.for_each(|round| round.health.invalid = vec!["late".to_owned()]);
        }
        keep(directory.path(), &day.to_string(), &night);
    }
    let page = history(&nights(directory.path()).expect("they can be read"), true).expect("it can be rendered");
    assert!(page.contains("Nothing changed for good."), "{}", words_of(&page));
}
