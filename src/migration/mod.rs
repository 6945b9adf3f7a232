//! The change itself: a migration's steps, one after the other, and what each of them did.
//!
//! It runs on a connection of its own, watched by a second one that also ends what has to be ended. To tell scans and
//! locks even of a step that takes a millisecond, a statement that may be in a transaction is put into one, and the
//! transaction is asked for its own account before COMMIT; that makes its locks last some tenths of a millisecond
//! longer, as a driver that sends BEGIN and COMMIT does.

mod attendant;
mod backfill;
mod command;
mod record;
mod runner;
mod script;
mod statements;

use crate::backends::Backends;
use crate::clock::{Clock, ServerClock};
use crate::observation::{Observation, Observer};
use crate::scenario::{Change, Step};
use crate::server::postgres::activity::{self, Guests};
use crate::server::postgres::facts::{Locks, Names, OwnAccount};
use crate::server::postgres::notices::Notices;
use crate::server::postgres::{Address, ServerError, Session};
use crate::step::{StepFacts, StepOutcome};
use crate::units::Rate;
use crate::workshop::Tools;
use attendant::{Attendant, Watch, Watched};
use record::{Record, Snapshot};
use runner::{Ended, Runner};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// A migration that is ready to run: its connections are open.
pub struct Migration {
    address: Address,
    backends: Backends,
    session: Session,
    badge: crate::backends::Badge,
    notices: Notices,
    own: OwnAccount,
    attendant: Session,
    locks: Locks,
    guests: Guests,
    ahead: i64,
    /// Names of what was there before the first step, once it has begun.
    existing: Option<Names>,
}

/// What a migration runs under.
#[derive(Clone, Debug)]
pub struct Course {
    /// The clock of the round.
    pub clock: Clock,
    /// Where observations go.
    pub observer: Observer,
    /// Ends it from outside.
    pub stop: CancellationToken,
    /// Ends it when it takes longer.
    pub timeout: Duration,
    /// What its commands are run with; without, they are run as they are, where this process is.
    pub tools: Option<Tools>,
    /// Whose the sessions are that nobody of ours opens while a command runs.
    pub strangers: Strangers,
}

/// Whose sessions are that come while a command runs and bear neither its name nor one of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strangers {
    /// The command's: nobody else has reason to come to a database of ours.
    OfTheCommand,
    /// Perhaps an application's, whose driver need not heed the name that it is given: only who bears the command's
    /// name is its own.
    Anybodys,
}

impl Migration {
    /// Connects: before the load, which may leave no connection.
    pub async fn open(address: &Address, backends: &Backends) -> Result<Self, ServerError> {
        let mut session = Session::open(address, "shakedown/migration").await?;
        session.batch("SET client_min_messages = debug1").await?;
        // The messages are told apart by their English words. Only a superuser may ask for them; for others the
        // catalogs alone must do.
        session.batch("SET lc_messages = 'C'").await.ok();
        let own = OwnAccount::prepare(&mut session).await?;
        let badge = backends.opened(session.pid());

        let mut attendant = Session::open(address, "shakedown/migration facts").await?;
        attendant.batch("SET lock_timeout = '100ms'; SET statement_timeout = '5s'; SET jit = off").await?;
        let locks = Locks::prepare(&mut attendant).await?;
        let guests = Guests::prepare(&mut attendant).await?;
        let ahead = activity::clock_ahead(address, &mut attendant).await?;
        let (address, backends, notices) = (address.clone(), backends.clone(), Notices::default());
        Ok(Self { address, backends, session, badge, notices, own, attendant, locks, guests, ahead, existing: None })
    }

    /// The backend that runs the steps.
    #[must_use]
    pub fn pid(&self) -> i32 {
        self.session.pid()
    }

