//! What a column gets of which the scenario says nothing: by its constraints, its type and its name.

use super::super::domain::Domain;
use super::super::hash::Salt;
use super::super::shape::{Bound, Kind, Literal, Order, Shape, Values};
use super::super::source::Choice;
use super::super::words;
use super::Laws;
use super::draft::{Draft, target};
use super::layout::Own;
use super::numbers;
use super::shaped::{self, Made, Target};
use crate::schema::{Column, Filled, Type};
use crate::value::Value;

/// How a column is made; `None` where only the server can.
pub(super) fn own(
    draft: &Draft<'_>,
    column: &Column,
    unique: bool,
    salt: Salt,
    laws: &Laws,
) -> Result<Option<Own>, String> {
    let target = target(column, draft.rows);
    let made = |values: Values| shaped::made(&values, &target, salt, laws).map(|made| Some(Own::Made(made)));
    if column.filled != Filled::ByRow {
        return made(Values::Sequence { start: 1, step: 1 });
    }
    if !column.allowed.is_empty() {
        let choices = column.allowed.iter().map(|each| (Literal::Text(each.clone()), 1.0)).collect();
        return made(Values::Choice(choices));
    }
    let words = Name::new(&column.name);
    if let Type::Timestamp { .. } | Type::Date = column.data_type
        && !unique
        && let Some(base) = earlier(draft, column, &words)
    {
        return Ok(Some(Own::After { base, dates: column.data_type == Type::Date }));
    }
    match &column.data_type {
        Type::Int2 | Type::Int4 | Type::Int8 if unique => {
            let start = column.bounds.0.map_or(1, |low| low.ceil() as i64).max(1);
            made(Values::Sequence { start, step: 1 })
        }
        Type::Int2 | Type::Int4 | Type::Int8 => made(whole_number(&words, column, draft.rows)),
        Type::Float4 | Type::Float8 | Type::Numeric { .. } => made(number(&words, column, draft.rows, unique)),
        Type::Timestamp { .. } => made(moment(&words)),
        Type::Date => made(date(&words, draft.rows, unique)),
        Type::Text => text(&words, &draft.table.name, &target).map(|made| Some(Own::Made(made))),
        other => Ok(plain(other, salt, laws)?.map(Own::Made)),
    }
}

/// By the type alone: parts of arrays, and types whose columns' names say nothing.
fn plain(data_type: &Type, salt: Salt, laws: &Laws) -> Result<Option<Made>, String> {
    let target = Target { data_type: Some(data_type), ..Target::default() };
    let made = |values: Values| shaped::made(&values, &target, salt, laws).map(Some);
    let uniform =
        |domain, size, words: &str| Some(Made { domain, choice: Choice::Uniform, size, words: words.to_owned() });
    Ok(match data_type {
        Type::Bool => made(Values::Choice(vec![(Literal::Bool(true), 1.0), (Literal::Bool(false), 1.0)]))?,
        Type::Enum(labels) if labels.is_empty() => return Err("its type has no labels".to_owned()),
        Type::Enum(labels) => {
            let values = labels.iter().map(|label| Value::Text(label.clone().into())).collect();
            Some(Made::some(values, "labels of the enum".to_owned()))
        }
        Type::Int2 | Type::Int4 | Type::Int8 | Type::Float4 | Type::Float8 | Type::Numeric { .. } => {
            let most = numbers::limits(Some(data_type)).1.min(1000.0);
            made(Values::Uniform { low: 0.0, high: most })?
        }
        Type::Text => made(Values::Kind(Kind::Word))?,
        Type::Bytes => Some(Made::by_row(Domain::Bytes { least: 16, most: 32, salt }, "16 to 32 bytes")),
        Type::Timestamp { .. } | Type::Date => made(last_two_years(Order::Random))?,
        Type::Time => uniform(Domain::Times, 86_400, "times of day"),
        Type::Interval => uniform(Domain::Intervals, 30 * 86_400, "up to 30 days"),
        Type::Uuid => made(Values::Uuid)?,
        Type::Json { .. } => made(document())?,
        Type::Inet => made(Values::Kind(Kind::Ip))?,
        Type::Array { of, .. } => plain(of, salt.other(16), laws)?.map(|element| array(element, salt)),
        Type::Other(_) => None,
    })
}

fn array(element: Made, salt: Salt) -> Made {
    let source = super::Source::new(salt.other(17), element.size, element.choice);
    let of = super::Column { nulls: None, source: source.into(), domain: element.domain };
    Made::by_row(Domain::Array { least: 0, most: 4, of: Box::new(of), salt }, "arrays of up to 4")
}

