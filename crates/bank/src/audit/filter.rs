//! Which rows of the log somebody asks for.

use std::fmt;
use std::str::FromStr;

use kernel::{Actor, ActorKind, ApiKeyId, Instant, UserId};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::AuditEvent;

/// Chooses rows of the log; what is absent does not restrict.
#[derive(Clone, Debug, Default, Serialize)]
pub struct AuditFilter {
    /// Done by whom.
    pub actor: Option<Who>,
    /// Done by which sort of actor.
    pub actor_kind: Option<ActorKind>,
    /// What was done.
    pub action: Option<ActionFilter>,
    /// To what, by its id in text form.
    pub subject: Option<String>,
    /// Not before.
    pub from: Option<Instant>,
    /// Before.
    pub to: Option<Instant>,
}

/// Names an actor: `usr_…`, `key_…` or `system`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// A customer or a member of staff.
    User(UserId),
    /// A machine.
    ApiKey(ApiKeyId),
    /// The program itself.
    System,
}

/// Names one action, `account.freeze`, or all of a noun, `account.*`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ActionFilter {
    /// Exactly this one.
    One(String),
    /// Every action of the noun.
    Noun(String),
}

/// Says that a text names no actor or no action.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected {0}")]
pub struct FilterError(&'static str);

impl FromStr for Who {
    type Err = FilterError;

    fn from_str(text: &str) -> Result<Self, FilterError> {
        if text == "system" {
            return Ok(Self::System);
        }
        let user = text.parse().map(Self::User);
        let key = || text.parse().map(Self::ApiKey);
        user.or_else(|_| key()).map_err(|_| FilterError("the id of a user or an API key, or system"))
    }
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(id) => id.fmt(f),
            Self::ApiKey(id) => id.fmt(f),
            Self::System => f.write_str("system"),
        }
    }
}

impl FromStr for ActionFilter {
    type Err = FilterError;

    fn from_str(text: &str) -> Result<Self, FilterError> {
        let is_name = |name: &str| {
            !name.is_empty() && name.chars().all(|letter| letter.is_ascii_lowercase() || letter == '_')
        };
        match text.split_once('.') {
            Some((noun, "*")) if is_name(noun) => Ok(Self::Noun(noun.to_owned())),
            Some((noun, verb)) if is_name(noun) && is_name(verb) => Ok(Self::One(text.to_owned())),
            _ => Err(FilterError("noun.verb or noun.*")),
        }
    }
}

impl fmt::Display for ActionFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::One(name) => f.write_str(name),
            Self::Noun(noun) => write!(f, "{noun}.*"),
        }
    }
}

impl Serialize for Who {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Who {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl Serialize for ActionFilter {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ActionFilter {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl AuditEvent {
    /// Names who did it; none when the row contradicts itself.
    pub fn actor(&self) -> Option<Who> {
        match Actor::from_parts(&self.actor_kind, self.actor_id)? {
            Actor::Customer(id) | Actor::Staff(id) => Some(Who::User(id)),
            Actor::ApiKey(id) => Some(Who::ApiKey(id)),
            Actor::System => Some(Who::System),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_is_read_and_written_alike() {
        for text in ["account.freeze", "api_key.*"] {
            assert_eq!(text.parse::<ActionFilter>().map(|filter| filter.to_string()), Ok(text.to_owned()));
        }
        for text in ["", "account", "account.", ".*", "*.*", "a.b.c", "account.fr%", "A.b", "a.b*"] {
            assert!(text.parse::<ActionFilter>().is_err(), "{text}");
        }
        for text in ["system", "usr_00000000000000000000000001", "key_00000000000000000000000001"] {
            assert_eq!(text.parse::<Who>().map(|who| who.to_string()), Ok(text.to_owned()));
        }
        assert!("acc_00000000000000000000000001".parse::<Who>().is_err());
    }
}
