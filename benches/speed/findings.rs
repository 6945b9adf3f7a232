//! What was measured, a line each.

use std::fmt;

/// All lines, in the order in which they were measured.
#[derive(Default)]
pub(crate) struct Findings(Vec<Line>);

struct Line {
    what: String,
    ours: String,
    theirs: String,
    /// What the target speaks of: a ratio or a figure.
    judged: f64,
    target: Target,
}

/// What is promised.
#[derive(Clone, Copy)]
pub(crate) enum Target {
    /// The ratio of ours to theirs is not below that,
    RatioAtLeast(f64),
    /// or not above.
    RatioAtMost(f64),
    /// Our figure alone is not below that,
    AtLeast(f64),
    /// or not above.
    AtMost(f64),
    /// Nothing is promised.
    None,
}

impl Findings {
    /// A figure beside that of another program.
    pub(crate) fn compare(&mut self, what: &str, unit: &str, (ours, theirs): (f64, f64), target: Target) {
        let line = Line {
            what: what.to_owned(),
            ours: format!("{} {unit}", short(ours)),
            theirs: format!("{} {unit}", short(theirs)),
            judged: ours / theirs,
            target,
        };
        self.add(line);
    }

    /// A figure that stands alone.
    pub(crate) fn state(&mut self, what: &str, unit: &str, ours: f64, target: Target) {
        let ours_said = format!("{} {unit}", short(ours));
        self.add(Line { what: what.to_owned(), ours: ours_said, theirs: String::new(), judged: ours, target });
    }

    fn add(&mut self, line: Line) {
        // At once as well: who waits for minutes wants to see something.
        println!("{line}");
        self.0.push(line);
    }
}

impl Target {
    fn is_met(self, judged: f64) -> bool {
        match self {
            Self::RatioAtLeast(bound) | Self::AtLeast(bound) => judged >= bound,
            Self::RatioAtMost(bound) | Self::AtMost(bound) => judged <= bound,
            Self::None => true,
        }
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ratio = if self.theirs.is_empty() { String::new() } else { format!("{:.2}", self.judged) };
        let target = match self.target {
            Target::RatioAtLeast(bound) => format!("ratio ≥ {bound}"),
            Target::RatioAtMost(bound) => format!("ratio ≤ {bound}"),
            Target::AtLeast(bound) => format!("≥ {bound}"),
            Target::AtMost(bound) => format!("≤ {bound}"),
            Target::None => String::new(),
        };
        let ok = match self.target {
            Target::None => "",
            target if target.is_met(self.judged) => "ok",
            _ => "MISSED",
        };
        write!(f, "{:<52}{:>15}{:>15}{ratio:>8}  {target:<13}{ok}", self.what, self.ours, self.theirs)
    }
}

impl fmt::Display for Findings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<52}{:>15}{:>15}{:>8}  {:<13}", "", "ours", "theirs", "ratio", "target")?;
        self.0.iter().try_for_each(|line| writeln!(f, "{line}"))
    }
}

/// Three significant digits.
fn short(figure: f64) -> String {
    match figure.abs() {
        0.0 => "0".to_owned(),
        size if size >= 100.0 => format!("{figure:.0}"),
        size if size >= 10.0 => format!("{figure:.1}"),
        size if size >= 1.0 => format!("{figure:.2}"),
        _ => format!("{figure:.3}"),
    }
}

/// The middle one of some figures; of an even number the mean of the two in the middle.
pub(crate) fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    let middle = figures.len() / 2;
    match figures.len() % 2 {
        0 => f64::midpoint(figures[middle - 1], figures[middle]),
        _ => figures[middle],
    }
}
