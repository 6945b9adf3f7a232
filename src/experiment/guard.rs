//! Notices when a round cannot go on: the server is lost for good, or nobody records any more.

use crate::failure::Failure;
use crate::observation::Observer;
use crate::server::postgres::{Address, ServerError, Session};
use std::time::Duration;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

/// Between two looks.
const PERIOD: Duration = Duration::from_millis(500);
/// How often in a row the server must be unreachable: some seconds, for it may be starting again.
const PATIENCE: u32 = 10;
/// A server that says nothing at all for so long is as good as gone. Load alone does not make it that slow.
const SILENCE: Duration = Duration::from_secs(30);

/// Cancels the token once the round cannot go on. Never ends otherwise.
pub(super) async fn watch(address: Address, session: Session, observer: Observer, cut: CancellationToken) {
    tokio::select! {
        () = lost(address, session) => {}
        // The recorder has met an error of the disk, which it tells itself.
        () = observer.closed() => {}
    }
    cut.cancel();
}

/// Ends once the server has been unreachable for too long.
async fn lost(address: Address, session: Session) {
    let mut session = Some(session);
    let mut missed = 0;
    while missed < PATIENCE {
        sleep(PERIOD).await;
        let Ok(looked) = timeout(SILENCE, look(&address, session.take())).await else { return };
        missed = match looked {
            Ok(open) => {
                session = open;
                0
            }
            Err(_) => missed + 1,
        };
    }
}

/// Asks over the connection that there is, else over a new one; an error if nobody answers.
async fn look(address: &Address, session: Option<Session>) -> Result<Option<Session>, ServerError> {
    let Some(mut open) = session else {
        return match Session::open(address, "shakedown/guard").await {
            Ok(session) => Ok(Some(session)),
            // A refusal is an answer: it recovers from a crash, or has no connection to spare.
            Err(error) if error.failure != Failure::ConnectionLost => Ok(None),
            Err(error) => Err(error),
        };
    };
    Ok(open.batch("SELECT 1").await.is_ok().then_some(open))
}
