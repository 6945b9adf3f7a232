//! The page: `docs/case-studies.md`.

use crate::claim::{Asked, Claim, Claims, Judgement, Run};
use crate::measured::{Found, Measured};
use std::fmt::Write as _;

const HEAD: &str = "\
# What is true of the case studies

Shakedown was born from a text of case studies about databases in production: an N+1 query, a migration that locked a
table, a document column that could not be searched, and the advice that follows from them. Each figure and each claim
of that text is held here against what was measured. Some of it is dated, some was never true; most holds on conditions
that are worth knowing.

Times are those of a machine and of its disk: compare the variants, not the machines.
";

/// The page, as Markdown. It is made from the claims and what was measured, and from nothing else.
pub(crate) fn page(claims: &Claims, measured: &Measured) -> String {
    let mut page = HEAD.to_owned();
    let all = || claims.runs.iter().flat_map(|run| &run.claims);
    let count = |judgement| all().filter(|claim| claim.judgement == judgement).count();
    write!(
        page,
        "\nOf {} claims {} are confirmed, {} with conditions, and {} are wrong.\n",
        all().count(),
        count(Judgement::Confirmed),
        count(Judgement::Conditions),
        count(Judgement::Wrong)
    )
    .ok();
    for run in &claims.runs {
        section(&mut page, run, measured.get(&run.name));
    }
    page.push_str("\n`make claims` measures all of it again, `make claims RUNS=\"NAME …\"` some of it; this page is written by it.\n");
    page
}

fn section(page: &mut String, run: &Run, found: Option<&Found>) {
    write!(page, "\n## {}\n\n```sh\nshakedown run {}\n```\n\n", run.about, run.arguments).ok();
    match found {
        Some(found) => {
            let Found { server, day, cpus, rows, .. } = found;
            write!(page, "{server} on {cpus} processors, {day}; {}.", rows.join(", ")).ok();
        }
        None => page.push_str("Not measured yet."),
    }
    if let Some(smaller) = &run.smaller {
        write!(page, " {smaller}").ok();
    }
    page.push_str("\n\n| claimed | measured | judgement |\n|---|---|---|\n");
    for claim in &run.claims {
        let Claim { says, judgement, because, .. } = claim;
        let because = cell(because);
        writeln!(page, "| {} | {} | **{judgement}**: {because} |", cell(says), measured_cell(claim, found)).ok();
    }
}

fn measured_cell(claim: &Claim, found: Option<&Found>) -> String {
    let variants = claim.measured.iter().map(|Asked { variant, figures: names }| {
        let figures = found.and_then(|found| found.figures.get(variant));
        let value = |name: &String| {
            let value = figures.and_then(|figures| figures.get(name));
            format!("{} {}", cell(name), value.map_or_else(|| "?".to_owned(), |value| format!("**{}**", cell(value))))
        };
        format!("*{}*: {}", cell(variant), names.iter().map(value).collect::<Vec<_>>().join(", "))
    });
    variants.collect::<Vec<_>>().join("<br>")
}

/// Text that stays within its cell.
fn cell(text: &str) -> String {
    text.trim().replace('|', "\\|").replace('\n', " ").replace('<', "&lt;")
}
