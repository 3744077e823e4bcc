//! The lines of an import: what they may say, and what is wrong with those that say something else.

use std::collections::HashMap;
use std::fmt;
use std::io::Read;

use chrono::NaiveDate;
use csv::{ReaderBuilder, StringRecord, Trim};
use kernel::{AccountNumber, Currency, Money};
use thiserror::Error;

use crate::identity::Email;

/// Names the two files of an import.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// `account,product,owner`.
    Accounts,
    /// `account,date,direction,amount,currency,kind,counterparty,reference,external_id`.
    Transactions,
}

impl Source {
    /// Returns what messages call the file.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Accounts => "accounts",
            Self::Transactions => "transactions",
        }
    }

    /// Returns the columns in the order of the documentation; a file may have them in any order.
    pub const fn columns(self) -> &'static [&'static str] {
        match self {
            Self::Accounts => &["account", "product", "owner"],
            Self::Transactions => &[
                "account",
                "date",
                "direction",
                "amount",
                "currency",
                "kind",
                "counterparty",
                "reference",
                "external_id",
            ],
        }
    }
}

/// Says what is wrong with one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The file.
    pub source: Source,
    /// The line, counted from 1 with the header.
    pub line: u64,
    /// What is wrong, with the column's name.
    pub detail: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} line {}: {}", self.source.name(), self.line, self.detail)
    }
}

/// Says why an import did not run to its end.
#[derive(Debug, Error)]
pub enum ImportError {
    /// Lines are wrong; nothing was written.
    #[error("{} lines are wrong, nothing was written", .0.len())]
    Faults(Vec<Fault>),
    /// A file cannot be read.
    #[error("a file cannot be read: {0}")]
    Unreadable(#[from] std::io::Error),
    /// The ledger refused a transfer: the books hold something else under the same external id.
    #[error("{} line {line}: {detail}", file.name())]
    Refused {
        /// The file.
        file: Source,
        /// The line.
        line: u64,
        /// Why.
        detail: String,
    },
    /// The database failed; run the same command again.
    #[error(transparent)]
    Storage(#[from] sea_orm::DbErr),
}

/// Opens one account for one owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountLine {
    /// The line in its file.
    pub line: u64,
    /// The number the account had, kept as it is.
    pub number: AccountNumber,
    /// The code of a product of this bank.
    pub product: String,
    /// The owner's e-mail address; a customer is made where none has it.
    pub owner: Email,
}

/// Says where the other side of an imported transaction is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contra {
    /// Cash over the counter: the bank's cash.
    Cash,
    /// Another bank: settlement.
    Settlement,
    /// A card payment: settlement.
    Card,
    /// Interest: income when charged, expense when credited.
    Interest,
    /// A fee: income.
    Fee,
    /// A loan: loans receivable.
    Loan,
}

impl Contra {
    fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "cash" => Self::Cash,
            "settlement" => Self::Settlement,
            "card" => Self::Card,
            "interest" => Self::Interest,
            "fee" => Self::Fee,
            "loan" => Self::Loan,
            _ => return None,
        })
    }
}

/// Books one transaction on one account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransactionLine {
    /// The line in its file.
    pub line: u64,
    /// The account.
    pub number: AccountNumber,
    /// The date it took effect.
    pub effective_on: NaiveDate,
    /// Whether the account gained.
    pub is_credit: bool,
    /// How much, above zero.
    pub amount: Money,
    /// Where the other side is.
    pub contra: Contra,
    /// Who the other side was, in words.
    pub counterparty: String,
    /// What it was for, in words.
    pub reference: String,
    /// What the former system called it: unique on its account, and what a repetition is known by.
    pub external_id: String,
}

/// Holds both files, read and sorted; every line is good.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// The accounts, in the order of the file.
    pub accounts: Vec<AccountLine>,
    /// The transactions by effective date; within a date in the order of the file.
    pub transactions: Vec<TransactionLine>,
}

