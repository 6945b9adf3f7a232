//! Places: what is kept, what is copied, what is refused, and what is cleaned up.

mod support;

use shakedown::place::{Copy, KeptSeed, Place, Request};
use shakedown::result::model::SeedFacts;
use shakedown::server::postgres::{Address, Session};
use shakedown::value::Value;
use std::path::Path;
use support::PrivateServer;

const FINGERPRINT: &str = "0123456789abcdef0123456789abcdef";

/// A directory that the server's user may pass through: its parent is, and it is given a mode for it.
fn cache() -> tempfile::TempDir {
    use std::os::unix::fs::PermissionsExt as _;
    let directory = tempfile::tempdir().expect("a directory can be made");
    let open = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(directory.path(), open).expect("it is ours");
    directory
}

async fn managed(cache: &Path) -> Place {
    let settings =
        [("shared_buffers", "64MB"), ("fsync", "off")].map(|(name, value)| (name.to_owned(), value.to_owned()));
    Place::managed_in(cache.to_owned(), &settings).await.expect("a place can be opened")
}

async fn run(address: &Address, sql: &str) {
    let mut session = Session::open(address, "test").await.expect("the database takes connections");
    session.batch(sql).await.expect("it is SQL");
}

async fn number(address: &Address, sql: &str) -> i64 {
    let mut session = Session::open(address, "test").await.expect("the database takes connections");
    match session.rows(sql, &[]).await.expect("it is SQL")[0][0] {
        Value::Int(number) => number,
        ref other => panic!("{sql} gave {other:?}"),
    }
}

fn seed() -> KeptSeed {
    let facts = SeedFacts { fingerprint: FINGERPRINT.to_owned(), ..SeedFacts::default() };
    KeptSeed { facts, as_of: "2026-01-01T00:00:00Z".to_owned() }
}

/// Seeds a table of 1,000 rows.
async fn build(place: &mut Place) {
    let address = place.new_seed(FINGERPRINT).await.expect("a seed can be begun");
    run(&address, "CREATE TABLE t AS SELECT g::bigint AS id FROM generate_series(1, 1000) g; ANALYZE t").await;
    place.keep_seed(FINGERPRINT, &seed()).await.expect("a seed can be kept");
}

async fn restore(place: &mut Place) -> Address {
    place.restore(FINGERPRINT).await.expect("it can be restored").expect("there is a copy")
}

const SUM: &str = "SELECT sum(id)::int8 FROM t";

#[tokio::test]
async fn every_copy_has_the_data_that_were_seeded() {
    let cache = cache();
    let mut place = managed(cache.path()).await;
    build(&mut place).await;
    let first = restore(&mut place).await;
    run(&first, "CREATE ROLE worker; GRANT ALL ON t TO worker; DELETE FROM t WHERE id > 10").await;
    assert_eq!(number(&first, SUM).await, 55);
    let second = restore(&mut place).await;
    assert_eq!(number(&second, SUM).await, 500_500);
    // What the first one did outside of its database is gone, too.
    run(&second, "CREATE ROLE worker").await;
    let facts = place.facts().await.expect("the server answers");
    let settings: Vec<&str> = facts.settings.iter().map(|(name, _)| name.as_str()).collect();
    assert!(settings.contains(&"shared_buffers"), "{settings:?}");
    assert!(facts.settings.contains(&("wal_level".to_owned(), "replica".to_owned())), "{:?}", facts.settings);
    place.close(Copy::Dropped).await.expect("it can be closed");
}

#[tokio::test]
async fn a_kept_seed_is_found_by_the_next_run() {
    let cache = cache();
    let mut place = managed(cache.path()).await;
    assert!(place.find_seed(FINGERPRINT).await.expect("it can be looked for").is_none());
    build(&mut place).await;
    place.close(Copy::Dropped).await.expect("it can be closed");
    let mut place = managed(cache.path()).await;
    let found = place.find_seed(FINGERPRINT).await.expect("it can be looked for").expect("it was kept");
    assert_eq!((found.as_of.as_str(), found.facts.fingerprint.as_str()), ("2026-01-01T00:00:00Z", FINGERPRINT));
    let copy = restore(&mut place).await;
    assert_eq!(number(&copy, SUM).await, 500_500);
}

