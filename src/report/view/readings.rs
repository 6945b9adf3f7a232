//! The figures behind a timeline, for the script that reads them out under the pointer and draws single operations.

use super::round::Shown;
use super::scales::{Detail, buckets};
use crate::report::chart::bars;
use crate::report::chart::thin::Bucket;
use crate::report::chart::time::Origin;
use crate::report::chart::waits;
use serde::Serialize;
use serde_json::{Number, Value};

/// Columns over the buckets of a timeline.
#[derive(Serialize)]
struct Readings {
    /// The beginning of each bucket and the end of the last, in seconds.
    edges: Vec<Value>,
    /// The most that waited for a lock at once.
    waiting: Vec<u32>,
    /// All traffic, then each operation.
    series: Vec<Series>,
}

/// Response times in milliseconds, rates per second.
#[derive(Serialize)]
struct Series {
    name: String,
    p50: Vec<Value>,
    p99: Vec<Value>,
    max: Vec<Value>,
    due: Vec<Value>,
    done: Vec<Value>,
    /// By class, in the order of the legend.
    errors: Vec<Vec<Value>>,
}

/// JSON that may stand in a script element.
pub(crate) fn readings(
    shown: Shown<'_>,
    names: &[String],
    classes: &[String],
    detail: Detail,
) -> anyhow::Result<String> {
    let all = buckets(shown, &shown.series.all, detail);
    let stretches: Vec<(f64, f64)> = all.iter().map(|bucket| (bucket.from, bucket.to)).collect();
    let operations = names.iter().zip(&shown.series.operations);
    let operations = operations.map(|(name, series)| of(name, &buckets(shown, series, detail), classes));
    let readings = Readings {
        edges: all.iter().map(|bucket| bucket.from).chain(all.last().map(|last| last.to)).map(moment).collect(),
        waiting: waits::at_once(&shown.series.waits, &stretches, Origin::of(shown.round)),
        series: std::iter::once(of("all traffic", &all, classes)).chain(operations).collect(),
    };
    json(&readings)
}

fn of(name: &str, buckets: &[Bucket], classes: &[String]) -> Series {
    let point =
        |n: usize| buckets.iter().map(|bucket| bucket.response.map_or(Value::Null, |r| brief(r[n] * 1e3))).collect();
    let errors = |class: &String| {
        let rates: Vec<Value> = buckets.iter().map(|bucket| brief(bars::rate(bucket, class, classes))).collect();
        // A class that an operation never met is left empty: most meet none.
        if rates.iter().all(|rate| rate.as_f64() == Some(0.0)) { Vec::new() } else { rates }
    };
    Series {
        name: name.to_owned(),
        p50: point(0),
        p99: point(1),
        max: point(2),
        due: buckets.iter().map(|bucket| brief(bucket.due)).collect(),
        done: buckets.iter().map(|bucket| brief(bucket.succeeded)).collect(),
        errors: classes.iter().map(errors).collect(),
    }
}

/// Three significant digits.
fn brief(value: f64) -> Value {
    let places = match value.abs() {
        v if v >= 100.0 => 0,
        v if v >= 10.0 => 1,
        v if v >= 1.0 => 2,
        _ => 3,
    };
    let power = 10_f64.powi(places);
    let rounded = (value * power).round() / power;
    match rounded.fract() == 0.0 {
        true => Value::from(rounded as i64),
        false => Number::from_f64(rounded).map_or(Value::Null, Value::Number),
    }
}

/// Inside a script element only `<` can end what it begins.
fn json(value: &impl Serialize) -> anyhow::Result<String> {
    Ok(serde_json::to_string(value)?.replace('<', "\\u003c"))
}

/// Milliseconds are as fine as a screen can show.
fn moment(seconds: f64) -> Value {
    Number::from_f64((seconds * 1e3).round() / 1e3).map_or(Value::Null, Value::Number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_script_element_can_end_it() {
        let text = json(&"</script><!--").expect("a string is JSON");
        assert_eq!(text, "\"\\u003c/script>\\u003c!--\"");
        assert_eq!(serde_json::from_str::<String>(&text).expect("it is still JSON"), "</script><!--");
    }

    #[test]
    fn figures_carry_three_digits() {
        let written: Vec<String> =
            [1234.56, 12.345, 1.2345, 0.012_345, 0.0].map(|value| brief(value).to_string()).to_vec();
        assert_eq!(written, ["1235", "12.3", "1.23", "0.012", "0"]);
    }
}
