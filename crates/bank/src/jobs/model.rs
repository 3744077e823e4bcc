//! What a job is, when it is tried again, and what it means that it failed.

use chrono::Duration;
use kernel::{Instant, Random};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// How long a job is held without a sign of life, where nothing else is said.
pub(crate) const LEASE: std::time::Duration = std::time::Duration::from_mins(1);

/// Holds one piece of background work as it is stored.
pub mod job {
    use kernel::{Instant, JobId};
    use sea_orm::entity::prelude::*;

    use super::JobState;

    /// Mirrors the table `jobs`.
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "jobs")]
    pub struct Model {
        /// The job's name.
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: JobId,
        /// Which handler runs it: `identity.send_mail`.
        pub kind: String,
        /// What the handler needs. Ids only, no personal data.
        pub payload: Json,
        /// Where it stands.
        pub state: JobState,
        /// Not before.
        pub run_at: Instant,
        /// How often it was started.
        pub attempts: i32,
        /// After how many starts it is dead.
        pub most_attempts: i32,
        /// A second job with this key is the same job.
        pub dedupe_key: Option<String>,
        /// Until when a worker holds it.
        pub leased_until: Option<Instant>,
        /// Which lease holds it.
        pub lease_token: Option<Uuid>,
        /// Why the last attempt failed.
        pub last_error: Option<String>,
        /// When it was asked for.
        pub created_at: Instant,
        /// When it was done or dead.
        pub finished_at: Option<Instant>,
        /// Whether its row goes when it is done: a schedule's beat of a few seconds, work wanted once at a time.
        pub beat: bool,
        /// How far it is, where it tells, see [`JobProgress`](super::JobProgress).
        pub progress: Option<Json>,
    }

    /// None: a payload names its subjects by id.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub use job::Model as Job;

/// Says where a job stands.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    utoipa::ToSchema,
    sea_orm::EnumIter,
    sea_orm::DeriveActiveEnum,
)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// Waits for its time and for a worker.
    Queued,
    /// A worker holds it, as long as its lease lasts.
    Running,
    /// Finished; kept for 30 days.
    Done,
    /// Failed for the last time; kept until somebody replays it.
    Dead,
}

/// Says how far a job is, while it runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct JobProgress {
    /// What it is at.
    #[schema(example = "chain")]
    pub stage: String,
    /// How much of that is done.
    #[schema(example = 12_000)]
    pub done: u64,
    /// Of how much.
    #[schema(example = 22_927)]
    pub total: u64,
}

impl Job {
    /// Returns how far the job is; none where it does not tell.
    pub fn how_far(&self) -> Option<JobProgress> {
        let progress = self.progress.clone().filter(|_| self.state == JobState::Running)?;
        serde_json::from_value(progress).ok()
    }
}

/// Counts the work of one kind that is not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Queue {
    /// What the work does.
    pub kind: String,
    /// Its time has come, and no worker has taken it yet.
    pub due: i64,
    /// Its time is still to come.
    pub later: i64,
    /// A worker holds it.
    pub running: i64,
    /// Failed before, and waits for another attempt; counted among `due` and `later`, too.
    pub retrying: i64,
    /// Failed for the last time.
    pub dead: i64,
    /// Since when the work that is longest due has been.
    pub due_since: Option<Instant>,
}

impl Queue {
    /// Counts nothing yet.
    pub(crate) fn empty(kind: String) -> Self {
        Self { kind, due: 0, later: 0, running: 0, retrying: 0, dead: 0, due_since: None }
    }
}

/// Asks for background work.
#[derive(Clone, Debug)]
pub struct NewJob {
    /// Which handler: `identity.send_mail`.
    pub kind: &'static str,
    /// What the handler needs. Staff sees it: ids only, no personal data.
    pub payload: Value,
    /// Not before; now when absent.
    pub run_at: Option<Instant>,
    /// Makes a second request for the same work do nothing.
    pub dedupe_key: Option<String>,
    /// After how many failures it is dead.
    pub most_attempts: i32,
}

