//! What fills columns and parameters.

use super::bound::{bound, literal, number};
use super::reader::Reader;
use crate::data::shape::{Bound, Key, Kind, Literal, Order, Shape, Skew, Values};
use crate::scenario::written::form::Form;
use crate::scenario::written::node::{Content, Node};
use crate::scenario::written::vocabulary::shape as words;
use crate::scenario::{Place, Problem};
use crate::units;

/// What a shape is for, and so what it may say.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    Column,
    Parameter,
    /// Inside of a document or an array.
    Element,
}

/// Longest text and longest array that are made.
const MOST_LENGTH: u64 = 1_000_000;

impl Reader<'_> {
    /// The shape of what is named at `place`.
    pub(super) fn shape(&mut self, node: &Node, place: &Place, purpose: Use) -> Shape {
        match &node.content {
            Content::Null => plain(Values::Constant(Literal::Null)),
            Content::Scalar { text, typed, plain: unquoted } => {
                if *unquoted && forms(purpose).iter().any(|form| form.lead() == text) {
                    self.refuse_bare(text, &node.place);
                }
                plain(Values::Constant(literal(text, *typed)))
            }
            _ => {
                let forms = forms(purpose);
                let lead = self.choose(node, forms, place).map(Form::lead);
                let values = lead.and_then(|lead| self.values(node, lead));
                Shape {
                    values: values.unwrap_or(Values::Constant(Literal::Null)),
                    nulls: node.get("nulls").and_then(|nulls| self.quantity(nulls, units::share)).unwrap_or(0.0),
                    unique: self.truth(node, "unique", false),
                    count: node.get("count").and_then(|count| self.count(count, 1..=100_000)).map(|count| count as u32),
                }
            }
        }
    }

    /// The name of a generator is hardly meant as a text that is the same in every row.
    fn refuse_bare(&mut self, word: &str, place: &Place) {
        let whole = if word == "uuid" { "{ uuid: random }".to_owned() } else { format!("{{ {word}: … }}") };
        let help = format!("did you mean `{whole}`? As a text it stands in quotes: \"{word}\"");
        self.problem(Problem::at(place.clone(), format!("`{word}` alone generates nothing")).help(help));
    }

    /// The values of a form, by its leading key.
    fn values(&mut self, node: &Node, lead: &str) -> Option<Values> {
        let value = node.get(lead)?;
        match lead {
            "key" => self.key(node, value),
            "from" => self.from(value),
            "number_within" => Some(Values::NumberWithin(self.text(value)?.to_owned())),
            "new_key" => Some(Values::NewKey { table: self.text(value)?.to_owned() }),
            "choice" => Some(self.choice(value)),
            "between" => self.between(node, value),
            "text" => self.lengths(value).map(|(least, most)| Values::Text { least, most }),
            "kind" => self.word(value, &kinds()).map(Values::Kind),
            "uuid" => self.word(value, &[("random", ())]).map(|()| Values::Uuid),
            "json" => {
                let entries = self.named(Some(value)).iter();
                let shapes = entries.map(|each| (each.key.clone(), self.shape(&each.value, &each.place, Use::Element)));
                Some(Values::Json(shapes.collect()))
            }
            "array" => self.array(value),
            "lines" => self.lines(value),
            "constant" => Some(self.shape_of_scalar(value)),
            _ => self.distribution(value, lead),
        }
    }

    /// A distribution of numbers.
    fn distribution(&mut self, value: &Node, lead: &str) -> Option<Values> {
        let place = &value.place;
        let (values, possible, rule) = match lead {
            "uniform" => {
                let [low, high] = self.numbers(value)?;
                (Values::Uniform { low, high }, low <= high, "the lower end stands first")
            }
            "normal" => {
                self.form(value, &words::MEAN, place);
                let (mean, deviation) = (self.number(value.get("mean")?)?, self.number(value.get("deviation")?)?);
                (Values::Normal { mean, deviation }, deviation >= 0.0, "a deviation is not negative")
            }
            "lognormal" => {
                self.form(value, &words::MEDIAN, place);
                let (median, p99) = (self.number(value.get("median")?)?, self.number(value.get("p99")?)?);
                (Values::Lognormal { median, p99 }, 0.0 < median && median <= p99, "0 < median ≤ p99")
            }
            "zipf" => {
                let [low, high, exponent] = self.numbers(value)?;
                let whole = low.fract() == 0.0 && high.fract() == 0.0;
                let possible = whole && low <= high && (0.0..=10.0).contains(&exponent);
                (Values::Zipf { low: low as i64, high: high as i64, exponent }, possible, ZIPF_RULE)
            }
            _ => {
                self.form(value, &words::STEPS, place);
                let whole = |number: Option<f64>| number.unwrap_or(1.0);
                let start = whole(value.get("start").and_then(|node| self.number(node)));
                let step = whole(value.get("step").and_then(|node| self.number(node)));
                let possible = start.fract() == 0.0 && step.fract() == 0.0 && step != 0.0;
                (
                    Values::Sequence { start: start as i64, step: step as i64 },
                    possible,
                    "whole numbers, and no step of 0",
                )
            }
        };
        if !possible {
            self.problem(Problem::at(place.clone(), format!("impossible `{lead}`")).help(rule));
        }
        Some(values)
    }

    fn number(&mut self, node: &Node) -> Option<f64> {
        let text = self.text(node)?;
        let number = number(text);
        if number.is_none() {
            self.problem(Problem::at(node.place.clone(), format!("`{text}` is not a number")));
        }
        number
    }

    fn numbers<const N: usize>(&mut self, node: &Node) -> Option<[f64; N]> {
        let items = self.list(node);
        if items.len() != N {
            self.problem(Problem::at(node.place.clone(), format!("expected a list of {N} numbers")));
        }
        let numbers: Vec<f64> = items.iter().filter_map(|item| self.number(item)).collect();
        numbers.try_into().ok()
    }

    fn key(&mut self, node: &Node, value: &Node) -> Option<Values> {
        let children = node.get("children").and_then(|children| match &children.content {
            Content::Map(_) => {
                let form = self.choose(children, words::CHILDREN, &children.place)?;
                self.values(children, form.lead())
            }
            _ => self.count(children, 1..=1_000_000).map(|count| Values::Constant(Literal::Int(count as i64))),
        });
        Some(Values::Key(Key {
            table: self.text(value)?.to_owned(),
            skew: node.get("skew").and_then(|skew| self.skew(skew)).unwrap_or_default(),
            children: children.map(Box::new),
            delete: self.truth(node, "delete", false),
        }))
    }

    fn skew(&mut self, node: &Node) -> Option<Skew> {
        let text = self.text(node)?;
        let zipf = || text.strip_prefix("zipf ").and_then(number).filter(|exponent| (0.0..=10.0).contains(exponent));
        let share = || {
            let (share, rows) = text.split_once(" on ")?;
            let rows = units::count(rows).ok().filter(|rows| *rows > 0)?;
            Some(Skew::Share { share: units::share(share).ok()?, rows })
        };
        let uniform = (text == "uniform").then_some(Skew::Uniform);
        let skew = uniform.or_else(|| zipf().map(Skew::Zipf)).or_else(share);
        if skew.is_none() {
            let problem = Problem::at(node.place.clone(), format!("`{text}` is not a skew"));
            self.problem(problem.help("write `zipf 1.1`, `60% on 1` or `uniform`"));
        }
        skew
    }

    fn from(&mut self, node: &Node) -> Option<Values> {
        let text = self.text(node)?;
        let parts = text.split_once('.').filter(|(key, column)| !key.is_empty() && !column.is_empty());
        let Some((key, column)) = parts else {
            let problem = Problem::at(node.place.clone(), format!("`{text}` names no column of another row"));
            self.problem(problem.help("write the foreign key column and the other's column: `account_id.tenant_id`"));
            return None;
        };
        Some(Values::From { key: key.to_owned(), column: column.to_owned() })
    }

    fn choice(&mut self, node: &Node) -> Values {
        let entries = self.named(Some(node));
        let weights = entries.iter().filter_map(|entry| Some((entry, self.number(&entry.value)?))).collect::<Vec<_>>();
        let sum: f64 = weights.iter().map(|(_, weight)| weight).sum();
        if entries.is_empty() || weights.iter().any(|(_, weight)| *weight < 0.0) || sum <= 0.0 {
            let problem = Problem::at(node.place.clone(), "impossible `choice`");
            self.problem(problem.help("weights are not negative, and one at least is above 0"));
        }
        let typed = |text: &str| text == "true" || text == "false" || number(text).is_some();
        let value = |reader: &Self, key: &str, place: &Place| match key == "null" && !reader.is_quoted(place) {
            true => Literal::Null,
            false => literal(key, typed(key) && !reader.is_quoted(place)),
        };
        Values::Choice(weights.iter().map(|(e, weight)| (value(self, &e.key, &e.place), *weight)).collect())
    }

    fn between(&mut self, node: &Node, value: &Node) -> Option<Values> {
        let orders = [("random", Order::Random), ("ascending", Order::Ascending), ("descending", Order::Descending)];
        let order = node.get("order").and_then(|order| self.word(order, &orders)).unwrap_or_default();
        let items = self.list(value);
        let [from, to] = items else {
            self.problem(Problem::at(value.place.clone(), "`between` takes two ends: [2 years ago, now]"));
            return None;
        };
        let (from, to) = (self.bound(from)?, self.bound(to)?);
        if !in_order(from, to) {
            let problem = Problem::at(value.place.clone(), "impossible `between`");
            self.problem(problem.help("both ends are numbers or both moments, the earlier first"));
        }
        Some(Values::Between { from, to, order })
    }

    fn bound(&mut self, node: &Node) -> Option<Bound> {
        let text = self.text(node)?;
        let bound = bound(text);
        if bound.is_none() {
            let problem = Problem::at(node.place.clone(), format!("`{text}` is neither a moment nor a number"));
            self.problem(problem.help("write `now`, `2 years ago`, `3 days from now`, `2024-01-31` or `17`"));
        }
        bound
    }

    fn lengths(&mut self, node: &Node) -> Option<(u32, u32)> {
        let text = self.text(node)?;
        let (least, most) = text.split_once("..").unwrap_or((text, text));
        let length = |text: &str| units::count(text).ok().filter(|length| *length <= MOST_LENGTH);
        let lengths = length(least).zip(length(most)).filter(|(least, most)| least <= most);
        if lengths.is_none() {
            let problem = Problem::at(node.place.clone(), format!("`{text}` is not a range of lengths"));
            self.problem(problem.help("write `5..40`, the smaller first, or one number"));
        }
        lengths.map(|(least, most)| (least as u32, most as u32))
    }

    fn array(&mut self, node: &Node) -> Option<Values> {
        self.form(node, &words::ITEMS, &node.place);
        let of = node.get("of")?;
        let of = Box::new(self.shape(of, &of.place, Use::Element));
        let (least, most) = node.get("length").and_then(|length| self.lengths(length)).unwrap_or((1, 5));
        Some(Values::Array { least, most, of })
    }

    fn lines(&mut self, node: &Node) -> Option<Values> {
        let (path, text) = self.file(node);
        let lines: Vec<String> = text.lines().filter(|line| !line.trim().is_empty()).map(str::to_owned).collect();
        if lines.is_empty() && path.exists() {
            self.problem(Problem::at(node.place.clone(), format!("`{}` has no lines", path.display())));
        }
        (!lines.is_empty()).then(|| Values::Lines(lines.into()))
    }

    fn shape_of_scalar(&mut self, node: &Node) -> Values {
        match &node.content {
            Content::Scalar { text, typed, .. } => Values::Constant(literal(text, *typed)),
            Content::Null => Values::Constant(Literal::Null),
            _ => {
                self.wrong(node, "a constant");
                Values::Constant(Literal::Null)
            }
        }
    }
}

