//! Products: what a customer can open, and what an account of it starts with.

use kernel::{Currency, Money};
use ledger::SpendingLimits;
use sea_orm::entity::prelude::*;

/// Says what an account is for.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum, serde::Serialize, utoipa::ToSchema,
)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum ProductKind {
    /// For payments.
    Current,
    /// For putting money aside.
    Savings,
}

/// Holds one product as it is stored.
pub mod product_row {
    use super::ProductKind;
    use crate::kyc::KycLevel;
    use kernel::Currency;
    use sea_orm::entity::prelude::*;

    /// Mirrors the table `products`.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "products")]
    pub struct Model {
        /// The stable name: `current-gbp`.
        #[sea_orm(primary_key, auto_increment = false)]
        pub code: String,
        /// The name that customers see.
        pub name: String,
        /// What it is for.
        pub kind: ProductKind,
        /// The one currency of its accounts.
        pub currency: Currency,
        /// How well every holder must be known.
        pub minimum_kyc_level: KycLevel,
        /// The largest overdraft, in minor units; 0 is none.
        pub most_overdraft_minor: i64,
        /// What an account costs a month, in minor units; 0 is free.
        pub monthly_fee_minor: i64,
        /// The largest single payment of a new account; none is unlimited.
        pub single_limit_minor: Option<i64>,
        /// The most a day of a new account.
        pub day_limit_minor: Option<i64>,
        /// The most a month of a new account.
        pub month_limit_minor: Option<i64>,
        /// How far customers may raise the largest single payment; none is without bound.
        pub most_single_limit_minor: Option<i64>,
        /// How far customers may raise the day's limit.
        pub most_day_limit_minor: Option<i64>,
        /// How far customers may raise the month's limit.
        pub most_month_limit_minor: Option<i64>,
    }

    /// Names the accounts of a product.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub use product_row::Model as Product;

impl Product {
    /// Returns the limits of a new account.
    pub fn usual_limits(&self) -> SpendingLimits {
        self.limits([self.single_limit_minor, self.day_limit_minor, self.month_limit_minor])
    }

    /// Returns the limits up to which customers may go themselves.
    pub fn most_limits(&self) -> SpendingLimits {
        self.limits([self.most_single_limit_minor, self.most_day_limit_minor, self.most_month_limit_minor])
    }

    /// Returns the largest overdraft.
    pub fn most_overdraft(&self) -> Money {
        Money::new(self.most_overdraft_minor, self.currency)
    }

    /// Returns what an account costs a month.
    pub fn monthly_fee(&self) -> Money {
        Money::new(self.monthly_fee_minor, self.currency)
    }

    fn limits(&self, [largest, day, month]: [Option<i64>; 3]) -> SpendingLimits {
        let currency: Currency = self.currency;
        let money = |minor: Option<i64>| minor.map(|minor| Money::new(minor, currency));
        SpendingLimits { largest: money(largest), day: money(day), month: money(month) }
    }
}