fn document() -> Values {
    let shape = |values| Shape { values, nulls: 0.0, unique: false, count: None };
    Values::Json(vec![
        ("tag".to_owned(), shape(Values::Kind(Kind::Word))),
        ("n".to_owned(), shape(Values::Uniform { low: 0.0, high: 1000.0 })),
    ])
}

/// A column's name, cut into its words.
struct Name {
    whole: String,
    words: Vec<String>,
}

impl Name {
    fn new(name: &str) -> Self {
        let mut spaced = String::new();
        for character in name.chars() {
            if character.is_uppercase() {
                spaced.push('_');
            }
            spaced.extend(character.to_lowercase());
        }
        let words = spaced.split(['_', ' ', '-']).filter(|word| !word.is_empty()).map(str::to_owned).collect();
        Self { whole: name.to_lowercase(), words }
    }

    fn has(&self, any: &[&str]) -> bool {
        self.words.iter().any(|word| any.contains(&word.as_str())) || any.contains(&self.whole.as_str())
    }
}

const CREATED: &[&str] =
    &["created", "createdat", "inserted", "registered", "recorded", "occurred", "logged", "joined", "placed"];
const LATER: &[&str] = &[
    "updated",
    "updatedat",
    "modified",
    "changed",
    "finished",
    "completed",
    "closed",
    "ended",
    "paid",
    "shipped",
    "delivered",
    "processed",
    "resolved",
    "last",
    "started",
    "confirmed",
];
const UNUSUAL: &[&str] = &["deleted", "archived", "cancelled", "canceled", "revoked", "banned", "suspended", "failed"];

/// Whether a column says that something unusual has happened to the row.
pub(super) fn is_unusual(column: &str) -> bool {
    Name::new(column).has(UNUSUAL)
}

/// The column of the row after which something like `updated_at` must be.
fn earlier(draft: &Draft<'_>, column: &Column, name: &Name) -> Option<String> {
    let moment = |each: &&Column| matches!(each.data_type, Type::Timestamp { .. } | Type::Date);
    let free = |each: &&Column| !each.nullable && each.filled == Filled::ByRow && draft.claim_of(&each.name).is_none();
    let first =
        draft.table.columns.iter().filter(moment).filter(free).find(|each| Name::new(&each.name).has(CREATED))?;
    (first.name != column.name && name.has(&[LATER, UNUSUAL].concat())).then(|| first.name.clone())
}

fn last_two_years(order: Order) -> Values {
    let ago = |months| Bound::FromNow { months, micros: 0 };
    Values::Between { from: ago(-24), to: ago(0), order }
}

fn moment(name: &Name) -> Values {
    let span = |from, to| Values::Between {
        from: Bound::FromNow { months: from, micros: 0 },
        to: Bound::FromNow { months: to, micros: 0 },
        order: Order::Random,
    };
    match name {
        _ if name.has(CREATED) => last_two_years(Order::Ascending),
        _ if name.has(&["expires", "expiry", "expiration", "due", "until", "renews"]) => span(0, 12),
        _ if name.has(&["birth", "born", "birthday", "birthdate", "dob"]) => span(-80 * 12, -18 * 12),
        _ => last_two_years(Order::Random),
    }
}

fn date(name: &Name, rows: u64, unique: bool) -> Values {
    match unique && rows > 700 {
        // As many days as there are rows.
        true => Values::Between {
            from: Bound::FromNow { months: 0, micros: -(rows as i64).saturating_mul(super::super::moment::DAY) },
            to: Bound::FromNow { months: 0, micros: 0 },
            order: Order::Random,
        },
        false => moment(name),
    }
}

fn whole_number(name: &Name, column: &Column, rows: u64) -> Values {
    let (low, high) = match name {
        _ if name.has(&["cents", "minor"]) => return Values::Lognormal { median: 4000.0, p99: 90_000.0 },
        _ if name.has(&["age"]) => (18.0, 90.0),
        _ if name.has(&["year"]) => (2000.0, 2025.0),
        _ if name.has(&["percent", "percentage", "discount", "progress"]) => (0.0, 100.0),
        _ if name.has(&["rating", "stars"]) => (1.0, 5.0),
        _ if name.has(&["quantity", "qty", "count"]) => (1.0, 10.0),
        _ if name.has(&["attempts", "retries", "version", "revision"]) => (0.0, 3.0),
        _ if name.has(&["id"]) => (1.0, (rows / 10).max(1) as f64),
        _ => (1.0, 1000.0),
    };
    let (low, high) = within(column, low, high);
    Values::Uniform { low, high }
}

