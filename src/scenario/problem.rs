//! What is wrong with a scenario, and where: shown in its own text, all at once.

use super::Place;
use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use std::fmt;
use std::path::PathBuf;

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where, in the scenario's text.
    pub place: Place,
    /// What, in lower case, naming the thing.
    pub message: String,
    /// What stands beside the marked text.
    pub label: Option<String>,
    /// What the author can do.
    pub help: Option<String>,
}

impl Problem {
    /// A problem at a place.
    #[must_use]
    pub fn at(place: Place, message: impl Into<String>) -> Self {
        Self { place, message: message.into(), label: None, help: None }
    }

    /// With words beside the marked text.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// With a remedy.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// With the known word that comes nearest to the one written, or else with some that are known.
    #[must_use]
    pub fn suggest<'a>(self, word: &str, known: impl IntoIterator<Item = &'a str>) -> Self {
        const SHOWN: usize = 12;
        let known: Vec<&str> = known.into_iter().collect();
        match (nearest(word, known.iter().copied()), known.len()) {
            (Some(near), _) => self.help(format!("did you mean `{near}`?")),
            (None, 0) => self,
            (None, 1..=SHOWN) => self.help(format!("known: {}", known.join(", "))),
            (None, more) => self.help(format!("known: {}, … ({} more)", known[..SHOWN].join(", "), more - SHOWN)),
        }
    }
}

/// The known word that differs least from the one written, unless all differ in more than a third of it.
#[must_use]
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let written = word.to_lowercase();
    let most = (written.chars().count() / 3).max(1);
    let distances = known.into_iter().map(|each| (strsim::damerau_levenshtein(&written, &each.to_lowercase()), each));
    distances.filter(|(distance, _)| *distance <= most).min_by_key(|(distance, _)| *distance).map(|(_, each)| each)
}

/// All that is wrong with a scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problems {
    /// The file, as given.
    pub path: PathBuf,
    /// Its text; empty where it could not be read.
    pub text: String,
    /// At least one.
    pub list: Vec<Problem>,
    /// Whether they are in the way, or only worth knowing.
    pub severity: Severity,
}

/// How bad problems are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// The scenario cannot be run.
    Error,
    /// It can, and what is told is what its users would meet.
    Warning,
}

impl Problems {
    /// Puts problems in the order of the text, each once: a base section is checked for every variant.
    #[must_use]
    pub fn new(path: PathBuf, text: String, mut list: Vec<Problem>) -> Self {
        list.sort_by_key(|problem| (problem.place.0.start, problem.place.0.end));
        let mut seen = Vec::new();
        list.retain(|problem| {
            let new = !seen.contains(problem);
            seen.push(problem.clone());
            new
        });
        Self { path, text, list, severity: Severity::Error }
    }

    /// The same, as things worth knowing.
    #[must_use]
    pub fn as_warnings(self) -> Self {
        Self { severity: Severity::Warning, ..self }
    }

    /// As text for a terminal.
    #[must_use]
    pub fn coloured(&self) -> String {
        self.render(&Renderer::styled())
    }

    fn render(&self, renderer: &Renderer) -> String {
        let path = self.path.display().to_string();
        let drawn = self.list.iter().map(|problem| self.draw(renderer, &path, problem));
        drawn.collect::<Vec<_>>().join("\n\n")
    }

    fn draw(&self, renderer: &Renderer, path: &str, problem: &Problem) -> String {
        let level = match self.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
        };
        let mut group = level.primary_title(printable(&problem.message)).elements(
            // Without a text there is nothing to point into.
            (!self.text.is_empty()).then(|| {
                let span = visible(&self.text, problem.place.0.start, problem.place.0.end);
                let label = problem.label.as_deref().map(printable);
                let annotation = AnnotationKind::Primary.span(span).label(label);
                Snippet::source(self.text.as_str()).path(path).annotation(annotation)
            }),
        );
        if let Some(help) = &problem.help {
            group = group.element(Level::HELP.message(printable(help)));
        }
        renderer.render(&[group])
    }
}

/// The part of a place that stands on its first line, and at least one character of it.
fn visible(text: &str, start: usize, end: usize) -> std::ops::Range<usize> {
    let start = text.floor_char_boundary(start.min(text.len()));
    let end = text.ceil_char_boundary(end.clamp(start, text.len()));
    let line = text[start..end].find('\n').map_or(end, |at| start + at);
    match text[start..].chars().next() {
        Some(first) if line == start && first != '\n' => start..start + first.len_utf8(),
        _ => start..line,
    }
}

/// Names from a hostile file must not steer a terminal.
fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

impl fmt::Display for Problems {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.render(&Renderer::plain()))
    }
}

impl std::error::Error for Problems {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_is_found_unless_all_are_far() {
        let known = ["rows", "columns", "rate"];
        assert_eq!(nearest("rowz", known), Some("rows"));
        assert_eq!(nearest("Columns", known), Some("columns"));
        assert_eq!(nearest("clients", known), None);
        assert_eq!(nearest("", known), None);
    }

    #[test]
    fn a_place_is_drawn_on_its_first_line_whatever_it_covers() {
        let text = "a: ü\nb: c";
        assert_eq!(visible(text, 3, 8), 3..5);
        assert_eq!(visible(text, 0, 0), 0..1);
        assert_eq!(visible(text, 4, 4), 3..5);
        assert_eq!(visible(text, 99, 200), text.len()..text.len());
        assert_eq!(visible("\n", 0, 0), 0..0);
    }

    #[test]
    fn the_same_problem_of_two_variants_is_told_once() {
        let problem = Problem::at(Place(0..1), "twice");
        let problems = Problems::new("x".into(), "a".to_owned(), vec![problem.clone(), problem]);
        assert_eq!(problems.list.len(), 1);
    }
}
