//! Parses, calls, prints the error chain once, chooses the exit code.

fn main() {}
