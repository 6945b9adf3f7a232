//! The application under test: prepared once, started for each round, known to be ready, and ended with the round.
//!
//! It is somebody else's program, so nothing is taken for granted: it may never be ready, may end in the middle of
//! the round, may ignore a polite request to end, and may leave children behind. It runs in a group of its own that
//! goes down as a whole, also when we are killed. What it does with its connections is not ours to see.

mod output;
mod process;
mod ready;

use crate::progress::Progress;
use crate::result::model::ApplicationFacts;
use crate::scenario::App;
use crate::server::postgres::Address;
use crate::workshop::{Kept, Words};
use anyhow::Context as _;
use process::Process;
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::time::{Duration, Instant};

/// The `application_name` of its sessions, as far as its driver heeds `PGAPPNAME`.
pub const NAME: &str = "shakedown/app";

/// What an application is started with.
#[derive(Clone, Copy, Debug)]
pub struct Surroundings<'a> {
    /// Where it finds its database.
    pub address: &'a Address,
    /// The directory in which the makings of set-ups are kept for later runs.
    pub cache: &'a Path,
    /// The file that keeps what it prints.
    pub output: &'a Path,
}

/// The application of one round, running. Dropped, it is killed.
pub struct Application {
    url: String,
    process: Process,
    facts: ApplicationFacts,
}

impl Application {
    /// Prepares it unless an earlier run has, starts it, and waits until it is ready.
    pub async fn start(app: &App, within: &Surroundings<'_>, progress: &dyn Progress) -> anyhow::Result<Self> {
        let secret = within.address.secret_url();
        let (workshop, port) = (&app.workshop, free_port()?);
        let kept = Kept::of(workshop, within.cache)?;
        let words = Words { workshop, kept: kept.directory(), database_url: &secret, name: NAME, port: Some(port) };
        let setup = kept.prepare("the application", &words, progress).await?;
        let url = format!("http://{}:{port}", Ipv4Addr::LOCALHOST);
        progress.begin("start of the application", None, "");
        let (process, took) = Self::started(app, &words, within.output, &url).await?;
        progress.end("start of the application");
        let name = within.output.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let facts = ApplicationFacts { command: app.command.clone(), setup, ready: took, ended: None, output: name };
        Ok(Self { url, process, facts })
    }

    async fn started(app: &App, words: &Words<'_>, output: &Path, url: &str) -> anyhow::Result<(Process, Duration)> {
        let began = Instant::now();
        let process = Process::start(app, words, output)
            .with_context(|| format!("the application cannot be started by `{}`", app.command))?;
        ready::wait(app, url, &process).await?;
        Ok((process, began.elapsed()))
    }

    /// Where it answers: `http://127.0.0.1:port`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Comes to its end when the application does so by itself, and says how: `exit status: 1`.
    pub fn ended(&self) -> impl Future<Output = String> + Send + use<> {
        self.process.ended()
    }

    /// Ends it, if it has not ended before, and says what there was to know about it.
    pub async fn stop(self) -> ApplicationFacts {
        ApplicationFacts { ended: self.process.stop().await, ..self.facts }
    }
}

/// A port that nobody listens on at the moment; nothing keeps another program from taking it first.
fn free_port() -> anyhow::Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no port is free on the loopback address")?;
    Ok(listener.local_addr()?.port())
}
