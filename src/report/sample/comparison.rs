//! A dashboard in three ways, N+1 among them, at three round trips.

use super::migration::{millis, place, seconds, seed};
use crate::cost::{OperationCost, StatementCost};
use crate::phase::{Phase, Phases};
use crate::plan::{Plan, StatementPlan};
use crate::result::model::{
    Account, ApplicationFacts, Capacity, Comparison, Conclusion, Ended, FORMAT, HealthFigures, ImpactFigures,
    Judgement, OperationFacts, OperationFigures, Percentiles, PhaseFigures, PhaseHealth, RoundResult, RunResult,
    ScenarioText, Trial, VariantResult, Verdict,
};
use crate::result::series::{OperationSeries, RoundSeries, Second};
use crate::verdict::comparison::told;
use crate::verdict::threshold::Subject;
use hdrhistogram::Histogram;
use std::collections::BTreeMap;
use std::time::Duration;

const WARMUP: f64 = 3.0;
const TRIPS: [f64; 3] = [0.0, 0.5, 5.0];
const ONE: &str = "SELECT sum(amount) FROM invoices WHERE subscription_id = $1";
const ALL: &str = "SELECT id, customer_id, plan, started_on\nFROM subscriptions\nWHERE status = $1";
const ANNOTATED: &str = "SELECT s.id, s.customer_id, s.plan, sum(i.amount)\nFROM subscriptions s\n  LEFT JOIN invoices i \
                         ON i.subscription_id = s.id\nWHERE s.status = $1\nGROUP BY s.id";
const PREFETCH: &str = "SELECT subscription_id, amount FROM invoices WHERE subscription_id = ANY ($1)";

/// One way of getting the dashboard.
#[derive(Clone, Copy)]
struct Way {
    name: &'static str,
    statements: f64,
    base_ms: f64,
    rows: f64,
}

const WAYS: [Way; 3] = [
    Way { name: "n+1", statements: 1_201.0, base_ms: 9.0, rows: 2_400.0 },
    Way { name: "annotated", statements: 1.0, base_ms: 12.0, rows: 1_200.0 },
    Way { name: "prefetch", statements: 2.0, base_ms: 15.5, rows: 9_600.0 },
];

/// One round of one way.
#[derive(Clone, Copy)]
struct Draw {
    way: Way,
    trip_ms: f64,
    /// Counted over the run.
    round: u16,
    /// What the machine did to it: about one.
    luck: f64,
    length: f64,
}

impl Draw {
    fn dashboard_ms(self) -> f64 {
        (self.way.base_ms + self.way.statements * (0.052 + self.trip_ms)) * self.luck
    }

    fn renewal_ms(self) -> f64 {
        (1.4 + 3.0 * self.trip_ms) * (2.0 - self.luck)
    }

    /// The clients are closed: who is slow is asked less.
    fn dashboard_rate(self) -> f64 {
        8_000.0 / (self.dashboard_ms() + 400.0)
    }

    fn ended(self) -> f64 {
        WARMUP + self.length
    }

    /// Rate, milliseconds and statements of each operation.
    fn operations(self) -> [(f64, f64, f64); 2] {
        [(self.dashboard_rate(), self.dashboard_ms(), self.way.statements), (40.0, self.renewal_ms(), 3.0)]
    }
}

