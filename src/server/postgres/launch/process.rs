//! The postmaster as a child process that cannot outlive us.

use super::user::User;
use anyhow::Context as _;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::fs::OpenOptions;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{OnceLock, mpsc};
use std::thread;
use std::time::{Duration, Instant};

/// After SIGQUIT the postmaster gives its children five seconds itself.
const QUIT_LIMIT: Duration = Duration::from_secs(8);

/// A running server.
pub(super) struct Postmaster(Child);

impl Postmaster {
    /// Starts it on `directory/data`; what it says goes to `directory/server.log`.
    pub(super) fn spawn(bin: &Path, directory: &Path, user: &User) -> anyhow::Result<Self> {
        let log = directory.join("server.log");
        let file = OpenOptions::new().create(true).append(true).open(&log);
        let file = file.with_context(|| format!("{} cannot be written", log.display()))?;
        // A server that is started by hand goes on in it.
        user.own(&log)?;
        let mut command = Command::new(bin.join("postgres"));
        command.arg("-D").arg(directory.join("data"));
        command.stdin(Stdio::null()).stdout(file.try_clone()?).stderr(file);
        // Ctrl-C goes to the whole foreground group; the run still needs its server when it winds up.
        user.runs(&mut command).process_group(0);
        dies_with_us(&mut command);
        Ok(Self(spawn_from_lasting_thread(command).context("postgres cannot be started")?))
    }

    pub(super) fn pid(&self) -> u32 {
        self.0.id()
    }

    /// How it ended, if it did.
    pub(super) fn ended(&mut self) -> anyhow::Result<Option<ExitStatus>> {
        self.0.try_wait().context("the server's process cannot be watched")
    }

    /// Fast shutdown, by force when it takes longer than `limit`.
    pub(super) async fn stop(&mut self, limit: Duration) -> anyhow::Result<()> {
        for (signal, limit) in [(Signal::SIGINT, limit), (Signal::SIGQUIT, QUIT_LIMIT)] {
            if self.ended()?.is_some() {
                return Ok(());
            }
            self.send(signal);
            let deadline = Instant::now() + limit;
            while self.ended()?.is_none() && Instant::now() < deadline {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
        self.end_now();
        Ok(())
    }

    /// Immediate shutdown, waited for: what is written next may be in the same directory.
    pub(super) fn end_now(&mut self) {
        self.send(Signal::SIGQUIT);
        let deadline = Instant::now() + QUIT_LIMIT;
        while matches!(self.0.try_wait(), Ok(None)) {
            if Instant::now() > deadline {
                self.send(Signal::SIGKILL);
            }
            thread::sleep(Duration::from_millis(2));
        }
    }

    /// Sends a signal, unless the process has been reaped: its number may be another's by now.
    fn send(&mut self, signal: Signal) {
        if let Ok(None) = self.0.try_wait() {
            // It may end at this very moment, which is what was asked for.
            kill(Pid::from_raw(self.0.id() as i32), signal).ok();
        }
    }
}

/// Has the kernel send SIGQUIT when the thread that starts the command ends.
#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "pre_exec runs between fork and exec, where only async-signal-safe calls are allowed")]
fn dies_with_us(command: &mut Command) {
    let parent = nix::unistd::getpid();
    let ask = move || {
        // After setuid, which would clear it; `uid` is applied before this runs.
        nix::sys::prctl::set_pdeathsig(Signal::SIGQUIT)?;
        // We may have died before the kernel was asked.
        match nix::unistd::getppid() == parent {
            true => Ok(()),
            false => Err(std::io::ErrorKind::BrokenPipe.into()),
        }
    };
    // SAFETY: prctl and getppid are plain system calls; nothing is allocated and no lock is taken.
    unsafe { command.pre_exec(ask) };
}

/// Other systems know no such request; the next launch on the directory ends what was left.
#[cfg(not(target_os = "linux"))]
fn dies_with_us(_command: &mut Command) {}

/// A command on its way to the thread that starts it, with the way back.
type Order = (Command, mpsc::SyncSender<std::io::Result<Child>>);

/// The kernel's request follows the thread, not the process: threads of a runtime come and go, this one stays.
fn spawn_from_lasting_thread(command: Command) -> std::io::Result<Child> {
    static SPAWNER: OnceLock<mpsc::Sender<Order>> = OnceLock::new();
    let spawner = SPAWNER.get_or_init(|| {
        let (orders, inbox) = mpsc::channel::<Order>();
        let work = move || {
            for (mut command, answer) in inbox {
                // Whoever ordered waits for the answer.
                answer.send(command.spawn()).ok();
            }
        };
        thread::Builder::new().name("spawner".to_owned()).spawn(work).expect("one more thread can be started");
        orders
    });
    let (answer, reply) = mpsc::sync_channel(1);
    let gone = |_| std::io::Error::other("the thread that starts servers is gone");
    spawner.send((command, answer)).map_err(|_| gone(mpsc::RecvError))?;
    reply.recv().map_err(gone)?
}
