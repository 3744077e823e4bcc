//! The books, as staff sees them, and the proof that they are right.

use chrono::{Days, NaiveDate};
use kernel::{Currency, Page, PageRequest, ProofId};
use ledger::chart::{self, CUSTOMER_DEPOSIT};
use ledger::lookup::{self, AccountFilter};
use ledger::seal::SigningKey;
use ledger::trial::{self, TrialLine};
use ledger::turnover::{self, Turnover};
use ledger::verify::{self, Fault, Progress, Proof, VerifyOptions};
use ledger::{Account, ChartCode};
use sea_orm::DbErr;
use serde_json::json;

use crate::audit::{self, Event, Subject};
use crate::oversight::LedgerRefusal;
use crate::{Bank, Caller, Permission};

/// The most days whose turnover is told at once: a leap year's.
const MOST_DAYS: i64 = 366;

/// Lists the accounts of the ledger. A page with customers' accounts on it is a look at customers' data.
///
/// # Errors
/// Forbidden, storage.
pub async fn list_accounts(
    bank: &Bank,
    caller: &Caller,
    filter: AccountFilter,
    page: &PageRequest,
) -> Result<Page<Account>, LedgerRefusal> {
    caller.require(Permission::ReadLedger)?;
    let page = lookup::list(bank.db.read(), filter, page).await?;
    if page.items.iter().any(|account| account.code == CUSTOMER_DEPOSIT) {
        let look = Event::new("ledger.read", Subject::new("ledger", "accounts"));
        audit::record_read(bank, caller, look).await?;
    }
    Ok(page)
}

/// Lists the currencies that the bank has accounts of its own in.
///
/// # Errors
/// Forbidden, storage.
pub async fn list_currencies(bank: &Bank, caller: &Caller) -> Result<Vec<Currency>, LedgerRefusal> {
    caller.require(Permission::ReadLedger)?;
    let tills: Vec<_> =
        Currency::all().map(|currency| chart::account_id(ChartCode::Cash, currency)).collect();
    let tills = lookup::accounts(bank.db.read(), &tills).await?;
    let mut currencies: Vec<_> = tills.iter().map(|till| till.currency).collect();
    currencies.sort_by_key(|currency| currency.code().to_owned());
    Ok(currencies)
}

/// Returns what was debited and credited, per code and currency, now or by the end of a business day.
///
/// # Errors
/// Forbidden, storage.
pub async fn trial_balance(
    bank: &Bank,
    caller: &Caller,
    as_of: Option<NaiveDate>,
) -> Result<Vec<TrialLine>, LedgerRefusal> {
    caller.require(Permission::ReadLedger)?;
    let tx = bank.db.snapshot().await?;
    let lines = trial::trial_balance(&tx, as_of).await?;
    tx.commit().await?;
    Ok(lines)
}

/// Lists what moved on each day from the first of two to the last, by what it was for and currency.
///
/// # Errors
/// Forbidden, [`LedgerRefusal::Days`], storage.
pub async fn turnover(
    bank: &Bank,
    caller: &Caller,
    days: (NaiveDate, NaiveDate),
) -> Result<Vec<Turnover>, LedgerRefusal> {
    caller.require(Permission::ReadLedger)?;
    if !(0..MOST_DAYS).contains(&(days.1 - days.0).num_days()) {
        return Err(LedgerRefusal::Days);
    }
    let tx = bank.db.snapshot().await?;
    let turnover = turnover::between(&tx, days).await?;
    tx.commit().await?;
    Ok(turnover)
}

/// Lists the same for the bank's current day and those just before it, `count` in all, with the first and the last.
///
/// # Errors
/// Those of [`turnover`].
pub async fn turnover_lately(
    bank: &Bank,
    caller: &Caller,
    count: u64,
) -> Result<((NaiveDate, NaiveDate), Vec<Turnover>), LedgerRefusal> {
    let today = bank.ledger.business_date(bank.db.read()).await?;
    let first = today.checked_sub_days(Days::new(count.saturating_sub(1))).unwrap_or(today);
    Ok(((first, today), turnover(bank, caller, (first, today)).await?))
}