/// `rounds` rounds of `length` seconds of each variant at each round trip.
pub(crate) fn run(length: u64, rounds: u16) -> (RunResult, Vec<RoundSeries>) {
    let draws: Vec<Vec<Draw>> = (0_u16..).zip(WAYS).map(|(n, way)| draws(n, way, length as f64, rounds)).collect();
    let mut series: Vec<(u16, RoundSeries)> =
        draws.iter().flatten().map(|draw| (draw.round, draw_series(*draw))).collect();
    series.sort_by_key(|(round, _)| *round);
    let mut seed = seed();
    for (table, name) in seed.tables.iter_mut().zip(["subscriptions", "invoices"]) {
        name.clone_into(&mut table.name);
    }
    let comparisons = comparisons(&draws);
    let result = RunResult {
        format: FORMAT,
        shakedown: "0.1.0".to_owned(),
        scenario: ScenarioText {
            name: "The subscription dashboard, three ways".to_owned(),
            about: None,
            path: "scenarios/dashboard.yaml".to_owned(),
            text: "name: The subscription dashboard, three ways\nengine: postgres\nschema: dashboard/schema.sql\n"
                .to_owned(),
            schema: "CREATE TABLE subscriptions (\n  id bigint PRIMARY KEY\n);\n".to_owned(),
        },
        started: "2026-03-14T02:07:11Z".to_owned(),
        as_of: "2026-03-14T00:00:00Z".to_owned(),
        random_seed: 42,
        scale: 1.0,
        place: place(),
        seed,
        variants: WAYS.iter().zip(&draws).map(|(way, draws)| variant(*way, draws)).collect(),
        ended: Ended::Completed,
        verdict: Verdict::Fail,
        findings: Vec::new(),
        confessions: vec!["The data (1.9 GB) are larger than shared_buffers (1 GB).".to_owned()],
        conclusions: told(&comparisons),
        comparisons,
        capacities: WAYS.iter().map(|way| capacity(*way)).collect(),
        baseline: None,
        planned: Vec::new(),
    };
    (result, series.into_iter().map(|(_, series)| series).collect())
}

fn draws(place: u16, way: Way, length: f64, rounds: u16) -> Vec<Draw> {
    let mut draws = Vec::new();
    for (block, trip_ms) in (0_u16..).zip(TRIPS) {
        for n in 0..rounds {
            let luck = 1.0 + 0.03 * (f64::from(n * 7 + place * 3 + block) * 1.3).sin();
            let round = (block * rounds + n) * WAYS.len() as u16 + place;
            draws.push(Draw { way, trip_ms, round, luck, length });
        }
    }
    draws
}

fn variant(way: Way, draws: &[Draw]) -> VariantResult {
    let operation = |name: &str, arrivals: &str, text: &str| OperationFacts {
        name: name.to_owned(),
        pool: 0,
        arrivals: arrivals.to_owned(),
        text: text.to_owned(),
        is_traffic: true,
        is_closed: false,
        schedule_hash: "9a0f".to_owned(),
    };
    let slow = way.statements > 100.0;
    VariantResult {
        name: way.name.to_owned(),
        operations: vec![
            operation("dashboard", "8 clients", &texts(way).join(";\n")),
            operation("renewal", "40/s", "UPDATE subscriptions SET renewed_on = :as_of WHERE id = :id"),
        ],
        pools: vec![("web".to_owned(), 10)],
        gauges: Vec::new(),
        fails_by: Vec::new(),
        rounds: draws.iter().map(|draw| round(*draw)).collect(),
        judgements: Vec::new(),
        verdict: if slow { Verdict::Fail } else { Verdict::Pass },
        sentence: if slow { "p99 of dashboard reached 7.1 s." } else { "All limits were kept." }.to_owned(),
    }
}

fn texts(way: Way) -> Vec<&'static str> {
    match way.name {
        "n+1" => vec![ONE, ALL],
        "annotated" => vec![ANNOTATED],
        _ => vec![PREFETCH, ALL],
    }
}

