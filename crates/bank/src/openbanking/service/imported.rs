//! Showing a customer what was read of their accounts elsewhere, and reading it now.

use chrono::NaiveDate;
use kernel::{ConnectionId, ExternalAccountId, ExternalTransactionId, Instant, Page, PageRequest};
use truelayer::data::{Account, AccountNumbers, Card, Transaction};

use super::pull::{Pulled, pull};
use super::sealed;
use super::{customer, find, to_the_end};
use crate::openbanking::store::{calls, imported};
use crate::openbanking::{
    ExternalAccount, ExternalKind, ExternalTransaction, OpenBankingError, PendingTransaction, Purpose,
    ReadState, Side,
};
use crate::{Bank, Caller};

/// Shows an account with what of its answer may leave the bank.
#[derive(Clone, Debug)]
pub struct ShownAccount {
    /// The row.
    pub row: ExternalAccount,
    /// What the customer calls it.
    pub name: Option<String>,
    /// The end of its number: `…4321`.
    pub number_end: Option<String>,
    /// When its rows may be read again without the customer; none when at any time.
    pub next_at: Option<Instant>,
    /// The code of the last refusal about its rows.
    pub last_error: Option<String>,
}

/// Shows a booked or an announced row.
#[derive(Clone, Debug)]
pub struct ShownRow {
    /// Its name.
    pub id: ExternalTransactionId,
    /// The day that the bank wrote.
    pub on: NaiveDate,
    /// When it was posted or announced.
    pub at: Instant,
    /// How much, in minor units; positive.
    pub amount_minor: i64,
    /// The currency.
    pub currency: kernel::Currency,
    /// Which way.
    pub direction: Side,
    /// The bank's text.
    pub description: Option<String>,
    /// With whom, as the service guesses.
    pub merchant: Option<String>,
    /// What for, as the service guesses.
    pub classification: Vec<String>,
    /// Of an announced row: a booked one that it may be.
    pub perhaps: Option<ExternalTransactionId>,
}

/// Lists the accounts of one's own connection.
///
/// # Errors
/// [`OpenBankingError::Forbidden`], [`OpenBankingError::NotFound`].
pub async fn accounts(
    bank: &Bank,
    caller: &Caller,
    id: ConnectionId,
) -> Result<Vec<ShownAccount>, OpenBankingError> {
    find(bank, caller, id).await?;
    let states = calls::reads_of(bank.db.read(), id).await?;
    let rows = imported::accounts_of(bank.db.read(), id).await?;
    Ok(rows.into_iter().map(|row| show_account(bank, row, &states)).collect())
}

/// Finds an account of one's own connection.
///
/// # Errors
/// [`OpenBankingError::Forbidden`], [`OpenBankingError::NotFound`].
pub async fn find_account(
    bank: &Bank,
    caller: &Caller,
    (connection, id): (ConnectionId, ExternalAccountId),
) -> Result<ShownAccount, OpenBankingError> {
    let row = own(bank, caller, (connection, id)).await?;
    let states = calls::reads_of(bank.db.read(), connection).await?;
    Ok(show_account(bank, row, &states))
}

/// Lists the booked rows of an account within days, the newest first.
///
/// # Errors
/// [`OpenBankingError::Forbidden`], [`OpenBankingError::NotFound`].
pub async fn rows(
    bank: &Bank,
    caller: &Caller,
    of: (ConnectionId, ExternalAccountId),
    (days, page): ((Option<NaiveDate>, Option<NaiveDate>), PageRequest),
) -> Result<Page<ShownRow>, OpenBankingError> {
    let account = own(bank, caller, of).await?;
    let page = imported::rows(bank.db.read(), account.id, days, page).await?;
    Ok(page.map(|row| show_row(bank, &row)))
}

/// Lists what is announced on an account, the newest first.
///
/// # Errors
/// [`OpenBankingError::Forbidden`], [`OpenBankingError::NotFound`].
pub async fn announced(
    bank: &Bank,
    caller: &Caller,
    of: (ConnectionId, ExternalAccountId),
) -> Result<Vec<ShownRow>, OpenBankingError> {
    let account = own(bank, caller, of).await?;
    let rows = imported::announced(bank.db.read(), account.id).await?;
    Ok(rows.iter().map(|row| show_announced(bank, row)).collect())
}

