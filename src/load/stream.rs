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
    // One for each core but one, which the server needs.
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let mut pieces = generators(rows, count, (cores - 1).clamp(1, 8));
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

/// So many threads, each of which makes every n-th piece.
///
/// A generator whose pieces nobody takes any more ends by itself.
fn generators(rows: &CopyRows, count: u64, generators: usize) -> Vec<mpsc::Receiver<Piece>> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Data, TableRequest};
    use crate::schema::{Column, Filled, Schema, Table, Type};

    fn rows(count: u64) -> CopyRows {
        let column = |name: &str, data_type| Column {
            name: name.to_owned(),
            data_type,
            type_name: String::new(),
            nullable: false,
            default: None,
            filled: Filled::ByRow,
            max_length: None,
            min_length: None,
            allowed: vec![],
            bounds: (None, None),
        };
        let table = Table {
            name: "t".to_owned(),
            quoted: "t".to_owned(),
            columns: vec![column("id", Type::Int8), column("email", Type::Text)],
            primary_key: vec!["id".to_owned()],
            unique: vec![vec!["id".to_owned()]],
            foreign_keys: vec![],
            partitioned: false,
            row_security: false,
        };
        let request = TableRequest { table: "t".to_owned(), rows: Some(count), columns: vec![] };
        let data = Data::plan(&Schema { tables: vec![table] }, &[request], 1, 0).expect("it can be planned");
        CopyRows::new(data.shared_tables().next().expect("one table"))
    }

    #[test]
    fn the_bytes_are_the_same_however_many_generators_make_them() {
        let count = 3 * PIECE + 17;
        let rows = rows(count);
        let mut whole = Vec::new();
        rows.append(0..count, &mut Scratch::default(), &mut whole).expect("every cell fits");
        for threads in [1, 2, 3, 8] {
            let mut pieces = generators(&rows, count, threads);
            let mut bytes = Vec::new();
            for piece in 0..count.div_ceil(PIECE) as usize {
                let made = pieces[piece % threads].blocking_recv().expect("a generator makes all of its pieces");
                bytes.extend(made.expect("every cell fits"));
            }
            assert!(bytes == whole, "{threads} generators");
        }
    }
}
