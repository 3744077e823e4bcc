//! TrueLayer's protocol, from both sides: a client, the two kinds of webhook signature, and a simulator.
//!
//! A user links an account they hold at a bank. The program sends them to [`AuthLink`], gets a code back
//! ([`CallbackFields`]), exchanges it for [`Tokens`] ([`Client::exchange_code`]) and reads with the access token:
//! [`Client::accounts`], [`Client::account_transactions`] and the rest of Data API v1. An access token lives an hour;
//! [`Client::refresh`] gets the next. Consent ends after months: [`Client::extend`] or a new link renews it.
//! [`payments`] creates and follows single payments over Payments API v3, with signed requests.
//!
//! What holds:
//! - One call is one request. Nothing is retried, cached or refreshed behind the caller's back: calls are counted by
//!   banks (PSD2 RTS Art. 36(5)(b)), so whoever keeps the budget decides about the next one.
//! - Amounts are [`Decimal`]s read from the text of the JSON, never floats. Dates keep the day that the bank wrote.
//! - An answer that is only partly readable says so ([`Answer::is_complete`]).
//! - Failures are classified by the service's code, not by status ([`Error::remedy`]).
//! - Tokens, secrets, account numbers and names print as stars, in `Debug` as in errors.
//!
//! What it deliberately does not do: keep tokens, decide when to refresh, store what was read, know its users.
//!
//! [`simulator`] is a real server that the unchanged client talks to. The contract is the vendor's OpenAPI description,
//! against which the tests validate every answer of the simulator.

mod auth_link;
mod callback;
pub mod client;
pub mod data;
mod decimal;
mod environment;
mod error;
pub mod payments;
mod pkce;
mod provider;
mod scope;
pub mod signature;
pub mod simulator;
mod timestamp;
mod token;
pub mod webhook;

pub use auth_link::{AuthLink, ResponseMode};
pub use callback::{Callback, CallbackFields};
pub use client::{
    Answer, Call, Client, CodeExchange, DebugId, DirectLink, Endpoint, Extended, Extension, Item, LinkUser,
    Read, ReauthLink, Task, TaskStatus, Unread, Window, WindowEnd,
};
pub use decimal::{Decimal, DecimalError};
pub use environment::Environment;
pub use error::{Error, ErrorCode, Failure, Refusal, Remedy};
pub use pkce::{CodeChallenge, CodeVerifier};
pub use provider::{Provider, ProviderQuery};
pub use scope::{Scope, Scopes};
pub use timestamp::Timestamp;
pub use token::{AccessToken, ClientCredentials, RefreshToken, Tokens};
