//! Rows from several generators into one COPY, in their order.

use crate::data::Scratch;
use crate::progress::Progress;
use crate::server::postgres::Session;
use crate::server::postgres::copy::{CopyError, CopyRows};
use std::thread;
use tokio::sync::mpsc;

/// Rows of a piece: some hundred kilobytes, so that a dozen pieces under way are a few megabytes.
const PIECE: u64 = 4096;
/// Pieces that a generator may be ahead.
const AHEAD: usize = 2;

type Piece = Result<Vec<u8>, CopyError>;

/// Copies the first `count` rows of a table; gives how many the server took.
pub(super) async fn copy(
    session: &mut Session,
    statement: &str,
    rows: &CopyRows,
    count: u64,
    progress: &dyn Progress,
) -> anyhow::Result<u64> {
    let name = rows.table().name.clone();
    let (header, trailer) = (rows.header(), rows.trailer());
    let mut pieces = generators(rows, count);
    let mut stream = session.copy_in(statement).await?;
    stream.send(header).await?;
    for piece in 0..count.div_ceil(PIECE) {
        // The generators take turns, so asking them in turn keeps the order.
        let generator = (piece % pieces.len() as u64) as usize;
        let bytes = pieces[generator].recv().await.expect("a generator makes all of its pieces")?;
        stream.send(&bytes).await?;
        progress.advance(&name, PIECE.min(count - piece * PIECE));
    }
    stream.send(trailer).await?;
    Ok(stream.finish().await?)
}

/// One thread for each core but one, which the server needs; each makes every n-th piece.
///
/// A generator whose pieces nobody takes any more ends by itself.
fn generators(rows: &CopyRows, count: u64) -> Vec<mpsc::Receiver<Piece>> {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let generators = (cores - 1).clamp(1, 8);
    (0..generators)
        .map(|first| {
            let (send, receive) = mpsc::channel(AHEAD);
            let rows = rows.clone();
            thread::spawn(move || {
                let mut scratch = Scratch::default();
                for piece in (first as u64..count.div_ceil(PIECE)).step_by(generators) {
                    let mut bytes = Vec::new();
                    let range = piece * PIECE..count.min((piece + 1) * PIECE);
                    let made = rows.append(range, &mut scratch, &mut bytes).map(|()| bytes);
                    if send.blocking_send(made).is_err() {
                        return;
                    }
                }
            });
            receive
        })
        .collect()
}
