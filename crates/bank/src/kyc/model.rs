//! Levels, and why one is refused.

use kernel::UserId;
use serde::{Deserialize, Deserializer, Serialize};

use crate::audit::Reason;
use crate::context::Forbidden;

/// Says how well a customer is known: 0 (registered) to 3 (checked in depth).
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, sea_orm::DeriveValueType,
)]
pub struct KycLevel(i16);

impl KycLevel {
    /// Registered, nothing checked.
    pub const NONE: Self = Self(0);
    /// The highest level.
    pub const HIGHEST: Self = Self(3);

    /// Takes a level from 0 to 3.
    pub const fn new(level: i16) -> Option<Self> {
        if level >= Self::NONE.0 && level <= Self::HIGHEST.0 { Some(Self(level)) } else { None }
    }

    /// Returns the number.
    pub const fn number(self) -> i16 {
        self.0
    }
}

impl std::fmt::Display for KycLevel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl<'de> Deserialize<'de> for KycLevel {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = i16::deserialize(deserializer)?;
        Self::new(number).ok_or_else(|| serde::de::Error::custom("a level is 0 to 3"))
    }
}

impl utoipa::PartialSchema for KycLevel {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::schema::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::Integer)
            .description(Some("How well a customer is known: 0 (registered) to 3 (checked in depth)"))
            .minimum(Some(Self::NONE.0))
            .maximum(Some(Self::HIGHEST.0))
            .examples([1])
            .into()
    }
}

impl utoipa::ToSchema for KycLevel {}

/// Holds the level of one customer as it is stored.
pub mod kyc_level {
    use super::KycLevel;
    use kernel::{Instant, UserId};
    use sea_orm::entity::prelude::*;

    /// Mirrors the table `kyc_levels`.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "kyc_levels")]
    pub struct Model {
        /// The customer.
        #[sea_orm(primary_key, auto_increment = false)]
        pub user_id: UserId,
        /// How well the customer is known.
        pub level: KycLevel,
        /// Since when.
        pub set_at: Instant,
    }

    /// None: a level is read by its customer.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Asks for a customer's level to be set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetLevel {
    /// The customer.
    pub user: UserId,
    /// The new level.
    pub level: KycLevel,
    /// Why.
    pub reason: Reason,
}

/// Says why a level was not set, or why it does not suffice.
#[derive(Debug, thiserror::Error)]
pub enum KycError {
    /// The caller may not set levels.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// No customer has the id.
    #[error("no customer has this id")]
    NotFound,
    /// Nobody judges himself.
    #[error("nobody sets his own level")]
    OwnLevel,
    /// The level does not suffice.
    #[error("the customer is at level {have}, level {need} is required")]
    LevelTooLow {
        /// The level the customer has.
        have: KycLevel,
        /// The level that is required.
        need: KycLevel,
    },
    /// The database failed.
    #[error(transparent)]
    Storage(#[from] sea_orm::DbErr),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_is_a_number_from_0_to_3() {
        for number in 0..=3 {
            let level: KycLevel = serde_json::from_str(&number.to_string()).expect("a level");
            assert_eq!(serde_json::to_string(&level).expect("json"), number.to_string());
        }
        for text in ["-1", "4", "1.5", "\"1\"", "70000"] {
            assert!(serde_json::from_str::<KycLevel>(text).is_err(), "{text}");
        }
    }
}
