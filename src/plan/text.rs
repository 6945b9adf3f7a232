//! A plan as lines that a person reads, and as the shape that two plans are compared by.

use super::node::{Explained, Loops, Node, Spilled};
use crate::units::{bytes, human, thousands};
use std::time::Duration;

/// Lines that are kept; a plan over a thousand partitions says the same thing a thousand times.
const MOST_LINES: usize = 120;
/// Characters that are kept of a line: a filter may hold a list of ten thousand numbers.
const WIDEST: usize = 240;
/// Characters that are kept of a shape.
const LONGEST_SHAPE: usize = 4000;

/// A line for each node, in the order and with the indentation of EXPLAIN's own text.
pub(super) fn text(explained: &Explained) -> String {
    let mut lines = Vec::new();
    node(&explained.root, 0, &mut lines);
    for trigger in &explained.triggers {
        let ms = human(milliseconds(trigger.ms));
        lines.push(format!("Trigger {}: {} calls, {ms}", trigger.name, thousands(trigger.calls)));
    }
    if lines.len() > MOST_LINES {
        let left = lines.len() - MOST_LINES;
        lines.truncate(MOST_LINES);
        lines.push(format!("… and {} more lines", thousands(left as u64)));
    }
    lines.iter().map(|line| cut(line, WIDEST)).collect::<Vec<_>>().join("\n")
}

/// Kinds, tables and indexes, nested as the nodes are.
pub(super) fn shape(root: &Node) -> String {
    let mut shape = String::new();
    push_shape(root, &mut shape);
    cut(&shape, LONGEST_SHAPE)
}

fn push_shape(node: &Node, out: &mut String) {
    out.push_str(&title(node));
    let mut open = '(';
    for child in &node.children {
        out.push(open);
        push_shape(child, out);
        open = ',';
    }
    if !node.children.is_empty() {
        out.push(')');
    }
}

/// `Index Scan on orders using orders_pkey`
fn title(node: &Node) -> String {
    let relation = node.relation.as_deref().map(|name| format!(" on {name}")).unwrap_or_default();
    let index = node.index.as_deref().map(|name| format!(" using {name}")).unwrap_or_default();
    format!("{}{relation}{index}", node.kind)
}

fn node(node: &Node, depth: usize, lines: &mut Vec<String>) {
    let indent = match depth {
        0 => String::new(),
        depth => format!("{}->  ", "      ".repeat(depth - 1) + "  "),
    };
    let name = node.subquery.as_deref().map(|name| format!("{name}: ")).unwrap_or_default();
    lines.push(format!("{indent}{name}{}  ({})", title(node), figures(node)));
    let within = " ".repeat(indent.len() + 2);
    lines.extend(node.conditions.iter().map(|(name, condition)| format!("{within}{name}: {condition}")));
    if let Some(loops) = &node.loops {
        lines.extend(remarks(loops).into_iter().map(|remark| format!("{within}{remark}")));
    }
    if let Some((planned, launched)) = node.workers {
        lines.push(format!("{within}Workers: {planned} planned, {launched} launched"));
    }
    for child in &node.children {
        self::node(child, depth + 1, lines);
    }
}

fn figures(node: &Node) -> String {
    let expected = format!("{} expected", rows(node.expected));
    let Some(loops) = &node.loops else { return expected };
    if loops.count == 0.0 {
        return format!("{expected}, never executed");
    }
    let times = if loops.count > 1.0 { format!(" × {} loops", rows(loops.count)) } else { String::new() };
    format!(
        "{} rows{times}, {expected}, {}{times}, {} hit, {} read",
        rows(loops.rows),
        human(milliseconds(loops.ms)),
        thousands(loops.hit),
        thousands(loops.read)
    )
}

fn remarks(loops: &Loops) -> Vec<String> {
    let removed = (loops.removed > 0.0).then(|| format!("Rows removed by filter: {}", rows(loops.removed)));
    let unmatched = (loops.unmatched > 0.0).then(|| format!("Rows removed by join filter: {}", rows(loops.unmatched)));
    let spilled = loops.spilled.map(|spilled| match spilled {
        Spilled::Sort(size) | Spilled::Groups(size) => format!("Disk: {}", bytes(size)),
        Spilled::Batches(count) => format!("Batches: {count}"),
    });
    let lossy = (loops.lossy > 0).then(|| format!("Lossy blocks: {}", thousands(loops.lossy)));
    [removed, unmatched, spilled, lossy].into_iter().flatten().collect()
}

/// A number of rows; averages over loops have fractions, which matter where they are small.
pub(super) fn rows(count: f64) -> String {
    match count {
        count if count >= 10.0 || count.fract() == 0.0 => thousands(count.round() as u64),
        count => format!("{count:.1}"),
    }
}

pub(super) fn milliseconds(ms: f64) -> Duration {
    Duration::try_from_secs_f64(ms / 1e3).unwrap_or_default()
}

fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan() -> Explained {
        let scan = Node {
            kind: "Seq Scan".to_owned(),
            relation: Some("orders".to_owned()),
            conditions: vec![("Filter".to_owned(), "(total > '5'::numeric)".to_owned())],
            expected: 900.0,
            loops: Some(Loops {
                count: 1.0,
                rows: 1000.0,
                removed: 99_000.0,
                ms: 12.5,
                hit: 700,
                read: 41,
                ..Loops::default()
            }),
            ..Node::default()
        };
        let lookup = Node {
            kind: "Index Scan".to_owned(),
            relation: Some("users".to_owned()),
            index: Some("users_pkey".to_owned()),
            expected: 1.0,
            loops: Some(Loops { count: 1000.0, rows: 1.0, ms: 0.002, hit: 3000, ..Loops::default() }),
            ..Node::default()
        };
        let join = Node {
            kind: "Nested Loop".to_owned(),
            expected: 900.0,
            loops: Some(Loops { count: 1.0, rows: 1000.0, ms: 15.0, hit: 3700, read: 41, ..Loops::default() }),
            children: vec![scan, lookup],
            ..Node::default()
        };
        Explained { root: join, ms: 15.1, ..Explained::default() }
    }

    #[test]
    fn a_plan_reads_like_the_servers_own_text() {
        let expected = "\
Nested Loop  (1,000 rows, 900 expected, 15 ms, 3,700 hit, 41 read)
  ->  Seq Scan on orders  (1,000 rows, 900 expected, 12.5 ms, 700 hit, 41 read)
        Filter: (total > '5'::numeric)
        Rows removed by filter: 99,000
  ->  Index Scan on users using users_pkey  (1 rows × 1,000 loops, 1 expected, 2 µs × 1,000 loops, 3,000 hit, 0 read)";
        assert_eq!(text(&plan()), expected);
    }

    #[test]
    fn a_shape_has_no_figures() {
        assert_eq!(shape(&plan().root), "Nested Loop(Seq Scan on orders,Index Scan on users using users_pkey)");
    }

    #[test]
    fn neither_a_thousand_nodes_nor_an_endless_filter_make_an_endless_text() {
        let mut root = plan().root;
        root.children[0].conditions[0].1 = "x".repeat(1_000_000);
        root.children = vec![root.children[0].clone(); 1000];
        let text = text(&Explained { root: root.clone(), ..Explained::default() });
        assert!(text.chars().count() <= (MOST_LINES + 1) * (WIDEST + 2), "{}", text.len());
        assert!(text.ends_with(" more lines"));
        assert!(shape(&root).chars().count() <= LONGEST_SHAPE + 1);
    }
}
