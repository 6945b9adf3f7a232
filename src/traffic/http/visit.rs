//! One execution of an operation that asks the application, from its first request to its last.
//!
//! Statements and rows of its samples are none: what the application asks of the database is not ours to count here.

use super::super::line::Arrival;
use super::super::program::Program;
use super::super::shared::Shared;
use super::user::User;
use super::{Errand, Request};
use crate::chance::Chance;
use crate::data::Drawn;
use crate::failure::Failure;
use crate::sample::{Outcome, Sample};
use crate::units::DurationRange;
use std::time::Duration;
use tokio::time::timeout;

/// Runs an operation, retries included, and says what came of it.
pub(in super::super) async fn visit(user: &User, shared: &Shared, arrival: &Arrival, connected: Duration) -> Sample {
    let program = &shared.programs[usize::from(arrival.operation)];
    let mut visit = Visit {
        user,
        shared,
        program,
        drawn: program.parameters.iter().map(|parameter| parameter.draw(arrival.n)).collect(),
        chance: program.chance.within(arrival.n),
        pauses: 0,
    };
    let (outcome, retries) = visit.until_it_counts().await;
    Sample {
        operation: program.operation,
        due: arrival.due,
        queued: arrival.queued,
        connected,
        finished: shared.clock.now(),
        outcome,
        retries,
        statements: 0,
        rows: 0,
    }
}

/// An execution under way.
struct Visit<'a> {
    user: &'a User,
    shared: &'a Shared,
    program: &'a Program,
    /// One for each parameter, the same for all tries.
    drawn: Vec<Drawn>,
    chance: Chance,
    /// Pauses so far: each has luck of its own.
    pauses: u64,
}

/// Why an execution ends before its last request.
enum Halt {
    Failed(Failure),
    /// Time is up.
    Cut,
}

impl From<Failure> for Halt {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl Visit<'_> {
    /// Tries, and tries again where the scenario says so.
    async fn until_it_counts(&mut self) -> (Outcome, u16) {
        let program = self.program;
        let mut retries = 0;
        loop {
            let failure = match self.errands(&program.errands).await {
                Ok(()) => return (Outcome::Succeeded, retries),
                Err(Halt::Cut) => return (Outcome::Cut, retries),
                Err(Halt::Failed(failure)) => failure,
            };
            let Some(retry) = program.retries(failure, retries) else {
                return (Outcome::Failed(failure), retries);
            };
            if self.pause(retry.pause).await.is_err() {
                return (Outcome::Cut, retries);
            }
            retries = retries.saturating_add(1);
        }
    }

    async fn errands(&mut self, errands: &[Errand]) -> Result<(), Halt> {
        for errand in errands {
            match errand {
                Errand::Request(request) => self.ask(request).await?,
                Errand::Pause(range) => self.pause(*range).await?,
                Errand::Repeat { times, errands } => {
                    for _ in 0..*times {
                        Box::pin(self.errands(errands)).await?;
                    }
                }
            }
        }
        Ok(())
    }

    async fn ask(&mut self, request: &Request) -> Result<(), Halt> {
        let filled = request.fill(&self.drawn, self.shared.as_of)?;
        let answer = tokio::select! {
            answer = timeout(request.timeout, self.user.ask(request, &filled)) => answer,
            // Dropped, the request takes its connection with it.
            () = self.shared.ending.cut_is_called() => return Err(Halt::Cut),
        };
        let answer = answer.map_err(|_| Failure::RequestTimeout)??;
        Ok(answer.judge(&request.expect)?)
    }

    async fn pause(&mut self, range: DurationRange) -> Result<(), Halt> {
        let length = range.at(self.chance.share(self.pauses));
        self.pauses += 1;
        match self.shared.ending.pause(self.shared.clock.now(), length).await {
            true => Ok(()),
            false => Err(Halt::Cut),
        }
    }
}
