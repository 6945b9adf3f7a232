//! One limit: the figure that its key names, and the value in the figure's own unit, or relative to another.

use super::names::{Names, OF_PHASES};
use crate::failure::Failure;
use crate::latency::Time;
use crate::mode::Mode;
use crate::phase::Phase;
use crate::scenario::Problem;
use crate::scenario::checked::bound::number;
use crate::scenario::checked::reader::Reader;
use crate::scenario::written::node::{Content, Entry, Node};
use crate::scenario::written::vocabulary::thresholds::OF_PHASE;
use crate::units::{self, Rate};
use crate::verdict::threshold::{Bound, Figure, Limit, Reference, Subject, Unit};
use std::time::Duration;

/// More statements than anybody sends: where a count ends.
const MOST_STATEMENTS: u64 = 1_000_000_000;
/// What has recovered is known by whole seconds that were as before.
const LEAST_RECOVERY: Duration = Duration::from_secs(2);

/// Where a limit stands.
#[derive(Clone, Copy)]
pub(super) struct Standing<'a> {
    pub(super) subject: &'a Subject,
    /// The phase that it is set for alone.
    pub(super) phase: Option<Phase>,
    pub(super) names: &'a Names,
}

impl Standing<'_> {
    fn limit(self, figure: Figure, bound: Bound) -> Limit {
        Limit { figure, phase: self.phase, bound }
    }
}

