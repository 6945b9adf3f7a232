//! `latency.hlog`: an `HdrHistogram` interval log, readable by that project's tools in any language.
//!
//! A line for each second, operation and kind, two significant digits, tagged `round.operation.kind`; the second is
//! that in which operations were due, so one that ends late adds a line for an old second. At the end of a round
//! one line for each operation and phase, three digits, tagged `round.operation.response.phase`. All in microseconds,
//! offsets in seconds from the start of the round.

use crate::latency::Latencies;
use crate::phase::Phase;
use anyhow::Context;
use base64::Engine as _;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::interval_log::{IntervalLogIterator, IntervalLogWriterBuilder, LogEntry, Tag};
use hdrhistogram::serialization::{Deserializer, V2DeflateSerializer};
use std::fs::File;
use std::io::{BufRead, BufReader, Seek, SeekFrom, Write};
use std::path::Path;
use std::time::Duration;

/// What a log begins with.
const LEGEND: &str = "response times, service times and waits for a connection in microseconds, by round.operation.kind and by the second in which \
                      operations were due; offsets from the start of the round";

/// What a line is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Label {
    pub(super) round: u16,
    /// The operation, by place.
    pub(super) operation: u16,
    pub(super) kind: Kind,
}

/// Which times a line counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Response times of a second.
    Response,
    /// Service times of a second.
    Service,
    /// Waits for a connection of a second.
    PoolWait,
    /// Response times of a whole phase.
    PhaseResponse(Phase),
}

const PHASES: [Phase; 5] = [Phase::Warmup, Phase::Before, Phase::During, Phase::After, Phase::Measure];

impl Label {
    fn tag(self) -> String {
        let Self { round, operation, .. } = self;
        match self.kind {
            Kind::Response => format!("{round}.{operation}.response"),
            Kind::Service => format!("{round}.{operation}.service"),
            Kind::PoolWait => format!("{round}.{operation}.pool_wait"),
            Kind::PhaseResponse(phase) => format!("{round}.{operation}.response.{}", phase.name()),
        }
    }

    fn parse(tag: &str) -> Option<Self> {
        let mut parts = tag.splitn(4, '.');
        let (round, operation) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        let kind = match (parts.next()?, parts.next()) {
            ("response", None) => Kind::Response,
            ("service", None) => Kind::Service,
            ("pool_wait", None) => Kind::PoolWait,
            ("response", Some(name)) => Kind::PhaseResponse(PHASES.into_iter().find(|phase| phase.name() == name)?),
            _ => return None,
        };
        Some(Self { round, operation, kind })
    }
}

/// Appends to a log.
pub(super) struct IntervalLog {
    file: File,
    serializer: V2DeflateSerializer,
    line: Vec<u8>,
}

impl IntervalLog {
    /// Begins a log; one that exists is lost.
    pub(super) fn create(path: &Path) -> anyhow::Result<()> {
        let mut file = File::create(path).with_context(|| format!("cannot create {}", path.display()))?;
        IntervalLogWriterBuilder::new()
            .add_comment(LEGEND)
            .begin_log_with(&mut file, &mut V2DeflateSerializer::new())
            .with_context(|| format!("cannot write {}", path.display()))?;
        Ok(())
    }

    /// Goes on with a log.
    pub(super) fn append(path: &Path) -> anyhow::Result<Self> {
        let file = File::options().append(true).open(path);
        let file = file.with_context(|| format!("cannot open {}", path.display()))?;
        Ok(Self { file, serializer: V2DeflateSerializer::new(), line: Vec::new() })
    }

    /// Writes one line, at once and as a whole: a run that is killed loses a line at most.
    pub(super) fn write(
        &mut self,
        label: Label,
        start: Duration,
        length: Duration,
        latencies: &Latencies,
    ) -> anyhow::Result<()> {
        self.line.clear();
        let tag = label.tag();
        let mut log = IntervalLogWriterBuilder::new().begin_log_with(&mut self.line, &mut self.serializer)?;
        log.write_histogram(latencies.histogram(), start, length, Tag::new(&tag))
            .map_err(|error| anyhow::anyhow!("cannot write a histogram: {error}"))?;
        self.file.write_all(&self.line).context("cannot write the interval log")
    }

    /// How long the log is by now, in bytes.
    pub(super) fn length(&self) -> anyhow::Result<u64> {
        Ok(self.file.metadata().context("cannot read the length of the interval log")?.len())
    }
}

