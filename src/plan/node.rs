//! A plan as plain values, whatever the server calls things on the wire.

/// What the server explained.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Explained {
    /// The plan's first node.
    pub root: Node,
    /// Milliseconds of execution, triggers included and planning left out; zero if it was not executed.
    pub ms: f64,
    /// Triggers that it fired, foreign keys among them.
    pub triggers: Vec<Trigger>,
    /// Milliseconds spent on compiling expressions.
    pub compiling_ms: f64,
}

/// One step of a plan.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Node {
    /// What it does, in the words of EXPLAIN's text: `Parallel Seq Scan`, `Hash Left Join`, `Update`.
    pub kind: String,
    /// The table that it reads or writes.
    pub relation: Option<String>,
    /// The index that it uses.
    pub index: Option<String>,
    /// Conditions with their names, such as `Filter`.
    pub conditions: Vec<(String, String)>,
    /// Rows that were expected, for each loop.
    pub expected: f64,
    /// Whether several processes share its rows between them.
    pub shared: bool,
    /// Whether it stops at the first row that fits: the inner side of a join with at most one match.
    pub first_match: bool,
    /// The name of the subquery that it is the plan of, if it is one.
    pub subquery: Option<String>,
    /// Processes that were planned to help, and those that came.
    pub workers: Option<(u64, u64)>,
    /// What happened; `None` if it was not executed.
    pub loops: Option<Loops>,
    /// What it takes its rows from.
    pub children: Vec<Node>,
}

/// What happened when a node was executed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Loops {
    /// How often; never, of what turned out not to be needed.
    pub count: f64,
    /// Rows that came out of each, on average.
    pub rows: f64,
    /// Rows that a filter threw away in each, on average.
    pub removed: f64,
    /// Pairs of rows that the filter of a join threw away in each, on average.
    pub unmatched: f64,
    /// Milliseconds of each, on average, children included.
    pub ms: f64,
    /// Blocks found in shared buffers, all loops and children included.
    pub hit: u64,
    /// Blocks read from outside of them, all loops and children included.
    pub read: u64,
    /// What did not fit into memory.
    pub spilled: Option<Spilled>,
    /// Blocks of which a bitmap could not keep the rows.
    pub lossy: u64,
}

/// Something that did not fit into memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spilled {
    /// A sort, with the bytes on disk.
    Sort(u64),
    /// A hash table of groups, with the bytes on disk.
    Groups(u64),
    /// The hash table of a join, in so many batches.
    Batches(u64),
}

/// A trigger that a statement fired.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trigger {
    /// The foreign key that it belongs to, or its own name.
    pub name: String,
    /// Whether it belongs to a foreign key or another constraint.
    pub is_constraint: bool,
    /// How often it was fired.
    pub calls: u64,
    /// Milliseconds in all.
    pub ms: f64,
}

impl Loops {
    /// Rows that came out of all loops.
    #[must_use]
    pub fn all_rows(&self) -> f64 {
        self.rows * self.count
    }
}

impl Node {
    /// Whether it reads a table from one end to the other.
    #[must_use]
    pub(super) fn scans(&self) -> bool {
        self.kind.ends_with("Seq Scan")
    }

    /// How far its children are read if it is itself read so far.
    pub(super) fn extents(&self, own: Extent) -> impl Iterator<Item = (&Self, Extent)> {
        self.children.iter().zip(0..).map(move |(child, place)| (child, self.extent(own, place)))
    }

    fn extent(&self, own: Extent, child: usize) -> Extent {
        match self.kind.as_str() {
            "Limit" => Extent::Cut,
            // Either side ends when the other does, and the inner one goes back to where equal keys began.
            kind if kind.starts_with("Merge") && kind.ends_with("Join") => Extent::Unknown,
            kind if kind.starts_with("Nested Loop") && self.first_match && child == 1 => Extent::Cut,
            "Sort" | "Hash" | "Bitmap Heap Scan" => Extent::Whole,
            kind if kind.ends_with(" Aggregate") || kind.ends_with("HashAggregate") || kind == "Aggregate" => {
                Extent::Whole
            }
            _ => own,
        }
    }
}

/// How much of what a node could give is asked of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extent {
    /// All.
    Whole,
    /// Only the first rows: it has not found all that there are.
    Cut,
    /// Some of it, or some of it more than once.
    Unknown,
}
