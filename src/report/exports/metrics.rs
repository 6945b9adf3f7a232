//! `metrics.txt`: the figures of a run in the text form of OpenMetrics 1.0, for those who scrape or plot them.
//!
//! Every figure is a gauge: a run is no process whose counters grow. Of several rounds the median is told.

use super::case::suites;
use super::clean::line;
use crate::figures::{Account, GaugeFigures, OperationFigures, Percentiles, PhaseFigures};
use crate::phase::Phase;
use crate::report::words;
use crate::result::model::{RoundResult, RunResult, VariantResult, Verdict};
use crate::statistics::median;
use std::fmt::Write;
use std::time::Duration;

/// Longer names of steps, which may be whole statements, are cut.
const NAME: usize = 80;

/// A metric family: what OpenMetrics wants to be told once.
struct Family {
    name: &'static str,
    /// `None` of a plain count.
    unit: Option<&'static str>,
    help: &'static str,
    samples: Vec<Sample>,
}

/// Labels without those of the scenario, and a value.
struct Sample {
    labels: Vec<(&'static str, String)>,
    value: f64,
}

impl Family {
    fn new(name: &'static str, help: &'static str) -> Self {
        let unit = ["seconds", "bytes", "ratio"].into_iter().find(|unit| name.ends_with(unit));
        Self { name, unit, help, samples: Vec::new() }
    }

    fn add(&mut self, labels: &[(&'static str, &str)], value: f64) {
        let labels = labels.iter().filter(|(_, value)| !value.is_empty());
        let labels = labels.map(|(name, value)| (*name, line(value))).collect();
        self.samples.push(Sample { labels, value });
    }
}

/// The run as OpenMetrics text.
pub(in crate::report) fn metrics(result: &RunResult) -> String {
    let mut families = of_run(result);
    let mut measured = Measured::new();
    for variant in &result.variants {
        let mut trips: Vec<Duration> = variant.rounds.iter().map(|round| round.round_trip).collect();
        trips.sort_unstable();
        trips.dedup();
        for trip in trips {
            measured.add(variant, trip);
        }
    }
    families.extend(measured.families());
    let scenario = line(&result.scenario.name);
    let mut text = String::new();
    for family in families.iter().filter(|family| !family.samples.is_empty()) {
        write_family(&mut text, family, &scenario);
    }
    text + "# EOF\n"
}

fn write_family(text: &mut String, family: &Family, scenario: &str) {
    let Family { name, unit, help, samples } = family;
    let mut write = |line: String| text.write_str(&line).expect("a string takes everything");
    write(format!("# TYPE {name} gauge\n"));
    if let Some(unit) = unit {
        write(format!("# UNIT {name} {unit}\n"));
    }
    write(format!("# HELP {name} {}\n", escaped(help)));
    for sample in samples {
        let own = sample.labels.iter().map(|(label, value)| format!(",{label}=\"{}\"", escaped(value)));
        let own: String = own.collect();
        write(format!("{name}{{scenario=\"{}\"{own}}} {}\n", escaped(scenario), number(sample.value)));
    }
}

/// A backslash, a quote and a line's end, as OpenMetrics wants them.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

/// Numbers as computers write them, without digits that binary fractions make up.
fn number(value: f64) -> String {
    let text = format!("{value:.9}");
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}

fn of_run(result: &RunResult) -> Vec<Family> {
    let mut about = Family::new("shakedown_run", "What was run; always 1.");
    about.add(
        &[
            ("path", &result.scenario.path),
            ("version", &result.shakedown),
            ("server", &result.place.server),
            ("data", &result.seed.fingerprint),
        ],
        1.0,
    );
    let mut started = Family::new("shakedown_started_timestamp_seconds", "When the run began.");
    if let Ok(at) = result.started.parse::<jiff::Timestamp>() {
        started.add(&[], at.as_second() as f64);
    }
    let mut verdict =
        Family::new("shakedown_verdict", "1 beside the verdict of the run or the variant, 0 beside the others.");
    let mut limits = Family::new("shakedown_cases", "Limits, checks and whatever else is judged, by verdict.");
    add_verdict(&mut verdict, "", result.verdict);
    for variant in &result.variants {
        add_verdict(&mut verdict, &variant.name, variant.verdict);
    }
    for suite in suites(result) {
        for each in VERDICTS {
            let count = suite.cases.iter().filter(|case| case.verdict == each).count();
            limits.add(&[("suite", &suite.name), ("verdict", word(each))], count as f64);
        }
    }
    vec![about, started, verdict, limits]
}

const VERDICTS: [Verdict; 4] = [Verdict::Pass, Verdict::Fail, Verdict::Invalid, Verdict::NotJudged];

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "pass",
        Verdict::Fail => "fail",
        Verdict::Invalid => "invalid",
        Verdict::NotJudged => "not_judged",
    }
}

fn add_verdict(family: &mut Family, variant: &str, found: Verdict) {
    for each in VERDICTS {
        family.add(&[("variant", variant), ("verdict", word(each))], f64::from(u8::from(each == found)));
    }
}

/// The families of what was measured, filled variant by variant.
struct Measured {
    response: Family,
    service: Family,
    pool_wait: Family,
    executions: Family,
    worst: Family,
    stall: Family,
    waited: Family,
    excess: Family,
    statements: Family,
    rows: Family,
    buffers: Family,
    wal: Family,
    step: Family,
    step_wal: Family,
    gauge: Family,
}

/// Whose figures they are.
type Labels<'a> = [(&'static str, &'a str); 3];

impl Measured {
    fn new() -> Self {
        Self {
            response: Family::new(
                "shakedown_response_seconds",
                "From the moment at which an operation was due to its end.",
            ),
            service: Family::new("shakedown_service_seconds", "From connection to end."),
            pool_wait: Family::new(
                "shakedown_pool_wait_seconds",
                "From the moment at which an operation was due to its connection.",
            ),
            executions: Family::new("shakedown_operations", "What became of all that was due in a phase."),
            worst: Family::new(
                "shakedown_worst_seconds",
                "Response time of the worst ten seconds of the judged window.",
            ),
            stall: Family::new(
                "shakedown_longest_stall_seconds",
                "The longest time in which nothing succeeded although something was due.",
            ),
            waited: Family::new(
                "shakedown_lock_wait_seconds",
                "Time spent waiting for locks in the judged window, summed.",
            ),
            excess: Family::new(
                "shakedown_excess_seconds",
                "Response time beyond that of before, summed over the judged window.",
            ),
            statements: Family::new("shakedown_execution_statements", "Statements of one execution, alone."),
            rows: Family::new("shakedown_execution_rows", "Rows of one execution, alone."),
            buffers: Family::new("shakedown_execution_buffers", "Blocks that one execution touches, alone."),
            wal: Family::new("shakedown_execution_wal_bytes", "Write-ahead log of one execution, alone."),
            step: Family::new("shakedown_step_seconds", "How long a step of the migration took."),
            step_wal: Family::new(
                "shakedown_step_wal_bytes",
                "Write-ahead log of the server during a step of the migration.",
            ),
            gauge: Family::new("shakedown_gauge", "What a gauge of the scenario read."),
        }
    }

