//! Operations executed alone, before there is any traffic, and undone: what they answer and what they cost.
//!
//! Each is walked once to be surveyed, which also warms what it needs, and then a few times to be counted, always
//! with the values of its first arrivals. What it changes is rolled back: the wait of a COMMIT for the disk is
//! therefore no part of its cost.

mod survey;
mod tally;
mod visits;
mod walk;

pub use survey::{Looked, plans_by_text};
pub use tally::{Outside, cost_of};
pub use walk::Rows;

use super::http::Site;
use super::program::{Program, programs};
use crate::cost::OperationCost;
use crate::data::Data;
use crate::network::Proxy;
use crate::scenario::{Action, Arrivals, Operation, Protocol, Variant};
use crate::server::postgres::counts::{Counts, Reading};
use crate::server::postgres::{Address, ServerError, Session};
use crate::sql::{Class, class};
use anyhow::Context as _;
use std::time::{Duration, Instant};
use survey::Survey;
use tally::Tally;
use visits::Way;
use walk::{Look, Walk};

/// How many arrivals are executed: the first of the schedule, the same in all variants.
const ARRIVALS: u64 = 6;
/// Who costs so much time has been measured well enough by fewer,
const ENOUGH: Duration = Duration::from_secs(2);
/// and has answered often enough to be compared: a loop at a long round trip takes seconds.
const ENOUGH_ANSWERS: Duration = Duration::from_secs(10);
/// What a statement may take that is executed to be measured only.
const PATIENCE: Duration = Duration::from_secs(10);

/// The operations of a variant, ready to be executed one at a time.
pub struct Alone<'a> {
    address: &'a Address,
    variant: &'a Variant,
    as_of: i64,
    programs: Vec<Program>,
    site: Option<Site>,
    proxy: Option<&'a Proxy>,
}

/// What an operation is executed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To be measured, as long as that does not take long.
    Cost,
    /// To be measured, and for the answers to its first arrivals.
    Answers,
}

impl Purpose {
    /// Whether what was done in so long a time is enough for it.
    fn is_met_after(self, elapsed: Duration) -> bool {
        elapsed > if self == Self::Cost { ENOUGH } else { ENOUGH_ANSWERS }
    }
}

/// What was found out of an operation.
#[derive(Debug)]
pub struct Executed {
    /// What it costs.
    pub cost: OperationCost,
    /// How the server goes about each of its statements.
    pub plans: Vec<Looked>,
    /// Its answers, one for each arrival, or what the server says instead.
    pub answers: Result<Vec<Rows>, ServerError>,
}

impl<'a> Alone<'a> {
    /// Makes them ready. `as_of` is in microseconds since 1970.
    pub fn new(address: &'a Address, variant: &'a Variant, data: &Data, as_of: i64) -> anyhow::Result<Self> {
        // Pauses are left out, so their luck does not matter.
        let (programs, _) = programs(&variant.operations, data, 0)?;
        Ok(Self { address, variant, as_of, programs, site: None, proxy: None })
    }

    /// Beside the application under test that answers there, where there is one. The proxy between it and the server
    /// counts its round trips; without one they are not known.
    pub fn beside(self, site: Option<&str>, proxy: Option<&'a Proxy>) -> anyhow::Result<Self> {
        Ok(Self { site: site.map(Site::new).transpose()?, proxy, ..self })
    }

    /// Executes one, by its place. Without `counts` only what a client sees of it is known.
    ///
    /// An error is one of the way to the server; what the operation itself meets is in what it answers.
    pub async fn execute(
        &self,
        operation: usize,
        purpose: Purpose,
        counts: Option<&mut Counts>,
    ) -> anyhow::Result<Executed> {
        let program = &self.programs[operation];
        if let Some(site) = self.site.as_ref().filter(|_| program.asks_application()) {
            let way = Way { site, address: self.address, proxy: self.proxy };
            return visits::execute(&way, program, self.as_of, purpose, counts).await;
        }
        if let Some(reason) = refusal(&self.variant.operations[operation], purpose) {
            return Ok(Executed::refused(ServerError::bad_value(reason)));
        }
        let mut bench = self.bench(operation, purpose, counts).await?;
        let answers = bench.all().await;
        let (tally, survey) = bench.leave().await;
        let program = &self.programs[operation];
        Ok(match answers {
            Ok(answers) => {
                Executed { cost: tally.cost(&survey), plans: survey.plans(program, None), answers: Ok(answers) }
            }
            Err(error) => Executed { plans: survey.plans(program, Some(&error)), ..Executed::refused(error) },
        })
    }

    /// Looks at the plans of one again, after so many of its arrivals.
    ///
    /// The values are those of the first arrival, unless that one has used them up.
    pub async fn look(&self, operation: usize, arrivals: u64) -> anyhow::Result<Vec<Looked>> {
        let program = &self.programs[operation];
        if refusal(&self.variant.operations[operation], Purpose::Cost).is_some() {
            return Ok(Vec::new());
        }
        let mut bench = self.bench(operation, Purpose::Cost, None).await?;
        let n = if program.uses_up() { arrivals } else { 0 };
        let walked = bench.once(n, Look::Survey).await;
        let (_, survey) = bench.leave().await;
        Ok(survey.plans(program, walked.err().as_ref()))
    }

