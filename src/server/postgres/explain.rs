//! Asks the server how it goes about a statement, and reads its answer into plain nodes.

use super::counts::CUT;
use super::{Answer, Keep, ServerError, Session};
use crate::plan::{Explained, Loops, Node, Plan, Spilled, Trigger};
use crate::sql::{Token, TokenKind, tokens};
use crate::value::Value;
use serde::Deserialize;

/// What can be explained (PostgreSQL docs, EXPLAIN).
const EXPLAINED: [&str; 8] = ["select", "insert", "update", "delete", "merge", "values", "with", "table"];
/// How long a statement may take that is executed to be explained only, and how long it may wait for a lock.
const LIMITS: &str = "SET LOCAL statement_timeout = '10s'; SET LOCAL lock_timeout = '2s'";

/// Whether a statement has a plan at all.
#[must_use]
pub fn has_plan(sql: &str) -> bool {
    let first = tokens(sql).find(|token| token.counts() && token.text != "(");
    first.is_some_and(|token| EXPLAINED.iter().any(|word| token.is(word)))
}

/// Executes a statement within the transaction that is open, and undoes it: its plan with what really happened.
pub async fn executed(session: &mut Session, sql: &str, values: &[Value<'_>]) -> Result<Plan, ServerError> {
    session.batch(&format!("SAVEPOINT shakedown_plan; {LIMITS}")).await?;
    let explained = explain(session, &format!("EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {sql}"), values).await;
    session.batch("ROLLBACK TO SAVEPOINT shakedown_plan; RELEASE SAVEPOINT shakedown_plan").await?;
    read(&explained?)
}

/// The plan that the server would have for any values of the parameters, for a statement of which only the text is
/// known that `pg_stat_statements` keeps. Nothing is executed. Needs PostgreSQL 12.
pub async fn generic(session: &mut Session, sql: &str) -> Result<Plan, ServerError> {
    if sql.ends_with(CUT) {
        return Err(ServerError::bad_value("its text is too long to be kept".to_owned()));
    }
    session.batch(&format!("BEGIN; {LIMITS}; SET LOCAL plan_cache_mode = force_generic_plan")).await?;
    let explained = generically(session, sql).await;
    session.batch("ROLLBACK").await?;
    read(&explained?)
}

async fn generically(session: &mut Session, sql: &str) -> Result<Answer, ServerError> {
    // By the extended protocol, which takes one statement only, whatever else the text may hold.
    let prepare = session.prepare(&format!("PREPARE shakedown_plan AS {sql}")).await?;
    session.run_once(&prepare, &[], Keep::Nothing).await?;
    let nulls = vec!["NULL"; parameters(sql)].join(", ");
    let arguments = if nulls.is_empty() { nulls } else { format!("({nulls})") };
    let explained = explain(session, &format!("EXPLAIN (FORMAT JSON) EXECUTE shakedown_plan{arguments}"), &[]).await;
    if explained.is_ok() {
        session.batch("DEALLOCATE shakedown_plan").await?;
    } else {
        // It outlives the transaction, and nothing else can be said within one that has failed.
        session.batch("ROLLBACK; DEALLOCATE shakedown_plan; BEGIN").await?;
    }
    explained
}

async fn explain(session: &mut Session, sql: &str, values: &[Value<'_>]) -> Result<Answer, ServerError> {
    let prepared = session.prepare(sql).await?;
    session.run_once(&prepared, values, Keep::Rows).await
}

/// The highest number among its parameters.
fn parameters(sql: &str) -> usize {
    let number = |token: Token<'_>| token.text.trim_start_matches('$').parse().ok();
    let parameters = tokens(sql).filter(|token| token.kind == TokenKind::Parameter);
    // More than the protocol has room for are none that the server would have taken.
    parameters.filter_map(number).max().unwrap_or(0).min(usize::from(u16::MAX))
}

fn read(answer: &Answer) -> Result<Plan, ServerError> {
    let Some(Value::Text(json)) = answer.kept.first().and_then(|row| row.first()) else {
        return Err(ServerError::bad_value("the server explains nothing".to_owned()));
    };
    explained(json).map(|explained| Plan::of(&explained))
}

/// The answer's JSON as plain nodes.
fn explained(json: &str) -> Result<Explained, ServerError> {
    let unreadable = |error| ServerError::bad_value(format!("the plan cannot be read: {error}"));
    let [written]: [Written; 1] = serde_json::from_str(json).map_err(unreadable)?;
    let triggers = written.triggers.into_iter().map(|trigger| Trigger {
        is_constraint: trigger.constraint.is_some(),
        name: trigger.constraint.unwrap_or(trigger.name),
        calls: trigger.calls as u64,
        ms: trigger.ms,
    });
    Ok(Explained {
        ms: written.ms,
        compiling_ms: written.jit.map_or(0.0, |jit| jit.timing.total),
        triggers: triggers.collect(),
        root: written.plan.into(),
    })
}

/// As the server writes it (`src/backend/commands/explain.c`); what is not needed is left out.
#[derive(Deserialize)]
struct Written {
    #[serde(rename = "Plan")]
    plan: WrittenNode,
    #[serde(rename = "Execution Time", default)]
    ms: f64,
    #[serde(rename = "Triggers", default)]
    triggers: Vec<WrittenTrigger>,
    #[serde(rename = "JIT")]
    jit: Option<WrittenJit>,
}

#[derive(Deserialize)]
struct WrittenTrigger {
    #[serde(rename = "Trigger Name", default)]
    name: String,
    #[serde(rename = "Constraint Name")]
    constraint: Option<String>,
    #[serde(rename = "Time", default)]
    ms: f64,
    // Since PostgreSQL 18 a mean of loops may have a fraction wherever there is a count.
    #[serde(rename = "Calls", default)]
    calls: f64,
}

#[derive(Deserialize)]
struct WrittenJit {
    #[serde(rename = "Timing")]
    timing: WrittenTiming,
}

#[derive(Deserialize)]
struct WrittenTiming {
    #[serde(rename = "Total", default)]
    total: f64,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct WrittenNode {
    #[serde(rename = "Node Type")]
    kind: String,
    #[serde(rename = "Strategy")]
    strategy: Option<String>,
    #[serde(rename = "Partial Mode")]
    partial: Option<String>,
    #[serde(rename = "Operation")]
    operation: Option<String>,
    #[serde(rename = "Join Type")]
    join: Option<String>,
    #[serde(rename = "Scan Direction")]
    direction: Option<String>,
    #[serde(rename = "Parallel Aware")]
    parallel: bool,
    #[serde(rename = "Inner Unique")]
    unique: bool,
    #[serde(rename = "Subplan Name")]
    subquery: Option<String>,
    #[serde(rename = "Relation Name")]
    relation: Option<String>,
    #[serde(rename = "Index Name")]
    index: Option<String>,
    #[serde(rename = "Plan Rows")]
    expected: f64,
    #[serde(rename = "Actual Loops")]
    loops: Option<f64>,
    #[serde(rename = "Actual Rows")]
    rows: f64,
    #[serde(rename = "Actual Total Time")]
    ms: f64,
    #[serde(rename = "Rows Removed by Filter")]
    filtered: f64,
    #[serde(rename = "Rows Removed by Index Recheck")]
    rechecked: f64,
    #[serde(rename = "Rows Removed by Join Filter")]
    unmatched: f64,
    #[serde(rename = "Shared Hit Blocks")]
    hit: u64,
    #[serde(rename = "Shared Read Blocks")]
    read: u64,
    #[serde(rename = "Sort Space Type")]
    sorted_in: Option<String>,
    /// In kilobytes, as are the sizes below.
    #[serde(rename = "Sort Space Used")]
    sorted: u64,
    #[serde(rename = "Disk Usage")]
    disk: u64,
    #[serde(rename = "Hash Batches")]
    batches: u64,
    #[serde(rename = "Lossy Heap Blocks")]
    lossy: u64,
    #[serde(rename = "Workers Planned")]
    planned: Option<u64>,
    #[serde(rename = "Workers Launched")]
    launched: Option<u64>,
    #[serde(rename = "Index Cond")]
    index_condition: Option<String>,
    #[serde(rename = "Hash Cond")]
    hash_condition: Option<String>,
    #[serde(rename = "Merge Cond")]
    merge_condition: Option<String>,
    #[serde(rename = "Join Filter")]
    join_filter: Option<String>,
    #[serde(rename = "Filter")]
    filter: Option<String>,
    #[serde(rename = "Sort Key")]
    sort_key: Vec<String>,
    #[serde(rename = "Plans")]
    children: Vec<WrittenNode>,
}

impl From<WrittenNode> for Node {
    fn from(written: WrittenNode) -> Self {
        let join = written.join.as_deref();
        Self {
            kind: written.title(),
            first_match: written.unique || matches!(join, Some("Semi" | "Anti")),
            loops: written.happened(),
            workers: written.planned.zip(written.launched),
            shared: written.parallel,
            conditions: [
                ("Sort Key", (!written.sort_key.is_empty()).then(|| written.sort_key.join(", "))),
                ("Index Cond", written.index_condition),
                ("Hash Cond", written.hash_condition),
                ("Merge Cond", written.merge_condition),
                ("Join Filter", written.join_filter),
                ("Filter", written.filter),
            ]
            .into_iter()
            .filter_map(|(name, condition)| Some((name.to_owned(), condition?)))
            .collect(),
            relation: written.relation,
            index: written.index,
            expected: written.expected,
            subquery: written.subquery,
            children: written.children.into_iter().map(Self::from).collect(),
        }
    }
}

impl WrittenNode {
    /// What it is called in EXPLAIN's own text.
    fn title(&self) -> String {
        let strategy = self.strategy.as_deref();
        let kind = match (self.kind.as_str(), strategy) {
            ("Aggregate", Some("Sorted")) => "GroupAggregate",
            ("Aggregate", Some("Hashed")) => "HashAggregate",
            ("Aggregate", Some("Mixed")) => "MixedAggregate",
            ("ModifyTable", _) => self.operation.as_deref().unwrap_or("ModifyTable"),
            (kind, _) => kind,
        };
        let kind = match self.join.as_deref() {
            None | Some("Inner") => kind.to_owned(),
            Some(join) => format!("{} {join} Join", kind.trim_end_matches(" Join")),
        };
        let parallel = if self.parallel { "Parallel " } else { "" };
        let partial = self.partial.as_deref().filter(|mode| *mode != "Simple");
        let partial = partial.map(|mode| format!("{mode} ")).unwrap_or_default();
        let backward = if self.direction.as_deref() == Some("Backward") { " Backward" } else { "" };
        format!("{parallel}{partial}{kind}{backward}")
    }

    fn happened(&self) -> Option<Loops> {
        let spilled = match () {
            () if self.sorted_in.as_deref() == Some("Disk") => Some(Spilled::Sort(self.sorted * 1024)),
            () if self.disk > 0 => Some(Spilled::Groups(self.disk * 1024)),
            () if self.batches > 1 => Some(Spilled::Batches(self.batches)),
            () => None,
        };
        Some(Loops {
            count: self.loops?,
            rows: self.rows,
            removed: self.filtered + self.rechecked,
            unmatched: self.unmatched,
            ms: self.ms,
            hit: self.hit,
            read: self.read,
            spilled,
            lossy: self.lossy,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_a_plan_is_known_by_its_first_word() {
        for sql in
            ["SELECT 1", "-- why\n(select 1) UNION (select 2)", "WITH a AS (SELECT 1) DELETE FROM t", "VALUES (1)"]
        {
            assert!(has_plan(sql), "{sql}");
        }
        for sql in ["", "SET x = 1", "LOCK TABLE t", "COPY t FROM STDIN", "EXPLAIN SELECT 1", "CALL p()"] {
            assert!(!has_plan(sql), "{sql}");
        }
    }

    #[test]
    fn parameters_are_counted_by_their_highest_number() {
        for (sql, expected) in [("SELECT 1", 0), ("SELECT $2, '$9', $1", 2), ("SELECT $99999999999999999999", 0)] {
            assert_eq!(parameters(sql), expected, "{sql}");
        }
    }

    #[test]
    fn nodes_are_called_as_in_the_servers_own_text() {
        let json = r#"[{"Plan": {"Node Type": "Hash Join", "Join Type": "Semi", "Plan Rows": 5, "Plans": [
            {"Node Type": "Seq Scan", "Parallel Aware": true, "Relation Name": "t"},
            {"Node Type": "Aggregate", "Strategy": "Hashed", "Partial Mode": "Finalize"},
            {"Node Type": "ModifyTable", "Operation": "Update", "Relation Name": "t"},
            {"Node Type": "Nested Loop", "Join Type": "Left"},
            {"Node Type": "Index Only Scan", "Scan Direction": "Backward", "Index Name": "i"}]}}]"#;
        let root = explained(json).expect("it is a plan").root;
        let kinds: Vec<&str> = root.children.iter().map(|child| child.kind.as_str()).collect();
        let expected = [
            "Parallel Seq Scan",
            "Finalize HashAggregate",
            "Update",
            "Nested Loop Left Join",
            "Index Only Scan Backward",
        ];
        assert_eq!((root.kind.as_str(), root.first_match, root.loops.is_none()), ("Hash Semi Join", true, true));
        assert_eq!(kinds, expected);
    }

    #[test]
    fn fractions_of_newer_servers_are_read_as_well() {
        let json = r#"[{"Plan": {"Node Type": "Sort", "Plan Rows": 5, "Actual Rows": 2.5, "Actual Loops": 4,
            "Sort Space Type": "Disk", "Sort Space Used": 24, "Workers Planned": 2, "Workers Launched": 1},
            "Triggers": [{"Trigger Name": "RI_1", "Constraint Name": "fk", "Time": 1.5, "Calls": 3.0}],
            "JIT": {"Functions": 3, "Timing": {"Total": 7.5}}, "Execution Time": 20.5}]"#;
        let read = explained(json).expect("it is a plan");
        let loops = read.root.loops.expect("it was executed");
        assert_eq!((loops.rows, loops.all_rows(), loops.spilled), (2.5, 10.0, Some(Spilled::Sort(24 * 1024))));
        assert_eq!((read.root.workers, read.compiling_ms, read.ms), (Some((2, 1)), 7.5, 20.5));
        assert_eq!((read.triggers[0].name.as_str(), read.triggers[0].is_constraint), ("fk", true));
    }

    #[test]
    fn what_is_no_plan_is_said_so() {
        for json in ["", "{}", "[]", "[{\"Plan\": 5}]", &format!("[{{\"Plan\": {}", "{\"Plans\": [".repeat(10_000))] {
            let error = explained(json).expect_err("it is none").message;
            assert!(error.starts_with("the plan cannot be read"), "{error}");
        }
    }
}
