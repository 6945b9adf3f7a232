//! Commands of the shell by which a person gets at a database that was kept.

use super::Address;

/// How to look into a database, and how to be rid of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ByHand {
    /// Starts its server; empty where that runs by itself.
    pub start: String,
    /// Opens a terminal on it.
    pub connect: String,
    /// Ends the server that was started, or drops the database on one that runs by itself.
    pub end: String,
}

impl ByHand {
    /// For a database of a server that runs by itself; `address` is another database of it.
    #[must_use]
    pub fn beside(address: &Address, database: &str) -> Self {
        let drop = format!("DROP DATABASE \"{}\"", database.replace('"', "\"\""));
        Self {
            start: String::new(),
            connect: psql("psql", &address.database(database)),
            end: format!("{} -c {}", psql("psql", address), word(&drop)),
        }
    }
}

/// Opens a terminal on a database, by a program of that name; asks for the password, if there is one.
pub(super) fn psql(program: &str, address: &Address) -> String {
    let options = &address.0;
    let host = options.get_socket().map_or_else(|| options.get_host().to_owned(), |path| path.display().to_string());
    let (user, port) = (options.get_username(), options.get_port());
    let [program, host, user, database] = [program, &host, user, address.database_name()].map(word);
    format!("{program} -h {host} -p {port} -U {user} {database}")
}

/// A word of the shell, whatever is in it.
pub(super) fn word(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+=:@%,".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_one_for_the_shell_too() {
        for (text, expected) in
            [("/var/lib/data", "/var/lib/data"), ("/my data", "'/my data'"), ("it's", "'it'\\''s'"), ("", "''")]
        {
            assert_eq!(word(text), expected);
        }
    }

    #[test]
    fn a_database_on_a_server_that_exists_is_named_without_its_password() {
        let address = Address::url("postgres://app:hunter2@db.example:6432/shop").expect("it is one");
        let by_hand = ByHand::beside(&address, "shakedown_run");
        assert_eq!(by_hand.connect, "psql -h db.example -p 6432 -U app shakedown_run");
        assert_eq!(by_hand.end, "psql -h db.example -p 6432 -U app shop -c 'DROP DATABASE \"shakedown_run\"'");
    }
}