fn round(draw: Draw) -> RoundResult {
    let slow = draw.dashboard_ms() * 2.2 > 500.0;
    let verdict = if slow { Verdict::Fail } else { Verdict::Pass };
    RoundResult {
        cut_short: false,
        round: draw.round,
        started: "2026-03-14T02:08:00Z".to_owned(),
        round_trip: millis(draw.trip_ms),
        tools: Vec::new(),
        setup: setup(draw),
        application: Some(ApplicationFacts {
            command: "gunicorn dashboard.wsgi --workers 2 --bind 127.0.0.1:{port}".to_owned(),
            setup: vec![("python3 -m venv env".to_owned(), seconds(2.4))],
            ready: seconds(0.9 * draw.luck),
            ended: (draw.way.name == "prefetch" && draw.round % 5 == 2).then(|| "killed by signal 9".to_owned()),
            output: format!("application-{}.log", draw.round),
        }),
        costs: vec![cost(draw), OperationCost { unmeasured: Some("it changes data".to_owned()), ..Default::default() }],
        plans: plans(draw),
        phases: Phases {
            began: vec![(Phase::Warmup, Duration::ZERO), (Phase::Measure, seconds(WARMUP))],
            ended: Some(seconds(draw.ended())),
        },
        impact: None,
        steps: Vec::new(),
        operations: draw.operations().map(|(rate, base, statements)| figures(draw, rate, base, statements)).to_vec(),
        all_traffic: figures(draw, 55.0, draw.dashboard_ms() / 3.0, 1.0).phases,
        all_impact: figures(draw, 55.0, draw.dashboard_ms() / 3.0, 1.0).impact,
        waits: Vec::new(),
        excess: None,
        gauges: Vec::new(),
        database: None,
        checks: Vec::new(),
        health: health(),
        judgements: vec![Judgement {
            subject: Subject::Operation("dashboard".to_owned()),
            limit: "p99 ≤ 500 ms".to_owned(),
            word: "p99".to_owned(),
            found: format!("{:.0} ms", draw.dashboard_ms() * 2.2),
            verdict,
            reason: None,
            margin: Some(1.0 - draw.dashboard_ms() * 2.2 / 500.0),
            anchor: "operations-1".to_owned(),
        }],
        verdict,
        sentence: String::new(),
        schema: String::new(),
        notes: Vec::new(),
    }
}

fn setup(draw: Draw) -> Vec<(String, Duration)> {
    match draw.way.name {
        "annotated" => vec![(
            "CREATE INDEX invoices_by_subscription ON invoices (subscription_id) INCLUDE (amount)".to_owned(),
            seconds(4.1 * draw.luck),
        )],
        _ => Vec::new(),
    }
}

fn cost(draw: Draw) -> OperationCost {
    let way = draw.way;
    let statement = |n: i64, text: &str, calls: f64, rows, share| StatementCost {
        fingerprint: 1_000 + n,
        text: text.to_owned(),
        calls,
        rows,
        server_ms: calls * 0.011 + rows * 0.002,
        hit: calls * 3.0 + rows * 0.5,
        read: rows * 0.01,
        share,
    };
    let by_statement = match texts(way).as_slice() {
        [only] => vec![statement(3, only, 1.0, way.rows, 0.93)],
        [first, second, ..] => {
            let calls = way.statements - 1.0;
            vec![statement(1, first, calls, way.rows - 1_200.0, 0.96), statement(2, second, 1.0, 1_200.0, 0.02)]
        }
        [] => Vec::new(),
    };
    OperationCost {
        executions: 5,
        unmeasured: None,
        duration: millis(draw.dashboard_ms()),
        statements: way.statements,
        round_trips: (draw.trip_ms > 0.0).then_some(way.statements),
        rows: way.rows,
        bytes: Some(way.rows * 48.0),
        server_ms: by_statement.iter().map(|statement| statement.server_ms).sum(),
        hit: by_statement.iter().map(|statement| statement.hit).sum(),
        read: by_statement.iter().map(|statement| statement.read).sum(),
        wal: 0.0,
        by_statement,
    }
}

