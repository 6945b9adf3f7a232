//! What a run found, for people: one HTML file that needs nothing else, and a summary for a terminal. The same for the
//! programs and places where teams look: CI servers, pull requests, scrapers.
//!
//! Made from results alone: no clock, no server, no disk. All text that came from outside (SQL, names, server
//! messages, the scenario) passes through the templates' escaping or through `words::escape`.

mod chart;
mod exports;
mod history;
mod names;
mod summary;
mod view;
mod words;

#[cfg(test)]
mod sample;
#[cfg(test)]
mod tests;

use crate::result::Rendering;
use crate::result::model::{Conclusion, Ended, Finding, RunResult, Verdict};
use crate::result::series::RoundSeries;
use askama::Template;
pub use history::history;
pub use summary::{against, noise, summary};
use view::badge::Badge;
use view::baseline::{Baseline, baseline};
use view::comparison::limits::limits;
use view::comparison::lineup::{self, Lineup};
use view::comparison::{Comparison, comparison};
use view::costs::{Costs, costs};
use view::place::{self, Table};
use view::plans::{Plans, plans};
use view::preparation::{Preparation, preparations};
use view::round::{Shown, worst_first};
use view::scales::Scales;
use view::variant::{Variant, marked, variant};

/// The whole report; the template's sections are files of their own.
#[derive(Template)]
#[template(path = "page.html")]
struct Page {
    style: &'static str,
    script: &'static str,
    name: String,
    about: Option<String>,
    badge: Badge,
    lead: String,
    alarm: String,
    facts: Vec<(&'static str, String)>,
    /// The run held against earlier ones.
    baseline: Option<Baseline>,
    /// What a comparison opens with; nothing of a migration.
    side: Option<Comparison>,
    costs: Vec<Costs>,
    plans: Vec<Plans>,
    preparations: Vec<Preparation>,
    variants: Vec<Variant>,
    findings: Vec<Finding>,
    /// Markup, escaped.
    confessions: Vec<String>,
    seeded: String,
    tables: Vec<Table>,
    settings: Vec<(String, String)>,
    scenario: String,
    schema: String,
}

/// What is made of a result, by its kind: the text of one file.
pub fn render(result: &RunResult, series: &[RoundSeries], rendering: Rendering) -> anyhow::Result<String> {
    Ok(match rendering {
        Rendering::Report => html(result, series)?,
        Rendering::Junit => exports::junit(result),
        Rendering::Summary => exports::pull_request(result),
        Rendering::Metrics => exports::metrics(result),
        Rendering::CodeQuality => exports::quality(result),
    })
}

/// What failed, as annotations of GitHub Actions: each a line for a runner to read, or nothing at all.
#[must_use]
pub fn annotations(result: &RunResult) -> String {
    exports::annotations(result)
}

/// The report as one self-contained HTML file of less than a megabyte. `series` are found by [`RoundResult::round`];
/// a round without them is shown with its figures only.
///
/// [`RoundResult::round`]: crate::result::model::RoundResult::round
pub fn html(result: &RunResult, series: &[RoundSeries]) -> anyhow::Result<String> {
    let none = RoundSeries::default();
    let lineup = Lineup::of(result);
    let rounds: Vec<Vec<Shown<'_>>> = match lineup {
        None => result.variants.iter().map(|facts| worst_first(facts, series, &none)).collect(),
        // Of the many rounds of a comparison one is shown in full; the others are lines of a table.
        Some(_) => {
            result.variants.iter().map(|facts| lineup::shown(facts, series, &none).into_iter().collect()).collect()
        }
    };
    let scales = Scales::over(&rounds.concat());
    let variants = result.variants.iter().zip(&rounds).map(|(facts, rounds)| variant(facts, rounds, &scales));
    let page = Page {
        style: include_str!("templates/style.css"),
        script: include_str!("templates/script.js"),
        name: result.scenario.name.clone(),
        about: result.scenario.about.clone(),
        badge: Badge::of(result.verdict),
        lead: lead(result),
        alarm: alarm(&result.ended),
        facts: place::facts(result),
        baseline: result.baseline.as_ref().map(baseline),
        side: lineup.map(|lineup| comparison(lineup, series)),
        costs: costs(result),
        plans: plans(result),
        // A migration has its set-up beside its steps.
        preparations: if lineup.is_some() { preparations(result) } else { Vec::new() },
        variants: variants.collect::<anyhow::Result<_>>()?,
        findings: result.findings.clone(),
        confessions: result.confessions.iter().map(|confession| marked(confession)).collect(),
        seeded: place::seeded(&result.seed),
        tables: place::tables(&result.seed),
        settings: result.place.settings.clone(),
        scenario: place::text(&result.scenario.text),
        schema: place::text(&result.scenario.schema),
    };
    Ok(page.render()?)
}

/// The run in one sentence.
fn lead(result: &RunResult) -> String {
    let unlimited = Lineup::of(result).is_some_and(|lineup| limits(lineup).is_none());
    if unlimited && result.verdict == Verdict::Pass {
        return "The scenario sets no limits: the variants are compared, not judged.".to_owned();
    }
    let named = |verdict: fn(&Badge) -> bool| -> Vec<String> {
        let fitting = result.variants.iter().filter(|variant| verdict(&Badge::of_variant(variant)));
        fitting.map(|variant| format!("“{}”", variant.name)).collect()
    };
    let groups = [
        (named(|badge| badge.class == "fail"), "failed"),
        (named(|badge| badge.class == "invalid"), "could not be measured validly"),
        (named(|badge| badge.class == "caught"), "was caught, as it had to be"),
        (named(|badge| badge.class == "unjudged"), "was not judged"),
        (named(|badge| badge.class == "pass"), "passed"),
    ];
    let said = groups.iter().filter(|(names, _)| !names.is_empty()).map(|(names, what)| {
        let what = if names.len() > 1 {
            what.replace("was ", "were ").replace("it had", "they had")
        } else {
            (*what).to_owned()
        };
        format!("{} {what}", words::list(names))
    });
    let said = said.collect::<Vec<_>>().join("; ");
    let worse = result.baseline.as_ref().is_some_and(|against| against.conclusion == Some(Conclusion::Worse));
    let worse = if worse { " The run is worse than earlier ones." } else { "" };
    let checked = if result.verdict == Verdict::Invalid { " Do not rely on the figures below." } else { "" };
    let said = if said.is_empty() { said } else { format!("{said}.") };
    format!("{said}{worse}{checked}").trim_start().to_owned()
}

fn alarm(ended: &Ended) -> String {
    match ended {
        Ended::Completed => String::new(),
        Ended::Interrupted => "The run was interrupted; this is what was measured until then.".to_owned(),
        Ended::Failed(why) => format!("The run could not be finished: {why}"),
    }
}

impl Page {
    /// Sections that no variant fills are left out.
    fn any_waits(&self) -> bool {
        self.bodies().any(|body| !body.trees.is_empty() || !body.blind.is_empty())
    }

    fn any_steps(&self) -> bool {
        self.bodies().any(|body| !body.steps.is_empty())
    }

    fn any_split(&self) -> bool {
        self.bodies().any(|body| body.split.is_some())
    }

    fn any_gauges(&self) -> bool {
        self.bodies().any(|body| body.gauges.is_some())
    }

    fn any_others(&self) -> bool {
        self.variants.iter().any(|variant| !variant.others.is_empty())
    }

    fn bodies(&self) -> impl Iterator<Item = &view::variant::Body> {
        self.variants.iter().filter_map(|variant| variant.body.as_ref())
    }
}
