//! Lock waits on a real server: who waited behind whom, for how long, and whether the server agrees.

mod support;

use shakedown::attribution::Episodes;
use shakedown::backends::{Backends, Badge};
use shakedown::clock::Clock;
use shakedown::migration::{Course, Migration, Strangers};
use shakedown::observation::{Observation, Observer, StatementSpan};
use shakedown::scenario::{Change, Gauge, Place, Step};
use shakedown::server::postgres::{Address, Keep, Session};
use shakedown::sql::Statement;
use shakedown::value::Value;
use shakedown::wait::{Actor, Cause, Wait};
use shakedown::watch::{Gauges, LockSampler, WaitEventSampler, health};
use std::collections::BTreeMap;
use std::time::Duration;
use support::PrivateServer;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

const TABLES: &str = "CREATE TABLE parents (id int PRIMARY KEY);
    INSERT INTO parents SELECT generate_series(1, 100);
    CREATE TABLE orders (id int PRIMARY KEY, parent int NOT NULL, amount int);
    INSERT INTO orders SELECT n, 1 + n % 100, n FROM generate_series(1, 1000) n";

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

async fn sleep(length: u64) {
    tokio::time::sleep(ms(length)).await;
}

/// A round on a server of its own: a sampler that looks every 10 ms, and waits put together as they come.
struct Round {
    server: PrivateServer,
    clock: Clock,
    backends: Backends,
    observer: Observer,
    stop: CancellationToken,
    sampler: JoinHandle<()>,
    recorder: JoinHandle<Vec<Wait>>,
    period: watch::Sender<Duration>,
    /// The backend that answers the sampler.
    process: watch::Receiver<i32>,
}

impl Round {
    async fn start(settings: &[(&str, &str)]) -> Self {
        let server = PrivateServer::start_with(settings).await;
        server.session().await.batch(TABLES).await.expect("it is SQL");
        let (observer, observations) = mpsc::channel(4096);
        let (clock, backends, stop) = (Clock::start(), Backends::default(), CancellationToken::new());
        let (period, changes) = watch::channel(ms(10));
        let sampler = LockSampler::open(&server.address()).await.expect("the server takes connections");
        let process = sampler.process();
        let sampling = sampler.run(clock, backends.clone(), observer.clone(), changes, stop.clone());
        let sampler = tokio::spawn(sampling);
        let recorder = tokio::spawn(record(observations, clock));
        Self { server, clock, backends, observer, stop, sampler, recorder, period, process }
    }

    async fn client(&self, operation: u16) -> Client {
        let session = self.server.session().await;
        let badge = self.backends.opened(session.pid());
        badge.operation(operation);
        Client { session, _badge: badge, operation, clock: self.clock, observer: self.observer.clone() }
    }

    /// Runs a step in the background.
    async fn migrate(&self, statement: &str) -> JoinHandle<()> {
        self.migrate_all(Change::Sql(vec![statement.to_owned()])).await
    }

    async fn migrate_all(&self, change: Change) -> JoinHandle<()> {
        let migration = Migration::open(&self.server.address(), &self.backends).await.expect("it connects");
        let (clock, observer, stop) = (self.clock, self.observer.clone(), CancellationToken::new());
        let (timeout, strangers) = (Duration::from_mins(1), Strangers::OfTheCommand);
        let course = Course { clock, observer, stop, timeout, tools: None, strangers };
        let (name, text) = (String::new(), String::new());
        let step = Step { name, text, change, lock_timeout: None, retry: None, place: Place::default() };
        tokio::spawn(async move {
            let facts = migration.run(&[step], &course, |_| {}).await;
            assert_eq!(facts[0].outcome, shakedown::step::StepOutcome::Done);
        })
    }

    /// Stops watching and gives all waits, and the server.
    async fn end(self) -> (Vec<Wait>, PrivateServer) {
        sleep(30).await;
        self.stop.cancel();
        self.sampler.await.expect("the sampler ends");
        drop((self.observer, self.period));
        (self.recorder.await.expect("the recorder ends"), self.server)
    }
}

async fn record(mut observations: mpsc::Receiver<Observation>, clock: Clock) -> Vec<Wait> {
    let mut episodes = Episodes::new(Vec::new());
    let mut waits = Vec::new();
    while let Some(observation) = observations.recv().await {
        match observation {
            Observation::Tick(tick) => waits.extend(episodes.tick(&tick)),
            Observation::Statements(spans) => waits.extend(episodes.statements(&spans)),
            _ => {}
        }
    }
    waits.extend(episodes.finish(clock.now()));
    waits
}

