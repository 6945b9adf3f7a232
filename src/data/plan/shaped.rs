//! A shape, met with a type: which values there are and how they are chosen.

use super::super::column::{Column, Nulls};
use super::super::domain::Domain;
use super::super::hash::{Salt, threshold};
use super::super::shape::{Kind, Literal, Shape, Values};
use super::super::skew::Alias;
use super::super::source::{Choice, Law, Source};
use super::super::text::Wording;
use super::super::words::Words;
use super::Laws;
use super::numbers::{between, grid, lawful, sequence, zipf};
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
