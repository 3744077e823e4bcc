//! Requests that move money may be repeated: the same key has one effect and one answer.
//!
//! A handler takes an [`IdempotencyKey`] and asks [`begin`]: either the request was answered before, then the
//! stored bytes are the answer, or there is an [`Attempt`] with a transaction to work in:
//!
//! ```ignore
//! match idempotency::begin(&bank, &caller, &key).await? {
//!     Begun::Replay(response) => Ok(response),
//!     Begun::Fresh(attempt) => {
//!         let outcome = service::create(&bank, attempt.tx(), &caller, order).await;
//!         let outcome = outcome.map(|made| (StatusCode::CREATED, TransferResponse::from(made)));
//!         attempt.finish(outcome.map_err(Problem::from)).await
//!     }
//! }
//! ```
//!
//! A page's form carries its key in a hidden field, made anew with each page (`ui::once`); its handler does the same and
//! reads either answer by [`told`].
//!
//! States of a key: unknown → claimed (a row that nobody else sees) → answered, with the work, in one commit.
//! A crash, a failure of ours or an input that cannot be valid leaves the key unknown.
//!
//! - The claim is an insert of the key's digest: a twin waits for it up to the lock time-out (5 s),
//!   then is told 409. On SQLite it waits for the one writer, as everybody does, and is told 409 where others are
//!   told 503: `guard::Flights` knows of the twin.
//! - Successes and refusals of the domain are stored; a refusal's work is undone first. Not stored: 400, 401,
//!   403, 408, 429, `invalid_input` and everything of ours (5xx). Asking again may then end differently.
//! - A key belongs to a principal, method and route, however the version was written; what was asked is path, query and
//!   raw body. Receipts are the ledger's table, which its fast path fills by itself under the same
//!   [`IdempotencyKey::receipt`], and may keep as the id of the transfer that an answer shows; a route whose answers are kept
//!   so begins by [`begin_showing`]. They are kept 30 days.
//!
//! Cost: claim and answer, two statements and a savepoint more than the work itself.

mod jobs;
mod key;
mod model;
mod service;
mod told;

pub use jobs::register;
pub use key::IdempotencyKey;
pub use model::{key_reused, rendered, replayed};
pub use service::{Attempt, Begun, begin, begin_showing, purge};
pub use told::told;