    fn families(self) -> [Family; 15] {
        [
            self.response,
            self.service,
            self.pool_wait,
            self.executions,
            self.worst,
            self.stall,
            self.waited,
            self.excess,
            self.statements,
            self.rows,
            self.buffers,
            self.wal,
            self.step,
            self.step_wal,
            self.gauge,
        ]
    }

    /// The rounds of a variant at one round trip.
    fn add(&mut self, variant: &VariantResult, trip: Duration) {
        let rounds: Vec<&RoundResult> = variant.rounds.iter().filter(|round| round.round_trip == trip).collect();
        let trip = if trip.is_zero() { String::new() } else { number(trip.as_secs_f64()) };
        for (place, facts) in variant.operations.iter().enumerate() {
            let labels =
                [("variant", variant.name.as_str()), ("round_trip", trip.as_str()), ("operation", facts.name.as_str())];
            let figures: Vec<&OperationFigures> =
                rounds.iter().filter_map(|round| round.operations.get(place)).collect();
            self.add_phases(labels, &figures);
            self.add_impact(labels, &figures);
            self.add_costs(labels, &rounds, place);
        }
        let labels = [("variant", variant.name.as_str()), ("round_trip", trip.as_str())];
        self.add_steps(labels, &rounds);
        self.add_gauges(labels, &rounds, &variant.gauges);
    }

    fn add_phases(&mut self, labels: Labels<'_>, figures: &[&OperationFigures]) {
        for phase in [Phase::Before, Phase::During, Phase::After, Phase::Measure] {
            let of =
                |each: &&OperationFigures| each.phases.iter().find(|figures| figures.phase == Some(phase)).cloned();
            let found: Vec<PhaseFigures> = figures.iter().filter_map(of).collect();
            if found.is_empty() {
                continue;
            }
            let labels = [labels.as_slice(), &[("phase", phase.name())]].concat();
            let all = |of: fn(&PhaseFigures) -> Percentiles| found.iter().map(of).collect::<Vec<_>>();
            add_quantiles(&mut self.response, &labels, &all(|each| each.response));
            add_quantiles(&mut self.service, &labels, &all(|each| each.service));
            add_quantiles(&mut self.pool_wait, &labels, &all(|each| each.pool_wait));
            add_outcomes(&mut self.executions, &labels, &found);
        }
    }

