//! Whether all variants answer alike before there is any traffic: `same_result`.

use crate::result::SAME_RESULT;
use crate::result::model::{Judgement, Verdict};
use crate::server::postgres::ServerError;
use crate::traffic::Rows;
use crate::units::thousands;
use crate::verdict::threshold::Subject;

/// Rows that are shown of a difference, from each side.
const SHOWN: usize = 3;
/// Characters that are shown of a row.
const WIDTH: usize = 100;

/// What was answered, or what the server said instead.
pub(super) type Answers = Result<Vec<Rows>, ServerError>;

/// The answers that all others must be like: those that came first.
#[derive(Debug, Default)]
pub(super) struct First(Option<(String, Vec<Rows>)>);

impl First {
    /// Holds the answers of a variant against the first ones.
    pub(super) fn judge(&mut self, operation: &str, variant: &str, answers: Answers) -> Judgement {
        let judgement = |limit: &str, found, verdict, reason| Judgement {
            subject: Subject::Operation(operation.to_owned()),
            limit: limit.to_owned(),
            word: SAME_RESULT.to_owned(),
            found,
            verdict,
            reason,
            margin: None,
            anchor: "operations".to_owned(),
        };
        let answers = match answers {
            Ok(answers) => answers,
            Err(error) => return judgement("same result", "an error".to_owned(), Verdict::Fail, Some(error.message)),
        };
        let (whose, first) = self.0.get_or_insert_with(|| (variant.to_owned(), answers.clone()));
        let limit = if whose == variant { "same result".to_owned() } else { format!("same result as {whose}") };
        let rows: usize = answers.iter().map(Vec::len).sum();
        let found = format!("{} rows in {} answers", thousands(rows as u64), answers.len());
        match difference(first, &answers, whose) {
            Some(difference) => judgement(&limit, found, Verdict::Fail, Some(difference)),
            None if rows == 0 => {
                let reason = "no answer has a row, so there is nothing to compare".to_owned();
                judgement(&limit, found, Verdict::NotJudged, Some(reason))
            }
            None => judgement(&limit, found, Verdict::Pass, None),
        }
    }
}

/// The first answer that differs, by the first rows that only one side has.
fn difference(first: &[Rows], second: &[Rows], whose: &str) -> Option<String> {
    let pairs = first.iter().zip(second).zip(1..);
    let ((first, second), number) = { pairs }.find(|((first, second), _)| first != second)?;
    let (missing, added) = (without(first, second), without(second, first));
    let sides = [("only here", added), (&*format!("only in {whose}"), missing)].map(|(side, rows)| match rows.len() {
        0 => String::new(),
        count => format!("; {} {side}, such as {}", thousands(count as u64), shown(&rows)),
    });
    Some(format!("answer {number} differs{}", sides.concat()))
}

/// The rows of one answer that another does not have, both being sorted; one that comes twice has to be there twice.
fn without<'a>(rows: &'a [String], others: &[String]) -> Vec<&'a str> {
    let mut others = others.iter().peekable();
    let is_missing = |row: &&String| {
        while others.next_if(|other| other < row).is_some() {}
        others.next_if_eq(row).is_none()
    };
    rows.iter().filter(is_missing).map(String::as_str).collect()
}

fn shown(rows: &[&str]) -> String {
    let short = |row: &&str| match row.char_indices().nth(WIDTH) {
        Some((end, _)) => format!("({}…)", &row[..end]),
        None => format!("({row})"),
    };
    rows.iter().take(SHOWN).map(short).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(rows: &[&str]) -> Rows {
        rows.iter().map(|row| (*row).to_owned()).collect()
    }

    #[test]
    fn a_difference_is_told_by_the_rows_that_only_one_side_has() {
        let mut first = First::default();
        let mut judge = |variant, answer: &[&str]| first.judge("list", variant, Ok(vec![rows(&["x"]), rows(answer)]));
        let live = judge("live", &["1 | a", "1 | a", "2 | b"]);
        assert_eq!((live.limit.as_str(), live.verdict), ("same result", Verdict::Pass));
        assert_eq!(live.found, "4 rows in 2 answers");
        assert_eq!(judge("copy", &["1 | a", "1 | a", "2 | b"]).verdict, Verdict::Pass);
        let view = judge("view", &["1 | a", "2 | b", "3 | c"]);
        assert_eq!((view.limit.as_str(), view.verdict), ("same result as live", Verdict::Fail));
        let expected = "answer 2 differs; 1 only here, such as (3 | c); 1 only in live, such as (1 | a)";
        assert_eq!(view.reason.as_deref(), Some(expected));
    }

    #[test]
    fn answers_without_rows_prove_nothing() {
        let judgement = First::default().judge("list", "live", Ok(vec![rows(&[])]));
        assert_eq!(judgement.verdict, Verdict::NotJudged);
    }

    #[test]
    fn an_answer_that_is_refused_is_a_failure_and_no_measure_for_others() {
        let mut first = First::default();
        let refused = first.judge("list", "live", Err(ServerError::bad_value("no such table".to_owned())));
        assert_eq!((refused.verdict, refused.reason.as_deref()), (Verdict::Fail, Some("no such table")));
        assert_eq!(first.judge("list", "view", Ok(vec![rows(&["1"])])).verdict, Verdict::Pass);
    }
}
