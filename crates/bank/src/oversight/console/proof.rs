//! A proof that waits or runs, as a page shows it.

use crate::jobs::{Job, JobState};
use crate::web::page::Look;

/// Shows how far a proof is, and when to look again.
#[derive(Clone, Debug)]
pub(super) struct Underway {
    /// What it is at, in words.
    pub(super) words: &'static str,
    /// How much of the stage is done; none while nobody knows.
    pub(super) share: Option<Share>,
    /// Why the attempt before failed.
    pub(super) last_error: Option<String>,
    /// After how long the page looks again by itself; none once it has waited too long.
    pub(super) look_again: Option<&'static str>,
}

/// Shows a part of a whole.
#[derive(Clone, Debug)]
pub(super) struct Share {
    pub(super) done: u64,
    pub(super) total: u64,
    /// Both, as people write them.
    pub(super) text: String,
}

impl Underway {
    /// Reads a job.
    pub(super) fn of(job: Job, look: &Look) -> Self {
        let progress = job.how_far();
        let words = match (job.state, progress.as_ref().map(|progress| progress.stage.as_str())) {
            (JobState::Running, Some("balances")) => "Adding up every account's entries",
            (JobState::Running, Some("chain")) => "Holding every row against its seal",
            (JobState::Running, Some("references")) => "Following holds, captures and reversals",
            (JobState::Running, _) => "Starting",
            _ if job.last_error.is_some() => "Waiting to try again",
            _ => "Waiting for a worker",
        };
        let share = progress.filter(|progress| progress.total > 0).map(|progress| {
            let text = format!("{} of {}", look.count(progress.done), look.count(progress.total));
            Share { done: progress.done.min(progress.total), total: progress.total, text }
        });
        let look_again = look_again((look.format().now - job.created_at).num_seconds());
        Self { words, share, last_error: job.last_error, look_again }
    }
}

/// Looks less and less often, and after ten minutes no more: a page that looks keeps its session alive, and one
/// that nobody watches must not.
fn look_again(seconds: i64) -> Option<&'static str> {
    match seconds {
        ..20 => Some("load delay:1s"),
        20..120 => Some("load delay:3s"),
        120..600 => Some("load delay:10s"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::look_again;

    #[test]
    fn a_page_looks_less_often_the_longer_it_waits_and_stops() {
        let delays = [-1, 0, 19, 20, 119, 120, 599].map(look_again);
        assert!(delays.iter().all(Option::is_some) && delays[2] != delays[3] && delays[4] != delays[5]);
        assert_eq!(look_again(600), None);
    }
}
