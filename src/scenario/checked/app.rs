//! The application under test.

use super::reader::{Reader, is_sound};
use crate::scenario::written::node::Node;
use crate::scenario::written::vocabulary::application::APP;
use crate::scenario::{App, Place, Problem};
use std::time::Duration;

/// A large framework with its imports is up within a few seconds, on a busy machine too.
const READY_WITHIN: Duration = Duration::from_secs(30);
const READY_LEAST: Duration = Duration::from_secs(1);

impl Reader<'_> {
    /// The section `app` of a variant.
    pub(super) fn app(&mut self, node: &Node, place: &Place) -> App {
        self.form(node, &APP, place);
        let within = node.get("ready_within").and_then(|value| self.duration_of_at_least(value, READY_LEAST));
        App {
            workshop: self.workshop(node, place, &App::PLACEHOLDERS),
            command: self.app_command(node, place),
            ready: self.ready(node, place),
            ready_within: within.unwrap_or(READY_WITHIN),
        }
    }

    fn app_command(&mut self, node: &Node, place: &Place) -> String {
        if let Some(command) = node.get("command") {
            return self.shell(command, &App::PLACEHOLDERS).unwrap_or_default();
        }
        self.missing(node, "command", "what starts it and stays in the foreground", place);
        String::new()
    }

    fn ready(&mut self, node: &Node, place: &Place) -> String {
        let Some(value) = node.get("ready") else {
            self.missing(node, "ready", "the path whose success says that it is ready, such as `/healthz`", place);
            return String::new();
        };
        let Some(path) = self.text(value) else { return String::new() };
        if !path.starts_with('/') || path.contains(|c: char| c.is_whitespace() || c.is_control()) {
            let problem = Problem::at(value.place.clone(), format!("`{path}` is not a path"));
            self.problem(problem.help("write what stands behind host and port: `/healthz`"));
        }
        path.to_owned()
    }

    /// What neither the variant nor the base says; what is misspelt is told already.
    fn missing(&mut self, node: &Node, key: &str, help: &str, place: &Place) {
        if is_sound(node, &APP) {
            self.problem(Problem::at(place.clone(), format!("an application needs `{key}`")).help(help));
        }
    }
}
