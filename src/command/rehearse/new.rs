//! Which migrations of a directory are new, and what is odd about the old ones.

use super::git::Changed;
use crate::command::Wrong;
use crate::result::model::Finding;
use crate::scenario::directory::{self, Directory, MigrationFile};
use crate::scenario::nearest;
use crate::sql::{TokenKind, split, tokens};

/// The new migrations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// Their places, in the order of the directory.
    pub(super) places: Vec<usize>,
    /// What the rehearsal's reader should know of the others.
    pub(super) findings: Vec<Finding>,
    /// By what they are new, in words that follow on *new*.
    pub(super) because: String,
}

/// Those that git calls added; a repeatable one that was changed runs again, and is new too.
pub(super) fn since(directory: &Directory, reference: &str, changed: &Changed) -> Found {
    let is_new = |file: &MigrationFile| {
        changed.added.contains(&file.file) || file.version.is_none() && changed.modified.contains(&file.file)
    };
    let places: Vec<usize> = (0..directory.files.len()).filter(|at| is_new(&directory.files[*at])).collect();
    let mut findings = Vec::new();
    for file in directory.files.iter().filter(|file| !is_new(file) && changed.modified.contains(&file.file)) {
        findings.push(Finding {
            message: format!("`{}` was changed since `{reference}`, as if it had never been applied", file.file),
            help: Some("a database that has it will not run it again: undo that, and add a migration".to_owned()),
        });
    }
    for gone in changed.deleted.iter().filter(|file| directory::goes_forwards(file)) {
        findings.push(Finding {
            message: format!("`{gone}` was deleted or renamed since `{reference}`"),
            help: Some("databases that have it keep what it made: add a migration that takes it back".to_owned()),
        });
    }
    let last_old = directory.files.iter().rev().find(|file| file.version.is_some() && !is_new(file));
    for file in places.iter().map(|at| &directory.files[*at]) {
        if let Some(old) = last_old.filter(|old| file.version.is_some() && file.version < old.version) {
            findings.push(Finding {
                message: format!("`{}` comes before `{}`, which is there already", file.file, old.file),
                help: Some("it was rehearsed behind it; some tools refuse that: give it a later version".to_owned()),
            });
        }
    }
    Found { places, findings, because: format!("since `{reference}`") }
}

/// Those behind a named one, repeatable ones left out.
pub(super) fn after(directory: &Directory, name: &str) -> anyhow::Result<Found> {
    let Some(last) = directory.find(name) else {
        let known = directory.files.iter().map(|file| file.name.as_str());
        let near = nearest(name, known).map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
        return Err(Wrong(format!("there is no migration `{name}` in `{}`{near}", directory.path.display())).into());
    };
    Ok(behind(directory, Some(last), format!("after `{}`", directory.files[last].name)))
}

/// All behind the one that makes the last of some tables, which must be there before they can be filled.
pub(super) fn all(directory: &Directory, tables: &[String]) -> Found {
    let makes = |file: &MigrationFile, table: &str| {
        split(&file.text).iter().any(|statement| made(statement).is_some_and(|name| name.eq_ignore_ascii_case(table)))
    };
    let last =
        tables.iter().filter_map(|table| directory.files.iter().rposition(|file| makes(file, unqualified(table))));
    let last = last.max();
    let because = match last {
        Some(last) => format!("after `{}`, with which all tables of `seed` are there", directory.files[last].name),
        None => "at all".to_owned(),
    };
    behind(directory, last, because)
}

fn behind(directory: &Directory, last: Option<usize>, because: String) -> Found {
    let is_behind = |at: &usize| last.is_none_or(|last| *at > last) && directory.files[*at].version.is_some();
    Found { places: (0..directory.files.len()).filter(is_behind).collect(), findings: Vec::new(), because }
}

