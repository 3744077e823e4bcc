//! Why something about a connection is refused.

use thiserror::Error;
use truelayer::signature::SignatureError;
use truelayer::webhook::EventError;

use super::connection::TooLate;
use crate::accounts::AccountError;
use crate::context::Forbidden;
use crate::sealing::vault::VaultError;

/// Says why something about a connection is refused.
#[derive(Debug, Error)]
pub enum OpenBankingError {
    /// The caller may not do this.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// The operator has not set the service up.
    #[error("accounts at other banks cannot be linked here")]
    Off,
    /// The operator has not set payments up.
    #[error("payments from other banks are not offered here")]
    PaymentsOff,
    /// The amount is not above zero, or its currency is not the account's or has no account at the service.
    #[error("nothing can be paid in with this amount and currency")]
    AmountNotPayable,
    /// The key was used for another request.
    #[error("the Idempotency-Key was used for another request")]
    KeyReused,
    /// The account is not there for the caller.
    #[error(transparent)]
    Account(#[from] AccountError),
    /// The ledger refuses a booking that must be made.
    #[error("a payment could not be booked: {0}")]
    NotBooked(ledger::Refusal),
    /// Only the customer in person can consent.
    #[error("only a signed-in customer can do this")]
    NeedsPerson,
    /// There is none, or it is another customer's.
    #[error("no such connection")]
    NotFound,
    /// The bank is not among those that are offered.
    #[error("the bank is not offered")]
    ProviderNotOffered,
    /// The return belongs to no link of this customer that is still open.
    #[error("this return from the bank cannot be used: begin again with a new link")]
    ReturnNotUsable,
    /// The customer, or the bank, said no.
    #[error("nothing was granted at the bank")]
    ConsentRefused,
    /// A renewal led to another bank than the connection's.
    #[error("the connection belongs to another bank: link this one separately")]
    AnotherBank,
    /// The connection's state does not allow it.
    #[error(transparent)]
    TooLate(#[from] TooLate),
    /// It does not work, so that nothing can be read through it.
    #[error("the connection does not work: only its customer can renew it")]
    NotWorking,
    /// Somebody else changed the connection at the same time.
    #[error("the connection was changed meanwhile")]
    Changed,
    /// Another process is getting new tokens for the connection.
    #[error("the connection is being renewed at this moment")]
    Busy,
    /// The service could not give new tokens just now; it is asked again in so many seconds.
    #[error("the connection is tried again in {0} s")]
    NotYet(u32),
    /// The service refused or could not be reached.
    #[error(transparent)]
    Service(#[from] truelayer::Error),
    /// A token does not open.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// A sum fits nowhere.
    #[error(transparent)]
    Sum(#[from] kernel::MoneyError),
    /// The database failed.
    #[error(transparent)]
    Storage(#[from] sea_orm::DbErr),
}

/// Says why a webhook is not taken in.
#[derive(Debug, Error)]
pub enum WebhookError {
    /// The operator has not set the service, or its secret, up.
    #[error("no webhooks are taken here")]
    Off,
    /// Nothing shows that the service sent it.
    #[error(transparent)]
    Unsigned(#[from] SignatureError),
    /// Too many from one address that nothing showed to be the service's.
    #[error("too many requests that are not signed")]
    TooMany {
        /// When the next is looked at.
        retry_after_seconds: u32,
    },
    /// It is signed, and no event.
    #[error(transparent)]
    NoEvent(#[from] EventError),
    /// It is signed, and older than any that the service still delivers, or of the future.
    #[error("the event is too old, or of the future")]
    Stale,
    /// The database failed: the service sends it again.
    #[error(transparent)]
    Storage(#[from] sea_orm::DbErr),
}