impl NewJob {
    /// Asks for work now, with up to 10 attempts.
    pub fn new(kind: &'static str, payload: Value) -> Self {
        Self { kind, payload, run_at: None, dedupe_key: None, most_attempts: 10 }
    }
}

/// Says why a handler could not do its work. The message is stored and shown to staff: no personal data.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct JobFailure {
    message: String,
    permanent: bool,
}

impl JobFailure {
    /// The attempt failed; a later one may succeed.
    pub fn retry(reason: impl std::fmt::Display) -> Self {
        Self { message: reason.to_string(), permanent: false }
    }

    /// No attempt can succeed: the job goes to the dead letter at once.
    pub fn permanent(reason: impl std::fmt::Display) -> Self {
        Self { message: reason.to_string(), permanent: true }
    }

    /// Returns the message, cut to what the dead letter shows.
    pub fn message(&self) -> String {
        self.message.chars().take(500).collect()
    }

    /// Says whether a further attempt makes sense after `attempts` of `most_attempts`.
    pub fn may_retry(&self, attempts: i32, most_attempts: i32) -> bool {
        !self.permanent && attempts < most_attempts
    }
}

impl From<sea_orm::DbErr> for JobFailure {
    fn from(error: sea_orm::DbErr) -> Self {
        Self::retry(error)
    }
}

impl From<serde_json::Error> for JobFailure {
    /// A payload that cannot be read today cannot be read tomorrow.
    fn from(error: serde_json::Error) -> Self {
        Self::permanent(format!("unreadable payload: {error}"))
    }
}

/// Says why staff cannot run or replay a job.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// There is no such job.
    #[error("no such job")]
    NotFound,
    /// Only a dead job can be replayed, and only a queued one run early.
    #[error("the job is {}", .0.as_str())]
    WrongState(JobState),
    /// The database failed.
    #[error(transparent)]
    Storage(#[from] sea_orm::DbErr),
}

impl JobState {
    /// Returns the stored name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Done => "done",
            Self::Dead => "dead",
        }
    }
}

/// The longest wait between two attempts.
const LONGEST_BACKOFF: Duration = Duration::hours(1);

/// Draws the wait after `attempts` failures: full jitter over one second doubled each time, an hour at most.
pub fn backoff(attempts: i32, random: &Random) -> Duration {
    let doublings = u32::try_from(attempts.clamp(1, 20) - 1).unwrap_or(0);
    let ceiling = Duration::milliseconds(1000 << doublings).min(LONGEST_BACKOFF);
    let milliseconds = u64::try_from(ceiling.num_milliseconds()).unwrap_or(0);
    Duration::milliseconds(i64::try_from(random.below(milliseconds)).unwrap_or(0) + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_is_drawn_from_a_range_that_doubles_up_to_an_hour() {
        let random = Random::seeded(5);
        for (attempts, ceiling_ms) in [(1, 1000), (2, 2000), (4, 8000), (12, 2_048_000), (99, 3_600_000)] {
            let drawn: Vec<_> = (0..200).map(|_| backoff(attempts, &random).num_milliseconds()).collect();
            assert!(drawn.iter().all(|wait| (1..=ceiling_ms).contains(wait)), "{attempts}: {drawn:?}");
            assert!(drawn.iter().any(|wait| *wait < ceiling_ms / 2), "{attempts}");
            assert!(drawn.iter().any(|wait| *wait > ceiling_ms / 2), "{attempts}");
        }
    }

    #[test]
    fn a_permanent_failure_is_not_tried_again() {
        assert!(JobFailure::retry("busy").may_retry(9, 10));
        assert!(!JobFailure::retry("busy").may_retry(10, 10));
        assert!(!JobFailure::permanent("gone").may_retry(1, 10));
    }
}