/// One line of a log.
pub(super) struct Interval {
    pub(super) label: Label,
    pub(super) start: Duration,
    pub(super) histogram: Histogram<u64>,
}

/// Reads the lines of a log from a byte on, one at a time; those that `wanted` refuses are not decoded. Stops without
/// an error at the first line that cannot be read, for there a run was cut short.
pub(super) fn read(
    path: &Path,
    from: u64,
    wanted: impl Fn(Label, Duration) -> bool,
    mut each: impl FnMut(Interval),
) -> anyhow::Result<()> {
    let mut file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
    file.seek(SeekFrom::Start(from))?;
    let mut lines = BufReader::new(file);
    let mut line = Vec::new();
    let mut deserializer = Deserializer::new();
    loop {
        line.clear();
        lines.read_until(b'\n', &mut line).with_context(|| format!("cannot read {}", path.display()))?;
        match IntervalLogIterator::new(&line).next() {
            Some(Ok(LogEntry::Interval(interval))) => {
                let label = interval.tag().and_then(|tag| Label::parse(tag.as_str()));
                let Some(label) = label.filter(|label| wanted(*label, interval.start_timestamp())) else { continue };
                let Some(histogram) = decode(&mut deserializer, interval.encoded_histogram()) else { return Ok(()) };
                each(Interval { label, start: interval.start_timestamp(), histogram });
            }
            Some(Ok(_)) => {}
            // A comment, or the end.
            None if !line.is_empty() => {}
            None | Some(Err(_)) => return Ok(()),
        }
    }
}

fn decode(deserializer: &mut Deserializer, text: &str) -> Option<Histogram<u64>> {
    let bytes = base64::engine::general_purpose::STANDARD.decode(text).ok()?;
    deserializer.deserialize(&mut bytes.as_slice()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(path: &Path) -> Vec<(Label, Duration, u64)> {
        let mut found = Vec::new();
        let push = |interval: Interval| found.push((interval.label, interval.start, interval.histogram.len()));
        read(path, 0, |_, _| true, push).expect("it can be read");
        found
    }

    fn written(directory: &Path) -> (std::path::PathBuf, Vec<(Label, Duration, u64)>) {
        let path = directory.join("latency.hlog");
        IntervalLog::create(&path).expect("it can be created");
        let mut log = IntervalLog::append(&path).expect("it can be opened");
        let kinds = [Kind::Response, Kind::Service, Kind::PoolWait, Kind::PhaseResponse(Phase::Warmup)];
        let mut expected = Vec::new();
        for (second, kind) in kinds.into_iter().cycle().take(5).enumerate() {
            let label = Label { round: 3, operation: 12, kind };
            let mut latencies = Latencies::coarse();
            (0..=second as u64).for_each(|each| latencies.record(Duration::from_millis(each + 1)));
            let start = Duration::from_secs(second as u64);
            log.write(label, start, Duration::from_secs(1), &latencies).expect("it can be written");
            expected.push((label, start, second as u64 + 1));
        }
        (path, expected)
    }

    #[test]
    fn what_was_written_is_read_back() {
        let directory = tempfile::tempdir().expect("a directory");
        let (path, expected) = written(directory.path());
        assert_eq!(lines(&path), expected);
    }

    #[test]
    fn a_log_cut_short_loses_its_last_line_only() {
        let directory = tempfile::tempdir().expect("a directory");
        let (path, expected) = written(directory.path());
        let length = std::fs::metadata(&path).expect("it is there").len();
        File::options().write(true).open(&path).expect("it opens").set_len(length - 50).expect("it can be cut");
        assert_eq!(lines(&path), expected[..4]);
    }

    #[test]
    fn a_reader_may_begin_at_any_line_and_leave_lines_out() {
        let directory = tempfile::tempdir().expect("a directory");
        let (path, expected) = written(directory.path());
        let log = IntervalLog::append(&path).expect("it can be opened");
        let mut seen = 0;
        read(&path, log.length().expect("it has one"), |_, _| true, |_| seen += 1).expect("it can be read");
        assert_eq!(seen, 0);
        read(&path, 0, |label, _| label.kind == Kind::Response, |_| seen += 1).expect("it can be read");
        assert_eq!(seen, expected.iter().filter(|(label, ..)| label.kind == Kind::Response).count());
    }
}
