//! Where Shakedown keeps what it can make again: template clusters and seeded databases.

use anyhow::Context as _;
use nix::unistd::geteuid;
use std::env;
use std::path::PathBuf;

/// The variable that names another directory.
pub const VARIABLE: &str = "SHAKEDOWN_CACHE";

/// The directory, which need not exist yet.
///
/// A server that root starts runs as an unprivileged user, who cannot enter root's home: hence `/var/cache` for root.
pub fn directory() -> anyhow::Result<PathBuf> {
    let named = |variable| env::var_os(variable).filter(|value| !value.is_empty()).map(PathBuf::from);
    if let Some(directory) = named(VARIABLE) {
        return std::path::absolute(&directory)
            .with_context(|| format!("{VARIABLE}={} is no usable path", directory.display()));
    }
    if geteuid().is_root() {
        return Ok(PathBuf::from("/var/cache/shakedown"));
    }
    let cache = named("XDG_CACHE_HOME").or_else(|| Some(named("HOME")?.join(".cache")));
    let cache = cache.with_context(|| format!("neither HOME nor XDG_CACHE_HOME is set: set {VARIABLE}"))?;
    Ok(cache.join("shakedown"))
}
