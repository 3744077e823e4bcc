//! The words of this slice: products, accounts, owners, limits, and why something is refused.

mod account;
mod authority;
mod limits;
mod product;
mod work;

use kernel::{AccountNumber, CountryCode, Currency, Money, UserId};
use ledger::AccountStatus;

pub use account::{Account, Nickname, NumberError, account_row, make_number, search_text, usual_country};
pub use authority::{
    AccountAuthority, AccountOwner, Need, OwnerRole, Standing, account_owner, judge, require_some, signers,
};
pub use limits::{LimitChange, LimitName, Setting};
pub use product::{Product, ProductKind, product_row};
pub use work::{PendingWork, pending_work};

use crate::audit::Reason;
use crate::context::Forbidden;
use crate::kyc::KycError;

/// Asks for an account to be opened.
#[derive(Clone, Debug)]
pub struct OpenAccount {
    /// What to open.
    pub product_code: String,
    /// Where the number is from; the usual country of the currency when absent.
    pub country: Option<CountryCode>,
    /// What the holder calls it.
    pub nickname: Option<Nickname>,
    /// For whom; the caller when absent.
    pub holder: Option<UserId>,
    /// Why; required of staff.
    pub reason: Option<Reason>,
}

/// Says how staff change what may move on an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusChange {
    /// Nothing may move.
    Freeze,
    /// Money may come, none may leave.
    BlockDebits,
    /// Everything may move again.
    Unfreeze,
}

impl StatusChange {
    /// Returns the action's name in the audit log.
    pub const fn action(self) -> &'static str {
        match self {
            Self::Freeze => "account.freeze",
            Self::BlockDebits => "account.block_debits",
            Self::Unfreeze => "account.unfreeze",
        }
    }

    /// Decides the new status.
    ///
    /// A frozen account is unfrozen before debits are blocked, so that no freeze is loosened by the way.
    ///
    /// # Errors
    /// [`AccountError::Closed`], then [`AccountError::StatusNotAllowed`].
    pub fn decide(self, from: AccountStatus) -> Result<AccountStatus, AccountError> {
        use AccountStatus::{Closed, DebitBlocked, Frozen, Open};
        match (self, from) {
            (_, Closed) => Err(AccountError::Closed),
            (Self::Freeze, Open | DebitBlocked) => Ok(Frozen),
            (Self::BlockDebits, Open) => Ok(DebitBlocked),
            (Self::Unfreeze, Frozen | DebitBlocked) => Ok(Open),
            (Self::Freeze, Frozen) | (Self::BlockDebits, Frozen | DebitBlocked) | (Self::Unfreeze, Open) => {
                Err(AccountError::StatusNotAllowed { status: from })
            }
        }
    }
}

/// Says why something about an account is refused, in the order in which the questions are asked.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// The caller may not do this.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// No account has the id, or it is not the caller's.
    #[error("no account has this id")]
    NotFound,
    /// Staff say why.
    #[error("staff give a reason")]
    ReasonRequired,
    /// Staff say for whom.
    #[error("staff name the customer")]
    HolderRequired,
    /// No product has the code.
    #[error("no product has this code")]
    ProductNotFound,
    /// The bank makes no numbers in the country.
    #[error("the bank makes no account numbers in {0}")]
    CountryNotOffered(CountryCode),
    /// No customer has the id.
    #[error("no customer has this id")]
    CustomerNotFound,
    /// A holder is not known well enough, see [`KycError::LevelTooLow`].
    #[error(transparent)]
    Kyc(#[from] KycError),
    /// The number belongs to another account.
    #[error("the number {} is taken", .0.masked())]
    NumberTaken(AccountNumber),
    /// The account is closed.
    #[error("the account is closed")]
    Closed,
    /// The account's status does not allow it.
    #[error("the account is {}", status.as_str())]
    StatusNotAllowed {
        /// The status.
        status: AccountStatus,
    },
    /// All holders sign together: one of them cannot decide this.
    #[error("{signatures_required} holders sign together")]
    JointSignatureRequired {
        /// How many signatures are needed.
        signatures_required: usize,
    },
    /// Holders come and go by staff only; customers name and dismiss attorneys.
    #[error("holders are added and removed by staff only")]
    HoldersByStaffOnly,
    /// The person is an owner already.
    #[error("the person is an owner already")]
    AlreadyOwner {
        /// As what.
        role: OwnerRole,
    },
    /// The person is no owner.
    #[error("the person is not an owner")]
    NotAnOwner,
    /// An account has at least one holder.
    #[error("the last holder cannot be removed")]
    LastHolder,
    /// The overdraft is granted by staff.
    #[error("overdrafts are granted by staff only")]
    OverdraftByStaffOnly,
    /// The limit is below zero or in another currency.
    #[error("the limit {} must be zero or more, in {currency}", limit.as_str())]
    LimitNotUsable {
        /// Which limit.
        limit: LimitName,
        /// The account's currency.
        currency: Currency,
    },
    /// The limit is above what the product allows.
    #[error("the limit {} may be at most {maximum}", limit.as_str())]
    LimitAboveMaximum {
        /// Which limit.
        limit: LimitName,
        /// The product's bound.
        maximum: Money,
    },
    /// Something still waits on the account.
    #[error("work is pending on the account")]
    WorkPending {
        /// What waits, by kind.
        kinds: Vec<String>,
    },
    /// Money is on the account, or missing from it.
    #[error("the balance is {balance}")]
    BalanceNotZero {
        /// The ledger balance.
        balance: Money,
    },
    /// Holds reserve money on the account or for it.
    #[error("holds of {held} are pending")]
    HoldsPending {
        /// How much they reserve.
        held: Money,
    },
    /// Nobody knows a balance of the future.
    #[error("the moment lies in the future")]
    AsOfInFuture,
    /// The cursor is of another list.
    #[error("not a cursor of this list")]
    CursorNotUsable,
    /// The operator's own codes do not make a number.
    #[error(transparent)]
    BankCodes(NumberError),
    /// The database failed.
    #[error(transparent)]
    Storage(#[from] sea_orm::DbErr),
}

impl From<NumberError> for AccountError {
    fn from(error: NumberError) -> Self {
        match error {
            NumberError::CountryNotOffered(country) => Self::CountryNotOffered(country),
            broken @ NumberError::BankCode(_) => Self::BankCodes(broken),
        }
    }
}

/// Translates what the ledger says; what cannot happen is a fault of the database.
impl From<ledger::AccountError> for AccountError {
    fn from(error: ledger::AccountError) -> Self {
        match error {
            ledger::AccountError::NotFound { .. } => Self::NotFound,
            ledger::AccountError::Closed { .. } => Self::Closed,
            ledger::AccountError::NotSettled { pending, .. } if !pending.is_zero() => {
                Self::HoldsPending { held: pending }
            }
            ledger::AccountError::NotSettled { balance, .. } => Self::BalanceNotZero { balance },
            ledger::AccountError::Storage(error) => Self::Storage(error),
            broken @ (ledger::AccountError::Exists { .. } | ledger::AccountError::LimitNotUsable { .. }) => {
                Self::Storage(sea_orm::DbErr::Custom(broken.to_string()))
            }
        }
    }
}

#[cfg(test)]
mod tests;
