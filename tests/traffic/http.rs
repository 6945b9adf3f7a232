//! Requests to an application under test: the same line, the same account, and what counts as an answer.

use crate::rig::{Round, Told, clients, evenly, failed, fixed, ms, nothing, open_at, operation, pool, variant};
use crate::support::PrivateServer;
use crate::support::site::{app, directory, start};
use serde_json::json;
use shakedown::application::Application;
use shakedown::failure::Failure;
use shakedown::sample::Outcome;
use shakedown::scenario::{
    Action, App, Arrivals, HttpExpect, HttpRequest, Method, Operation, Place, Pool, Reaches, Retry, Template, Variant,
};
use shakedown::traffic::{Alone, Purpose};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A server, and the application beside it.
struct Stage {
    server: PrivateServer,
    application: Application,
    directory: TempDir,
}

impl Stage {
    async fn set() -> Self {
        Self::set_for(&app()).await
    }

    async fn set_for(app: &App) -> Self {
        let directory = directory();
        let application = start(app, directory.path()).await.expect("it starts");
        Self { server: PrivateServer::start().await, application, directory }
    }

    async fn open(&self, variant: &Variant) -> anyhow::Result<Round> {
        open_at(Some(self.application.url()), &self.server.address(), variant, nothing()).await
    }

    async fn run(&self, operations: Vec<Operation>, length: Duration) -> Told {
        self.run_through(users(20), operations, length).await
    }

    async fn run_through(&self, pool: Pool, operations: Vec<Operation>, length: Duration) -> Told {
        let round = self.open(&variant(vec![pool], operations)).await.expect("traffic can be opened");
        round.traffic.start();
        tokio::time::sleep(length).await;
        round.stop().await
    }

    fn printed(&self) -> String {
        std::fs::read_to_string(self.directory.path().join("application-0.log")).expect("its output is kept")
    }
}

fn users(users: u32) -> Pool {
    Pool { reaches: Reaches::Application, statement_timeout: None, ..pool("users", users) }
}

fn get(path: &str) -> HttpRequest {
    HttpRequest {
        method: Method::Get,
        path: Template::parse(path),
        headers: Vec::new(),
        json: None,
        expect: HttpExpect::default(),
        timeout: Duration::from_secs(10),
        place: Place::default(),
    }
}

fn once(name: &str, request: HttpRequest) -> Operation {
    operation(name, Arrivals::At(0.0), vec![Action::Http(request)])
}

#[tokio::test]
async fn what_counts_as_an_answer_is_for_the_request_to_say() {
    let stage = Stage::set().await;
    let expecting = |path: &str, status, json: &[(&str, serde_json::Value)]| {
        let json = json.iter().map(|(pointer, value)| ((*pointer).to_owned(), value.clone())).collect();
        HttpRequest { expect: HttpExpect { status, json }, ..get(path) }
    };
    let arrived = json!("GET");
    let table = [
        (get("/healthz"), Outcome::Succeeded),
        (get("/status/503"), failed("http_503")),
        (expecting("/status/503", Some(503), &[]), Outcome::Succeeded),
        (expecting("/redirect/10", None, &[("/arrived", arrived.clone())]), Outcome::Succeeded),
        (get("/redirect/11"), failed("http_302")),
        (expecting("/redirect/1", Some(302), &[]), Outcome::Succeeded),
        (
            HttpRequest { method: Method::Post, ..expecting("/redirect/2", None, &[("/arrived", arrived)]) },
            Outcome::Succeeded,
        ),
        (expecting("/rows", None, &[("/rows/2/total", json!(10))]), Outcome::Succeeded),
        (expecting("/rows", None, &[("/rows/2/total", json!(11))]), failed("unexpected_body")),
        (HttpRequest { method: Method::Head, ..get("/rows") }, Outcome::Succeeded),
        (HttpRequest { timeout: ms(150), ..get("/slow/30") }, failed("request_timeout")),
        (get("/torn"), failed("connection_lost")),
    ];
    let operations = table.iter().enumerate().map(|(n, (request, _))| once(&n.to_string(), request.clone()));
    let told = stage.run(operations.collect(), ms(1500)).await;
    told.assert_adds_up();
    for (operation, (request, expected)) in (0..).zip(&table) {
        let sample = told.of(operation).next().expect("it came once");
        assert_eq!(sample.outcome, *expected, "{} {request:?}", sample.operation);
        assert_eq!((sample.statements, sample.rows), (0, 0));
    }
    let late = told.of(10).next().expect("it came once");
    assert!(late.response_time() >= ms(150), "{late:?}");
}

