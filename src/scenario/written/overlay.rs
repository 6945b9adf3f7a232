//! A variant's sections laid over the base sections, key by key; nothing is computed.

use super::node::{Content, Entry, Node};

/// Keys of an operation that exclude each other, each with those that only mean something beside it.
const ALTERNATIVES: &[&[(&str, &[&str])]] = &[
    &[("sql", &["expect"]), ("transaction", &[]), ("steps", &[])],
    &[("rate", &["stages", "spacing"]), ("clients", &["think"]), ("every", &[]), ("at", &[])],
];

/// Traffic, pools or gauges of a variant over those of the base.
pub(crate) fn overlay(base: Option<&Node>, own: Option<&Node>) -> Option<Node> {
    let (Some(base), Some(own)) = (base, own) else {
        return base.or(own).cloned();
    };
    let named = merged(base, own, |below, above| {
        let kept = Node { place: below.place.clone(), content: Content::Map(kept(below, above)) };
        merged(&kept, above, |below, above| merged(below, above, |_, above| above.clone()))
    });
    Some(named)
}

/// Two maps as one, in the order of the lower; what is not a map replaces what is below.
fn merged(below: &Node, above: &Node, both: impl Fn(&Node, &Node) -> Node) -> Node {
    let (Content::Map(lower), Content::Map(upper)) = (&below.content, &above.content) else {
        return above.clone();
    };
    let mut entries: Vec<Entry> = lower.clone();
    for entry in upper {
        match entries.iter_mut().find(|each| each.key == entry.key) {
            Some(each) => *each = Entry { value: both(&each.value, &entry.value), ..entry.clone() },
            None => entries.push(entry.clone()),
        }
    }
    Node { place: above.place.clone(), content: Content::Map(entries) }
}

/// The entries below that no alternative above displaces.
fn kept(below: &Node, above: &Node) -> Vec<Entry> {
    let mut gone: Vec<&str> = Vec::new();
    for group in ALTERNATIVES {
        if group.iter().any(|(key, _)| above.get(key).is_some()) {
            let displaced = group.iter().filter(|(key, _)| above.get(key).is_none());
            gone.extend(displaced.flat_map(|(key, beside)| beside.iter().chain([key])));
        }
    }
    below.entries().iter().filter(|entry| !gone.contains(&entry.key.as_str())).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The keys of an operation after laying `own` over `base`.
    fn keys(base: &str, own: &str) -> Vec<String> {
        let [base, own] = [base, own].map(|text| Node::read(&format!("op: {text}")).expect("it is YAML"));
        let both = overlay(Some(&base), Some(&own)).expect("both are there");
        both.get("op").expect("it stays").entries().iter().map(|entry| entry.key.clone()).collect()
    }

    #[test]
    fn a_body_replaces_a_body_of_another_kind() {
        assert_eq!(keys("{rate: 1/s, sql: a, expect: rows}", "{transaction: [b]}"), ["rate", "transaction"]);
        assert_eq!(keys("{rate: 1/s, sql: a, expect: rows}", "{sql: b}"), ["rate", "sql", "expect"]);
    }

    #[test]
    fn arrivals_replace_arrivals_of_another_kind() {
        assert_eq!(keys("{clients: 8, think: 1s, sql: a}", "{rate: 5/s}"), ["sql", "rate"]);
        assert_eq!(keys("{clients: 8, think: 1s, sql: a}", "{clients: 9}"), ["clients", "think", "sql"]);
    }

    #[test]
    fn parameters_are_laid_over_one_by_one() {
        let base = Node::read("op: {parameters: {a: {key: t}, b: 1}}").expect("it is YAML");
        let own = Node::read("op: {parameters: {a: 2}}").expect("it is YAML");
        let both = overlay(Some(&base), Some(&own)).expect("both are there");
        let parameters = both.get("op").and_then(|op| op.get("parameters")).expect("they stay");
        assert_eq!(parameters.entries().len(), 2);
        assert!(
            matches!(&parameters.get("a").expect("it is laid over").content, Content::Scalar { text, .. } if text == "2")
        );
    }

    #[test]
    fn what_only_one_side_has_stays() {
        let only = Node::read("op: {sql: a}").expect("it is YAML");
        assert_eq!(overlay(Some(&only), None), Some(only.clone()));
        assert_eq!(overlay(None, Some(&only)), Some(only));
        assert_eq!(overlay(None, None), None);
    }
}
