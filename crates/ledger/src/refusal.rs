//! Why a transfer is refused, in the order in which the questions are asked.

use chrono::NaiveDate;
use kernel::{AccountId, Currency, Instant, Money, TransferId};
use thiserror::Error;

use crate::{AccountStatus, HoldState, Month};

/// Says why a transfer is refused: the first of these, from the top, that applies.
///
/// Each variant carries the numbers that explain it. [`Refusal::code`] is stable and fit for an API.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Refusal {
    /// The id belongs to another transfer, or to the same one in another group.
    #[error("{id} is already used by another transfer")]
    IdReused {
        /// The id.
        id: TransferId,
    },
    /// A linked item holds no transfer, or more than a transaction can take.
    #[error("{count} transfers cannot be linked")]
    GroupSize {
        /// How many were given.
        count: usize,
    },
    /// The amount is zero or below.
    #[error("the amount must be above zero")]
    AmountNotPositive {
        /// What was asked.
        amount: Money,
    },
    /// Debit and credit are one account.
    #[error("debit and credit are the same account")]
    SameAccount {
        /// The account.
        account: AccountId,
    },
    /// A text holds a NUL character, or is longer than the journal takes.
    #[error("the {field} cannot be stored")]
    TextNotStorable {
        /// Which field.
        field: &'static str,
    },
    /// No transfer has the id that is captured, released or reversed.
    #[error("{id} does not exist")]
    TransferNotFound {
        /// The id referred to.
        id: TransferId,
    },
    /// What is captured or released is not a hold.
    #[error("{id} is not a hold")]
    NotAHold {
        /// The id referred to.
        id: TransferId,
    },
    /// A hold or a release is reversed: a pending hold is released instead, a release moved nothing.
    #[error("{id} has not moved money, so that it cannot be reversed")]
    NothingToReverse {
        /// The id referred to.
        id: TransferId,
    },
    /// A reversal is reversed.
    #[error("{id} is a reversal and cannot be reversed")]
    IsReversal {
        /// The id referred to.
        id: TransferId,
    },
    /// The transfer is reversed already.
    #[error("{id} is already reversed by {by}")]
    AlreadyReversed {
        /// The transfer.
        id: TransferId,
        /// Its reversal.
        by: TransferId,
    },
    /// The hold is captured or released already.
    #[error("the hold {id} is no longer pending")]
    HoldNotPending {
        /// The hold.
        id: TransferId,
        /// What became of it.
        state: HoldState,
    },
    /// The hold's time is over.
    #[error("the hold {id} expired")]
    HoldExpired {
        /// The hold.
        id: TransferId,
        /// When.
        expired_at: Instant,
    },
    /// The hold would expire before it begins.
    #[error("the hold would expire in the past")]
    ExpiryInPast {
        /// When it would expire.
        expires_at: Instant,
    },
    /// More is captured than is held.
    #[error("more is captured than the hold reserves")]
    CaptureExceedsHold {
        /// What the hold reserves.
        held: Money,
        /// What was asked.
        asked: Money,
    },
    /// Members of a linked group are missing: it is captured, released or reversed whole.
    #[error("{id} belongs to a linked group whose member {missing} is not included")]
    GroupIncomplete {
        /// The member referred to.
        id: TransferId,
        /// The first member that is missing.
        missing: TransferId,
    },
    /// An account does not exist; the debit account is looked up first.
    #[error("{account} does not exist")]
    AccountNotFound {
        /// The account.
        account: AccountId,
    },
    /// An account is kept in another currency.
    #[error("{account} is kept in {kept_in}")]
    CurrencyDiffers {
        /// The account.
        account: AccountId,
        /// Its currency.
        kept_in: Currency,
        /// What was asked.
        asked: Currency,
    },
    /// The effective day lies after the business day.
    #[error("the effective day lies in the future")]
    EffectiveInFuture {
        /// The effective day.
        effective_on: NaiveDate,
        /// The business day.
        business_on: NaiveDate,
    },
    /// A customer's effective day lies before the business day.
    #[error("the effective day lies in the past")]
    EffectiveInPast {
        /// The effective day.
        effective_on: NaiveDate,
        /// The business day.
        business_on: NaiveDate,
    },
    /// The effective day lies in a closed month.
    #[error("the month {month} is closed")]
    MonthClosed {
        /// The month.
        month: Month,
    },
    /// The debit account takes no debits.
    #[error("the debit account is {}", status.as_str())]
    DebitAccountStatus {
        /// The account.
        account: AccountId,
        /// Its status.
        status: AccountStatus,
    },
    /// The credit account takes no credits.
    #[error("the credit account is {}", status.as_str())]
    CreditAccountStatus {
        /// The account.
        account: AccountId,
        /// Its status.
        status: AccountStatus,
    },
    /// The amount exceeds the largest single debit.
    #[error("the amount exceeds the largest single payment")]
    LargestExceeded {
        /// The limit.
        limit: Money,
        /// What was asked.
        asked: Money,
    },
    /// The amount would exceed the day's limit.
    #[error("the amount exceeds what is left of the day's limit")]
    DayLimitExceeded {
        /// The limit.
        limit: Money,
        /// What was spent on this business day.
        spent: Money,
        /// What was asked.
        asked: Money,
    },
    /// The amount would exceed the month's limit.
    #[error("the amount exceeds what is left of the month's limit")]
    MonthLimitExceeded {
        /// The limit.
        limit: Money,
        /// What was spent in this month.
        spent: Money,
        /// What was asked.
        asked: Money,
    },
    /// More is taken than is available.
    #[error("insufficient funds")]
    InsufficientFunds {
        /// The account.
        account: AccountId,
        /// What is available: balance less holds plus overdraft limit; below zero after an import or a forced debit.
        available: Money,
        /// What was asked.
        asked: Money,
    },
    /// A balance or counter would leave 64 bits.
    #[error("a balance of {account} would be out of range")]
    OutOfRange {
        /// The account.
        account: AccountId,
    },
}