    fn add_impact(&mut self, labels: Labels<'_>, figures: &[&OperationFigures]) {
        let found: Vec<_> = figures.iter().filter_map(|each| each.impact.as_ref()).collect();
        if found.is_empty() {
            return;
        }
        add_quantiles(&mut self.worst, &labels, &found.iter().map(|each| each.worst_10s).collect::<Vec<_>>());
        let middle = |of: fn(&crate::figures::ImpactFigures) -> f64| middle(found.iter().map(|each| of(each)));
        self.stall.add(&labels, middle(|each| each.longest_stall.as_secs_f64()));
        self.waited.add(&labels, middle(|each| each.blocked_ms / 1e3));
        self.excess.add(&labels, middle(|each| each.excess_ms / 1e3));
    }

    fn add_costs(&mut self, labels: Labels<'_>, rounds: &[&RoundResult], place: usize) {
        let costs = rounds.iter().filter_map(|round| round.costs.get(place)).filter(|cost| cost.executions > 0);
        let costs: Vec<_> = costs.collect();
        if costs.is_empty() {
            return;
        }
        let middle = |of: fn(&crate::cost::OperationCost) -> f64| middle(costs.iter().map(|cost| of(cost)));
        self.statements.add(&labels, middle(|cost| cost.statements));
        self.rows.add(&labels, middle(|cost| cost.rows));
        self.buffers.add(&labels, middle(|cost| cost.hit + cost.read));
        self.wal.add(&labels, middle(|cost| cost.wal));
    }

    fn add_steps(&mut self, labels: [(&'static str, &str); 2], rounds: &[&RoundResult]) {
        let most = rounds.iter().map(|round| round.steps.len()).max().unwrap_or_default();
        for place in 0..most {
            let steps: Vec<_> = rounds.iter().filter_map(|round| round.steps.get(place)).collect();
            let took: Vec<f64> =
                steps.iter().filter_map(|step| Some(step.ended?.saturating_sub(step.started?).as_secs_f64())).collect();
            let Some(first) = steps.first().filter(|_| !took.is_empty()) else { continue };
            // Two steps may be called alike.
            let (number, name) = ((place + 1).to_string(), words::shorten(&first.name, NAME));
            let labels = [labels.as_slice(), &[("step", number.as_str()), ("name", name.as_str())]].concat();
            self.step.add(&labels, middle(took.into_iter()));
            self.step_wal.add(&labels, middle(steps.iter().map(|step| step.wal_bytes as f64)));
        }
    }

    fn add_gauges(&mut self, labels: [(&'static str, &str); 2], rounds: &[&RoundResult], names: &[String]) {
        for (place, name) in names.iter().enumerate() {
            let read: Vec<_> = rounds.iter().filter_map(|round| round.gauges.get(place)).collect();
            for bound in ["min", "max", "last"] {
                let of = |each: &&GaugeFigures| match bound {
                    "min" => each.min,
                    "max" => each.max,
                    _ => each.last,
                };
                let values: Vec<f64> = read.iter().filter_map(of).filter(|value| value.is_finite()).collect();
                if !values.is_empty() {
                    let labels = [labels.as_slice(), &[("gauge", name.as_str()), ("reading", bound)]].concat();
                    self.gauge.add(&labels, middle(values.into_iter()));
                }
            }
        }
    }
}

/// A point of a distribution, with the quantile by which OpenMetrics knows it.
type Quantile = (&'static str, fn(&Percentiles) -> Duration);

const QUANTILES: [Quantile; 5] = [
    ("0.5", |each| each.p50),
    ("0.9", |each| each.p90),
    ("0.99", |each| each.p99),
    ("0.999", |each| each.p999),
    ("1", |each| each.max),
];

fn add_quantiles(family: &mut Family, labels: &[(&'static str, &str)], found: &[Percentiles]) {
    let counted: Vec<&Percentiles> = found.iter().filter(|each| each.count > 0).collect();
    if counted.is_empty() {
        return;
    }
    for (quantile, of) in QUANTILES {
        let value = middle(counted.iter().map(|each| of(each).as_secs_f64()));
        family.add(&[labels, &[("quantile", quantile)]].concat(), value);
    }
}

fn add_outcomes(family: &mut Family, labels: &[(&'static str, &str)], found: &[PhaseFigures]) {
    type Count = fn(&Account) -> u64;
    let outcomes: [(&str, Count); 5] = [
        ("succeeded", |account| account.succeeded),
        ("failed", Account::errors),
        ("dropped", |account| account.dropped),
        ("cut", |account| account.cut),
        ("skipped", |account| account.skipped),
    ];
    for (outcome, of) in outcomes {
        let value = middle(found.iter().map(|each| of(&each.account) as f64));
        family.add(&[labels, &[("outcome", outcome)]].concat(), value);
    }
}

fn middle(values: impl Iterator<Item = f64>) -> f64 {
    median(&mut values.collect::<Vec<_>>())
}
