//! Settings of a private server: such as production has, so that what is measured is what will happen.

use std::fs;

const MIB: u64 = 1 << 20;

/// What a private server does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// It takes in data: the rows of a table made in the same transaction need no WAL.
    Seeding,
    /// It is measured, with the WAL that replication would need.
    Running,
    /// Things are tried in it.
    Scratch,
}

/// Settings that a report states, ours and those that explain a result.
pub(super) const STATED: &[&str] = &[
    "shared_buffers",
    "effective_cache_size",
    "work_mem",
    "maintenance_work_mem",
    "fsync",
    "full_page_writes",
    "synchronous_commit",
    "wal_level",
    "max_wal_size",
    "checkpoint_timeout",
    "autovacuum",
    "max_connections",
    "random_page_cost",
    "deadlock_timeout",
    "lock_timeout",
    "statement_timeout",
    "default_transaction_isolation",
    "shared_preload_libraries",
    "track_io_timing",
    "jit",
];

/// So many connections a private server takes unless it is told otherwise.
pub const CONNECTIONS: u32 = 300;

/// The defaults with the scenario's settings over them.
pub(super) fn of(purpose: Purpose, memory: Option<u64>, scenario: &[(String, String)]) -> Vec<(String, String)> {
    let mut all = if purpose == Purpose::Scratch {
        with_memory(64 * MIB, 64 * MIB)
    } else {
        let memory = memory.unwrap_or(1024 * MIB);
        let buffers = (memory / 4).clamp(128 * MIB, 1024 * MIB);
        let maintenance = (memory / 16).clamp(64 * MIB, 512 * MIB);
        [with_memory(buffers, maintenance), like_production()].concat()
    };
    if purpose == Purpose::Seeding {
        all.extend([pair("wal_level", "minimal"), pair("max_wal_senders", "0")]);
    }
    // The last one counts. What a scenario says of memory is not needed for trying.
    let given = scenario.iter().filter(|(name, _)| purpose != Purpose::Scratch || name != "shared_buffers");
    all.extend(given.cloned());
    all
}

fn with_memory(shared_buffers: u64, maintenance: u64) -> Vec<(String, String)> {
    let megabytes = |bytes: u64| format!("{}MB", bytes / MIB);
    vec![
        pair("shared_buffers", &megabytes(shared_buffers)),
        pair("maintenance_work_mem", &megabytes(maintenance)),
        pair("max_connections", &CONNECTIONS.to_string()),
        pair("log_line_prefix", "%m [%p] %a "),
    ]
}

/// Durability as it is by default is said all the same: a tool that measures must not be suspected.
fn like_production() -> Vec<(String, String)> {
    vec![
        pair("fsync", "on"),
        pair("full_page_writes", "on"),
        pair("synchronous_commit", "on"),
        // The default of 1 GB would make a checkpoint of every seeded gigabyte.
        pair("max_wal_size", "4GB"),
        // The default of 4 is for rotating disks.
        pair("random_page_cost", "1.1"),
        pair("log_lock_waits", "on"),
        pair("deadlock_timeout", "1s"),
        pair("log_checkpoints", "on"),
        pair("track_io_timing", "on"),
        pair("shared_preload_libraries", "pg_stat_statements"),
    ]
}

fn pair(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

/// Memory that this program and its children may use, in bytes: the machine's, or less in a container.
pub(super) fn memory() -> Option<u64> {
    let machine = fs::read_to_string("/proc/meminfo").ok().and_then(|text| total(&text));
    let container = fs::read_to_string("/sys/fs/cgroup/memory.max").ok().and_then(|text| text.trim().parse().ok());
    machine.into_iter().chain(container).min()
}

fn total(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kilobytes| kilobytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn setting(name: &str, settings: &[(String, String)]) -> Option<String> {
        settings.iter().rev().find(|(each, _)| each == name).map(|(_, value)| value.clone())
    }

    #[test]
    fn shared_buffers_are_a_quarter_of_memory_within_bounds() {
        for (gigabytes, expected) in [(0, "128MB"), (2, "512MB"), (64, "1024MB")] {
            let settings = of(Purpose::Running, Some(gigabytes * 1024 * MIB), &[]);
            assert_eq!(setting("shared_buffers", &settings).as_deref(), Some(expected), "{gigabytes} GB");
        }
    }

    #[test]
    fn the_scenario_has_the_last_word() {
        let scenario = [pair("wal_level", "logical"), pair("fsync", "off")];
        for purpose in [Purpose::Seeding, Purpose::Running] {
            let settings = of(purpose, None, &scenario);
            assert_eq!(setting("wal_level", &settings).as_deref(), Some("logical"));
            assert_eq!(setting("fsync", &settings).as_deref(), Some("off"));
        }
    }

    #[test]
    fn wal_is_saved_while_seeding_only() {
        assert_eq!(setting("wal_level", &of(Purpose::Seeding, None, &[])).as_deref(), Some("minimal"));
        assert_eq!(setting("wal_level", &of(Purpose::Running, None, &[])), None);
    }

    #[test]
    fn memory_is_read_in_bytes() {
        assert_eq!(total("MemTotal:       24637092 kB\nMemFree: 1 kB\n"), Some(24_637_092 * 1024));
    }
}
