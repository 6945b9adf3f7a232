//! The report as a whole.

use super::{html, sample};
use crate::result::model::{CheckOutcome, Finding, RunResult, Verdict};
use crate::result::series::RoundSeries;
use crate::step::StepOutcome;
use crate::wait::Actor;
use std::fmt::Write;

fn report(result: &RunResult, series: &[RoundSeries]) -> String {
    html(result, series).expect("a report can be made of any result")
}

/// The page without what only a script reads.
fn without_scripts(page: &str) -> String {
    let mut text = String::new();
    for (place, part) in page.split("<script").enumerate() {
        let kept = if place == 0 { part } else { part.split_once("</script>").map_or("", |(_, rest)| rest) };
        text.push_str(kept);
    }
    text
}

/// Tags and classes in order, one a line, repeated ones once: what the page is made of, without its figures.
fn outline(page: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    for tag in page.split('<').skip(1).filter(|tag| !tag.starts_with('/')) {
        let inside = tag.split('>').next().unwrap_or_default();
        let name = inside.split_whitespace().next().unwrap_or_default();
        let kept = ["section", "article", "figure", "h1", "h2", "table", "details", "div"].contains(&name);
        let class = inside.split("class=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default();
        let line = format!("{name} {class}");
        if kept && !lines.contains(&line) {
            lines.push(line);
        }
    }
    lines.iter().fold(String::new(), |mut text, line| {
        writeln!(text, "{}", line.trim_end()).expect("a string takes everything");
        text
    })
}

#[test]
fn the_page_has_all_its_parts() {
    let (result, series) = sample::run(20, 2);
    insta::assert_snapshot!(outline(&report(&result, &series)));
}

#[test]
fn the_report_can_be_read_without_script() {
    let (result, series) = sample::run(20, 1);
    let page = without_scripts(&report(&result, &series));
    for text in [
        "held ACCESS EXCLUSIVE on transactions for 4.2 s",
        "FAIL",
        "PASS",
        "longest stall ≤ 500 ms",
        "Who blocked whom",
        "1,293 waits",
        "for a lock that step 1 held",
        "waited for ledger export itself",
        "This report does not know where the time went",
        "wrote anew",
        "age of the totals",
        "lateness of the generator",
        "PostgreSQL 15.18",
        "lognormal, median 40, p99 900",
        "engine: postgres",
        "every transaction has a memo",
        "a checkpoint began",
        "post payment waited",
    ] {
        assert!(page.contains(text), "{text:?} is missing");
    }
    for picture in [
        "path class=\"p99\"",
        "path class=\"done\"",
        "path class=\"e0\"",
        "rect class=\"held\"",
        "path class=\"during\"",
    ] {
        assert!(page.contains(picture), "{picture:?} is missing");
    }
}

#[test]
fn nothing_is_loaded_from_anywhere() {
    for (result, series) in [sample::run(20, 1), sample::comparison::run(20, 1)] {
        let page = report(&result, &series);
        for outside in ["http://", "https://", "src=", "@import", "url("] {
            assert!(!page.contains(outside), "{outside:?} is in the report");
        }
    }
}

#[test]
fn a_run_of_an_hour_stays_below_a_megabyte() {
    let (result, series) = sample::run(1_800, 1);
    let page = report(&result, &series);
    assert!(page.len() < 700_000, "{} bytes", page.len());
}

#[test]
fn many_rounds_with_many_waits_stay_below_a_megabyte() {
    let (result, mut series) = sample::run(600, 12);
    for series in &mut series {
        let waits = series.waits.clone();
        series.waits.extend(waits.iter().cycle().take(5_000).cloned());
    }
    let page = report(&result, &series);
    assert!(page.len() < 1_000_000, "{} bytes", page.len());
    assert!(page.contains("more were shorter"));
}

#[test]
fn a_comparison_of_many_rounds_stays_below_a_megabyte() {
    let (result, series) = sample::comparison::run(300, 8);
    let page = report(&result, &series);
    assert!(page.len() < 700_000, "{} bytes", page.len());
}

#[test]
fn a_comparison_opens_with_what_follows_and_has_all_its_parts() {
    let (result, series) = sample::comparison::run(20, 2);
    insta::assert_snapshot!(outline(&report(&result, &series)));
}

#[test]
fn a_comparison_can_be_read_without_script_and_speaks_of_no_migration() {
    let (result, series) = sample::comparison::run(20, 8);
    let page = without_scripts(&report(&result, &series)).replace('\u{a0}', " ");
    for text in [
        "“annotated” answers <code>dashboard</code> in",
        "runs one statement 1,200 times for each dashboard (1,201 statements in all): N+1.",
        "SELECT sum(amount) FROM invoices WHERE subscription_id = $1",
        "8 rounds of each variant at each round trip",
        "✓ 1,201 × less<span class=\"unseen\"> better</span>",
        "sees 8 %",
        "annotated: 6.1 × less with no round trip added, 360 × less at 5 ms",
        "lost 223/s",
        "p99 above 500 ms",
        "reads all 9,600 rows of invoices one after the other",
        "The plan changed its shape under the traffic, in 24 of 24 rounds.",
        "CREATE INDEX invoices_by_subscription",
        "gunicorn dashboard.wsgi",
        "killed by signal 9",
        "<b>renewal</b> not measured: it changes data",
        "lateness of the generator",
        "path class=\"trace v1",
    ] {
        assert!(page.contains(text), "{text:?} is missing");
    }
    let body = page.split_once("</style>").map_or("", |(_, body)| body);
    for nonsense in ["igration", "longest stall", "The other rounds", "impact window"] {
        assert!(!body.contains(nonsense), "{nonsense:?} is said");
    }
}

#[test]
fn a_comparison_at_one_round_trip_and_with_nothing_counted_still_makes_a_report() {
    let (mut result, series) = sample::comparison::run(20, 1);
    result.comparisons.clear();
    result.capacities.clear();
    for variant in &mut result.variants {
        variant.rounds.retain(|round| round.round_trip.is_zero());
        for round in &mut variant.rounds {
            round.costs.clear();
            round.plans.clear();
            round.setup.clear();
            round.application = None;
        }
    }
    for round in result.variants.iter_mut().flat_map(|variant| &mut variant.rounds) {
        round.judgements.clear();
    }
    result.verdict = Verdict::Pass;
    let page = report(&result, &series);
    assert!(page.contains("the variants are compared, not judged"));
    for absent in ["id=\"sweep\"", "id=\"costs\"", "id=\"plans\"", "id=\"preparation\"", "id=\"capacity\""] {
        assert!(!page.contains(absent), "{absent} has nothing to say");
    }
    assert!(page.contains("1 round of each variant"));
    result.variants[1].rounds.clear();
    assert!(report(&result, &[]).contains("Side by side"));
}

#[test]
fn text_from_outside_is_text_wherever_a_comparison_has_it() {
    let (mut result, series) = sample::comparison::run(20, 2);
    let hostile = || HOSTILE.to_owned();
    result.conclusions.push(format!("`{HOSTILE}` {HOSTILE}"));
    for comparison in &mut result.comparisons {
        comparison.remark = Some(hostile());
        comparison.operation = hostile();
        comparison.variant = hostile();
        comparison.reference = hostile();
    }
    for capacity in &mut result.capacities {
        capacity.operation = hostile();
        capacity.tried[3].why = Some(hostile());
    }
    for variant in &mut result.variants {
        variant.name = hostile();
        variant.sentence = format!("`{HOSTILE}` {HOSTILE}");
        variant.operations[0].name = hostile();
        variant.operations[0].arrivals = hostile();
        for round in &mut variant.rounds {
            round.setup = vec![(hostile(), std::time::Duration::ZERO)];
            round.judgements[0].limit = hostile();
            round.judgements[0].found = hostile();
            round.judgements[0].reason = Some(hostile());
            round.checks.push(CheckOutcome { name: hostile(), held: false, answer: hostile() });
            round.health.invalid.push(hostile());
            if let Some(application) = &mut round.application {
                application.command = hostile();
                application.setup[0].0 = hostile();
                application.ended = Some(hostile());
                application.output = hostile();
            }
            round.costs[0].by_statement[0].text = format!("{HOSTILE}\n{HOSTILE}");
            round.costs[0].unmeasured = Some(hostile());
            round.plans[0].statement = format!("{HOSTILE}\n{HOSTILE}");
            round.plans[0].missing = Some(hostile());
            for plan in round.plans.iter_mut().flat_map(|plan| plan.before.iter_mut().chain(&mut plan.after)) {
                plan.text = hostile();
                plan.findings = vec![hostile()];
            }
        }
    }
    for capacity in &mut result.capacities {
        capacity.variant = hostile();
    }
    let page = report(&result, &series);
    assert!(!page.contains("<img"), "markup from outside reached the page");
    assert!(!page.contains(HOSTILE));
    let (ours, series) = sample::comparison::run(20, 2);
    let ours = report(&ours, &series).matches("</script>").count();
    assert_eq!(page.matches("</script>").count(), ours, "a script element was ended from outside");
}

const HOSTILE: &str = "</script><img src=x onerror=alert(1)>\"'&`{{ 1 }}";

#[test]
fn text_from_outside_is_text_wherever_it_appears() {
    let (mut result, mut series) = sample::run(20, 2);
    let hostile = || HOSTILE.to_owned();
    result.scenario.name = hostile();
    result.scenario.about = Some(hostile());
    result.scenario.path = hostile();
    result.scenario.text = hostile();
    result.scenario.schema = hostile();
    result.confessions.push(hostile());
    result.findings.push(Finding { message: hostile(), help: Some(hostile()) });
    result.place.server = hostile();
    result.place.settings.push((hostile(), hostile()));
    result.seed.fingerprint = hostile();
    result.seed.tables[0].name = hostile();
    result.seed.tables[0].columns[0].made = hostile();
    for variant in &mut result.variants {
        variant.name = hostile();
        variant.sentence = format!("`{HOSTILE}` {HOSTILE}");
        variant.fails_by = vec![hostile()];
        variant.gauges = vec![hostile()];
        variant.pools[0].0 = hostile();
        variant.operations[0].name = hostile();
        variant.operations[0].text = hostile();
        variant.operations[0].arrivals = hostile();
        for round in &mut variant.rounds {
            round.notes.push((std::time::Duration::ZERO, hostile()));
            round.setup.push((hostile(), std::time::Duration::ZERO));
            round.health.invalid.push(hostile());
            round.judgements[0].found = hostile();
            round.judgements[0].limit = hostile();
            round.judgements[0].reason = Some(hostile());
            round.sentence = format!("`{HOSTILE}` {HOSTILE}");
            round.checks[0].held = false;
            round.checks[0].answer = hostile();
            round.waits[0].object = hostile();
            round.waits[0].mode = hostile();
            round.waits[0].waiters[0].0 = hostile();
            round.steps[0].name = hostile();
            round.steps[0].text = format!("{HOSTILE}\n{HOSTILE}");
            round.steps[0].messages = vec![hostile()];
            round.steps[0].rewritten = vec![hostile()];
            round.steps[0].locks[0].relation = hostile();
            round.steps[0].outcome = StepOutcome::Failed { class: Some(hostile()), message: hostile() };
            for link in round.waits.iter_mut().flat_map(|group| &mut group.chain) {
                link.statement = format!("{HOSTILE}\n{HOSTILE}");
                link.actor = Actor::Background(hostile());
                link.state = hostile();
                link.mode = Some(hostile());
            }
            let account = &mut round.operations[0].phases[2].account;
            account.failed = std::iter::once((hostile(), account.errors())).collect();
        }
    }
    for series in &mut series {
        for wait in &mut series.waits {
            wait.object.relation = Some(hostile());
            wait.mode = hostile();
        }
        for second in &mut series.all.seconds {
            second.errors.insert(hostile(), 1);
        }
    }
    let page = report(&result, &series);
    assert!(!page.contains("<img"), "markup from outside reached the page");
    let ours = report(&sample::run(20, 2).0, &sample::run(20, 2).1).matches("</script>").count();
    assert_eq!(page.matches("</script>").count(), ours, "a script element was ended from outside");
    assert!(!page.contains(HOSTILE));
}

#[test]
fn a_variant_that_had_to_be_caught_and_was_says_so_and_that_it_is_not_safe() {
    let (mut result, series) = sample::run(20, 1);
    result.variants[0].fails_by = vec!["account page longest_stall".to_owned()];
    result.variants[0].verdict = Verdict::Pass;
    let page = report(&result, &series);
    assert!(page.contains("CAUGHT AS EXPECTED"));
    assert!(page.contains("account page longest stall"));
    assert!(page.contains("It is not safe to ship."));
}

#[test]
fn who_reads_of_waits_is_told_when_nobody_looked_for_them() {
    let (mut result, series) = sample::run(20, 1);
    assert!(!report(&result, &series).contains("Nobody looked"));
    result.variants[0].rounds[0].health.phases[2].blind = std::time::Duration::from_millis(1234);
    assert!(report(&result, &series).contains("Nobody looked at the locks for 1.23 s of during"));
}

#[test]
fn a_phase_that_was_too_short_for_a_reading_does_not_claim_an_idle_machine() {
    let (mut result, series) = sample::run(20, 1);
    assert!(!report(&result, &series).contains("too short to tell"));
    let during = &mut result.variants[0].rounds[0].health.phases[2];
    (during.client_cpu, during.server_cpu, during.sampler_cpu) = (None, None, None);
    assert!(report(&result, &series).contains("during: too short to tell how busy the machine was"));
}

#[test]
fn what_was_found_without_load_stands_before_what_was_measured() {
    let (mut result, series) = sample::run(20, 1);
    let page = report(&result, &series);
    let place = |text: &str| page.find(text).unwrap_or_else(|| panic!("{text} is not there"));
    assert!(place("breaks at step 1") < place("id=\"waits\""));
    assert!(page.contains("it works again after step 4"));
    result.findings.clear();
    assert!(!report(&result, &series).contains("Found without any load"));
}

#[test]
fn a_run_that_was_broken_off_early_still_makes_a_report() {
    let (mut result, _) = sample::run(20, 1);
    result.ended = crate::result::model::Ended::Failed("the server went away".to_owned());
    result.variants[1].rounds.clear();
    let round = &mut result.variants[0].rounds[0];
    round.phases.began.truncate(2);
    round.phases.ended = None;
    round.impact = None;
    round.excess = None;
    round.steps.clear();
    round.operations.clear();
    round.all_traffic.clear();
    let page = report(&result, &[]);
    assert!(page.contains("the server went away"));
    assert!(page.contains("No round of this variant was run."));
}

#[test]
fn a_judgement_leads_to_the_part_of_the_page_that_shows_its_figure() {
    for mut result in [sample::run(20, 1).0, sample::comparison::run(4, 1).0] {
        let parts = ["operations", "waits", "steps", "trust", "costs"];
        let is_comparison = result.variants[0].rounds[0].steps.is_empty();
        for (place, variant) in result.variants.iter_mut().enumerate() {
            let judgements = variant.rounds.iter_mut().flat_map(|round| &mut round.judgements);
            for (judgement, part) in judgements.zip(parts.into_iter().cycle()) {
                let part = if is_comparison && part == "steps" { "operations" } else { part };
                judgement.anchor = part.to_owned();
                judgement.place(place);
            }
        }
        let page = html(&result, &[]).expect("it renders");
        let anchors = page.split("<a href=\"#").skip(1).filter_map(|rest| rest.split('"').next());
        let anchors: Vec<&str> = anchors.collect();
        assert!(!anchors.is_empty());
        for anchor in anchors {
            assert_eq!(page.matches(&format!("id=\"{anchor}\"")).count(), 1, "{anchor}");
        }
    }
}
