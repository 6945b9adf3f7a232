//! What matters in a plan, in plain words.
//!
//! A figure of a node is a mean over its loops, and of a node that several processes share a mean over these: what is
//! told is always the whole.

use super::node::{Explained, Extent, Loops, Node, Spilled};
use super::text::{milliseconds, rows};
use crate::units::{bytes, human, thousands};

/// A scan of fewer rows is nothing, whatever becomes of them.
const FEW: f64 = 1000.0;
/// A scan of so many is worth a word even if all of them are needed.
const MANY: f64 = 10_000.0;
/// Of rows that an index gives, fewer thrown away are nothing.
const THROWN_AWAY: f64 = 100.0;
/// Who throws away so many times what it keeps has the wrong way to its rows.
const OUT_OF_PROPORTION: f64 = 9.0;
/// An estimate is told of when it is off by more than this,
const OFF: f64 = 10.0;
/// and when at least so many rows were expected or found.
const WORTH_ESTIMATING: f64 = 100.0;
/// A subquery that is executed so often is a loop.
const LOOP: f64 = 100.0;
/// Triggers and compiling are told of from this share of the time on.
const SHARE: f64 = 0.25;
/// So many findings are told.
const MOST: usize = 12;

/// What a finding is about, the gravest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Gravity {
    ScanForFew,
    Trigger,
    Subquery,
    Spilled,
    Removed,
    Misestimate,
    Lossy,
    Compiling,
    Workers,
    Scan,
    Index,
}

/// One finding; among those of a kind the larger figure comes first.
struct Finding {
    gravity: Gravity,
    size: f64,
    words: String,
}

/// All findings of a plan, the gravest first.
pub(super) fn findings(explained: &Explained) -> Vec<String> {
    let mut found = Found::default();
    found.node(&explained.root, Extent::Whole);
    found.triggers(explained);
    found.compiling(explained);
    let mut findings = found.0;
    findings.sort_by(|a, b| a.gravity.cmp(&b.gravity).then(b.size.total_cmp(&a.size)));
    let mut words: Vec<String> = Vec::new();
    for finding in findings {
        // A partition or a subquery may say the same again.
        if !words.contains(&finding.words) {
            words.push(finding.words);
        }
    }
    if words.len() > MOST {
        let left = words.len() - MOST;
        words.truncate(MOST);
        words.push(format!("and {} more of the kind", thousands(left as u64)));
    }
    words
}

#[derive(Default)]
struct Found(Vec<Finding>);

impl Found {
    fn add(&mut self, gravity: Gravity, size: f64, words: String) {
        self.0.push(Finding { gravity, size, words });
    }

    /// Says whether an estimate below or at the node is off: errors grow upwards, and only their origin is told.
    fn node(&mut self, node: &Node, extent: Extent) -> bool {
        let children = node.extents(extent);
        let misled = children.fold(false, |misled, (child, extent)| self.node(child, extent) | misled);
        if let Some(index) = &node.index {
            let of = node.relation.as_ref().map(|table| format!(" of `{table}`")).unwrap_or_default();
            self.add(Gravity::Index, node.expected, format!("uses index `{index}`{of}"));
        }
        let Some(loops) = &node.loops else {
            self.unexecuted(node);
            return misled;
        };
        if loops.count == 0.0 {
            return misled;
        }
        self.rows(node, loops, extent);
        self.memory(node, loops);
        self.subquery(node, loops);
        if let Some((planned, launched)) = node.workers.filter(|(planned, launched)| launched < planned) {
            let words = format!("{launched} of {planned} planned parallel workers came");
            self.add(Gravity::Workers, (planned - launched) as f64, words);
        }
        misled || self.misestimate(node, loops, extent)
    }

    /// How large the table is, a plan that was not executed does not say.
    fn unexecuted(&mut self, node: &Node) {
        if node.scans() {
            let words = format!("would read {} from one end to the other", table(node));
            self.add(Gravity::Scan, node.expected, words);
        }
    }

