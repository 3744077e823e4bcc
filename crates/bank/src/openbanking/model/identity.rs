//! Which imported account is which, and which row: by what the bank keeps, never by names that change.

use std::collections::{BTreeMap, BTreeSet};

use aws_lc_rs::digest;
use chrono::NaiveDate;
use kernel::{Money, UserId};
use truelayer::data::{AccountNumbers, Direction};

/// Recognizes an account or card when a link is made anew, as a hash that shows no number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountKey([u8; 32]);

/// Holds what tells cards of one bank apart.
#[derive(Clone, Copy, Debug)]
pub struct CardDetails<'a> {
    /// `VISA` and the like.
    pub network: &'a str,
    /// The last digits.
    pub partial_number: &'a str,
    /// Whose name is on it.
    pub name_on_card: &'a str,
}

impl AccountKey {
    /// Recognizes an account of a user at a provider.
    ///
    /// A branch with a number comes before an IBAN: some banks show one IBAN on several accounts. The currency belongs to
    /// it: others keep several currencies under one number. `None` when the bank gives no number at all; then only the
    /// service's own id is left.
    pub fn of_account(
        user: UserId,
        provider_id: &str,
        currency: &str,
        numbers: &AccountNumbers,
    ) -> Option<Self> {
        let number = numbers.number();
        let parts = if let (Some(sort_code), Some(number)) = (numbers.sort_code(), number) {
            ["sort_code", &sort_code.digits(), number].map(str::to_owned)
        } else if let (Some(branch), Some(number)) = (numbers.bsb().or(numbers.routing_number()), number) {
            ["branch", branch, number].map(str::to_owned)
        } else {
            ["iban", "", numbers.iban()?.as_str()].map(str::to_owned)
        };
        Some(Self::hash(user, provider_id, currency, &parts))
    }

    /// Recognizes a card of a user at a provider.
    pub fn of_card(user: UserId, provider_id: &str, currency: &str, card: &CardDetails<'_>) -> Self {
        let name = card.name_on_card.to_uppercase();
        let parts = [card.network.to_uppercase(), card.partial_number.to_owned(), name];
        Self::hash(user, provider_id, currency, &parts)
    }

    /// Recognizes an account by the service's own id, when nothing better is there.
    pub fn of_id(user: UserId, provider_id: &str, account_id: &str) -> Self {
        Self::hash(user, provider_id, "", &["id".to_owned(), String::new(), account_id.to_owned()])
    }

    fn hash(user: UserId, provider_id: &str, currency: &str, parts: &[String; 3]) -> Self {
        let user = user.to_string();
        let all = [user.as_str(), provider_id, currency, &parts[0], &parts[1], &parts[2]];
        Self(hash(&all))
    }

    /// Returns the bytes to be stored.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// Hashes parts, each after its length, so that none can run into the next.
fn hash(parts: &[&str]) -> [u8; 32] {
    let mut context = digest::Context::new(&digest::SHA256);
    for part in parts {
        context.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        context.update(part.as_bytes());
    }
    let mut bytes = [0; 32];
    bytes.copy_from_slice(context.finish().as_ref());
    bytes
}

/// Holds of a booked row what tells it from others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportedRow {
    /// The service's lasting name for it.
    pub normalised_id: Option<String>,
    /// The bank's own name for it, which may be given twice.
    pub provider_id: Option<String>,
    /// The day that the bank wrote.
    pub booked_on: NaiveDate,
    /// How much; positive.
    pub amount: Money,
    /// Which way.
    pub direction: Direction,
    /// The bank's text.
    pub description: String,
}

/// Recognizes a booked row of one account in every later answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RowKey {
    hash: [u8; 32],
    /// Counts rows that nothing else tells apart: two bus rides on one day.
    ordinal: u32,
}

impl RowKey {
    /// Takes what was stored.
    pub const fn restored(hash: [u8; 32], ordinal: u32) -> Self {
        Self { hash, ordinal }
    }

    /// Returns the hash and the ordinal, to be stored.
    pub const fn parts(&self) -> (&[u8; 32], u32) {
        (&self.hash, self.ordinal)
    }
}

