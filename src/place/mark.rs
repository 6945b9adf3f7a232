//! What the comment on a database says: whose it is, and whether it may be lost.

use super::KeptSeed;
use crate::result::model::SeedFacts;
use serde::{Deserialize, Serialize};

/// The comment by which an owner gives a database away.
pub(super) const DISPOSABLE: &str = "shakedown: disposable";

/// The beginning of every comment of ours.
const OURS: &str = "shakedown: ";

/// A database that Shakedown made.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Mark {
    /// A seed under way; without its maker it is waste.
    Building,
    /// A seed that is finished.
    Seed(Seed),
    /// The copy that is worked on.
    Run,
    /// A database to try things in.
    Scratch,
}

/// What is known of a finished seed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Seed {
    pub(super) fingerprint: String,
    pub(super) as_of: String,
    /// When it was last used, in seconds since 1970.
    pub(super) used: u64,
    /// The roles that its schema needs, and those that were there before.
    pub(super) roles: Vec<String>,
    pub(super) facts: SeedFacts,
}

impl Mark {
    /// As a comment.
    pub(super) fn comment(&self) -> String {
        format!("{OURS}{}", serde_json::to_string(self).expect("names, numbers and texts are JSON"))
    }

    /// Of a comment; `None` where it is not one of ours.
    pub(super) fn read(comment: &str) -> Option<Self> {
        serde_json::from_str(comment.strip_prefix(OURS)?).ok()
    }
}

impl From<Seed> for KeptSeed {
    fn from(seed: Seed) -> Self {
        Self { facts: seed.facts, as_of: seed.as_of }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_comments_are_marks() {
        for (comment, ours) in [
            (Mark::Building.comment().as_str(), true),
            (Mark::Run.comment().as_str(), true),
            ("", false),
            ("the accounts, do not touch", false),
            ("shakedown was here", false),
            (DISPOSABLE, false),
        ] {
            assert_eq!(Mark::read(comment).is_some(), ours, "{comment}");
        }
    }
}