    fn rows(&mut self, node: &Node, loops: &Loops, extent: Extent) {
        let (kept, removed) = (loops.all_rows(), loops.removed * loops.count);
        let seen = kept + removed;
        let wasteful = removed > OUT_OF_PROPORTION * kept;
        if node.scans() {
            let gravity = if wasteful { Gravity::ScanForFew } else { Gravity::Scan };
            if wasteful && seen >= FEW || seen >= MANY {
                self.add(gravity, seen, scan(node, loops, extent));
            }
        } else if wasteful && removed >= THROWN_AWAY {
            let words = match &node.index {
                Some(index) => format!("finds {} by index `{index}` and keeps {} of them", of(seen, node), rows(kept)),
                None => format!("a filter keeps {} of {}", rows(kept), of(seen, node)),
            };
            self.add(Gravity::Removed, removed, words);
        }
        let unmatched = loops.unmatched * loops.count;
        if unmatched >= MANY && unmatched > OUT_OF_PROPORTION * kept {
            let pairs = rows(unmatched + kept);
            let words = format!("compares {pairs} pairs of rows in a {} for {} that match", node.kind, rows(kept));
            self.add(Gravity::Removed, unmatched, words);
        }
    }

    fn memory(&mut self, node: &Node, loops: &Loops) {
        match loops.spilled {
            Some(Spilled::Sort(size)) => {
                let words = format!("sorts on disk: {} did not fit into work_mem", bytes(size));
                self.add(Gravity::Spilled, size as f64, words);
            }
            Some(Spilled::Groups(size)) => {
                let words = format!("groups on disk: {} did not fit into work_mem", bytes(size));
                self.add(Gravity::Spilled, size as f64, words);
            }
            Some(Spilled::Batches(count)) => {
                let words =
                    format!("hashes in {count} batches by way of the disk, since one did not fit into work_mem");
                self.add(Gravity::Spilled, count as f64, words);
            }
            None => {}
        }
        if loops.lossy > 0 {
            let blocks = thousands(loops.lossy);
            let words =
                format!("the bitmap of {} did not fit into work_mem: {blocks} blocks are read whole", table(node));
            self.add(Gravity::Lossy, loops.lossy as f64, words);
        }
    }

    fn subquery(&mut self, node: &Node, loops: &Loops) {
        if node.subquery.as_deref().is_some_and(|name| name.starts_with("SubPlan")) && loops.count >= LOOP {
            let on = first_table(node).map(|table| format!(" on `{table}`")).unwrap_or_default();
            let words = format!("executes a subquery{on} {} times", rows(loops.count));
            self.add(Gravity::Subquery, loops.count, words);
        }
    }

    fn misestimate(&mut self, node: &Node, loops: &Loops, extent: Extent) -> bool {
        let (expected, found) = (node.expected.max(1.0), loops.rows.max(1.0));
        let fewer = found < expected;
        let factor = if fewer { expected / found } else { found / expected };
        let unfinished = extent == Extent::Unknown || extent == Extent::Cut && fewer;
        // Bitmaps that are put together, and changes without RETURNING, count no rows.
        let counts = !node.kind.starts_with("BitmapOr") && !node.kind.starts_with("BitmapAnd") && !changes(node);
        let worthy = expected.max(found) * loops.count >= WORTH_ESTIMATING;
        if factor <= OFF || unfinished || !counts || !worthy {
            return false;
        }
        let each = if loops.count > 1.0 && !node.shared { " each time" } else { "" };
        let from = node.relation.as_ref().or(node.index.as_ref());
        let from = from.map_or_else(|| format!("a {}", node.kind), |name| format!("`{name}`"));
        let words = format!("expects {} from {from} and gets {}{each}", counted(node.expected), rows(loops.rows));
        self.add(Gravity::Misestimate, factor, words);
        true
    }

    fn triggers(&mut self, explained: &Explained) {
        for trigger in explained.triggers.iter().filter(|trigger| trigger.ms > explained.ms * SHARE) {
            let kind = if trigger.is_constraint { "constraint" } else { "trigger" };
            let (took, all) = (human(milliseconds(trigger.ms)), human(milliseconds(explained.ms)));
            let calls = thousands(trigger.calls);
            let words = format!("{kind} `{}` takes {took} of {all}, fired {calls} times", trigger.name);
            self.add(Gravity::Trigger, trigger.ms, words);
        }
    }

    fn compiling(&mut self, explained: &Explained) {
        if explained.compiling_ms > explained.ms * SHARE {
            let took = human(milliseconds(explained.compiling_ms));
            let words = format!("compiling expressions (jit) takes {took} of {}", human(milliseconds(explained.ms)));
            self.add(Gravity::Compiling, explained.compiling_ms, words);
        }
    }
}

/// What a scan reads from one end to the other, and what for.
fn scan(node: &Node, loops: &Loops, extent: Extent) -> String {
    let kept = loops.all_rows();
    let each = loops.rows + loops.removed;
    // Processes that share a scan make one of it together.
    let (each, times) = if node.shared { (each * loops.count, 1.0) } else { (each, loops.count) };
    let all = if extent == Extent::Whole { "all " } else { "" };
    let times = if times > 1.0 { format!(" {} times", rows(times)) } else { String::new() };
    let part = if loops.removed > 0.0 { format!(", for {} of them", rows(kept)) } else { String::new() };
    format!("reads {all}{} of {}{times}{part}", counted(each), table(node))
}

