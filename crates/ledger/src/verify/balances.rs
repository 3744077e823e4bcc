//! Recomputing every balance from the entries, in one pass over both tables side by side.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};
use database::Tx;
use kernel::AccountId;
use sea_orm::{ConnectionTrait, DbErr, FromQueryResult, Statement};
use uuid::Uuid;

use super::{FaultKind, Faults, Progress, Stage};

const ACCOUNTS: i64 = 1_000;
const ENTRIES: i64 = 5_000;

/// Holds what the pass counted.
#[derive(Clone, Debug, Default)]
pub(super) struct Counted {
    pub(super) accounts: u64,
    pub(super) entries: u64,
    /// Per currency the sum of all debits and of all credits.
    pub(super) totals: BTreeMap<String, (i128, i128)>,
}

/// Checks accounts in id order against their entries in order of sequence.
pub(super) async fn verify(
    tx: &Tx,
    faults: &mut Faults,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<Counted, DbErr> {
    let total = super::count(tx, "ledger_entries").await?;
    let mut counted = Counted::default();
    let mut entries = Entries { tx, after: None, page: Vec::new().into_iter(), ended: false };
    let mut after = None;
    loop {
        let accounts = accounts(tx, after).await?;
        let Some(newest) = accounts.last() else { break };
        after = Some(newest.id);
        for account in accounts {
            while let Some(entry) = entries.next_if(|entry| entry.account_id < account.id).await? {
                homeless(&entry, faults);
                counted.entries += 1;
            }
            let mut running = Running::of(account, faults);
            while let Some(entry) = entries.next_if(|entry| entry.account_id == running.account.id).await? {
                running.add(&entry, faults);
                counted.entries += 1;
                if counted.entries.is_multiple_of(10_000) {
                    progress(Progress { stage: Stage::Balances, done: counted.entries, total });
                }
            }
            running.finish(faults, &mut counted);
        }
    }
    while let Some(entry) = entries.next_if(|_| true).await? {
        homeless(&entry, faults);
        counted.entries += 1;
    }
    progress(Progress { stage: Stage::Balances, done: counted.entries, total });
    for (currency, (debits, credits)) in &counted.totals {
        if debits != credits {
            let detail = format!("debits are {debits}, credits {credits}");
            faults.note(FaultKind::Unbalanced, currency.clone(), detail);
        }
    }
    Ok(counted)
}

fn homeless(entry: &EntryRow, faults: &mut Faults) {
    let detail = "no such account exists";
    faults.note(FaultKind::AccountMissing, entry_name(entry.account_id, entry.sequence), detail);
}

/// Adds up one account's entries.
struct Running {
    account: AccountRow,
    grows_by_debits: bool,
    debits: i128,
    credits: i128,
    sequence: i64,
}

impl Running {
    fn of(account: AccountRow, faults: &mut Faults) -> Self {
        let grows_by_debits = match account.kind.as_str() {
            "asset" | "expense" => true,
            "liability" | "equity" | "income" => false,
            other => {
                faults.note(FaultKind::Unreadable, account_name(account.id), format!("kind {other:?}"));
                false
            }
        };
        Self { account, grows_by_debits, debits: 0, credits: 0, sequence: 0 }
    }

    fn balance(&self) -> i128 {
        if self.grows_by_debits { self.debits - self.credits } else { self.credits - self.debits }
    }

    fn add(&mut self, entry: &EntryRow, faults: &mut Faults) {
        let name = || entry_name(entry.account_id, entry.sequence);
        if entry.sequence != self.sequence + 1 {
            let detail = format!("{} was expected", self.sequence + 1);
            faults.note(FaultKind::SequenceBroken, name(), detail);
        }
        self.sequence = entry.sequence;
        match entry.direction.as_str() {
            "debit" => self.debits += i128::from(entry.amount_minor),
            "credit" => self.credits += i128::from(entry.amount_minor),
            other => faults.note(FaultKind::Unreadable, name(), format!("direction {other:?}")),
        }
        if i128::from(entry.balance_after_minor) != self.balance() {
            let detail = format!("says {}, the entries give {}", entry.balance_after_minor, self.balance());
            faults.note(FaultKind::RunningBalanceWrong, name(), detail);
        }
    }

    fn finish(self, faults: &mut Faults, counted: &mut Counted) {
        let account = &self.account;
        let stored = (i128::from(account.debits_posted_minor), i128::from(account.credits_posted_minor));
        if stored != (self.debits, self.credits) {
            let detail = format!(
                "says debits {} and credits {}, the entries give {} and {}",
                stored.0, stored.1, self.debits, self.credits
            );
            faults.note(FaultKind::BalanceWrong, account_name(account.id), detail);
        }
        if account.entry_sequence != self.sequence {
            let detail = format!("counts {} entries, the last is {}", account.entry_sequence, self.sequence);
            faults.note(FaultKind::SequenceBroken, account_name(account.id), detail);
        }
        if account.status == "closed" && self.balance() != 0 {
            let detail = format!("closed with {}", self.balance());
            faults.note(FaultKind::ClosedWithBalance, account_name(account.id), detail);
        }
        if let Some(detail) = account.counter_fault() {
            faults.note(FaultKind::CounterWrong, account_name(account.id), detail);
        }
        counted.accounts += 1;
        let sums = counted.totals.entry(self.account.currency).or_default();
        sums.0 += self.debits;
        sums.1 += self.credits;
    }
}

#[derive(FromQueryResult)]
struct AccountRow {
    id: Uuid,
    currency: String,
    kind: String,
    status: String,
    debits_posted_minor: i64,
    credits_posted_minor: i64,
    entry_sequence: i64,
    spent_on: NaiveDate,
    spent_day_minor: i64,
    spent_month_on: NaiveDate,
    spent_month_minor: i64,
}

impl AccountRow {
    /// Says what is impossible about the counters, if anything.
    fn counter_fault(&self) -> Option<&'static str> {
        if self.spent_day_minor < 0 || self.spent_month_minor < 0 {
            return Some("a spending counter is below zero");
        }
        if self.spent_month_on.day() != 1 {
            return Some("the month of a spending counter does not begin on its first day");
        }
        let same_month = self.spent_on.with_day(1) == Some(self.spent_month_on);
        (same_month && self.spent_day_minor > self.spent_month_minor)
            .then_some("more spent on a day than in its month")
    }
}