/// Reads both files whole.
///
/// # Errors
/// Every wrong line of both files, by line.
pub fn read(accounts: impl Read, transactions: impl Read) -> Result<Batch, Vec<Fault>> {
    let mut faults = Vec::new();
    let accounts = lines(Source::Accounts, accounts, &mut faults, account_line);
    let mut transactions = lines(Source::Transactions, transactions, &mut faults, transaction_line);
    once_each(
        Source::Accounts,
        accounts.iter().map(|row| (row.line, row.number.to_string())),
        &mut faults,
        "account stands twice, first in line",
    );
    once_each(
        Source::Transactions,
        transactions.iter().map(|row| (row.line, format!("{} {}", row.number, row.external_id))),
        &mut faults,
        "external_id stands twice on this account, first in line",
    );
    transactions.sort_by_key(|row| row.effective_on);
    faults.sort_by_key(|fault| (fault.source, fault.line));
    if faults.is_empty() { Ok(Batch { accounts, transactions }) } else { Err(faults) }
}

/// Gives one line's fields by their column's name.
struct Fields<'a> {
    places: &'a HashMap<String, usize>,
    record: &'a StringRecord,
    line: u64,
}

impl Fields<'_> {
    fn get(&self, column: &str) -> &str {
        self.places.get(column).and_then(|place| self.record.get(*place)).unwrap_or_default()
    }

    fn text(&self, column: &str, most: usize) -> Result<String, String> {
        let text = self.get(column);
        if text.chars().count() > most || text.chars().any(char::is_control) {
            return Err(format!("{column}: at most {most} printable characters"));
        }
        Ok(text.to_owned())
    }

    fn required(&self, column: &str, most: usize) -> Result<String, String> {
        let text = self.text(column, most)?;
        if text.is_empty() { Err(format!("{column}: missing")) } else { Ok(text) }
    }
}

