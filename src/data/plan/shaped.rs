//! A shape, met with a type: which values there are and how they are chosen.

use super::super::column::{Column, Nulls};
use super::super::domain::{Domain, codes};
use super::super::hash::{Salt, threshold};
use super::super::moment::{DAY, resolve};
use super::super::permutation::Permutation;
use super::super::shape::{Bound, Kind, Literal, Order, Shape, Values};
use super::super::skew::Alias;
use super::super::source::{Choice, Law, Real, Source};
use super::super::text::Wording;
use super::super::words::Words;
use super::Laws;
use crate::schema::Type;
use crate::value::Value;
use std::sync::Arc;

/// What values are made for.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Target<'a> {
    /// `None` for a parameter, whose type only the server knows.
    pub(super) data_type: Option<&'a Type>,
    pub(super) least: u32,
    pub(super) most: Option<u32>,
    pub(super) bounds: (Option<f64>, Option<f64>),
    /// Rows of the table, for an order among them.
    pub(super) rows: Option<u64>,
}

/// How a column is made, whatever else may be asked of it.
#[derive(Clone, Debug)]
pub(super) struct Made {
    pub(super) domain: Domain,
    pub(super) choice: Choice,
    /// How many values the domain has.
    pub(super) size: u64,
    /// In words.
    pub(super) words: String,
}

/// A column from its shape alone: a parameter, a key of a document, an element of an array, a number of children.
pub(super) fn column(shape: &Shape, target: &Target<'_>, salt: Salt, laws: &Laws) -> Result<Column, String> {
    let mut made = made(&shape.values, target, salt, laws)?;
    if shape.unique {
        made = made.unique(target.rows.unwrap_or(1 << 32), target, salt)?;
    }
    let nulls = (shape.nulls > 0.0).then(|| Nulls { salt: salt.other(1), threshold: threshold(shape.nulls), first: 0 });
    Ok(Column { nulls, source: Arc::new(Source::new(salt, made.size, made.choice)), domain: made.domain })
}

/// What a shape makes of a type.
pub(super) fn made(values: &Values, target: &Target<'_>, salt: Salt, laws: &Laws) -> Result<Made, String> {
    match values {
        Values::Constant(literal) => Ok(Made::some(vec![value(literal)], format!("always {}", written(literal)))),
        Values::Sequence { start, step } => sequence(*start, *step, target),
        Values::Uniform { low, high } => {
            Ok(grid(target, *low, *high, false)?.made(Choice::Uniform, format!("uniform from {low} to {high}")))
        }
        Values::Normal { mean, deviation } => {
            let law = Law::Normal { mean: *mean, deviation: *deviation };
            lawful(law, (law.at(-8.0), law.at(8.0)), target, format!("normal, {mean} ± {deviation}"))
        }
        Values::Lognormal { median, p99 } => {
            if !(*median > 0.0 && p99 >= median) {
                return Err(format!("a lognormal needs 0 < median ≤ p99, not {median} and {p99}"));
            }
            let law = Law::lognormal(*median, *p99);
            lawful(law, (0.0, law.at(8.0)), target, format!("lognormal, median {median}, p99 {p99}"))
        }
        Values::Zipf { low, high, exponent } => zipf(*low, *high, *exponent, target, laws),
        Values::Choice(choices) => choice(choices),
        Values::Between { from, to, order } => between(*from, *to, *order, target, laws),
        Values::Text { least, most } => Ok(letters(*least, *most, target)),
        Values::Kind(kind) => text(*kind, target),
        Values::Uuid => Ok(Made::by_row(Domain::Uuid(salt), "random UUIDs")),
        Values::Json(keys) => document(keys, salt, laws),
        Values::Array { least, most, of } => array(*least, *most, of, target, salt, laws),
        Values::Lines(lines) if lines.is_empty() => Err("the file has no lines".to_owned()),
        Values::Lines(lines) => {
            let (size, words) = (lines.len() as u64, format!("one of {} lines of a file", lines.len()));
            Ok(Made { domain: Domain::Lines(Arc::clone(lines)), choice: Choice::Uniform, size, words })
        }
        Values::Key(_) | Values::From { .. } | Values::NumberWithin(_) | Values::NewKey { .. } => {
            Err("a key is a shape of a column or of a parameter by itself".to_owned())
        }
    }
}

