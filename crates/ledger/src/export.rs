//! The ledger as plain-text accounting that hledger (1.25 and later) reads and balances.
//!
//! One transaction per movement, in the order of the journal: the day it counts on, its id as the code, its business
//! code and reference as the description, the debited account positive and the credited negative. Accounts are named
//! by the chart: `assets:cash:gbp`, `liabilities:customers:acc_…`. Holds move nothing and do not appear; a capture
//! does. Everything comes from one snapshot and is written as it is read, a page at a time.

use std::fmt::Write as _;

use chrono::NaiveDate;
use database::{Database, Tx};
use kernel::{AccountId, Currency, Instant, TransferId};
use sea_orm::{ConnectionTrait, DbErr, FromQueryResult, Statement};
use thiserror::Error;
use tokio::io::{AsyncWrite, AsyncWriteExt};
use uuid::Uuid;

use crate::chart::CUSTOMER_DEPOSIT;
use crate::{AccountKind, TransferKind};

const PAGE: i64 = 1_000;

/// Says why an export ended early.
#[derive(Debug, Error)]
pub enum ExportError {
    /// The reader of the export went away or the disk is full.
    #[error("writing the export: {0}")]
    Write(#[from] std::io::Error),
    /// The database failed, or holds what cannot be exported: verify it.
    #[error(transparent)]
    Storage(#[from] DbErr),
}

/// Tells how much was exported.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Exported {
    /// How many accounts.
    pub accounts: u64,
    /// How many movements.
    pub transfers: u64,
}

/// Writes the whole ledger as it is at this moment, and calls `progress` after each page.
///
/// # Errors
/// [`ExportError::Storage`] and [`ExportError::Write`], whichever comes first; what was written is incomplete then.
pub async fn export(
    db: &Database,
    out: &mut (dyn AsyncWrite + Unpin + Send),
    progress: &mut (dyn FnMut(Exported) + Send),
) -> Result<Exported, ExportError> {
    let tx = db.snapshot().await?;
    let mut exported = Exported::default();
    out.write_all(head(&currencies(&tx).await?).as_bytes()).await?;
    let mut after = Uuid::nil();
    loop {
        let page = accounts(&tx, after).await?;
        let Some(last) = page.last() else { break };
        after = last.id;
        let mut text = String::new();
        for account in &page {
            let _ = writeln!(text, "account {}", account.name());
            exported.accounts += 1;
        }
        out.write_all(text.as_bytes()).await?;
        progress(exported);
    }
    let mut after = i64::MIN;
    loop {
        let page = movements(&tx, after).await?;
        let Some(last) = page.last() else { break };
        after = last.position;
        let mut text = String::new();
        for movement in &page {
            movement.write(&mut text);
            exported.transfers += 1;
        }
        out.write_all(text.as_bytes()).await?;
        progress(exported);
    }
    out.flush().await?;
    tx.commit().await?;
    Ok(exported)
}

/// Declares what follows: how numbers are written, and each currency with its decimals.
fn head(currencies: &[Currency]) -> String {
    let mut text = "; Florin's ledger: posted movements only; a hold appears when it is captured.\n\
                    decimal-mark .\n\n"
        .to_owned();
    for currency in currencies {
        let decimals = "0".repeat(usize::from(currency.exponent()));
        let _ = writeln!(text, "commodity 1000.{decimals} {currency}");
    }
    text.push('\n');
    text
}

async fn currencies(tx: &Tx) -> Result<Vec<Currency>, DbErr> {
    #[derive(FromQueryResult)]
    struct Row {
        currency: Currency,
    }
    let sql = "select distinct currency from ledger_accounts order by currency";
    let rows = Row::find_by_statement(Statement::from_string(tx.get_database_backend(), sql)).all(tx).await?;
    Ok(rows.into_iter().map(|row| row.currency).collect())
}

#[derive(FromQueryResult)]
struct AccountRow {
    id: Uuid,
    currency: Currency,
    kind: AccountKind,
    code: String,
    funded: bool,
}

impl AccountRow {
    fn name(&self) -> String {
        account_name(self.kind, &self.code, self.funded.then(|| AccountId::from_uuid(self.id)), self.currency)
    }
}

/// Names an account by its place in the chart: the bank's own by currency, others by id.
fn account_name(kind: AccountKind, code: &str, id: Option<AccountId>, currency: Currency) -> String {
    let top = match kind {
        AccountKind::Asset => "assets",
        AccountKind::Liability => "liabilities",
        AccountKind::Equity => "equity",
        AccountKind::Income => "income",
        AccountKind::Expense => "expenses",
    };
    let code = match code.split_once("settlement_") {
        Some(("", rail)) => format!("settlement:{rail}"),
        _ if code == CUSTOMER_DEPOSIT => "customers".to_owned(),
        _ => code.to_owned(),
    };
    match id {
        Some(id) => format!("{top}:{code}:{id}"),
        None => format!("{top}:{code}:{}", currency.code().to_lowercase()),
    }
}

async fn accounts(tx: &Tx, after: Uuid) -> Result<Vec<AccountRow>, DbErr> {
    const SQL: &str = "
select id, currency, kind, code, funded
  from ledger_accounts
 where id > $1
 order by id
 limit $2";
    let values = [after.into(), PAGE.into()];
    let statement = Statement::from_sql_and_values(tx.get_database_backend(), SQL, values);
    AccountRow::find_by_statement(statement).all(tx).await
}

#[derive(FromQueryResult)]
struct Movement {
    position: i64,
    id: TransferId,
    kind: TransferKind,
    amount_minor: i64,
    currency: Currency,
    code: String,
    reference: String,
    of_transfer_id: Option<TransferId>,
    booked_at: Instant,
    effective_on: NaiveDate,
    debit_account_id: AccountId,
    debit_kind: AccountKind,
    debit_code: String,
    debit_funded: bool,
    credit_account_id: AccountId,
    credit_kind: AccountKind,
    credit_code: String,
    credit_funded: bool,
}

impl Movement {
    fn write(&self, text: &mut String) {
        let debit = self.debit_funded.then_some(self.debit_account_id);
        let debit = account_name(self.debit_kind, &self.debit_code, debit, self.currency);
        let credit = self.credit_funded.then_some(self.credit_account_id);
        let credit = account_name(self.credit_kind, &self.credit_code, credit, self.currency);
        let amount = decimal(self.amount_minor, self.currency);
        let _ = write!(text, "\n{} * ({}) {}", self.effective_on, self.id, one_line(&self.code));
        if !self.reference.is_empty() {
            let _ = write!(text, " | {}", one_line(&self.reference));
        }
        let booked = self.booked_at.to_rfc3339_opts(chrono::SecondsFormat::Micros, true);
        let _ = write!(text, "\n    ; booked:{booked}, kind:{}", self.kind.as_str());
        if let Some(of) = self.of_transfer_id {
            let _ = write!(text, ", of:{of}");
        }
        let currency = self.currency;
        let _ = writeln!(text, "\n    {debit}  {amount} {currency}\n    {credit}  -{amount} {currency}");
    }
}

async fn movements(tx: &Tx, after: i64) -> Result<Vec<Movement>, DbErr> {
    const SQL: &str = "
select t.position, t.id, t.kind, t.amount_minor, t.currency, t.code, t.reference, t.of_transfer_id, t.booked_at,
       t.effective_on, t.debit_account_id, d.kind as debit_kind, d.code as debit_code, d.funded as debit_funded,
       t.credit_account_id, c.kind as credit_kind, c.code as credit_code, c.funded as credit_funded
  from ledger_transfers t
  join ledger_accounts d on d.id = t.debit_account_id
  join ledger_accounts c on c.id = t.credit_account_id
 where t.position > $1 and t.kind in ('posted', 'capture', 'reversal')
 order by t.position
 limit $2";
    let values = [after.into(), PAGE.into()];
    let statement = Statement::from_sql_and_values(tx.get_database_backend(), SQL, values);
    Movement::find_by_statement(statement).all(tx).await
}

/// Writes minor units with the currency's decimals: `1234` is `12.34` pounds and `1234` yen.
fn decimal(minor: i64, currency: Currency) -> String {
    let digits = usize::from(currency.exponent());
    let text = format!("{minor:0width$}", width = digits + 1);
    let (whole, part) = text.split_at(text.len() - digits);
    if part.is_empty() { whole.to_owned() } else { format!("{whole}.{part}") }
}

/// Keeps a text from ending its line, from becoming a comment, and from being read as payee and note.
fn one_line(text: &str) -> String {
    let plain = |letter: char| match letter {
        ';' | '|' => ',',
        letter if letter.is_control() || letter.is_whitespace() => ' ',
        letter => letter,
    };
    text.chars().map(plain).collect::<String>().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_have_the_decimals_of_their_currency() {
        for (minor, currency, text) in [
            (5, Currency::GBP, "0.05"),
            (123_456, Currency::GBP, "1234.56"),
            (7, Currency::JPY, "7"),
            (5, "KWD".parse().expect("a currency"), "0.005"),
            (i64::MAX, Currency::GBP, "92233720368547758.07"),
        ] {
            assert_eq!(decimal(minor, currency), text);
        }
    }

    #[test]
    fn accounts_are_named_by_the_chart() {
        let id = AccountId::from_uuid(Uuid::from_u128(1));
        let name = |kind, code, id| account_name(kind, code, id, Currency::GBP);
        assert_eq!(name(AccountKind::Asset, "cash", None), "assets:cash:gbp");
        assert_eq!(name(AccountKind::Asset, "settlement_wires", None), "assets:settlement:wires:gbp");
        assert_eq!(name(AccountKind::Expense, "write_offs", None), "expenses:write_offs:gbp");
        let customer = name(AccountKind::Liability, CUSTOMER_DEPOSIT, Some(id));
        assert_eq!(customer, format!("liabilities:customers:{id}"));
    }

    #[test]
    fn a_text_stays_on_its_line() {
        assert_eq!(one_line(" a\n2026-01-01 b;c|d\t"), "a 2026-01-01 b,c,d");
        assert_eq!(
            one_line("a\u{7}b\u{2028}c"),
            "a b c",
            "a control that is no space, a space that is no control"
        );
    }
}
