//! What a set-up makes, kept for later runs: a virtual environment, installed packages, a build.
//!
//! It is known by all that shaped it: the commands, and the files of the workshop's folder. Whatever changes
//! there makes another one; those that were used longest ago make room.

use super::words::Words;
use crate::progress::Progress;
use crate::result::LATENCY;
use crate::scenario::Workshop;
use crate::shell;
use anyhow::{Context as _, bail};
use nix::fcntl::{Flock, FlockArg};
use sha2::{Digest as _, Sha256};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};
use tokio_util::sync::CancellationToken;

/// Of a larger file only name and length count: a dump or a picture is no code.
const SMALL: u64 = 256 * 1024;
/// How many are kept.
const NEWEST: usize = 8;
/// Between two looks whether another run has finished the same set-up.
const PAUSE: Duration = Duration::from_millis(100);

/// A place in the cache for what set-up makes.
#[derive(Debug)]
pub struct Kept {
    home: PathBuf,
    directory: PathBuf,
}

impl Kept {
    /// The place that belongs to the workshop as it is now.
    pub fn of(workshop: &Workshop, cache: &Path) -> anyhow::Result<Self> {
        let print = fingerprint(workshop, cache)
            .with_context(|| format!("cannot read the folder {}", workshop.folder.display()))?;
        let home = cache.join("workshops").join(print);
        Ok(Self { directory: home.join("kept"), home })
    }

    /// What `{kept}` stands for.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Runs the set-up of `whose` unless it has been run to its end before; gives its commands with the time that each
    /// took. The error of one that fails shows what it printed.
    pub async fn prepare(
        &self,
        whose: &str,
        words: &Words<'_>,
        progress: &dyn Progress,
    ) -> anyhow::Result<Vec<(String, Duration)>> {
        fs::create_dir_all(&self.home).with_context(|| format!("cannot create {}", self.home.display()))?;
        let _lock = self.lock().await?;
        let marker = self.home.join("complete");
        if let Ok(marker) = File::options().append(true).open(&marker) {
            // When it was used last decides what makes room; if that cannot be noted, it makes room too early.
            marker.set_modified(SystemTime::now()).ok();
            return Ok(Vec::new());
        }
        let fresh = || {
            match fs::remove_dir_all(&self.directory) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
            fs::create_dir_all(&self.directory)
        };
        fresh().with_context(|| format!("cannot create {}", self.directory.display()))?;
        let took = set_up(whose, words, progress).await?;
        File::create(&marker).with_context(|| format!("cannot create {}", marker.display()))?;
        self.make_room();
        Ok(took)
    }

    /// The right to set up, which one run has at a time.
    async fn lock(&self) -> anyhow::Result<Flock<File>> {
        let path = self.home.join("lock");
        let about = || format!("{} cannot be locked", path.display());
        let mut file = File::create(&path).with_context(about)?;
        loop {
            file = match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
                Ok(lock) => return Ok(lock),
                Err((file, nix::errno::Errno::EWOULDBLOCK)) => file,
                Err((_, error)) => return Err(error).with_context(about),
            };
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Removes those that were used longest ago. What cannot be removed stays.
    fn make_room(&self) {
        let Some(all) = self.home.parent().and_then(|all| fs::read_dir(all).ok()) else { return };
        let used = |home: &Path| fs::metadata(home.join("complete")).and_then(|marker| marker.modified()).ok();
        let mut finished: Vec<_> =
            all.flatten().map(|each| each.path()).filter_map(|home| Some((used(&home)?, home))).collect();
        finished.sort_by_key(|(used, _)| std::cmp::Reverse(*used));
        for (_, home) in finished.into_iter().skip(NEWEST) {
            fs::remove_dir_all(home).ok();
        }
    }
}

async fn set_up(whose: &str, words: &Words<'_>, progress: &dyn Progress) -> anyhow::Result<Vec<(String, Duration)>> {
    let folder = words.workshop.folder.display();
    let mut took = Vec::new();
    for text in &words.workshop.setup {
        let task = format!("set-up of {whose}: {text}");
        progress.begin(&task, None, "");
        let began = Instant::now();
        // Given up, the command is killed with all that it started.
        let ran = shell::run(words.command(text), &CancellationToken::new()).await;
        let ran = ran.with_context(|| format!("no command can be run in the folder {folder}"))?;
        progress.end(&task);
        if !ran.status.success() {
            let printed = ran.output.iter().map(|line| words.without_secret(line)).collect::<Vec<_>>().join("\n");
            bail!("set-up of {whose} failed ({}) at: {text}\n{printed}", ran.status);
        }
        took.push((text.clone(), began.elapsed()));
    }
    Ok(took)
}

/// All that shapes what set-up makes, in a few letters.
fn fingerprint(workshop: &Workshop, cache: &Path) -> io::Result<String> {
    let mut hash = Sha256::new();
    for command in &workshop.setup {
        hash.update(command);
        hash.update([0]);
    }
    let mut files = Vec::new();
    collect(&workshop.folder, cache, &mut files)?;
    files.sort();
    for path in files {
        let length = fs::metadata(&path)?.len();
        let name = path.strip_prefix(&workshop.folder).unwrap_or(&path);
        hash.update(format!("{}\0{length}\0", name.display()));
        if length <= SMALL {
            hash.update(fs::read(&path)?);
        }
    }
    Ok(hash.finalize()[..8].iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}")))
}

/// The files of a folder; what is hidden or made by interpreters and package tools when it runs is none of them, nor
/// are the cache and the results of runs, where these lie beside the scenario.
fn collect(folder: &Path, cache: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    if folder.join(LATENCY).exists() || fs::canonicalize(folder).ok() == fs::canonicalize(cache).ok() {
        return Ok(());
    }
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let is_made = name.starts_with('.') || ["__pycache__", "node_modules", "target"].contains(&&*name);
        let kind = entry.file_type()?;
        if !is_made && kind.is_dir() {
            collect(&entry.path(), cache, files)?;
        } else if !is_made && kind.is_file() {
            files.push(entry.path());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn workshop(folder: &Path, setup: &str) -> Workshop {
        Workshop { folder: folder.to_owned(), setup: vec![setup.to_owned()], ..Workshop::default() }
    }

    #[test]
    fn what_shapes_the_set_up_shapes_its_place_and_what_running_leaves_does_not() {
        let folder = tempfile::tempdir().expect("a directory can be made");
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().expect("it is in the folder")).expect("it is ours");
            fs::write(path, text).expect("it is ours");
        };
        let print = |setup: &str| {
            fingerprint(&workshop(folder.path(), setup), &folder.path().join("cache")).expect("it can be read")
        };
        write("requirements.txt", "a==1");
        let first = print("make");
        write("__pycache__/views.pyc", "1");
        write(".cache/x", "1");
        write("cache/seeds/one", "1");
        write("reports/shop/latency.hlog", "1");
        write("reports/shop/result.json", "1");
        assert_eq!(print("make"), first);
        assert_ne!(print("make all"), first);
        write("requirements.txt", "a==2");
        let second = print("make");
        assert_ne!(second, first);
        write("shop/views.py", "");
        assert_ne!(print("make"), second);
    }
}
