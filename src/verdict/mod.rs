//! Whether what was measured is good enough, and whether it was measured well enough to say so.
//!
//! Pure: figures and limits in, judgements out.

pub mod judgement;
pub mod threshold;
