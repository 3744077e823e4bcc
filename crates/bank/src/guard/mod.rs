//! What one process holds to know its callers: the password pool, the keys of its tokens, and a short memory.
//!
//! Nothing here decides: `identity` does, from the session's row, and the ledger, under the account's lock. Callers are
//! remembered for a second at most and only while the security epoch stands, so that a request with a good token
//! costs no query. What accounts are called never changes, and is remembered for good.

mod flights;
mod memory;
mod other_sides;
mod passwords;
mod principals;
mod tokens;
mod wallets;

use std::sync::Arc;

use kernel::Random;

use crate::Settings;

pub use flights::{Flight, Flights};
pub use memory::Memory;
pub use other_sides::{OtherSide, OtherSides};
pub use passwords::{Overloaded, PasswordPool};
pub use principals::{Principal, PrincipalKey, Principals};
pub use tokens::{Audience, Claims, Life, TokenRing};
pub use wallets::{Purses, Wallet, Wallets};

/// Holds what this process needs to know its callers; clones share it.
#[derive(Clone, Debug)]
pub struct Guard(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    passwords: PasswordPool,
    tokens: TokenRing,
    principals: Principals,
    wallets: Wallets,
    flights: Flights,
    other_sides: OtherSides,
}

/// Says that the settings hold no secret to sign tokens with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no secret to sign access tokens with")]
pub struct NoTokenSecret;

impl Guard {
    /// Makes the pool, the ring and an empty memory from the settings.
    ///
    /// # Errors
    /// [`NoTokenSecret`] when the settings hold none.
    pub fn new(settings: &Settings, random: &Random) -> Result<Self, NoTokenSecret> {
        Ok(Self(Arc::new(Parts {
            passwords: PasswordPool::new(settings.password_cost, random.clone()),
            tokens: TokenRing::new(&settings.jwt_secrets, &settings.public_url).ok_or(NoTokenSecret)?,
            principals: principals::principals(),
            wallets: wallets::wallets(),
            flights: Flights::default(),
            other_sides: OtherSides::default(),
        })))
    }

    /// Lends the pool that hashes passwords.
    pub fn passwords(&self) -> &PasswordPool {
        &self.0.passwords
    }

    /// Lends the keys of access tokens.
    pub fn tokens(&self) -> &TokenRing {
        &self.0.tokens
    }

    /// Lends the memory of callers that were checked just now.
    pub fn principals(&self) -> &Principals {
        &self.0.principals
    }

    /// Lends the memory of what the other sides of lines are called.
    pub fn other_sides(&self) -> &OtherSides {
        &self.0.other_sides
    }

    /// Lends the memory of what people may pay from.
    pub fn wallets(&self) -> &Wallets {
        &self.0.wallets
    }

    /// Lends the list of the repeatable requests under way.
    pub fn flights(&self) -> &Flights {
        &self.0.flights
    }
}
