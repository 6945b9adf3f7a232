//! A directory that one run at a time may use.

use anyhow::Context as _;
use nix::fcntl::{Flock, FlockArg};
use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// The right to a directory, until dropped; the kernel takes it back from a program that dies.
pub(super) struct Lock {
    directory: PathBuf,
    _file: Flock<File>,
}

impl Lock {
    /// Takes the directory, unless another run has it. The lock file stands beside it and holds the process id.
    pub(super) fn take(directory: &Path) -> anyhow::Result<Option<Self>> {
        let path = lock_file(directory);
        let about = || format!("{} cannot be locked", path.display());
        if let Some(parent) = directory.parent() {
            fs::create_dir_all(parent).with_context(|| format!("{} cannot be made", parent.display()))?;
        }
        loop {
            let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path).with_context(about)?;
            let mut file = match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
                Ok(file) => file,
                Err((_, nix::errno::Errno::EWOULDBLOCK)) => return Ok(None),
                Err((_, error)) => return Err(error).with_context(about),
            };
            // Between opening and locking, another run may have removed the file with its directory.
            let locked = file.metadata().with_context(about)?.ino();
            if fs::metadata(&path).is_ok_and(|there| there.ino() == locked) {
                file.set_len(0).with_context(about)?;
                writeln!(file, "{}", std::process::id()).with_context(about)?;
                return Ok(Some(Self { directory: directory.to_owned(), _file: file }));
            }
        }
    }

    /// The directory.
    pub(super) fn directory(&self) -> &Path {
        &self.directory
    }

    /// Removes the directory with all that is in it, and the lock file.
    pub(super) fn remove(self) -> anyhow::Result<()> {
        let file = lock_file(&self.directory);
        for removed in [fs::remove_dir_all(&self.directory), fs::remove_file(file)] {
            if let Err(error) = removed
                && error.kind() != std::io::ErrorKind::NotFound
            {
                return Err(error).with_context(|| format!("{} cannot be removed", self.directory.display()));
            }
        }
        Ok(())
    }
}

fn lock_file(directory: &Path) -> PathBuf {
    directory.with_extension("lock")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_is_given_to_one_at_a_time() {
        let parent = tempfile::tempdir().expect("a directory can be made");
        let directory = parent.path().join("seed");
        let first = Lock::take(&directory).expect("it can be tried").expect("it is free");
        assert!(Lock::take(&directory).expect("it can be tried").is_none());
        drop(first);
        assert!(Lock::take(&directory).expect("it can be tried").is_some());
    }
}
