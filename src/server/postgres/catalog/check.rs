//! What a check constraint says of a single column, read from the words in which PostgreSQL prints it.
//!
//! The printed form is regular: every operation in parentheses, `IN` as `= ANY (ARRAY[…])`, `BETWEEN` as two
//! comparisons, casts written out. What is not understood says nothing, and seeding finds out by its trial rows.

use super::expression::{Expression, parse};

/// A limit on a column's values.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Fact {
    /// `x >= 1`
    AtLeast(f64),
    /// `x > 0`
    MoreThan(f64),
    /// `x <= 9`
    AtMost(f64),
    /// `x < 10`
    LessThan(f64),
    /// In characters.
    MinLength(u32),
    /// In characters.
    MaxLength(u32),
    /// One of these.
    Allowed(Vec<String>),
    /// Not NULL.
    NotNull,
}

/// The facts of a definition such as `CHECK ((quantity > 0))`, each with its column.
pub(super) fn facts(definition: &str) -> Vec<(String, Fact)> {
    let expression = definition.strip_prefix("CHECK").and_then(parse);
    expression.map(|expression| of_all(&expression)).unwrap_or_default()
}

/// Each part of a conjunction holds by itself.
fn of_all(expression: &Expression) -> Vec<(String, Fact)> {
    match expression {
        Expression::NotNull(tested) => column(tested).map(|name| (name, Fact::NotNull)).into_iter().collect(),
        Expression::Binary(operator, left, right) => match operator.as_str() {
            "AND" => [of_all(left), of_all(right)].concat(),
            "OR" => of_any(left, right),
            _ => of_comparison(operator, left, right),
        },
        _ => Vec::new(),
    }
}

/// `x = 'a' OR x = 'b'`, or `x IS NULL OR …`, which says the same of all values that are not NULL.
fn of_any(left: &Expression, right: &Expression) -> Vec<(String, Fact)> {
    match (left, right) {
        (Expression::IsNull(_), other) | (other, Expression::IsNull(_)) => of_all(other),
        _ => match (of_all(left).as_slice(), of_all(right).as_slice()) {
            ([(name, Fact::Allowed(some))], [(other, Fact::Allowed(more))]) if name == other => {
                vec![(name.clone(), Fact::Allowed([some.as_slice(), more].concat()))]
            }
            _ => Vec::new(),
        },
    }
}

fn of_comparison(operator: &str, left: &Expression, right: &Expression) -> Vec<(String, Fact)> {
    let named = |name: String, facts: Vec<Fact>| facts.into_iter().map(|fact| (name.clone(), fact)).collect();
    match (column(left), measured(left), flipped(operator)) {
        (Some(name), ..) => named(name, of_values(operator, right).into_iter().collect()),
        (_, Some(name), _) => named(name, of_length(operator, right)),
        // `0 < x`, turned round; with neither a column nor a length on the other side it would turn for ever.
        (.., Some(flipped)) if column(right).or_else(|| measured(right)).is_some() => {
            of_comparison(flipped, right, left)
        }
        _ => Vec::new(),
    }
}

/// The operator that says the same with its sides exchanged.
fn flipped(operator: &str) -> Option<&'static str> {
    Some(match operator {
        "<" => ">",
        "<=" => ">=",
        ">" => "<",
        ">=" => "<=",
        "=" => "=",
        _ => return None,
    })
}

fn of_values(operator: &str, right: &Expression) -> Option<Fact> {
    Some(match (operator, right) {
        ("=", Expression::Literal(value)) => Fact::Allowed(vec![value.clone()]),
        ("=", Expression::Any(list)) => Fact::Allowed(literals(list)?),
        ("<>", Expression::Literal(value)) if value.is_empty() => Fact::MinLength(1),
        (">=", limit) => Fact::AtLeast(number(limit)?),
        (">", limit) => Fact::MoreThan(number(limit)?),
        ("<=", limit) => Fact::AtMost(number(limit)?),
        ("<", limit) => Fact::LessThan(number(limit)?),
        _ => return None,
    })
}

