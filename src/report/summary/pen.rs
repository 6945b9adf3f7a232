//! How lines are written: their width, their wrapping and their colours.

use crate::report::view::badge::Badge;
use crate::report::words;

/// Lines of text wider than this are hard to read, however wide the terminal.
const WIDEST: usize = 110;

/// How lines are written.
pub(super) struct Pen {
    colour: bool,
    /// Of a line, in characters.
    pub(super) width: usize,
}

impl Pen {
    /// For a terminal so wide, within bounds.
    pub(super) fn new(colour: bool, width: usize) -> Self {
        Self { colour, width: width.clamp(40, WIDEST) }
    }

    /// A name on the left, its verdict on the right.
    pub(super) fn headed(&self, name: &str, badge: Badge) -> Vec<String> {
        let name = words::shorten(&printable(name), self.width.saturating_sub(badge.label.len() + 2));
        let gap = self.width.saturating_sub(name.chars().count() + badge.label.len());
        vec![format!("{}{}{}", self.bold(&name), " ".repeat(gap), self.verdict(badge))]
    }

    /// A label and what it stands for, wrapped beside it.
    pub(super) fn row(&self, label: &str, text: &str) -> Vec<String> {
        let mut lines = self.wrapped(text, 11);
        if let Some(first) = lines.first_mut() {
            let rest = first.trim_start().to_owned();
            *first = format!("  {}{rest}", self.dim(&format!("{label:<9}")));
        }
        lines
    }

    /// Lines of at most the width.
    pub(super) fn wrapped(&self, text: &str, indent: usize) -> Vec<String> {
        let room = self.width.saturating_sub(indent).max(20);
        let mut lines: Vec<String> = Vec::new();
        let mut length = room;
        // Only plain spaces: a number stays with its unit.
        for word in printable(text).split_ascii_whitespace() {
            let word = words::shorten(word, room);
            let letters = word.chars().count();
            if let Some(line) = lines.last_mut().filter(|_| length + 1 + letters <= room) {
                line.push(' ');
                line.push_str(&word);
                length += 1 + letters;
            } else {
                lines.push(format!("{}{word}", " ".repeat(indent)));
                length = letters;
            }
        }
        lines
    }

    fn verdict(&self, badge: Badge) -> String {
        let code = match badge.class {
            "pass" => "1;32",
            "fail" => "1;31",
            "caught" => "1;36",
            "invalid" => "1;33",
            _ => "1",
        };
        self.painted(badge.label, code)
    }

    /// More important.
    pub(super) fn bold(&self, text: &str) -> String {
        self.painted(text, "1")
    }

    /// Less important.
    pub(super) fn dim(&self, text: &str) -> String {
        self.painted(text, "2")
    }

    /// In a colour of the terminal, by its code.
    pub(super) fn painted(&self, text: &str, code: &str) -> String {
        if self.colour { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}

/// Text from outside must not move the cursor or colour the screen.
pub(super) fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
