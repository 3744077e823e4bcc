//! What a job is.

use kernel::Instant;
use serde_json::Value;

/// Holds one piece of background work as it is stored.
pub mod job {
    use kernel::{Instant, JobId};
    use sea_orm::entity::prelude::*;

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
        /// `queued`, `running`, `done` or `dead`.
        pub state: String,
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
    }

    /// None: a payload names its subjects by id.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub use job::Model as Job;

/// Asks for background work.
#[derive(Clone, Debug)]
pub struct NewJob {
    /// Which handler: `identity.send_mail`.
    pub kind: &'static str,
    /// What the handler needs.
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
