//! Bars on top of each other, one path for each class: errors over time.

use super::coordinate;
use super::scale::Scale;
use super::thin::Bucket;
use std::collections::BTreeMap;
use std::fmt::Write;

/// Classes with a colour of their own; the rest are drawn as one.
const CLASSES: usize = 4;
/// What the rest is called.
pub(crate) const OTHERS: &str = "others";

/// The classes that are drawn, the most frequent first, then [`OTHERS`] where there are more.
pub(crate) fn classes(buckets: &[Bucket]) -> Vec<String> {
    let mut totals: BTreeMap<&str, f64> = BTreeMap::new();
    for (class, rate) in buckets.iter().flat_map(|bucket| &bucket.errors) {
        *totals.entry(class).or_default() += rate;
    }
    let mut order: Vec<(&str, f64)> = totals.into_iter().collect();
    order.sort_by(|a, b| b.1.total_cmp(&a.1));
    let rest = order.len() > CLASSES;
    let named = order.into_iter().take(CLASSES).map(|(class, _)| class.to_owned());
    named.chain(rest.then(|| OTHERS.to_owned())).collect()
}

/// The rate of a drawn class in a bucket.
pub(crate) fn rate(bucket: &Bucket, class: &str, classes: &[String]) -> f64 {
    if class == OTHERS {
        return bucket.errors.iter().filter(|(each, _)| !classes.contains(each)).map(|(_, rate)| rate).sum();
    }
    bucket.errors.get(class).copied().unwrap_or_default()
}

/// Errors over time; class number n has the CSS class `e n`.
pub(crate) fn bars(buckets: &[Bucket], classes: &[String], scale: Scale) -> String {
    let mut paths = vec![String::new(); classes.len()];
    for bucket in buckets.iter().filter(|bucket| !bucket.errors.is_empty()) {
        let mut below = 0.0;
        for (class, path) in classes.iter().zip(&mut paths) {
            let rate = rate(bucket, class, classes);
            if rate > 0.0 {
                let (bottom, top) = (scale.at(below), scale.at(below + rate));
                let [x, y] = [coordinate(bucket.from, 3), coordinate(bottom, 1)];
                let [right, top] = [coordinate(bucket.to, 3), coordinate(top, 1)];
                write!(path, "M{x} {y}V{top}H{right}V{y}z").expect("a string takes everything");
            }
            below += rate;
        }
    }
    let paths = paths.iter().enumerate().map(|(n, path)| format!("<path class=\"e{n}\" d=\"{path}\"/>"));
    paths.collect::<Vec<_>>().concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bucket(errors: &[(&str, f64)]) -> Bucket {
        let errors = errors.iter().map(|(class, rate)| ((*class).to_owned(), *rate)).collect();
        Bucket { from: 0.0, to: 1.0, errors, ..Bucket::default() }
    }

    #[test]
    fn the_most_frequent_classes_have_names_and_the_rest_are_one() {
        let buckets = [bucket(&[("a", 1.0), ("b", 5.0), ("c", 2.0), ("d", 3.0), ("e", 4.0), ("f", 0.5)])];
        let classes = classes(&buckets);
        assert_eq!(classes, ["b", "e", "d", "c", OTHERS]);
        assert!((rate(&buckets[0], OTHERS, &classes) - 1.5).abs() < 1e-9);
    }

    #[test]
    fn bars_stand_on_each_other() {
        let buckets = [bucket(&[("a", 6.0), ("b", 2.0)])];
        let drawn = bars(&buckets, &classes(&buckets), Scale::from_zero(10.0));
        assert!(drawn.contains("M0 100V40H1V100z"), "{drawn}");
        assert!(drawn.contains("M0 40V20H1V40z"), "{drawn}");
    }
}