    async fn bench<'b>(
        &'b self,
        operation: usize,
        purpose: Purpose,
        counts: Option<&'b mut Counts>,
    ) -> anyhow::Result<Bench<'b>> {
        let pool = &self.variant.pools[self.variant.operations[operation].pool];
        Ok(Bench {
            session: self.session(operation, purpose).await?,
            program: &self.programs[operation],
            purpose,
            parses_anew: pool.protocol == Protocol::Extended,
            as_of: self.as_of,
            counts,
            tally: Tally::default(),
            survey: Survey::default(),
        })
    }

    /// A connection as the operation's pool has them.
    async fn session(&self, operation: usize, purpose: Purpose) -> anyhow::Result<Session> {
        let session = Session::open(self.address, "shakedown/alone").await;
        let mut session = session.context("the server cannot be reached")?;
        let pool = &self.variant.pools[self.variant.operations[operation].pool];
        if purpose == Purpose::Cost {
            let patience = pool.statement_timeout.unwrap_or(PATIENCE).min(PATIENCE).as_millis().max(1);
            session.batch(&format!("SET statement_timeout = {patience}; SET lock_timeout = {patience}")).await?;
        }
        for sql in &pool.session {
            session.batch(sql).await.with_context(|| format!("a new connection cannot be set up by {sql}"))?;
        }
        Ok(session)
    }
}

impl Executed {
    fn refused(error: ServerError) -> Self {
        let cost = OperationCost { unmeasured: Some(error.message.clone()), ..OperationCost::default() };
        Self { cost, plans: Vec::new(), answers: Err(error) }
    }
}

/// Why an operation is not executed.
fn refusal(operation: &Operation, purpose: Purpose) -> Option<String> {
    let is_traffic = matches!(operation.arrivals, Arrivals::Open { .. } | Arrivals::Closed { .. });
    if !is_traffic && purpose == Purpose::Cost {
        return Some("only what belongs to the traffic is measured alone".to_owned());
    }
    refused(&operation.body.actions)
}

/// What cannot be undone is not tried.
fn refused(actions: &[Action]) -> Option<String> {
    actions.iter().find_map(|action| match action {
        Action::Sql { statement, .. } => match class(&statement.written) {
            Class::Begins | Class::Ends => Some(
                "it begins and ends its transaction by itself, so that it cannot be undone: list its statements \
                 under `transaction:`"
                    .to_owned(),
            ),
            Class::Alone => Some("it has a statement that is refused within a transaction".to_owned()),
            Class::Ordinary => None,
        },
        Action::ForEach { actions, .. } | Action::Repeat { actions, .. } => refused(actions),
        Action::Http(_) => Some("its requests go to the application".to_owned()),
        Action::EachRow { .. } | Action::Insert { .. } | Action::Pause(_) => None,
    })
}

/// Where one operation is executed, one arrival after the other.
struct Bench<'a> {
    session: Session,
    program: &'a Program,
    purpose: Purpose,
    /// Whether the pool has each statement parsed each time.
    parses_anew: bool,
    as_of: i64,
    counts: Option<&'a mut Counts>,
    tally: Tally,
    survey: Survey,
}

impl Bench<'_> {
    /// Closes the connection, and gives what was found out.
    async fn leave(self) -> (Tally, Survey) {
        // What it was about has been said; a server that is gone is found out by whoever asks next.
        self.session.close().await.ok();
        (self.tally, self.survey)
    }

    /// Gives the answers of all arrivals.
    async fn all(&mut self) -> Result<Vec<Rows>, ServerError> {
        self.prepare().await?;
        self.once(0, Look::Survey).await?;
        self.tally = Tally::default();
        let began = Instant::now();
        let mut answers = Vec::new();
        for n in 0..ARRIVALS {
            answers.push(self.once(n, Look::Count).await?);
            if self.purpose.is_met_after(began.elapsed()) {
                break;
            }
        }
        Ok(answers)
    }

    /// Has everything parsed, and the driver learn its types by statements of its own, before anything is counted.
    async fn prepare(&mut self) -> Result<(), ServerError> {
        for query in self.program.queries() {
            // What it needs may be made by a statement before it.
            if let Err(error) = self.session.prepare(&query.sql).await
                && error.fatal
            {
                return Err(error);
            }
        }
        Ok(())
    }

    /// One arrival, undone. The ROLLBACK of an operation with a transaction stands for its COMMIT.
    async fn once(&mut self, n: u64, look: Look) -> Result<Rows, ServerError> {
        let transaction = self.program.transaction;
        if !transaction {
            self.session.batch("BEGIN").await?;
        }
        let before = self.reading(look).await?;
        let began = Instant::now();
        // In a box: whoever waits for it would have to hold room for all of it.
        let walked = Box::pin(Walk::new(self, n, look).whole()).await;
        self.tally.executed(began.elapsed());
        if let (Some(before), Some(after)) = (before, self.reading(look).await?) {
            self.tally.counted(after.since(&before));
        }
        if !transaction || walked.is_err() {
            self.session.batch("ROLLBACK").await?;
        }
        walked
    }

    async fn reading(&mut self, look: Look) -> Result<Option<Reading>, ServerError> {
        match &mut self.counts {
            Some(counts) if look == Look::Count => counts.read().await.map(Some),
            _ => Ok(None),
        }
    }
}