fn number(name: &Name, column: &Column, rows: u64, unique: bool) -> Values {
    const MONEY: &[&str] =
        &["price", "amount", "total", "cost", "balance", "salary", "fee", "tax", "revenue", "subtotal"];
    let (_, most) = numbers::limits(Some(&column.data_type));
    if unique {
        let (low, high) = within(column, 0.0, (rows as f64 * 10.0).min(most).max(1.0));
        return Values::Uniform { low, high };
    }
    if name.has(MONEY) && most >= 1000.0 {
        return Values::Lognormal { median: 40.0, p99: 900.0 };
    }
    let share = name.has(&["rate", "ratio", "share", "probability", "percent", "percentage"]);
    let (low, high) = within(column, 0.0, if share { 1.0 } else { 1000.0 });
    Values::Uniform { low, high }
}

/// The usual range, moved to where the type and a check allow it.
fn within(column: &Column, low: f64, high: f64) -> (f64, f64) {
    let (least, most) = numbers::limits(Some(&column.data_type));
    let least = column.bounds.0.unwrap_or(least).max(least);
    let most = column.bounds.1.unwrap_or(most).min(most);
    let (kept_low, kept_high) = (low.max(least), high.min(most));
    match kept_low <= kept_high {
        true => (kept_low, kept_high),
        // The check allows nothing that is usual: as wide a range at its end.
        false if least > high => (least, (least + high - low).min(most)),
        false => ((most - high + low).max(least), most),
    }
}

fn text(name: &Name, table: &str, target: &Target<'_>) -> Result<Made, String> {
    let most = target.most.unwrap_or(u32::MAX);
    let kind = |kind| shaped::text(kind, target);
    match name {
        _ if name.has(&["email", "mail"]) => kind(Kind::Email),
        _ if name.has(&["firstname", "first_name", "given"]) || name.has(&["first"]) && name.has(&["name"]) => {
            kind(Kind::FirstName)
        }
        _ if name.has(&["lastname", "last_name", "surname", "family"]) => kind(Kind::LastName),
        _ if name.has(&["username", "login", "nickname", "handle", "nick"]) => kind(Kind::Username),
        _ if name.has(COMPANIES) => kind(Kind::Company),
        _ if name.has(&["city", "town"]) => kind(Kind::City),
        _ if name.has(&["country", "nationality"]) && (most <= 3 || name.has(&["code", "iso"])) => {
            Ok(Made::list(&words::COUNTRY_CODES, target, "country codes"))
        }
        _ if name.has(&["country", "nationality"]) => kind(Kind::Country),
        _ if name.has(&["currency"]) => Ok(Made::list(&words::CURRENCIES, target, "currencies")),
        _ if name.has(&["street", "address", "address1"]) => kind(Kind::Street),
        _ if name.has(&["phone", "mobile", "fax", "telephone"]) => kind(Kind::Phone),
        _ if name.has(&["url", "website", "link", "homepage", "uri", "href"]) => kind(Kind::Url),
        _ if name.has(&["ip"]) => kind(Kind::Ip),
        _ if name.has(&["status", "state", "stage"]) => Ok(Made::list(&words::STATES, target, "states")),
        _ if name.has(&["name", "fullname"]) => kind(named(table)),
        _ if name.has(&["token", "hash", "secret", "password", "digest", "checksum"]) => Ok(letters(32, 32, target)),
        _ if name.has(&["code", "sku", "slug", "reference", "ref"]) => Ok(letters(8, 12, target)),
        _ if name.has(&["body", "content", "bio", "article"]) && most > 400 => kind(Kind::Paragraph),
        _ if most <= 6 => Ok(letters(most.min(3), most, target)),
        _ if most <= 30 || name.has(&["type", "category", "tag", "label", "region", "color", "kind"]) => {
            kind(Kind::Word)
        }
        _ => kind(Kind::Sentence),
    }
}

const COMPANIES: &[&str] = &[
    "company",
    "companies",
    "organization",
    "organizations",
    "organisation",
    "employer",
    "vendor",
    "vendors",
    "supplier",
    "suppliers",
    "tenant",
    "tenants",
    "brand",
];

/// What a `name` is depends on whose it is.
fn named(table: &str) -> Kind {
    let table = Name::new(table.rsplit('.').next().unwrap_or(table));
    match table {
        _ if table.has(COMPANIES) => Kind::Company,
        _ if table.has(&["product", "products", "item", "items", "article", "articles", "goods"]) => Kind::Product,
        _ if table.has(&["city", "cities"]) => Kind::City,
        _ if table.has(&["country", "countries"]) => Kind::Country,
        _ if table.has(&["tag", "tags", "category", "categories", "label", "labels"]) => Kind::Word,
        _ => Kind::Name,
    }
}

fn letters(least: u32, most: u32, target: &Target<'_>) -> Made {
    let most = most.min(target.most.unwrap_or(u32::MAX)).max(target.least);
    let least = least.clamp(target.least.min(most), most);
    let words = format!("{least} to {most} letters");
    Made { domain: Domain::Letters { least, most }, choice: Choice::Uniform, size: u64::MAX, words }
}