impl Made {
    /// Some values, all equally likely.
    pub(super) fn some(values: Vec<Value<'static>>, words: String) -> Self {
        let size = values.len() as u64;
        Self { domain: Domain::Values(values), choice: Choice::Uniform, size, words }
    }

    /// The row says it all.
    pub(super) fn by_row(domain: Domain, words: &str) -> Self {
        Self { domain, choice: Choice::Row, size: u64::MAX, words: words.to_owned() }
    }

    /// Words of a list.
    pub(super) fn list(words: Words, target: &Target<'_>, name: &str) -> Self {
        let wording = Wording::of(words, target.least, target.most);
        Self { size: wording.size(), domain: Domain::Words(wording), choice: Choice::Uniform, words: name.to_owned() }
    }

    /// Whether no two of so many rows get the same value already.
    pub(super) fn is_unique(&self, rows: u64) -> bool {
        let injective_domain = match &self.domain {
            Domain::Document(_) | Domain::Array { .. } | Domain::After { .. } | Domain::Times => false,
            Domain::Bytes { least, .. } => *least >= 8,
            Domain::Whole { step, .. } => *step != 0,
            _ => true,
        };
        let source = Source::new(Salt::new(0, &[]), self.size, self.choice.clone());
        injective_domain && self.size >= rows && source.is_injective()
    }

    /// The same values, none of them twice.
    pub(super) fn unique(self, rows: u64, target: &Target<'_>, salt: Salt) -> Result<Self, String> {
        if self.is_unique(rows) {
            return Ok(self);
        }
        let salt = salt.other(2);
        let words = format!("{}, each once", self.words);
        match (&self.domain, &self.choice) {
            (Domain::Words(wording), Choice::Uniform) if wording.stays_distinct(rows.saturating_mul(2)) => {
                let size = self.size.max(rows);
                Ok(Self { choice: Choice::Permuted(Permutation::new(size, salt)), size, words, ..self })
            }
            (Domain::Words(_), Choice::Uniform) => {
                let least = target.least.max(1);
                code(least, target.most.unwrap_or(u32::MAX), rows, salt)
            }
            (Domain::Letters { least, most }, _) => code(*least, *most, rows, salt),
            (Domain::Document(_) | Domain::Array { .. } | Domain::After { .. }, _) => {
                Err(format!("{} may come twice", self.words))
            }
            (_, Choice::Uniform) if self.size >= rows => {
                Ok(Self { choice: Choice::Permuted(Permutation::new(self.size, salt)), words, ..self })
            }
            (_, Choice::Uniform) => {
                Err(format!("{rows} different values are needed, and `{}` has {}", self.words, self.size))
            }
            _ => Err(format!("`{}` may give a value twice, and the column must be unique", self.words)),
        }
    }
}

/// Letters and digits of the least width, from 8 on where that is allowed, that has a code for every row and as many
/// again for rows to come.
fn code(least: u32, most: u32, rows: u64, salt: Salt) -> Result<Made, String> {
    let enough = (1..=12).find(|&width| codes(width) >= rows.saturating_mul(2)).unwrap_or(12);
    let width = enough.max(8).max(least).min(most);
    if codes(width) < rows {
        return Err(format!("{rows} different texts are needed, and {width} characters make {}", codes(width)));
    }
    let size = codes(width);
    let words = format!("codes of {width} characters, each once");
    Ok(Made { domain: Domain::Code { width }, choice: Choice::Permuted(Permutation::new(size, salt)), size, words })
}

fn value(literal: &Literal) -> Value<'static> {
    match literal {
        Literal::Null => Value::Null,
        Literal::Bool(value) => Value::Bool(*value),
        Literal::Int(value) => Value::Int(*value),
        Literal::Float(value) => Value::Float(*value),
        Literal::Text(text) => Value::Text(text.clone().into()),
    }
}

