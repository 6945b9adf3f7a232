//! Directories of migrations: as the schema, as steps of a migration, and one by one.

use super::reader::Reader;
use crate::scenario::directory::{Directory, MigrationFile, New, Unusable};
use crate::scenario::written::node::{Content, Entry, Node};
use crate::scenario::written::vocabulary::change::{DIRECTORY, SCHEMA};
use crate::scenario::{Change, Place, Problem, SchemaFile, SchemaPart, Step, TableSeed, Variant};

impl Reader<'_> {
    /// The section `schema`: a file, a directory, or a directory up to one of its files.
    pub(super) fn schema(&mut self, node: Option<&Node>) -> SchemaFile {
        let nothing = SchemaFile { path: "".into(), sql: String::new(), parts: Vec::new() };
        let Some(node) = node else { return nothing };
        if let Content::Map(_) = node.content {
            self.form(node, &SCHEMA, &node.place);
            let directory = node.get("directory").and_then(|named| self.directory(named));
            return directory.map_or(nothing, |directory| self.schema_of(&directory, node));
        }
        let is_directory = self.text(node).is_some_and(|text| self.folder().join(text).is_dir());
        if is_directory {
            return self.directory(node).map_or(nothing, |directory| self.schema_of(&directory, node));
        }
        let (path, sql) = self.file(node);
        self.refuse_psql(&sql, Some(&path), &node.place);
        let parts = vec![SchemaPart { file: path.clone(), line: 1, sql: sql.clone() }];
        SchemaFile { path, sql, parts }
    }

    fn schema_of(&mut self, directory: &Directory, node: &Node) -> SchemaFile {
        let until = self.migration_named(directory, node, "until");
        let files: Vec<&MigrationFile> = directory.between(None, until).collect();
        for file in &files {
            self.runnable(directory, file, &node.place);
        }
        directory.schema(files)
    }

    /// A step that is a directory: one step for each of its files.
    pub(super) fn directory_steps(&mut self, node: &Node) -> Vec<Step> {
        self.form(node, &DIRECTORY, &node.place);
        let Some(named) = node.get("directory") else { return Vec::new() };
        let Some(directory) = self.directory(named) else { return Vec::new() };
        let after = self.migration_named(&directory, node, "after");
        let until = self.migration_named(&directory, node, "until");
        let (lock_timeout, retry) = self.patience(node);
        let files: Vec<&MigrationFile> = directory.between(after, until).collect();
        if files.is_empty() {
            let problem =
                Problem::at(named.place.clone(), format!("no migration of `{}` is left", self.raw(&named.place)));
            self.problem(problem.help("`after` names the last one that is already there, `until` the last one to run"));
        }
        let with_patience = |file: &MigrationFile| {
            self.runnable(&directory, file, &named.place);
            Step { lock_timeout, retry: retry.clone(), ..step(file, named.place.clone()) }
        };
        files.into_iter().map(with_patience).collect()
    }

    /// In place of what the file says of its variants: one for each new migration, which finds those before it made.
    pub(super) fn rehearsals(&mut self, base: &Node, seed: &[TableSeed], new: New<'_>) -> Vec<Variant> {
        let place = base.get("schema").map(|schema| schema.place.clone()).unwrap_or_default();
        let files: Vec<&MigrationFile> = new.places.iter().map(|at| &new.directory.files[*at]).collect();
        let mut variants = Vec::new();
        let mut earlier: Vec<String> = Vec::new();
        for file in files {
            self.runnable(new.directory, file, &place);
            let value = Node { place: place.clone(), content: Content::Null };
            let entry = Entry { key: file.name.clone(), place: place.clone(), value };
            let variant = self.variant(&entry, base, seed);
            variants.push(Variant { setup: earlier.clone(), migration: vec![step(file, place.clone())], ..variant });
            earlier.extend(new.directory.schema([file]).parts.into_iter().map(|part| part.sql));
        }
        variants
    }

    /// The schema as it was before the new migrations.
    pub(super) fn schema_before(&mut self, new: New<'_>, place: &Place) -> SchemaFile {
        let is_old = |at: &usize| !new.places.contains(at);
        let old: Vec<&MigrationFile> =
            (0..new.directory.files.len()).filter(is_old).map(|at| &new.directory.files[at]).collect();
        for file in &old {
            self.runnable(new.directory, file, place);
        }
        new.directory.schema(old)
    }

    fn directory(&mut self, node: &Node) -> Option<Directory> {
        let path = self.folder().join(self.text(node)?);
        match Directory::read(&path) {
            Ok(directory) => Some(directory),
            Err(Unusable { message, help }) => {
                let problem = Problem::at(node.place.clone(), message);
                self.problem(problem.help(help.as_deref().unwrap_or("paths start from the scenario's folder")));
                None
            }
        }
    }

    /// The migration that stands under a key.
    fn migration_named(&mut self, directory: &Directory, node: &Node, key: &str) -> Option<usize> {
        let value = node.get(key)?;
        let name = self.text(value)?;
        let found = directory.find(name);
        if found.is_none() {
            let message = format!("there is no migration `{name}` in `{}`", directory.path.display());
            let known = directory.files.iter().map(|file| file.name.as_str());
            self.problem(Problem::at(value.place.clone(), message).suggest(name, known));
        }
        found
    }

    /// Refuses what only psql understands, and transactions that do not fit together.
    fn runnable(&mut self, directory: &Directory, file: &MigrationFile, place: &Place) {
        let path = directory.path.join(&file.file);
        self.refuse_psql(&file.text, Some(&path), place);
        if let Change::Sql(statements) = &file.change {
            self.balanced(statements, &format!("`{}`: ", path.display()), place);
        }
    }
}

/// A migration as a step, named by its file.
fn step(file: &MigrationFile, place: Place) -> Step {
    Step {
        name: file.name.clone(),
        text: file.text.trim().to_owned(),
        change: file.change.clone(),
        lock_timeout: None,
        retry: None,
        place,
    }
}
