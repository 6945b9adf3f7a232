//! Lock modes: what the server calls them, and which of them exclude each other.
//!
//! PostgreSQL docs, 13.3 Explicit Locking, table 13.2; the same eight modes serve every kind of lockable object.

pub use crate::mode::Mode;

use Mode::{
    AccessExclusive, AccessShare, Exclusive, RowExclusive, RowShare, Share, ShareRowExclusive, ShareUpdateExclusive,
};

/// The server's name in `pg_locks`.
const NAMES: [(Mode, &str); 8] = [
    (AccessShare, "AccessShareLock"),
    (RowShare, "RowShareLock"),
    (RowExclusive, "RowExclusiveLock"),
    (ShareUpdateExclusive, "ShareUpdateExclusiveLock"),
    (Share, "ShareLock"),
    (ShareRowExclusive, "ShareRowExclusiveLock"),
    (Exclusive, "ExclusiveLock"),
    (AccessExclusive, "AccessExclusiveLock"),
];

impl Mode {
    /// By its name in `pg_locks`; `None` for what is no such lock, as `SIReadLock`.
    #[must_use]
    pub fn of_server(name: &str) -> Option<Self> {
        NAMES.iter().find(|(_, server)| *server == name).map(|(mode, _)| *mode)
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
        for one in Mode::ALL {
            for other in Mode::ALL {
                assert_eq!(one.conflicts(other), other.conflicts(one), "{one:?} and {other:?}");
            }
        }
    }

    #[test]
    fn each_mode_excludes_as_many_as_the_documentation_says() {
        let counts: Vec<usize> = Mode::ALL.iter().map(|mode| mode.excluded().len()).collect();
        assert_eq!(counts, [1, 2, 4, 5, 5, 6, 7, 8]);
    }

    #[test]
    fn each_mode_has_one_name_of_the_server() {
        for ((mode, server), expected) in NAMES.into_iter().zip(Mode::ALL) {
            assert_eq!(mode, expected);
            assert_eq!(Mode::of_server(server), Some(mode));
        }
        assert_eq!(Mode::of_server("SIReadLock"), None);
    }
}