fn written(literal: &Literal) -> String {
    match literal {
        Literal::Null => "null".to_owned(),
        Literal::Bool(value) => value.to_string(),
        Literal::Int(value) => value.to_string(),
        Literal::Float(value) => value.to_string(),
        Literal::Text(text) => format!("'{text}'"),
    }
}

fn choice(choices: &[(Literal, f64)]) -> Result<Made, String> {
    let weights: Vec<f64> = choices.iter().map(|(_, weight)| *weight).collect();
    let usable = weights.iter().all(|weight| weight.is_finite() && *weight >= 0.0);
    if !usable || weights.iter().sum::<f64>() <= 0.0 {
        return Err("a choice needs weights of which none is negative and one is positive".to_owned());
    }
    let names: Vec<String> = choices.iter().take(5).map(|(literal, _)| written(literal)).collect();
    let more = if choices.len() > 5 { ", …" } else { "" };
    let words = format!("choice of {}{more}", names.join(", "));
    let mut made = Made::some(choices.iter().map(|(literal, _)| value(literal)).collect(), words);
    if weights.iter().any(|weight| weight.to_bits() != weights[0].to_bits()) {
        made.choice = Choice::Weighted(Alias::new(&weights));
    }
    Ok(made)
}

fn sequence(start: i64, step: i64, target: &Target<'_>) -> Result<Made, String> {
    let last = i128::from(start) + i128::from(step) * i128::from(target.rows.unwrap_or(0).saturating_sub(1));
    let (low, high) = limits(target.data_type);
    if (last as f64) < low || last as f64 > high {
        return Err(format!("a sequence that ends at {last} does not fit the type"));
    }
    let words = if step == 1 { format!("sequence from {start}") } else { format!("sequence from {start} by {step}") };
    Ok(Made::by_row(Domain::Whole { low: start, step }, &words))
}

fn zipf(low: i64, high: i64, exponent: f64, target: &Target<'_>, laws: &Laws) -> Result<Made, String> {
    let (least, most) = limits(target.data_type);
    if high < low || (low as f64) < least || high as f64 > most {
        return Err(format!("no zipf law from {low} to {high} fits the type"));
    }
    let size = high.abs_diff(low).saturating_add(1);
    let choice = Choice::Ranked(laws.zipf(size, exponent));
    Ok(Made {
        domain: Domain::Whole { low, step: 1 },
        choice,
        size,
        words: format!("zipf {exponent} from {low} to {high}"),
    })
}

fn letters(least: u32, most: u32, target: &Target<'_>) -> Made {
    let most = most.min(target.most.unwrap_or(u32::MAX));
    let least = least.max(target.least).min(most);
    let words = format!("{least} to {most} letters");
    Made { domain: Domain::Letters { least, most }, choice: Choice::Uniform, size: u64::MAX, words }
}

pub(super) fn text(kind: Kind, target: &Target<'_>) -> Result<Made, String> {
    match target.data_type {
        None | Some(Type::Text | Type::Other(_)) => {}
        Some(Type::Inet) if kind == Kind::Ip => {}
        Some(other) => return Err(format!("text does not fit type {}", name(other))),
    }
    let wording = Wording::new(kind, target.least, target.most);
    let words = format!("{kind:?}");
    Ok(Made {
        size: wording.size(),
        domain: Domain::Words(wording),
        choice: Choice::Uniform,
        words: lower_words(&words),
    })
}

/// `FirstName` as `first name`.
fn lower_words(name: &str) -> String {
    let mut words = String::new();
    for character in name.chars() {
        if character.is_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.extend(character.to_lowercase());
    }
    words
}

