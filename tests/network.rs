//! The proxy between client and server: as late as was asked, no slower, counted exactly, and gone when it shall be.

mod support;

use shakedown::network::Proxy;
use shakedown::phase::Phase;
use shakedown::result::model::{RoundResult, Verdict};
use shakedown::server::postgres::{Address, Door, Session, find};
use shakedown::value::Value;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use support::PrivateServer;
use support::rehearsal::{Rehearsal, said};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, UnixStream};
use tokio::sync::{Mutex, MutexGuard};

/// One test at a time: they measure time, and look for threads of this process.
static ALONE: Mutex<()> = Mutex::const_new(());

struct Network {
    proxy: Proxy,
    server: PrivateServer,
    _alone: MutexGuard<'static, ()>,
}

impl Network {
    async fn open(round_trip: Duration) -> Self {
        let alone = ALONE.lock().await;
        let server = PrivateServer::start().await;
        let proxy = Proxy::open(&server.address(), round_trip).await.expect("it can be opened");
        Self { proxy, server, _alone: alone }
    }

    fn way(&self) -> Address {
        self.proxy.way(&self.server.address()).expect("there is no TLS in between")
    }

    async fn session(&self) -> Session {
        Session::open(&self.way(), "through").await.expect("it leads to the server")
    }
}

fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

/// The lower quartile: what a machine that is busy with other things disturbs least.
fn quartile(mut took: Vec<Duration>) -> Duration {
    took.sort_unstable();
    took[took.len() / 4]
}

async fn ask(session: &mut Session, pause: Duration, took: &mut Vec<Duration>) {
    for _ in 0..10 {
        tokio::time::sleep(pause).await;
        let began = Instant::now();
        session.batch("SELECT 1").await.expect("the server answers");
        took.push(began.elapsed());
    }
}

/// By how much a round trip is longer through the proxy, measured in turns: than one that follows another, and than
/// one after a pause.
async fn injected(direct: &mut Session, through: &mut Session, pause: Duration) -> [Duration; 2] {
    let (mut in_a_row, mut after_pauses, mut with_proxy) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..12 {
        ask(direct, Duration::ZERO, &mut in_a_row).await;
        ask(through, Duration::ZERO, &mut with_proxy).await;
        ask(direct, pause, &mut after_pauses).await;
    }
    let with_proxy = quartile(with_proxy);
    [in_a_row, after_pauses].map(|without| with_proxy.saturating_sub(quartile(without)))
}

#[tokio::test]
async fn a_round_trip_is_longer_by_what_was_asked() {
    let mut network = Network::open(Duration::ZERO).await;
    let mut direct = network.server.session().await;
    for asked in [500, 1000, 5000].map(Duration::from_micros) {
        let allowed = (asked / 20).max(Duration::from_micros(50));
        let mut off: Vec<[Duration; 2]> = Vec::new();
        // A neighbour may spoil a measurement; a wrong delay is wrong each time.
        while off.len() < 10 && off.last().is_none_or(|[one, other]| one.max(other) > &allowed) {
            network.proxy = Proxy::open(&network.server.address(), asked).await.expect("it can be opened");
            let mut through = network.session().await;
            off.push(injected(&mut direct, &mut through, asked).await.map(|injected| injected.abs_diff(asked)));
        }
        let transit = network.proxy.transit();
        let is_right = off.last().is_some_and(|[one, other]| one.max(other) <= &allowed);
        assert!(is_right, "{asked:?} was off by {off:?}, transit {transit:?}");
    }
}

#[tokio::test]
async fn what_streams_is_late_but_not_slow() {
    const PIECE: usize = 8 * 1024;
    const PIECES: u32 = 1280;
    let delay = ms(5);
    let network = Network::open(delay).await;
    let line = format!("{}\n", "x".repeat(PIECE / 8 - 1)).repeat(8);
    let mut took = Vec::new();
    for mut session in [network.server.session().await, network.session().await] {
        session.batch("DROP TABLE IF EXISTS lines; CREATE TABLE lines (line text)").await.expect("it is SQL");
        let began = Instant::now();
        let mut copy = session.copy_in("COPY lines FROM STDIN").await.expect("it begins");
        for _ in 0..PIECES {
            copy.send(line.as_bytes()).await.expect("it goes on");
        }
        assert_eq!(copy.finish().await.expect("it ends"), u64::from(PIECES) * 8);
        took.push(began.elapsed());
    }
    assert!(took[1] < took[0] * 2 + delay * PIECES / 4, "10 MB took {took:?}");
    // And back: what the server sends is not held up at all.
    let began = Instant::now();
    let mut session = network.session().await;
    let rows = session.rows("SELECT line FROM lines", &[]).await.expect("it is SQL");
    assert_eq!(rows.len(), PIECES as usize * 8);
    assert!(began.elapsed() < took[0] * 10 + delay * PIECES / 4, "reading took {:?}", began.elapsed());
}