/// Holds what customers have in one currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deposits {
    /// The currency.
    pub currency: Currency,
    /// All of it, in minor units.
    pub balance_minor: i128,
    /// By how much it grew in the last days, in minor units; below zero when it shrank.
    pub growth_minor: i128,
}

/// Sums what customers have, by currency, and how much it grew in the last `days` days.
///
/// # Errors
/// Forbidden, storage.
pub async fn deposits(bank: &Bank, caller: &Caller, days: u64) -> Result<Vec<Deposits>, LedgerRefusal> {
    caller.require(Permission::ReadLedger)?;
    let tx = bank.db.snapshot().await?;
    let today = bank.ledger.business_date(&tx).await?;
    let before = today.checked_sub_days(Days::new(days)).unwrap_or(today);
    let (then, now) = turnover::until_and_all(&tx, before).await?;
    tx.commit().await?;
    let mut deposits: Vec<Deposits> = now
        .into_iter()
        .filter(|line| line.code == CUSTOMER_DEPOSIT)
        .map(|line| {
            let same = |one: &&TrialLine| one.code == line.code && one.currency == line.currency;
            let balance_minor = line.balance_minor();
            let growth_minor = balance_minor - then.iter().find(same).map_or(0, TrialLine::balance_minor);
            Deposits { currency: line.currency, balance_minor, growth_minor }
        })
        .collect();
    deposits.sort_by(|one, next| one.currency.code().cmp(next.currency.code()));
    Ok(deposits)
}

/// Verifies the whole ledger and keeps what was found. Takes as long as reading the journal does.
///
/// # Errors
/// Forbidden, storage. What is wrong in the ledger is not an error but stands in the proof.
pub async fn verify_ledger(bank: &Bank, caller: &Caller) -> Result<(Proof, Vec<Fault>), LedgerRefusal> {
    caller.require(Permission::VerifyLedger)?;
    Ok(prove(bank, caller, &mut |_| {}).await?)
}

/// Verifies the whole ledger for somebody who may, and tells how far it is.
pub(super) async fn prove(
    bank: &Bank,
    caller: &Caller,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<(Proof, Vec<Fault>), DbErr> {
    let started_at = bank.now();
    let report = verify::verify(&bank.db, &options(bank), progress).await?;
    let id = ProofId::generate(bank.now(), &bank.random);
    let tx = bank.db.begin().await?;
    let proof = verify::record(&tx, id, &report, (started_at, bank.now())).await?;
    let found = json!({ "passed": proof.passed, "faults": proof.faults, "first_fault": proof.first_fault });
    let event = Event { after: Some(found), ..Event::new("ledger.verify", Subject::new("proof", id)) };
    audit::record(bank, &tx, caller, event).await?;
    tx.commit().await?;
    if !proof.passed {
        tracing::error!(proof.id = %id, faults = proof.faults, "the ledger does not prove right");
    }
    Ok((proof, report.faults))
}

/// Finds a proof.
///
/// # Errors
/// Forbidden, absent, storage.
pub async fn find_proof(bank: &Bank, caller: &Caller, id: ProofId) -> Result<Proof, LedgerRefusal> {
    caller.require(Permission::ReadLedger)?;
    verify::find_proof(bank.db.latest(), id).await?.ok_or(LedgerRefusal::NotFound)
}

/// Lists the proofs, newest first.
///
/// # Errors
/// Forbidden, storage.
pub async fn list_proofs(
    bank: &Bank,
    caller: &Caller,
    page: &PageRequest,
) -> Result<Page<Proof>, LedgerRefusal> {
    caller.require(Permission::ReadLedger)?;
    Ok(verify::proofs(bank.db.read(), page).await?)
}

/// Says against what the chains are checked: our own key, and the files that the operator chose.
pub(crate) fn options(bank: &Bank) -> VerifyOptions {
    VerifyOptions {
        checkpoint_directory: bank.settings.checkpoint_directory.clone(),
        trusted_keys: signing_key(bank).map(|key| key.verifying_key()).into_iter().collect(),
    }
}

/// Makes the key that signs checkpoints; none when the operator gave no seed that makes one.
pub(crate) fn signing_key(bank: &Bank) -> Option<SigningKey> {
    SigningKey::from_seed(&bank.settings.signing_key).ok()
}