fn document(keys: &[(String, Shape)], salt: Salt, laws: &Laws) -> Result<Made, String> {
    let mut columns = Vec::new();
    for (place, (key, shape)) in keys.iter().enumerate() {
        let made = column(shape, &Target::default(), salt.other(16 + place as u64), laws);
        columns.push((key.clone(), made.map_err(|message| format!("key `{key}`: {message}"))?));
    }
    let names: Vec<&str> = keys.iter().map(|(key, _)| key.as_str()).collect();
    Ok(Made::by_row(Domain::Document(columns), &format!("documents with {}", names.join(", "))))
}

fn array(least: u32, most: u32, of: &Shape, target: &Target<'_>, salt: Salt, laws: &Laws) -> Result<Made, String> {
    let element = match target.data_type {
        None => None,
        Some(Type::Array { of, .. }) => Some(of.as_ref()),
        Some(other) => return Err(format!("an array does not fit type {}", name(other))),
    };
    let made = column(of, &Target { data_type: element, ..Target::default() }, salt.other(16), laws)?;
    let domain = Domain::Array { least, most, of: Box::new(made), salt: salt.other(3) };
    Ok(Made::by_row(domain, &format!("arrays of {least} to {most}")))
}

fn between(from: Bound, to: Bound, order: Order, target: &Target<'_>, laws: &Laws) -> Result<Made, String> {
    let grid = if let (Bound::Number(low), Bound::Number(high)) = (from, to) {
        grid(target, low, high, false)?
    } else {
        let end = |bound| resolve(bound, laws.as_of).ok_or_else(|| "it lies beyond the calendar".to_owned());
        moments(end(from)?, end(to)?, target)?
    };
    let choice = match (order, target.rows) {
        (Order::Random, _) | (_, None | Some(0)) => Choice::Uniform,
        (order, Some(rows)) => Choice::Spread { rows, falling: order == Order::Descending },
    };
    let words = match order {
        Order::Random => format!("between {} and {}", bound(from), bound(to)),
        Order::Ascending => format!("between {} and {}, ascending", bound(from), bound(to)),
        Order::Descending => format!("between {} and {}, descending", bound(from), bound(to)),
    };
    Ok(grid.made(choice, words))
}

fn bound(bound: Bound) -> String {
    match bound {
        Bound::Number(number) => number.to_string(),
        Bound::Moment(micros) => Value::Timestamp(micros).to_string(),
        Bound::FromNow { months: 0, micros: 0 } => "now".to_owned(),
        Bound::FromNow { months, micros } => {
            let months = (months != 0).then(|| format!("{months} months"));
            let rest = (micros != 0).then(|| format!("{} s", micros / 1_000_000));
            format!("now {}", [months, rest].into_iter().flatten().collect::<Vec<_>>().join(" "))
        }
    }
}

fn moments(from: i64, to: i64, target: &Target<'_>) -> Result<Grid, String> {
    if to < from {
        return Err("it ends before it begins".to_owned());
    }
    match target.data_type {
        None | Some(Type::Timestamp { .. } | Type::Text) => Ok(Grid {
            domain: Domain::Moments { from },
            size: to.abs_diff(from).saturating_add(1),
            low: 0.0,
            per_unit: 1.0,
        }),
        Some(Type::Date) => {
            let (from, to) = (from.div_euclid(DAY), to.div_euclid(DAY));
            Ok(Grid {
                domain: Domain::Days { from: from as i32 },
                size: to.abs_diff(from) + 1,
                low: 0.0,
                per_unit: 1.0,
            })
        }
        Some(other) => Err(format!("moments do not fit type {}", name(other))),
    }
}

/// Evenly spaced values of a type.
struct Grid {
    domain: Domain,
    size: u64,
    low: f64,
    per_unit: f64,
}

impl Grid {
    fn made(self, choice: Choice, words: String) -> Made {
        Made { domain: self.domain, choice, size: self.size, words }
    }
}

/// A law's numbers on the grid of the type, cut where the type or a check ends.
fn lawful(law: Law, reach: (f64, f64), target: &Target<'_>, words: String) -> Result<Made, String> {
    let (least, most) = limits(target.data_type);
    let low = reach.0.max(least).max(target.bounds.0.unwrap_or(f64::MIN));
    let high = reach.1.min(most).min(target.bounds.1.unwrap_or(f64::MAX)).max(low);
    let grid = grid(target, low, high, true)?;
    let real = Real { law, low: grid.low, per_unit: grid.per_unit };
    Ok(grid.made(Choice::Real(real), words))
}