fn counted(count: f64) -> String {
    let number = rows(count);
    let word = if number == "1" { "row" } else { "rows" };
    format!("{number} {word}")
}

/// Rows with where they come from.
fn of(count: f64, node: &Node) -> String {
    let from = node.relation.as_ref().map(|name| format!(" of `{name}`"));
    format!("{}{}", counted(count), from.unwrap_or_else(|| format!(" of a {}", node.kind)))
}

fn table(node: &Node) -> String {
    node.relation.as_ref().map_or_else(|| "a table".to_owned(), |name| format!("`{name}`"))
}

fn first_table(node: &Node) -> Option<&str> {
    node.relation.as_deref().or_else(|| node.children.iter().find_map(first_table))
}

fn changes(node: &Node) -> bool {
    matches!(node.kind.as_str(), "Insert" | "Update" | "Delete" | "Merge")
}

#[cfg(test)]
mod tests {
    use super::super::node::Trigger;
    use super::*;

    fn node(kind: &str, expected: f64, loops: Loops) -> Node {
        let relation = kind.contains("Scan").then(|| "orders".to_owned());
        let index = kind.contains("Index").then(|| "orders_key".to_owned());
        Node { kind: kind.to_owned(), relation, index, expected, loops: Some(loops), ..Node::default() }
    }

    fn gives(rows: f64) -> Loops {
        Loops { count: 1.0, rows, ..Loops::default() }
    }

    fn over(kind: &str, expected: f64, rows: f64, children: Vec<Node>) -> Node {
        Node { children, ..node(kind, expected, gives(rows)) }
    }

    fn told(root: Node) -> Vec<String> {
        findings(&Explained { root, ms: 100.0, ..Explained::default() })
    }

    #[test]
    fn a_scan_is_told_with_all_that_it_reads_and_what_it_is_for() {
        let filtered = |count, rows, removed| Loops { count, rows, removed, ..Loops::default() };
        let scan = |expected, loops| node("Seq Scan", expected, loops);
        let shared = |node: Node| Node { shared: true, kind: "Parallel Seq Scan".to_owned(), ..node };
        for (node, expected) in [
            (scan(12.0, filtered(1.0, 12.0, 49_988.0)), vec!["reads all 50,000 rows of `orders`, for 12 of them"]),
            (scan(1.0, filtered(300.0, 1.0, 99.0)), vec!["reads all 100 rows of `orders` 300 times, for 300 of them"]),
            (shared(scan(4.0, filtered(3.0, 4.0, 9996.0))), vec!["reads all 30,000 rows of `orders`, for 12 of them"]),
            (scan(20_000.0, gives(20_000.0)), vec!["reads all 20,000 rows of `orders`"]),
            (scan(900.0, gives(900.0)), vec![]),
            (scan(1.0, filtered(1.0, 1.0, 500.0)), vec![]),
        ] {
            assert_eq!(told(node.clone()), expected, "{node:?}");
        }
        let cut = over("Limit", 1.0, 1.0, vec![scan(5.0, filtered(1.0, 1.0, 7000.0))]);
        assert_eq!(told(cut), ["reads 7,001 rows of `orders`, for 1 of them"]);
    }

    #[test]
    fn what_an_index_finds_in_vain_is_told_before_that_it_is_used() {
        let loops = Loops { count: 10.0, rows: 1.2, removed: 500.0, ..Loops::default() };
        let expected = [
            "finds 5,012 rows of `orders` by index `orders_key` and keeps 12 of them",
            "uses index `orders_key` of `orders`",
        ];
        assert_eq!(told(node("Index Scan", 1.0, loops)), expected);
    }

    #[test]
    fn an_estimate_is_off_by_more_than_ten_times_and_told_where_that_begins() {
        let function = |expected, rows| node("Function Scan", expected, gives(rows));
        assert_eq!(told(function(100.0, 1000.0)), Vec::<String>::new(), "exactly ten times");
        assert_eq!(told(function(1.0, 1001.0)), ["expects 1 row from `orders` and gets 1,001"]);
        assert_eq!(told(function(50_000.0, 3.0)), ["expects 50,000 rows from `orders` and gets 3"]);
        assert_eq!(told(function(1.0, 50.0)), Vec::<String>::new(), "too few to matter");
        let join = over("Hash Join", 1.0, 90_000.0, vec![function(1.0, 1001.0), function(5.0, 5.0)]);
        assert_eq!(told(join), ["expects 1 row from `orders` and gets 1,001"]);
        let looped = node("Function Scan", 1.0, Loops { count: 50.0, rows: 20.0, ..Loops::default() });
        assert_eq!(told(looped), ["expects 1 row from `orders` and gets 20 each time"]);
    }

