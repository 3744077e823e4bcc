//! The vocabulary of the bank: typed ids, money, time, chance, paging and payment identifiers.
//!
//! Everything here is plain data with checked constructors. Nothing reads a file, a socket or an
//! environment variable, nothing is async, and only [`Clock`] and [`Random`] know the outside world,
//! so that a test can hold both still.

pub mod aba;
pub mod account_number;
pub mod actor;
pub mod bic;
pub mod card;
pub mod clock;
pub mod country;
pub mod currency;
pub mod iban;
pub mod id;
pub mod masked;
pub mod money;
pub mod paging;
pub mod random;
pub mod rounding;
pub mod secret;
pub mod sort_code;
mod text;
pub mod times;

pub use aba::AbaRoutingNumber;
pub use account_number::{AccountNumber, GivenAccountNumber, UsAccountNumber};
pub use actor::{Actor, ActorKind, RequestId};
pub use bic::Bic;
pub use card::contains_card_number;
pub use clock::{Clock, Instant};
pub use country::CountryCode;
pub use currency::Currency;
pub use iban::Iban;
pub use id::*;
pub use masked::MaskedNumber;
pub use money::{Money, MoneyError};
pub use paging::{Cursor, Page, PageRequest};
pub use random::Random;
pub use rounding::Rounding;
pub use secret::Secret;
pub use sort_code::SortCode;
