//! Which line of the chart an account stands on, and a memory of that.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use database::{Columns, Tx, by_key};
use sea_orm::{ConnectionTrait, DbErr};
use uuid::Uuid;

use crate::Account;
use crate::load::{among, statement};

/// A line of the chart: the code and the kind of its accounts, as they are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) code: String,
    pub(crate) kind: String,
}

/// Remembers on which lines accounts stand, for good: an account never changes its line.
///
/// Every sealed transfer is summed by the lines of its accounts. The writers have read these accounts just before and teach
/// them; to look them up again would cost the database nearly a third of what writing the transfer does.
#[derive(Debug, Default)]
pub struct Lines(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    /// The lines themselves; there are few.
    lines: Vec<Arc<Line>>,
    /// The place of an account's line among them.
    of: HashMap<Uuid, u16>,
}

/// How many accounts are remembered: as many as fit a table of 2^17 places, 2.5 MB. One more, and all are forgotten.
const MOST: usize = (1 << 17) / 8 * 7;

impl Lines {
    /// Returns the lines of accounts, remembered or read; an account that there is not has none.
    pub(crate) async fn of(
        &self,
        tx: &Tx,
        accounts: &BTreeSet<Uuid>,
    ) -> Result<HashMap<Uuid, Arc<Line>>, DbErr> {
        let (mut found, unknown) = self.recall(accounts);
        if unknown.is_empty() {
            return Ok(found);
        }
        by_key(tx).await?;
        let (among, ids) = among(tx, unknown.into_iter());
        let sql = format!("select id, code, kind from ledger_accounts where id {among}");
        let rows = tx.query_all_raw(statement(tx, sql, [ids])).await?;
        let mut known = self.known();
        for row in &rows {
            let mut columns = Columns::of(row);
            let id = columns.take()?;
            let line = known.keep(id, Line { code: columns.take()?, kind: columns.take()? });
            found.insert(id, line);
        }
        Ok(found)
    }

    /// Learns from accounts that somebody has read.
    pub(crate) fn learn<'a>(&self, accounts: impl Iterator<Item = &'a Account>) {
        let mut known = self.known();
        for account in accounts {
            if !known.of.contains_key(&account.id.uuid()) {
                let (code, kind) = (account.code.clone(), account.kind.as_str().to_owned());
                known.keep(account.id.uuid(), Line { code, kind });
            }
        }
    }

    fn recall(&self, accounts: &BTreeSet<Uuid>) -> (HashMap<Uuid, Arc<Line>>, Vec<Uuid>) {
        let known = self.known();
        let (mut found, mut unknown) = (HashMap::with_capacity(accounts.len()), Vec::new());
        for id in accounts {
            match known.line(*id) {
                Some(line) => drop(found.insert(*id, Arc::clone(line))),
                None => unknown.push(*id),
            }
        }
        (found, unknown)
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        // Whole between any two steps.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    fn line(&self, id: Uuid) -> Option<&Arc<Line>> {
        self.lines.get(usize::from(*self.of.get(&id)?))
    }

    fn keep(&mut self, id: Uuid, line: Line) -> Arc<Line> {
        let place = self.lines.iter().position(|known| **known == line).unwrap_or_else(|| {
            self.lines.push(Arc::new(line));
            self.lines.len() - 1
        });
        if self.of.len() >= MOST {
            self.of.clear();
        }
        // Were there ever more lines than that, the accounts of the last ones would be read each time.
        if let Ok(short) = u16::try_from(place) {
            self.of.insert(id, short);
        }
        Arc::clone(&self.lines[place])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_of_one_line_share_it_and_the_memory_has_an_end() {
        let mut known = Known::default();
        let line = || Line { code: "customer_deposit".to_owned(), kind: "liability".to_owned() };
        let kept: Vec<_> =
            (0..=MOST as u128).map(|number| known.keep(Uuid::from_u128(number), line())).collect();
        assert!(kept.iter().all(|one| Arc::ptr_eq(one, &kept[0])));
        assert_eq!(known.of.len(), 1, "all but the last are forgotten");
    }
}