#[derive(FromQueryResult)]
struct EntryRow {
    account_id: Uuid,
    sequence: i64,
    direction: String,
    amount_minor: i64,
    balance_after_minor: i64,
}

async fn accounts(tx: &Tx, after: Option<Uuid>) -> Result<Vec<AccountRow>, DbErr> {
    const SQL: &str = "
select id, currency, kind, status, debits_posted_minor, credits_posted_minor, entry_sequence, spent_on,
       spent_day_minor, spent_month_on, spent_month_minor
  from ledger_accounts
 where id > $1
 order by id
 limit $2";
    let values = [after.unwrap_or_default().into(), ACCOUNTS.into()];
    let statement = Statement::from_sql_and_values(tx.get_database_backend(), SQL, values);
    AccountRow::find_by_statement(statement).all(tx).await
}

/// Reads entries in order, a page at a time.
struct Entries<'a> {
    tx: &'a Tx,
    after: Option<(Uuid, i64)>,
    page: std::vec::IntoIter<EntryRow>,
    ended: bool,
}

impl Entries<'_> {
    async fn next_if(&mut self, wanted: impl Fn(&EntryRow) -> bool) -> Result<Option<EntryRow>, DbErr> {
        if self.page.as_slice().is_empty() && !self.ended {
            let page = self.read().await?;
            self.ended = page.is_empty();
            self.after = page.last().map(|entry| (entry.account_id, entry.sequence)).or(self.after);
            self.page = page.into_iter();
        }
        if self.page.as_slice().first().is_some_and(wanted) {
            return Ok(self.page.next());
        }
        Ok(None)
    }

    async fn read(&self) -> Result<Vec<EntryRow>, DbErr> {
        const SQL: &str = "
select account_id, sequence, direction, amount_minor, balance_after_minor
  from ledger_entries
 where (account_id, sequence) > ($1, $2)
 order by account_id, sequence
 limit $3";
        let (account, sequence) = self.after.unwrap_or((Uuid::nil(), i64::MIN));
        let values = [account.into(), sequence.into(), ENTRIES.into()];
        let statement = Statement::from_sql_and_values(self.tx.get_database_backend(), SQL, values);
        EntryRow::find_by_statement(statement).all(self.tx).await
    }
}

fn account_name(id: Uuid) -> String {
    AccountId::from_uuid(id).to_string()
}

fn entry_name(account: Uuid, sequence: i64) -> String {
    format!("{} entry {sequence}", account_name(account))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spending_counters_are_possible_or_complained_of() {
        let below = Some("a spending counter is below zero");
        let begins = Some("the month of a spending counter does not begin on its first day");
        let more = Some("more spent on a day than in its month");
        for (day, spent_day, month, spent_month, wanted) in [
            ("2026-03-05", 0, "2026-03-01", 0, None),
            ("2026-03-05", 7, "2026-03-01", 7, None),
            ("2026-02-28", 9, "2026-03-01", 7, None),
            ("2026-03-05", -1, "2026-03-01", 7, below),
            ("2026-03-05", 0, "2026-03-01", -1, below),
            ("2026-03-05", 1, "2026-03-05", 7, begins),
            ("2026-03-05", 8, "2026-03-01", 7, more),
        ] {
            let account = AccountRow {
                id: Uuid::nil(),
                currency: "GBP".to_owned(),
                kind: "liability".to_owned(),
                status: "open".to_owned(),
                debits_posted_minor: 0,
                credits_posted_minor: 0,
                entry_sequence: 0,
                spent_on: day.parse().expect("a day"),
                spent_day_minor: spent_day,
                spent_month_on: month.parse().expect("a day"),
                spent_month_minor: spent_month,
            };
            assert_eq!(account.counter_fault(), wanted, "{spent_day} on {day}, {spent_month} from {month}");
        }
    }
}
