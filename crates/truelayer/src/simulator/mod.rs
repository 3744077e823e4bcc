//! The service and its banks, simulated: a real server that the unchanged client talks to.
//!
//! Three listeners, as the service has three hosts: `auth` (links, tokens, the pages of bank and consent, `/sim`), `api`
//! (Data API v1, Payments API v3) and `hooks` (the published keys). Behind them is one `World` under one
//! lock that nothing awaits: consents, tokens, accounts, payments, and what has been asked. It tells the time by its own
//! clock, which can be moved, and its banks' books follow from a seed and the calendar: ask twice, get the same.
//!
//! It holds to the contract where that is inconvenient: only the last access token works, codes work once, identifiers
//! change between answers, the fifth call of a day without the user is refused, a question is answered for an hour with
//! the same bytes. `/sim` ([`control`]) makes things go wrong on purpose. It is not there in the profile
//! [`Profile::Live`], which imitates production; the handle ([`Simulator`]) can do the same.
//!
//! What it deliberately does not do: keep anything on disk, or judge what the contract leaves open in only one way; how
//! refresh tokens behave and whether account ids survive a new link are [`Modes`].

mod auth;
mod book;
mod calls;
mod consent;
pub mod control;
mod data;
mod delay;
mod faults;
mod handle;
mod mock_user;
mod modes;
mod pages;
mod payments;
mod provider;
mod registration;
mod reply;
mod shared;
mod token;
mod webhooks;
mod world;

pub use calls::RecordedCall;
pub use control::{
    AddedTransaction, Authorization, AuthorizationOutcome, Control, ControlError, LinkState, Registration,
    UnmatchedMoney,
};
pub use faults::{Fault, FaultKind};
pub use handle::{Options, Ports, Simulator};
pub use modes::{Modes, RefreshMode, ReturnMode, WebhookMode};
pub use provider::Profile;
pub use registration::{HmacForm, RegisteredClient, WebhookScheme, WebhookTarget};
pub use webhooks::DeliveryRecord;
