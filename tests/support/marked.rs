//! Malformed scenarios, and where their problems must be told.
//!
//! A case is a sound scenario with one text replaced. In the replacement, `«` marks where the problem must be
//! told; without a mark there must be none. Several marks want several problems, all at once.

use shakedown::scenario::{self, Problems};
use std::fs;

/// What is wrong with a scenario, beside the files that the cases name.
pub(crate) fn problems_of(text: &str) -> Option<Problems> {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let path = folder.path().join("scenario.yaml");
    fs::write(folder.path().join("schema.sql"), "CREATE TABLE accounts (id bigint PRIMARY KEY);")
        .expect("it is writable");
    fs::write(folder.path().join("dump.sql"), "\\connect other\nSELECT 1;").expect("it is writable");
    fs::write(folder.path().join("empty.txt"), "\n").expect("it is writable");
    for (name, files) in [("migrations", &["V1__a.sql", "V2__b.sql"][..]), ("mixed", &["V1__a.sql", "2_b.sql"])] {
        let inside = folder.path().join(name);
        fs::create_dir(&inside).expect("it can be made");
        for file in files {
            fs::write(inside.join(file), "SELECT 1;").expect("it is writable");
        }
    }
    fs::write(&path, text).expect("it is writable");
    scenario::read(&path).err()
}

/// `line:column: message; help`, as many as there are.
pub(crate) fn told(text: &str) -> Vec<String> {
    let Some(problems) = problems_of(text) else { return Vec::new() };
    let told = problems.list.iter().map(|problem| {
        let before = &text[..problem.place.0.start];
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        format!("{line}:{column}: {}; {}", problem.message, problem.help.as_deref().unwrap_or_default())
    });
    told.collect()
}

/// The places of the marks, and the text without them.
pub(crate) fn unmarked(text: &str) -> (Vec<String>, String) {
    let mut places = Vec::new();
    let mut plain = String::new();
    for (at, line) in text.split_inclusive('\n').enumerate() {
        let mut column = 1;
        for c in line.chars() {
            if c == '«' {
                places.push(format!("{}:{column}: ", at + 1));
            } else {
                plain.push(c);
                column += 1;
            }
        }
    }
    (places, plain)
}

/// Replaces a text of a sound scenario and wants a problem at each mark that says all these words.
#[track_caller]
pub(crate) fn case(sound: &str, from: &str, to: &str, words: &[&str]) {
    assert_eq!(sound.matches(from).count(), 1, "`{from}` stands once in the sound scenario");
    let (places, text) = unmarked(&sound.replace(from, to));
    let told = told(&text);
    assert_eq!(told.len(), places.len(), "{to}\n{}", told.join("\n"));
    for (place, told) in places.iter().zip(&told) {
        assert!(told.starts_with(place), "{to}\nexpected at {place}\n{told}");
    }
    let all = told.join("\n");
    for word in words {
        assert!(all.contains(word), "{to}\nexpected the words `{word}` in\n{all}");
    }
}