#[tokio::test]
async fn a_request_has_its_method_its_headers_and_its_body() {
    let stage = Stage::set().await;
    let request = HttpRequest {
        method: Method::Put,
        headers: vec![("X-Tenant".to_owned(), Template::parse("seven"))],
        json: Some(json!({ "name": "x", "of": [1] })),
        expect: HttpExpect {
            status: None,
            json: vec![
                ("/method".to_owned(), json!("PUT")),
                ("/query/q".to_owned(), json!("a b")),
                ("/headers/x-tenant".to_owned(), json!("seven")),
                ("/headers/content-type".to_owned(), json!("application/json")),
                ("/body".to_owned(), json!(r#"{"name":"x","of":[1]}"#)),
            ],
        },
        ..get("/echo?q=a%20b")
    };
    let told = stage.run(vec![once("put", request)], ms(500)).await;
    assert_eq!(told.count(0, Outcome::Succeeded), 1, "{}", stage.printed());
}

#[tokio::test]
async fn arrivals_that_find_every_user_busy_wait_in_line_and_their_wait_is_theirs() {
    let stage = Stage::set().await;
    let slow = operation("slow", evenly(40.0), vec![Action::Http(get("/slow/0.1"))]);
    let impatient = Pool { acquire_timeout: ms(300), ..users(2) };
    let told = stage.run_through(impatient, vec![slow], ms(1500)).await;
    told.assert_adds_up();
    assert!(told.count(0, failed("pool_timeout")) > 5, "twenty a second are served at most");
    assert!(!told.saturated.is_empty());
    let well = told.of(0).filter(|sample| sample.outcome == Outcome::Succeeded);
    let waited: Vec<_> = well.filter(|sample| sample.pool_wait() > ms(100)).collect();
    assert!(waited.len() > 3);
    assert!(waited.iter().all(|sample| sample.response_time() > sample.service_time() + ms(100)));
}

#[tokio::test]
async fn a_request_is_tried_again_where_the_scenario_says_so() {
    let stage = Stage::set().await;
    let mut flaky = operation("flaky", evenly(20.0), vec![Action::Http(get("/flaky"))]);
    let errors = vec![Failure::HttpStatus(503)];
    flaky.retry = Some(Retry { times: 3, pause: fixed(ms(1)), errors });
    let told = stage.run(vec![flaky], ms(600)).await;
    told.assert_all_well();
    assert!(told.samples.iter().any(|sample| sample.retries > 0), "every second visit is refused");
}

#[tokio::test]
async fn a_user_of_the_closed_model_keeps_its_cookies_and_thinks_and_an_arrival_of_the_open_model_is_a_stranger() {
    let stage = Stage::set().await;
    let steps = || vec![Action::Http(get("/sign-in")), Action::Http(get("/private"))];
    let think = Arrivals::Closed { clients: 3, think: fixed(ms(100)) };
    let operations = vec![
        operation("journey", think, steps()),
        operation("eager", clients(2), vec![Action::Http(get("/healthz"))]),
        operation("stranger", evenly(20.0), steps()),
    ];
    let told = stage.run(operations, ms(1200)).await;
    told.assert_adds_up();
    let journeys = told.count(0, Outcome::Succeeded);
    assert!((10..=36).contains(&journeys), "{journeys} journeys of three users with a tenth of a second between them");
    assert_eq!(told.of(0).filter(|sample| matches!(sample.outcome, Outcome::Failed(_))).count(), 0);
    assert!(told.count(1, Outcome::Succeeded) > 50);
    assert_eq!(told.count(2, Outcome::Succeeded), 0);
    assert!(told.count(2, failed("http_403")) > 10);
    // Goose can be told to begin again within the same process: one round follows the other.
    let again = stage.run(vec![operation("eager", clients(4), vec![Action::Http(get("/healthz"))])], ms(300)).await;
    again.assert_all_well();
}

#[tokio::test]
async fn what_does_not_end_by_itself_is_cut_when_patience_is_over() {
    let stage = Stage::set().await;
    let endless = || vec![Action::Http(HttpRequest { timeout: Duration::from_mins(10), ..get("/slow/600") })];
    let operations = vec![operation("open", evenly(10.0), endless()), operation("closed", clients(3), endless())];
    let round = stage.open(&variant(vec![users(4)], operations)).await.expect("traffic can be opened");
    round.traffic.start();
    tokio::time::sleep(ms(700)).await;
    let stop = Instant::now();
    let told = round.stop_within(ms(200)).await;
    assert!(stop.elapsed() < Duration::from_secs(3), "it took {:?}", stop.elapsed());
    told.assert_adds_up();
    assert_eq!(told.count(0, Outcome::Cut), told.of(0).count());
    assert_eq!((told.count(1, Outcome::Cut), told.of(1).count()), (3, 3));
}

#[tokio::test]
async fn an_application_that_is_gone_costs_failures_and_everything_is_accounted_for() {
    let stage = Stage::set().await;
    let operations = vec![
        operation("open", evenly(50.0), vec![Action::Http(get("/healthz"))]),
        operation("closed", Arrivals::Closed { clients: 2, think: fixed(ms(5)) }, vec![Action::Http(get("/healthz"))]),
        operation("fatal", Arrivals::At(0.5), vec![Action::Http(get("/end"))]),
    ];
    let ended = stage.application.ended();
    let told = stage.run(operations, ms(1200)).await;
    told.assert_adds_up();
    assert_eq!(ended.await, "exit status: 3");
    for operation in [0, 1] {
        assert!(told.count(operation, Outcome::Succeeded) > 5);
        assert!(told.count(operation, failed("connection_lost")) > 5);
    }
}

#[tokio::test]
async fn answers_are_compared_by_the_elements_of_their_lists() {
    let stage = Stage::set().await;
    let address = stage.server.address();
    let data = nothing();
    let rows = async |path: &str| {
        let asks = operation("rows", evenly(1.0), vec![Action::Http(get(path))]);
        let variant = variant(vec![users(1)], vec![asks]);
        let alone = Alone::new(&address, &variant, &data, 0).expect("they can be made ready");
        let alone = alone.beside(Some(stage.application.url()), None).expect("it is a URL");
        let executed = alone.execute(0, Purpose::Answers, None).await.expect("it can be asked");
        executed.answers.map_err(|error| error.message)
    };
    let down = rows("/rows").await.expect("it answers");
    assert_eq!(Ok(&down), rows("/rows?up=1").await.as_ref());
    assert_eq!(down[0][0], r#"rows: {"id":1,"total":10}"#);
    let other = rows("/rows?other=1").await.expect("it answers");
    assert_eq!(other[1][1], r#"rows: {"id":2,"total":7}"#);
    assert_eq!(rows("/status/500").await, Err("/status/500 was answered with http_500".to_owned()));
}

#[tokio::test]
async fn an_operation_and_its_pool_must_lead_to_the_same_place() {
    let stage = Stage::set().await;
    let asks = operation("asks", evenly(1.0), vec![Action::Http(get("/"))]);
    let Err(error) = stage.open(&variant(vec![pool("web", 1)], vec![asks.clone()])).await else {
        panic!("no session asks")
    };
    assert!(error.to_string().contains("operation `asks` does not fit its pool"), "{error:#}");
    let alone = open_at(None, &stage.server.address(), &variant(vec![users(1)], vec![asks]), nothing()).await;
    assert!(alone.is_err_and(|error| error.to_string().contains("asks an application, and there is none")));
}
