//! How many accounts there are, by line of the chart, day of opening and status.
//!
//! Whoever opens an account, or sets its status, adds a row that says by how many the count changed, in the same
//! transaction: rows are added and never awaited, so openings do not stand in each other's way, and every reader's sum is exact.
//! [`fold`] makes one row of many; the proof counts anew and compares.
//!
//! Cost: one insert an opening; a reader sums some rows a day instead of reading every account.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use database::{Database, Tx};
use kernel::Currency;
use sea_orm::{ConnectionTrait, DbErr, FromQueryResult};

use crate::load::statement;
use crate::verify::{FaultKind, Faults};
use crate::{Account, AccountKind, AccountStatus};

/// Counts the accounts of one line of the chart in one status.
#[derive(Clone, Debug, PartialEq, Eq, FromQueryResult)]
pub struct AccountCount {
    /// Their currency.
    pub currency: Currency,
    /// Their code in the chart of accounts.
    pub code: String,
    /// Which side makes them grow.
    pub kind: AccountKind,
    /// What may move on them now, whatever it was on the day asked for.
    pub status: AccountStatus,
    /// How many there are; at least 1.
    pub accounts: i64,
}

/// Counts the accounts that were opened until the end of a day (UTC).
///
/// # Errors
/// `DbErr` when the database fails.
pub async fn until(connection: &impl ConnectionTrait, day: NaiveDate) -> Result<Vec<AccountCount>, DbErr> {
    const SQL: &str = "
select currency, code, kind, status, cast(sum(accounts) as bigint) as accounts
  from ledger_account_counts
 where opened_on <= $1
 group by currency, code, kind, status
having sum(accounts) <> 0";
    AccountCount::find_by_statement(statement(connection, SQL, [day.into()])).all(connection).await
}

/// Notes that an account has come into a status.
pub(crate) async fn add(tx: &Tx, account: &Account, status: AccountStatus) -> Result<(), DbErr> {
    note(tx, account, status, 1).await
}

/// Notes that an account has left a status.
pub(crate) async fn take(tx: &Tx, account: &Account, status: AccountStatus) -> Result<(), DbErr> {
    note(tx, account, status, -1).await
}

async fn note(tx: &Tx, account: &Account, status: AccountStatus, change: i64) -> Result<(), DbErr> {
    let values = [
        account.opened_at.date_naive().into(),
        account.currency.into(),
        account.code.clone().into(),
        account.kind.into(),
        status.into(),
        change.into(),
    ];
    tx.execute_raw(statement(tx, INSERT, values)).await?;
    Ok(())
}

/// Makes one row of the rows that count the same; returns how many there were.
///
/// What others add meanwhile stays beside it. Each count commits by itself.
///
/// # Errors
/// `DbErr` when the database fails; counts folded before stay folded.
pub async fn fold(db: &Database) -> Result<u64, DbErr> {
    let several = format!("select {KEY} from ledger_account_counts group by {KEY} having count(*) > 1");
    let keys = Key::find_by_statement(statement(db.latest(), several, [])).all(db.latest()).await?;
    let mut folded = 0;
    for key in keys {
        let tx = db.begin().await?;
        let gone = Change::find_by_statement(statement(&tx, REMOVE, key.values())).all(&tx).await?;
        let sum: i64 = gone.iter().map(|change| change.accounts).sum();
        if sum != 0 {
            let values = key.values().into_iter().chain([sum.into()]);
            tx.execute_raw(statement(&tx, INSERT, values)).await?;
        }
        tx.commit().await?;
        folded += gone.len() as u64;
    }
    Ok(folded)
}

/// Counts anew and notes where the sums say something else.
pub(crate) async fn verify(tx: &Tx, faults: &mut Faults) -> Result<(), DbErr> {
    // As text: what somebody wrote into a table may be no day and no currency. What came and went counts as never there.
    let named = |day: &str, count: &str, table: &str| {
        format!(
            "select substr(cast({day} as text), 1, 10) || ' ' || currency || ' ' || code || ' ' || kind || ' ' || status \
             as name, cast({count} as bigint) as accounts from {table} group by 1 having {count} <> 0"
        )
    };
    let kept = named("opened_on", "sum(accounts)", "ledger_account_counts");
    let found = named("opened_at", "count(*)", "ledger_accounts");
    let by_name = |sums: Vec<Sum>| -> BTreeMap<String, i64> {
        sums.into_iter().map(|sum| (sum.name, sum.accounts)).collect()
    };
    let kept = by_name(Sum::find_by_statement(statement(tx, kept, [])).all(tx).await?);
    let found = by_name(Sum::find_by_statement(statement(tx, found, [])).all(tx).await?);
    faults.compare(FaultKind::AccountsMiscounted, (&kept, &found), "the table of accounts");
    Ok(())
}

const KEY: &str = "opened_on, currency, code, kind, status";
const INSERT: &str = "
insert into ledger_account_counts (opened_on, currency, code, kind, status, accounts)
values ($1, $2, $3, $4, $5, $6)";
const REMOVE: &str = "
delete from ledger_account_counts
 where opened_on = $1 and currency = $2 and code = $3 and kind = $4 and status = $5
returning accounts";

#[derive(FromQueryResult)]
struct Key {
    opened_on: NaiveDate,
    currency: String,
    code: String,
    kind: String,
    status: String,
}

impl Key {
    fn values(&self) -> [sea_orm::Value; 5] {
        let Self { opened_on, currency, code, kind, status } = self;
        [(*opened_on).into(), currency.into(), code.into(), kind.into(), status.into()]
    }
}

#[derive(FromQueryResult)]
struct Change {
    accounts: i64,
}

#[derive(FromQueryResult)]
struct Sum {
    name: String,
    accounts: i64,
}
