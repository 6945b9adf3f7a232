//! The name of all that shapes seeded data.

use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;

/// What data are made of. Two seeds with equal parts have equal rows.
#[derive(Clone, Copy, Debug)]
pub struct Shaped<'a> {
    /// The user's DDL.
    pub schema: &'a str,
    /// The scenario's seed section, in any form that is equal for equal meaning.
    pub seed: &'a str,
    /// The server's version: its files are not another's.
    pub server: &'a str,
    /// The version of what generates: raised whenever a cell comes out differently.
    pub generator: u32,
    /// 1.0, or what `--scale` said.
    pub scale: f64,
    /// The seed of all random values.
    pub random_seed: u64,
    /// What `now` means, where `--as-of` says it; left out, a new day is no new fingerprint.
    pub as_of: Option<&'a str>,
}

/// A fingerprint in hexadecimal digits.
#[must_use]
pub fn fingerprint(shaped: &Shaped<'_>) -> String {
    let Shaped { schema, seed, server, generator, scale, random_seed, as_of } = shaped;
    let parts = [
        *schema,
        *seed,
        *server,
        &generator.to_string(),
        &scale.to_string(),
        &random_seed.to_string(),
        as_of.unwrap_or_default(),
    ];
    let mut hash = Sha256::new();
    for part in parts {
        // With their lengths, so that no text can slip from one part into the next.
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("text takes all that is written");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_shapes_data_changes_the_fingerprint() {
        let base = Shaped {
            schema: "CREATE TABLE t ()",
            seed: "t: 5",
            server: "15.18",
            generator: 1,
            scale: 1.0,
            random_seed: 7,
            as_of: None,
        };
        let others = [
            Shaped { schema: "CREATE TABLE u ()", ..base },
            Shaped { seed: "t: 6", ..base },
            Shaped { server: "16.1", ..base },
            Shaped { generator: 2, ..base },
            Shaped { scale: 0.1, ..base },
            Shaped { random_seed: 8, ..base },
            Shaped { as_of: Some("2026-01-01T00:00:00Z"), ..base },
            Shaped { schema: "CREATE TABLE t ()t", seed: ": 5", ..base },
        ];
        let mut all: Vec<String> = others.iter().chain([&base]).map(fingerprint).collect();
        assert!(all.iter().all(|each| each.len() == 64));
        all.sort();
        all.dedup();
        assert_eq!(all.len(), others.len() + 1);
    }
}
