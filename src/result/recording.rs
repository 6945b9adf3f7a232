//! The directory of a run: both logs created before anything is measured, the result written beside and renamed.

use super::event::{Event, Line};
use super::hlog::IntervalLog;
use super::model::RunResult;
use anyhow::Context;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Seek as _, SeekFrom, Write};
use std::path::{Path, PathBuf};

pub(super) const RESULT: &str = "result.json";
/// The interval log, by which the directory of a run can be told from others.
pub const LATENCY: &str = "latency.hlog";
const EVENTS: &str = "events.jsonl";
const SERVER_LOG: &str = "server.log";
/// So much of the server's log is kept, in bytes: what led to its end stands at the end.
const MOST_LOG: u64 = 1 << 20;

/// What is made of a run's results, and lies beside them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rendering {
    /// The report, for people.
    Report,
    /// Every limit, check, migration and comparison as a test case.
    Junit,
    /// A few lines of Markdown, for a pull request.
    Summary,
    /// The figures, in the text form of OpenMetrics.
    Metrics,
    /// What is wrong, as GitLab's code quality report.
    CodeQuality,
}

impl Rendering {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Report, Self::Junit, Self::Summary, Self::Metrics, Self::CodeQuality];

    /// Its file, in the directory of the run.
    #[must_use]
    pub fn file(self) -> &'static str {
        match self {
            Self::Report => "report.html",
            Self::Junit => "junit.xml",
            Self::Summary => "summary.md",
            Self::Metrics => "metrics.txt",
            Self::CodeQuality => "gl-code-quality-report.json",
        }
    }
}

/// A run's directory.
#[derive(Clone, Debug)]
pub struct Recording {
    directory: PathBuf,
}

impl Recording {
    /// Finds out whether a directory can be written, and leaves it as it was: what an earlier run left in it is lost
    /// only once there is something in its place.
    pub fn probe(directory: &Path) -> anyhow::Result<()> {
        let about = || format!("cannot write to {}; choose another directory with --out", directory.display());
        let missing: Vec<&Path> = directory.ancestors().take_while(|each| !each.exists()).collect();
        fs::create_dir_all(directory).with_context(about)?;
        let file = directory.join(format!(".probe-{}", std::process::id()));
        let probed = File::create(&file).and_then(|_| fs::remove_file(&file)).with_context(about);
        // Another run may have put something there meanwhile, which is fine.
        missing.into_iter().take_while(|each| fs::remove_dir(each).is_ok()).for_each(drop);
        probed
    }

    /// Creates the directory and both logs; what an earlier run left there is lost.
    pub fn create(directory: &Path) -> anyhow::Result<Self> {
        fs::create_dir_all(directory)
            .with_context(|| format!("cannot create {}; choose another with --out", directory.display()))?;
        let recording = Self { directory: directory.to_owned() };
        // It would be taken for this run's until there is one.
        let rendered = Rendering::ALL.map(|rendering| recording.rendered(rendering));
        for stale in rendered.into_iter().chain([recording.result(), directory.join(SERVER_LOG)]) {
            match fs::remove_file(&stale) {
                Err(error) if error.kind() != ErrorKind::NotFound => {
                    return Err(error).with_context(|| format!("cannot remove {}", stale.display()));
                }
                _ => {}
            }
        }
        IntervalLog::create(&recording.latency())?;
        let events = recording.events();
        File::create(&events).with_context(|| format!("cannot create {}", events.display()))?;
        Ok(recording)
    }

    /// The directory of a run that was made earlier.
    #[must_use]
    pub fn of(directory: &Path) -> Self {
        Self { directory: directory.to_owned() }
    }

    /// Whether a directory is that of a run.
    #[must_use]
    pub fn is_in(directory: &Path) -> bool {
        directory.join(RESULT).is_file()
    }

    /// Where it is.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Replaces `result.json`; whoever reads it meanwhile finds the old one or the new one, whole.
    pub fn write_result(&self, result: &RunResult) -> anyhow::Result<()> {
        let mut text = serde_json::to_vec_pretty(result)?;
        text.push(b'\n');
        replace(&self.result(), &text)
    }

    /// Keeps the end of the server's own log with the run.
    pub fn keep_log(&self, log: &Path) -> anyhow::Result<PathBuf> {
        let kept = self.directory.join(SERVER_LOG);
        let about = || format!("the server's log {} cannot be kept in {}", log.display(), kept.display());
        let mut file = File::open(log).with_context(about)?;
        let length = file.metadata().with_context(about)?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(MOST_LOG))).with_context(about)?;
        let mut copy = File::create(&kept).with_context(about)?;
        io::copy(&mut file, &mut copy).with_context(about)?;
        Ok(kept)
    }

    /// Where something that is made of the results belongs.
    #[must_use]
    pub fn rendered(&self, rendering: Rendering) -> PathBuf {
        self.directory.join(rendering.file())
    }

    /// Where a round keeps what the application under test prints.
    #[must_use]
    pub fn application(&self, round: u16) -> PathBuf {
        self.directory.join(format!("application-{round}.log"))
    }

    pub(super) fn result(&self) -> PathBuf {
        self.directory.join(RESULT)
    }

    pub(super) fn latency(&self) -> PathBuf {
        self.directory.join(LATENCY)
    }

    pub(super) fn events(&self) -> PathBuf {
        self.directory.join(EVENTS)
    }
}

/// Replaces a file by way of another beside it; whoever reads it meanwhile finds the old one or the new one, whole.
pub fn replace(path: &Path, content: &[u8]) -> anyhow::Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".partial");
    let write = || -> io::Result<()> {
        let mut file = File::create(&beside)?;
        file.write_all(content)?;
        file.sync_all()?;
        fs::rename(&beside, path)?;
        // The name as well: a rename is durable once its directory is.
        let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(directory)?.sync_all()
    };
    write().with_context(|| format!("cannot write {}", path.display()))
}

/// Appends a round's events.
pub(super) struct EventLog {
    file: File,
    round: u16,
}

impl EventLog {
    pub(super) fn append(path: &Path, round: u16) -> anyhow::Result<Self> {
        let file = File::options().append(true).open(path);
        Ok(Self { file: file.with_context(|| format!("cannot open {}", path.display()))?, round })
    }

    /// Writes one line, at once and as a whole.
    pub(super) fn write(&mut self, event: Event) -> anyhow::Result<()> {
        let mut line = serde_json::to_vec(&Line { round: self.round, event })?;
        line.push(b'\n');
        self.file.write_all(&line).context("cannot write the events of the run")
    }
}