/// Recognizes the rows of one complete answer about one account, in their order.
///
/// By the lasting name; else by the bank's own, guarded by day, amount and direction, since banks use one name twice;
/// else by day, amount, direction and text. Rows that are still the same are counted.
pub fn row_keys(rows: &[ImportedRow]) -> Vec<RowKey> {
    let mut counts: BTreeMap<[u8; 32], u32> = BTreeMap::new();
    let key = |row: &ImportedRow| {
        let hash = row.hash();
        let count = counts.entry(hash).or_default();
        let ordinal = *count;
        *count += 1;
        RowKey { hash, ordinal }
    };
    rows.iter().map(key).collect()
}

impl ImportedRow {
    fn hash(&self) -> [u8; 32] {
        if let Some(id) = &self.normalised_id {
            return hash(&["normalised", id]);
        }
        let (day, minor) = (self.booked_on.to_string(), self.amount.minor().to_string());
        let currency = self.amount.currency().to_string();
        let direction = match self.direction {
            Direction::Debit => "debit",
            Direction::Credit => "credit",
        };
        let guard = [day.as_str(), &minor, &currency, direction];
        match self.provider_id.as_deref().map(str::trim).filter(|id| !id.is_empty()) {
            Some(id) => hash(&["provider", id, guard[0], guard[1], guard[2], guard[3]]),
            None => hash(&["text", &squeezed(&self.description), guard[0], guard[1], guard[2], guard[3]]),
        }
    }
}

/// Makes texts alike that differ in case and blanks only.
pub(super) fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_uppercase()
}

/// Holds of a stored row what merging needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoredRow {
    /// How it was recognized.
    pub key: RowKey,
    /// Whether that was by a lasting name.
    pub has_lasting_name: bool,
    /// The day that the bank wrote.
    pub booked_on: NaiveDate,
    /// How much; positive.
    pub amount: Money,
    /// Which way.
    pub direction: Direction,
}

/// Says what a complete answer changes; all numbers are positions in the two lists.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MergePlan {
    /// Stored rows that are this fetched row: kept, with what the customer noted on them.
    pub same: Vec<(usize, usize)>,
    /// Fetched rows that are new.
    pub added: Vec<usize>,
    /// Stored rows that the bank does not show any more.
    pub gone: Vec<usize>,
}

/// How far the days of one row under two names may lie apart.
const SAME_ROW_DAYS: i64 = 3;

/// Compares all stored rows of a window with a complete answer about it.
///
/// Rows with lasting names are merged. Those without are replaced, as the vendor advises; there a row that only changed
/// its text or its day, or was given a lasting name since, is the same row, so that notes are not lost. An empty answer
/// removes nothing: it may as well be a bank that forgot.
pub fn merge(stored: &[StoredRow], fetched: &[ImportedRow]) -> MergePlan {
    let keys = row_keys(fetched);
    let by_key: BTreeMap<RowKey, usize> = stored.iter().enumerate().map(|(at, row)| (row.key, at)).collect();
    let mut plan = MergePlan::default();
    for (at, key) in keys.iter().enumerate() {
        match by_key.get(key) {
            Some(known) => plan.same.push((*known, at)),
            None => plan.added.push(at),
        }
    }
    if !fetched.is_empty() {
        let met: BTreeSet<usize> = plan.same.iter().map(|(known, _)| *known).collect();
        let is_gone = |at: &usize| !stored[*at].has_lasting_name && !met.contains(at);
        plan.gone = (0..stored.len()).filter(is_gone).collect();
        pair_renamed(&mut plan, stored, fetched);
    }
    plan.same.sort_unstable();
    plan
}

/// Takes rows that only changed their names for the same, the nearest days first.
fn pair_renamed(plan: &mut MergePlan, stored: &[StoredRow], fetched: &[ImportedRow]) {
    let mut pairs: Vec<(i64, usize, usize)> = Vec::new();
    for old in &plan.gone {
        for new in &plan.added {
            let (was, is) = (&stored[*old], &fetched[*new]);
            let days = (was.booked_on - is.booked_on).num_days().abs();
            if was.amount == is.amount && was.direction == is.direction && days <= SAME_ROW_DAYS {
                pairs.push((days, *old, *new));
            }
        }
    }
    pairs.sort_unstable();
    for (_, old, new) in pairs {
        let (is_gone, is_added) = (plan.gone.contains(&old), plan.added.contains(&new));
        if is_gone && is_added {
            plan.gone.retain(|at| *at != old);
            plan.added.retain(|at| *at != new);
            plan.same.push((old, new));
        }
    }
}

#[cfg(test)]
mod tests;
