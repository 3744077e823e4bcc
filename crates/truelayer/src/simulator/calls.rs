//! What was asked, for whoever wants to know afterwards; without tokens, queries and bodies.

use kernel::Instant;
use serde::Serialize;

/// The oldest are forgotten beyond this many.
pub(super) const MOST_CALLS: usize = 10_000;

/// Describes a request that was answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RecordedCall {
    /// When, by the simulator's clock.
    pub at: Instant,
    /// `GET`, `POST`, …
    pub method: String,
    /// The path.
    pub path: String,
    /// The status of the answer.
    pub status: u16,
    /// Whether the user was there.
    pub attended: bool,
    /// What the caller named the call.
    pub correlation_id: Option<String>,
    /// Whether the answer came from the cache.
    pub cached: bool,
}
