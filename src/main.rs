//! Parses, calls, prints the error chain once, chooses the exit code.

use clap::Parser as _;
use shakedown::command::{self, Arguments};
use std::process::ExitCode;

fn main() -> ExitCode {
    command::execute(Arguments::parse())
}
