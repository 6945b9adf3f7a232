//! The blocking ALTER TABLE against its stepwise twin.

use crate::phase::{Phase, Phases};
use crate::result::model::{
    Account, CheckOutcome, Ended, Excess, FORMAT, Finding, GaugeFigures, HealthFigures, Impact, ImpactFigures,
    Judgement, OperationExcess, OperationFacts, OperationFigures, Percentiles, PhaseFigures, PhaseHealth, PlaceFacts,
    PoolCause, RoundResult, RunResult, ScenarioText, SeedFacts, SeededColumn, SeededTable, VariantResult, Verdict,
    WaitGroup,
};
use crate::result::series::{OperationSeries, RoundSeries, Second};
use crate::step::{LockTaken, StepFacts, StepOutcome};
use crate::verdict::threshold::Subject;
use crate::wait::{Actor, Cause, Link, Object, Stretch, Wait};
use hdrhistogram::Histogram;
use std::collections::BTreeMap;
use std::time::Duration;

const REWRITE: &str =
    "ALTER TABLE transactions ADD COLUMN memo varchar(500)\n    NOT NULL DEFAULT gen_random_uuid()::text";

/// One variant that blocks for `blocked` seconds and one that does not, each `quiet` seconds before and after.
pub(crate) fn run(quiet: u64, rounds: u16) -> (RunResult, Vec<RoundSeries>) {
    let shapes: Vec<Shape> = (0..rounds).map(|round| Shape::blocking(quiet, round)).collect();
    let twins: Vec<Shape> = (0..rounds).map(|round| Shape::stepwise(quiet, rounds + round)).collect();
    let series = shapes.iter().chain(&twins).map(Shape::series).collect();
    let result = RunResult {
        format: FORMAT,
        shakedown: "0.1.0".to_owned(),
        scenario: ScenarioText {
            name: "Add a memo to every transaction".to_owned(),
            about: Some(
                "One statement rewrites the table while everybody waits; steps do the same beside the traffic."
                    .to_owned(),
            ),
            path: "scenarios/add-memo.yaml".to_owned(),
            text: "name: Add a memo to every transaction\nengine: postgres\nschema: add-memo/schema.sql\n".to_owned(),
            schema: "CREATE TABLE transactions (\n  id bigint PRIMARY KEY\n);\n".to_owned(),
        },
        started: "2026-03-14T02:07:11Z".to_owned(),
        as_of: "2026-03-14T00:00:00Z".to_owned(),
        random_seed: 42,
        scale: 1.0,
        place: place(),
        seed: seed(),
        variants: vec![
            variant("one statement", &shapes, Verdict::Fail, &sentence_of_one()),
            variant(
                "stepwise",
                &twins,
                Verdict::Pass,
                "Five steps in 19.3 s. Nobody waited longer than 38 ms for a lock, and nothing failed.",
            ),
        ],
        ended: Ended::Completed,
        verdict: Verdict::Fail,
        findings: vec![Finding {
            message: "`ledger export` breaks at step 1 of `stepwise` (ALTER TABLE transactions DROP COLUMN note): \
                      column \"note\" does not exist"
                .to_owned(),
            help: Some("it works again after step 4".to_owned()),
        }],
        confessions: vec![
            "The data (1.9 GB) are larger than shared_buffers (1 GB): 93 % of the blocks were found in memory."
                .to_owned(),
            "fsync was on; one checkpoint fell into the migration of “one statement”.".to_owned(),
            "The server's own now() is not pinned to the time of the data.".to_owned(),
        ],
        comparisons: Vec::new(),
        conclusions: Vec::new(),
        capacities: Vec::new(),
        baseline: None,
        planned: Vec::new(),
    };
    (result, series)
}

fn sentence_of_one() -> String {
    "`ALTER TABLE transactions ADD COLUMN memo …` held ACCESS EXCLUSIVE on transactions for 4.2 s; 1,312 requests \
     waited, the longest 4.1 s; 106 failed with pool timeout."
        .to_owned()
}