fn plans(draw: Draw) -> Vec<StatementPlan> {
    let plan = |text: &str, shape: &str, findings: &[&str], ms| Plan {
        executed: true,
        text: text.to_owned(),
        shape: shape.to_owned(),
        findings: findings.iter().map(|finding| (*finding).to_owned()).collect(),
        ms,
        hit: 412,
        read: 7,
    };
    let scan = plan(
        "Aggregate  (actual time=41.2..41.2 rows=1)\n  ->  Seq Scan on invoices  (rows=8)\n        Rows Removed by Filter: 9592",
        "Aggregate(Seq Scan invoices)",
        &["reads all 9,600 rows of invoices one after the other", "a filter throws 9,592 rows away"],
        41.2,
    );
    let index = plan(
        "Aggregate  (actual time=0.03..0.03 rows=1)\n  ->  Index Scan using invoices_subscription_id on invoices  (rows=8)",
        "Aggregate(Index Scan invoices_subscription_id)",
        &["uses the index invoices_subscription_id"],
        0.031,
    );
    let statement = |statement: &str, before: &Plan, after: &Plan| StatementPlan {
        operation: 0,
        statement: statement.to_owned(),
        before: Some(before.clone()),
        after: Some(after.clone()),
        missing: None,
    };
    let mut plans: Vec<StatementPlan> =
        texts(draw.way).iter().map(|text| statement(text, if *text == ONE { &scan } else { &index }, &index)).collect();
    plans.push(StatementPlan {
        operation: 1,
        statement: "UPDATE subscriptions SET renewed_on = $1 WHERE id = $2".to_owned(),
        missing: Some("it changes data".to_owned()),
        ..StatementPlan::default()
    });
    plans
}

fn figures(draw: Draw, rate: f64, base_ms: f64, statements: f64) -> OperationFigures {
    let phases = [(Phase::Warmup, WARMUP), (Phase::Measure, draw.length)].map(|(phase, length)| {
        let scheduled = (rate * length) as u64;
        PhaseFigures {
            phase: Some(phase),
            length: seconds(length),
            account: Account {
                scheduled,
                succeeded: scheduled,
                statements: scheduled * statements as u64,
                rows: scheduled,
                ..Account::default()
            },
            response: percentiles(scheduled, base_ms, draw.luck),
            service: percentiles(scheduled, base_ms, draw.luck),
            pool_wait: Percentiles::default(),
            lag: percentiles(scheduled, 0.1, 1.0),
            lower_bound: false,
        }
    });
    let impact = ImpactFigures {
        account: phases[1].account.clone(),
        longest_stall: millis(base_ms * 3.0),
        worst_10s: phases[1].response,
        ..ImpactFigures::default()
    };
    OperationFigures { phases: phases.to_vec(), impact: Some(impact) }
}

fn percentiles(count: u64, base_ms: f64, luck: f64) -> Percentiles {
    let point = |factor: f64| millis(base_ms * factor);
    Percentiles {
        count,
        mean: point(1.1),
        p50: point(1.0),
        p90: point(1.4),
        p95: point(1.7),
        p99: point(2.2 * luck),
        p999: point(3.0 * luck),
        max: point(3.6 * luck * luck),
    }
}

fn draw_series(draw: Draw) -> RoundSeries {
    let operations = draw.operations().map(|(rate, base, _)| operation_series(draw, rate, base));
    RoundSeries { all: operations[0].clone(), operations: operations.to_vec(), ..RoundSeries::default() }
}

fn operation_series(draw: Draw, rate: f64, base_ms: f64) -> OperationSeries {
    let seconds = (0..draw.ended() as u64).map(|second| {
        let wobble = 1.0 + 0.12 * (second as f64 * 1.7 + f64::from(draw.round)).sin();
        Second {
            start: Duration::from_secs(second),
            response: percentiles(rate as u64, base_ms * wobble, wobble),
            scheduled: rate as u64,
            succeeded: rate as u64,
            errors: BTreeMap::new(),
        }
    });
    let mut histogram = Histogram::<u64>::new_with_bounds(1, 3_600_000_000, 3).expect("the bounds are sound");
    for n in 1..600_u32 {
        let share = f64::from(n) / 600.0;
        histogram.saturating_record((base_ms * (0.8 + 0.3 * share / (1.0 - share).powf(0.3)) * 1e3) as u64);
    }
    OperationSeries { seconds: seconds.collect(), curves: vec![(Phase::Measure, histogram)] }
}

