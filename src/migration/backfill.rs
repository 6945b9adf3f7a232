//! The SQL of a batched UPDATE: ranges of the primary key, one after the other.
//!
//! The walk reads the key alone and ignores the filter, so a batch is about so many rows of the table, and the whole
//! takes one pass over the index however few rows are left to change.

use crate::scenario::Backfill;
use crate::server::postgres::facts::PrimaryKey;

/// A key as text, column by column.
pub(super) type Key = Vec<String>;

/// Asks for the key that ends the batch behind `last`; no answer where fewer rows are left.
pub(super) fn range_end(key: &PrimaryKey, backfill: &Backfill, last: Option<&Key>) -> String {
    // By a name of the table: alone, a column's name would mean the text that is selected, in another order.
    let columns: Vec<String> = key.columns.iter().map(|(column, _)| format!("walked.{column}")).collect();
    let texts: Vec<String> = columns.iter().map(|column| format!("{column}::text")).collect();
    let behind = last.map(|last| format!(" WHERE {}", compared(key, ">", last))).unwrap_or_default();
    format!(
        "SELECT {} FROM {} AS walked{behind} ORDER BY {} OFFSET {} LIMIT 1",
        texts.join(", "),
        key.table,
        columns.join(", "),
        backfill.batch.saturating_sub(1)
    )
}

/// Changes what lies behind `last` up to `end`.
pub(super) fn update(key: &PrimaryKey, backfill: &Backfill, last: Option<&Key>, end: Option<&Key>) -> String {
    let behind = last.map(|last| compared(key, ">", last));
    let up_to = end.map(|end| compared(key, "<=", end));
    let filter = backfill.filter.as_ref().map(|filter| format!("({filter})"));
    let conditions: Vec<String> = [behind, up_to, filter].into_iter().flatten().collect();
    let condition = match conditions.is_empty() {
        true => String::new(),
        false => format!(" WHERE {}", conditions.join(" AND ")),
    };
    format!("UPDATE {} SET {}{condition}", key.table, backfill.set)
}

fn compared(key: &PrimaryKey, sign: &str, with: &Key) -> String {
    let literal =
        |(text, (_, data_type)): (&String, &(String, String))| format!("'{}'::{data_type}", text.replace('\'', "''"));
    let columns: Vec<&str> = key.columns.iter().map(|(column, _)| column.as_str()).collect();
    let literals: Vec<String> = with.iter().zip(&key.columns).map(literal).collect();
    format!("({}) {sign} ({})", columns.join(", "), literals.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::DurationRange;
    use std::time::Duration;

    fn backfill(filter: Option<&str>) -> Backfill {
        let pause = DurationRange { least: Duration::ZERO, most: Duration::ZERO };
        Backfill { table: "t".into(), set: "memo = ''".into(), filter: filter.map(str::to_owned), batch: 100, pause }
    }

    #[test]
    fn batches_follow_each_other_along_the_key() {
        let columns = vec![("tenant".to_owned(), "integer".to_owned()), ("\"No\"".to_owned(), "text".to_owned())];
        let key = PrimaryKey { table: "public.t".into(), columns };
        let last = vec!["7".to_owned(), "o'clock".to_owned()];
        let end = vec!["9".to_owned(), "a".to_owned()];
        let backfill = backfill(Some("memo IS NULL OR memo = 'x'"));
        assert_eq!(
            range_end(&key, &backfill, Some(&last)),
            "SELECT walked.tenant::text, walked.\"No\"::text FROM public.t AS walked \
             WHERE (tenant, \"No\") > ('7'::integer, 'o''clock'::text) \
             ORDER BY walked.tenant, walked.\"No\" OFFSET 99 LIMIT 1"
        );
        assert_eq!(
            update(&key, &backfill, Some(&last), Some(&end)),
            "UPDATE public.t SET memo = '' WHERE (tenant, \"No\") > ('7'::integer, 'o''clock'::text) \
             AND (tenant, \"No\") <= ('9'::integer, 'a'::text) AND (memo IS NULL OR memo = 'x')"
        );
    }

    #[test]
    fn a_table_smaller_than_a_batch_is_changed_at_once() {
        let key = PrimaryKey { table: "public.t".into(), columns: vec![("id".to_owned(), "uuid".to_owned())] };
        assert_eq!(update(&key, &backfill(None), None, None), "UPDATE public.t SET memo = ''");
    }
}
