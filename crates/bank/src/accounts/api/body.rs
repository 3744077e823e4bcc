//! The wire shapes that several routes share.

use kernel::{AccountId, AccountNumber, CountryCode, Currency, Instant, Money};
use ledger::AccountStatus;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::super::service::AccountSheet;
use super::super::{OwnerRole, ProductKind};
use crate::audit::Reason;

/// Shows one account with its balances and limits.
#[derive(Debug, Serialize, ToSchema)]
pub struct AccountResponse {
    /// The account.
    pub id: AccountId,
    /// The number that payers use.
    pub number: AccountNumber,
    /// Where the number is from.
    pub country: CountryCode,
    /// What was opened.
    #[schema(example = "current-gbp")]
    pub product: String,
    /// What the account is for.
    pub kind: ProductKind,
    /// The one currency it is kept in.
    pub currency: Currency,
    /// What the owners call it.
    #[schema(example = "Household")]
    pub nickname: Option<String>,
    /// What may move on it.
    pub status: Status,
    /// What the caller is to it; null for staff.
    pub role: Option<OwnerRole>,
    /// What it holds.
    pub balance: BalanceBody,
    /// How far below zero the balance may fall.
    pub overdraft: Money,
    /// What customers may pay from it.
    pub limits: LimitsBody,
    /// When it was opened.
    #[schema(value_type = String, format = DateTime)]
    pub opened_at: Instant,
    /// When it was closed.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub closed_at: Option<Instant>,
}

/// Names what may move on an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = AccountStatus)]
pub enum Status {
    /// Everything.
    Open,
    /// Money may come, none may leave.
    DebitBlocked,
    /// Nothing.
    Frozen,
    /// Nothing, for ever.
    Closed,
}

/// Shows what an account holds.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AccountBalance)]
pub struct BalanceBody {
    /// What was posted.
    pub ledger: Money,
    /// What is reserved by holds.
    pub held: Money,
    /// What may be spent: ledger less held plus the overdraft.
    pub available: Money,
}

/// Shows what customers may pay; null is unlimited.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AccountLimits)]
pub struct LimitsBody {
    /// The largest single payment.
    pub single: Option<Money>,
    /// The most on one business day.
    pub day: Option<Money>,
    /// The most in one month.
    pub month: Option<Money>,
    /// What counts against the day's limit so far.
    pub spent_day: Money,
    /// What counts against the month's limit so far.
    pub spent_month: Money,
}

/// Gives a reason; staff must.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OptionalReasonRequest {
    /// Why; required of staff.
    pub reason: Option<Reason>,
}

impl From<AccountSheet> for AccountResponse {
    fn from(sheet: AccountSheet) -> Self {
        let AccountSheet { account, product, role, books, business_on, .. } = sheet;
        let limits = books.limits();
        let money = |minor| Money::new(minor, books.currency);
        Self {
            id: account.id,
            number: account.number,
            country: account.country,
            product: product.code,
            kind: product.kind,
            currency: product.currency,
            nickname: account.nickname,
            status: books.status.into(),
            role,
            balance: books.balance().into(),
            overdraft: books.overdraft_limit(),
            limits: LimitsBody {
                single: limits.largest,
                day: limits.day,
                month: limits.month,
                spent_day: money(books.spent_on_day(business_on)),
                spent_month: money(books.spent_in_month(business_on)),
            },
            opened_at: account.opened_at,
            closed_at: account.closed_at,
        }
    }
}

impl From<ledger::Balance> for BalanceBody {
    fn from(ledger::Balance { ledger, held, available }: ledger::Balance) -> Self {
        Self { ledger, held, available }
    }
}

impl From<AccountStatus> for Status {
    fn from(status: AccountStatus) -> Self {
        match status {
            AccountStatus::Open => Self::Open,
            AccountStatus::DebitBlocked => Self::DebitBlocked,
            AccountStatus::Frozen => Self::Frozen,
            AccountStatus::Closed => Self::Closed,
        }
    }
}

impl From<Status> for AccountStatus {
    fn from(status: Status) -> Self {
        match status {
            Status::Open => Self::Open,
            Status::DebitBlocked => Self::DebitBlocked,
            Status::Frozen => Self::Frozen,
            Status::Closed => Self::Closed,
        }
    }
}