    #[test]
    fn who_is_stopped_early_has_not_been_wrong() {
        let scan = || node("Function Scan", 50_000.0, gives(3.0));
        let none = Vec::<String>::new();
        assert_eq!(told(over("Limit", 3.0, 3.0, vec![scan()])), none);
        let semi = Node {
            first_match: true,
            ..over("Nested Loop Semi Join", 5.0, 5.0, vec![node("Function Scan", 5.0, gives(5.0)), scan()])
        };
        assert_eq!(told(semi), none);
        assert_eq!(told(over("Merge Join", 3.0, 3.0, vec![scan(), scan()])), none);
        let sorted = over("Limit", 3.0, 3.0, vec![over("Sort", 50_000.0, 3.0, vec![scan()])]);
        assert_eq!(told(sorted), ["expects 50,000 rows from `orders` and gets 3"], "a sort reads all");
        assert_eq!(told(over("BitmapOr", 5000.0, 0.0, vec![])), none, "it counts no rows");
        assert_eq!(told(over("Update", 5000.0, 0.0, vec![])), none, "nor does a change");
    }

    #[test]
    fn what_does_not_fit_into_memory_is_told_with_its_size() {
        let spilled = |kind, spilled| node(kind, 10.0, Loops { spilled: Some(spilled), ..gives(10.0) });
        assert_eq!(
            told(spilled("Sort", Spilled::Sort(25_165_824))),
            ["sorts on disk: 24 MB did not fit into work_mem"]
        );
        assert_eq!(
            told(spilled("HashAggregate", Spilled::Groups(2048))),
            ["groups on disk: 2 kB did not fit into work_mem"]
        );
        assert_eq!(
            told(spilled("Hash", Spilled::Batches(16))),
            ["hashes in 16 batches by way of the disk, since one did not fit into work_mem"]
        );
        let lossy = node("Bitmap Heap Scan", 10.0, Loops { lossy: 4000, ..gives(10.0) });
        assert_eq!(told(lossy), ["the bitmap of `orders` did not fit into work_mem: 4,000 blocks are read whole"]);
    }

    #[test]
    fn loops_within_a_statement_are_found_as_well() {
        let subquery = Node {
            subquery: Some("SubPlan 1".to_owned()),
            ..node("Index Only Scan", 1.0, Loops { count: 1200.0, rows: 1.0, ..Loops::default() })
        };
        let told = told(over("Result", 1200.0, 1200.0, vec![subquery]));
        assert_eq!(told, ["executes a subquery on `orders` 1,200 times", "uses index `orders_key` of `orders`"]);
    }

    #[test]
    fn triggers_compiling_and_missing_workers_are_told_where_they_matter() {
        let trigger = |name: &str, ms| Trigger { name: name.to_owned(), is_constraint: true, calls: 3, ms };
        let root = Node { workers: Some((2, 0)), ..over("Gather", 5.0, 5.0, vec![]) };
        let triggers = vec![trigger("items_order_id_fkey", 80.0), trigger("quick", 2.0)];
        let told = findings(&Explained { root, ms: 100.0, triggers, compiling_ms: 30.0 });
        let expected = [
            "constraint `items_order_id_fkey` takes 80 ms of 100 ms, fired 3 times",
            "compiling expressions (jit) takes 30 ms of 100 ms",
            "0 of 2 planned parallel workers came",
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn a_plan_that_was_not_executed_promises_and_measures_nothing() {
        let scan = Node { loops: None, ..node("Seq Scan", 5e6, Loops::default()) };
        assert_eq!(told(scan), ["would read `orders` from one end to the other"]);
    }

    #[test]
    fn a_thousand_partitions_are_not_a_thousand_findings() {
        let scan = |number: usize| Node {
            relation: Some(format!("orders_{number}")),
            ..node("Seq Scan", 20_000.0, gives(20_000.0))
        };
        let told = told(over("Append", 20_000_000.0, 20_000_000.0, (0..1000).map(scan).collect()));
        assert_eq!((told.len(), told.last().map(String::as_str)), (MOST + 1, Some("and 988 more of the kind")));
    }
}
