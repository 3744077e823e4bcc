//! Turnover: what moved between the lines of the chart on each day, summed up as the journal is sealed.
//!
//! A block of the journal and its sums commit together, so the table `ledger_turnovers` covers exactly the sealed
//! transfers. Readers add the few that are not sealed yet; the proof adds all of them up anew and compares.
//!
//! Cost: one statement a block for each day, code and pair of lines in it; a reader reads some rows for each day and code instead of the journal.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use database::Tx;
use kernel::Currency;
use sea_orm::{ConnectionTrait, DbErr, FromQueryResult};
use uuid::Uuid;

use crate::AccountKind;
use crate::lines::Lines;
use crate::load::statement;
use crate::seal::{Chained, Journal, sealed_through};
use crate::trial::TrialLine;
use crate::verify::{FaultKind, Faults};

/// Holds what moved on one day for one purpose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turnover {
    /// The day on which it is effective.
    pub day: NaiveDate,
    /// What the transfers were for.
    pub code: String,
    /// The currency.
    pub currency: Currency,
    /// How many transfers there were.
    pub transfers: i64,
    /// How much they moved, in minor units; in 128 bits, since it sums many.
    pub amount_minor: i128,
}

/// Lists what is effective from the first of two days to the last, by day, code and currency; `tx` is a snapshot.
///
/// # Errors
/// `DbErr` when the database fails.
pub async fn between(tx: &Tx, days: (NaiveDate, NaiveDate)) -> Result<Vec<Turnover>, DbErr> {
    let mut sums: BTreeMap<_, Turnover> = BTreeMap::new();
    for row in rows(tx, days).await? {
        let key = (row.effective_on, row.code.clone(), row.currency.code().to_owned());
        let sum = sums.entry(key).or_insert(Turnover {
            day: row.effective_on,
            code: row.code.clone(),
            currency: row.currency,
            transfers: 0,
            amount_minor: 0,
        });
        sum.transfers += row.transfers;
        sum.amount_minor += row.amount();
    }
    Ok(sums.into_values().collect())
}

/// Sums what each line of the chart was debited and credited until the end of a day, by effective day; `tx` is a snapshot.
///
/// It does not look at accounts: of each line the number of them is 0.
///
/// # Errors
/// `DbErr` when the database fails.
pub async fn until(tx: &Tx, day: NaiveDate) -> Result<Vec<TrialLine>, DbErr> {
    Ok(lines(&rows(tx, (FIRST_DAY, day)).await?))
}

/// Does the same for two days at once: what the lines held by the end of `day`, and what they hold with everything.
///
/// # Errors
/// `DbErr` when the database fails.
pub async fn until_and_all(tx: &Tx, day: NaiveDate) -> Result<(Vec<TrialLine>, Vec<TrialLine>), DbErr> {
    let mut rows = rows(tx, (FIRST_DAY, LAST_DAY)).await?;
    let all = lines(&rows);
    rows.retain(|row| row.effective_on <= day);
    Ok((lines(&rows), all))
}

fn lines(rows: &[Row]) -> Vec<TrialLine> {
    let mut lines = Vec::new();
    for row in rows {
        let (currency, amount) = (row.currency, row.amount());
        line(&mut lines, currency, &row.debit_code, row.debit_kind).debits_minor += amount;
        line(&mut lines, currency, &row.credit_code, row.credit_kind).credits_minor += amount;
    }
    lines
}

/// Finds a line, or begins it.
pub(crate) fn line<'a>(
    lines: &'a mut Vec<TrialLine>,
    currency: Currency,
    code: &str,
    kind: AccountKind,
) -> &'a mut TrialLine {
    let same = |line: &TrialLine| line.currency == currency && line.code == code && line.kind == kind;
    let index = lines.iter().position(same).unwrap_or_else(|| {
        let code = code.to_owned();
        lines.push(TrialLine { currency, code, kind, accounts: 0, debits_minor: 0, credits_minor: 0 });
        lines.len() - 1
    });
    &mut lines[index]
}

/// Holds what one transfer moved, as far as it is summed, in the words of its row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Movement {
    /// The day on which it is effective.
    pub effective_on: NaiveDate,
    /// ISO 4217.
    pub currency: String,
    /// What the transfer was for.
    pub code: String,
    /// The account that was debited.
    pub debit_account_id: Uuid,
    /// The account that was credited.
    pub credit_account_id: Uuid,
    /// How much, in minor units, above 0.
    pub amount_minor: i64,
}

/// Adds what the transfers of a sealed block moved to the sums, at the end of the block's own transaction.
pub(crate) async fn add(tx: &Tx, movements: &[&Movement], lines: &Lines) -> Result<(), DbErr> {
    let accounts = movements.iter().flat_map(|one| [one.debit_account_id, one.credit_account_id]);
    let lines = lines.of(tx, &accounts.collect()).await?;
    // In order, so that two sealers would meet at the first.
    let mut sums: BTreeMap<_, [i64; 3]> = BTreeMap::new();
    for one in movements {
        let of = |account| lines.get(&account).map(|line| (&line.code, &line.kind));
        let both = of(one.debit_account_id).zip(of(one.credit_account_id));
        // The proof tells of an account that is gone.
        let Some((debit, credit)) = both else { continue };
        let sum = sums.entry((one.effective_on, &one.currency, &one.code, debit, credit)).or_default();
        let halves = [1, one.amount_minor >> 32, one.amount_minor & 0xffff_ffff];
        sum.iter_mut().zip(halves).for_each(|(sum, more)| *sum += more);
    }
    let sql = format!(
        "insert into ledger_turnovers ({KEY}, {COUNTS}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
         on conflict ({KEY}) do update set
           transfers = ledger_turnovers.transfers + excluded.transfers,
           amount_upper = ledger_turnovers.amount_upper + excluded.amount_upper,
           amount_lower = ledger_turnovers.amount_lower + excluded.amount_lower"
    );
    for ((day, currency, code, debit, credit), [transfers, upper, lower]) in sums {
        let texts = [currency, code, debit.0, debit.1, credit.0, credit.1].map(|text| text.as_str().into());
        let sums = [transfers.into(), upper.into(), lower.into()];
        let values = [day.into()].into_iter().chain(texts).chain(sums);
        tx.execute_raw(statement(tx, &sql, values)).await?;
    }
    Ok(())
}

