//! What an application answered, and whether that is what was expected.

use crate::failure::Failure;
use crate::scenario::HttpExpect;
use serde_json::Value;

/// A whole answer.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
}

impl Answer {
    /// Whether it is what was expected, and if not, what is wrong with it.
    pub(super) fn judge(&self, expect: &HttpExpect) -> Result<(), Failure> {
        let fits = match expect.status {
            Some(status) => self.status == status,
            None => (200..300).contains(&self.status),
        };
        if !fits {
            return Err(Failure::HttpStatus(self.status));
        }
        if expect.json.is_empty() {
            return Ok(());
        }
        let body: Value = serde_json::from_slice(&self.body).map_err(|_| Failure::UnexpectedBody)?;
        let is_there =
            |(pointer, value): &(String, Value)| body.pointer(pointer).is_some_and(|found| alike(found, value));
        match expect.json.iter().all(is_there) {
            true => Ok(()),
            false => Err(Failure::UnexpectedBody),
        }
    }

    /// Its rows, sorted, each as text: the elements of its arrays and its other entries where it is JSON, its lines
    /// otherwise. So of two lists that differ those elements can be shown that only one of them has.
    pub(super) fn rows(&self) -> Vec<String> {
        let mut rows = Vec::new();
        match serde_json::from_slice(&self.body) {
            Ok(json) => entries("", &json, &mut rows),
            Err(_) => rows.extend(String::from_utf8_lossy(&self.body).lines().map(str::to_owned)),
        }
        rows.sort_unstable();
        rows
    }
}

/// JSON has one type of numbers: 10 and 10.0 are the same.
fn alike(found: &Value, expected: &Value) -> bool {
    match (found, expected) {
        (Value::Number(found), Value::Number(expected)) => found == expected || found.as_f64() == expected.as_f64(),
        (Value::Array(found), Value::Array(expected)) => {
            found.len() == expected.len() && found.iter().zip(expected).all(|(found, expected)| alike(found, expected))
        }
        (Value::Object(found), Value::Object(expected)) => {
            found.len() == expected.len()
                && expected.iter().all(|(name, value)| found.get(name).is_some_and(|found| alike(found, value)))
        }
        _ => found == expected,
    }
}

fn entries(name: &str, json: &Value, rows: &mut Vec<String>) {
    let labelled = |text: String| if name.is_empty() { text } else { format!("{name}: {text}") };
    match json {
        Value::Array(items) => rows.extend(items.iter().map(|item| labelled(sorted(item).to_string()))),
        Value::Object(object) => {
            for (key, value) in object {
                let name = if name.is_empty() { key.clone() } else { format!("{name}.{key}") };
                entries(&name, value, rows);
            }
        }
        value => rows.push(labelled(value.to_string())),
    }
}

/// With the keys of its objects in order, for their order means nothing.
fn sorted(json: &Value) -> Value {
    match json {
        Value::Array(items) => items.iter().map(sorted).collect(),
        Value::Object(object) => {
            let mut entries: Vec<_> = object.iter().map(|(key, value)| (key.clone(), sorted(value))).collect();
            entries.sort_by(|(a, _), (b, _)| a.cmp(b));
            Value::Object(entries.into_iter().collect())
        }
        value => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn answer(status: u16, body: &str) -> Answer {
        Answer { status, body: body.as_bytes().to_vec() }
    }

    #[test]
    fn an_answer_is_judged_by_its_status_and_then_by_what_it_holds() {
        let expect = |status, json: &[(&str, Value)]| HttpExpect {
            status,
            json: json.iter().map(|(pointer, value)| ((*pointer).to_owned(), value.clone())).collect(),
        };
        let body = r#"{"count": 2, "items": [{"id": 7, "tags": ["a"]}]}"#;
        let table = [
            (200, expect(None, &[]), Ok(())),
            (204, expect(None, &[]), Ok(())),
            (302, expect(None, &[]), Err(Failure::HttpStatus(302))),
            (302, expect(Some(302), &[]), Ok(())),
            (200, expect(Some(201), &[]), Err(Failure::HttpStatus(200))),
            (200, expect(None, &[("/count", json!(2.0)), ("/items/0", json!({"tags": ["a"], "id": 7}))]), Ok(())),
            (200, expect(None, &[("/count", json!("2"))]), Err(Failure::UnexpectedBody)),
            (200, expect(None, &[("/items/1/id", json!(7))]), Err(Failure::UnexpectedBody)),
            (500, expect(None, &[("/count", json!(2))]), Err(Failure::HttpStatus(500))),
        ];
        for (status, expect, expected) in table {
            assert_eq!(answer(status, body).judge(&expect), expected, "{status} {expect:?}");
        }
        assert_eq!(answer(200, "ok").judge(&expect(None, &[("", json!("ok"))])), Err(Failure::UnexpectedBody));
    }

    #[test]
    fn rows_are_the_elements_of_lists_whatever_their_order_and_that_of_their_keys() {
        let one = answer(200, r#"{"count": 2, "page": {"results": [{"id": 1, "n": "x"}, {"id": 2, "n": "y"}]}}"#);
        let other = answer(200, r#"{"page": {"results": [{"n": "y", "id": 2}, {"n": "x", "id": 1}]}, "count": 2}"#);
        assert_eq!(one.rows(), other.rows());
        assert_eq!(one.rows(), ["count: 2", r#"page.results: {"id":1,"n":"x"}"#, r#"page.results: {"id":2,"n":"y"}"#]);
        assert_eq!(answer(200, "[3, 1]").rows(), ["1", "3"]);
        assert_eq!(answer(200, "<p>\n  one").rows(), ["  one", "<p>"]);
        assert!(answer(200, "").rows().is_empty());
    }
}