impl Refusal {
    /// Returns the stable code of the refusal.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::IdReused { .. } => "id_reused",
            Self::GroupSize { .. } => "group_size",
            Self::AmountNotPositive { .. } => "amount_not_positive",
            Self::SameAccount { .. } => "same_account",
            Self::TextNotStorable { .. } => "text_not_storable",
            Self::TransferNotFound { .. } => "transfer_not_found",
            Self::NotAHold { .. } => "not_a_hold",
            Self::NothingToReverse { .. } => "nothing_to_reverse",
            Self::IsReversal { .. } => "is_reversal",
            Self::AlreadyReversed { .. } => "already_reversed",
            Self::HoldNotPending { .. } => "hold_not_pending",
            Self::HoldExpired { .. } => "hold_expired",
            Self::ExpiryInPast { .. } => "expiry_in_past",
            Self::CaptureExceedsHold { .. } => "capture_exceeds_hold",
            Self::GroupIncomplete { .. } => "group_incomplete",
            Self::AccountNotFound { .. } => "account_not_found",
            Self::CurrencyDiffers { .. } => "currency_differs",
            Self::EffectiveInFuture { .. } => "effective_in_future",
            Self::EffectiveInPast { .. } => "effective_in_past",
            Self::MonthClosed { .. } => "month_closed",
            Self::DebitAccountStatus { .. } => "debit_account_status",
            Self::CreditAccountStatus { .. } => "credit_account_status",
            Self::LargestExceeded { .. } => "largest_exceeded",
            Self::DayLimitExceeded { .. } => "day_limit_exceeded",
            Self::MonthLimitExceeded { .. } => "month_limit_exceeded",
            Self::InsufficientFunds { .. } => "insufficient_funds",
            Self::OutOfRange { .. } => "out_of_range",
        }
    }
}
