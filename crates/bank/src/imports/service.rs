//! Carrying an import out.

use std::collections::{HashMap, HashSet};

use chrono::NaiveTime;
use database::Tx;
use kernel::{AccountId, AccountNumber, Actor, Currency, Instant, TransferId, UserId};
use ledger::{Action, Authority, ChartCode, NewTransfer, Posting, Rail, Submission, Submitted, chart};
use serde_json::json;

use super::model::{AccountLine, Batch, Contra, Fault, ImportError, Source, TransactionLine};
use crate::accounts::service::GivenAccount;
use crate::accounts::{self, AccountError, Product};
use crate::audit::{self, Event, Subject};
use crate::identity::service::NewUser;
use crate::identity::{Email, UserStatus};
use crate::{Bank, Caller, Role, identity};

/// How many accounts are opened, and how many transactions booked, with one commit.
const ACCOUNTS_A_COMMIT: usize = 100;
const TRANSACTIONS_A_COMMIT: usize = 500;

/// Counts what an import has done so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Accounts that were opened.
    pub accounts_opened: usize,
    /// Accounts that were there already.
    pub accounts_known: usize,
    /// Transactions that were booked.
    pub booked: usize,
    /// Transactions that stood in the journal already.
    pub known: usize,
}

/// Imports a batch; `report` is told after every commit.
///
/// # Errors
/// [`ImportError::Faults`] before anything is written; afterwards [`ImportError::Refused`] or
/// [`ImportError::Storage`], after which the same command goes on where it stopped.
pub async fn run(
    bank: &Bank,
    batch: &Batch,
    mut report: impl FnMut(Progress),
) -> Result<Progress, ImportError> {
    let caller = bank.system_caller();
    let products = check(bank, batch).await?;
    let mut progress = Progress::default();
    let first_days = first_days(batch);
    for lines in batch.accounts.chunks(ACCOUNTS_A_COMMIT) {
        open(bank, &caller, lines, &products, &first_days, &mut progress).await?;
        report(progress);
    }
    open_currencies(bank, batch).await?;
    let ids = account_ids(bank, batch).await?;
    for lines in batch.transactions.chunks(TRANSACTIONS_A_COMMIT) {
        book(bank, &caller, lines, &ids, &mut progress).await?;
        report(progress);
    }
    Ok(progress)
}

/// Checks the batch against the bank: products, currencies, accounts.
async fn check(bank: &Bank, batch: &Batch) -> Result<HashMap<String, Product>, ImportError> {
    let products: HashMap<String, Product> = accounts::service::list_products(bank)
        .await
        .map_err(|error| sea_orm::DbErr::Custom(error.to_string()))?
        .into_iter()
        .map(|product| (product.code.clone(), product))
        .collect();
    let mut faults = Vec::new();
    let mut currencies: HashMap<AccountNumber, Currency> = known_currencies(bank, batch).await?;
    for line in &batch.accounts {
        match products.get(&line.product) {
            Some(product) => {
                currencies.insert(line.number.clone(), product.currency);
            }
            None => faults.push(fault(
                Source::Accounts,
                line.line,
                format!("product: no product {}", line.product),
            )),
        }
    }
    for line in &batch.transactions {
        match currencies.get(&line.number) {
            None => {
                faults.push(fault(Source::Transactions, line.line, "account: no such account".to_owned()));
            }
            Some(currency) if *currency != line.amount.currency() => {
                let detail = format!("currency: the account is kept in {currency}");
                faults.push(fault(Source::Transactions, line.line, detail));
            }
            Some(_) => {}
        }
    }
    if faults.is_empty() { Ok(products) } else { Err(ImportError::Faults(faults)) }
}

/// Returns the currencies of accounts that transactions name and the bank has already.
async fn known_currencies(
    bank: &Bank,
    batch: &Batch,
) -> Result<HashMap<AccountNumber, Currency>, ImportError> {
    let known = accounts::service::find_by_numbers(bank.db.latest(), &numbers(batch)).await?;
    Ok(known.into_iter().map(|(number, account)| (number, account.currency)).collect())
}

async fn account_ids(bank: &Bank, batch: &Batch) -> Result<HashMap<AccountNumber, AccountId>, ImportError> {
    let known = accounts::service::find_by_numbers(bank.db.latest(), &numbers(batch)).await?;
    Ok(known.into_iter().map(|(number, account)| (number, account.id)).collect())
}

fn numbers(batch: &Batch) -> Vec<AccountNumber> {
    let named = batch.transactions.iter().map(|line| &line.number);
    let numbers: HashSet<_> = batch.accounts.iter().map(|line| &line.number).chain(named).collect();
    numbers.into_iter().cloned().collect()
}

/// An imported account was open on the day of its first transaction.
fn first_days(batch: &Batch) -> HashMap<AccountNumber, Instant> {
    let mut days = HashMap::new();
    for line in &batch.transactions {
        days.entry(line.number.clone())
            .or_insert_with(|| line.effective_on.and_time(NaiveTime::MIN).and_utc());
    }
    days
}