impl Reader<'_> {
    /// The limits that a key stands for: one, or one for each class of errors, each of those who block, or each that
    /// is set for a phase.
    pub(super) fn limits(&mut self, standing: Standing<'_>, entry: &Entry, limits: &mut Vec<Limit>) {
        match entry.key.as_str() {
            "blocked_by" => limits.extend(self.blocked_by(standing, &entry.value)),
            "errors" => limits.extend(self.errors(standing, &entry.value)),
            word => {
                if let Some(phase) = phase(word) {
                    return self.of_phase(Standing { phase: Some(phase), ..standing }, entry, limits);
                }
                let Some(figure) = figure(word, standing.subject) else { return };
                let bound = self.accepted(&figure, standing, &entry.value);
                limits.extend(bound.map(|bound| standing.limit(figure, bound)));
            }
        }
    }

    /// Limits on one phase.
    fn of_phase(&mut self, standing: Standing<'_>, entry: &Entry, limits: &mut Vec<Limit>) {
        self.form(&entry.value, &OF_PHASE, &entry.place);
        let measured = standing.phase == Some(Phase::Measure);
        if measured == standing.names.migrates() {
            let why = if measured { "a variant migrates" } else { "no variant migrates" };
            let problem = Problem::at(entry.place.clone(), format!("{why}, so there is no phase `{}`", entry.key));
            self.problem(problem.help(match measured {
                true => "say `before`, `during` or `after`",
                false => "say `measure`, or set the limit without a phase",
            }));
        }
        for limit in entry.value.entries().iter().filter(|limit| OF_PHASES.contains(&limit.key.as_str())) {
            self.limits(standing, limit, limits);
        }
    }

    fn accepted(&mut self, figure: &Figure, standing: Standing<'_>, value: &Node) -> Option<Bound> {
        if let Content::Scalar { text, .. } = &value.content
            && let Some((factor, other)) = relative(text)
        {
            return self.relative(figure, standing, value, (factor, other));
        }
        match figure.unit() {
            Unit::Time => self.time(figure, value).map(Bound::Time),
            Unit::Count if *figure == Figure::Statements => self.count(value, 1..=MOST_STATEMENTS).map(Bound::Count),
            Unit::Count => self.quantity(value, units::count).map(Bound::Count),
            Unit::Amount => self.amount(value),
            Unit::Bytes => self.quantity(value, units::bytes_of).map(Bound::Bytes),
            Unit::Rate => self.quantity(value, Rate::read).map(Bound::Rate),
            Unit::Number => self.reading(value).map(Bound::Number),
            Unit::Mode => self.mode(value).map(Bound::Mode),
        }
    }

    /// A limit of no time at all could never be kept, unless nobody waits.
    fn time(&mut self, figure: &Figure, node: &Node) -> Option<Duration> {
        match figure {
            Figure::Blocked { .. } | Figure::LongestBlock => self.quantity(node, units::duration),
            Figure::Recovery => self.duration_of_at_least(node, LEAST_RECOVERY),
            _ => self.duration_of_at_least(node, Duration::from_micros(1)),
        }
    }

    fn reading(&mut self, node: &Node) -> Option<f64> {
        let text = self.text(node)?;
        let number = number(text);
        if number.is_none() {
            let problem = Problem::at(node.place.clone(), format!("`{text}` is not a number"));
            self.problem(problem.help("a gauge is judged by the number that its SQL gives"));
        }
        number
    }

    fn amount(&mut self, node: &Node) -> Option<Bound> {
        let percent = self.text(node)?.trim_end().ends_with('%');
        match percent {
            true => self.quantity(node, units::share).map(Bound::Share),
            false => self.quantity(node, units::count).map(Bound::Count),
        }
    }

    fn mode(&mut self, node: &Node) -> Option<Mode> {
        let text = self.text(node)?;
        let mode = Mode::named(text);
        if mode.is_none() {
            let problem = Problem::at(node.place.clone(), format!("unknown lock mode `{text}`"));
            self.problem(problem.suggest(text, Mode::WORDS));
        }
        mode
    }

    /// `3x before`, `0.5x n+1`, `1.1x baseline`: so many times the same figure elsewhere.
    fn relative(
        &mut self,
        figure: &Figure,
        standing: Standing<'_>,
        node: &Node,
        (factor, other): (f64, &str),
    ) -> Option<Bound> {
        let names = standing.names;
        let reference = match other {
            "before" => Reference::Before,
            "baseline" => Reference::Baseline,
            name => Reference::Variant(name.to_owned()),
        };
        let refused = match &reference {
            Reference::Variant(name) if !names.variants().any(|each| each == name) => {
                let problem = Problem::at(node.place.clone(), format!("unknown variant `{other}`"));
                self.problem(problem.suggest(other, names.variants().chain(["before", "baseline"])));
                return None;
            }
            Reference::Before => not_before(figure, standing),
            Reference::Variant(_) | Reference::Baseline => not_elsewhere(figure, standing),
        };
        let zero = (factor <= 0.0).then_some("a limit of 0 times could never be kept");
        if let Some(help) = refused {
            let of = format!("`{}` of `{}`", figure.word(), standing.subject);
            let problem = Problem::at(node.place.clone(), format!("{of} cannot be relative to `{other}`"));
            self.problem(problem.help(help));
        } else if let Some(message) = zero {
            self.problem(Problem::at(node.place.clone(), message));
        }
        (refused.is_none() && zero.is_none()).then_some(Bound::Times(factor, reference))
    }

    fn blocked_by(&mut self, standing: Standing<'_>, node: &Node) -> Vec<Limit> {
        let names = standing.names;
        let mut limits = Vec::new();
        for entry in self.named(Some(node)) {
            if !names.is_blocker(&entry.key) {
                let problem = Problem::at(entry.place.clone(), format!("unknown `{}`", entry.key));
                let problem = problem.label("no operation or step of that name");
                self.problem(problem.suggest(&entry.key, names.blockers()));
            }
            let most = self.quantity(&entry.value, units::duration);
            let figure = Figure::Blocked { by: Some(entry.key.clone()) };
            limits.extend(most.map(|most| standing.limit(figure, Bound::Time(most))));
        }
        limits
    }

    fn errors(&mut self, standing: Standing<'_>, node: &Node) -> Vec<Limit> {
        if !matches!(node.content, Content::Map(_)) {
            let figure = Figure::Errors(None);
            let most = self.accepted(&figure, standing, node);
            return most.map(|most| standing.limit(figure, most)).into_iter().collect();
        }
        let mut limits = Vec::new();
        for entry in self.named(Some(node)) {
            let class = Failure::named(&entry.key);
            if class.is_none() && entry.key != "any" {
                let problem = Problem::at(entry.place.clone(), format!("unknown class of errors `{}`", entry.key));
                self.problem(problem.suggest(&entry.key, Failure::names().chain(["any"])));
            }
            let figure = Figure::Errors(class);
            let most = self.accepted(&figure, standing, &entry.value);
            limits.extend(most.map(|most| standing.limit(figure, most)));
        }
        limits
    }
}

/// The phase of that name, of those that can be judged.
pub(super) fn phase(word: &str) -> Option<Phase> {
    [Phase::Before, Phase::During, Phase::After, Phase::Measure].into_iter().find(|phase| phase.name() == word)
}