/// The numbers of a type from `low` to `high`; `fine` asks for decimals where the type leaves it open.
fn grid(target: &Target<'_>, low: f64, high: f64, fine: bool) -> Result<Grid, String> {
    if !(low.is_finite() && high.is_finite() && low <= high) {
        return Err(format!("there is nothing from {low} to {high}"));
    }
    let (least, most) = limits(target.data_type);
    if low < least || high > most {
        return Err(format!("numbers from {low} to {high} do not fit the type, which ends at {least} and {most}"));
    }
    let whole = low.fract() == 0.0 && high.fract() == 0.0;
    match target.data_type {
        Some(Type::Int2 | Type::Int4 | Type::Int8) => whole_numbers(low, high),
        Some(Type::Float4 | Type::Float8) => {
            let step = (high - low) / f64::from(u32::MAX);
            let per_unit = if step > 0.0 { 1.0 / step } else { 0.0 };
            Ok(Grid { domain: Domain::Real { low, step }, size: 1 << 32, low, per_unit })
        }
        Some(Type::Numeric { precision: Some(_), scale }) => Ok(decimals(low, high, *scale)),
        None | Some(Type::Text | Type::Other(_)) if whole && !fine => whole_numbers(low, high),
        None | Some(Type::Text | Type::Other(_) | Type::Numeric { precision: None, .. }) => Ok(decimals(low, high, 2)),
        Some(other) => Err(format!("numbers do not fit type {}", name(other))),
    }
}

fn whole_numbers(low: f64, high: f64) -> Result<Grid, String> {
    let (from, to) = (low.ceil() as i64, high.floor() as i64);
    if to < from {
        return Err(format!("there is no whole number from {low} to {high}"));
    }
    let size = to.abs_diff(from).saturating_add(1);
    Ok(Grid { domain: Domain::Whole { low: from, step: 1 }, size, low: from as f64, per_unit: 1.0 })
}

fn decimals(low: f64, high: f64, scale: u8) -> Grid {
    let per_unit = 10f64.powi(i32::from(scale));
    let (from, to) = ((low * per_unit).round() as i128, (high * per_unit).round() as i128);
    let size = u64::try_from(to - from).unwrap_or(u64::MAX - 1).saturating_add(1);
    Grid { domain: Domain::Decimal { low: from, scale }, size, low: from as f64 / per_unit, per_unit }
}

/// The least and the greatest number of a type.
pub(super) fn limits(data_type: Option<&Type>) -> (f64, f64) {
    match data_type {
        Some(Type::Int2) => (f64::from(i16::MIN), f64::from(i16::MAX)),
        Some(Type::Int4) => (f64::from(i32::MIN), f64::from(i32::MAX)),
        Some(Type::Int8) => (i64::MIN as f64, i64::MAX as f64),
        Some(Type::Float4) => (f64::from(f32::MIN), f64::from(f32::MAX)),
        Some(Type::Numeric { precision: Some(precision), scale }) => {
            let (whole, unit) = (i32::from(*precision) - i32::from(*scale), 10f64.powi(-i32::from(*scale)));
            (-(10f64.powi(whole) - unit), 10f64.powi(whole) - unit)
        }
        _ => (f64::MIN, f64::MAX),
    }
}

/// A type as a reader would call it.
pub(super) fn name(data_type: &Type) -> String {
    match data_type {
        Type::Other(name) => name.clone(),
        Type::Enum(_) => "enum".to_owned(),
        Type::Array { of, .. } => format!("{}[]", name(of)),
        Type::Numeric { .. } => "numeric".to_owned(),
        Type::Timestamp { .. } => "timestamp".to_owned(),
        Type::Json { .. } => "json".to_owned(),
        other => format!("{other:?}").to_lowercase(),
    }
}