    /// Runs the steps and gives the facts of each. One that fails ends the migration; those behind it are not reached.
    ///
    /// `set_rates` changes the rates of operations, by their places.
    pub async fn run(self, steps: &[Step], course: &Course, set_rates: impl Fn(&[(usize, Rate)])) -> Vec<StepFacts> {
        let cut = course.stop.child_token();
        let alarm = tokio::spawn({
            let (cut, timeout) = (cut.clone(), course.timeout);
            async move {
                tokio::time::sleep(timeout).await;
                cut.cancel();
            }
        });
        let facts = self.steps(steps, course, &cut, &set_rates).await;
        alarm.abort();
        facts
    }

    async fn steps(
        mut self,
        steps: &[Step],
        course: &Course,
        cut: &CancellationToken,
        set_rates: &impl Fn(&[(usize, Rate)]),
    ) -> Vec<StepFacts> {
        let mut all = Vec::with_capacity(steps.len());
        let mut going = true;
        for (place, step) in steps.iter().enumerate() {
            let mut facts = StepFacts::default();
            if going && !cut.is_cancelled() {
                (self, facts) = self.step(place as u16, step, course, cut, set_rates).await;
                going = facts.outcome == StepOutcome::Done;
            }
            facts.name.clone_from(&step.name);
            facts.text.clone_from(&step.text);
            if facts.started.is_some() {
                // Whoever records has gone only when the round is over; the facts are returned all the same.
                course.observer.send(Observation::StepEnded(place as u16, Box::new(facts.clone()))).await.ok();
            }
            all.push(facts);
        }
        self.close().await;
        all
    }

    async fn step(
        mut self,
        place: u16,
        step: &Step,
        course: &Course,
        cut: &CancellationToken,
        set_rates: &impl Fn(&[(usize, Rate)]),
    ) -> (Self, StepFacts) {
        self.badge.step(place);
        let before = Snapshot::take(&mut self.attendant).await;
        let command = matches!(step.change, Change::Command(_)).then(|| (place, command::application(place)));
        if command.is_some()
            && course.strangers == Strangers::OfTheCommand
            && let Ok(there) = self.guests.but(&mut self.attendant, &[]).await
        {
            self.backends.command_began(place, there.into_iter().map(|guest| guest.pid));
        }
        let watched = Watched {
            session: self.attendant,
            locks: self.locks,
            guests: self.guests,
            pid: self.session.pid(),
            command,
            backends: self.backends.clone(),
            clock: ServerClock::new(course.clock, self.ahead),
        };
        let attendant = Attendant::start(watched, course.clock, cut.clone());
        course.observer.send(Observation::StepBegan(place, course.clock.now())).await.ok();
        let mut runner = Runner {
            session: &mut self.session,
            address: &self.address,
            tools: course.tools.as_ref(),
            own: &self.own,
            notices: &self.notices,
            clock: course.clock,
            place,
            observer: &course.observer,
            cut,
            record: Record::default(),
        };
        let started = course.clock.now();
        let ended = runner.step(step, set_rates).await;
        let finished = course.clock.now();
        let record = runner.record;
        let outcome = match ended {
            Ok(()) => StepOutcome::Done,
            Err(Ended::Cut) => StepOutcome::Cut,
            Err(Ended::Failed { failure, message }) => {
                StepOutcome::Failed { class: failure.map(|failure| failure.name().into_owned()), message }
            }
        };
        let facts = StepFacts { started: Some(started), ended: Some(finished), outcome, ..StepFacts::default() };
        let Watch { watched: Watched { mut session, locks, guests, .. }, locks: seen, statements } =
            attendant.end().await;
        self.backends.command_ended();
        let after = Snapshot::take(&mut session).await;
        let existing = self.existing.unwrap_or_else(|| before.names.clone());
        let facts = record.facts(facts, &existing, (&before, &after), seen);
        let scans_unknown = matches!(step.change, Change::Command(_));
        let facts = StepFacts { statements: statements.finish(), scans_unknown, ..facts };
        (Self { attendant: session, locks, guests, existing: Some(existing), ..self }, facts)
    }

    /// Says good-bye on both connections; a server that is gone needs none.
    async fn close(self) {
        let pid = self.session.pid();
        self.session.close().await.ok();
        self.attendant.close().await.ok();
        self.backends.closed(pid);
    }
}