/// The figure that a word stands for, of those that need no more than the word.
fn figure(word: &str, subject: &Subject) -> Option<Figure> {
    let of_gauge = matches!(subject, Subject::Gauge(_));
    Some(match word {
        "max" if of_gauge => Figure::Highest,
        "min" => Figure::Lowest,
        "max" => Figure::Max(Time::Response),
        "service_max" => Figure::Max(Time::Service),
        "pool_wait_max" => Figure::Max(Time::PoolWait),
        "longest_stall" => Figure::LongestStall,
        "throughput" => Figure::Throughput,
        "dropped" => Figure::Dropped,
        "retries" => Figure::Retries,
        "statements" => Figure::Statements,
        "rows" => Figure::Rows,
        "buffers" => Figure::Buffers,
        "wal" => Figure::Wal,
        "blocked" => Figure::Blocked { by: None },
        "duration" => Figure::Duration,
        "lock" => Figure::Lock,
        "rewrites" => Figure::Rewrites,
        "scans" => Figure::Scans,
        "longest_block" => Figure::LongestBlock,
        "growth" => Figure::Growth,
        "dead_rows" => Figure::DeadRows,
        "recovery" => Figure::Recovery,
        percentile => {
            let of = |(prefix, of)| Some((percentile.strip_prefix(prefix)?, of));
            // The last fits the others too.
            let prefixes = [("service_p", Time::Service), ("pool_wait_p", Time::PoolWait), ("p", Time::Response)];
            let (percent, of) = prefixes.into_iter().find_map(of)?;
            Figure::Percentile { of, percent: percent.parse().ok()? }
        }
    })
}

/// Why a figure cannot be held against the phase before, and what can.
fn not_before(figure: &Figure, standing: Standing<'_>) -> Option<&'static str> {
    let of_traffic = matches!(standing.subject, Subject::Operation(_) | Subject::AllTraffic);
    let known = matches!(
        figure,
        Figure::Percentile { .. } | Figure::Max(_) | Figure::Throughput | Figure::Errors(_) | Figure::Retries
    );
    match (standing.names.migrates(), standing.phase) {
        (false, _) => Some("no variant migrates, so there is no phase before"),
        (true, Some(Phase::Before)) => Some("it is that phase"),
        _ if of_traffic && known => None,
        _ => Some("of operations can: percentiles, max, throughput, errors and retries"),
    }
}

/// Why a figure cannot be held against another variant or run, and what can: what is known of each round by itself, so
/// that rounds can be paired.
fn not_elsewhere(figure: &Figure, standing: Standing<'_>) -> Option<&'static str> {
    let timed = match figure {
        Figure::Percentile { .. } | Figure::Max(_) | Figure::LongestStall => true,
        Figure::Throughput => !standing.names.migrates(),
        _ => false,
    };
    match standing.subject {
        _ if standing.phase.is_some() => Some("set it without a phase"),
        Subject::Operation(_) if timed || figure.is_cost() => None,
        _ => Some(
            "of an operation can: percentiles, max, longest_stall, statements, rows, buffers, wal and, without a \
             migration, throughput",
        ),
    }
}

/// The factor and the name of `0.5x n+1`.
fn relative(text: &str) -> Option<(f64, &str)> {
    let (factor, name) = text.trim().split_once(char::is_whitespace)?;
    let (factor, name) = match factor.strip_suffix('x') {
        Some(factor) => (factor, name.trim()),
        // `0.5 x n+1`
        None => (factor, name.trim().strip_prefix("x ")?.trim()),
    };
    let plain = factor.starts_with(|c: char| c.is_ascii_digit());
    plain.then(|| number(factor)).flatten().map(|factor| (factor, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relative_value_is_a_factor_and_a_name() {
        for (text, expected) in [
            ("0.5x n+1", Some((0.5, "n+1"))),
            ("3 x one query", Some((3.0, "one query"))),
            (" 1.1x  baseline ", Some((1.1, "baseline"))),
            ("50ms", None),
            ("x n+1", None),
            ("-1x n+1", None),
            ("0.5x", None),
            ("SHARE ROW EXCLUSIVE", None),
        ] {
            assert_eq!(relative(text), expected, "{text}");
        }
    }
}
