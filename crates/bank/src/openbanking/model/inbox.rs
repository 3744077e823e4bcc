//! The rows of what the service reported.

/// Holds an event, once.
pub mod webhook_event {
    use kernel::{ConnectionId, Instant};
    use sea_orm::entity::prelude::*;

    use crate::openbanking::EventState;

    /// Mirrors the table `truelayer_webhook_events`.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "truelayer_webhook_events")]
    pub struct Model {
        /// The service's name for it, the same when it is delivered again.
        #[sea_orm(primary_key, auto_increment = false)]
        pub event_id: String,
        /// `transaction.created` and the like.
        pub kind: String,
        /// The account or the link, as the service calls it.
        pub resource_id: String,
        /// The connection, where it is one of ours.
        pub connection_id: Option<ConnectionId>,
        /// When it happened, by the service's word.
        pub happened_at: Instant,
        /// When it came.
        pub received_at: Instant,
        /// What became of it.
        pub state: EventState,
    }

    /// None.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub use webhook_event::Model as WebhookEvent;

use std::fmt;
use std::str::FromStr;

use chrono::DateTime;
use kernel::Instant;
use sea_orm::prelude::*;

/// Says where an event stands in the inbox, by its arrival and then by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventPlace {
    /// When it came.
    pub received_at: Instant,
    /// The service's name for it.
    pub event_id: String,
}

impl fmt::Display for EventPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.received_at.timestamp_micros(), self.event_id)
    }
}

/// Says that a text names no place in the inbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no place in this list")]
pub struct NoPlace;

impl FromStr for EventPlace {
    type Err = NoPlace;

    fn from_str(text: &str) -> Result<Self, NoPlace> {
        let (micros, event_id) = text.split_once(' ').ok_or(NoPlace)?;
        let micros = micros.parse().map_err(|_| NoPlace)?;
        let received_at = DateTime::from_timestamp_micros(micros).ok_or(NoPlace)?;
        Ok(Self { received_at, event_id: event_id.to_owned() })
    }
}

/// Says what became of an event.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum, serde::Serialize, serde::Deserialize,
)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum EventState {
    /// What it asks for is done, or a job will do it.
    Taken,
    /// It asks for nothing that we know.
    Ignored,
    /// It is about nothing of ours.
    Unmatched,
}
