//! Lock modes: their names, their order, and which of them exclude each other.
//!
//! PostgreSQL docs, 13.3 Explicit Locking, table 13.2; the same eight modes serve every kind of lockable object.

/// A lock mode, from the weakest to the strongest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mode {
    /// SELECT
    AccessShare,
    /// SELECT FOR UPDATE
    RowShare,
    /// INSERT, UPDATE, DELETE
    RowExclusive,
    /// VACUUM, CREATE INDEX CONCURRENTLY, VALIDATE CONSTRAINT
    ShareUpdateExclusive,
    /// CREATE INDEX
    Share,
    /// ADD FOREIGN KEY, CREATE TRIGGER
    ShareRowExclusive,
    /// REFRESH MATERIALIZED VIEW CONCURRENTLY
    Exclusive,
    /// Most of ALTER TABLE, DROP, TRUNCATE, REINDEX
    AccessExclusive,
}

use Mode::{
    AccessExclusive, AccessShare, Exclusive, RowExclusive, RowShare, Share, ShareRowExclusive, ShareUpdateExclusive,
};

/// The server's name in `pg_locks`, and SQL's words.
const NAMES: [(Mode, &str, &str); 8] = [
    (AccessShare, "AccessShareLock", "ACCESS SHARE"),
    (RowShare, "RowShareLock", "ROW SHARE"),
    (RowExclusive, "RowExclusiveLock", "ROW EXCLUSIVE"),
    (ShareUpdateExclusive, "ShareUpdateExclusiveLock", "SHARE UPDATE EXCLUSIVE"),
    (Share, "ShareLock", "SHARE"),
    (ShareRowExclusive, "ShareRowExclusiveLock", "SHARE ROW EXCLUSIVE"),
    (Exclusive, "ExclusiveLock", "EXCLUSIVE"),
    (AccessExclusive, "AccessExclusiveLock", "ACCESS EXCLUSIVE"),
];

impl Mode {
    /// By its name in `pg_locks`; `None` for what is no such lock, as `SIReadLock`.
    #[must_use]
    pub fn of_server(name: &str) -> Option<Self> {
        NAMES.iter().find(|(_, server, _)| *server == name).map(|(mode, ..)| *mode)
    }

    /// In SQL's words.
    #[must_use]
    pub fn words(self) -> &'static str {
        NAMES[self as usize].2
    }

    /// Whether nobody can have the one while another has the other.
    #[must_use]
    pub fn conflicts(self, other: Self) -> bool {
        self.excluded().contains(&other)
    }

    fn excluded(self) -> &'static [Self] {
        match self {
            AccessShare => &[AccessExclusive],
            RowShare => &[Exclusive, AccessExclusive],
            RowExclusive => &[Share, ShareRowExclusive, Exclusive, AccessExclusive],
            ShareUpdateExclusive => &[ShareUpdateExclusive, Share, ShareRowExclusive, Exclusive, AccessExclusive],
            Share => &[RowExclusive, ShareUpdateExclusive, ShareRowExclusive, Exclusive, AccessExclusive],
            ShareRowExclusive => {
                &[RowExclusive, ShareUpdateExclusive, Share, ShareRowExclusive, Exclusive, AccessExclusive]
            }
            Exclusive => {
                &[RowShare, RowExclusive, ShareUpdateExclusive, Share, ShareRowExclusive, Exclusive, AccessExclusive]
            }
            AccessExclusive => &[
                AccessShare,
                RowShare,
                RowExclusive,
                ShareUpdateExclusive,
                Share,
                ShareRowExclusive,
                Exclusive,
                AccessExclusive,
            ],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes_exclude_each_other_both_ways() {
        for (one, ..) in NAMES {
            for (other, ..) in NAMES {
                assert_eq!(one.conflicts(other), other.conflicts(one), "{one:?} and {other:?}");
            }
        }
    }

    #[test]
    fn each_mode_excludes_as_many_as_the_documentation_says() {
        let counts: Vec<usize> = NAMES.iter().map(|(mode, ..)| mode.excluded().len()).collect();
        assert_eq!(counts, [1, 2, 4, 5, 5, 6, 7, 8]);
    }

    #[test]
    fn names_stand_in_the_order_of_strength() {
        for (place, (mode, server, words)) in NAMES.into_iter().enumerate() {
            assert_eq!(mode as usize, place);
            assert_eq!(Mode::of_server(server), Some(mode));
            assert_eq!(mode.words(), words);
        }
    }
}
