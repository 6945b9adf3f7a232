//! What the names of migration files say: which go forwards, and in which order.

use super::Unusable;
use std::cmp::Ordering;
use std::fmt;
use std::path::Path;

/// How a tool lays its files out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    /// `V1_2__add_memo.sql`, `U1_2__add_memo.sql`, `R__views.sql`.
    Flyway,
    /// `0042_add_memo.up.sql` with its `.down.sql`: golang-migrate, sqlx.
    Reversible,
    /// `0042_add_memo.sql`, or a timestamp in front: dbmate, goose, sqlx, Rails and most of what is written by hand.
    Numbered,
    /// `20240131120000_add_memo/migration.sql`: Prisma.
    Prisma,
    /// `20240131120000_add_memo/up.sql` with its `down.sql`: Diesel.
    Diesel,
}

/// A version: numbers that are compared one by one, so that 2 comes before 10.
#[derive(Clone, Debug)]
pub struct Version(Vec<u64>);

/// A migration that goes forwards.
#[derive(Clone, Debug)]
pub(super) struct Named {
    pub(super) layout: Layout,
    pub(super) name: String,
    pub(super) file: String,
    /// `None` of a repeatable one.
    pub(super) version: Option<Version>,
}

/// The migrations among some files, in their order. `directory` is for messages only.
pub(super) fn order(files: &[String], directory: &Path) -> Result<Vec<Named>, Unusable> {
    let mut all: Vec<Named> = Vec::new();
    for file in files {
        match role(file) {
            Some(Role::Forwards(named)) => all.push(named),
            Some(Role::Backwards) => {}
            None => return Err(strange(file)),
        }
    }
    if let Some(other) = all.iter().find(|named| named.layout != all[0].layout) {
        let message = format!(
            "`{}` is laid out as of {}, and `{}` as of {}",
            all[0].file, all[0].layout, other.file, other.layout
        );
        return Err(Unusable::new(message, "one directory has one layout: their order would be a guess"));
    }
    all.sort_by(|a, b| match (&a.version, &b.version) {
        (Some(a), Some(b)) => a.cmp(b),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => a.name.cmp(&b.name),
    });
    if let Some([a, b]) = all.array_windows().find(|[a, b]| a.version.is_some() && a.version == b.version) {
        let message = format!("`{}` and `{}` have the same version", a.file, b.file);
        return Err(Unusable::new(message, "give one of them another: which comes first would be a guess"));
    }
    match all.iter().any(|named| named.version.is_some()) {
        true => Ok(all),
        false => Err(Unusable::new(format!("there is no migration in `{}`", directory.display()), KNOWN)),
    }
}

/// Whether a file of that name goes forwards.
pub(super) fn is_forwards(file: &str) -> bool {
    matches!(role(file), Some(Role::Forwards(_)))
}

const KNOWN: &str = "known are `V1__x.sql`, `0001_x.up.sql`, `0001_x.sql`, `<timestamp>_x.sql`, \
                     `<timestamp>_x/migration.sql` and `<timestamp>_x/up.sql`";

fn strange(file: &str) -> Unusable {
    Unusable::new(format!("`{file}` is named as no migration is"), format!("{KNOWN}; keep other SQL elsewhere"))
}

/// What a file is for.
enum Role {
    Forwards(Named),
    Backwards,
}

fn role(file: &str) -> Option<Role> {
    let forwards = |layout, name: &str, version| {
        Some(Role::Forwards(Named { layout, name: name.to_owned(), file: file.to_owned(), version }))
    };
    if let Some((folder, inner)) = file.split_once('/') {
        let layout = match inner {
            "migration.sql" => Layout::Prisma,
            "up.sql" => Layout::Diesel,
            "down.sql" => return Some(Role::Backwards),
            _ => return None,
        };
        return forwards(layout, folder, Some(leading(folder)?));
    }
    let stem = file.strip_suffix(".sql")?;
    if let Some((version, _)) = stem.split_once("__").filter(|_| stem.starts_with(['V', 'U', 'R'])) {
        let numbers = &version[1..];
        return match &version[..1] {
            "R" if numbers.is_empty() => forwards(Layout::Flyway, file, None),
            "U" => Version::read(numbers).map(|_| Role::Backwards),
            "V" => forwards(Layout::Flyway, file, Some(Version::read(numbers)?)),
            _ => None,
        };
    }
    if let Some(stem) = stem.strip_suffix(".up") {
        return forwards(Layout::Reversible, file, Some(leading(stem)?));
    }
    if let Some(stem) = stem.strip_suffix(".down") {
        return leading(stem).map(|_| Role::Backwards);
    }
    forwards(Layout::Numbered, file, Some(leading(stem)?))
}

