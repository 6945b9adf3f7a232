//! Directories of plain SQL migrations, as other tools lay them out.
//!
//! Names tell the order and text tells the transaction; both follow the tool whose layout it is. Only files that go
//! forwards are kept: what undoes a migration is never rehearsed.

mod layout;
mod script;

pub use layout::Version;

use super::{Change, SchemaFile, SchemaPart};
use script::Tool;
use std::fmt::Write as _;
use std::fs::DirEntry;
use std::path::{Path, PathBuf};

/// The migrations of a directory, in the order in which they are applied.
#[derive(Clone, Debug)]
pub struct Directory {
    /// The directory.
    pub path: PathBuf,
    /// At least one. Repeatable ones come last, as Flyway applies them.
    pub files: Vec<MigrationFile>,
}

/// One migration.
#[derive(Clone, Debug)]
pub struct MigrationFile {
    /// What reports and thresholds call it: the file, or the folder that holds it.
    pub name: String,
    /// Its file within the directory.
    pub file: String,
    /// Its version; `None` of a repeatable one.
    pub version: Option<Version>,
    /// What it runs forwards, as written.
    pub text: String,
    /// The line of its file on which that begins, from 1.
    pub line: usize,
    /// The same as a step of a migration: in a transaction or not, as its tool would.
    pub change: Change,
}

/// New migrations of a directory, each of which is to be rehearsed.
#[derive(Clone, Copy, Debug)]
pub struct New<'a> {
    /// All of them, old and new.
    pub directory: &'a Directory,
    /// Places of the new ones, in their order.
    pub places: &'a [usize],
}

/// Why a directory cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Unusable {
    /// What is wrong, naming the file.
    pub message: String,
    /// What its owner can do.
    pub help: Option<String>,
}

impl Unusable {
    fn new(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { message: message.into(), help: Some(help.into()) }
    }
}

impl Directory {
    /// Reads all of a directory.
    pub fn read(path: &Path) -> Result<Self, Unusable> {
        let unreadable = |path: &Path, error: &std::io::Error| Unusable {
            message: format!("cannot read `{}`: {error}", path.display()),
            help: None,
        };
        let listed = listed(path).map_err(|error| unreadable(path, &error))?;
        let mut files = Vec::new();
        for named in layout::order(&listed, path)? {
            let place = path.join(&named.file);
            let text = std::fs::read_to_string(&place).map_err(|error| unreadable(&place, &error))?;
            let tool = Tool::of(named.layout, &place);
            let script = script::forwards(&text, tool).map_err(|wrong| wrong.of(&place))?;
            let change = script.change().map_err(|wrong| wrong.of(&place))?;
            files.push(MigrationFile {
                name: named.name,
                file: named.file,
                version: named.version,
                text: script.text.to_owned(),
                line: script.line,
                change,
            });
        }
        Ok(Self { path: path.to_owned(), files })
    }

    /// The place of a migration, by its file, its name or its version.
    #[must_use]
    pub fn find(&self, named: &str) -> Option<usize> {
        let named = named.trim_end_matches('/');
        let stem = |file: &str| file.trim_end_matches(".sql").trim_end_matches(".up").to_owned();
        let is = |file: &MigrationFile| {
            [&file.name, &file.file].into_iter().any(|name| name == named || stem(name) == named)
                || file.version.is_some() && file.version == Version::read(named)
        };
        self.files.iter().position(is)
    }

    /// Those behind one and up to another, by their places; repeatable ones belong to whatever has no beginning.
    pub fn between(&self, after: Option<usize>, until: Option<usize>) -> impl Iterator<Item = &MigrationFile> {
        let numbered = move |at: usize| after.is_none_or(|after| at > after) && until.is_none_or(|until| at <= until);
        let wanted = move |(at, file): &(usize, &MigrationFile)| match &file.version {
            Some(_) => numbered(*at),
            None => after.is_none() || Some(*at) == until,
        };
        self.files.iter().enumerate().filter(wanted).map(|(_, file)| file)
    }

    /// The schema that some of its migrations make.
    pub fn schema<'a>(&self, files: impl IntoIterator<Item = &'a MigrationFile>) -> SchemaFile {
        let mut schema = SchemaFile { path: self.path.clone(), sql: String::new(), parts: Vec::new() };
        for file in files {
            write!(schema.sql, "-- {}\n{}\n", file.file, file.text.trim_end()).expect("text takes all that is written");
            schema.parts.extend(file.parts(&self.path.join(&file.file)));
        }
        schema
    }
}

