//! Accounts that customers hold at other banks, linked through TrueLayer.
//!
//! A customer asks for a link to their bank ([`service::begin`]), consents there, and comes back with a code that is
//! exchanged for tokens ([`service::complete`]). A renewal goes the same way and ends on the same row. The tokens stay
//! here, sealed ([`crate::sealing::vault`]); no answer holds one.
//!
//! States of a connection: `PENDING → ACTIVE → EXPIRED | REVOKED | ERROR`. The customer links, renews and revokes; the
//! bank and the clock expire; an unexpected fault makes an error, a refresh that works mends it. `REVOKED` is final: a
//! refresh that comes late brings nothing back ([`transition`]).
//!
//! What always holds:
//! - Whose connection it is comes from the session, never from the request; another customer's is not there.
//! - A way to the bank and back can be gone once, by whoever began it, within ten minutes.
//! - Every change of a state compares the row's version and is audited in the same transaction.
//! - The provider's own end of a consent wins over the country's clock.
//! - Four calls a day without the customer, for each account and kind of question; two of them are kept for events.
//! - A row is known by what the bank keeps, never by the service's name for it, which changes with every answer.
//! - Announced rows are never counted, and only ever suggested to be a booked one when the amounts differ.
//! - New tokens are asked for by one caller at a time, and a question that was never answered leaves a mark.
//!
//! Cost of a link: three statements to begin, one call to the service after the return for the tokens and one for the
//! consent, then five statements.
//!
//! Tokens are replaced every six hours, a few connections at a time, and on demand ([`service::refresh_due`],
//! [`service::refresh_own`]). Every ten minutes consents whose time is over end ([`service::sweep`]).
//!
//! Accounts, balances and rows are read at once after a link, twice a day ([`service::pull_due`]) and when their customer asks
//! ([`service::pull_own`]). Every call to a bank is counted before it is made; banks' answers are kept sealed, and what
//! tells rows apart beside them. Whoever takes a consent back has everything erased some time later ([`service::erase_due`]).
//!
//! What the service reports is believed when it is signed, taken in once, and no more than a hint: the account is read again
//! ([`service::take_webhook`]).
//!
//! A bank that needs longer for its rows than anybody waits is asked by the service in its own time ([`service::collect`]).

mod api;
pub mod console;
mod jobs;
mod model;
pub mod own;
pub mod service;
mod store;

pub use api::routes;
pub use jobs::register;
pub use model::calls::{CircuitRow, ProviderCall, ReadState, circuit_row, provider_call, read_state};
pub use model::days::{ConnectionDay, connection_day};
pub use model::imported::{
    ExternalAccount, ExternalKind, ExternalTransaction, PendingTransaction, RowPlace, Side, external_account,
    external_transaction, pending_transaction,
};
pub use model::inbox::{EventPlace, EventState, WebhookEvent, webhook_event};
pub use model::instruction::{ExternalInstruction, InstructionKind, external_instruction};
pub use model::payment::{BankPayment, Booking, PaymentState, advance, bank_payment};
pub use model::refusal::{OpenBankingError, WebhookError};
pub use model::tables::{
    Connection, OauthState, RefreshRun, connection, oauth_state, refresh_run, success_basis_points,
};
pub use model::task::{ReadTask, TASK_PATIENCE, look_again_at, read_task};

pub use model::budget::{
    Circuit, CountedCall, Purpose, Verdict, decide as decide_call, pause, quota_ends_at,
};
pub use model::connection::{
    ConnectionEvent, ConnectionFilter, ConnectionStatus, EndReason, TooLate, Treatment, transition,
    treat_read, treat_refresh,
};
pub use model::consent::{ConsentRules, ConsentState, Regime, Renewal, reminder};
pub use model::identity::{
    AccountKey, CardDetails, ImportedRow, MergePlan, RowKey, StoredRow, merge, row_keys,
};
pub use model::insights::{Flow, Household, Interval, Kind, Month, Recurring, SeenRow, kinds, recurring};
pub use model::pending::{Announced, Fate, fates};
