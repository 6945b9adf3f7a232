//! Where clients come in: of the same kind as the server's own door.

use super::stream::Stream;
use crate::server::postgres::{Door, socket_file};
use anyhow::Context as _;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::os::fd::AsFd;
use std::os::unix::net::UnixListener;
use std::path::PathBuf;

pub(super) enum Listener {
    /// In a directory of its own, which goes with it.
    Unix(UnixListener, Directory),
    Tcp(TcpListener),
}

/// A directory that nobody else may enter.
pub(super) struct Directory(PathBuf);

impl Listener {
    /// Listens for clients of a server: on a unix socket if it does, else on the loopback interface.
    pub(super) fn before(server: &Door) -> anyhow::Result<Self> {
        match server {
            Door::Socket { port, .. } => {
                // As short as can be, for `sockaddr_un` holds 104 bytes or 108; the directory is made private.
                let directory = nix::unistd::mkdtemp("/tmp/shakedown-XXXXXX");
                let directory = Directory(directory.context("no directory for a socket can be made")?);
                let listener = UnixListener::bind(socket_file(&directory.0, *port));
                let listener = listener.context("no socket can be made for the proxy")?;
                listener.set_nonblocking(true)?;
                Ok(Self::Unix(listener, directory))
            }
            Door::Host { .. } => {
                let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no port is left for the proxy")?;
                listener.set_nonblocking(true)?;
                Ok(Self::Tcp(listener))
            }
        }
    }

    /// Where that is.
    pub(super) fn door(&self, server: &Door) -> io::Result<Door> {
        Ok(match (self, server) {
            (Self::Unix(_, directory), Door::Socket { port, .. } | Door::Host { port, .. }) => {
                Door::Socket { directory: directory.0.clone(), port: *port }
            }
            (Self::Tcp(listener), _) => {
                let address = listener.local_addr()?;
                Door::Host { host: address.ip().to_string(), port: address.port() }
            }
        })
    }

    /// Waits for a client; `false` once the other end of `hang_up` is closed.
    pub(super) fn wait(&self, hang_up: &impl AsFd) -> bool {
        let listener = match self {
            Self::Unix(listener, _) => listener.as_fd(),
            Self::Tcp(listener) => listener.as_fd(),
        };
        let mut both = [PollFd::new(listener, PollFlags::POLLIN), PollFd::new(hang_up.as_fd(), PollFlags::POLLIN)];
        loop {
            match poll(&mut both, PollTimeout::NONE) {
                Err(nix::errno::Errno::EINTR) => {}
                Err(_) => return false,
                Ok(_) => return both[1].any() == Some(false),
            }
        }
    }

    /// Lets the client in that waits.
    pub(super) fn accept(&self) -> io::Result<Stream> {
        match self {
            Self::Unix(listener, _) => {
                let (stream, _) = listener.accept()?;
                // Some systems hand the listener's mode down.
                stream.set_nonblocking(false)?;
                Ok(Stream::Unix(stream))
            }
            Self::Tcp(listener) => {
                let (stream, _) = listener.accept()?;
                stream.set_nonblocking(false)?;
                Stream::tcp(stream)
            }
        }
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        // Nobody is left who could be told that a directory in /tmp stays.
        std::fs::remove_dir_all(&self.0).ok();
    }
}
