//! One end of a connection: a unix socket or TCP.

use crate::server::postgres::{Door, socket_file};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::{Shutdown, TcpStream, ToSocketAddrs as _};
use std::os::unix::net::UnixStream;
use std::time::Duration;

/// How long a host that does not answer is dialled.
const DIALLING: Duration = Duration::from_secs(5);

pub(super) enum Stream {
    Unix(UnixStream),
    Tcp(TcpStream),
}

impl Stream {
    /// Connects to a server.
    pub(super) fn dial(door: &Door) -> io::Result<Self> {
        let (host, port) = match door {
            Door::Socket { directory, port } => {
                return UnixStream::connect(socket_file(directory, *port)).map(Self::Unix);
            }
            Door::Host { host, port } => (host.as_str(), *port),
        };
        let mut last = io::Error::from(ErrorKind::AddrNotAvailable);
        for address in (host, port).to_socket_addrs()? {
            match TcpStream::connect_timeout(&address, DIALLING) {
                Ok(stream) => return Self::tcp(stream),
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    /// Without gathering small pieces: that would be a delay of its own.
    pub(super) fn tcp(stream: TcpStream) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        Ok(Self::Tcp(stream))
    }

    /// Waits for bytes; none means that there will be none any more, whatever the reason.
    pub(super) fn read(&self, buffer: &mut [u8]) -> usize {
        loop {
            let read = match self {
                Self::Unix(stream) => (&*stream).read(buffer),
                Self::Tcp(stream) => (&*stream).read(buffer),
            };
            match read {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                // To a peer a reset connection has ended like any other: what it sent before has been read.
                read => return read.unwrap_or(0),
            }
        }
    }

    pub(super) fn write(&self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Unix(stream) => (&*stream).write_all(bytes),
            Self::Tcp(stream) => (&*stream).write_all(bytes),
        }
    }

    /// Tells the other side that no more will come from here, or that nothing passes any more at all.
    pub(super) fn shut(&self, how: Shutdown) {
        // One that is shut already has nothing left to be told.
        match self {
            Self::Unix(stream) => stream.shutdown(how).ok(),
            Self::Tcp(stream) => stream.shutdown(how).ok(),
        };
    }
}
