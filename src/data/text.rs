//! Text of a kind: words and numbers put together by mixed radix.
//!
//! Every combination has a number and every number a combination: past the last one a number is appended. So names
//! and e-mail addresses stay distinct for distinct indices, however many rows there are.

use super::column::Scratch;
use super::shape::Kind;
use super::words::{self, Words};
use crate::value::Value;
use std::borrow::Cow;

/// How a text is put together.
#[derive(Clone, Debug)]
pub(super) struct Wording {
    /// Each with the number of its variants.
    parts: Vec<(Part, u64)>,
    /// How many combinations there are.
    size: u64,
    /// Of a single list: whether all its words are of an allowed length.
    fits: bool,
    /// Cut after so many characters.
    most: Option<u32>,
    /// Lengthened to so many characters.
    least: u32,
}

#[derive(Clone, Debug)]
enum Part {
    Word(&'static [String]),
    Glue(&'static str),
    /// A number from `.0` up to, but not including, `.1`.
    Range(u64, u64),
    /// So many digits.
    Digits(u32),
    /// Where the number of the round goes, once all combinations are used up.
    Round(&'static str),
}

impl Part {
    fn size(&self) -> u64 {
        match self {
            Self::Word(words) => words.len() as u64,
            Self::Range(from, to) => to - from,
            Self::Digits(count) => 10u64.pow(*count),
            Self::Glue(_) | Self::Round(_) => 1,
        }
    }

    /// The most characters that it takes in the first round.
    fn longest(&self) -> usize {
        match self {
            Self::Word(words) => words.iter().map(|word| word.chars().count()).max().unwrap_or(0),
            Self::Glue(glue) => glue.len(),
            Self::Range(_, to) => to.to_string().len(),
            Self::Digits(count) => *count as usize,
            Self::Round(_) => 0,
        }
    }
}

impl Wording {
    /// Of a kind, within lengths in characters.
    pub(super) fn new(kind: Kind, least: u32, most: Option<u32>) -> Self {
        Self::build(parts(kind), least, most)
    }

    /// Words of a list that no kind covers.
    pub(super) fn of(words: Words, least: u32, most: Option<u32>) -> Self {
        Self::build(vec![Part::Word(words), Part::Round(" ")], least, most)
    }

    fn build(parts: Vec<Part>, least: u32, most: Option<u32>) -> Self {
        let parts: Vec<(Part, u64)> = parts.into_iter().map(|part| (part.clone(), part.size())).collect();
        let size = parts.iter().map(|(_, size)| size).product();
        let within = |word: &String| {
            let length = word.chars().count();
            length >= least as usize && most.is_none_or(|most| length <= most as usize)
        };
        let fits =
            matches!(parts.as_slice(), [(Part::Word(words), _), (Part::Round(_), _)] if words.iter().all(within));
        Self { parts, size, fits, most, least }
    }

    /// How many combinations there are before numbers are appended.
    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// Whether distinct indices, up to `rows` of them, stay distinct within the allowed length.
    pub(super) fn stays_distinct(&self, rows: u64) -> bool {
        let rounds = rows / self.size;
        let number = if rounds == 0 { 0 } else { rounds.to_string().len() + 2 };
        let longest = self.parts.iter().map(|(part, _)| part.longest()).sum::<usize>() + number;
        self.most.is_none_or(|most| longest <= most as usize)
    }

    /// The text of that number.
    pub(super) fn value<'a>(&'a self, index: u64, scratch: &'a mut Scratch) -> Value<'a> {
        if self.fits
            && let Some((Part::Word(words), _)) = self.parts.first()
            && let Some(word) = words.get(index as usize)
        {
            return Value::Text(Cow::Borrowed(word));
        }
        scratch.text.clear();
        self.write(index, &mut scratch.text);
        self.trim(&mut scratch.text);
        Value::Text(Cow::Borrowed(&scratch.text))
    }

    fn write(&self, index: u64, out: &mut String) {
        let mut rest = index;
        // The round first, for it stands in the middle. Most indices are in the first.
        let round = if index < self.size { 0 } else { index / self.size };
        for (part, size) in &self.parts {
            let digit;
            (rest, digit) = divided(rest, *size);
            match part {
                Part::Word(words) => out.push_str(&words[digit as usize]),
                Part::Glue(glue) => out.push_str(glue),
                Part::Range(from, _) => push_number(from + digit, 1, out),
                Part::Digits(count) => push_number(digit, *count as usize, out),
                Part::Round(_) if round == 0 => {}
                Part::Round(before) => {
                    out.push_str(before);
                    push_number(round + 1, 1, out);
                }
            }
        }
    }

    fn trim(&self, text: &mut String) {
        if let Some(most) = self.most
            && text.len() > most as usize
            && let Some((end, _)) = text.char_indices().nth(most as usize)
        {
            text.truncate(end);
        }
        while (text.len() as u32) < self.least {
            text.push('x');
        }
    }
}

/// Quotient and remainder; most numbers are short, and short division is several times faster.
fn divided(number: u64, by: u64) -> (u64, u64) {
    match (u32::try_from(number), u32::try_from(by)) {
        _ if by == 1 => (number, 0),
        (Ok(number), Ok(by)) => (u64::from(number / by), u64::from(number % by)),
        _ => (number / by, number % by),
    }
}

/// With leading zeros up to a width; `write!` takes five times as long.
fn push_number(number: u64, width: usize, out: &mut String) {
    let mut digits = [b'0'; 20];
    let (mut rest, mut first) = (number, digits.len());
    while rest > 0 || digits.len() - first < width {
        first -= 1;
        digits[first] = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    out.extend(digits[first..].iter().copied().map(char::from));
}

fn parts(kind: Kind) -> Vec<Part> {
    use Part::{Digits, Glue, Range, Round, Word};
    match kind {
        Kind::Name => vec![Word(&words::FIRST_NAMES), Glue(" "), Word(&words::LAST_NAMES), Round(" ")],
        Kind::FirstName => vec![Word(&words::FIRST_NAMES), Round(" ")],
        Kind::LastName => vec![Word(&words::LAST_NAMES), Round(" ")],
        Kind::Email => vec![
            Word(&words::FIRST_NAMES_LOWER),
            Glue("."),
            Word(&words::LAST_NAMES_LOWER),
            Round(""),
            Glue("@"),
            Word(&words::MAIL_DOMAINS),
        ],
        Kind::Username => vec![Word(&words::FIRST_NAMES_LOWER), Glue("_"), Word(&words::LAST_NAMES_LOWER), Round("")],
        Kind::Company => vec![
            Word(&words::LAST_NAMES),
            Glue(" & "),
            Word(&words::LAST_NAMES),
            Glue(" "),
            Word(&words::COMPANY_SUFFIXES),
            Round(" "),
        ],
        Kind::City => vec![Word(&words::CITIES), Round(" ")],
        Kind::Country => vec![Word(&words::COUNTRIES), Round(" ")],
        Kind::Street => vec![
            Word(&words::LAST_NAMES),
            Glue(" "),
            Word(&words::STREET_SUFFIXES),
            Glue(" "),
            Range(1, 200),
            Round(" No. "),
        ],
        Kind::Phone => vec![Glue("+1-555-"), Digits(7), Round("-")],
        Kind::Url => {
            vec![Glue("https://"), Word(&words::LAST_NAMES_LOWER), Glue(".example/"), Word(&words::WORDS), Round("/")]
        }
        Kind::Ip => vec![Glue("10."), Range(0, 256), Glue("."), Range(0, 256), Glue("."), Range(1, 255)],
        Kind::Word => vec![Word(&words::WORDS), Round(" ")],
        Kind::Sentence => vec![Word(&words::SENTENCES), Round(" ")],
        Kind::Paragraph => vec![Word(&words::PARAGRAPHS), Round(" ")],
        Kind::Product => vec![
            Word(&words::ADJECTIVES),
            Glue(" "),
            Word(&words::MATERIALS),
            Glue(" "),
            Word(&words::GOODS),
            Round(" "),
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    const KINDS: [Kind; 16] = [
        Kind::Name,
        Kind::FirstName,
        Kind::LastName,
        Kind::Email,
        Kind::Username,
        Kind::Company,
        Kind::City,
        Kind::Country,
        Kind::Street,
        Kind::Phone,
        Kind::Url,
        Kind::Ip,
        Kind::Word,
        Kind::Sentence,
        Kind::Paragraph,
        Kind::Product,
    ];

    fn text(wording: &Wording, index: u64) -> String {
        match wording.value(index, &mut Scratch::default()) {
            Value::Text(text) => text.into_owned(),
            other => panic!("{other:?} is no text"),
        }
    }

    #[test]
    fn distinct_numbers_give_distinct_texts_of_every_kind() {
        for kind in KINDS {
            let wording = Wording::new(kind, 0, None);
            // Around the ends of the first rounds, where a number appears.
            let size = wording.size();
            let rounds = if kind == Kind::Ip { 1 } else { 3 };
            let indices =
                (0..5000).chain((1..rounds).flat_map(|round| (round * size).saturating_sub(2000)..round * size + 2000));
            let indices: HashSet<u64> = indices.collect();
            let texts: HashSet<String> = indices.iter().map(|&index| text(&wording, index)).collect();
            assert_eq!(texts.len(), indices.len(), "{kind:?}");
        }
    }

    #[test]
    fn texts_look_like_their_kind() {
        assert_eq!(text(&Wording::new(Kind::Email, 0, None), 0), "aaliyah.abbott@example.com");
        assert_eq!(text(&Wording::new(Kind::Name, 0, None), 1), "Aaron Abbott");
        assert_eq!(text(&Wording::new(Kind::Phone, 0, None), 42), "+1-555-0000042");
    }

    #[test]
    fn lengths_are_kept() {
        let wording = Wording::new(Kind::Sentence, 60, Some(64));
        assert!((0..1000).all(|index| (60..=64).contains(&text(&wording, index).chars().count())));
        assert!(!Wording::new(Kind::Email, 0, Some(12)).stays_distinct(10));
        assert!(Wording::new(Kind::Email, 0, Some(255)).stays_distinct(1 << 40));
    }
}