const ZIPF_RULE: &str = "[low, high, exponent]: whole numbers, the lower first, and an exponent of 0 to 10";

fn forms(purpose: Use) -> &'static [&'static Form] {
    match purpose {
        Use::Column => words::COLUMNS,
        Use::Parameter => words::PARAMETERS,
        Use::Element => words::ELEMENTS,
    }
}

fn plain(values: Values) -> Shape {
    Shape { values, nulls: 0.0, unique: false, count: None }
}

/// Whether two ends are of one kind and in order, as far as can be said before `now` is known.
fn in_order(from: Bound, to: Bound) -> bool {
    // A month of 30 days will do: ends so close that it matters are in order by their months alone.
    let micros = |months: i32, micros: i64| i64::from(months) * 30 * 86_400_000_000 + micros;
    match (from, to) {
        (Bound::Number(from), Bound::Number(to)) => from <= to,
        (Bound::Moment(from), Bound::Moment(to)) => from <= to,
        (Bound::FromNow { months: a, micros: b }, Bound::FromNow { months: c, micros: d }) => {
            micros(a, b) <= micros(c, d)
        }
        (Bound::Number(_), _) | (_, Bound::Number(_)) => false,
        _ => true,
    }
}

fn kinds() -> Vec<(&'static str, Kind)> {
    use Kind::{
        City, Company, Country, Email, FirstName, Ip, LastName, Name, Paragraph, Phone, Product, Sentence, Street, Url,
        Username, Word,
    };
    let kinds = [
        Name, FirstName, LastName, Email, Username, Company, City, Country, Street, Phone, Url, Ip, Word, Sentence,
        Paragraph, Product,
    ];
    words::KIND_WORDS.iter().copied().zip(kinds).collect()
}