/// The number in front of a name, which ends there or goes on behind `_` or `-`.
fn leading(name: &str) -> Option<Version> {
    let end = name.find(|c: char| !c.is_ascii_digit()).unwrap_or(name.len());
    let (number, rest) = name.split_at(end);
    (rest.is_empty() || rest.starts_with(['_', '-'])).then(|| Version::read(number)).flatten()
}

impl Version {
    /// Numbers with points or underscores between them; those that make no difference, as in `1.0`, left out.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let numbers: Option<Vec<u64>> = text.split(['.', '_']).map(|number| number.parse().ok()).collect();
        let mut numbers = numbers.filter(|_| text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'_')))?;
        while numbers.len() > 1 && numbers.last() == Some(&0) {
            numbers.pop();
        }
        Some(Self(numbers))
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.cmp(&other.0)
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Version {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Version {}

impl fmt::Display for Layout {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Flyway => "Flyway",
            Self::Reversible => "golang-migrate and sqlx",
            Self::Numbered => "numbered files",
            Self::Prisma => "Prisma",
            Self::Diesel => "Diesel",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ordered(files: &[&str]) -> Result<Vec<String>, String> {
        let files: Vec<String> = files.iter().map(|file| (*file).to_owned()).collect();
        let all = order(&files, Path::new("migrations")).map_err(|unusable| unusable.message)?;
        Ok(all.into_iter().map(|named| named.name).collect())
    }

    #[test]
    fn each_layout_has_its_order_and_leaves_out_what_goes_backwards() {
        for (files, expected) in [
            (
                &["V10__c.sql", "V1.1__b.sql", "V1__a.sql", "U1__a.sql"][..],
                &["V1__a.sql", "V1.1__b.sql", "V10__c.sql"][..],
            ),
            (
                &["V2_1__b.sql", "V2__a.sql", "R__views.sql", "V3__c.sql"],
                &["V2__a.sql", "V2_1__b.sql", "V3__c.sql", "R__views.sql"],
            ),
            (&["10_b.up.sql", "10_b.down.sql", "9_a.up.sql", "9_a.down.sql"], &["9_a.up.sql", "10_b.up.sql"]),
            (
                &["0002_b.sql", "0001_a.sql", "0003.sql", "4-d.sql"],
                &["0001_a.sql", "0002_b.sql", "0003.sql", "4-d.sql"],
            ),
            (&["20240201000000_b.sql", "20240131235959_a.sql"], &["20240131235959_a.sql", "20240201000000_b.sql"]),
            (&["20240201_b/migration.sql", "20240131_a/migration.sql"], &["20240131_a", "20240201_b"]),
            (&["1_a/up.sql", "1_a/down.sql", "2_b/up.sql"], &["1_a", "2_b"]),
            (&["1_a.sql", "1_a.down.sql"], &["1_a.sql"]),
        ] {
            assert_eq!(
                ordered(files).as_deref(),
                Ok(expected.iter().map(|each| (*each).to_owned()).collect::<Vec<_>>()).as_deref()
            );
        }
    }

    #[test]
    fn what_would_be_a_guess_is_refused_by_name() {
        for (files, words) in [
            (&["V1__a.sql", "V1.0__b.sql"][..], &["V1__a.sql", "V1.0__b.sql", "same version"][..]),
            (&["1_a.sql", "0001_b.sql"], &["same version"]),
            (&["V1__a.sql", "2_b.sql"], &["Flyway", "numbered"]),
            (&["1_a.up.sql", "2_b.sql"], &["golang-migrate", "numbered"]),
            (&["1_a/migration.sql", "2_b.sql"], &["Prisma", "numbered"]),
            (&["1_a.sql", "schema.sql"], &["schema.sql", "named as no migration"]),
            (&["1_a.sql", "old/2_b.sql"], &["old/2_b.sql"]),
            (&["B1__baseline.sql"], &["B1__baseline.sql"]),
            (&["Vx__a.sql"], &["Vx__a.sql"]),
            (&["R__views.sql"], &["no migration in `migrations`"]),
            (&[], &["no migration in `migrations`"]),
        ] {
            let told = ordered(files).expect_err("it is refused");
            for word in words {
                assert!(told.contains(word), "{told}");
            }
        }
    }
}
