//! Puts tables in an order in which they can be filled.

use crate::schema::Table;

/// Parents before children; where foreign keys form a circle, the table that was made first leads.
pub(super) fn parents_first(mut waiting: Vec<Table>) -> Vec<Table> {
    let mut placed: Vec<Table> = Vec::with_capacity(waiting.len());
    while !waiting.is_empty() {
        let names: Vec<String> = waiting.iter().map(|table| table.name.clone()).collect();
        let free = |table: &Table| {
            let mut parents = table.foreign_keys.iter().map(|key| &key.parent);
            parents.all(|parent| *parent == table.name || !names.contains(parent))
        };
        let next = waiting.iter().position(free).unwrap_or(0);
        placed.push(waiting.remove(next));
    }
    placed
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::ForeignKey;

    fn table(name: &str, parents: &[&str]) -> Table {
        let key = |parent: &&str| ForeignKey {
            name: format!("{name}_{parent}"),
            columns: vec![(*parent).to_owned()],
            parent: (*parent).to_owned(),
            parent_columns: vec!["id".to_owned()],
        };
        Table {
            name: name.to_owned(),
            quoted: name.to_owned(),
            columns: Vec::new(),
            primary_key: Vec::new(),
            unique: Vec::new(),
            foreign_keys: parents.iter().map(key).collect(),
            partitioned: false,
            row_security: false,
        }
    }

    #[test]
    fn parents_come_first_and_circles_are_survived() {
        let tables = vec![
            table("line", &["invoice", "item"]),
            table("invoice", &["customer"]),
            table("customer", &["customer"]),
            table("hen", &["egg"]),
            table("egg", &["hen"]),
            table("item", &[]),
        ];
        let names: Vec<String> = parents_first(tables).into_iter().map(|table| table.name).collect();
        assert_eq!(names, ["customer", "invoice", "item", "line", "hen", "egg"]);
    }
}
