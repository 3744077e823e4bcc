//! The rows of what the service asks banks in its own time.

/// Holds a question for an account's rows that is not answered yet.
pub mod read_task {
    use chrono::NaiveDate;
    use kernel::{ConnectionId, ExternalAccountId, Instant};
    use sea_orm::entity::prelude::*;

    /// Mirrors the table `truelayer_tasks`.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "truelayer_tasks")]
    pub struct Model {
        /// Whose rows.
        #[sea_orm(primary_key, auto_increment = false)]
        pub account_id: ExternalAccountId,
        /// The link whose token asked.
        pub connection_id: ConnectionId,
        /// The service's name for it.
        pub task_id: String,
        /// The first day that was asked for.
        pub from_on: NaiveDate,
        /// The last.
        pub through_on: NaiveDate,
        /// Whether the bank refuses to tell what is older.
        pub history_closed: bool,
        /// When it was asked.
        pub asked_at: Instant,
        /// When it is looked for, if nobody says before that it is done.
        pub look_at: Instant,
    }

    /// None: account and connection are named by id.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

use chrono::Duration;
use kernel::Instant;

pub use read_task::Model as ReadTask;

/// How soon an answer is looked for at first.
const SOONEST: Duration = Duration::minutes(1);
/// How rarely at last.
const RAREST: Duration = Duration::hours(1);
/// For how long it is looked for; then the question is put anew.
pub const TASK_PATIENCE: Duration = Duration::hours(24);

/// Says when to look for an answer again: the longer it takes, the more rarely.
pub fn look_again_at(asked_at: Instant, now: Instant) -> Instant {
    now + (now - asked_at).clamp(SOONEST, RAREST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longer_an_answer_takes_the_more_rarely_it_is_looked_for() {
        let asked: Instant = "2026-03-02T09:00:00Z".parse().expect("an instant");
        for (waited, pause) in [(-5, 1), (0, 1), (1, 1), (7, 7), (60, 60), (600, 60)] {
            let now = asked + Duration::minutes(waited);
            assert_eq!(look_again_at(asked, now) - now, Duration::minutes(pause), "{waited}");
        }
    }
}