impl MigrationFile {
    /// As it is sent where nobody measures it: what belongs together in one piece, which the server makes one
    /// transaction.
    fn parts(&self, file: &Path) -> Vec<SchemaPart> {
        let part = |line, sql: &str| SchemaPart { file: file.to_owned(), line, sql: sql.to_owned() };
        let Change::Sql(statements) = &self.change else { return vec![part(self.line, &self.text)] };
        let mut from = 0;
        let mut parts = Vec::new();
        for statement in statements {
            let at = self.text[from..].find(statement.as_str()).map_or(from, |at| from + at);
            parts.push(part(self.line + self.text[..at].matches('\n').count(), statement));
            from = at + statement.len();
        }
        parts
    }
}

/// Whether a file of that name, in such a directory, is a migration that goes forwards.
#[must_use]
pub fn goes_forwards(file: &str) -> bool {
    layout::is_forwards(file)
}

/// SQL files of a directory and of its folders, one level deep, by their names in it.
fn listed(path: &Path) -> std::io::Result<Vec<String>> {
    let mut found = Vec::new();
    for name in names(path)? {
        let inside = path.join(&name);
        if inside.is_dir() {
            let inner = names(&inside)?.into_iter().filter(|inner| is_sql(inner));
            found.extend(inner.map(|inner| format!("{name}/{inner}")));
        } else if is_sql(&name) {
            found.push(name);
        }
    }
    found.sort();
    Ok(found)
}

/// What a folder holds, hidden things left out.
fn names(folder: &Path) -> std::io::Result<Vec<String>> {
    let name = |entry: std::io::Result<DirEntry>| Ok(entry?.file_name().to_string_lossy().into_owned());
    let names: std::io::Result<Vec<String>> = std::fs::read_dir(folder)?.map(name).collect();
    Ok(names?.into_iter().filter(|name| !name.starts_with('.')).collect())
}

fn is_sql(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|extension| extension.eq_ignore_ascii_case("sql"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    /// A directory of these files, read.
    fn directory(files: &[(&str, &str)]) -> Result<Directory, Unusable> {
        let folder = tempfile::tempdir().expect("a folder can be made");
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().expect("it has one")).expect("it can be made");
            fs::write(path, text).expect("it is writable");
        }
        Directory::read(folder.path())
    }

    fn names<'a>(files: impl Iterator<Item = &'a MigrationFile>) -> Vec<&'a str> {
        files.map(|file| file.name.as_str()).collect()
    }

    #[test]
    fn a_migration_is_found_by_file_name_or_version() {
        let found = directory(&[("0009_a.up.sql", ""), ("0009_a.down.sql", ""), ("0041_b.up.sql", "")]).expect("sound");
        for named in ["0041", "41", "0041_b", "0041_b.up.sql"] {
            assert_eq!(found.find(named), Some(1), "{named}");
        }
        assert_eq!(found.find("4"), None);
        let folders = directory(&[("20240101_a/migration.sql", ""), ("20240102_b/migration.sql", "")]).expect("sound");
        for named in ["20240102_b", "20240102_b/", "20240102_b/migration.sql", "20240102"] {
            assert_eq!(folders.find(named), Some(1), "{named}");
        }
    }

    #[test]
    fn repeatable_migrations_come_last_and_not_again() {
        let files = [("V1__a.sql", ""), ("R__views.sql", ""), ("V2__b.sql", ""), ("V3__c.sql", "")];
        let found = directory(&files).expect("sound");
        assert_eq!(names(found.between(None, None)), ["V1__a.sql", "V2__b.sql", "V3__c.sql", "R__views.sql"]);
        assert_eq!(names(found.between(None, Some(1))), ["V1__a.sql", "V2__b.sql", "R__views.sql"]);
        assert_eq!(names(found.between(Some(0), None)), ["V2__b.sql", "V3__c.sql"]);
        assert_eq!(names(found.between(Some(0), Some(1))), ["V2__b.sql"]);
    }

    #[test]
    fn a_schema_is_sent_in_pieces_that_know_their_lines() {
        let text =
            "-- +goose NO TRANSACTION\n-- +goose Up\nCREATE TABLE a ();\n\nVACUUM a;\n-- +goose Down\nDROP TABLE a;";
        let found = directory(&[("1_a.sql", text), ("2_b.sql", "-- +goose Up\nCREATE TABLE b ();\nDROP TABLE b;")]);
        let found = found.expect("sound");
        let schema = found.schema(&found.files);
        let parts: Vec<_> = schema.parts.iter().map(|part| (part.line, part.sql.trim())).collect();
        assert_eq!(parts, [(3, "CREATE TABLE a ()"), (5, "VACUUM a"), (2, "CREATE TABLE b ();\nDROP TABLE b;")]);
        assert!(schema.sql.starts_with("-- 1_a.sql\n"), "{}", schema.sql);
    }

    #[test]
    fn what_is_wrong_names_the_file() {
        let wrong = directory(&[("1_a.sql", "-- migrate:down\nDROP TABLE a;")]).expect_err("it never goes forwards");
        assert!(wrong.message.contains("1_a.sql") && wrong.message.contains("backwards"), "{wrong:?}");
    }
}