async fn open(
    bank: &Bank,
    caller: &Caller,
    lines: &[AccountLine],
    products: &HashMap<String, Product>,
    first_days: &HashMap<AccountNumber, Instant>,
    progress: &mut Progress,
) -> Result<(), ImportError> {
    let tx = bank.db.begin().await?;
    let numbers: Vec<AccountNumber> = lines.iter().map(|line| line.number.clone()).collect();
    let known = accounts::service::find_by_numbers(&tx, &numbers).await?;
    for line in lines {
        if known.contains_key(&line.number) {
            progress.accounts_known += 1;
            continue;
        }
        let Some(product) = products.get(&line.product) else { continue };
        let given = GivenAccount {
            number: line.number.clone(),
            product_code: product.code.clone(),
            holder: customer(bank, &tx, caller, &line.owner).await?,
            opened_at: first_days.get(&line.number).copied().unwrap_or_else(|| bank.now()),
        };
        accounts::service::open_given(bank, &tx, caller, given).await.map_err(|error| at(line, &error))?;
        progress.accounts_opened += 1;
    }
    let event = Event::new("import.open_accounts", Subject::new("import", caller.request_id))
        .change(json!({}), json!({ "accounts": lines.len() }));
    audit::record(bank, &tx, caller, event).await?;
    tx.commit().await?;
    Ok(())
}

/// Finds the customer with this address, or makes one who signs in after resetting the password.
async fn customer(bank: &Bank, tx: &Tx, caller: &Caller, email: &Email) -> Result<UserId, ImportError> {
    if let Some(id) = identity::directory::find_by_email(tx, email.as_str()).await? {
        return Ok(id);
    }
    let name = email.as_str().split('@').next().unwrap_or_default();
    let full_name =
        name.parse().map_err(|_| sea_orm::DbErr::Custom("an address without a name".to_owned()))?;
    let new = NewUser {
        email: email.clone(),
        full_name,
        // No password hashes to this: the first sign-in begins with a reset.
        password_hash: "!".to_owned(),
        country: None,
        locale: None,
        roles: vec![Role::Customer],
        totp_seed: None,
        status: UserStatus::Active,
    };
    let made = identity::service::create_user(bank, tx, caller, new).await;
    made.map_err(|error| sea_orm::DbErr::Custom(error.to_string()).into())
}

async fn open_currencies(bank: &Bank, batch: &Batch) -> Result<(), ImportError> {
    let currencies: HashSet<Currency> =
        batch.transactions.iter().map(|line| line.amount.currency()).collect();
    let tx = bank.db.begin().await?;
    for currency in currencies {
        chart::open_currency(&tx, currency, bank.now()).await?;
    }
    tx.commit().await?;
    Ok(())
}

async fn book(
    bank: &Bank,
    caller: &Caller,
    lines: &[TransactionLine],
    ids: &HashMap<AccountNumber, AccountId>,
    progress: &mut Progress,
) -> Result<(), ImportError> {
    let mut items = Vec::with_capacity(lines.len());
    for line in lines {
        let account = ids.get(&line.number).ok_or_else(|| refused(line, "the account is gone"))?;
        items.push(vec![transfer(line, *account)]);
    }
    let posting =
        Posting { actor: Actor::System, authority: Authority::Import, request_id: Some(caller.request_id) };
    let submitted = bank.ledger.submit(Submission::new(posting, items)).await;
    let Submitted::Decided { items, .. } =
        submitted.map_err(|error| refused(&lines[0], &error.to_string()))?
    else {
        return Err(refused(&lines[0], "answered from a receipt that was never asked for"));
    };
    for (line, outcome) in lines.iter().zip(items) {
        let posted = outcome.map_err(|refusal| refused(line, &refusal.to_string()))?;
        if posted.iter().all(|one| one.already) {
            progress.known += 1;
        } else {
            progress.booked += 1;
        }
    }
    Ok(())
}

fn transfer(line: &TransactionLine, account: AccountId) -> NewTransfer {
    let code = match (line.contra, line.is_credit) {
        (Contra::Cash, _) => ChartCode::Cash,
        (Contra::Settlement, _) => ChartCode::Settlement(Rail::Interbank),
        (Contra::Card, _) => ChartCode::Settlement(Rail::Cards),
        (Contra::Interest, true) => ChartCode::InterestExpense,
        (Contra::Interest, false) => ChartCode::InterestIncome,
        (Contra::Fee, _) => ChartCode::FeeIncome,
        (Contra::Loan, _) => ChartCode::LoansReceivable,
    };
    let contra = chart::account_id(code, line.amount.currency());
    let (debit, credit) = if line.is_credit { (contra, account) } else { (account, contra) };
    let action = Action::Post { debit, credit, amount: line.amount };
    let mut transfer = NewTransfer::new(transfer_id(line), action, "import");
    transfer.reference =
        if line.reference.is_empty() { line.counterparty.clone() } else { line.reference.clone() };
    transfer.metadata =
        Some(json!({ "counterparty": line.counterparty, "external_id": line.external_id }).to_string());
    transfer.effective_on = Some(line.effective_on);
    transfer
}

/// Names the transfer by what the former system called it: the same line has the same id every time.
fn transfer_id(line: &TransactionLine) -> TransferId {
    let name = format!("florin:import:{}:{}", line.number, line.external_id);
    ledger::transfer::id_from(&name, line.effective_on.and_time(NaiveTime::MIN).and_utc())
}

fn at(line: &AccountLine, error: &AccountError) -> ImportError {
    ImportError::Refused { file: Source::Accounts, line: line.line, detail: error.to_string() }
}

fn fault(source: Source, line: u64, detail: String) -> Fault {
    Fault { source, line, detail }
}

fn refused(line: &TransactionLine, detail: &str) -> ImportError {
    ImportError::Refused { file: Source::Transactions, line: line.line, detail: detail.to_owned() }
}
