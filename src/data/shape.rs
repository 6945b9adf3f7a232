//! How the values of a column or a parameter are distributed, as the scenario asks for it, checked.

use std::sync::Arc;

/// How one column, or one parameter, is filled.
#[derive(Clone, Debug, PartialEq)]
pub struct Shape {
    /// Where its values come from.
    pub values: Values,
    /// The share of rows that are NULL, 0 to 1.
    pub nulls: f64,
    /// Whether no value may come twice, beyond what the schema says already.
    pub unique: bool,
    /// Of a parameter: so many different values as an array.
    pub count: Option<u32>,
}

/// Where values come from.
#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    /// Always the same.
    Constant(Literal),
    /// 1, 2, 3, … or from `start` by `step`.
    Sequence {
        /// The first.
        start: i64,
        /// From one to the next.
        step: i64,
    },
    /// All equally likely, both ends included.
    Uniform {
        /// The least.
        low: f64,
        /// The greatest.
        high: f64,
    },
    /// The normal distribution.
    Normal {
        /// Its mean.
        mean: f64,
        /// Its standard deviation.
        deviation: f64,
    },
    /// The lognormal distribution, by what people know of it.
    Lognormal {
        /// Half the values lie below.
        median: f64,
        /// 99 of 100 lie below.
        p99: f64,
    },
    /// Whole numbers from `low` to `high`; the k-th most frequent is k^-exponent as frequent as the first.
    Zipf {
        /// The least.
        low: i64,
        /// The greatest.
        high: i64,
        /// 0 is uniform, 1 is classic.
        exponent: f64,
    },
    /// Some values, by weight.
    Choice(Vec<(Literal, f64)>),
    /// Moments or numbers between two ends.
    Between {
        /// The earliest.
        from: Bound,
        /// The latest.
        to: Bound,
        /// Whether they follow the row number.
        order: Order,
    },
    /// Text of random letters, `least` to `most` characters.
    Text {
        /// The shortest.
        least: u32,
        /// The longest.
        most: u32,
    },
    /// Text of a kind.
    Kind(Kind),
    /// Random UUIDs, version 4.
    Uuid,
    /// A document with these keys.
    Json(Vec<(String, Shape)>),
    /// An array of so many elements.
    Array {
        /// The fewest.
        least: u32,
        /// The most.
        most: u32,
        /// What each is.
        of: Box<Shape>,
    },
    /// One of the lines of a file, all equally likely.
    Lines(Arc<[String]>),
    /// The key of a row of another table, or in a parameter, a seeded row.
    Key(Key),
    /// A column of the row that a foreign key column of the same row refers to.
    From {
        /// The foreign key column.
        key: String,
        /// The column of the row referred to.
        column: String,
    },
    /// 1, 2, 3, … within the rows that share the value of that column, which must have `children`.
    NumberWithin(String),
    /// A key above all seeded ones, new each time. Parameters only.
    NewKey {
        /// The table.
        table: String,
    },
}

impl Values {
    /// The values that are spelled out and are none of an enum's labels.
    #[must_use]
    pub fn strangers(&self, labels: &[String]) -> Vec<String> {
        let spelled = |literal: &Literal| match literal {
            Literal::Text(text) => Some(text.clone()),
            Literal::Int(number) => Some(number.to_string()),
            Literal::Null | Literal::Bool(_) | Literal::Float(_) => None,
        };
        let spelled: Vec<String> = match self {
            Self::Constant(literal) => spelled(literal).into_iter().collect(),
            Self::Choice(choices) => choices.iter().filter_map(|(literal, _)| spelled(literal)).collect(),
            Self::Lines(lines) => lines.to_vec(),
            _ => Vec::new(),
        };
        spelled.into_iter().filter(|label| !labels.contains(label)).collect()
    }
}

/// A reference to rows of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct Key {
    /// The table referred to.
    pub table: String,
    /// Which of its rows are favoured.
    pub skew: Skew,
    /// Of a column: how many rows each row of `table` has here; then this sets the number of rows.
    pub children: Option<Box<Values>>,
    /// Of a parameter: each key once, from a slice that nobody else draws from.
    pub delete: bool,
}

/// Which rows are favoured.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub enum Skew {
    /// None.
    #[default]
    Uniform,
    /// Rank k is k^-exponent as frequent as the first; which row has which rank is a matter of the table alone.
    Zipf(f64),
    /// That share of all goes to the first so many rows.
    Share {
        /// 0 to 1.
        share: f64,
        /// How many rows; 1 is the first row of the table.
        rows: u64,
    },
}

/// Something written in the scenario.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    /// `null`
    Null,
    /// `true`, `false`
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number with a point.
    Float(f64),
    /// Anything else.
    Text(String),
}

/// An end of a range.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bound {
    /// A number.
    Number(f64),
    /// A moment, in microseconds since 1970-01-01 00:00 UTC.
    Moment(i64),
    /// So many microseconds from `as_of`; `now` is 0, `2 years ago` negative. Years and months are calendar
    /// ones and are resolved when `as_of` is known: months apart from the rest.
    FromNow {
        /// Calendar months.
        months: i32,
        /// The rest.
        micros: i64,
    },
}

/// Whether values follow the row number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Order {
    /// They do not.
    #[default]
    Random,
    /// They grow with it.
    Ascending,
    /// They fall with it.
    Descending,
}

/// Text that looks like something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// First and last name.
    Name,
    /// First name.
    FirstName,
    /// Last name.
    LastName,
    /// An e-mail address.
    Email,
    /// A login name.
    Username,
    /// A company.
    Company,
    /// A city.
    City,
    /// A country.
    Country,
    /// A street with a number.
    Street,
    /// A telephone number.
    Phone,
    /// A URL.
    Url,
    /// An IPv4 address.
    Ip,
    /// One word.
    Word,
    /// Five to ten words.
    Sentence,
    /// Three to five sentences.
    Paragraph,
    /// A product.
    Product,
}
