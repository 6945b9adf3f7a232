//! Where the time went: response time beyond that of `before`, split into parts that add up to it.

use super::round::Shown;
use crate::report::names::{self, Names};
use crate::report::words;
use crate::result::model::{Excess, PoolCause};

/// The split of one round.
#[derive(Clone, Debug)]
pub(crate) struct Split {
    /// In one sentence.
    pub(crate) sentence: String,
    /// What the report cannot say; else nothing.
    pub(crate) doubt: String,
    /// The largest first.
    pub(crate) parts: Vec<Part>,
    /// Each operation.
    pub(crate) operations: Vec<OperationParts>,
}

/// One part.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    /// The CSS class of its colour.
    pub(crate) class: String,
    /// What it is.
    pub(crate) label: String,
    /// Its time.
    pub(crate) length: String,
    /// Its share of the whole.
    pub(crate) share: String,
    /// Hundredths of the bar, for CSS; parts that are negative take none.
    pub(crate) width: String,
    /// Milliseconds.
    ms: f64,
}

/// One operation: total, locks, pool wait, work, lateness.
#[derive(Clone, Debug)]
pub(crate) struct OperationParts {
    /// Its name.
    pub(crate) name: String,
    /// The figures.
    pub(crate) lengths: Vec<String>,
}

/// The split of a round; nothing where there was no migration.
pub(crate) fn split(shown: Shown<'_>) -> Option<Split> {
    let excess = shown.round.excess.as_ref()?;
    let names = shown.names();
    let parts = parts(excess, names);
    let arrivals = words::counted(excess.arrivals, "request", "requests");
    let sentence = match excess.total_ms {
        ms if ms >= 0.0 => format!(
            "{arrivals} of the impact window took {} longer, all together, than as many did before the migration.",
            words::millis(ms)
        ),
        ms => format!(
            "{arrivals} of the impact window took {} less, all together, than as many did before.",
            words::millis(-ms)
        ),
    };
    Some(Split { sentence, doubt: doubt(excess), parts, operations: operations(excess, names) })
}

fn doubt(excess: &Excess) -> String {
    if !excess.inconclusive {
        return String::new();
    }
    let gross: f64 = gross(excess);
    let share = words::share(excess.unexplained_ms.abs() / gross.max(1e-9));
    format!(
        "This report does not know where the time went: {} of it ({share} of all parts) has no explanation that was observed. \
         Read the other parts as what is known, not as the whole.",
        words::millis(excess.unexplained_ms)
    )
}

fn gross(excess: &Excess) -> f64 {
    let blocked = excess.blocked.iter().map(|(_, ms)| ms.abs());
    let pool = excess.pool_wait.iter().map(|(_, ms)| ms.abs());
    let slow = excess.slowdown.iter().map(|(_, ms)| ms.abs());
    blocked.chain(pool).chain(slow).sum::<f64>() + excess.lag_ms.abs() + excess.unexplained_ms.abs()
}

fn parts(excess: &Excess, names: Names<'_>) -> Vec<Part> {
    let blocked = excess.blocked.iter().map(|(cause, ms)| {
        (names::class(cause).to_owned(), format!("waiting for a lock, {}", names.brief(cause)), *ms)
    });
    let pool = excess.pool_wait.iter().map(|(cause, ms)| match cause {
        PoolCause::Blocked(cause) => (
            format!("{} pool", names::class(cause)),
            format!("waiting for a connection, all of them blocked: {}", names.brief(cause)),
            *ms,
        ),
        PoolCause::Slowdown => {
            ("slowdown pool".to_owned(), "waiting for a connection, all of them slower than before".to_owned(), *ms)
        }
        PoolCause::Overload => (
            "overload pool".to_owned(),
            "waiting for a connection: more arrivals than the pool can serve".to_owned(),
            *ms,
        ),
    });
    let slow = excess
        .slowdown
        .iter()
        .map(|(class, ms)| ("slowdown".to_owned(), format!("slower without any lock, waiting for {class}"), *ms));
    let rest = [
        ("lag".to_owned(), "lateness of the generator itself".to_owned(), excess.lag_ms),
        ("unexplained".to_owned(), "unexplained".to_owned(), excess.unexplained_ms),
    ];
    let positive = gross(excess).max(1e-9);
    let mut parts: Vec<Part> = blocked
        .chain(pool)
        .chain(slow)
        .chain(rest)
        .map(|(class, label, ms)| Part {
            class,
            label,
            length: words::millis(ms),
            share: words::share(ms / if excess.total_ms.abs() < 1e-9 { positive } else { excess.total_ms.abs() }),
            width: format!("{:.2}", 100.0 * ms.max(0.0) / positive),
            ms,
        })
        .collect();
    parts.sort_by(|a, b| b.ms.total_cmp(&a.ms));
    parts
}

fn operations(excess: &Excess, names: Names<'_>) -> Vec<OperationParts> {
    (0_u16..)
        .zip(&excess.operations)
        .map(|(place, parts)| OperationParts {
            name: names.operation(place),
            lengths: [parts.total_ms, parts.blocked_ms, parts.pool_wait_ms, parts.work_ms, parts.lag_ms]
                .map(words::millis)
                .to_vec(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    fn split_of(variant: usize) -> Split {
        let (result, series) = sample::run(20, 1);
        let variant = &result.variants[variant];
        split(Shown { variant, number: 1, round: &variant.rounds[0], series: &series[0] })
            .expect("there was a migration")
    }

    #[test]
    fn the_parts_add_up_to_the_whole() {
        let total: f64 = split_of(0).parts.iter().map(|part| part.ms).sum();
        assert!((total - 3_351_000.0).abs() < 1.0, "{total}");
    }

    #[test]
    fn a_part_below_zero_is_said_and_takes_no_room() {
        let split = split_of(0);
        let part = split.parts.last().expect("there are parts");
        assert_eq!((part.length.as_str(), part.width.as_str()), ("−120 ms", "0.00"));
    }

    #[test]
    fn what_cannot_be_explained_is_confessed() {
        assert!(split_of(1).doubt.starts_with("This report does not know"));
        assert_eq!(split_of(0).doubt, "");
    }
}