fn of_length(operator: &str, right: &Expression) -> Vec<Fact> {
    let Some(limit) = number(right).map(|limit| limit as u32) else { return Vec::new() };
    match operator {
        "=" => vec![Fact::MinLength(limit), Fact::MaxLength(limit)],
        ">=" => vec![Fact::MinLength(limit)],
        ">" => vec![Fact::MinLength(limit + 1)],
        "<=" => vec![Fact::MaxLength(limit)],
        "<" => vec![Fact::MaxLength(limit.saturating_sub(1))],
        "<>" if limit == 0 => vec![Fact::MinLength(1)],
        _ => Vec::new(),
    }
}

fn column(expression: &Expression) -> Option<String> {
    match expression {
        Expression::Name(name) => Some(name.clone()),
        _ => None,
    }
}

/// The column whose length is taken.
fn measured(expression: &Expression) -> Option<String> {
    match expression {
        Expression::Call(function, arguments)
            if ["length", "char_length", "character_length", "octet_length"].contains(&function.as_str()) =>
        {
            column(arguments.first()?)
        }
        _ => None,
    }
}

fn number(expression: &Expression) -> Option<f64> {
    match expression {
        Expression::Literal(text) => text.parse().ok(),
        _ => None,
    }
}

fn literals(list: &Expression) -> Option<Vec<String>> {
    let Expression::Array(items) = list else { return None };
    let text = |item: &Expression| match item {
        Expression::Literal(text) => Some(text.clone()),
        _ => None,
    };
    items.iter().map(text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_are_read_as_the_server_prints_checks() {
        let allowed = |values: &[&str]| Fact::Allowed(values.iter().map(|value| (*value).to_owned()).collect());
        let cases: &[(&str, &[(&str, Fact)])] = &[
            ("CHECK ((quantity > 0))", &[("quantity", Fact::MoreThan(0.0))]),
            (
                "CHECK (((stars >= 1) AND (stars <= 5))) NOT VALID",
                &[("stars", Fact::AtLeast(1.0)), ("stars", Fact::AtMost(5.0))],
            ),
            ("CHECK ((price >= (0)::numeric))", &[("price", Fact::AtLeast(0.0))]),
            ("CHECK ((latitude >= ('-90'::integer)::double precision))", &[("latitude", Fact::AtLeast(-90.0))]),
            ("CHECK ((0 < quantity))", &[("quantity", Fact::MoreThan(0.0))]),
            ("CHECK (((\"group\" IS NULL) OR (\"group\" < 10)))", &[("group", Fact::LessThan(10.0))]),
            (
                "CHECK ((status = ANY (ARRAY['open'::text, 'it''s paid'::text])))",
                &[("status", allowed(&["open", "it's paid"]))],
            ),
            (
                "CHECK (((status)::text = ANY ((ARRAY['a'::character varying, 'b'::character varying])::text[])))",
                &[("status", allowed(&["a", "b"]))],
            ),
            ("CHECK ((rank = ANY (ARRAY[1, 2, 3])))", &[("rank", allowed(&["1", "2", "3"]))]),
            ("CHECK (((kind = 'a'::bpchar) OR (kind = 'b'::bpchar)))", &[("kind", allowed(&["a", "b"]))]),
            ("CHECK ((length(name) <= 40))", &[("name", Fact::MaxLength(40))]),
            ("CHECK ((char_length((code)::text) = 3))", &[("code", Fact::MinLength(3)), ("code", Fact::MaxLength(3))]),
            ("CHECK ((name <> ''::text))", &[("name", Fact::MinLength(1))]),
            ("CHECK ((memo IS NOT NULL))", &[("memo", Fact::NotNull)]),
            ("CHECK ((VALUE ~ '^[a-z]+$'::text))", &[]),
            ("CHECK ((starts < ends))", &[]),
            ("CHECK (((a > 0) OR (b > 0)))", &[]),
            ("CHECK ((CASE WHEN a THEN (b > 0) ELSE true END))", &[]),
            ("CHECK (", &[]),
        ];
        for (definition, expected) in cases {
            let expected: Vec<(String, Fact)> =
                expected.iter().map(|(name, fact)| ((*name).to_owned(), fact.clone())).collect();
            assert_eq!(facts(definition), expected, "{definition}");
        }
    }
}
