//! Seeding 5 million accounts, beside `pgbench -i` and `psql \copy` of the same rows from a prepared file: each with its
//! primary key, VACUUM and ANALYZE.

use crate::findings::{Findings, Target, median};
use crate::psql;
use crate::support::PrivateServer;
use anyhow::Context as _;
use shakedown::data::shape::{Literal, Shape, Values};
use shakedown::data::{Data, TableRequest};
use shakedown::load::{self, Build};
use shakedown::progress::Progress;
use shakedown::scenario::SchemaPart;
use shakedown::server::postgres::{Address, Session, catalog};
use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// `pgbench -i -s 50`
const ROWS: u64 = 5_000_000;
const SCHEMA: &str = "CREATE TABLE pgbench_accounts (
    aid int NOT NULL, bid int NOT NULL, abalance int NOT NULL, filler char(84) NOT NULL) WITH (fillfactor = 100);
    ALTER TABLE pgbench_accounts ADD PRIMARY KEY (aid)";

#[derive(Clone, Copy)]
enum Side {
    Ours,
    Pgbench,
    Copy,
}

/// Each side before and after each other.
const ORDER: [Side; 6] = [Side::Ours, Side::Pgbench, Side::Copy, Side::Copy, Side::Pgbench, Side::Ours];

pub(crate) async fn measure(server: &PrivateServer, findings: &mut Findings) -> anyhow::Result<()> {
    let file = tempfile::NamedTempFile::new()?;
    // The file's rows come from a first load, which also warms up the disk.
    ours(server, Some(file.path())).await?;
    let (mut by_us, mut by_pgbench, mut by_copy) = (Vec::new(), Vec::new(), Vec::new());
    for side in ORDER {
        match side {
            Side::Ours => by_us.push(ours(server, None).await?),
            Side::Pgbench => by_pgbench.push(pgbench(server).await?),
            Side::Copy => by_copy.push(copy(server, file.path()).await?),
        }
    }
    let seconds = |laps: Vec<Duration>| median(laps.iter().map(Duration::as_secs_f64).collect());
    let (ours, theirs, copied) = (seconds(by_us), seconds(by_pgbench), seconds(by_copy));
    findings.compare("seeding 5M accounts, beside pgbench -i", "s", (ours, theirs), Target::RatioAtMost(1.0));
    findings.compare(
        "seeding 5M accounts, beside psql \\copy of a file",
        "s",
        (ours, copied),
        Target::RatioAtMost(1.25),
    );
    Ok(())
}

/// An empty database, with all that came before on disk.
async fn database(server: &PrivateServer) -> anyhow::Result<(Session, Address)> {
    let mut session = server.session().await;
    session.batch("DROP DATABASE IF EXISTS seeded").await?;
    session.batch("CREATE DATABASE seeded").await?;
    session.batch("CHECKPOINT").await?;
    Ok((session, server.address().database("seeded")))
}

async fn ours(server: &PrivateServer, keep: Option<&Path>) -> anyhow::Result<Duration> {
    let (_session, address) = database(server).await?;
    let mut session = Session::open(&address, "bench").await?;
    session.batch(SCHEMA).await?;
    let facts = catalog::read(&mut session).await?;
    session.batch("DROP TABLE pgbench_accounts").await?;
    let shape = |values| Shape { values, nulls: 0.0, unique: false, count: None };
    let columns = vec![
        ("bid".to_owned(), shape(Values::Uniform { low: 1.0, high: 50.0 })),
        ("abalance".to_owned(), shape(Values::Uniform { low: 0.0, high: 0.0 })),
        // As pgbench has it: blanks that the server adds.
        ("filler".to_owned(), shape(Values::Choice(vec![(Literal::Text(String::new()), 1.0)]))),
    ];
    let request = TableRequest { table: "pgbench_accounts".to_owned(), rows: Some(ROWS), columns };
    let data = Data::plan(&facts, &[request], 1, 0).map_err(|problems| anyhow::anyhow!("{problems:?}"))?;
    let began = Instant::now();
    let ready = Ready(Mutex::new(None));
    let schema = [SchemaPart { file: "schema.sql".into(), line: 1, sql: SCHEMA.to_owned() }];
    load::build(&address, &Build { schema: &schema, data: &data, as_of: 0 }, &ready).await?;
    let ended = ready.0.into_inner().ok().flatten().context("it was never vacuumed")?;
    if let Some(file) = keep {
        // A text has no blanks behind it, so the file is no longer than what the others send.
        let rows = "(SELECT aid, bid, abalance, filler::text FROM pgbench_accounts)";
        psql::run("psql", &["-c", &format!("\\copy {rows} TO '{}' (FORMAT binary)", file.display())], &address)?;
    }
    Ok(ended - began)
}

async fn pgbench(server: &PrivateServer) -> anyhow::Result<Duration> {
    let (_session, address) = database(server).await?;
    let began = Instant::now();
    psql::run("pgbench", &["-i", "-q", "-s", "50"], &address)?;
    Ok(began.elapsed())
}

async fn copy(server: &PrivateServer, file: &Path) -> anyhow::Result<Duration> {
    let (_session, address) = database(server).await?;
    let (table, key) = SCHEMA.split_once(';').context("two statements")?;
    let fill = format!("\\copy pgbench_accounts FROM '{}' (FORMAT binary, FREEZE)", file.display());
    let commands = ["BEGIN", table, &fill, "COMMIT", key, "VACUUM (ANALYZE) pgbench_accounts"];
    let mut arguments = vec!["-q", "-v", "ON_ERROR_STOP=1"];
    arguments.extend(commands.iter().flat_map(|command| ["-c", command]));
    let began = Instant::now();
    psql::run("psql", &arguments, &address)?;
    Ok(began.elapsed())
}

/// When the table was ready: what follows is our own check of it, which the others do not make.
struct Ready(Mutex<Option<Instant>>);

impl Progress for Ready {
    fn begin(&self, _: &str, _: Option<u64>, _: &'static str) {}
    fn advance(&self, _: &str, _: u64) {}
    fn end(&self, task: &str) {
        if task.starts_with("vacuum")
            && let Ok(mut at) = self.0.lock()
        {
            *at = Some(Instant::now());
        }
    }
    fn note(&self, _: &str) {}
}
