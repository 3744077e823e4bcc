//! What an audit row says.

use serde_json::Value;

/// Holds one row of the audit log as it is stored.
pub mod audit_event {
    use kernel::{AuditId, Instant, RequestId};
    use sea_orm::entity::prelude::*;

    /// Mirrors the table `audit_events`.
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "audit_events")]
    pub struct Model {
        /// The place in the chain.
        #[sea_orm(primary_key, auto_increment = false)]
        pub position: i64,
        /// The row's public name.
        pub id: AuditId,
        /// When it happened.
        pub at: Instant,
        /// Sort of actor, see [`kernel::ActorKind`].
        pub actor_kind: String,
        /// The actor; none for the system.
        pub actor_id: Option<Uuid>,
        /// What was done: `account.freeze`.
        pub action: String,
        /// What sort of thing it was done to: `account`.
        pub subject_kind: String,
        /// The thing's id in its text form.
        pub subject_id: String,
        /// Why, in the actor's words.
        pub reason: Option<String>,
        /// The values that changed, as they were.
        pub before_values: Option<Json>,
        /// The values that changed, as they are.
        pub after_values: Option<Json>,
        /// The request that did it.
        pub request_id: RequestId,
    }

    /// None: the log points at things by their text, and outlives them.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub use audit_event::Model as AuditEvent;

/// Names the thing that something was done to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// What sort of thing: `account`, `user`, `approval`.
    pub kind: &'static str,
    /// Its id in text form.
    pub id: String,
}

impl Subject {
    /// Names a thing by its sort and its typed id.
    pub fn new(kind: &'static str, id: impl std::fmt::Display) -> Self {
        Self { kind, id: id.to_string() }
    }
}

/// Describes what happened, before it becomes a row.
#[derive(Clone, Debug)]
pub struct Event {
    /// What was done, as `noun.verb`: `account.freeze`.
    pub action: &'static str,
    /// To what.
    pub subject: Subject,
    /// Why, in the actor's words; required of staff.
    pub reason: Option<String>,
    /// The values that changed, as they were. Ids and codes only.
    pub before: Option<Value>,
    /// The values that changed, as they are. Ids and codes only.
    pub after: Option<Value>,
}

impl Event {
    /// Describes an event without a reason and without values.
    pub fn new(action: &'static str, subject: Subject) -> Self {
        Self { action, subject, reason: None, before: None, after: None }
    }

    /// Adds the actor's reason.
    #[must_use]
    pub fn because(mut self, reason: impl Into<String>) -> Self {
        self.reason = Some(reason.into());
        self
    }

    /// Adds what changed.
    #[must_use]
    pub fn change(mut self, before: Value, after: Value) -> Self {
        self.before = Some(before);
        self.after = Some(after);
        self
    }
}
