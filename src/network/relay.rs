//! One connection: what its client sends reaches the server later, what the server answers reaches the client at once.
//!
//! ```text
//! client ──▶ network in ──▶ pieces, each with its due time ──▶ network out ──▶ server
//!    ▲                                                                           │
//!    └────────────────────────────── network back ◀──────────────────────────────┘
//! ```
//!
//! Reading goes on while earlier pieces wait, so what streams is late but not slow.

use super::counts::Counters;
use super::stream::Stream;
use crate::clock::wake_exactly;
use std::net::Shutdown;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{Builder, scope, sleep};
use std::time::{Duration, Instant};

/// What is read at once at most.
const PIECE: usize = 64 * 1024;
/// Pieces that may be on their way, at most 16 MB. Where there are more, the client waits and pieces get larger.
const UNDER_WAY: usize = 256;

/// Both ends of a connection.
pub(super) struct Ends {
    pub(super) client: Stream,
    pub(super) server: Stream,
}

impl Ends {
    /// Ends the connection on both sides; whoever reads or writes is woken.
    pub(super) fn hang_up(&self) {
        self.client.shut(Shutdown::Both);
        self.server.shut(Shutdown::Both);
    }
}

/// Bytes on their way; none tells that the client will send no more.
struct Piece {
    due: Instant,
    bytes: Vec<u8>,
}

/// Whose turn it is: set when the server is asked, taken when it answers.
type Asked = AtomicBool;

/// Passes on what comes until both sides have ended. `delay` is asked for each piece, and may change.
pub(super) fn relay(ends: &Ends, delay: impl Fn() -> Duration, counters: &Counters) {
    let (sender, pieces) = sync_channel(UNDER_WAY);
    let asked = Asked::new(false);
    scope(|scope| {
        let named = |name: &str| Builder::new().name(name.to_owned());
        let out = named("network out").spawn_scoped(scope, || send(&ends.server, pieces, &asked));
        let back = named("network back").spawn_scoped(scope, || {
            answer(ends, &asked, counters);
            // A backend that has gone has nothing to do with what its client may still say.
            ends.hang_up();
        });
        if out.is_err() || back.is_err() {
            // No more threads are to be had: the client is told as by a server that takes no connection.
            ends.hang_up();
        }
        read(&ends.client, &sender, delay, counters);
    });
}

/// Takes what the client sends, and tells when it is due.
fn read(client: &Stream, sender: &SyncSender<Piece>, delay: impl Fn() -> Duration, counters: &Counters) {
    let mut buffer = vec![0; PIECE];
    loop {
        let length = client.read(&mut buffer);
        let due = Instant::now() + delay();
        counters.from_clients.fetch_add(length as u64, Ordering::Relaxed);
        let piece = Piece { due, bytes: buffer[..length].to_vec() };
        // Refused once the server takes nothing any more, which hangs up on the client.
        if sender.send(piece).is_err() || length == 0 {
            return;
        }
    }
}

/// Gives each piece to the server when it is due.
fn send(server: &Stream, pieces: Receiver<Piece>, asked: &Asked) {
    wake_exactly();
    for piece in pieces {
        sleep(piece.due.saturating_duration_since(Instant::now()));
        if piece.bytes.is_empty() {
            break;
        }
        // Before it is sent: the answer may come before the next line runs.
        asked.store(true, Ordering::Release);
        if server.write(&piece.bytes).is_err() {
            break;
        }
    }
    // Whatever the server still has to say may be said; then it hangs up itself.
    server.shut(Shutdown::Write);
}

/// Gives the client what the server says.
fn answer(ends: &Ends, asked: &Asked, counters: &Counters) {
    let mut buffer = vec![0; PIECE];
    loop {
        let length = ends.server.read(&mut buffer);
        if length == 0 {
            return;
        }
        if asked.swap(false, Ordering::AcqRel) {
            counters.round_trips.fetch_add(1, Ordering::Relaxed);
        }
        counters.from_server.fetch_add(length as u64, Ordering::Relaxed);
        if ends.client.write(&buffer[..length]).is_err() {
            return;
        }
    }
}