pub(super) fn place() -> PlaceFacts {
    PlaceFacts {
        kind: "managed".to_owned(),
        server: "PostgreSQL 15.18 (Debian 15.18-0+deb12u1) on x86_64-pc-linux-gnu".to_owned(),
        settings: [("shared_buffers", "1GB"), ("fsync", "on"), ("max_wal_size", "4GB"), ("log_lock_waits", "on")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .to_vec(),
        cpus: 2,
        memory: Some(24_700_000_000),
    }
}

pub(super) fn seed() -> SeedFacts {
    let column = |name: &str, made: &str, nulls, distinct| SeededColumn {
        name: name.to_owned(),
        made: made.to_owned(),
        nulls,
        distinct,
    };
    let table = |name: &str, rows, bytes, columns| SeededTable {
        name: name.to_owned(),
        rows,
        bytes,
        load: Duration::from_millis(rows / 600),
        index: Duration::from_millis(rows / 1_500),
        columns,
    };
    SeedFacts {
        generator: 2,
        fingerprint: "4f1c9d20b7aa".to_owned(),
        restored: true,
        duration: Duration::from_millis(14_200),
        tables: vec![
            table("accounts", 120_000, 21_000_000, vec![column("id", "key", 0.0, 120_000.0)]),
            table(
                "transactions",
                5_000_000,
                1_870_000_000,
                vec![
                    column("id", "key", 0.0, 5_000_000.0),
                    column("account_id", "key of accounts, zipf 1.1", 0.0, 118_211.0),
                    column("amount", "lognormal, median 40, p99 900", 0.0, 91_822.0),
                ],
            ),
        ],
    }
}

/// How one round goes: the steps, and when nothing can be read.
struct Shape {
    round: u16,
    quiet: f64,
    steps: Vec<(&'static str, f64)>,
    stall: f64,
}

const WARMUP: f64 = 5.0;

impl Shape {
    fn blocking(quiet: u64, round: u16) -> Self {
        let stall = 4.2 - 0.3 * f64::from(round);
        Self { round, quiet: quiet as f64, steps: vec![(REWRITE, stall)], stall }
    }

    fn stepwise(quiet: u64, round: u16) -> Self {
        let steps = vec![
            ("ALTER TABLE transactions ADD COLUMN memo varchar(500), ALTER COLUMN memo SET DEFAULT ''", 0.7),
            ("backfill transactions set memo = '' where memo IS NULL, 5,000 a batch", 16.0),
            ("ALTER TABLE transactions ADD CONSTRAINT memo_present CHECK (memo IS NOT NULL) NOT VALID", 0.02),
            ("ALTER TABLE transactions VALIDATE CONSTRAINT memo_present", 2.4),
            ("ALTER TABLE transactions ALTER COLUMN memo SET NOT NULL", 0.2),
        ];
        Self { round, quiet: quiet as f64, steps, stall: 0.0 }
    }

    fn sent(&self) -> f64 {
        WARMUP + self.quiet
    }

    fn done(&self) -> f64 {
        self.sent() + self.steps.iter().map(|(_, length)| length).sum::<f64>()
    }

    fn end(&self) -> f64 {
        self.done() + self.quiet
    }

    fn phases(&self) -> Phases {
        let began =
            [(Phase::Warmup, 0.0), (Phase::Before, WARMUP), (Phase::During, self.sent()), (Phase::After, self.done())];
        Phases { began: began.map(|(phase, at)| (phase, seconds(at))).to_vec(), ended: Some(seconds(self.end())) }
    }

    /// How long something due at `at` is kept waiting by the lock.
    fn held(&self, at: f64) -> f64 {
        let released = self.sent() + self.stall;
        if at >= self.sent() && at < released { released - at } else { 0.0 }
    }

    fn second(&self, start: f64, rate: f64, base_ms: f64) -> Second {
        let wobble = 1.0 + 0.25 * (start * 1.7).sin() * (start * 0.31).cos();
        let busy = if start >= self.sent() && start < self.done() { 1.25 } else { 1.0 };
        let held = self.held(start) * 1e3;
        let base = base_ms * wobble * busy;
        let point = |factor: f64, share: f64| millis(base * factor + held * share);
        let failed = if held > 3_000.0 { (rate * 0.2) as u64 } else { 0 };
        let scheduled = (rate * (1.0 + 0.06 * (start * 2.3).sin()) * (self.end() - start).min(1.0)) as u64;
        let errors = if failed > 0 { BTreeMap::from([("pool_timeout".to_owned(), failed)]) } else { BTreeMap::new() };
        Second {
            start: seconds(start),
            response: Percentiles {
                count: scheduled,
                mean: point(1.3, 0.5),
                p50: point(1.0, 0.5),
                p90: point(2.1, 0.8),
                p95: point(3.4, 0.9),
                p99: point(5.2 + wobble, 0.97),
                p999: point(11.0, 1.0),
                max: point(18.0 * wobble * wobble, 1.0),
            },
            scheduled,
            succeeded: scheduled - failed,
            errors,
        }
    }

    fn operation(&self, rate: f64, base_ms: f64) -> OperationSeries {
        let seconds: Vec<Second> =
            (0..self.end().ceil() as u64).map(|s| self.second(s as f64, rate, base_ms)).collect();
        let curves = [Phase::Before, Phase::During, Phase::After].map(|phase| {
            let mut histogram = Histogram::<u64>::new_with_bounds(1, 3_600_000_000, 3).expect("the bounds are sound");
            for n in 1..4_000_u32 {
                let share = f64::from(n) / 4_000.0;
                let tail = base_ms * (1.0 + 0.4 * share / (1.0 - share).powf(0.45));
                let held = if phase == Phase::During { (share - 0.2).max(0.0) * self.stall * 1_250.0 } else { 0.0 };
                histogram.saturating_record(((tail + held) * 1e3) as u64);
            }
            (phase, histogram)
        });
        OperationSeries { seconds, curves: curves.to_vec() }
    }

    fn series(&self) -> RoundSeries {
        let gauge = (0..self.end() as u64).map(|s| {
            let lag = 0.4 + self.held(s as f64) * 2.0 + 0.2 * (s as f64 * 0.7).sin();
            (seconds(s as f64), (s % 17 != 3).then_some(lag))
        });
        RoundSeries {
            operations: vec![self.operation(300.0, 1.1), self.operation(80.0, 2.6), self.operation(0.4, 640.0)],
            all: self.operation(380.0, 1.4),
            waits: self.waits(),
            gauges: vec![gauge.collect()],
        }
    }

    fn waits(&self) -> Vec<Wait> {
        let mut waits = Vec::new();
        if self.stall > 0.0 {
            for n in 0..30 {
                let start = self.sent() + 0.03 + f64::from(n) * 0.05;
                waits.push(wait(
                    n,
                    u16::from(n % 4 == 0),
                    start,
                    self.sent() + self.stall,
                    Cause::Held { step: 0 },
                    held_chain(),
                ));
            }
            for n in 0..8 {
                let start = self.sent() + self.stall + 0.01 * f64::from(n);
                waits.push(wait(40 + n, 0, start, start + 0.12, Cause::Indirect { step: 0 }, held_chain()));
            }
        } else {
            for n in 0..6 {
                let start = self.sent() + 0.1 + 0.3 * f64::from(n % 2);
                let cause = Cause::Queued { step: 0, root: Actor::Operation(2) };
                waits.push(wait(n, 0, start, start + 0.038, cause, queued_chain()));
            }
            let mut own = wait(99, 0, self.sent(), self.sent() + 0.2, Cause::Traffic, queued_chain()[1..].to_vec());
            own.waiter = Actor::Step(0);
            waits.push(own);
        }
        for n in 0..14 {
            let start = WARMUP + f64::from(n) * self.quiet / 8.0;
            waits.push(wait(60 + n, 1, start, start + 0.09, Cause::Traffic, Vec::new()));
        }
        waits.sort_by_key(|wait| wait.start);
        waits
    }
}

fn wait(pid: i32, operation: u16, start: f64, end: f64, cause: Cause, chain: Vec<Link>) -> Wait {
    Wait {
        pid: 4_000 + pid,
        waiter: Actor::Operation(operation),
        due: Some(seconds(start)),
        object: Object {
            kind: "relation".to_owned(),
            relation: Some("transactions".to_owned()),
            identity: "16401".to_owned(),
        },
        mode: if operation == 0 { "ACCESS SHARE" } else { "ROW EXCLUSIVE" }.to_owned(),
        start: seconds(start),
        end: seconds(end),
        open: false,
        failed: false,
        ticks: 12,
        stretches: vec![Stretch { from: seconds(start), until: seconds(end), cause, chain }],
    }
}

fn held_chain() -> Vec<Link> {
    vec![Link {
        pid: 5_001,
        actor: Actor::Step(0),
        statement: REWRITE.to_owned(),
        state: "active".to_owned(),
        mode: Some("ACCESS EXCLUSIVE".to_owned()),
        waits: false,
    }]
}

fn queued_chain() -> Vec<Link> {
    let step = Link { waits: true, ..held_chain().remove(0) };
    let root = Link {
        pid: 4_711,
        actor: Actor::Operation(2),
        statement: "SELECT account_id, sum(amount) FROM transactions GROUP BY account_id".to_owned(),
        state: "active".to_owned(),
        mode: Some("ACCESS SHARE".to_owned()),
        waits: false,
    };
    vec![step, root]
}

fn variant(name: &str, shapes: &[Shape], verdict: Verdict, sentence: &str) -> VariantResult {
    let operation = |name: &str, pool, arrivals: &str, text: &str| OperationFacts {
        name: name.to_owned(),
        pool,
        arrivals: arrivals.to_owned(),
        text: text.to_owned(),
        is_traffic: true,
        is_closed: false,
        schedule_hash: "9a0f".to_owned(),
    };
    VariantResult {
        name: name.to_owned(),
        operations: vec![
            operation(
                "account page",
                0,
                "300/s",
                "SELECT id, amount FROM transactions WHERE account_id = :account.id LIMIT 20",
            ),
            operation(
                "post payment",
                0,
                "80/s",
                "INSERT INTO transactions (account_id, amount) VALUES (:account.id, :amount)",
            ),
            operation(
                "ledger export",
                1,
                "1 client",
                "SELECT account_id, sum(amount) FROM transactions GROUP BY account_id",
            ),
        ],
        pools: vec![("web".to_owned(), 30), ("batch".to_owned(), 2)],
        gauges: vec!["age of the totals".to_owned()],
        fails_by: Vec::new(),
        rounds: shapes.iter().map(round).collect(),
        judgements: Vec::new(),
        verdict,
        sentence: sentence.to_owned(),
    }
}

fn round(shape: &Shape) -> RoundResult {
    let blocking = shape.stall > 0.0;
    let operations = [(300.0, 1.1), (80.0, 2.6), (0.4, 640.0)];
    RoundResult {
        cut_short: false,
        round: shape.round,
        started: "2026-03-14T02:08:00Z".to_owned(),
        round_trip: Duration::ZERO,
        tools: Vec::new(),
        setup: Vec::new(),
        application: None,
        costs: Vec::new(),
        plans: Vec::new(),
        phases: shape.phases(),
        impact: Some(Impact {
            start: seconds(shape.sent()),
            end: seconds(shape.done() + if blocking { 1.8 } else { 0.0 }),
            recovered: true,
        }),
        steps: steps(shape),
        operations: operations.iter().map(|(rate, base)| figures(shape, *rate, *base)).collect(),
        all_traffic: figures(shape, 380.0, 1.4).phases,
        all_impact: figures(shape, 380.0, 1.4).impact,
        waits: groups(shape),
        excess: Some(excess(shape)),
        gauges: vec![GaugeFigures {
            count: 60,
            failed: 3,
            first: Some(0.4),
            last: Some(0.5),
            min: Some(0.2),
            max: Some(if blocking { 8.8 } else { 0.6 }),
        }],
        database: None,
        checks: vec![CheckOutcome {
            name: "every transaction has a memo".to_owned(),
            held: true,
            answer: String::new(),
        }],
        health: health(shape),
        judgements: judgements(blocking),
        verdict: if blocking { Verdict::Fail } else { Verdict::Pass },
        sentence: if blocking { sentence_of_one() } else { String::new() },
        schema: "transactions(id, account_id, amount, memo)".to_owned(),
        notes: vec![(seconds(shape.sent() - 1.0), "a checkpoint began".to_owned())],
    }
}

fn figures(shape: &Shape, rate: f64, base_ms: f64) -> OperationFigures {
    let phases = [Phase::Warmup, Phase::Before, Phase::During, Phase::After].map(|phase| {
        let (from, until) = shape.phases().span(phase).expect("every phase ended");
        let length = until.saturating_sub(from);
        let at = if phase == Phase::During { shape.sent() } else { WARMUP + 1.0 };
        let second = shape.second(at, rate, base_ms);
        let scheduled = (rate * length.as_secs_f64()) as u64;
        let failed = if phase == Phase::During && shape.stall > 0.0 { scheduled / 15 } else { 0 };
        let cut = u64::from(phase == Phase::After && rate < 1.0 && scheduled > 0);
        PhaseFigures {
            phase: Some(phase),
            length,
            account: Account {
                scheduled,
                succeeded: scheduled - failed - cut,
                failed: if failed > 0 {
                    BTreeMap::from([("pool_timeout".to_owned(), failed)])
                } else {
                    BTreeMap::new()
                },
                cut,
                statements: scheduled,
                rows: scheduled * 20,
                ..Account::default()
            },
            response: second.response,
            service: second.response,
            pool_wait: Percentiles::default(),
            lag: Percentiles {
                count: scheduled,
                mean: millis(0.1),
                p50: millis(0.08),
                p90: millis(0.2),
                p95: millis(0.4),
                p99: millis(1.5),
                p999: millis(4.0),
                max: millis(7.0),
            },
            lower_bound: cut > 0,
        }
    });
    let worst = shape.second(shape.sent(), rate, base_ms);
    let impact = ImpactFigures {
        worst_10s: worst.response,
        worst_from: seconds(shape.sent()),
        longest_stall: seconds(shape.stall.max(0.038)),
        account: phases[2].account.clone(),
        excess_ms: shape.stall * shape.stall * rate * 500.0,
        blocked_ms: shape.stall * 15_000.0,
        blocked: if shape.stall > 0.0 { (rate * 3.4) as u64 } else { 6 },
        longest_wait: seconds((shape.stall - 0.1).max(0.038)),
        max: worst.response.max,
        waited: if shape.stall > 0.0 { (rate * 3.454) as u64 } else { 6 },
        ..ImpactFigures::default()
    };
    OperationFigures { phases: phases.to_vec(), impact: Some(impact) }
}

fn steps(shape: &Shape) -> Vec<StepFacts> {
    let mut at = shape.sent();
    let mut facts = Vec::new();
    for (text, length) in &shape.steps {
        let (started, ended) = (seconds(at), seconds(at + length));
        at += length;
        let rewrites = shape.stall > 0.0;
        let lock = |relation: &str| LockTaken {
            relation: relation.to_owned(),
            mode: "ACCESS EXCLUSIVE".to_owned(),
            asked: Some(started),
            granted: Some(started + millis(12.0)),
            released: Some(ended),
        };
        facts.push(StepFacts {
            name: (*text).to_owned(),
            text: (*text).to_owned(),
            started: Some(started),
            ended: Some(ended),
            outcome: StepOutcome::Done,
            attempts: if facts.is_empty() && !rewrites { 3 } else { 1 },
            lock_timeouts: if facts.is_empty() && !rewrites { 2 } else { 0 },
            locks: if text.starts_with("ALTER") { vec![lock("transactions")] } else { Vec::new() },
            rewritten: if rewrites {
                vec!["transactions".to_owned(), "transactions_pkey".to_owned()]
            } else {
                Vec::new()
            },
            scanned: if rewrites || text.contains("VALIDATE") { vec!["transactions".to_owned()] } else { Vec::new() },
            messages: if rewrites { vec!["DEBUG1: rewriting table \"transactions\"".to_owned()] } else { Vec::new() },
            printed: Vec::new(),
            statements: Vec::new(),
            rows: if text.starts_with("backfill") { 5_000_000 } else { 0 },
            batches: if text.starts_with("backfill") { 1_000 } else { 0 },
            wal_bytes: (length * 190_000_000.0) as u64,
            growth: if rewrites { vec![("transactions".to_owned(), 410_000_000)] } else { Vec::new() },
            ..StepFacts::default()
        });
    }
    facts
}

fn groups(shape: &Shape) -> Vec<WaitGroup> {
    let group = |cause, phase, waiters: &[(&str, u64, f64)], chain| WaitGroup {
        cause,
        object: "transactions".to_owned(),
        mode: "ACCESS SHARE".to_owned(),
        phase,
        waiters: waiters.iter().map(|(name, count, ms)| ((*name).to_owned(), *count, *ms)).collect(),
        count: waiters.iter().map(|(_, count, _)| count).sum(),
        total_ms: waiters.iter().map(|(_, _, ms)| ms).sum(),
        longest: seconds((shape.stall - 0.1).max(0.038)),
        chain,
    };
    if shape.stall > 0.0 {
        let held = Cause::Held { step: 0 };
        vec![
            group(
                held,
                Phase::During,
                &[("account page", 1_020, 61_200.0), ("post payment", 272, 16_900.0), ("ledger export", 1, 100.0)],
                held_chain(),
            ),
            group(Cause::Indirect { step: 0 }, Phase::After, &[("account page", 8, 960.0)], held_chain()),
            group(Cause::Traffic, Phase::Before, &[("post payment", 7, 630.0)], Vec::new()),
        ]
    } else {
        let queued = Cause::Queued { step: 0, root: Actor::Operation(2) };
        vec![
            group(queued, Phase::During, &[("account page", 6, 228.0)], queued_chain()),
            group(Cause::Traffic, Phase::Before, &[("post payment", 7, 630.0)], Vec::new()),
        ]
    }
}

fn excess(shape: &Shape) -> Excess {
    let held = Cause::Held { step: 0 };
    if shape.stall > 0.0 {
        return Excess {
            total_ms: 3_351_000.0,
            arrivals: 2_280,
            lag_ms: 40.0,
            blocked: vec![(held.clone(), 78_200.0), (Cause::Indirect { step: 0 }, 960.0), (Cause::Traffic, -120.0)],
            pool_wait: vec![(PoolCause::Blocked(held), 3_240_000.0), (PoolCause::Slowdown, 21_000.0)],
            slowdown: vec![("IO".to_owned(), 9_000.0)],
            unexplained_ms: 1_920.0,
            inconclusive: false,
            operations: vec![
                OperationExcess {
                    total_ms: 2_640_000.0,
                    lag_ms: 30.0,
                    blocked_ms: 61_900.0,
                    pool_wait_ms: 2_569_000.0,
                    work_ms: 9_070.0,
                },
                OperationExcess {
                    total_ms: 711_000.0,
                    lag_ms: 10.0,
                    blocked_ms: 17_140.0,
                    pool_wait_ms: 692_000.0,
                    work_ms: 1_850.0,
                },
                OperationExcess::default(),
            ],
        };
    }
    Excess {
        total_ms: 1_450.0,
        arrivals: 7_330,
        lag_ms: 12.0,
        blocked: vec![(Cause::Queued { step: 0, root: Actor::Operation(2) }, 228.0)],
        pool_wait: vec![(PoolCause::Slowdown, 90.0)],
        slowdown: vec![("IO".to_owned(), 520.0)],
        unexplained_ms: 600.0,
        inconclusive: true,
        operations: Vec::new(),
    }
}

fn health(shape: &Shape) -> HealthFigures {
    let phases = [Phase::Warmup, Phase::Before, Phase::During, Phase::After].map(|phase| PhaseHealth {
        phase: Some(phase),
        client_cpu: Some(0.12),
        server_cpu: Some(if phase == Phase::During { 1.1 } else { 0.4 }),
        sampler_cpu: Some(0.008),
        ticks: (shape.quiet * 100.0) as u64,
        tick_median: millis(10.0),
        tick_max: millis(23.0),
        blind: Duration::ZERO,
        cpu_pressure: Some(0.04),
        io_pressure: None,
    });
    HealthFigures { phases: phases.to_vec(), invalid: Vec::new() }
}

fn judgements(blocking: bool) -> Vec<Judgement> {
    let page = Subject::Operation("account page".to_owned());
    let judge = |subject: &Subject, limit: &str, word: &str, found: &str, verdict| Judgement {
        subject: subject.clone(),
        limit: limit.to_owned(),
        word: word.to_owned(),
        found: found.to_owned(),
        verdict,
        reason: (verdict == Verdict::NotJudged)
            .then(|| "8 observations can neither prove nor disprove a p99; some 300 are needed".to_owned()),
        margin: (verdict == Verdict::Pass).then_some(0.83),
        anchor: format!("operations-{}", if blocking { 1 } else { 2 }),
    };
    let bad = if blocking { Verdict::Fail } else { Verdict::Pass };
    vec![
        judge(&page, "p99 ≤ 50 ms", "p99", if blocking { "4.1 s" } else { "8.3 ms" }, bad),
        judge(&page, "longest_stall ≤ 500 ms", "longest_stall", if blocking { "4.2 s" } else { "38 ms" }, bad),
        judge(&Subject::AllTraffic, "errors ≤ 0.1 %", "errors", if blocking { "6.64 % (106)" } else { "0 %" }, bad),
        judge(&Subject::Operation("ledger export".to_owned()), "p99 ≤ 2 s", "p99", "641 ms", Verdict::NotJudged),
    ]
}

pub(super) fn seconds(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds)
}

pub(super) fn millis(millis: f64) -> Duration {
    Duration::from_secs_f64(millis / 1e3)
}