/// A connection of traffic.
struct Client {
    session: Session,
    _badge: Badge,
    operation: u16,
    clock: Clock,
    observer: Observer,
}

impl Client {
    async fn run(&mut self, sql: &str) {
        let sent = self.clock.now();
        let failed = self.session.run_simple(sql, Keep::Nothing).await.is_err();
        let (pid, actor) = (self.session.pid(), Actor::Operation(self.operation));
        let span = StatementSpan { pid, actor, due: sent, sent, ended: self.clock.now(), failed };
        self.observer.send(Observation::Statements(vec![span])).await.expect("the recorder listens");
    }

    /// Runs it in the background.
    fn spawn(mut self, sql: &'static str) -> JoinHandle<()> {
        tokio::spawn(async move { self.run(sql).await })
    }
}

/// Milliseconds that an operation or step waited, by cause.
fn waited(waits: &[Wait], waiter: &Actor) -> BTreeMap<Cause, f64> {
    let mut sums = BTreeMap::new();
    for stretch in waits.iter().filter(|wait| wait.waiter == *waiter).flat_map(|wait| &wait.stretches) {
        *sums.entry(stretch.cause.clone()).or_default() +=
            stretch.until.saturating_sub(stretch.from).as_secs_f64() * 1000.0;
    }
    sums
}

#[tokio::test]
async fn an_instant_statement_behind_an_idle_reader_queues_everybody_and_the_reader_is_named() {
    let round = Round::start(&[]).await;
    let mut idle = Session::open(&round.server.address(), "forgotten psql").await.expect("it connects");
    idle.batch("BEGIN; SELECT count(*) FROM orders").await.expect("it is SQL");
    let migration = round.migrate("ALTER TABLE orders ADD COLUMN memo text").await;
    sleep(100).await;
    let reader = round.client(0).await.spawn("SELECT amount FROM orders WHERE id = 1");
    let writer = round.client(1).await.spawn("UPDATE orders SET amount = 0 WHERE id = 2");
    sleep(200).await;
    idle.batch("COMMIT").await.expect("it is SQL");
    for task in [migration, reader, writer] {
        task.await.expect("all go on once the reader has gone");
    }
    let (waits, _server) = round.end().await;

    let root = Actor::Background("forgotten psql".into());
    for (operation, mode) in [(0, "ACCESS SHARE"), (1, "ROW EXCLUSIVE")] {
        let causes = waited(&waits, &Actor::Operation(operation));
        let queued = causes.get(&Cause::Queued { step: 0, root: root.clone() }).copied().unwrap_or_default();
        assert!(queued > 150.0 && queued > 0.5 * causes.values().sum::<f64>(), "of {operation}: {causes:?}");
        let longest = waits.iter().filter(|wait| wait.waiter == Actor::Operation(operation));
        let longest = longest.max_by_key(|wait| wait.duration()).expect("it waited");
        assert_eq!((longest.mode.as_str(), longest.object.relation.as_deref()), (mode, Some("orders")));
        let chain = &longest.stretches[0].chain;
        assert_eq!(chain[0].mode.as_deref(), Some("ACCESS EXCLUSIVE"));
        assert_eq!((chain[1].state.as_str(), chain[1].mode.as_deref()), ("idle in transaction", Some("ACCESS SHARE")));
        assert!(chain[0].statement.contains("ADD COLUMN") && chain[1].statement.contains("count"), "{chain:?}");
    }
    let step = waited(&waits, &Actor::Step(0));
    assert!(step[&Cause::Background { who: "forgotten psql".into() }] > 250.0, "{step:?}");
}

#[tokio::test]
async fn an_index_in_the_making_holds_up_writers_and_no_readers() {
    let round = Round::start(&[]).await;
    let statements = ["CREATE INDEX amounts ON orders (amount)", "SELECT pg_sleep(0.3)"].map(str::to_owned);
    let migration = round.migrate_all(Change::Transaction(statements.to_vec())).await;
    sleep(100).await;
    let reader = round.client(0).await.spawn("SELECT amount FROM orders WHERE id = 1");
    let writer = round.client(1).await.spawn("UPDATE orders SET amount = 0 WHERE id = 2");
    for task in [migration, reader, writer] {
        task.await.expect("all end");
    }
    let (waits, _server) = round.end().await;
    assert!(waited(&waits, &Actor::Operation(0)).is_empty(), "readers go on");
    let causes = waited(&waits, &Actor::Operation(1));
    assert!(causes[&Cause::Held { step: 0 }] > 100.0 && causes.len() == 1, "{causes:?}");
    let wait = waits.iter().find(|wait| wait.waiter == Actor::Operation(1)).expect("it waited");
    assert_eq!(wait.stretches[0].chain[0].mode.as_deref(), Some("SHARE"));
}

