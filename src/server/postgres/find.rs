//! Finds the PostgreSQL that is installed.

use anyhow::{Context as _, bail};
use std::env;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Directories with one installation for each version in them: Debian, RHEL, Homebrew, Postgres.app.
const FAMILIES: &[(&str, &str, &str)] = &[
    ("/usr/lib/postgresql", "", "bin"),
    ("/usr", "pgsql-", "bin"),
    ("/opt/homebrew/opt", "postgresql@", "bin"),
    ("/usr/local/opt", "postgresql@", "bin"),
    ("/Applications/Postgres.app/Contents/Versions", "", "bin"),
];

/// What to do without one.
const INSTALL: &str = "no PostgreSQL server is installed here (looked for `initdb` and `postgres` on PATH, \
by pg_config and in the usual directories); install one:\n  \
Debian, Ubuntu   apt-get install postgresql\n  \
RHEL, Fedora     dnf install postgresql-server postgresql-contrib\n  \
Homebrew         brew install postgresql@17\n\
or name a server that exists with --database postgres://…";

/// A server that is installed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Installation {
    /// Where `initdb` and `postgres` are.
    pub bin: PathBuf,
    /// Its version.
    pub version: Version,
}

/// A server's version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// `15`
    pub major: u32,
    /// In full: `15.18 (Debian 15.18-0+deb12u1)`.
    pub text: String,
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Version {
    /// From what `postgres --version` prints: `postgres (PostgreSQL) 15.18 (Debian …)`.
    fn parse(printed: &str) -> Option<Self> {
        let text = printed.trim().rsplit_once("(PostgreSQL) ")?.1.to_owned();
        let digits = text.split(|c: char| !c.is_ascii_digit()).next()?;
        Some(Self { major: digits.parse().ok()?, text })
    }
}

/// The installation to use: the one on PATH, else the one of `pg_config`, else the newest in the usual directories.
pub fn installation() -> anyhow::Result<Installation> {
    let Some(bin) = candidates().into_iter().find(|bin| is_server(bin)) else { bail!(INSTALL) };
    let postgres = bin.join("postgres");
    let printed = Command::new(&postgres).arg("--version").output();
    let printed = printed.with_context(|| format!("{} cannot be run", postgres.display()))?;
    let version = Version::parse(&String::from_utf8_lossy(&printed.stdout));
    let version = version.with_context(|| format!("{} --version gives no version", postgres.display()))?;
    if version.major < 11 {
        bail!("PostgreSQL {version} in {} is too old: 11 or newer is needed", bin.display());
    }
    Ok(Installation { bin, version })
}

/// Directories in which a server may be, best first.
fn candidates() -> Vec<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    // A link such as /usr/local/bin/postgres stands for the directory it points to, where `initdb` is, too.
    let on_path = env::split_paths(&path).filter_map(|directory| fs::canonicalize(directory.join("postgres")).ok());
    let mut found: Vec<PathBuf> = on_path.filter_map(|postgres| Some(postgres.parent()?.to_owned())).collect();
    if let Ok(printed) = Command::new("pg_config").arg("--bindir").output() {
        found.push(PathBuf::from(String::from_utf8_lossy(&printed.stdout).trim()));
    }
    found.extend(FAMILIES.iter().flat_map(|(parent, prefix, bin)| newest_first(Path::new(parent), prefix, bin)));
    found
}

/// `parent/prefix*/bin`, by version number: 9.6 is older than 15.
fn newest_first(parent: &Path, prefix: &str, bin: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(parent).into_iter().flatten().flatten();
    let mut versions: Vec<(Vec<u32>, PathBuf)> = entries
        .filter_map(|entry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            let number: Option<Vec<u32>> =
                name.strip_prefix(prefix)?.split('.').map(|part| part.parse().ok()).collect();
            Some((number?, entry.path().join(bin)))
        })
        .collect();
    versions.sort_by(|a, b| b.0.cmp(&a.0));
    versions.into_iter().map(|(_, path)| path).collect()
}

fn is_server(bin: &Path) -> bool {
    ["initdb", "postgres"].iter().all(|program| bin.join(program).is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_read_from_what_the_server_prints() {
        let cases = [
            ("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n", Some((15, "15.18 (Debian 15.18-0+deb12u1)"))),
            ("postgres (PostgreSQL) 17devel", Some((17, "17devel"))),
            ("mysqld  Ver 8.0.36", None),
        ];
        for (printed, expected) in cases {
            let found = Version::parse(printed).map(|version| (version.major, version.text));
            assert_eq!(found, expected.map(|(major, text)| (major, text.to_owned())), "{printed}");
        }
    }

    #[test]
    fn versions_are_sorted_as_numbers() {
        let parent = tempfile::tempdir().expect("a directory can be made");
        for version in ["9.6", "15", "14", "common"] {
            fs::create_dir(parent.path().join(version)).expect("a directory can be made");
        }
        let found = newest_first(parent.path(), "", "bin");
        let expected: Vec<PathBuf> = ["15/bin", "14/bin", "9.6/bin"].map(|each| parent.path().join(each)).into();
        assert_eq!(found, expected);
    }
}