/// Reads one's own accounts now. The bank is told from where its customer asks.
///
/// What is begun is finished even when the caller hangs up.
///
/// # Errors
/// [`OpenBankingError::Forbidden`], [`OpenBankingError::NeedsPerson`], [`OpenBankingError::NotFound`],
/// [`OpenBankingError::TooLate`] for a connection that does not work, what the service says.
pub async fn pull_own(bank: &Bank, caller: &Caller, id: ConnectionId) -> Result<Pulled, OpenBankingError> {
    customer(caller)?;
    let row = find(bank, caller, id).await?;
    // Without an address nobody can be shown to be there.
    let purpose = if caller.address.is_some() { Purpose::Attended } else { Purpose::Event };
    let (bank, user) = (bank.clone(), caller.address);
    to_the_end(async move { pull(&bank, row.id, (purpose, user)).await }).await
}

pub(super) async fn own(
    bank: &Bank,
    caller: &Caller,
    (connection, id): (ConnectionId, ExternalAccountId),
) -> Result<ExternalAccount, OpenBankingError> {
    let row = find(bank, caller, connection).await?;
    let found = imported::find_account(bank.db.read(), (connection, id), row.user_id).await?;
    found.ok_or(OpenBankingError::NotFound)
}

fn show_account(bank: &Bank, row: ExternalAccount, states: &[ReadState]) -> ShownAccount {
    let end = |text: &str| {
        let digits: Vec<char> = text.chars().filter(char::is_ascii_alphanumeric).collect();
        (digits.len() >= 4).then(|| format!("…{}", digits[digits.len() - 4..].iter().collect::<String>()))
    };
    let (name, number_end) = match row.kind {
        ExternalKind::Account => {
            let shown = sealed::open::<Account>(bank, sealed::account(row.id), &row.answer);
            let numbers = shown.as_ref().map(|account| &account.account_number);
            let iban = numbers.and_then(AccountNumbers::iban).map(|iban| iban.as_str().to_owned());
            let number = numbers.and_then(|numbers| numbers.number()).map(str::to_owned).or(iban);
            let name = shown.as_ref().map(|account| account.display_name.expose().clone());
            (name, number.as_deref().and_then(end))
        }
        ExternalKind::Card => {
            let shown = sealed::open::<Card>(bank, sealed::account(row.id), &row.answer);
            let text = |secret: Option<kernel::Secret<String>>| secret.map(|text| text.expose().clone());
            let number = shown.as_ref().and_then(|card| text(card.partial_card_number.clone()));
            let name = shown.and_then(|card| text(card.display_name));
            (name, number.as_deref().and_then(end))
        }
    };
    let of_rows =
        |state: &&ReadState| state.subject_id == row.id.uuid() && state.endpoint == row.kind.rows().as_str();
    let state = states.iter().find(of_rows);
    let next_at = state.and_then(|state| state.next_at).filter(|next| *next > bank.now());
    let last_error = state.and_then(|state| state.last_error.clone());
    ShownAccount { row, name, number_end, next_at, last_error }
}

fn show_row(bank: &Bank, row: &ExternalTransaction) -> ShownRow {
    let shown = sealed::open(bank, sealed::row(row.id), &row.answer);
    let (description, merchant, classification) = texts(shown);
    ShownRow {
        id: row.id,
        on: row.booked_on,
        at: row.booked_at,
        amount_minor: row.amount_minor,
        currency: row.currency,
        direction: row.direction,
        description,
        merchant,
        classification,
        perhaps: None,
    }
}

fn show_announced(bank: &Bank, row: &PendingTransaction) -> ShownRow {
    let shown = sealed::open(bank, sealed::announced(row.id), &row.answer);
    let (description, merchant, classification) = texts(shown);
    ShownRow {
        id: row.id,
        on: row.announced_on,
        at: row.announced_at,
        amount_minor: row.amount_minor,
        currency: row.currency,
        direction: row.direction,
        description,
        merchant,
        classification,
        perhaps: row.perhaps_transaction_id,
    }
}

fn texts(shown: Option<Transaction>) -> (Option<String>, Option<String>, Vec<String>) {
    shown.map_or((None, None, Vec::new()), |shown| {
        let description = shown.description.expose().clone();
        let merchant = shown.merchant_name.map(|name| name.expose().clone());
        (Some(description), merchant, shown.transaction_classification)
    })
}