#[tokio::test]
async fn every_round_trip_and_every_byte_is_counted() {
    let network = Network::open(Duration::ZERO).await;
    let mut session = network.session().await;
    let before = network.proxy.counts();
    for _ in 0..100 {
        session.batch("SELECT 1").await.expect("it is SQL");
    }
    let small = network.proxy.counts().since(&before);
    // A query by the simple protocol is `Q`, its length, its text and a zero.
    assert_eq!((small.round_trips, small.from_clients), (100, 100 * (1 + 4 + 8 + 1)));
    let before = network.proxy.counts();
    session.batch("SELECT repeat('x', 1000000)").await.expect("it is SQL");
    let large = network.proxy.counts().since(&before);
    assert_eq!(large.round_trips, 1, "an answer in many pieces is one answer");
    assert!((1_000_000..1_001_000).contains(&large.from_server), "{large:?}");
}

/// How many clients of the proxy the server has.
async fn backends(control: &mut Session) -> i64 {
    let sql = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'through'";
    match control.rows(sql, &[]).await.expect("it is SQL")[0][0] {
        Value::Int(count) => count,
        ref other => panic!("{other:?} backends"),
    }
}

async fn wait_for_backends(control: &mut Session, count: i64) {
    let began = Instant::now();
    while backends(control).await != count {
        assert!(began.elapsed() < Duration::from_secs(20), "{count} backends were expected");
        tokio::time::sleep(ms(10)).await;
    }
}

/// Threads of this process that the proxy has started.
#[cfg(target_os = "linux")]
fn threads() -> usize {
    let tasks = fs::read_dir("/proc/self/task").expect("Linux has it").flatten();
    let names = tasks.filter_map(|task| fs::read_to_string(task.path().join("comm")).ok());
    // This very program is called `network-…`, and so is its main thread.
    names.filter(|name| name.trim() == "network" || name.starts_with("network ")).count()
}

#[cfg(not(target_os = "linux"))]
fn threads() -> usize {
    0
}

#[tokio::test]
async fn a_client_that_goes_takes_its_backend_along() {
    let network = Network::open(ms(1)).await;
    let mut control = network.server.session().await;
    let (polite, rude) = (network.session().await, network.session().await);
    assert_eq!(backends(&mut control).await, 2);
    polite.close().await.expect("the server takes leave");
    wait_for_backends(&mut control, 1).await;
    drop(rude);
    wait_for_backends(&mut control, 0).await;
}

#[tokio::test]
async fn nothing_is_left_of_a_proxy_that_is_dropped() {
    let network = Network::open(ms(200)).await;
    let mut control = network.server.session().await;
    let mut idle = network.session().await;
    let mut asking = network.session().await;
    let Door::Socket { directory, .. } = network.way().door() else { panic!("the server is on a unix socket") };
    let Network { proxy, server, _alone } = network;
    // One is dropped with bytes of its client still on their way.
    let asked = tokio::spawn(async move { asking.batch("SELECT pg_sleep(60)").await });
    tokio::time::sleep(ms(20)).await;
    drop(proxy);
    let began = Instant::now();
    // Their work is done; the kernel may still be putting the last of them away.
    while threads() > 0 {
        assert!(began.elapsed() < Duration::from_secs(5), "threads outlived the proxy");
        tokio::time::sleep(ms(1)).await;
    }
    assert!(!directory.exists(), "{} is still there", directory.display());
    assert!(idle.batch("SELECT 1").await.is_err_and(|error| error.fatal));
    assert!(asked.await.expect("it ends").is_err_and(|error| error.fatal));
    wait_for_backends(&mut control, 0).await;
    drop(server);
}

#[tokio::test]
async fn clients_learn_that_the_server_is_gone_and_find_it_when_it_is_back() {
    let mut network = Network::open(ms(1)).await;
    let (mut idle, mut waiting) = (network.session().await, network.session().await);
    let waiting = tokio::spawn(async move { waiting.batch("SELECT pg_sleep(60)").await });
    tokio::time::sleep(ms(50)).await;
    let postmaster = nix::unistd::Pid::from_raw(network.server.server().pid() as i32);
    nix::sys::signal::kill(postmaster, nix::sys::signal::Signal::SIGQUIT).expect("it is ours");
    assert!(waiting.await.expect("it ends").is_err_and(|error| error.fatal));
    assert!(idle.batch("SELECT 1").await.is_err_and(|error| error.fatal));
    let began = Instant::now();
    while Session::open(&network.way(), "through").await.is_ok() {
        assert!(began.elapsed() < Duration::from_secs(20), "the server does not go");
    }
    network.server.server().restart().await.expect("it starts again");
    network.session().await.batch("SELECT 1").await.expect("the server is back");
}