/// Runs a command of the shell; gives what it printed.
fn shell(command: &str) -> String {
    let output = std::process::Command::new("sh").args(["-c", command]).output().expect("there is a shell");
    let said = [output.stdout, output.stderr].map(|said| String::from_utf8_lossy(&said).into_owned());
    assert!(output.status.success(), "{command}: {said:?}");
    said[0].clone()
}

#[tokio::test]
async fn a_kept_copy_can_be_looked_into_by_the_commands_that_are_told() {
    let cache = cache();
    // A socket beside a cluster has only room for a path of some hundred characters.
    for directory in [cache.path().join("short one"), cache.path().join("long".repeat(25))] {
        let mut place = managed(&directory).await;
        build(&mut place).await;
        run(&restore(&mut place).await, "DELETE FROM t WHERE id > 10").await;
        let by_hand = place.close(Copy::Kept).await.expect("it can be closed").expect("there is a copy");
        // Whatever it prints goes to the log: the server would hold on to a pipe.
        shell(&format!("{} >/dev/null 2>&1", by_hand.start));
        assert_eq!(shell(&format!("{} -Atc 'SELECT sum(id) FROM t'", by_hand.connect)).trim(), "55");
        if directory.ends_with("short one") {
            shell(&by_hand.end);
            continue;
        }
        // The next one ends the server that was forgotten, and the copy goes.
        let mut place = managed(&directory).await;
        place.find_seed(FINGERPRINT).await.expect("it can be looked for").expect("it was kept");
        assert_eq!(number(&restore(&mut place).await, SUM).await, 500_500);
        let kept = place.close(Copy::Dropped).await.expect("it can be closed");
        assert_eq!(kept, None);
    }
}

#[tokio::test]
async fn a_half_built_seed_is_not_found_and_goes_at_the_next_start() {
    let cache = cache();
    let mut place = managed(cache.path()).await;
    let address = place.new_seed(FINGERPRINT).await.expect("a seed can be begun");
    run(&address, "CREATE TABLE t (id bigint); CREATE ROLE worker").await;
    drop(place);
    let mut place = managed(cache.path()).await;
    let left: Vec<_> = std::fs::read_dir(cache.path().join("seeds")).expect("it is there").collect();
    assert!(left.is_empty(), "{left:?}");
    assert!(place.find_seed(FINGERPRINT).await.expect("it can be looked for").is_none());
    let address = place.new_seed(FINGERPRINT).await.expect("a seed can be begun");
    run(&address, "CREATE TABLE t (id bigint); CREATE ROLE worker").await;
}

#[tokio::test]
async fn two_runs_do_not_share_a_cluster() {
    let cache = cache();
    let mut first = managed(cache.path()).await;
    build(&mut first).await;
    let mut second = managed(cache.path()).await;
    let error = second.find_seed(FINGERPRINT).await.expect_err("it is in use").to_string();
    assert!(error.contains("another run uses the same seeded data"), "{error}");
    let scratch = second.scratch().await;
    assert!(scratch.is_ok(), "{scratch:?}");
}

#[tokio::test]
async fn a_scratch_database_does_not_meet_the_seeds() {
    let cache = cache();
    let mut place = managed(cache.path()).await;
    for _ in 0..2 {
        let scratch = place.scratch().await.expect("it can be had");
        run(&scratch, "CREATE ROLE app; CREATE TABLE t (id bigint)").await;
    }
    let address = place.new_seed(FINGERPRINT).await.expect("a seed can be begun");
    run(&address, "CREATE ROLE app").await;
}

#[tokio::test]
async fn a_server_that_was_killed_is_there_again_after_a_restore() {
    let cache = cache();
    let mut place = managed(cache.path()).await;
    build(&mut place).await;
    restore(&mut place).await;
    let pid = place.server_pid().expect("it runs").to_string();
    let killed = std::process::Command::new("kill").args(["-9", &pid]).status().expect("kill can be run");
    assert!(killed.success());
    let copy = restore(&mut place).await;
    assert_eq!(number(&copy, SUM).await, 500_500);
}

#[tokio::test]
async fn the_seeds_used_longest_ago_make_room() {
    let cache = cache();
    let mut place = managed(cache.path()).await;
    for fingerprint in ["one", "two", "three", "four", "five"] {
        place.new_seed(fingerprint).await.expect("a seed can be begun");
        place.keep_seed(fingerprint, &seed()).await.expect("a seed can be kept");
    }
    let mut left: Vec<String> = std::fs::read_dir(cache.path().join("seeds"))
        .expect("it is there")
        .flatten()
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    left.sort();
    assert_eq!(left, ["five", "four", "three", "two"]);
}