/// The table that a statement makes, or renames another one to.
fn made(statement: &str) -> Option<String> {
    let tokens: Vec<_> = tokens(statement).filter(|token| token.counts() && token.kind != TokenKind::Comment).collect();
    let is = |at: usize, word: &str| tokens.get(at).is_some_and(|token| token.is(word));
    let table = (0..4).find(|at| is(*at, "table"))?;
    let name = match (is(0, "create"), is(0, "alter")) {
        (true, _) if is(table + 1, "if") => table + 4,
        (true, _) => table + 1,
        (_, true) => tokens.windows(2).position(|pair| pair[0].is("rename") && pair[1].is("to"))? + 2,
        _ => return None,
    };
    // Behind the last point of `public.orders`.
    let last = (name..tokens.len()).step_by(2).find(|at| tokens.get(at + 1).is_none_or(|next| next.text != "."))?;
    Some(tokens[last].text.trim_matches('"').to_owned())
}

fn unqualified(table: &str) -> &str {
    table.rsplit('.').next().unwrap_or(table).trim_matches('"')
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn directory(files: &[(&str, &str)]) -> Directory {
        let folder = tempfile::tempdir().expect("a folder can be made");
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).expect("it is writable");
        }
        let found = Directory::read(folder.path()).expect("it is sound");
        Directory { path: Path::new("migrations").to_owned(), ..found }
    }

    fn changed(added: &[&str], modified: &[&str], deleted: &[&str]) -> Changed {
        let names = |names: &[&str]| names.iter().map(|each| (*each).to_owned()).collect();
        Changed { added: names(added), modified: names(modified), deleted: names(deleted) }
    }

    const FLYWAY: [(&str, &str); 5] =
        [("V1__a.sql", ""), ("V2__b.sql", ""), ("V3__c.sql", ""), ("R__x.sql", ""), ("R__y.sql", "")];

    #[test]
    fn what_was_added_is_new_and_so_is_a_repeatable_one_that_was_changed() {
        let found = since(&directory(&FLYWAY), "main", &changed(&["V3__c.sql", "notes.md"], &["R__y.sql"], &[]));
        assert_eq!((found.places, found.findings), (vec![2, 4], vec![]));
        let none = since(&directory(&FLYWAY), "main", &changed(&["notes.md"], &[], &[]));
        assert!(none.places.is_empty() && none.findings.is_empty());
    }

    #[test]
    fn what_was_done_to_old_migrations_is_told() {
        let found =
            since(&directory(&FLYWAY), "main", &changed(&["V2__b.sql"], &["V1__a.sql"], &["V0__z.sql", "U0__z.sql"]));
        let told: Vec<&str> = found.findings.iter().map(|finding| finding.message.as_str()).collect();
        let expected = ["`V1__a.sql` was changed", "`V0__z.sql` was deleted", "`V2__b.sql` comes before `V3__c.sql`"];
        assert_eq!(told.len(), expected.len(), "{told:?}");
        for (begins, told) in expected.iter().zip(&told) {
            assert!(told.starts_with(begins), "{told}");
        }
    }

    #[test]
    fn those_after_one_leave_repeatable_ones_out() {
        assert_eq!(after(&directory(&FLYWAY), "1").expect("it is there").places, [1, 2]);
        assert!(after(&directory(&FLYWAY), "3").expect("it is there").places.is_empty());
        let unknown = after(&directory(&FLYWAY), "V2__bb.sql").expect_err("there is none").to_string();
        assert!(unknown.contains("did you mean `V2__b.sql`?"), "{unknown}");
    }

    #[test]
    fn all_begin_where_the_tables_are_there() {
        let files = [
            ("1_a.sql", "CREATE TABLE IF NOT EXISTS shop.customers (id int); CREATE UNLOGGED TABLE Old (id int)"),
            ("2_b.sql", "-- why\nALTER TABLE old RENAME TO \"orders\""),
            ("3_c.sql", "ALTER TABLE orders ADD b int"),
            ("4_d.sql", "CREATE INDEX ON orders (b)"),
        ];
        let tables = |tables: &[&str]| tables.iter().map(|each| (*each).to_owned()).collect::<Vec<_>>();
        assert_eq!(all(&directory(&files), &tables(&["customers", "orders"])).places, [2, 3]);
        assert_eq!(all(&directory(&files), &tables(&["shop.customers"])).places, [1, 2, 3]);
        assert_eq!(all(&directory(&files), &[]).places, [0, 1, 2, 3]);
    }
}
