//! A private PostgreSQL: a child of this program, on a unix socket only, gone when we are.
//!
//! It dies with its [`Server`], and with the program even when that is killed: the kernel sends it SIGQUIT
//! (Linux). What a killed program may still leave is a directory, and on other systems a server; the next
//! launch on the same directory ends that.

mod cluster;
mod leftover;
mod process;
mod user;

use super::by_hand::{ByHand, psql, word};
use super::find::{Installation, Version, installation};
use super::{Address, Session};
use anyhow::{Context as _, bail};
use process::Postmaster;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use user::User;

/// The superuser of every private server.
const SUPERUSER: &str = "postgres";
/// Names the socket; nothing listens on the network.
const PORT: u16 = 5432;
/// Where a server listens that a person starts, if its own directory has too long a name; the port tells it from others.
const ELSEWHERE: (&str, u16) = ("/tmp", 54329);
/// Crash recovery of a large cluster comes before the first connection.
const START_LIMIT: Duration = Duration::from_mins(5);
/// A fast shutdown writes a checkpoint first.
const STOP_LIMIT: Duration = Duration::from_mins(1);

/// A private server. Dropped, it is shut down at once.
pub struct Server {
    installation: Installation,
    directory: PathBuf,
    socket: PathBuf,
    user: User,
    postmaster: Postmaster,
}

impl Server {
    /// Starts a server whose cluster, socket and log are in `directory`, and waits until it answers.
    ///
    /// A cluster that is there already is used again. `settings` are those of `postgresql.conf`. The directory must
    /// be ours alone, and each directory above must let the server's user through.
    pub async fn launch(directory: &Path, settings: &[(String, String)]) -> anyhow::Result<Self> {
        let installation = installation()?;
        let user = User::of_server()?;
        let directory = std::path::absolute(directory).context("the server's directory is no usable path")?;
        user.own_directory(&directory)?;
        leftover::end(&directory.join("data")).await?;
        if !directory.join("data/PG_VERSION").exists() {
            cluster::create(&installation, &user, &directory.join("data")).await?;
        }
        let socket = socket_directory(&directory, &user)?;
        cluster::configure(&user, &directory.join("data"), &socket, PORT, settings)?;
        let postmaster = Postmaster::spawn(&installation.bin, &directory, &user)?;
        let mut server = Self { installation, directory, socket, user, postmaster };
        server.start().await?;
        Ok(server)
    }

    /// Where it listens, as superuser, database `postgres`.
    #[must_use]
    pub fn address(&self) -> Address {
        Address::socket(&self.socket, PORT, SUPERUSER, "postgres")
    }

    /// The process id of the postmaster, parent of all its backends.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.postmaster.pid()
    }

    /// What the server writes about itself.
    #[must_use]
    pub fn log(&self) -> PathBuf {
        self.directory.join("server.log")
    }

    /// How a person gets at a database of this cluster once the server is shut down. The next launch on the directory
    /// ends a server that was started so.
    #[must_use]
    pub fn by_hand(&self, database: &str) -> ByHand {
        let [data, log] = [self.directory.join("data"), self.log()].map(|path| word(&path.display().to_string()));
        let tool = |name: &str| self.installation.bin.join(name).display().to_string();
        let control = format!("{}{} -D {data} -l {log}", self.user.prefix(), word(&tool("pg_ctl")));
        let mut address = self.address().database(database);
        let mut options = String::new();
        if self.socket != self.directory {
            // The directory of its socket goes when it ends.
            let (socket, port) = ELSEWHERE;
            address = Address::socket(Path::new(socket), port, SUPERUSER, database);
            options = format!(" -o '-k {socket} -p {port}'");
        }
        ByHand {
            start: format!("{control}{options} -w start"),
            connect: psql(&tool("psql"), &address),
            end: format!("{control} -m fast stop"),
        }
    }

    /// Its version.
    #[must_use]
    pub fn version(&self) -> &Version {
        &self.installation.version
    }

    /// Ends a server that a killed program left on `directory`, without starting another.
    pub async fn end_leftover(directory: &Path) -> anyhow::Result<()> {
        leftover::end(&directory.join("data")).await
    }

    /// Whether it has ended by itself, or was killed.
    pub fn has_ended(&mut self) -> anyhow::Result<bool> {
        Ok(self.postmaster.ended()?.is_some())
    }

    /// Gives it other settings, from its next start on.
    pub fn configure(&mut self, settings: &[(String, String)]) -> anyhow::Result<()> {
        cluster::configure(&self.user, &self.directory.join("data"), &self.socket, PORT, settings)
    }

    /// Shuts it down and starts it again: its memory is as empty as after [`Server::launch`].
    ///
    /// A server that was killed is started, too.
    pub async fn restart(&mut self) -> anyhow::Result<()> {
        self.postmaster.stop(STOP_LIMIT).await?;
        leftover::end_orphans(&self.directory.join("data"));
        self.postmaster = Postmaster::spawn(&self.installation.bin, &self.directory, &self.user)?;
        self.start().await
    }

    /// Shuts it down: sessions are cut, a checkpoint is written. One that takes too long is killed.
    pub async fn stop(mut self) -> anyhow::Result<()> {
        self.postmaster.stop(STOP_LIMIT).await
    }

    /// Waits until it answers; as long as backends of a killed predecessor still work, it is started again.
    async fn start(&mut self) -> anyhow::Result<()> {
        let started = Instant::now();
        loop {
            let Err(error) = self.wait_until_ready(started).await else { return Ok(()) };
            // PostgreSQL sees them by the memory that they share, and must be believed: they would write to its files.
            if started.elapsed() > START_LIMIT || !error.to_string().contains("pre-existing shared memory block") {
                return Err(error);
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
            self.postmaster = Postmaster::spawn(&self.installation.bin, &self.directory, &self.user)?;
        }
    }

    /// Connecting is the test: the socket is there before the server takes connections.
    async fn wait_until_ready(&mut self, started: Instant) -> anyhow::Result<()> {
        loop {
            let error = match Session::open(&self.address(), "shakedown").await {
                Ok(session) => return Ok(session.close().await?),
                Err(error) => error,
            };
            if let Some(status) = self.postmaster.ended()? {
                bail!("PostgreSQL did not start ({status}):\n{}", self.last_words());
            }
            if started.elapsed() > START_LIMIT {
                let limit = START_LIMIT.as_secs();
                bail!("PostgreSQL took no connection within {limit} s ({error}):\n{}", self.last_words());
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// The end of its log.
    fn last_words(&self) -> String {
        let log = fs::read(self.log()).unwrap_or_default();
        let log = String::from_utf8_lossy(&log);
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(12)..].join("\n")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.postmaster.end_now();
        leftover::end_orphans(&self.directory.join("data"));
        if self.socket != self.directory {
            // Nobody is left who could be told that an empty directory in /tmp stays.
            fs::remove_dir_all(&self.socket).ok();
        }
    }
}

/// Where the socket goes: beside the cluster, unless the path would be longer than `sockaddr_un` holds.
fn socket_directory(directory: &Path, user: &User) -> anyhow::Result<PathBuf> {
    let longest = directory.join(format!(".s.PGSQL.{PORT}.lock"));
    // 104 bytes on macOS, 108 on Linux, a NUL among them.
    if longest.as_os_str().len() < 103 {
        return Ok(directory.to_owned());
    }
    let socket = nix::unistd::mkdtemp("/tmp/shakedown-XXXXXX").context("no directory for the socket can be made")?;
    user.own_directory(&socket)?;
    Ok(socket)
}