#[tokio::test]
async fn who_waits_for_a_victims_row_waits_for_the_step_indirectly() {
    let round = Round::start(&[]).await;
    let mut first = round.client(0).await;
    first.run("BEGIN").await;
    first.run("UPDATE orders SET amount = 0 WHERE id = 1").await;
    let statements = ["LOCK parents IN ACCESS EXCLUSIVE MODE", "SELECT pg_sleep(0.3)"].map(str::to_owned);
    let migration = round.migrate_all(Change::Transaction(statements.to_vec())).await;
    sleep(100).await;
    let second = round.client(1).await.spawn("UPDATE orders SET amount = 1 WHERE id = 1");
    let victim = tokio::spawn(async move {
        first.run("SELECT count(*) FROM parents").await;
        first.run("COMMIT").await;
    });
    for task in [migration, second, victim] {
        task.await.expect("all end");
    }
    let (waits, _server) = round.end().await;
    let direct = waited(&waits, &Actor::Operation(0));
    let indirect = waited(&waits, &Actor::Operation(1));
    assert!(direct[&Cause::Held { step: 0 }] > 100.0, "{direct:?}");
    assert!(indirect[&Cause::Indirect { step: 0 }] > 100.0, "{indirect:?}");
    let row = waits.iter().find(|wait| wait.waiter == Actor::Operation(1)).expect("it waited");
    assert_eq!((row.object.kind.as_str(), row.object.relation.as_deref()), ("transactionid", Some("orders")));
}

#[tokio::test]
async fn a_sampler_whose_backend_is_ended_looks_again_and_finds_the_wait_that_went_on_meanwhile() {
    let round = Round::start(&[]).await;
    let mut idle = Session::open(&round.server.address(), "forgotten psql").await.expect("it connects");
    idle.batch("BEGIN; LOCK orders").await.expect("it is SQL");
    let first = *round.process.borrow();
    let reader = round.client(0).await.spawn("SELECT amount FROM orders WHERE id = 1");
    sleep(100).await;
    let ended = format!("SELECT pg_terminate_backend({first})");
    round.server.session().await.batch(&ended).await.expect("it is SQL");
    let mut process = round.process.clone();
    process.wait_for(|process| *process != first).await.expect("it connects again");
    sleep(100).await;
    idle.batch("COMMIT").await.expect("it is SQL");
    reader.await.expect("it goes on");
    let (waits, _server) = round.end().await;
    let causes = waited(&waits, &Actor::Operation(0));
    let who = Cause::Background { who: "forgotten psql".into() };
    assert!(causes.get(&who).is_some_and(|waited| *waited > 100.0), "{causes:?}");
}

/// A wait that ended, as the server's own log tells it.
struct Logged {
    pid: i32,
    ended: Duration,
    length: Duration,
}

fn logged(log: &str, clock: Clock) -> Vec<Logged> {
    let ended = log.lines().filter(|line| line.contains(" acquired "));
    let wait = |line: &str| {
        let ended = clock.at_epoch(line.split(' ').next()?.parse().ok()?);
        let pid = line.split("process ").nth(1)?.split(' ').next()?.parse().ok()?;
        let milliseconds: f64 = line.split(" after ").nth(1)?.split(' ').next()?.parse().ok()?;
        Some(Logged { pid, ended, length: Duration::from_secs_f64(milliseconds / 1000.0) })
    };
    ended.filter_map(wait).collect()
}