fn lines<T>(
    source: Source,
    input: impl Read,
    faults: &mut Vec<Fault>,
    parse: fn(&Fields<'_>) -> Result<T, String>,
) -> Vec<T> {
    let mut fault = |line: u64, detail: String| faults.push(Fault { source, line, detail });
    let mut reader = ReaderBuilder::new().trim(Trim::All).from_reader(input);
    let places: HashMap<String, usize> = match reader.headers() {
        Ok(header) => header.iter().enumerate().map(|(place, name)| (name.to_owned(), place)).collect(),
        Err(error) => {
            fault(1, format!("not a CSV file: {error}"));
            return Vec::new();
        }
    };
    let missing: Vec<_> =
        source.columns().iter().filter(|column| !places.contains_key(**column)).copied().collect();
    if !missing.is_empty() {
        fault(1, format!("columns are missing: {}", missing.join(", ")));
        return Vec::new();
    }
    let mut out = Vec::new();
    for record in reader.records() {
        match record {
            Ok(record) => {
                let line = record.position().map_or(0, csv::Position::line);
                match parse(&Fields { places: &places, record: &record, line }) {
                    Ok(row) => out.push(row),
                    Err(detail) => fault(line, detail),
                }
            }
            Err(error) => {
                let line = error.position().map_or(0, csv::Position::line);
                fault(
                    line,
                    "not a line of this table: the number of fields or the encoding differs".to_owned(),
                );
            }
        }
    }
    out
}

fn account_line(fields: &Fields<'_>) -> Result<AccountLine, String> {
    let owner = fields.required("owner", 254)?;
    Ok(AccountLine {
        line: fields.line,
        number: number(fields)?,
        product: fields.required("product", 40)?,
        owner: owner.parse().map_err(|error| format!("owner: {error}"))?,
    })
}

fn transaction_line(fields: &Fields<'_>) -> Result<TransactionLine, String> {
    let currency: Currency = fields.get("currency").parse().map_err(|error| format!("currency: {error}"))?;
    let date = NaiveDate::parse_from_str(fields.get("date"), "%Y-%m-%d");
    let is_credit = match fields.get("direction") {
        "credit" => true,
        "debit" => false,
        _ => return Err("direction: credit or debit".to_owned()),
    };
    let contra = Contra::parse(fields.get("kind"));
    Ok(TransactionLine {
        line: fields.line,
        number: number(fields)?,
        effective_on: date.map_err(|_| "date: not a date like 2026-01-31".to_owned())?,
        is_credit,
        amount: amount(fields.get("amount"), currency)?,
        contra: contra.ok_or("kind: cash, settlement, card, interest, fee or loan")?,
        counterparty: fields.text("counterparty", 140)?,
        reference: fields.text("reference", 140)?,
        external_id: fields.required("external_id", 100)?,
    })
}

fn number(fields: &Fields<'_>) -> Result<AccountNumber, String> {
    fields.get("account").parse().map_err(|error| format!("account: {error}"))
}

/// Reads a decimal amount above zero with at most the currency's decimals: `700`, `700.5`, `700.00`.
fn amount(text: &str, currency: Currency) -> Result<Money, String> {
    let decimals = usize::from(currency.exponent());
    let wrong = || format!("amount: a number above zero with at most {decimals} decimals");
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty()
        || fraction.len() > decimals
        || !digits(whole)
        || !digits(fraction)
        || text.ends_with('.')
    {
        return Err(wrong());
    }
    let minor: i64 = format!("{whole}{fraction:0<decimals$}").parse().map_err(|_| wrong())?;
    if minor == 0 { Err(wrong()) } else { Ok(Money::new(minor, currency)) }
}

fn once_each(source: Source, keys: impl Iterator<Item = (u64, String)>, faults: &mut Vec<Fault>, what: &str) {
    let mut first = HashMap::new();
    for (line, key) in keys {
        if let Some(earlier) = first.insert(key.clone(), line) {
            first.insert(key, earlier);
            faults.push(Fault { source, line, detail: format!("{what} {earlier}") });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACCOUNTS: &str = "account,product,owner\nA-1,current-gbp,Ann@example.com\n";
    const HEADER: &str = "account,date,direction,amount,currency,kind,counterparty,reference,external_id\n";

    fn faults(accounts: &str, transactions: &str) -> Vec<String> {
        let read = read(accounts.as_bytes(), transactions.as_bytes());
        read.expect_err("faults").iter().map(ToString::to_string).collect()
    }

    #[test]
    fn good_lines_are_read_and_sorted_by_date() {
        let transactions = format!(
            "{HEADER}A-1,2026-02-01,debit,3.5,GBP,card,Grocer,,2\nA-1,2026-01-31,credit,700,GBP,cash,,pay,1\n"
        );
        let batch = read(ACCOUNTS.as_bytes(), transactions.as_bytes()).expect("good lines");
        assert_eq!(batch.accounts[0].owner.key(), "ann@example.com");
        let amounts: Vec<_> =
            batch.transactions.iter().map(|row| (row.is_credit, row.amount.minor())).collect();
        assert_eq!(amounts, [(true, 70_000), (false, 350)]);
    }

    #[test]
    fn every_wrong_line_is_named_with_its_number() {
        let line = "A-1,2026-01-31,credit,1.00,GBP,cash,,,";
        for (wrong, detail) in [
            ("A-1,2026-02-30,credit,1,GBP,cash,,,1", "date"),
            ("A-1,2026-01-31,up,1,GBP,cash,,,1", "direction"),
            ("A-1,2026-01-31,credit,0,GBP,cash,,,1", "amount"),
            ("A-1,2026-01-31,credit,-1,GBP,cash,,,1", "amount"),
            ("A-1,2026-01-31,credit,1.005,GBP,cash,,,1", "amount"),
            ("A-1,2026-01-31,credit,1.,GBP,cash,,,1", "amount"),
            ("A-1,2026-01-31,credit,99999999999999999999,GBP,cash,,,1", "amount"),
            ("A-1,2026-01-31,credit,1,XAU,cash,,,1", "currency"),
            ("A-1,2026-01-31,credit,1,GBP,gift,,,1", "kind"),
            ("A-1,2026-01-31,credit,1,GBP,cash,,,", "external_id"),
            ("A-1,2026-01-31,credit,1,GBP,cash", "number of fields"),
        ] {
            let found = faults(ACCOUNTS, &format!("{HEADER}{line}7\n{wrong}\n"));
            assert_eq!(found.len(), 1, "{wrong}: {found:?}");
            assert!(found[0].starts_with("transactions line 3: ") && found[0].contains(detail), "{found:?}");
        }
    }

    #[test]
    fn what_stands_twice_and_missing_columns_are_faults() {
        let found = faults("account,product,owner\nA-1,p,a@b.example\nA-1,p,a@b.example\n", "account,date\n");
        assert!(found[0].contains("accounts line 3: account stands twice, first in line 2"), "{found:?}");
        assert!(found[1].contains("transactions line 1: columns are missing: direction"), "{found:?}");
        let row = "A-1,2026-01-31,credit,1,GBP,cash,,,7\n";
        assert!(faults(ACCOUNTS, &format!("{HEADER}{row}{row}"))[0].contains("stands twice"));
    }
}
