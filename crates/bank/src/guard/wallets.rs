//! A memory of what people may pay from, so that a payment costs no query before it is decided.
//!
//! It decides nothing by itself: the ledger compares every [`Seen::access_version`] under the account's lock, and
//! whoever's right has changed is judged anew. What that does not show (a verification taken back, a lower
//! threshold) raises the standing epoch, which nodes watch.

use std::collections::HashMap;
use std::time::Duration;

use kernel::{AccountId, AccountNumber, UserId};
use ledger::Seen;

use super::memory::Memory;

/// How long a wallet is remembered.
const KEPT: Duration = Duration::from_mins(1);
/// How many accounts and payees are remembered at once; 24 bytes for each account.
const MOST: u64 = 150_000;

/// Holds what one person may do alone, as the database knew it.
///
/// Accounts that need more than the person (other signatures, a verification) are left out.
#[derive(Debug)]
pub struct Wallet {
    /// The person's own accounts.
    pub own: Purses,
    /// Accounts of others for which the person pays.
    pub entrusted: Purses,
    /// Accounts of others that the person has paid before, by number.
    pub payees: HashMap<AccountNumber, AccountId>,
    /// Above which amount a payment to others needs a step-up, in minor units of the base currency.
    pub threshold_minor: i64,
}

/// Holds accounts, each with how often rights to it had changed, in id order and without room for more.
#[derive(Debug, Default)]
pub struct Purses(Box<[Seen]>);

impl Purses {
    /// Finds an account.
    pub fn find(&self, id: AccountId) -> Option<Seen> {
        self.0.binary_search_by_key(&id, |seen| seen.account).ok().map(|place| self.0[place])
    }
}

impl FromIterator<Seen> for Purses {
    fn from_iter<I: IntoIterator<Item = Seen>>(accounts: I) -> Self {
        let mut accounts: Vec<Seen> = accounts.into_iter().collect();
        accounts.sort_unstable_by_key(|seen| seen.account);
        Self(accounts.into_boxed_slice())
    }
}

/// Remembers wallets while the standing epoch stands.
pub type Wallets = Memory<UserId, Wallet>;

/// Makes an empty memory of wallets.
pub(super) fn wallets() -> Wallets {
    Memory::new(KEPT, MOST, weigh)
}

/// Says how much of [`MOST`] a wallet takes; an empty one takes something too.
fn weigh(wallet: &Wallet) -> u32 {
    u32::try_from(1 + wallet.own.0.len() + wallet.entrusted.0.len() + wallet.payees.len()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn id(number: u128) -> AccountId {
        AccountId::from_uuid(Uuid::from_u128(number))
    }

    fn purses(numbers: &[u128]) -> Purses {
        let accounts = numbers.iter().map(|number| (id(*number), 10 + i64::try_from(*number).unwrap()));
        accounts.map(|(account, access_version)| Seen { account, access_version }).collect()
    }

    #[test]
    fn accounts_are_found_however_they_came() {
        let purses = purses(&[5, 1, 9]);
        for number in [1, 5, 9] {
            let access_version = 10 + i64::try_from(number).unwrap();
            assert_eq!(purses.find(id(number)), Some(Seen { account: id(number), access_version }));
        }
        assert_eq!([purses.find(id(0)), purses.find(id(6)), purses.find(id(10))], [None; 3]);
        assert_eq!((purses.0.len(), purses.0.is_empty(), Purses::default().0.is_empty()), (3, false, true));
    }

    #[test]
    fn a_wallet_takes_as_much_as_it_has_accounts_and_payees_and_one() {
        let number: AccountNumber = "GB29NWBK60161331926819".parse().expect("an IBAN");
        let payees = HashMap::from([(number, id(3))]);
        let full = Wallet { own: purses(&[1, 2]), entrusted: purses(&[4]), payees, threshold_minor: 0 };
        assert_eq!(weigh(&full), 5);
        let (own, entrusted) = (Purses::default(), Purses::default());
        assert_eq!(weigh(&Wallet { own, entrusted, payees: HashMap::new(), threshold_minor: 0 }), 1);
    }
}
