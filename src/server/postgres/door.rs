//! Where a server listens, for whoever dials it without a driver or stands in front of it.

use super::Address;
use sqlx::postgres::PgSslMode;
use std::path::{Path, PathBuf};

/// Where a server listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Door {
    /// A unix socket in that directory, named for the port.
    Socket {
        /// The directory.
        directory: PathBuf,
        /// The port, which only makes the name.
        port: u16,
    },
    /// TCP.
    Host {
        /// Its name or address.
        host: String,
        /// The port.
        port: u16,
    },
}

/// The name of the socket that clients look for in a directory (PostgreSQL docs, 20.3.1, `unix_socket_directories`).
#[must_use]
pub fn socket_file(directory: &Path, port: u16) -> PathBuf {
    directory.join(format!(".s.PGSQL.{port}"))
}

impl Address {
    /// Where the server listens.
    #[must_use]
    pub fn door(&self) -> Door {
        let port = self.0.get_port();
        match self.0.get_socket() {
            Some(directory) => Door::Socket { directory: directory.clone(), port },
            // An IPv6 address has brackets in a URL only.
            None => Door::Host { host: self.0.get_host().trim_matches(['[', ']']).to_owned(), port },
        }
    }

    /// The same database as the same user, through another door: that of somebody who passes all on.
    ///
    /// Refused where the client wants to see the server's own name at the other end.
    pub fn through(&self, door: &Door) -> anyhow::Result<Self> {
        let options = self.0.clone();
        anyhow::ensure!(
            !matches!(options.get_ssl_mode(), PgSslMode::VerifyFull),
            "with `sslmode=verify-full` nothing may stand between client and server, as a round trip does that is put \
             there: use `sslmode=verify-ca`, or leave the round trip out"
        );
        Ok(Self(match door {
            Door::Socket { directory, port } => options.socket(directory).port(*port),
            Door::Host { host, port } => options.host(host).port(*port),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_but_the_door_stays_the_same() {
        let address = Address::url("postgres://me:secret@db.example:6432/shop?sslmode=require").expect("it is one");
        assert_eq!(address.door(), Door::Host { host: "db.example".to_owned(), port: 6432 });
        let near = address.through(&Door::Host { host: "127.0.0.1".to_owned(), port: 9999 }).expect("it may be");
        assert_eq!(near.secret_url(), "postgres://me:secret@127.0.0.1:9999/shop?sslmode=require");

        let address = Address::socket(Path::new("/srv/a"), 5432, "me", "shop");
        let door = Door::Socket { directory: "/tmp/b".into(), port: 5432 };
        let near = address.through(&door).expect("it may be");
        assert_eq!((near.door(), near.database_name()), (door, "shop"));
    }

    #[test]
    fn an_address_of_ipv6_is_dialled_without_its_brackets() {
        let address = Address::url("postgres://me@[::1]:6432/shop").expect("it is one");
        assert_eq!(address.door(), Door::Host { host: "::1".to_owned(), port: 6432 });
        assert!(address.is_local());
    }

    #[test]
    fn a_client_that_wants_to_see_the_server_itself_is_not_led_elsewhere() {
        let address = Address::url("postgres://me@db.example/shop?sslmode=verify-full").expect("it is one");
        let refused = address.through(&Door::Host { host: "127.0.0.1".to_owned(), port: 1 });
        let error = refused.expect_err("it must be").to_string();
        assert!(error.contains("use `sslmode=verify-ca`"), "{error}");
    }
}