#[tokio::test]
async fn the_servers_own_log_agrees_on_who_waited_for_how_long() {
    let settings = [("log_lock_waits", "on"), ("deadlock_timeout", "10ms"), ("log_line_prefix", "%n ")];
    let round = Round::start(&settings).await;
    let clock = round.clock;
    let mut tasks = Vec::new();
    for operation in 0..4 {
        let mut client = round.client(operation).await;
        tasks.push(tokio::spawn(async move {
            for turn in 0..6_u64 {
                client.run("BEGIN").await;
                client.run("UPDATE orders SET amount = amount + 1 WHERE id = 1").await;
                sleep(30 + (turn * 17 + u64::from(operation) * 29) % 50).await;
                client.run("COMMIT").await;
            }
        }));
    }
    sleep(300).await;
    tasks.push(round.migrate("ALTER TABLE orders ADD COLUMN memo text").await);
    for task in tasks {
        task.await.expect("all end");
    }
    let (waits, mut server) = round.end().await;
    let log = std::fs::read_to_string(server.server().log()).expect("the server keeps a log");
    let mut blocked: BTreeMap<i32, (Duration, Duration)> = BTreeMap::new();
    for theirs in logged(&log, clock).into_iter().filter(|wait| wait.length >= ms(20)) {
        let ours = waits.iter().filter(|wait| wait.pid == theirs.pid);
        let ours = ours.min_by_key(|wait| wait.end.abs_diff(theirs.ended)).map(Wait::duration).unwrap_or_default();
        assert!(ours >= theirs.length / 2, "backend {}: of {:?} only {ours:?} were found", theirs.pid, theirs.length);
        let sums = blocked.entry(theirs.pid).or_default();
        *sums = (sums.0 + ours, sums.1 + theirs.length);
    }
    assert!(blocked.len() >= 4, "{} backends waited for long", blocked.len());
    for (pid, (ours, theirs)) in blocked {
        let wrong = ours.abs_diff(theirs).as_secs_f64() / theirs.max(ms(100)).as_secs_f64();
        assert!(wrong < 0.05, "backend {pid}: {ours:?}, says the server {theirs:?}");
    }
}

async fn gauge_readings(address: &Address, gauges: &[Gauge]) -> Vec<(u16, Option<f64>)> {
    let (observer, mut observations) = mpsc::channel(100);
    let gauges = Gauges::open(address, gauges, Value::Timestamp(0)).await.expect("it connects");
    let stop = CancellationToken::new();
    let running = tokio::spawn(gauges.run(Clock::start(), observer, stop.clone()));
    let mut readings = Vec::new();
    while readings.len() < 6 {
        if let Some(Observation::Gauge { gauge, value, .. }) = observations.recv().await {
            readings.push((gauge, value));
        }
    }
    stop.cancel();
    running.await.expect("it ends");
    readings
}

#[tokio::test]
async fn a_gauge_that_fails_reads_nothing_and_leaves_the_others_alone() {
    let server = PrivateServer::start().await;
    let gauge = |sql: &str| {
        let (written, sql) = (sql.to_owned(), sql.to_owned());
        let statement = Statement { written, sql, references: Vec::new() };
        Gauge { name: String::new(), every: ms(20), statement, place: Place::default() }
    };
    let gauges = [gauge("SELECT 1.5::numeric"), gauge("SELECT no_such_column"), gauge("SELECT NULL")];
    let readings = gauge_readings(&server.address(), &gauges).await;
    assert!(readings.contains(&(0, Some(1.5))) && readings.contains(&(1, None)) && readings.contains(&(2, None)));
    assert!(readings.iter().filter(|(gauge, _)| *gauge == 0).all(|(_, value)| *value == Some(1.5)));
}

#[tokio::test]
async fn the_machine_and_active_backends_are_looked_at_too() {
    let mut server = PrivateServer::start().await;
    let (observer, mut observations) = mpsc::channel(100);
    let (clock, backends, stop) = (Clock::start(), Backends::default(), CancellationToken::new());
    let mut busy = server.session().await;
    backends.opened(busy.pid()).operation(0);
    let postmaster = server.server().pid();
    tokio::spawn(health(
        clock,
        Some(postmaster),
        watch::Sender::new(busy.pid()).subscribe(),
        observer.clone(),
        stop.clone(),
    ));
    let events = WaitEventSampler::open(&server.address()).await.expect("it connects");
    let looking = tokio::spawn(events.run(clock, backends, observer, stop.clone()));
    let work = tokio::spawn(async move {
        let done = busy.batch("SELECT count(*) FROM generate_series(1, 4000000)").await;
        (done, busy)
    });
    let (mut health, mut computing) = (None, 0);
    while let Some(observation) = observations.recv().await {
        match observation {
            Observation::Health(seen) => health = health.or(Some(seen)),
            Observation::WaitEvents { classes, .. } => {
                computing += classes.iter().map(|(_, count)| count).sum::<u32>();
            }
            _ => {}
        }
        if health.is_some() {
            stop.cancel();
        }
    }
    let (done, _busy) = work.await.expect("it ends");
    done.expect("it is SQL");
    looking.await.expect("it ends");
    let health = health.expect("a second has passed");
    let (server_cpu, sampler_cpu) = (health.server.expect("it is ours"), health.sampler.expect("it is ours"));
    assert!(sampler_cpu > 0.05 && server_cpu > 0.05, "{health:?}");
    assert!(computing > 0);
}
