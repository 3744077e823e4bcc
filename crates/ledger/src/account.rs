//! Accounts: four balances, a status, limits with their counters.

use chrono::NaiveDate;
use kernel::{AccountId, Currency, Instant, Money};
use sea_orm::entity::prelude::*;

/// Says on which side of the balance sheet an account stands, and so which side makes it grow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
pub enum AccountKind {
    /// What the bank has or is owed; grows by debits.
    Asset,
    /// What the bank owes, such as a customer's deposit; grows by credits.
    Liability,
    /// What belongs to the owners; grows by credits.
    Equity,
    /// What was earned; grows by credits.
    Income,
    /// What was spent; grows by debits.
    Expense,
}

impl AccountKind {
    /// Says whether debits make the account grow.
    pub const fn grows_by_debits(self) -> bool {
        matches!(self, Self::Asset | Self::Expense)
    }

    /// Returns the stored name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Asset => "asset",
            Self::Liability => "liability",
            Self::Equity => "equity",
            Self::Income => "income",
            Self::Expense => "expense",
        }
    }
}

/// Says what may move on an account.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum, serde::Serialize, serde::Deserialize,
)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum AccountStatus {
    /// Everything.
    Open,
    /// Credits, and captures of holds placed before.
    DebitBlocked,
    /// Nothing but releases.
    Frozen,
    /// Nothing, for ever; the balance is zero.
    Closed,
}

impl AccountStatus {
    /// Returns the stored name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::DebitBlocked => "debit_blocked",
            Self::Frozen => "frozen",
            Self::Closed => "closed",
        }
    }
}

/// The table `ledger_accounts`.
pub mod ledger_account {
    use super::{AccountId, AccountKind, AccountStatus, Currency, Instant, NaiveDate};
    use sea_orm::entity::prelude::*;

    /// Holds one account of the ledger as it is stored.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "ledger_accounts")]
    pub struct Model {
        /// Names the account.
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: AccountId,
        /// The one currency it is kept in.
        pub currency: Currency,
        /// Which side makes it grow.
        pub kind: AccountKind,
        /// Its place in the chart of accounts, [`crate::chart::CUSTOMER_DEPOSIT`] for a customer's.
        pub code: String,
        /// What may move on it.
        pub status: AccountStatus,
        /// Whether it may not fall below its overdraft limit; the bank's own accounts may.
        pub funded: bool,
        /// How far below zero it may fall, in minor units.
        pub overdraft_limit_minor: i64,
        /// Everything ever debited.
        pub debits_posted_minor: i64,
        /// Everything ever credited.
        pub credits_posted_minor: i64,
        /// What pending holds will debit.
        pub debits_pending_minor: i64,
        /// What pending holds will credit.
        pub credits_pending_minor: i64,
        /// How many entries it has; the last one's sequence number.
        pub entry_sequence: i64,
        /// The largest single debit of a customer; none is unlimited.
        pub largest_limit_minor: Option<i64>,
        /// The most a customer may debit on one business day; none is unlimited.
        pub day_limit_minor: Option<i64>,
        /// The most a customer may debit in one month of business days; none is unlimited.
        pub month_limit_minor: Option<i64>,
        /// The business day that `spent_day_minor` counts.
        pub spent_on: NaiveDate,
        /// What customers debited on that day.
        pub spent_day_minor: i64,
        /// The first day of the month that `spent_month_minor` counts.
        pub spent_month_on: NaiveDate,
        /// What customers debited in that month.
        pub spent_month_minor: i64,
        /// Rises whenever somebody's right to the account changes; the ledger only compares it.
        pub access_version: i64,
        /// When it was opened.
        pub opened_at: Instant,
    }

    /// Names no relation: the ledger joins by hand.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub use ledger_account::Model as Account;

/// Shows what an account holds: the ledger balance, what is held, what may be spent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Balance {
    /// Posted, positive on the side on which the account grows.
    pub ledger: Money,
    /// Reserved by pending holds that have not expired.
    pub held: Money,
    /// Ledger balance less holds plus the overdraft limit, at most what an amount can say.
    pub available: Money,
}

