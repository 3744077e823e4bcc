//! Slowness, which is the one thing here that takes real time.

use std::time::Duration;

/// Waits as long as a slow service takes.
#[expect(clippy::disallowed_methods, reason = "the latency of a network is simulated by waiting")]
pub(super) async fn wait(milliseconds: u64) {
    if milliseconds > 0 {
        tokio::time::sleep(Duration::from_millis(milliseconds)).await;
    }
}
