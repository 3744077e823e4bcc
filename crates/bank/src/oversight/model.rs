//! What staff sees of the bank as a whole, a sandbox's clock, and what is refused.

use chrono::{Duration, NaiveDate};
use kernel::{ApprovalId, Instant};
use ledger::periods::Closing;
use ledger::seal::Standing;
use ledger::verify::Proof;
use ledger::{Month, PeriodError};

use crate::approvals::ApprovalError;
use crate::audit::AuditEvent;
use crate::context::Forbidden;
use crate::jobs::{Job, JobError, Ran};

/// Holds how far a sandbox's clock is from the machine's.
pub mod sandbox_clock {
    use kernel::Instant;
    use sea_orm::entity::prelude::*;

    /// Mirrors the table `sandbox_clock`.
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "sandbox_clock")]
    pub struct Model {
        /// Always 1.
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: i64,
        /// How far, in microseconds.
        pub offset_microseconds: i64,
        /// When it was moved, by the clock before the move.
        pub moved_at: Instant,
    }

    /// None: one row.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Says where to move a sandbox's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClockMove {
    /// To an instant.
    At(Instant),
    /// Forward by so much.
    By(Duration),
}

/// Says where the clock stands after a move, and what the move brought about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockMoved {
    /// What the clock shows.
    pub now: Instant,
    /// How far it is from the machine's.
    pub offset: Duration,
    /// The background work that had become due.
    pub ran: Ran,
}

/// Says why the clock does not move, in the order in which it is looked at.
#[derive(Debug, thiserror::Error)]
pub enum ClockError {
    /// In production there is no such thing.
    #[error("the clock of a production bank does not move")]
    Production,
    /// The caller may not.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// Time goes forward, and not beyond the year 2200.
    #[error("the clock moves forward from {now}, to {latest} at most")]
    OutOfRange {
        /// What the clock shows.
        now: Instant,
        /// How far it can go.
        latest: Instant,
    },
    /// The database failed.
    #[error(transparent)]
    Storage(#[from] sea_orm::DbErr),
}

/// Names what can be proved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proved {
    /// Balances, journal and seals.
    Ledger,
    /// The audit log and its seals.
    AuditLog,
}

/// Says how the books stand.
#[derive(Clone, Debug)]
pub struct LedgerStatus {
    /// The bank's day.
    pub business_on: NaiveDate,
    /// The last proof.
    pub last: Option<Proof>,
    /// The proof that waits or runs.
    pub running: Option<Job>,
    /// How far the journal is sealed.
    pub journal: Standing,
}

/// Says how the audit log stands.
#[derive(Clone, Debug)]
pub struct AuditStatus {
    /// The row of the last verification.
    pub last: Option<AuditEvent>,
    /// The verification that waits or runs.
    pub running: Option<Job>,
    /// How far the log is sealed.
    pub log: Standing,
}

/// Says what holds the bank.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DatabaseStatus {
    /// `SQLite` or `PostgreSQL`.
    pub engine: &'static str,
    /// How large it is.
    pub size_bytes: u64,
}

/// Says how a month stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MonthState {
    /// The month.
    pub month: Month,
    /// Whether it takes postings.
    pub phase: MonthPhase,
}

/// Says whether a month takes postings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MonthPhase {
    /// It has not ended.
    Current,
    /// It has ended, and can be closed.
    Over,
    /// Its close waits for a second person.
    Closing(ApprovalId),
    /// It takes nothing any more.
    Closed(Closing),
}

/// Says when a schedule fires.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScheduleState {
    /// Its name.
    pub name: &'static str,
    /// Which work it asks for.
    pub kind: &'static str,
    /// How often: `every 2 s`, or a cron expression of six fields.
    pub rhythm: String,
    /// The last slot that fired.
    pub last_slot: Option<Instant>,
    /// The next.
    pub next_slot: Option<Instant>,
    /// How many slots passed unfired while no worker ran.
    pub missed: i64,
    /// When the last such gap was found.
    pub last_missed_at: Option<Instant>,
}

/// Says why staff cannot see or move a job.
#[derive(Debug, thiserror::Error)]
pub enum JobRefusal {
    /// The caller may not.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// Absent, or in a state that does not allow it.
    #[error(transparent)]
    Job(#[from] JobError),
    /// The database failed.
    #[error(transparent)]
    Storage(#[from] sea_orm::DbErr),
}

/// Says why the books are not shown, or a month not closed.
#[derive(Debug, thiserror::Error)]
pub enum LedgerRefusal {
    /// The caller may not.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// The month cannot be closed.
    #[error(transparent)]
    Period(#[from] PeriodError),
    /// No second person can be asked.
    #[error(transparent)]
    Approval(#[from] ApprovalError),
    /// There is no such proof.
    #[error("no such proof")]
    NotFound,
    /// The last day lies before the first, or more than a year behind it.
    #[error("no such days")]
    Days,
    /// The database failed.
    #[error(transparent)]
    Storage(#[from] sea_orm::DbErr),
}

impl ClockMove {
    /// Returns the instant to move to, seen from `now`.
    ///
    /// # Errors
    /// [`ClockError::OutOfRange`] for the past and for what no calendar of ours reaches.
    pub fn target(self, now: Instant) -> Result<Instant, ClockError> {
        // A round end far from the calendar's own, where sums of instants would overflow.
        let latest = Instant::from_timestamp(7_258_118_400, 0).unwrap_or(Instant::MAX_UTC);
        let target = match self {
            Self::At(instant) => Some(instant),
            Self::By(duration) => now.checked_add_signed(duration),
        };
        let target = target.filter(|target| (now..=latest).contains(target));
        target.ok_or(ClockError::OutOfRange { now, latest })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_moves_forward_within_its_calendar() {
        let now: Instant = "2026-03-02T09:00:00Z".parse().expect("an instant");
        let at = |text: &str| ClockMove::At(text.parse().expect("an instant"));
        assert_eq!(ClockMove::By(Duration::hours(1)).target(now).expect("forward"), now + Duration::hours(1));
        assert_eq!(at("2200-01-01T00:00:00Z").target(now).expect("the end").timestamp(), 7_258_118_400);
        for refused in [
            at("2026-03-02T08:59:59Z"),
            at("2200-01-01T00:00:01Z"),
            ClockMove::By(Duration::seconds(-1)),
            ClockMove::By(Duration::MAX),
        ] {
            assert!(matches!(refused.target(now), Err(ClockError::OutOfRange { .. })), "{refused:?}");
        }
    }
}
