//! A memory of what people may pay from, so that a payment costs no query before it is decided.
//!
//! It decides nothing by itself: the ledger compares every [`Purse::access_version`] under the account's lock, and
//! whoever's right has changed is judged anew. What that does not show (a verification taken back, a lower
//! threshold) raises the standing epoch, which nodes watch.

use std::collections::HashMap;
use std::time::Duration;

use kernel::{AccountId, AccountNumber, UserId};

use super::memory::Memory;

/// How long a wallet is remembered.
const KEPT: Duration = Duration::from_mins(1);
/// How many accounts and payees are remembered at once; some forty bytes for each account.
const MOST: u64 = 150_000;

/// Holds what one person may do alone, as the database knew it.
///
/// Accounts that need more than the person (other signatures, a verification) are left out.
#[derive(Debug)]
pub struct Wallet {
    /// The accounts that the person pays from alone.
    pub purses: HashMap<AccountId, Purse>,
    /// Accounts of others that the person has paid before, by number.
    pub payees: HashMap<AccountNumber, AccountId>,
    /// Above which amount a payment to others needs a step-up, in minor units of the base currency.
    pub threshold_minor: i64,
}

/// Holds one account in a wallet.
#[derive(Clone, Copy, Debug)]
pub struct Purse {
    /// Whether the person owns the account, and does not merely pay for its owner.
    pub is_own: bool,
    /// How often rights to the account had changed.
    pub access_version: i64,
}

/// Remembers wallets while the standing epoch stands.
pub type Wallets = Memory<UserId, Wallet>;

/// Makes an empty memory of wallets.
pub(super) fn wallets() -> Wallets {
    Memory::new(KEPT, MOST, weigh)
}

/// Says how much of [`MOST`] a wallet takes; an empty one takes something too.
fn weigh(wallet: &Wallet) -> u32 {
    u32::try_from(1 + wallet.purses.len() + wallet.payees.len()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_wallet_takes_as_much_as_it_has_accounts_and_payees_and_one() {
        let id = |number| AccountId::from_uuid(Uuid::from_u128(number));
        let purse = Purse { is_own: true, access_version: 1 };
        let number: AccountNumber = "GB29NWBK60161331926819".parse().expect("an IBAN");
        let purses = HashMap::from([(id(1), purse), (id(2), purse)]);
        let payees = HashMap::from([(number, id(3))]);
        assert_eq!(weigh(&Wallet { purses, payees, threshold_minor: 0 }), 4);
        assert_eq!(weigh(&Wallet { purses: HashMap::new(), payees: HashMap::new(), threshold_minor: 0 }), 1);
    }
}
