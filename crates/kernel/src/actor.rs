//! Who does something: the subject of every posting, audit row and permission check.

use serde::Serialize;
use uuid::Uuid;

use crate::{ApiKeyId, UserId, id};

id! {
    /// Names one request from the edge to the last row it wrote.
    RequestId, "req"
}

/// Says on whose behalf something is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Actor {
    /// A customer, signed in.
    Customer(UserId),
    /// A member of the bank's staff, signed in.
    Staff(UserId),
    /// A machine with an API key.
    ApiKey(ApiKeyId),
    /// The program itself: a job, a migration, an operator's command line.
    System,
}

/// Says what sort of actor it is, as it is stored and shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ActorKind {
    /// See [`Actor::Customer`].
    Customer,
    /// See [`Actor::Staff`].
    Staff,
    /// See [`Actor::ApiKey`].
    ApiKey,
    /// See [`Actor::System`].
    System,
}

impl ActorKind {
    /// Every kind, in the order of [`Actor`].
    pub const ALL: [Self; 4] = [Self::Customer, Self::Staff, Self::ApiKey, Self::System];

    /// Returns the stored name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Staff => "staff",
            Self::ApiKey => "api_key",
            Self::System => "system",
        }
    }

    /// Reads a stored name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

impl Actor {
    /// Returns the sort of actor.
    pub const fn kind(self) -> ActorKind {
        match self {
            Self::Customer(_) => ActorKind::Customer,
            Self::Staff(_) => ActorKind::Staff,
            Self::ApiKey(_) => ActorKind::ApiKey,
            Self::System => ActorKind::System,
        }
    }

    /// Returns the id behind the actor; the system has none.
    pub fn uuid(self) -> Option<Uuid> {
        match self {
            Self::Customer(id) | Self::Staff(id) => Some(id.uuid()),
            Self::ApiKey(id) => Some(id.uuid()),
            Self::System => None,
        }
    }

    /// Rebuilds an actor from its stored columns; `None` when they contradict each other.
    pub fn from_parts(kind: &str, id: Option<Uuid>) -> Option<Self> {
        match (ActorKind::parse(kind)?, id) {
            (ActorKind::Customer, Some(id)) => Some(Self::Customer(UserId::from_uuid(id))),
            (ActorKind::Staff, Some(id)) => Some(Self::Staff(UserId::from_uuid(id))),
            (ActorKind::ApiKey, Some(id)) => Some(Self::ApiKey(ApiKeyId::from_uuid(id))),
            (ActorKind::System, None) => Some(Self::System),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_actor_survives_its_columns() {
        let id = Uuid::from_u128(7);
        for actor in [
            Actor::Customer(UserId::from_uuid(id)),
            Actor::Staff(UserId::from_uuid(id)),
            Actor::ApiKey(ApiKeyId::from_uuid(id)),
            Actor::System,
        ] {
            assert_eq!(Actor::from_parts(actor.kind().as_str(), actor.uuid()), Some(actor));
        }
        assert_eq!(Actor::from_parts("system", Some(id)), None);
        assert_eq!(Actor::from_parts("customer", None), None);
        assert_eq!(Actor::from_parts("ghost", Some(id)), None);
    }
}
