//! What runs against the database, and through which pools.

use super::{HttpRequest, Place};
use crate::data::shape::Shape;
use crate::failure::Failure;
use crate::sql::Statement;
use crate::units::{DurationRange, Rate};
use std::time::Duration;

/// A connection pool as the application has it.
#[derive(Clone, Debug, PartialEq)]
pub struct Pool {
    /// Its name.
    pub name: String,
    /// What its connections lead to.
    pub reaches: Reaches,
    /// Connections that are kept, of each instance.
    pub connections: u32,
    /// Connections that come on top when all are busy, of each instance.
    pub overflow: u32,
    /// How many processes of the application have such a pool.
    pub instances: u32,
    /// How many may wait for a connection, of each instance; beyond, requests fail at once (*pool full*).
    pub max_waiting: Option<u32>,
    /// The longest wait for a connection; beyond, a request fails (*pool timeout*).
    pub acquire_timeout: Duration,
    /// The server's `statement_timeout` on each connection.
    pub statement_timeout: Option<Duration>,
    /// How statements are sent.
    pub protocol: Protocol,
    /// SQL run on each new connection.
    pub session: Vec<String>,
    /// Whether a connection forgets its prepared statements after *cached plan must not change result type*.
    pub forgets_plans: bool,
    /// Where it stands in the file.
    pub place: Place,
}

/// What Java's and Python's common pools wait for a connection if nobody says otherwise.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(30);

impl Pool {
    /// A pool of sessions with what is true of one where nothing else is said.
    #[must_use]
    pub fn of(name: &str, connections: u32) -> Self {
        Self {
            name: name.to_owned(),
            reaches: Reaches::Database,
            connections,
            overflow: 0,
            instances: 1,
            max_waiting: None,
            acquire_timeout: ACQUIRE_TIMEOUT,
            statement_timeout: None,
            protocol: Protocol::Prepared,
            session: Vec::new(),
            forgets_plans: true,
            place: Place::default(),
        }
    }

    /// Most connections that all instances can have together.
    #[must_use]
    pub fn capacity(&self) -> u32 {
        (self.connections + self.overflow) * self.instances
    }
}

/// What a pool's connections lead to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Reaches {
    /// The server: each is a session of it.
    #[default]
    Database,
    /// The application under test: each is a user with a request under way. Its own connections are not ours to see.
    Application,
}

/// How statements are sent; it changes which locks a query needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Protocol {
    /// Parsed once on each connection.
    #[default]
    Prepared,
    /// Parsed each time, parameters apart.
    Extended,
    /// One text, parameters in it.
    Simple,
}

/// A named unit of traffic.
#[derive(Clone, Debug)]
pub struct Operation {
    /// Its name.
    pub name: String,
    /// Its pool's place in the variant.
    pub pool: usize,
    /// When it runs.
    pub arrivals: Arrivals,
    /// Its parameters, by name.
    pub parameters: Vec<(String, Shape)>,
    /// Where each parameter's name stands in the file, in the same order.
    pub parameter_places: Vec<Place>,
    /// What it runs.
    pub body: Body,
    /// When it is tried again.
    pub retry: Option<Retry>,
    /// Where its name stands in the file.
    pub place: Place,
}

impl Operation {
    /// Whether it is of the open or the closed model: neither a job nor something that comes once.
    #[must_use]
    pub fn is_traffic(&self) -> bool {
        matches!(self.arrivals, Arrivals::Open { .. } | Arrivals::Closed { .. })
    }
}

/// When an operation runs.
#[derive(Clone, Debug, PartialEq)]
pub enum Arrivals {
    /// The open model: arrivals do not wait for completions.
    Open {
        /// Poisson, or evenly spaced.
        spacing: Spacing,
        /// The rate at the start of the round.
        rate: Rate,
        /// Ramps that follow: over so long to such a rate.
        stages: Vec<(Duration, Rate)>,
    },
    /// The closed model: so many clients, each with a pause between two operations.
    Closed {
        /// How many.
        clients: u32,
        /// Think time.
        think: DurationRange,
    },
    /// A job: due every so often from the start of `before` or `measure`, skipped while still running.
    Every(Duration),
    /// Once, at this many seconds from the start of the migration or of `measure`; may be negative.
    At(f64),
}

/// The distances between arrivals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Spacing {
    /// Exponential: independent users.
    #[default]
    Poisson,
    /// All equal.
    Even,
}

/// What an operation runs.
#[derive(Clone, Debug)]
pub struct Body {
    /// Whether BEGIN and COMMIT stand around it.
    pub transaction: bool,
    /// One after the other.
    pub actions: Vec<Action>,
}

/// One thing that an operation does.
#[derive(Clone, Debug)]
pub enum Action {
    /// Runs a statement.
    Sql {
        /// The statement.
        statement: Statement,
        /// The name under which later statements use its answer.
        answer: Option<String>,
        /// How many rows it must return or change.
        expect: Option<Expect>,
        /// Where it stands in the file.
        place: Place,
    },
    /// Waits, locks held.
    Pause(DurationRange),
    /// Runs for each row of an earlier answer.
    ForEach {
        /// The answer's name.
        answer: String,
        /// What runs.
        actions: Vec<Action>,
    },
    /// Runs so many times, ending early when a statement's answer is empty.
    Repeat {
        /// How often.
        times: u32,
        /// What runs.
        actions: Vec<Action>,
    },
    /// Inserts generated rows, above the seeded ones.
    Insert {
        /// The table.
        table: String,
        /// How many rows.
        rows: u32,
        /// In which way.
        by: InsertMethod,
        /// Where it stands in the file.
        place: Place,
    },
    /// Asks the application under test.
    Http(HttpRequest),
    /// Runs each cell of the answer as a statement (psql's `\gexec`).
    EachRow {
        /// The statement whose answer holds statements.
        statement: Statement,
        /// Where it stands in the file.
        place: Place,
    },
}

/// How many rows a statement must return or change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expect {
    /// Exactly so many: `1 row`, `no rows`.
    Exactly(u64),
    /// One or more: `rows`.
    Some,
}

/// How rows are inserted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InsertMethod {
    /// A statement for each.
    OneByOne,
    /// One statement with a list of rows.
    MultiRow,
    /// One statement over arrays.
    Unnest,
    /// COPY.
    Copy,
}

/// When and how something is tried again.
#[derive(Clone, Debug, PartialEq)]
pub struct Retry {
    /// How often at most.
    pub times: u32,
    /// The pause before each.
    pub pause: DurationRange,
    /// After which errors; empty is any of a migration step, and none of an operation.
    pub errors: Vec<Failure>,
}

/// SQL sampled over time; it gives one number.
#[derive(Clone, Debug)]
pub struct Gauge {
    /// Its name.
    pub name: String,
    /// How often.
    pub every: Duration,
    /// What is asked.
    pub statement: Statement,
    /// Where it stands in the file.
    pub place: Place,
}
