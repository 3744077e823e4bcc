//! Who somebody is: users, how they prove it, what they are signed in with, and what they may do.
//!
//! A user is `pending_verification → active` (by the mailed token), `active ⇄ suspended` (by staff). A session
//! lives until it is ended, rests too long or its time is up; its row decides, an access token alone opens
//! nothing. Refresh tokens are exchanged once; one used twice ends its session.
//!
//! Invariants: no secret is stored in clear; a failure never says which proof was wrong; an address that
//! nobody registered behaves and costs like one that somebody did; a user has at most five sessions, whoever
//! races; every change and every failure is in the audit log, without addresses.
//!
//! Cost: a request with a good token reads two rows once a second for each caller, and nothing in between
//! ([`crate::guard`]). A sign-in costs one argon2id hash and one transaction.
//!
//! Not here: verification levels (`kyc`), confirmations of single payments (`challenges`).

pub mod api;
pub mod console;
pub mod directory;
mod edge;
mod jobs;
pub mod model;
pub mod service;
mod store;
mod visitor;

pub use console::{customer_address, history, member_address, show_customer};
pub use edge::authenticate;
pub use jobs::register as register_jobs;
pub use model::{Email, FullName, IdentityError, Locale, User, UserKind, UserStatus};
pub use store::users::UserFilter;
