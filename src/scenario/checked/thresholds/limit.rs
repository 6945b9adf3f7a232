//! One limit: the figure that its key names, and the value in the figure's own unit, or relative to another.

use super::names::Names;
use crate::failure::Failure;
use crate::mode::Mode;
use crate::scenario::Problem;
use crate::scenario::checked::bound::number;
use crate::scenario::checked::reader::Reader;
use crate::scenario::written::node::{Content, Entry, Node};
use crate::units::{self, Rate};
use crate::verdict::threshold::{Bound, Figure, Limit, Reference, Subject, Unit};
use std::time::Duration;

/// More statements than anybody sends: where a count ends.
const MOST_STATEMENTS: u64 = 1_000_000_000;
/// What has recovered is known by whole seconds that were as before.
const LEAST_RECOVERY: Duration = Duration::from_secs(2);

impl Reader<'_> {
    /// The limits that a key stands for: one, or one for each class of errors and each of those who block.
    pub(super) fn limits(&mut self, subject: &Subject, entry: &Entry, names: &Names, limits: &mut Vec<Limit>) {
        match entry.key.as_str() {
            "blocked_by" => limits.extend(self.blocked_by(&entry.value, names)),
            "errors" => limits.extend(self.errors(&entry.value)),
            word => {
                let Some(figure) = figure(word, subject) else { return };
                let bound = self.accepted(&figure, subject, &entry.value, names);
                limits.extend(bound.map(|bound| Limit::new(figure, bound)));
            }
        }
    }

    fn accepted(&mut self, figure: &Figure, subject: &Subject, value: &Node, names: &Names) -> Option<Bound> {
        if let Content::Scalar { text, .. } = &value.content
            && let Some((factor, other)) = relative(text)
        {
            return self.relative(figure, subject, value, (factor, other), names);
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

    /// `0.5x n+1`: so many times what another variant shows.
    fn relative(
        &mut self,
        figure: &Figure,
        subject: &Subject,
        node: &Node,
        (factor, other): (f64, &str),
        names: &Names,
    ) -> Option<Bound> {
        let refuse = |message: String| Problem::at(node.place.clone(), message);
        if !names.variants().any(|name| name == other) {
            let problem = refuse(format!("unknown variant `{other}`"));
            self.problem(problem.suggest(other, names.variants()));
        } else if !matches!(subject, Subject::Operation(_)) || !is_comparable(figure) {
            let problem = refuse(format!("`{}` of `{subject}` cannot be relative to another variant", figure.word()));
            self.problem(problem.help(
                "of an operation can: percentiles, max, longest_stall, throughput, statements, rows, buffers and wal",
            ));
        } else if factor <= 0.0 {
            self.problem(refuse("a limit of 0 times could never be kept".to_owned()));
        } else {
            return Some(Bound::Times(factor, Reference::Variant(other.to_owned())));
        }
        None
    }

    fn blocked_by(&mut self, node: &Node, names: &Names) -> Vec<Limit> {
        let mut limits = Vec::new();
        for entry in self.named(Some(node)) {
            if !names.is_blocker(&entry.key) {
                let problem = Problem::at(entry.place.clone(), format!("unknown `{}`", entry.key));
                let problem = problem.label("no operation or step of that name");
                self.problem(problem.suggest(&entry.key, names.blockers()));
            }
            let most = self.quantity(&entry.value, units::duration);
            let figure = Figure::Blocked { by: Some(entry.key.clone()) };
            limits.extend(most.map(|most| Limit::new(figure, Bound::Time(most))));
        }
        limits
    }

    fn errors(&mut self, node: &Node) -> Vec<Limit> {
        if !matches!(node.content, Content::Map(_)) {
            return self.amount(node).map(|most| Limit::new(Figure::Errors(None), most)).into_iter().collect();
        }
        let mut limits = Vec::new();
        for entry in self.named(Some(node)) {
            let class = Failure::named(&entry.key);
            if class.is_none() && entry.key != "any" {
                let problem = Problem::at(entry.place.clone(), format!("unknown class of errors `{}`", entry.key));
                self.problem(problem.suggest(&entry.key, Failure::names().chain(["any"])));
            }
            limits.extend(self.amount(&entry.value).map(|most| Limit::new(Figure::Errors(class), most)));
        }
        limits
    }
}

/// The figure that a word stands for, of those that need no more than the word.
fn figure(word: &str, subject: &Subject) -> Option<Figure> {
    let of_gauge = matches!(subject, Subject::Gauge(_));
    Some(match word {
        "max" if of_gauge => Figure::Highest,
        "min" => Figure::Lowest,
        "max" => Figure::Max,
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
        "recovery" => Figure::Recovery,
        percentile => Figure::Percentile { percent: percentile.strip_prefix('p')?.parse().ok()? },
    })
}

/// Whether a figure of an operation is known of each round by itself, so that rounds can be paired.
fn is_comparable(figure: &Figure) -> bool {
    let timed = matches!(figure, Figure::Percentile { .. } | Figure::Max | Figure::LongestStall | Figure::Throughput);
    timed || figure.is_cost()
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
