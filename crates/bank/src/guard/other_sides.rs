//! What the other sides of lines are called, and a memory of that.

use std::collections::HashMap;
use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};

use kernel::{AccountId, MaskedNumber};
use serde::{Serialize, Serializer};

/// Says who the other side of a line is, as far as anybody may know who sees the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OtherSide {
    /// An account of the bank's own.
    Bank,
    /// A customer's account.
    Customer(MaskedNumber),
}

impl OtherSide {
    /// Returns the text: `****5555`, or `the bank`.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Bank => "the bank",
            Self::Customer(number) => number.as_str(),
        }
    }
}

impl Serialize for OtherSide {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// Remembers what accounts are called, for good: neither the number of an account nor whether it is a customer's ever changes.
///
/// A page of fifty lines names up to fifty of them. What was not asked for lately goes: when as many were met as one
/// half holds, the older half is dropped.
#[derive(Debug, Default)]
pub struct OtherSides(Mutex<Halves>);

#[derive(Debug, Default)]
struct Halves {
    young: HashMap<AccountId, OtherSide>,
    old: HashMap<AccountId, OtherSide>,
}

/// How many accounts one half holds: as many as fit a table of 2^17 places, some 4 MB.
const MOST: usize = (1 << 17) / 8 * 7;

impl OtherSides {
    /// Returns what is remembered of each account, in their order.
    pub(crate) fn recall(&self, ids: &[AccountId]) -> Vec<Option<OtherSide>> {
        let mut halves = self.halves();
        ids.iter().map(|id| halves.recall(*id)).collect()
    }

    /// Remembers what was read.
    pub(crate) fn keep(&self, read: &HashMap<AccountId, OtherSide>) {
        let mut halves = self.halves();
        for (id, side) in read {
            halves.keep(*id, *side);
        }
    }

    fn halves(&self) -> MutexGuard<'_, Halves> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Halves {
    fn recall(&mut self, id: AccountId) -> Option<OtherSide> {
        if let Some(side) = self.young.get(&id) {
            return Some(*side);
        }
        let side = *self.old.get(&id)?;
        self.keep(id, side);
        Some(side)
    }

    fn keep(&mut self, id: AccountId, side: OtherSide) {
        if self.young.len() >= MOST {
            self.old = mem::take(&mut self.young);
        }
        self.young.insert(id, side);
    }
}

#[cfg(test)]
mod tests {
    use kernel::AccountNumber;
    use uuid::Uuid;

    use super::*;

    fn id(number: usize) -> AccountId {
        AccountId::from_uuid(Uuid::from_u128(number as u128))
    }

    #[test]
    fn what_was_asked_for_lately_is_remembered_and_the_memory_has_an_end() {
        let number: AccountNumber = "GB29NWBK60161331926819".parse().expect("an IBAN");
        let side = OtherSide::Customer(number.masked());
        let sides = OtherSides::default();
        sides.keep(&HashMap::from([(id(0), side), (id(1), OtherSide::Bank)]));
        for number in 2..=2 * MOST {
            sides.keep(&HashMap::from([(id(number), OtherSide::Bank)]));
            if number % 10_000 == 0 {
                assert_eq!(sides.recall(&[id(0)]), [Some(side)], "asked for after {number}");
            }
        }
        assert_eq!(sides.recall(&[id(0), id(1), id(2 * MOST)]), [Some(side), None, Some(OtherSide::Bank)]);
        let halves = sides.halves();
        assert!(halves.young.len() <= MOST && halves.old.len() <= MOST);
    }
}
