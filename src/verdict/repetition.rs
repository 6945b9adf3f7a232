//! N+1 in a sentence.

use crate::cost::OperationCost;
use crate::units::thousands;

/// As much of a statement as a sentence bears, in characters.
const LONGEST: usize = 80;

/// Says which statement an operation executes in a loop, how often, and what share of its time that takes.
#[must_use]
pub fn repetition(operation: &str, cost: &OperationCost) -> Option<String> {
    let repeated = cost.repeated()?;
    let times = thousands(repeated.calls.round() as u64);
    let share = match (repeated.share * 100.0).round() as u64 {
        0 => "less than 1".to_owned(),
        percent => percent.to_string(),
    };
    Some(format!("`{operation}` runs `{}` {times} times: {share} % of its time", brief(&repeated.text)))
}

/// A statement on one short line; of a long one that which tells it apart: its tables and its condition.
fn brief(sql: &str) -> String {
    let line = sql.split_whitespace().collect::<Vec<_>>().join(" ");
    let candidates = [Some(line.clone()), behind(&line, "from", Which::First), behind(&line, "where", Which::Last)];
    let [whole, tables, condition] = candidates;
    let all = [&whole, &tables, &condition];
    let fits = all.into_iter().flatten().find(|text| text.chars().count() <= LONGEST);
    let shortest = fits.or(condition.as_ref()).or(tables.as_ref()).unwrap_or(&line);
    match shortest.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{} …", shortest[..end].trim_end()),
        None => shortest.clone(),
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Which {
    First,
    Last,
}

/// The first word, and the statement from a key word on that stands in no brackets.
fn behind(line: &str, word: &str, which: Which) -> Option<String> {
    let mut depth = 0;
    let mut places = line.split(' ').scan(0, |next, part| {
        let (at, within) = (*next, depth);
        *next += part.len() + 1;
        depth += part.matches('(').count();
        depth = depth.saturating_sub(part.matches(')').count());
        Some((at, within, part))
    });
    let mut is_place = |(at, within, part): (usize, usize, &str)| {
        (within == 0 && at > 0 && part.eq_ignore_ascii_case(word)).then_some(at)
    };
    let at = match which {
        Which::First => places.find_map(&mut is_place),
        Which::Last => places.filter_map(&mut is_place).last(),
    }?;
    let first = line.split(' ').next()?;
    Some(format!("{first} … {}", &line[at..]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cost::StatementCost;

    fn cost(text: &str, calls: f64, share: f64) -> OperationCost {
        let statement = StatementCost { text: text.to_owned(), calls, share, ..StatementCost::default() };
        OperationCost { by_statement: vec![statement], ..OperationCost::default() }
    }

    #[test]
    fn a_loop_is_told_with_its_statement_its_count_and_its_share() {
        let text = "SELECT count(*), sum(amount)\n  FROM invoices WHERE subscription_id = $1";
        let expected = "`summary` runs `SELECT count(*), sum(amount) FROM invoices WHERE subscription_id = $1` \
                        1,200 times: 96 % of its time";
        assert_eq!(repetition("summary", &cost(text, 1200.0, 0.961)).as_deref(), Some(expected));
        let told = repetition("summary", &cost("SELECT 1", 12.0, 0.001));
        assert_eq!(told.as_deref(), Some("`summary` runs `SELECT 1` 12 times: less than 1 % of its time"));
    }

    #[test]
    fn two_statements_are_no_loop() {
        assert_eq!(repetition("summary", &cost("SELECT 1", 2.0, 0.9)), None);
        assert_eq!(repetition("summary", &OperationCost::default()), None);
    }

    #[test]
    fn of_a_long_statement_its_tables_and_its_condition_are_left() {
        let columns = "\"invoices\".\"id\", (SELECT max(a) FROM b WHERE c = d), ".repeat(9);
        for (text, expected) in [
            (
                format!("SELECT {columns}1 FROM \"invoices\" WHERE \"invoices\".\"owner\" = $1"),
                "SELECT … FROM \"invoices\" WHERE \"invoices\".\"owner\" = $1".to_owned(),
            ),
            (
                format!("SELECT 1 from a{} WHERE a.id = $1", " JOIN b ON b.a = a.id".repeat(9)),
                "SELECT … WHERE a.id = $1".to_owned(),
            ),
            (format!("SELECT {}", "x".repeat(200)), format!("SELECT {} …", "x".repeat(73))),
            (format!("SELECT 'é' FROM t WHERE {}", "é".repeat(200)), format!("SELECT … WHERE {} …", "é".repeat(65))),
        ] {
            assert_eq!(brief(&text), expected);
        }
    }
}
