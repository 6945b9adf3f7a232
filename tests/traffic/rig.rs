//! Variants in a few words, and a round of traffic with all that it told.

use crate::support::PrivateServer;
use shakedown::backends::Backends;
use shakedown::clock::Clock;
use shakedown::data::Data;
use shakedown::failure::Failure;
use shakedown::observation::{Observation, StatementSpan};
use shakedown::sample::{Outcome, Sample};
use shakedown::scenario::{Action, Arrivals, Body, Expect, Operation, Place, Pool, Spacing, Variant};
use shakedown::schema::Schema;
use shakedown::server::postgres::Address;
use shakedown::sql::Statement;
use shakedown::traffic::{Load, Stopped, Traffic};
use shakedown::units::{DurationRange, Rate};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;

pub(crate) fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

pub(crate) fn fixed(length: Duration) -> DurationRange {
    DurationRange { least: length, most: length }
}

/// A pool that waits long and whose statements may take half a second.
pub(crate) fn pool(name: &str, connections: u32) -> Pool {
    Pool { statement_timeout: Some(ms(500)), ..Pool::of(name, connections) }
}

pub(crate) fn sql(text: &str) -> Action {
    Action::Sql { statement: Statement::parse(text), answer: None, expect: None, place: Place::default() }
}

pub(crate) fn sql_as(text: &str, answer: &str) -> Action {
    Action::Sql {
        statement: Statement::parse(text),
        answer: Some(answer.to_owned()),
        expect: None,
        place: Place::default(),
    }
}

pub(crate) fn sql_expecting(text: &str, expect: Expect) -> Action {
    Action::Sql { statement: Statement::parse(text), answer: None, expect: Some(expect), place: Place::default() }
}

pub(crate) fn evenly(rate: f64) -> Arrivals {
    Arrivals::Open { spacing: Spacing::Even, rate: Rate(rate), stages: Vec::new() }
}

pub(crate) fn clients(clients: u32) -> Arrivals {
    Arrivals::Closed { clients, think: fixed(Duration::ZERO) }
}

/// An operation of the first pool, its statements one by one.
pub(crate) fn operation(name: &str, arrivals: Arrivals, actions: Vec<Action>) -> Operation {
    Operation {
        name: name.to_owned(),
        pool: 0,
        arrivals,
        parameters: Vec::new(),
        parameter_places: Vec::new(),
        body: Body { transaction: false, actions },
        retry: None,
        place: Place::default(),
    }
}

/// The same in a transaction.
pub(crate) fn transaction(name: &str, arrivals: Arrivals, actions: Vec<Action>) -> Operation {
    let mut operation = operation(name, arrivals, actions);
    operation.body.transaction = true;
    operation
}

pub(crate) fn variant(pools: Vec<Pool>, operations: Vec<Operation>) -> Variant {
    Variant {
        name: "as it is".to_owned(),
        setup: Vec::new(),
        migration: Vec::new(),
        app: None,
        tools: None,
        pools,
        operations,
        gauges: Vec::new(),
        fails_by: Vec::new(),
    }
}

/// Traffic under way.
pub(crate) struct Round {
    pub(crate) traffic: Traffic,
    pub(crate) clock: Clock,
    pub(crate) backends: Backends,
    received: mpsc::Receiver<Observation>,
}

/// What a round told.
#[derive(Default)]
pub(crate) struct Told {
    pub(crate) samples: Vec<Sample>,
    pub(crate) spans: Vec<StatementSpan>,
    /// Pool, from, until.
    pub(crate) saturated: Vec<(u16, Duration, Duration)>,
    pub(crate) stopped: Stopped,
}

/// Opens traffic whose schedule starts at once.
pub(crate) async fn open(address: &Address, variant: &Variant, data: Data) -> anyhow::Result<Round> {
    open_at(None, address, variant, data).await
}

/// The same beside an application that answers there.
pub(crate) async fn open_at(
    site: Option<&str>,
    address: &Address,
    variant: &Variant,
    data: Data,
) -> anyhow::Result<Round> {
    let (observer, received) = mpsc::channel(4096);
    let clock = Clock::start();
    let backends = Backends::default();
    let load = Load {
        address,
        control: address,
        round_trip: Duration::ZERO,
        site,
        variant,
        data: Arc::new(data),
        seed: 1,
        as_of: 1_700_000_000_000_000,
        clock,
        backends: backends.clone(),
        observer,
        application: "shakedown".to_owned(),
        begins: Duration::ZERO,
        jobs_begin: Duration::ZERO,
        moment_zero: Duration::ZERO,
    };
    let traffic = Traffic::open(load).await?;
    Ok(Round { traffic, clock, backends, received })
}

/// Opens traffic that needs no data, and starts it.
pub(crate) async fn started(server: &PrivateServer, variant: &Variant) -> Round {
    let round = open(&server.address(), variant, nothing()).await.expect("traffic can be opened");
    round.traffic.start();
    round
}

/// Runs traffic that needs no data for so long.
pub(crate) async fn run(server: &PrivateServer, variant: &Variant, length: Duration) -> Told {
    let round = started(server, variant).await;
    tokio::time::sleep(length).await;
    round.stop().await
}

/// No tables, for parameters that need none.
pub(crate) fn nothing() -> Data {
    Data::plan(&Schema::default(), &[], 1, 0).expect("there is nothing to plan")
}

impl Round {
    pub(crate) async fn stop(self) -> Told {
        self.stop_within(Duration::MAX).await
    }

    pub(crate) async fn stop_within(mut self, patience: Duration) -> Told {
        let stopped = self.traffic.stop_within(patience).await.expect("it ends");
        let mut told = Told { stopped, ..Told::default() };
        while let Ok(observation) = self.received.try_recv() {
            match observation {
                Observation::Samples(samples) => told.samples.extend(samples),
                Observation::Statements(spans) => told.spans.extend(spans),
                Observation::Saturated { pool, from, until } => told.saturated.push((pool, from, until)),
                other => panic!("traffic has nothing to say about {other:?}"),
            }
        }
        told
    }
}

impl Told {
    /// How many samples of an operation ended so.
    pub(crate) fn count(&self, operation: u16, outcome: Outcome) -> usize {
        self.of(operation).filter(|sample| sample.outcome == outcome).count()
    }

    pub(crate) fn of(&self, operation: u16) -> impl Iterator<Item = &Sample> {
        self.samples.iter().filter(move |sample| sample.operation == operation)
    }

    /// Each arrival that was scheduled has exactly one sample.
    pub(crate) fn assert_adds_up(&self) {
        for (operation, scheduled) in (0..).zip(&self.stopped.scheduled) {
            assert_eq!(self.of(operation).count() as u64, *scheduled, "samples of operation {operation}");
        }
        assert_eq!(self.samples.len() as u64, self.stopped.scheduled.iter().sum::<u64>());
    }

    /// All ended well, or were still at work when time was up.
    pub(crate) fn assert_all_well(&self) {
        assert!(self.samples.iter().any(|sample| sample.outcome == Outcome::Succeeded), "nothing succeeded");
        self.assert_none_failed();
    }

    /// Nothing failed; on a busy machine all may have been at work when time was up.
    pub(crate) fn assert_none_failed(&self) {
        self.assert_adds_up();
        let bad = self.samples.iter().find(|sample| !matches!(sample.outcome, Outcome::Succeeded | Outcome::Cut));
        assert!(bad.is_none(), "{bad:?}");
    }
}

pub(crate) fn failed(class: &str) -> Outcome {
    Outcome::Failed(Failure::named(class).expect("a class of failures"))
}
