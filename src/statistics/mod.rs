//! What a sample can carry.

mod change;
mod estimate;
mod family;
mod prediction;
mod rate;
mod share;
mod student;

pub use change::{Nights, changes};
pub use estimate::Estimate;
pub use family::holm;
pub use prediction::Spread;
pub use rate::rate_below;
pub use share::{Evidence, needed, share_within};

/// The middle value; zero of nothing.
#[must_use]
pub fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}
