//! Runs made up figure by figure.

