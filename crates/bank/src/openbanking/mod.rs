//! Accounts that customers hold at other banks, linked through TrueLayer.
//!
//! So far the rules alone, which need no database: what a connection's states are, when a consent ends, which call may be
//! made, which imported row is which, and what the rows say about a household.
//!
//! States of a connection: `PENDING → ACTIVE → EXPIRED | REVOKED | ERROR`. The customer links, renews and revokes; the
//! bank and the clock expire; an unexpected fault makes an error, a refresh that works mends it. `REVOKED` is final: a
//! refresh that comes late brings nothing back ([`transition`]).
//!
//! What always holds:
//! - The provider's own end of a consent wins over the country's clock.
//! - Four calls a day without the customer, for each account and kind of question; two of them are kept for events.
//! - A row is known by what the bank keeps, never by the service's name for it, which changes with every answer.
//! - Announced rows are never counted, and only ever suggested to be a booked one when the amounts differ.

mod model;

pub use model::budget::{
    Backoff, Circuit, CountedCall, Purpose, Verdict, backoff, decide as decide_call, quota_ends_at,
};
pub use model::connection::{
    ConnectionEvent, ConnectionStatus, EndReason, TooLate, Treatment, transition, treat_read, treat_refresh,
};
pub use model::consent::{ConsentRules, ConsentState, Regime, Renewal, reminder};
pub use model::identity::{
    AccountKey, CardDetails, ImportedRow, MergePlan, RowKey, StoredRow, merge, row_keys,
};
pub use model::insights::{Flow, Household, Interval, Kind, Month, Recurring, SeenRow, kinds, recurring};
pub use model::pending::{Announced, Fate, fates};
