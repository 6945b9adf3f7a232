//! The page about the case studies says what was measured, and nothing else.

#[path = "../benches/claims/claim.rs"]
#[allow(dead_code, reason = "the page needs a part of it")]
mod claim;
#[path = "../benches/claims/figure.rs"]
#[allow(dead_code, reason = "the figures themselves are read when they are measured")]
mod figure;
#[path = "../benches/claims/measured.rs"]
#[allow(dead_code, reason = "the page needs a part of it")]
mod measured;
#[path = "../benches/claims/page.rs"]
mod page;

use claim::Claims;
use std::path::Path;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn claims() -> Claims {
    Claims::read(&root().join("docs/case-studies/claims.yaml")).expect("the claims can be read")
}

#[test]
fn the_page_is_made_from_the_claims_and_from_what_was_measured() {
    let measured = measured::read(&root().join("docs/case-studies/measured.json")).expect("it can be read");
    let committed = std::fs::read_to_string(root().join("docs/case-studies.md")).expect("the page is there");
    assert_eq!(committed, page::page(&claims(), &measured), "`make claims RUNS=--render` writes it anew");
}

#[test]
fn every_claim_asks_for_variants_and_operations_that_its_scenario_has() {
    for run in claims().runs {
        let file = run.arguments.split_whitespace().next().expect("it names a scenario");
        let scenario = shakedown::scenario::read(&root().join(file)).expect("it is a scenario");
        assert!(!run.claims.is_empty(), "{}", run.name);
        for (name, figure) in run.figures() {
            let variant = scenario.variants.iter().find(|variant| variant.name == name);
            let variant = variant.unwrap_or_else(|| panic!("{}: no variant `{name}`", run.name));
            let (subject, _) = figure::parted(figure);
            let operations = variant.operations.iter().map(|operation| operation.name.as_str());
            let gauges = variant.gauges.iter().map(|gauge| gauge.name.as_str());
            let checks = scenario.checks.iter().map(|check| check.name.as_str());
            let all = operations.chain(gauges).chain(checks).chain(["all traffic", "migration", "setup"]);
            let is_step = variant.migration.iter().any(|step| step.name.starts_with(subject));
            let known = is_step || all.into_iter().any(|known| known == subject);
            assert!(known, "{}: {name} has nothing that `{figure}` is about", run.name);
        }
    }
}
