//! What identity knows: people, their proofs, their sessions and keys; what may be typed in; what is refused.

pub mod credential;
mod error;
mod input;
mod password;
mod scope;
pub mod session;
pub mod throttle;
pub mod user;
mod visitor;

pub use credential::{ApiKey, Invitation, MailToken, Purpose};
pub use error::IdentityError;
pub use input::{Email, FullName, Locale, UnfitInput};
pub use password::{PasswordFlaw, judge as judge_password};
pub use scope::{parse_roles, parse_scopes, role_text, scope_text};
pub use session::{EndReason, RefreshToken, Session};
pub use throttle::{Throttle, ThrottleScope};
pub use user::{Note, User, UserKind, UserStatus};
pub use visitor::{Delivery, Visitor};
