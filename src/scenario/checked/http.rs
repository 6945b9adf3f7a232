//! Requests to the application under test, and the users who make them.

use super::reader::Reader;
use crate::scenario::written::form::Form;
use crate::scenario::written::node::{Content, Entry, Node};
use crate::scenario::written::vocabulary::application::EXPECTED_ANSWER;
use crate::scenario::written::vocabulary::traffic::ACTIONS;
use crate::scenario::{
    Action, HttpExpect, HttpRequest, Method, Operation, Pool, Problem, Reaches, Template, json_reference,
};
use serde_json::Value;
use std::time::Duration;

/// What routers in front of applications grant, Heroku's among them (nginx: 60 s).
const TIMEOUT: Duration = Duration::from_secs(30);
const TIMEOUT_LEAST: Duration = Duration::from_millis(1);

/// The pool that HTTP operations share: an application's users.
const VISITORS: &str = "visitors";
/// Requests under way at most. More than applications work on at a time, so that the queue is theirs and not ours; and
/// few enough for the 1,024 open files that a process may have where nobody raised the limit.
const MOST_VISITORS: u32 = 500;

/// What the client says of the connection and the body's length by itself.
const OWN_HEADERS: [&str; 3] = ["connection", "content-length", "transfer-encoding"];

impl Reader<'_> {
    /// A request with its keys beside it, as an operation's `http` or a step's.
    pub(super) fn request(&mut self, node: &Node, value: &Node) -> Action {
        let (method, path) = self.method_and_path(value);
        let timeout = node.get("timeout").and_then(|timeout| self.duration_of_at_least(timeout, TIMEOUT_LEAST));
        Action::Http(HttpRequest {
            method,
            path,
            headers: self.named(node.get("headers")).iter().filter_map(|entry| self.header(entry)).collect(),
            json: node.get("json").map(|json| self.json(json)),
            expect: node.get("expect").map(|expect| self.answer_expected(expect, method)).unwrap_or_default(),
            timeout: timeout.unwrap_or(TIMEOUT),
            place: value.place.clone(),
        })
    }

    fn method_and_path(&mut self, node: &Node) -> (Method, Template) {
        self.refuse_cut(node, "not part of the request");
        let text = self.text(node).unwrap_or("GET /");
        let problem = |message: String| Problem::at(node.place.clone(), message);
        let (word, path) = text.split_once(' ').unwrap_or(("", text));
        let method = Method::NAMED.iter().find(|(name, _)| *name == word).map(|(_, method)| *method);
        if word.is_empty() {
            self.problem(problem(format!("`{text}` does not say method and path")).help("write `GET /orders`"));
        } else if method.is_none() {
            let problem = problem(format!("unknown method `{word}`"));
            self.problem(problem.suggest(word, Method::NAMED.iter().map(|(name, _)| *name)));
        } else if !path.starts_with('/') {
            let problem = problem(format!("the path `{path}` does not start with `/`"));
            self.problem(problem.help("host and port are the application's own: write what stands behind them"));
        } else if path.contains(|c: char| c.is_whitespace() || c.is_control()) {
            let help = "write a blank as %20; values of parameters are escaped by themselves";
            self.problem(problem(format!("the path `{path}` has a blank in it")).help(help));
        } else if path.contains('#') {
            self.problem(problem("what stands behind `#` is never sent".to_owned()).help("leave it out, or write %23"));
        }
        (method.unwrap_or(Method::Get), Template::parse(path))
    }

    fn header(&mut self, entry: &Entry) -> Option<(String, Template)> {
        let name = &entry.key;
        // RFC 9110, 5.6.2: a token.
        let is_part = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
        if !name.chars().all(is_part) {
            self.problem(Problem::at(entry.place.clone(), format!("`{name}` cannot be the name of a header")));
        } else if OWN_HEADERS.contains(&name.to_lowercase().as_str()) {
            let problem = Problem::at(entry.place.clone(), format!("`{name}` follows from the request"));
            self.problem(problem.help("leave it out: the client says it by itself"));
        }
        let text = self.text(&entry.value)?;
        if text.contains(char::is_control) {
            self.problem(Problem::at(entry.value.place.clone(), "a header is one line"));
        }
        let value = Template::parse(text);
        for reference in value.references() {
            self.remember(&reference.to_string(), &self.within(&entry.value.place, &reference.to_string()));
        }
        Some((name.clone(), value))
    }

    /// A document as YAML writes it: what stands in quotes is a text, numbers and truths are what they are.
    fn json(&mut self, node: &Node) -> Value {
        match &node.content {
            Content::Null => Value::Null,
            Content::Scalar { text, typed, .. } => {
                if let Some(reference) = json_reference(text) {
                    self.remember(&reference.to_string(), &node.place);
                }
                // Digits that JSON does not know, such as 007, stay a text.
                let number = typed.then(|| serde_json::from_str(text).ok()).flatten();
                number.unwrap_or_else(|| Value::String(text.clone()))
            }
            Content::List(items) => items.iter().map(|item| self.json(item)).collect(),
            Content::Map(entries) => {
                let entries = entries.iter().map(|entry| (entry.key.clone(), self.json(&entry.value)));
                Value::Object(entries.collect())
            }
        }
    }

    /// `201`, or `{ status: 201, json: { /total: 12 } }`.
    fn answer_expected(&mut self, node: &Node, method: Method) -> HttpExpect {
        if !matches!(node.content, Content::Map(_)) {
            return HttpExpect { status: self.status(node), json: Vec::new() };
        }
        self.form(node, &EXPECTED_ANSWER, &node.place);
        if let Some(json) = node.get("json").filter(|_| method == Method::Head) {
            self.problem(Problem::at(json.place.clone(), "HEAD is answered without a body").help("ask with GET"));
        }
        HttpExpect {
            status: node.get("status").and_then(|status| self.status(status)),
            json: self.named(node.get("json")).iter().map(|entry| self.value_expected(entry)).collect(),
        }
    }

    fn status(&mut self, node: &Node) -> Option<u16> {
        let text = self.text(node)?;
        let status = text.parse().ok().filter(|status| (200..=599).contains(status));
        if status.is_none() {
            let problem = Problem::at(node.place.clone(), format!("`{text}` is not a status of HTTP"));
            self.problem(problem.help("write one that ends an exchange, from 200 to 599, such as `201`"));
        }
        status
    }

    fn value_expected(&mut self, entry: &Entry) -> (String, Value) {
        // RFC 6901, 3.
        let escaped = entry.key.split('~').skip(1).all(|behind| behind.starts_with(['0', '1']));
        if !entry.key.starts_with('/') || !escaped {
            let problem = Problem::at(entry.place.clone(), format!("`{}` is not a JSON pointer", entry.key));
            self.problem(problem.help("write the way to the value: `/items/0/total`; `~` is `~0` and `/` is `~1`"));
        }
        let value = self.json(&entry.value);
        if let Some(text) = value.as_str().filter(|text| json_reference(text).is_some()) {
            let problem = Problem::at(entry.value.place.clone(), format!("`{text}` is not known in an answer"));
            self.problem(problem.help("an expected value is the same each time: a constant"));
        }
        (entry.key.clone(), value)
    }

    /// Refuses what an operation that asks the application cannot hold: whatever needs a session of the database.
    pub(super) fn only_requests(&mut self, operation: &Node) {
        for entry in operation.entries() {
            match entry.key.as_str() {
                "transaction" => {
                    let problem = Problem::at(entry.place.clone(), "no transaction can hold a request");
                    self.problem(problem.help("list requests under `steps`; the application begins and ends its own"));
                }
                "steps" => self.requests_alone(&entry.value),
                "pool" => {
                    let problem = Problem::at(entry.place.clone(), "an operation over HTTP takes no `pool`");
                    self.problem(problem.help("leave it out: the connections are the application's own"));
                }
                _ => {}
            }
        }
    }

    fn requests_alone(&mut self, list: &Node) {
        let Content::List(items) = &list.content else { return };
        for item in items {
            let is_lead = |entry: &&Entry| ACTIONS.iter().any(|form: &&Form| form.lead() == entry.key);
            let strange = match ACTIONS.iter().map(|form| form.lead()).find(|lead| item.get(lead).is_some()) {
                Some("http" | "pause") => continue,
                Some("repeat") => match item.get("steps") {
                    Some(steps) => {
                        self.requests_alone(steps);
                        continue;
                    }
                    None => item.get("sql").map(|sql| &sql.place),
                },
                Some(_) => item.entries().iter().find(is_lead).map(|entry| &entry.place),
                // Of an unknown kind, which is told.
                None if matches!(item.content, Content::Map(_)) => continue,
                None => Some(&item.place),
            };
            if let Some(place) = strange {
                let problem = Problem::at(place.clone(), "this cannot stand beside a request");
                self.problem(
                    problem.help(
                        "an operation over HTTP has requests, `pause` and `repeat` alone: make this one of its own",
                    ),
                );
            }
        }
    }

    /// Gives the operations over HTTP their users.
    pub(super) fn visitors(&mut self, written: Option<&Node>, pools: &mut Vec<Pool>, operations: &mut [Operation]) {
        if !operations.iter().any(is_over_http) {
            return;
        }
        if let Some(entry) = written.and_then(|pools| pools.entries().iter().find(|entry| entry.key == VISITORS)) {
            let message = format!("`{VISITORS}` is the pool of those who use the application");
            self.problem(Problem::at(entry.place.clone(), message).help("give this pool another name"));
        }
        // Without a word on pools, and without SQL, nobody needs a session.
        if written.is_none() && operations.iter().all(is_over_http) {
            pools.clear();
        }
        for operation in operations.iter_mut().filter(|operation| is_over_http(operation)) {
            operation.pool = pools.len();
        }
        pools.push(Pool { reaches: Reaches::Application, ..Pool::of(VISITORS, MOST_VISITORS) });
    }
}

/// Whether an operation asks the application under test.
pub(super) fn is_over_http(operation: &Operation) -> bool {
    asks(&operation.body.actions)
}

/// Whether there is a request among the steps.
pub(super) fn asks(actions: &[Action]) -> bool {
    actions.iter().any(|action| match action {
        Action::Http(_) => true,
        Action::ForEach { actions, .. } | Action::Repeat { actions, .. } => asks(actions),
        _ => false,
    })
}
