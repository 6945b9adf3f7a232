//! The private server: it starts, restarts, stops, and does not outlive whoever started it.

#![cfg(target_os = "linux")]

mod support;

use shakedown::server::postgres::Session;
use shakedown::server::postgres::launch::Server;
use shakedown::value::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use support::PrivateServer;

/// Set for the copy of this test binary that is killed.
const VICTIM: &str = "SHAKEDOWN_TEST_VICTIM";

#[tokio::test]
async fn a_private_server_listens_on_its_socket_alone() {
    let server = PrivateServer::start_with(&[("work_mem", "7MB")]).await;
    let mut session = server.session().await;
    for (setting, expected) in [("listen_addresses", ""), ("work_mem", "7MB"), ("server_encoding", "UTF8")] {
        let rows = session.rows(&format!("SELECT current_setting('{setting}')"), &[]).await.expect("it is a setting");
        assert_eq!(rows, [[Value::Text(expected.into())]], "{setting}");
    }
}

#[tokio::test]
async fn a_restart_keeps_the_data() {
    let mut server = PrivateServer::start().await;
    server.session().await.batch("CREATE TABLE kept (id int); INSERT INTO kept VALUES (7)").await.expect("it is SQL");
    let before = server.server().pid();
    server.server().restart().await.expect("it starts again");
    assert_ne!(server.server().pid(), before);
    let rows = server.session().await.rows("SELECT id FROM kept", &[]).await.expect("the table is there");
    assert_eq!(rows, [[Value::Int(7)]]);
}

#[tokio::test]
async fn a_server_that_cannot_start_says_why() {
    let directory = tempfile::tempdir().expect("a directory can be made");
    let settings = [("shared_buffers".to_owned(), "much".to_owned())];
    let error = Server::launch(directory.path(), &settings).await.err().expect("it cannot start").to_string();
    assert!(error.contains("invalid value for parameter \"shared_buffers\": \"much\""), "{error}");
}

#[tokio::test]
async fn a_stopped_server_leaves_no_process() {
    let directory = tempfile::tempdir().expect("a directory can be made");
    let server = Server::launch(directory.path(), &[]).await.expect("it starts");
    server.stop().await.expect("it stops");
    assert_eq!(processes_on(directory.path()), Vec::<String>::new());
}

#[tokio::test]
async fn a_dropped_server_leaves_no_process() {
    let directory = tempfile::tempdir().expect("a directory can be made");
    drop(Server::launch(directory.path(), &[]).await.expect("it starts"));
    assert_eq!(processes_on(directory.path()), Vec::<String>::new());
}

#[tokio::test]
async fn a_backend_that_outlives_a_killed_postmaster_is_killed_with_the_server() {
    let directory = tempfile::tempdir().expect("a directory can be made");
    let server = Server::launch(directory.path(), &[]).await.expect("it starts");
    let mut session = Session::open(&server.address(), "test").await.expect("it takes connections");
    let backend = PathBuf::from(format!("/proc/{}/comm", session.pid()));
    // It never waits, so it never learns that its postmaster is gone.
    let busy = "DO $$ BEGIN FOR i IN 1 .. 2000000000 LOOP PERFORM i; END LOOP; END $$";
    let busy = tokio::spawn(async move { session.batch(busy).await });
    tokio::time::sleep(Duration::from_millis(300)).await;
    let postmaster = nix::unistd::Pid::from_raw(server.pid().cast_signed());
    nix::sys::signal::kill(postmaster, nix::sys::signal::Signal::SIGKILL).expect("it is ours");
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(backend.exists() && !busy.is_finished(), "it works on");
    server.stop().await.expect("it has ended already");
    wait_until("the backend is gone", || !backend.exists()).await;
    busy.await.expect("it does not panic").expect_err("its backend was killed");
}

/// Runs only as the child of the test below, which kills it while its server is up.
#[tokio::test]
async fn a_victim_waits_to_be_killed() {
    let Some(directory) = std::env::var_os(VICTIM) else { return };
    let _server = Server::launch(Path::new(&directory), &[]).await.expect("it starts");
    std::future::pending::<()>().await;
}

#[tokio::test]
async fn a_kill_of_the_program_leaves_no_process_and_a_directory_that_starts_again() {
    let directory = tempfile::tempdir().expect("a directory can be made");
    let mut victim = Command::new(std::env::current_exe().expect("the test has a file"))
        .args(["--exact", "a_victim_waits_to_be_killed"])
        .env(VICTIM, directory.path())
        .stdout(Stdio::null())
        .spawn()
        .expect("the test binary can be started again");
    let log = directory.path().join("server.log");
    let ready = || std::fs::read_to_string(&log).is_ok_and(|text| text.contains("ready to accept connections"));
    wait_until("the victim's server is ready", ready).await;
    assert_ne!(processes_on(directory.path()), Vec::<String>::new());
    victim.kill().expect("it can be killed");
    victim.wait().expect("it ends");
    wait_until("its server is gone", || processes_on(directory.path()).is_empty()).await;
    let server = Server::launch(directory.path(), &[]).await.expect("it starts on what is left");
    server.stop().await.expect("it stops");
}

async fn wait_until(what: &str, holds: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_mins(1);
    while !holds() {
        assert!(Instant::now() < deadline, "in vain: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Command lines of live processes that name the directory's cluster.
fn processes_on(directory: &Path) -> Vec<String> {
    let data = directory.join("data").display().to_string();
    let processes = std::fs::read_dir("/proc").expect("Linux has it").flatten();
    // A process may end while it is looked at, and a dead one that nobody has reaped has no command line.
    let command = |path: PathBuf| std::fs::read_to_string(path.join("cmdline")).ok();
    processes.filter_map(|entry| command(entry.path())).filter(|line| line.contains(&data)).collect()
}

#[tokio::test]
async fn child_processes_can_connect_by_the_url() {
    let server = PrivateServer::start().await;
    let psql = shakedown::server::postgres::find::installation().expect("PostgreSQL is installed").bin.join("psql");
    let answer = std::process::Command::new(psql)
        .args(["-X", "-A", "-t", "-c", "SELECT 40 + 2"])
        .arg(server.address().secret_url())
        .output()
        .expect("psql can be run");
    let errors = String::from_utf8_lossy(&answer.stderr);
    assert_eq!((String::from_utf8_lossy(&answer.stdout).trim(), errors.as_ref()), ("42", ""));
}
