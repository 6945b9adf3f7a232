//! What a form is: the keys of a map, what each takes, and what it is for.
//!
//! One definition serves the check, which refuses unknown keys, and the JSON Schema, from which editors complete.

/// A map with known keys.
pub(crate) struct Form {
    /// Its name in the JSON Schema.
    pub(crate) name: &'static str,
    /// What it describes, in words that fit behind *a key of*.
    pub(crate) says: &'static str,
    /// The first is the one that tells this form from its alternatives.
    pub(crate) keys: &'static [Key],
    /// Of each group, one key and no more.
    pub(crate) one_of: &'static [&'static [&'static str]],
    /// Of each group, not more than one key.
    pub(crate) never_both: &'static [&'static [&'static str]],
}

/// A key of a form.
pub(crate) struct Key {
    pub(crate) name: &'static str,
    pub(crate) takes: Takes,
    /// What it is for, as an editor shows it.
    pub(crate) says: &'static str,
    pub(crate) required: bool,
}

/// What a key takes.
#[derive(Clone, Copy)]
pub(crate) enum Takes {
    /// Nothing at all.
    Null,
    /// Anything: a document of the author's own.
    Any,
    /// Any text, number or truth, or null.
    Scalar,
    /// Any text.
    Text,
    /// SQL.
    Sql,
    /// `true` or `false`.
    Truth,
    /// A number with or without a fraction.
    Number,
    /// A whole number, `120k` and `5M` among them.
    Count,
    /// `500us`, `20ms`, `5s`.
    Duration,
    /// A duration, or two with `..` between them.
    DurationRange,
    /// A duration that may be negative.
    Moment,
    /// `300/s`.
    Rate,
    /// `64MB`.
    Bytes,
    /// So many times the same elsewhere: `0.5x n+1`.
    Relative,
    /// `0.1%`.
    Share,
    /// A status of HTTP that ends an exchange: 200 to 599.
    Status,
    /// A count or a share.
    Amount,
    /// `5..40`, or one number.
    Lengths,
    /// One of some words.
    Word(&'static [&'static str]),
    /// Text that fits a regular expression.
    Matching(&'static str),
    /// A map of that form.
    Form(&'static Form),
    /// A map of names of the author's own.
    Named(&'static Takes),
    /// A list.
    List(&'static Takes),
    /// A list of exactly so many.
    Tuple(&'static [Takes]),
    /// One of several.
    Either(&'static [Takes]),
    /// Itself given elsewhere, since it holds itself.
    Shared(&'static Shared),
}

/// An alternative of forms that may contain itself.
pub(crate) struct Shared {
    pub(crate) name: &'static str,
    pub(crate) takes: Takes,
}

impl Form {
    /// The names of its keys.
    pub(crate) fn words(&self) -> impl Iterator<Item = &'static str> {
        self.keys.iter().map(|key| key.name)
    }

    /// The key that tells it from its alternatives.
    pub(crate) fn lead(&self) -> &'static str {
        self.keys[0].name
    }
}

/// A key that may be left out.
pub(crate) const fn key(name: &'static str, takes: Takes, says: &'static str) -> Key {
    Key { name, takes, says, required: false }
}

/// A key that must be there.
pub(crate) const fn needed(name: &'static str, takes: Takes, says: &'static str) -> Key {
    Key { name, takes, says, required: true }
}

/// A form of keys that do not exclude each other.
pub(crate) const fn form(name: &'static str, says: &'static str, keys: &'static [Key]) -> Form {
    Form { name, says, keys, one_of: &[], never_both: &[] }
}