#[tokio::test]
async fn a_client_of_libpq_gets_through_and_so_does_its_request_to_cancel() {
    let network = Network::open(ms(5)).await;
    let mut control = network.server.session().await;
    let psql = find::installation().expect("PostgreSQL is there").bin.join("psql");
    let mut psql = Command::new(psql);
    psql.arg(network.way().secret_url()).args(["-X", "-c", "SELECT pg_sleep(60)"]).env("PGAPPNAME", "through");
    let psql = psql.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("it starts");
    wait_for_backends(&mut control, 1).await;
    let active = "SELECT 1 FROM pg_stat_activity WHERE application_name = 'through' AND wait_event = 'PgSleep'";
    while control.rows(active, &[]).await.expect("it is SQL").is_empty() {
        tokio::time::sleep(ms(10)).await;
    }
    let interrupt = nix::sys::signal::Signal::SIGINT;
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(psql.id() as i32), interrupt).expect("it is ours");
    let output = psql.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("canceling statement due to user request"), "{said}");
    wait_for_backends(&mut control, 0).await;
}

/// Gives a server that has only a unix socket a port, as long as the test runs.
async fn port_of(socket: PathBuf) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is left");
    let port = listener.local_addr().expect("it listens").port();
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let mut server = UnixStream::connect(&socket).await.expect("the server takes connections");
            tokio::spawn(async move { copy_bidirectional(&mut client, &mut server).await });
        }
    });
    port
}

#[tokio::test]
async fn a_server_on_tcp_has_a_proxy_on_tcp() {
    let alone = ALONE.lock().await;
    let server = PrivateServer::start().await;
    let port = port_of(server.directory().join(".s.PGSQL.5432")).await;
    let address = Address::url(&format!("postgres://postgres@localhost:{port}/postgres")).expect("it is a URL");
    let proxy = Proxy::open(&address, ms(20)).await.expect("it can be opened");
    let way = proxy.way(&address).expect("it does not ask for the server's name");
    assert!(matches!(way.door(), Door::Host { host, .. } if host == "127.0.0.1"), "{way}");
    let mut took = Vec::new();
    ask(&mut Session::open(&way, "through").await.expect("it leads to the server"), Duration::ZERO, &mut took).await;
    assert!(took.iter().all(|took| *took > ms(10)), "{took:?}");
    drop((proxy, server, alone));
}

const SCHEMA: &str = "CREATE TABLE items (id bigint PRIMARY KEY, name text NOT NULL);";
/// Three statements one after the other.
const SCENARIO: &str = "
name: Three statements
seed: { items: { rows: 1k } }
pools: { web: { connections: 2 } }
traffic:
  look:
    pool: web
    rate: 20/s
    parameters: { item: { key: items } }
    steps:
      - SELECT name FROM items WHERE id = :item
      - SELECT id FROM items WHERE id = :item
      - SELECT id, name FROM items WHERE id = :item
phases: { warmup: 500ms, measure: 2s }
steady: false
same_result: look
variants: { as it is: {} }
thresholds: { look: { p50: 12ms } }
";

#[tokio::test]
async fn a_scenario_is_run_at_every_round_trip_and_judged_at_each() {
    let _alone = ALONE.lock().await;
    let rehearsal = Rehearsal::new(SCHEMA, SCENARIO);
    let output = rehearsal.run(&["--round-trip", "0ms,5ms"]);
    let (result, _) = rehearsal.result();
    assert!(result.confessions.iter().any(|each| each.contains("longer by 5 ms")), "{:?}", result.confessions);
    assert!(result.confessions.iter().any(|each| each.contains("share a machine")), "{:?}", result.confessions);
    let [near, far] = result.variants[0].rounds.as_slice() else { panic!("{}", said(&output)) };
    assert_eq!((near.round_trip, far.round_trip), (Duration::ZERO, ms(5)));
    let took = |round: &RoundResult| {
        let phases = &round.operations[0].phases;
        phases.iter().find(|each| each.phase == Some(Phase::Measure)).expect("it was measured").service.p50
    };
    let added = took(far).saturating_sub(took(near));
    assert!(added > ms(5) * 3 * 9 / 10, "three round trips of 5 ms: {:?} became {:?}", took(near), took(far));
    assert!(far.judgements.iter().any(|each| each.verdict == Verdict::Fail), "{:?}", far.judgements);
    assert_eq!(result.verdict, Verdict::Fail);
}

#[tokio::test]
async fn nothing_is_put_before_a_server_that_must_show_its_own_name() {
    let rehearsal = Rehearsal::new(SCHEMA, SCENARIO);
    let url = "postgres://me@db.example/shop?sslmode=verify-full";
    let output = rehearsal.run(&["--database", url, "--round-trip", "5ms"]);
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(said(&output).contains("use `sslmode=verify-ca`"), "{}", said(&output));
    assert!(!rehearsal.out().exists(), "nothing was begun");
}
