//! The application of these tests, started as the application of a scenario is.

use shakedown::application::{Application, Surroundings};
use shakedown::progress::Silent;
use shakedown::scenario::{App, Workshop};
use shakedown::server::postgres::Address;
use std::path::Path;
use std::time::Duration;

/// An application as a scenario describes it, `site.py` unless a test says otherwise.
pub(crate) fn app() -> App {
    App {
        workshop: Workshop {
            folder: Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support/site"),
            ..Workshop::default()
        },
        command: "exec python3 site.py".to_owned(),
        ready: "/healthz".to_owned(),
        ready_within: Duration::from_secs(20),
    }
}

/// A database that nobody connects to.
pub(crate) fn no_database() -> Address {
    Address::url("postgres://app:secret@db.example/shop").expect("it is a URL")
}

/// A directory for all that a test leaves.
pub(crate) fn directory() -> tempfile::TempDir {
    tempfile::tempdir().expect("a directory can be made")
}

/// Starts it with a cache of its own and its output in `application-0.log`, both in that directory.
pub(crate) async fn start(app: &App, directory: &Path) -> anyhow::Result<Application> {
    let output = directory.join("application-0.log");
    let within = Surroundings { address: &no_database(), cache: &directory.join("cache"), output: &output };
    Application::start(app, &within, &Silent).await
}

/// Whether any process works for that port.
pub(crate) fn is_served(url: &str) -> bool {
    std::net::TcpStream::connect(url.trim_start_matches("http://")).is_ok()
}

/// Waits, though not for ever, until something is so.
pub(crate) async fn until(mut is_so: impl FnMut() -> bool) -> bool {
    for _ in 0..500 {
        if is_so() {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    false
}
