//! Waits until an application answers.

use super::process::Process;
use crate::scenario::App;
use crate::units;
use anyhow::bail;
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout_at};

/// Between two attempts.
const PAUSE: Duration = Duration::from_millis(25);

/// Asks for the path that says so until it succeeds. An application that ends before, or is not ready in time, is an
/// error that shows the last lines that it printed.
pub(super) async fn wait(app: &App, url: &str, process: &Process) -> anyhow::Result<()> {
    let client = reqwest::Client::builder().no_proxy().build()?;
    let url = format!("{url}{}", app.ready);
    let deadline = Instant::now() + app.ready_within;
    let mut last = "no answer".to_owned();
    let ready = async {
        while let Err(reason) = ask(&client, &url).await {
            last = reason;
            sleep(PAUSE).await;
        }
    };
    let ended = tokio::select! {
        ready = timeout_at(deadline, ready) => match ready {
            Ok(()) => return Ok(()),
            Err(_) => None,
        },
        ended = process.ended() => Some(ended),
    };
    // What it says as its last may still be on its way.
    sleep(PAUSE).await;
    let printed = process.output.last();
    match ended {
        Some(status) => bail!("the application ended before it was ready ({status}); {printed}"),
        None => bail!(
            "the application was not ready within {}: {} gave {last}; {printed}",
            units::human(app.ready_within),
            app.ready
        ),
    }
}

/// An answer that is no success, in words.
async fn ask(client: &reqwest::Client, url: &str) -> Result<(), String> {
    match client.get(url).send().await {
        Ok(answer) if answer.status().is_success() => Ok(()),
        Ok(answer) => Err(format!("status {}", answer.status().as_u16())),
        Err(error) if error.is_connect() => Err("no connection".to_owned()),
        Err(_) => Err("no answer".to_owned()),
    }
}
