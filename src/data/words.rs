//! Dictionaries: lists of distinct words that text is put together from.
//!
//! They come from the `fake` crate, cleaned: two equal entries, or a word with a digit or a dot in it, would let two
//! different combinations read alike, and a unique column would break.

use super::hash::{Salt, below};
use fake::locales::{Data as _, EN};
use std::collections::HashSet;
use std::sync::LazyLock;

/// A list of words.
pub(super) type Words = &'static LazyLock<Vec<String>>;

pub(super) static FIRST_NAMES: LazyLock<Vec<String>> = LazyLock::new(|| letters_only(EN::NAME_FIRST_NAME));
pub(super) static LAST_NAMES: LazyLock<Vec<String>> = LazyLock::new(|| letters_only(EN::NAME_LAST_NAME));
pub(super) static FIRST_NAMES_LOWER: LazyLock<Vec<String>> = LazyLock::new(|| lower(&FIRST_NAMES));
pub(super) static LAST_NAMES_LOWER: LazyLock<Vec<String>> = LazyLock::new(|| lower(&LAST_NAMES));
pub(super) static COMPANY_SUFFIXES: LazyLock<Vec<String>> = LazyLock::new(|| distinct(EN::COMPANY_SUFFIX));
pub(super) static COUNTRIES: LazyLock<Vec<String>> = LazyLock::new(|| distinct(EN::ADDRESS_COUNTRY));
pub(super) static COUNTRY_CODES: LazyLock<Vec<String>> = LazyLock::new(|| distinct(EN::ADDRESS_COUNTRY_CODE));
pub(super) static CURRENCIES: LazyLock<Vec<String>> = LazyLock::new(|| distinct(EN::CURRENCY_CODE));
pub(super) static STREET_SUFFIXES: LazyLock<Vec<String>> = LazyLock::new(|| letters_only(EN::ADDRESS_STREET_SUFFIX));
pub(super) static WORDS: LazyLock<Vec<String>> = LazyLock::new(|| letters_only(EN::LOREM_WORD));
pub(super) static MAIL_DOMAINS: LazyLock<Vec<String>> = LazyLock::new(|| {
    ["example.com", "example.org", "example.net", "mail.example", "post.example"].map(str::to_owned).into()
});
pub(super) static STATES: LazyLock<Vec<String>> =
    LazyLock::new(|| ["active", "pending", "closed", "archived"].map(str::to_owned).into());
pub(super) static ADJECTIVES: LazyLock<Vec<String>> = LazyLock::new(|| {
    [
        "Small",
        "Ergonomic",
        "Rustic",
        "Sleek",
        "Handmade",
        "Light",
        "Heavy",
        "Practical",
        "Refined",
        "Plain",
        "Sturdy",
        "Soft",
    ]
    .map(str::to_owned)
    .into()
});
pub(super) static MATERIALS: LazyLock<Vec<String>> = LazyLock::new(|| {
    [
        "Steel", "Wooden", "Concrete", "Cotton", "Granite", "Rubber", "Leather", "Linen", "Marble", "Paper", "Copper",
        "Glass",
    ]
    .map(str::to_owned)
    .into()
});
pub(super) static GOODS: LazyLock<Vec<String>> = LazyLock::new(|| {
    [
        "Chair", "Table", "Keyboard", "Shirt", "Lamp", "Gloves", "Bench", "Clock", "Bag", "Knife", "Plate", "Bottle",
        "Watch",
    ]
    .map(str::to_owned)
    .into()
});
pub(super) static CITIES: LazyLock<Vec<String>> = LazyLock::new(cities);
pub(super) static SENTENCES: LazyLock<Vec<String>> =
    LazyLock::new(|| distinct(&(0..4096).map(sentence).collect::<Vec<_>>()));
pub(super) static PARAGRAPHS: LazyLock<Vec<String>> = LazyLock::new(|| (0..1024).map(paragraph).collect());

fn distinct(words: &[impl AsRef<str>]) -> Vec<String> {
    let mut seen = HashSet::new();
    words.iter().map(|word| word.as_ref().to_owned()).filter(|word| seen.insert(word.clone())).collect()
}

fn letters_only(words: &[&str]) -> Vec<String> {
    let plain = words.iter().filter(|word| word.bytes().all(|byte| byte.is_ascii_alphabetic()));
    distinct(&plain.collect::<Vec<_>>())
}

fn lower(words: &[String]) -> Vec<String> {
    distinct(&words.iter().map(|word| word.to_ascii_lowercase()).collect::<Vec<_>>())
}

/// As many as a country has: names with an ending, by the dictionary's own parts.
fn cities() -> Vec<String> {
    let suffixes = EN::ADDRESS_CITY_SUFFIX;
    let mut cities = Vec::new();
    for (place, name) in LAST_NAMES.iter().enumerate() {
        for turn in 0..4 {
            cities.push(format!("{name}{}", suffixes[(place + turn * 5) % suffixes.len()]));
        }
    }
    letters_only(&cities.iter().map(String::as_str).collect::<Vec<_>>())
}

fn sentence(number: u64) -> String {
    let salt = Salt::new(number, &["sentence"]);
    let length = 5 + below(salt.bits(0), 6);
    let words = (1..=length).map(|place| WORDS[below(salt.bits(place), WORDS.len() as u64) as usize].as_str());
    let mut sentence = words.collect::<Vec<_>>().join(" ") + ".";
    sentence[..1].make_ascii_uppercase();
    sentence
}

fn paragraph(number: u64) -> String {
    let salt = Salt::new(number, &["paragraph"]);
    let length = 3 + below(salt.bits(0), 3);
    (1..=length).map(|place| sentence(salt.bits(place))).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_long_and_without_repetition() {
        let lists: [(&str, Words, usize); 8] = [
            ("first names", &FIRST_NAMES, 2500),
            ("last names", &LAST_NAMES, 400),
            ("lower first names", &FIRST_NAMES_LOWER, 2500),
            ("cities", &CITIES, 1000),
            ("words", &WORDS, 150),
            ("sentences", &SENTENCES, 4000),
            ("paragraphs", &PARAGRAPHS, 1024),
            ("countries", &COUNTRIES, 200),
        ];
        for (name, list, least) in lists {
            let seen: HashSet<&String> = list.iter().collect();
            assert_eq!(seen.len(), list.len(), "{name}");
            assert!(list.len() >= least, "{name}: {}", list.len());
        }
    }
}
