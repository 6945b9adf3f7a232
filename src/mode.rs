//! Lock modes in SQL's words, and which is the stronger.
//!
//! PostgreSQL docs, 13.3 Explicit Locking: the same eight modes serve every kind of lockable object. What the server's
//! catalogs call them, and which exclude each other, is the server's room to say.

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

impl Mode {
    /// All of them, from the weakest to the strongest.
    pub const ALL: [Self; 8] = [
        Self::AccessShare,
        Self::RowShare,
        Self::RowExclusive,
        Self::ShareUpdateExclusive,
        Self::Share,
        Self::ShareRowExclusive,
        Self::Exclusive,
        Self::AccessExclusive,
    ];

    /// The words of all of them, in the same order.
    pub const WORDS: [&'static str; 8] = {
        let mut words = [""; 8];
        let mut place = 0;
        while place < words.len() {
            words[place] = Self::ALL[place].words();
            place += 1;
        }
        words
    };

    /// In SQL's words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::AccessShare => "ACCESS SHARE",
            Self::RowShare => "ROW SHARE",
            Self::RowExclusive => "ROW EXCLUSIVE",
            Self::ShareUpdateExclusive => "SHARE UPDATE EXCLUSIVE",
            Self::Share => "SHARE",
            Self::ShareRowExclusive => "SHARE ROW EXCLUSIVE",
            Self::Exclusive => "EXCLUSIVE",
            Self::AccessExclusive => "ACCESS EXCLUSIVE",
        }
    }

    /// By SQL's words, in capitals or not.
    #[must_use]
    pub fn named(words: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.words().eq_ignore_ascii_case(words))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes_stand_in_the_order_of_their_strength_and_are_found_by_their_words() {
        assert!(Mode::ALL.is_sorted());
        for (mode, words) in Mode::ALL.into_iter().zip(Mode::WORDS) {
            assert_eq!(mode.words(), words);
            assert_eq!(Mode::named(mode.words()), Some(mode));
        }
        assert_eq!(Mode::named("share update exclusive"), Some(Mode::ShareUpdateExclusive));
        assert_eq!(Mode::named("SHARED"), None);
    }
}
