//! A variant's sections laid over the base sections, key by key; nothing is computed.

use super::node::{Content, Entry, Node};

/// Keys of an operation that exclude each other, each with those that only mean something beside it.
const ALTERNATIVES: &[&[(&str, &[&str])]] = &[
    &[("sql", &["expect"]), ("transaction", &[]), ("steps", &[]), ("http", &["headers", "json", "expect", "timeout"])],
    &[("rate", &["stages", "spacing"]), ("clients", &["think"]), ("every", &[]), ("at", &[])],
];

/// Traffic, pools or gauges of a variant over those of the base; a name with nothing behind takes one away.
pub(crate) fn overlay(base: Option<&Node>, own: Option<&Node>) -> Option<Node> {
    let Some(own) = own else { return base.cloned() };
    let nothing = Node { place: own.place.clone(), content: Content::Map(Vec::new()) };
    let mut named = merged(base.unwrap_or(&nothing), own, |_, below, above| {
        let kept = Node { place: below.place.clone(), content: Content::Map(kept(below, above)) };
        one_over(&kept, above)
    });
    if let Content::Map(entries) = &mut named.content {
        entries.retain(|entry| entry.value.content != Content::Null || own.get(&entry.key).is_none());
    }
    Some(named)
}

/// The keys of one thing over those of another, and what is named within a key over the same.
pub(crate) fn one_over(base: &Node, own: &Node) -> Node {
    merged(base, own, |key, below, above| match key {
        // A document is one value: half of an old body would be sent with a new one.
        "json" => above.clone(),
        _ => merged(below, above, |_, _, above| above.clone()),
    })
}

/// Two maps as one, in the order of the lower; what is not a map replaces what is below.
fn merged(below: &Node, above: &Node, both: impl Fn(&str, &Node, &Node) -> Node) -> Node {
    let (Content::Map(lower), Content::Map(upper)) = (&below.content, &above.content) else {
        return above.clone();
    };
    let mut entries: Vec<Entry> = lower.clone();
    for entry in upper {
        match entries.iter_mut().find(|each| each.key == entry.key) {
            Some(each) => *each = Entry { value: both(&entry.key, &each.value, &entry.value), ..entry.clone() },
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
            let displaced = group.iter().filter(|(key, _)| above.get(key).is_none() && below.get(key).is_some());
            gone.extend(displaced.flat_map(|(key, beside)| beside.iter().chain([key])));
        }
    }
    // Requests take no pool, and a variant could not take the base's away.
    if above.get("http").is_some() {
        gone.push("pool");
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
    fn a_request_and_a_statement_replace_each_other_with_all_that_belongs_to_them() {
        let request = "{rate: 1/s, http: GET /, headers: {a: b}, json: {c: 1}, expect: 200, timeout: 1s}";
        assert_eq!(keys(request, "{sql: b}"), ["rate", "sql"]);
        assert_eq!(keys(request, "{steps: [b]}"), ["rate", "steps"]);
        assert_eq!(keys("{rate: 1/s, pool: p, sql: a, expect: rows}", request)[..2], ["rate", "http"]);
        assert_eq!(keys(request, "{http: GET /other}").len(), 6);
    }

    #[test]
    fn a_body_of_json_is_replaced_as_a_whole() {
        let base = Node::read("op: {json: {a: 1}, headers: {x: 1}}").expect("it is YAML");
        let own = Node::read("op: {json: {b: 2}, headers: {y: 2}}").expect("it is YAML");
        let both = overlay(Some(&base), Some(&own)).expect("both are there");
        let lengths =
            ["json", "headers"].map(|key| both.get("op").and_then(|op| op.get(key)).map(|key| key.entries().len()));
        assert_eq!(lengths, [Some(1), Some(2)]);
    }

    #[test]
    fn a_name_with_nothing_behind_takes_one_away() {
        let base = Node::read("a: {sql: a}\nb: {sql: b}").expect("it is YAML");
        let own = Node::read("a:\nc: {sql: c}").expect("it is YAML");
        let both = overlay(Some(&base), Some(&own)).expect("both are there");
        assert_eq!(both.entries().iter().map(|entry| entry.key.as_str()).collect::<Vec<_>>(), ["b", "c"]);
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
