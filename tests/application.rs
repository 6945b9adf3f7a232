//! How an application under test is prepared, started and ended.

mod support;

use shakedown::application::NAME;
use shakedown::scenario::{App, Workshop};
use std::fs;
use std::path::Path;
use std::time::Duration;
use support::site::{app, directory, is_served, start, until};

fn printed(directory: &Path) -> String {
    fs::read_to_string(directory.join("application-0.log")).expect("its output is kept")
}

async fn refused(app: &App, directory: &Path) -> String {
    match start(app, directory).await {
        Ok(_) => panic!("it cannot be ready"),
        Err(error) => format!("{error:#}"),
    }
}

#[tokio::test]
async fn an_application_is_told_what_it_needs_and_is_gone_when_it_is_stopped() {
    let directory = directory();
    let environment = vec![("READY_AFTER".to_owned(), "0.3".to_owned())];
    let workshop = Workshop { environment, ..app().workshop };
    let application = start(&App { workshop, ..app() }, directory.path()).await.expect("it starts");
    let url = application.url().to_owned();
    assert!(is_served(&url));
    let facts = application.stop().await;
    assert!(!is_served(&url));
    assert_eq!((facts.ended, facts.output.as_str()), (None, "application-0.log"));
    assert!(facts.ready >= Duration::from_millis(300), "ready after {:?}", facts.ready);
    assert_eq!(printed(directory.path()), format!("serving $DATABASE_URL {NAME}\n"), "without the password");
}

#[tokio::test]
async fn an_application_that_is_dropped_goes_down_with_all_that_it_started() {
    let directory = directory();
    let command = "trap '' TERM; python3 site.py & wait".to_owned();
    let application = start(&App { command, ..app() }, directory.path()).await.expect("it starts");
    let url = application.url().to_owned();
    drop(application);
    assert!(until(|| !is_served(&url)).await);
}

#[tokio::test]
async fn an_application_that_ends_before_it_is_ready_is_an_error_with_its_last_words() {
    let directory = directory();
    let command = "echo looking for $DATABASE_URL; echo 'no such table' >&2; exit 7".to_owned();
    let said = refused(&App { command, ..app() }, directory.path()).await;
    assert!(said.contains("exit status: 7") && said.contains("$DATABASE_URL\nno such table"), "{said}");
}

#[tokio::test]
async fn an_application_that_is_never_ready_is_an_error_that_says_what_it_answered() {
    let directory = directory();
    let slow = App { ready: "/status/500".to_owned(), ready_within: Duration::from_secs(5), ..app() };
    let said = refused(&slow, directory.path()).await;
    assert!(said.contains("not ready within 5 s: /status/500 gave status 500"), "{said}");
    assert!(said.contains("serving"), "{said}");
}

#[tokio::test]
async fn the_end_of_an_application_is_noticed_and_told() {
    let directory = directory();
    let application = start(&app(), directory.path()).await.expect("it starts");
    let ended = application.ended();
    let visit = reqwest::get(format!("{}/end", application.url())).await;
    assert!(visit.is_err(), "nobody was left to answer");
    assert_eq!(ended.await, "exit status: 3");
    assert_eq!(application.stop().await.ended.as_deref(), Some("exit status: 3"));
    assert!(printed(directory.path()).ends_with("this was too much\n"));
}

#[tokio::test]
async fn set_up_runs_once_and_what_it_makes_is_kept() {
    let directory = directory();
    let setup = vec!["echo once >> {kept}/made; echo again >> {kept}/made".to_owned()];
    let workshop = Workshop { setup, ..app().workshop };
    let app = App { workshop, command: "cat {kept}/made; exec python3 site.py".to_owned(), ..app() };
    for run in 0..2 {
        let facts = start(&app, directory.path()).await.expect("it starts").stop().await;
        assert_eq!(facts.setup.len(), usize::from(run == 0), "run {run}");
        assert!(printed(directory.path()).starts_with("once\nagain\nserving"));
    }
}

#[tokio::test]
async fn a_set_up_that_fails_shows_what_it_printed_and_is_begun_anew() {
    let directory = directory();
    let mut app = app();
    app.workshop.setup = vec!["ls {kept}; touch {kept}/half; echo $DATABASE_URL is no package >&2; exit 4".to_owned()];
    for _ in 0..2 {
        let said = refused(&app, directory.path()).await;
        assert!(said.contains("exit status: 4") && said.ends_with("\n$DATABASE_URL is no package"), "{said}");
    }
}
