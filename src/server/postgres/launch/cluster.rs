//! The files of a cluster: made by copying a template, for `initdb` would take longer than all else.

use super::user::User;
use crate::server::cache;
use crate::server::postgres::find::Installation;
use anyhow::{Context as _, bail};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

/// Makes a new cluster in `data`.
pub(super) async fn create(installation: &Installation, user: &User, data: &Path) -> anyhow::Result<()> {
    let template = template(installation, user).await?;
    // A copy that was cut short lacks nothing more reliably than the name it would have had.
    let unfinished = beside(data);
    remove(&unfinished)?;
    run(user, Command::new("cp").arg("-Rp").arg(&template).arg(&unfinished)).await?;
    remove(data)?;
    fs::rename(&unfinished, data).with_context(|| format!("{} cannot be put in place", data.display()))
}

/// Writes the whole `postgresql.conf`, so that a cluster has no settings but the ones that are known.
pub(super) fn configure(
    user: &User,
    data: &Path,
    socket: &Path,
    port: u16,
    settings: &[(String, String)],
) -> anyhow::Result<()> {
    let quoted = |value: &str| format!("'{}'", value.replace('\'', "''"));
    let socket = socket.to_str().context("the path of the socket is not UTF-8")?;
    let port = port.to_string();
    let own = [
        ("unix_socket_directories", socket),
        ("unix_socket_permissions", "0700"),
        ("port", &port),
        ("listen_addresses", ""),
        ("lc_messages", "C"),
    ];
    let given = settings.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let mut text = String::new();
    // The last one counts, and where the server listens is not negotiable.
    for (name, value) in given.chain(own) {
        writeln!(text, "{name} = {}", quoted(value))?;
    }
    let path = data.join("postgresql.conf");
    fs::write(&path, text).with_context(|| format!("{} cannot be written", path.display()))?;
    user.own(&path)
}

/// A cluster fresh from `initdb`, never started; made once for each version and kept.
async fn template(installation: &Installation, user: &User) -> anyhow::Result<PathBuf> {
    let name: String = installation.version.text.chars().map(|c| if c.is_alphanumeric() { c } else { '-' }).collect();
    let templates = cache::directory()?.join("templates");
    user.own_directory(&templates)?;
    let template = templates.join(name.trim_end_matches('-'));
    if template.join("PG_VERSION").exists() {
        return Ok(template);
    }
    let unfinished = beside(&template);
    remove(&unfinished)?;
    initdb(installation, user, &unfinished).await?;
    if let Err(error) = fs::rename(&unfinished, &template) {
        // Another run was faster, which is as good.
        if !template.join("PG_VERSION").exists() {
            return Err(error).with_context(|| format!("{} cannot be put in place", template.display()));
        }
        remove(&unfinished)?;
    }
    Ok(template)
}

async fn initdb(installation: &Installation, user: &User, data: &Path) -> anyhow::Result<()> {
    let with_locale = |locale| {
        let mut initdb = Command::new(installation.bin.join("initdb"));
        initdb.args(["--no-sync", "--auth=trust", "--encoding=UTF8", "--username", super::SUPERUSER]);
        initdb.arg(format!("--locale={locale}")).arg("--pgdata").arg(data);
        initdb
    };
    // C.UTF-8 sorts by code point and still knows letters beyond ASCII; not every system has it.
    let Err(_) = run(user, &mut with_locale("C.UTF-8")).await else { return Ok(()) };
    remove(data)?;
    run(user, &mut with_locale("C")).await
}

/// Runs a command as the server's user; what it says on failure is the error.
async fn run(user: &User, command: &mut Command) -> anyhow::Result<()> {
    let program = command.get_program().to_string_lossy().into_owned();
    let mut command = tokio::process::Command::from(std::mem::replace(user.runs(command), Command::new("true")));
    let output = command.kill_on_drop(true).output().await.with_context(|| format!("{program} cannot be run"))?;
    if !output.status.success() {
        bail!("{program} failed ({}):\n{}", output.status, String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(())
}

/// A name for what is not finished, distinct between all that may be at it at once.
fn beside(path: &Path) -> PathBuf {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    path.with_extension(format!("{}-{count}.unfinished", std::process::id()))
}

fn remove(directory: &Path) -> anyhow::Result<()> {
    match fs::remove_dir_all(directory) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("{} cannot be removed", directory.display()))
        }
        _ => Ok(()),
    }
}