/// A server that is not ours to manage, reached by URL as that user.
fn url(server: &PrivateServer, user: &str, database: &str) -> Request {
    let socket = server.directory().display().to_string().replace('/', "%2F");
    Request::Url(format!("postgres://{user}:sesame@{socket}/{database}"))
}

#[tokio::test]
async fn on_a_server_that_exists_only_databases_of_our_own_are_touched() {
    let server = PrivateServer::start().await;
    run(&server.address(), "CREATE ROLE maker LOGIN CREATEDB").await;
    run(&server.database("accounts").await, "CREATE TABLE t AS SELECT 1::bigint AS id").await;
    let mut place = Place::open(&url(&server, "maker", "postgres"), &[]).await.expect("it may make databases");
    build(&mut place).await;
    let first = restore(&mut place).await;
    run(&first, "DELETE FROM t").await;
    let second = restore(&mut place).await;
    assert_eq!(number(&second, SUM).await, 500_500);
    let found = place.find_seed(FINGERPRINT).await.expect("it can be looked for");
    assert!(found.is_some());

    let other = Place::open(&url(&server, "maker", "postgres"), &[]).await.err().expect("it is claimed").to_string();
    assert!(other.contains("another run works on"), "{other}");
    place.close(Copy::Dropped).await.expect("it can be closed");
    let names = "SELECT count(*) FROM pg_database WHERE datname IN ('accounts', 'shakedown_seed_0123456789abcdef')";
    assert_eq!(number(&server.address(), names).await, 2);
    assert_eq!(number(&server.address(), "SELECT count(*) FROM pg_database WHERE datname = 'shakedown_run'").await, 0);
}

#[tokio::test]
async fn a_database_in_the_way_that_is_not_ours_is_left_alone() {
    let server = PrivateServer::start().await;
    let precious = server.database("shakedown_scratch").await;
    run(&precious, "CREATE TABLE precious (id bigint)").await;
    let mut place = Place::open(&url(&server, "postgres", "postgres"), &[]).await.expect("it may make databases");
    let error = place.scratch().await.expect_err("the name is taken").to_string();
    assert!(error.contains("was not made by Shakedown"), "{error}");
    assert_eq!(number(&precious, "SELECT count(*) FROM precious").await, 0);
}

#[tokio::test]
async fn an_unmarked_database_is_refused_with_the_way_to_proceed() {
    let server = PrivateServer::start().await;
    run(&server.address(), "CREATE ROLE guest LOGIN").await;
    server.database("accounts").await;
    let error = Place::open(&url(&server, "guest", "accounts"), &[]).await.err().expect("it is refused").to_string();
    assert!(error.contains("COMMENT ON DATABASE accounts IS 'shakedown: disposable'"), "{error}");
    assert!(!error.contains("sesame"), "{error}");
}

#[tokio::test]
async fn a_disposable_database_is_built_anew_for_each_use() {
    let server = PrivateServer::start().await;
    run(&server.address(), "CREATE ROLE guest LOGIN").await;
    run(&server.address(), "CREATE DATABASE spare OWNER guest").await;
    run(&server.address(), "COMMENT ON DATABASE spare IS 'shakedown: disposable'").await;
    run(&server.address().database("spare"), "ALTER SCHEMA public OWNER TO guest").await;
    let mut place = Place::open(&url(&server, "guest", "spare"), &[]).await.expect("it was given away");
    for _ in 0..2 {
        build(&mut place).await;
        let only = restore(&mut place).await;
        assert_eq!((only.database_name(), number(&only, SUM).await), ("spare", 500_500));
        assert!(place.restore(FINGERPRINT).await.expect("the server answers").is_none());
    }
}

#[tokio::test]
async fn settings_are_refused_where_the_server_is_not_ours() {
    let server = PrivateServer::start().await;
    let settings = [("work_mem".to_owned(), "1MB".to_owned())];
    let error = Place::open(&url(&server, "postgres", "postgres"), &settings).await.err().expect("it is refused");
    assert!(error.to_string().contains("managed server"), "{error}");
}
