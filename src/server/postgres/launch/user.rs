//! As whom a private server runs: PostgreSQL refuses root.

use anyhow::{Context as _, bail};
use nix::unistd::{Gid, Uid, geteuid};
use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

/// Who runs the server.
#[derive(Clone, Debug)]
pub(super) enum User {
    /// Whoever runs us.
    Ourselves,
    /// We are root; the server is this user.
    Other { name: String, uid: Uid, gid: Gid },
}

impl User {
    /// Ourselves, but instead of root `postgres`, else `nobody`.
    pub(super) fn of_server() -> anyhow::Result<Self> {
        if !geteuid().is_root() {
            return Ok(Self::Ourselves);
        }
        for name in ["postgres", "nobody"] {
            let found = nix::unistd::User::from_name(name).context("the system's users cannot be read")?;
            if let Some(user) = found {
                return Ok(Self::Other { name: user.name, uid: user.uid, gid: user.gid });
            }
        }
        bail!("PostgreSQL cannot run as root, and there is neither a user `postgres` nor `nobody`")
    }

    /// Makes the directory if need be, and it alone theirs and private.
    pub(super) fn own_directory(&self, directory: &Path) -> anyhow::Result<()> {
        fs::create_dir_all(directory).with_context(|| format!("{} cannot be made", directory.display()))?;
        self.own(directory)?;
        let private = fs::Permissions::from_mode(0o700);
        fs::set_permissions(directory, private)
            .with_context(|| format!("{} cannot be made private", directory.display()))?;
        self.check_way(directory)
    }

    /// Makes a file or directory theirs.
    pub(super) fn own(&self, path: &Path) -> anyhow::Result<()> {
        let Self::Other { name, uid, gid } = self else { return Ok(()) };
        chown(path, Some(uid.as_raw()), Some(gid.as_raw()))
            .with_context(|| format!("{} cannot be given to {name}", path.display()))
    }

    /// Has the command run as this user, from a directory that it can read.
    pub(super) fn runs<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        if let Self::Other { uid, gid, .. } = self {
            command.uid(uid.as_raw()).gid(gid.as_raw());
        }
        command.current_dir("/")
    }

    /// What stands before a command that they shall run.
    pub(super) fn prefix(&self) -> String {
        match self {
            Self::Ourselves => String::new(),
            Self::Other { name, .. } => format!("runuser -u {name} -- "),
        }
    }

    /// Says which directory above would keep them out; the server's own message names only the last.
    fn check_way(&self, directory: &Path) -> anyhow::Result<()> {
        let Self::Other { name, uid, .. } = self else { return Ok(()) };
        for above in directory.ancestors().skip(1) {
            let facts = fs::metadata(above).with_context(|| format!("{} cannot be read", above.display()))?;
            let bit = if facts.uid() == uid.as_raw() { 0o100 } else { 0o001 };
            if facts.mode() & bit == 0 {
                bail!(
                    "{} is closed to `{name}`, as whom PostgreSQL runs when root starts it: \
                     set {} to a directory that it can reach",
                    above.display(),
                    crate::server::cache::VARIABLE
                );
            }
        }
        Ok(())
    }
}