/// Adds up anew what is sealed and notes where the sums say something else.
pub(crate) async fn verify(tx: &Tx, faults: &mut Faults) -> Result<(), DbErr> {
    // As text: what somebody wrote into the table may be no date and no currency.
    let named = |column: &str| format!("cast({column} as text)");
    let name = |columns: &str| columns.split(", ").map(named).collect::<Vec<_>>().join(" || ' ' || ");
    let kept = format!("select {} as name, {COUNTS} from ledger_turnovers", name(KEY));
    let found = format!(
        "select {} as name, {SUMS} {JOURNAL} and t.position <= $1 group by {OF_JOURNAL}",
        name(OF_JOURNAL)
    );
    let kept = Sum::find_by_statement(statement(tx, kept, [])).all(tx).await?;
    let sealed = sealed_through(tx, Journal::NAME).await?;
    let found = Sum::find_by_statement(statement(tx, found, [sealed.into()])).all(tx).await?;
    let by_name = |sums: Vec<Sum>| -> BTreeMap<_, _> {
        sums.into_iter().map(|sum| (sum.name, (sum.transfers, sum.amount_upper, sum.amount_lower))).collect()
    };
    let (kept, found) = (by_name(kept), by_name(found));
    faults.compare(FaultKind::TurnoverWrong, (&kept, &found), "the journal");
    Ok(())
}

/// Reads the sums of some days, and then the transfers of those days that are not among them yet.
async fn rows(tx: &Tx, days: (NaiveDate, NaiveDate)) -> Result<Vec<Row>, DbErr> {
    let (first, last) = (days.0.clamp(FIRST_DAY, LAST_DAY), days.1.clamp(FIRST_DAY, LAST_DAY));
    let days = "effective_on between $1 and $2";
    let kept = format!("select {KEY}, {COUNTS} from ledger_turnovers where {days}");
    let mut rows = Row::find_by_statement(statement(tx, kept, [first.into(), last.into()])).all(tx).await?;
    let fresh = format!(
        "select {OF_JOURNAL_NAMED}, {SUMS} {JOURNAL} and t.{days} and t.position > $3 group by {OF_JOURNAL}"
    );
    let values = [first.into(), last.into(), sealed_through(tx, Journal::NAME).await?.into()];
    rows.extend(Row::find_by_statement(statement(tx, fresh, values)).all(tx).await?);
    Ok(rows)
}

/// No bank's books reach further back, and no database's days much further.
pub(crate) const FIRST_DAY: NaiveDate = NaiveDate::from_ymd_opt(1, 1, 1).expect("a day");
/// Nor further ahead: until then is everything. The day after it is still written with four digits, which is how texts compare.
pub const LAST_DAY: NaiveDate = NaiveDate::from_ymd_opt(9999, 12, 30).expect("a day");
const KEY: &str = "effective_on, currency, code, debit_code, debit_kind, credit_code, credit_kind";
const OF_JOURNAL: &str = "t.effective_on, t.currency, t.code, d.code, d.kind, c.code, c.kind";
const OF_JOURNAL_NAMED: &str = "t.effective_on, t.currency, t.code, d.code as debit_code, \
    d.kind as debit_kind, c.code as credit_code, c.kind as credit_kind";
const COUNTS: &str = "transfers, amount_upper, amount_lower";
/// Sums of 64-bit columns may need more: the upper and the lower halves are summed apart.
const SUMS: &str = "count(*) as transfers,
    cast(sum(t.amount_minor / 4294967296) as bigint) as amount_upper,
    cast(sum(t.amount_minor % 4294967296) as bigint) as amount_lower";
/// What moved money: a hold moves none until it is captured.
const JOURNAL: &str = "
  from ledger_transfers t
  join ledger_accounts d on d.id = t.debit_account_id
  join ledger_accounts c on c.id = t.credit_account_id
 where t.debit_sequence is not null";

#[derive(FromQueryResult)]
struct Row {
    effective_on: NaiveDate,
    currency: Currency,
    code: String,
    debit_code: String,
    debit_kind: AccountKind,
    credit_code: String,
    credit_kind: AccountKind,
    transfers: i64,
    amount_upper: i64,
    amount_lower: i64,
}

impl Row {
    fn amount(&self) -> i128 {
        (i128::from(self.amount_upper) << 32) + i128::from(self.amount_lower)
    }
}

#[derive(FromQueryResult)]
struct Sum {
    name: String,
    transfers: i64,
    amount_upper: i64,
    amount_lower: i64,
}
