//! Notices when the server is lost for good: a server that starts again by itself is not.

use crate::server::postgres::{Address, Session};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Between two looks.
const PERIOD: Duration = Duration::from_millis(500);
/// How often in a row the server must be unreachable: some seconds, for crash recovery takes its time.
const PATIENCE: u32 = 10;

/// Cancels the token once the server has been unreachable for too long. Never ends otherwise.
pub(super) async fn watch(address: Address, mut session: Option<Session>, lost: CancellationToken) {
    let mut missed = 0;
    while missed < PATIENCE {
        tokio::time::sleep(PERIOD).await;
        session = match session.take() {
            Some(mut open) => open.batch("SELECT 1").await.is_ok().then_some(open),
            None => Session::open(&address, "shakedown/guard").await.ok(),
        };
        missed = if session.is_some() { 0 } else { missed + 1 };
    }
    lost.cancel();
}