impl Account {
    /// Returns the posted balance, positive on the side on which the account grows.
    pub fn ledger_minor(&self) -> i64 {
        // Both are non-negative, so that their difference always fits.
        if self.kind.grows_by_debits() {
            self.debits_posted_minor - self.credits_posted_minor
        } else {
            self.credits_posted_minor - self.debits_posted_minor
        }
    }

    /// Returns what pending holds will take away.
    pub fn held_minor(&self) -> i64 {
        if self.kind.grows_by_debits() { self.credits_pending_minor } else { self.debits_pending_minor }
    }

    /// Returns what may still be taken: ledger balance less holds plus the overdraft limit.
    ///
    /// In 128 bits, since the three together may exceed an amount.
    pub fn available_minor(&self) -> i128 {
        i128::from(self.ledger_minor()) - i128::from(self.held_minor())
            + i128::from(self.overdraft_limit_minor)
    }

    /// Returns the balances; pending holds that are overdue count until they are released.
    pub fn balance(&self) -> Balance {
        let available = self.available_minor().clamp(i128::from(i64::MIN), i128::from(i64::MAX));
        let money = |minor| Money::new(minor, self.currency);
        Balance {
            ledger: money(self.ledger_minor()),
            held: money(self.held_minor()),
            available: money(i64::try_from(available).unwrap_or(i64::MAX)),
        }
    }

    /// Returns what a customer may debit.
    pub fn limits(&self) -> SpendingLimits {
        let money = |minor: Option<i64>| minor.map(|minor| Money::new(minor, self.currency));
        SpendingLimits {
            largest: money(self.largest_limit_minor),
            day: money(self.day_limit_minor),
            month: money(self.month_limit_minor),
        }
    }

    /// Returns how far below zero it may fall.
    pub fn overdraft_limit(&self) -> Money {
        Money::new(self.overdraft_limit_minor, self.currency)
    }

    /// Says whether nothing is posted or pending, so that the account may be closed.
    pub fn is_settled(&self) -> bool {
        self.ledger_minor() == 0 && self.debits_pending_minor == 0 && self.credits_pending_minor == 0
    }

    /// Returns what customers debited on the business day `on`.
    pub fn spent_on_day(&self, on: NaiveDate) -> i64 {
        if self.spent_on == on { self.spent_day_minor } else { 0 }
    }

    /// Returns what customers debited in the month of the business day `on`.
    pub fn spent_in_month(&self, on: NaiveDate) -> i64 {
        if self.spent_month_on == crate::Month::of(on).first_day() { self.spent_month_minor } else { 0 }
    }
}

/// Says what a customer may debit; each limit is in minor units, none is unlimited.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SpendingLimits {
    /// The largest single debit.
    pub largest: Option<Money>,
    /// The most on one business day, gross.
    pub day: Option<Money>,
    /// The most in one month of business days, gross.
    pub month: Option<Money>,
}

/// Describes an account to be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAccount {
    /// Names the account.
    pub id: AccountId,
    /// The one currency it is kept in.
    pub currency: Currency,
    /// Which side makes it grow.
    pub kind: AccountKind,
    /// Its place in the chart of accounts.
    pub code: String,
    /// Whether it may not fall below its overdraft limit.
    pub funded: bool,
    /// How far below zero it may fall; none is not at all.
    pub overdraft_limit: Option<Money>,
    /// What a customer may debit.
    pub limits: SpendingLimits,
}

impl NewAccount {
    /// Describes a customer's deposit: a liability of the bank, funded, without overdraft or limits.
    pub fn customer_deposit(id: AccountId, currency: Currency) -> Self {
        Self {
            id,
            currency,
            kind: AccountKind::Liability,
            code: crate::chart::CUSTOMER_DEPOSIT.to_owned(),
            funded: true,
            overdraft_limit: None,
            limits: SpendingLimits::default(),
        }
    }
}
