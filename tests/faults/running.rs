//! The program while it runs: followed by the lines that it writes, and sent signals.

use crate::support::rehearsal::Rehearsal;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use shakedown::phase::Phase;
use shakedown::result::model::{Ended, RoundResult, RunResult};
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

/// Longer than anything that is waited for takes on the slowest of machines.
const LIMIT: Duration = Duration::from_mins(2);

/// A table of items, read by their keys, with a migration that takes a moment and one that takes ages.
pub(crate) const SCHEMA: &str = "
CREATE TABLE items (id bigint PRIMARY KEY, name text NOT NULL);
CREATE TABLE orders (id bigint PRIMARY KEY, item_id bigint NOT NULL REFERENCES items);";

/// With phases as given.
pub(crate) fn scenario(phases: &str) -> String {
    format!(
        "
name: Items
seed: {{ items: {{ rows: 1k }}, orders: {{ rows: 1k }} }}
pools: {{ web: {{ connections: 3, acquire_timeout: 1s, statement_timeout: 2s }} }}
traffic:
  read: {{ pool: web, rate: 40/s, parameters: {{ item: {{ key: items }} }}, sql: 'SELECT name FROM items WHERE id = :item' }}
phases: {phases}
steady: false
variants:
  quick: {{ migration: [ ALTER TABLE items ADD COLUMN note text ] }}
  slow:  {{ migration: [ SELECT pg_sleep(600) FROM items LIMIT 1 ] }}
"
    )
}

/// A run under way.
pub(crate) struct Running {
    child: Child,
    lines: Receiver<String>,
    heard: Vec<String>,
}

/// How it came out.
pub(crate) struct Outcome {
    pub(crate) status: ExitStatus,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Running {
    /// `shakedown run scenario.yaml --out out …`.
    pub(crate) fn start(rehearsal: &Rehearsal, arguments: &[&str]) -> Self {
        let mut all = vec!["run", "scenario.yaml", "--out", "out"];
        all.extend(arguments);
        let mut command = rehearsal.command(&all);
        let mut child =
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program can be started");
        let (send, lines) = mpsc::channel();
        let err = BufReader::new(child.stderr.take().expect("it is piped"));
        thread::spawn(move || {
            for line in err.lines().map_while(Result::ok) {
                // The test may have seen enough.
                send.send(line).ok();
            }
        });
        Self { child, lines, heard: Vec::new() }
    }

    /// Waits until it has written a line with that text.
    pub(crate) fn wait_for(&mut self, text: &str) {
        while !self.heard.last().is_some_and(|line| line.contains(text)) {
            match self.lines.recv_timeout(LIMIT) {
                Ok(line) => self.heard.push(line),
                Err(error) => panic!("never said `{text}` ({error}), but:\n{}", self.heard.join("\n")),
            }
        }
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.child.id().cast_signed()), signal).expect("it is ours, and not reaped yet");
    }

    /// Waits for its end.
    pub(crate) fn end(mut self) -> Outcome {
        let deadline = Instant::now() + LIMIT;
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("it is ours") {
                break status;
            }
            if Instant::now() > deadline {
                self.child.kill().expect("it is ours");
                panic!("it does not end:\n{}", self.heard.join("\n"));
            }
            thread::sleep(Duration::from_millis(10));
        };
        let mut out = String::new();
        self.child.stdout.take().expect("it is piped").read_to_string(&mut out).expect("it writes text");
        self.heard.extend(self.lines.iter());
        Outcome { status, out, err: self.heard.join("\n") }
    }
}

impl Outcome {
    /// It ended with that code, with nothing of it running and no panic on the way.
    pub(crate) fn assert(&self, rehearsal: &Rehearsal, code: i32) -> &Self {
        assert_eq!(self.status.code(), Some(code), "{}\n{}", self.out, self.err);
        assert!(!self.err.contains("panicked"), "{}", self.err);
        assert_nothing_runs(rehearsal.path());
        self
    }

    /// It says so, on either stream; lines may be broken anywhere.
    pub(crate) fn assert_says(&self, text: &str) -> &Self {
        let said = format!("{}\n{}", self.out, self.err);
        let words: Vec<&str> = said.split_whitespace().collect();
        assert!(words.join(" ").contains(text), "`{text}` is not in:\n{said}");
        self
    }
}

/// The last round of a run, with the run; its report is there, and says how the run ended.
pub(crate) fn reported(rehearsal: &Rehearsal) -> (RunResult, RoundResult) {
    let (result, _) = rehearsal.result();
    let page = std::fs::read_to_string(rehearsal.out().join("report.html")).expect("there is a report");
    let word = match &result.ended {
        Ended::Completed => "",
        Ended::Interrupted => "nterrupted",
        Ended::Failed(_) => "not be finished",
    };
    assert!(page.contains(word), "the report does not say that the run ended early");
    let rounds = result.variants.iter().flat_map(|variant| &variant.rounds);
    let round = rounds.max_by_key(|round| round.round).expect("a round was measured").clone();
    (result, round)
}

/// The last phase that a round came to.
pub(crate) fn last_phase(round: &RoundResult) -> Option<Phase> {
    round.phases.began.last().map(|(phase, _)| *phase)
}

/// The process id of the server that seeded data are served by.
pub(crate) fn postmaster(rehearsal: &Rehearsal) -> Pid {
    let seeds = std::fs::read_dir(rehearsal.path().join("cache/seeds")).expect("there are seeds");
    let files = seeds.flatten().map(|entry| entry.path().join("data/postmaster.pid"));
    let mut pids = files.filter_map(|file| std::fs::read_to_string(file).ok()?.lines().next()?.trim().parse().ok());
    Pid::from_raw(pids.next().expect("a server runs"))
}

/// Neither a server nor a backend nor a command: nothing that works in the directory or was started on it.
pub(crate) fn assert_nothing_runs(directory: &Path) {
    // The kernel may need a moment for what was sent to them.
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        let left = processes(directory);
        if left.is_empty() {
            return;
        }
        assert!(Instant::now() < deadline, "still there: {left:#?}");
        thread::sleep(Duration::from_millis(50));
    }
}

fn processes(directory: &Path) -> Vec<String> {
    let name = directory.to_string_lossy();
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten().filter_map(|entry| {
        let words = std::fs::read(entry.path().join("cmdline")).ok()?;
        let words = String::from_utf8_lossy(&words).replace('\0', " ");
        let works_there = std::fs::read_link(entry.path().join("cwd")).is_ok_and(|cwd| cwd.starts_with(directory));
        (works_there || words.contains(&*name)).then_some(words)
    });
    processes.collect()
}