/// Each variant against the first, as its draws are; of the renewals nothing can be told.
fn comparisons(draws: &[Vec<Draw>]) -> Vec<Comparison> {
    let mut comparisons = Vec::new();
    for other in &draws[1..] {
        for trip_ms in TRIPS.into_iter().rev() {
            let at = |draws: &[Draw]| draws.iter().copied().find(|draw| (draw.trip_ms - trip_ms).abs() < 1e-9);
            let Some((reference, draw)) = at(&draws[0]).zip(at(other)) else { continue };
            let (was, now) = (reference.dashboard_ms() / 1e3, draw.dashboard_ms() / 1e3);
            comparisons.push(compared(draw, "dashboard", "statements", (1_201.0, draw.way.statements)));
            comparisons.push(compared(draw, "dashboard", "rows", (WAYS[0].rows, draw.way.rows)));
            comparisons.push(compared(draw, "dashboard", "p50", (was, now)));
            comparisons.push(compared(draw, "dashboard", "time per operation", (was / 8.0, now / 8.0)));
            comparisons.push(compared(draw, "dashboard", "p90", (was * 1.4, now * 1.4)));
            comparisons.push(compared(draw, "dashboard", "p99", (was * 2.2, now * 2.2)));
            comparisons.push(compared(draw, "renewal", "p99", (0.0031, 0.0032)));
        }
    }
    comparisons
}

fn compared(draw: Draw, operation: &str, figure: &str, values: (f64, f64)) -> Comparison {
    let ratio = values.1 / values.0;
    let conclusion = match ratio {
        r if operation == "renewal" && draw.way.name == "prefetch" && r > 1.0 => Conclusion::Same,
        r if operation == "renewal" && r > 1.0 => Conclusion::CannotTell,
        r if r < 1.0 => Conclusion::Better,
        _ => Conclusion::Worse,
    };
    let counted = matches!(figure, "statements" | "rows");
    Comparison {
        operation: operation.to_owned(),
        figure: figure.to_owned(),
        round_trip: millis(draw.trip_ms),
        reference: WAYS[0].name.to_owned(),
        variant: draw.way.name.to_owned(),
        values,
        pairs: if counted { 0 } else { 8 },
        ratio,
        interval: (!counted).then_some((ratio * 0.93, ratio * 1.08)),
        detectable: (!counted).then_some(0.08),
        confidence: if counted { 0.0 } else { 0.998 },
        remark: (conclusion == Conclusion::CannotTell).then(|| "one round was left out".to_owned()),
        conclusion,
    }
}

fn capacity(way: Way) -> Capacity {
    let most = 2_000.0 / (way.base_ms + way.statements * 0.552);
    let tried = [0.25, 0.5, 1.0, 2.0, 1.4, 1.2].map(|share| {
        let kept = share <= 1.2;
        Trial {
            rate: most * share,
            kept,
            p50: millis(way.base_ms * (1.0 + share)),
            p99: millis(way.base_ms * 2.0 * (1.0 + share * share * if kept { 1.0 } else { 9.0 })),
            why: (!kept).then(|| "p99 above 500 ms".to_owned()),
        }
    });
    Capacity {
        variant: way.name.to_owned(),
        operation: "dashboard".to_owned(),
        round_trip: millis(0.5),
        kept: Some(most * 1.2),
        lost: Some(most * 1.4),
        tried: tried.to_vec(),
    }
}

fn health() -> HealthFigures {
    let phases = [Phase::Warmup, Phase::Measure].map(|phase| PhaseHealth {
        phase: Some(phase),
        client_cpu: Some(0.12),
        server_cpu: Some(0.9),
        sampler_cpu: Some(0.008),
        blind: Duration::ZERO,
        ticks: 2_000,
        tick_median: millis(10.0),
        tick_max: millis(23.0),
        cpu_pressure: Some(0.04),
        io_pressure: None,
    });
    HealthFigures { phases: phases.to_vec(), invalid: Vec::new() }
}
