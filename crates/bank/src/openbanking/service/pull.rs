//! Reading what a customer has at another bank: the accounts, their balances, their rows.
//!
//! Every part is kept as it arrives: whatever is refused or not the time for is asked another time, and nothing is
//! believed complete that was not.

use std::net::IpAddr;

use chrono::Duration;
use kernel::{ConnectionId, Currency, ExternalAccountId};
use sea_orm::DbErr;
use serde_json::json;
use truelayer::data::{Account, AccountBalance, Card, CardBalance};
use truelayer::{Answer, Decimal, Endpoint, Item, Read};

use super::changes::subject;
use super::later;
use super::pull_instructions::pull_instructions;
use super::pull_rows::{pull_announced, pull_rows};
use super::reader::{Got, Reader};
use super::sealed;
use crate::Bank;
use crate::audit::{self, Event};
use crate::jobs::{self, NewJob};
use crate::openbanking::store::imported;
use crate::openbanking::{
    AccountKey, CardDetails, ExternalAccount, ExternalKind, OpenBankingError, Purpose, store,
};

/// The kind of job that reads the accounts of one connection.
pub const PULL: &str = "openbanking.pull";

/// After so long accounts are read without anybody asking; half of a bank's calls are left for events.
const EVERY: Duration = Duration::hours(12);
/// After a reading in which something was not answered.
const SOONER: Duration = Duration::hours(6);
/// After a reading of which nothing is heard.
const AGAIN: Duration = Duration::hours(1);
/// How long the first reading may take before it is asked for again.
pub(super) const FIRST: Duration = Duration::minutes(10);

/// Counts what a reading brought.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pulled {
    /// How many accounts and cards there are.
    pub accounts: usize,
    /// How many balances were read.
    pub balances: usize,
    /// How many rows are new.
    pub added: usize,
    /// How many known rows read otherwise now.
    pub changed: usize,
    /// How many rows the bank does not show any more.
    pub removed: usize,
    /// Whether every question was answered completely.
    pub is_complete: bool,
}

impl Pulled {
    /// Takes an answer, and notes where one is owed.
    pub(super) fn answer<T>(&mut self, got: Got<T>) -> Option<Answer<T>> {
        match got {
            Got::Answer(answer) => return Some(answer),
            Got::Absent => {}
            Got::NotNow | Got::Late | Got::Narrower => self.is_complete = false,
        }
        None
    }
}

/// Asks for a connection's accounts to be read, in the caller's transaction; while that waits or runs it is not doubled.
pub(super) async fn ask_for_pull(
    bank: &Bank,
    tx: &database::Tx,
    id: ConnectionId,
    purpose: Purpose,
) -> Result<(), DbErr> {
    let payload = json!({ "connection_id": id, "purpose": purpose });
    let dedupe_key = Some(format!("{PULL}:{id}"));
    jobs::enqueue_once(bank, tx, NewJob { dedupe_key, ..NewJob::new(PULL, payload) }).await.map(drop)
}

/// Asks for the readings and the answers whose time has come; returns the number of readings.
///
/// # Errors
/// `DbErr` when the database fails; what was asked for stays so.
pub async fn pull_due(bank: &Bank) -> Result<usize, DbErr> {
    later::ask_due(bank).await?;
    let due = store::due_for_a_pull(bank.db.latest(), bank.now(), 1_000).await?;
    for id in &due {
        let tx = bank.db.begin().await?;
        ask_for_pull(bank, &tx, *id, Purpose::Scheduled).await?;
        store::set_next_pull(&tx, *id, bank.now() + AGAIN).await?;
        tx.commit().await?;
    }
    Ok(due.len())
}

/// Reads a connection's accounts now. `user` is the address of its customer, who must be asking at this moment.
///
/// # Errors
/// [`OpenBankingError::NotFound`], [`OpenBankingError::TooLate`] for one that does not work, what renewing its tokens
/// says, and what ends it: then what was read before stays.
pub async fn pull(
    bank: &Bank,
    id: ConnectionId,
    (purpose, user): (Purpose, Option<IpAddr>),
) -> Result<Pulled, OpenBankingError> {
    let row = store::load(bank.db.latest(), id).await?.ok_or(OpenBankingError::NotFound)?;
    let mut reader = Reader::open(bank, row, (purpose, user)).await?;
    let mut pulled = Pulled { is_complete: true, ..Pulled::default() };
    let begun = std::time::Instant::now();
    pull_accounts(bank, &mut reader, &mut pulled).await?;
    for account in imported::accounts_of(bank.db.latest(), id).await? {
        pulled.accounts += 1;
        pull_balance(bank, &mut reader, &account, &mut pulled).await?;
        pull_rows(bank, &mut reader, &account, &mut pulled).await?;
        pull_announced(bank, &mut reader, &account, &mut pulled).await?;
        pull_instructions(bank, &mut reader, &account, &mut pulled).await?;
    }
    let tx = bank.db.begin().await?;
    let pause = if pulled.is_complete { EVERY } else { SOONER };
    let usual = bank.now() + pause;
    // What it was not the time for is asked at the time that is shown.
    let next = reader.postponed_until.map_or(usual, |at| usual.min(at));
    store::set_next_pull(&tx, id, next).await?;
    record(bank, &tx, id, (purpose, pulled)).await?;
    tx.commit().await?;
    let outcome = if pulled.is_complete { "complete" } else { "incomplete" };
    metrics::histogram!("florin_openbanking_reading_seconds", "outcome" => outcome).record(begun.elapsed());
    Ok(pulled)
}

/// Reads a connection's accounts without their customer, once more for what was reported meanwhile.
///
/// # Errors
/// Those of [`pull`].
pub async fn pull_for_events(
    bank: &Bank,
    id: ConnectionId,
    purpose: Purpose,
) -> Result<Pulled, OpenBankingError> {
    let begun = bank.now();
    let pulled = pull(bank, id, (purpose, None)).await?;
    if store::inbox::count_since(bank.db.latest(), id, begun).await? == 0 {
        return Ok(pulled);
    }
    pull(bank, id, (Purpose::Event, None)).await
}

/// Leaves what was read in the audit log, in numbers.
async fn record(
    bank: &Bank,
    tx: &database::Tx,
    id: ConnectionId,
    (purpose, pulled): (Purpose, Pulled),
) -> Result<(), DbErr> {
    let caller = bank.system_caller();
    let Pulled { accounts, balances, .. } = pulled;
    for (action, numbers) in [
        ("truelayer.accounts_fetched", json!({ "purpose": purpose, "accounts": accounts })),
        ("truelayer.balance_fetched", json!({ "purpose": purpose, "balances": balances })),
    ] {
        let event = Event { after: Some(numbers), ..Event::new(action, subject(id)) };
        audit::record(bank, tx, &caller, event).await?;
    }
    record_rows(bank, tx, id, (purpose, pulled)).await
}

pub(super) async fn record_rows(
    bank: &Bank,
    tx: &database::Tx,
    id: ConnectionId,
    (purpose, pulled): (Purpose, Pulled),
) -> Result<(), DbErr> {
    let Pulled { added, changed, removed, is_complete, .. } = pulled;
    let numbers = json!({
        "purpose": purpose, "added": added, "changed": changed, "removed": removed, "is_complete": is_complete
    });
    let event = Event { after: Some(numbers), ..Event::new("truelayer.transactions_fetched", subject(id)) };
    audit::record(bank, tx, &bank.system_caller(), event).await.map(drop)
}

async fn pull_accounts(
    bank: &Bank,
    reader: &mut Reader<'_>,
    pulled: &mut Pulled,
) -> Result<(), OpenBankingError> {
    let of_all = reader.row.id.uuid();
    let got = reader.ask::<Account>(of_all, Read::all(Endpoint::Accounts)).await?;
    if let Some(answer) = pulled.answer(got) {
        pulled.is_complete &= answer.is_complete();
        for item in &answer.items {
            keep(bank, reader, of_account(reader, item)).await?;
        }
    }
    let got = reader.ask::<Card>(of_all, Read::all(Endpoint::Cards)).await?;
    if let Some(answer) = pulled.answer(got) {
        pulled.is_complete &= answer.is_complete();
        for item in &answer.items {
            match of_card(reader, item) {
                Some(card) => keep(bank, reader, card).await?,
                // Its amounts mean nothing without a currency.
                None => pulled.is_complete = false,
            }
        }
    }
    Ok(())
}

/// Holds an account as the bank shows it.
struct Shown<'a> {
    key: AccountKey,
    kind: ExternalKind,
    service_id: &'a str,
    currency: Currency,
    raw: &'a str,
}

fn of_account<'a>(reader: &Reader<'_>, item: &'a Item<Account>) -> Shown<'a> {
    let (account, user) = (&item.value, reader.row.user_id);
    let (provider, currency) = (reader.provider(), account.currency);
    let key = AccountKey::of_account(user, provider, currency.code(), &account.account_number)
        .unwrap_or_else(|| AccountKey::of_id(user, provider, &account.account_id));
    Shown { key, kind: ExternalKind::Account, service_id: &account.account_id, currency, raw: item.raw() }
}

/// Returns none for a card without a currency.
fn of_card<'a>(reader: &Reader<'_>, item: &'a Item<Card>) -> Option<Shown<'a>> {
    let (card, user) = (&item.value, reader.row.user_id);
    let currency = card.currency?;
    let text = |secret: &'a Option<kernel::Secret<String>>| secret.as_ref().map_or("", |text| text.expose());
    let details = CardDetails {
        network: card.card_network.as_deref().unwrap_or_default(),
        partial_number: text(&card.partial_card_number),
        name_on_card: text(&card.name_on_card),
    };
    let key = if details.partial_number.is_empty() {
        AccountKey::of_id(user, reader.provider(), &card.account_id)
    } else {
        AccountKey::of_card(user, reader.provider(), currency.code(), &details)
    };
    Some(Shown { key, kind: ExternalKind::Card, service_id: &card.account_id, currency, raw: item.raw() })
}

/// Keeps an account, on the row that this customer has of it already, whatever the service calls it now.
async fn keep(bank: &Bank, reader: &Reader<'_>, shown: Shown<'_>) -> Result<(), DbErr> {
    let (now, user_id) = (bank.now(), reader.row.user_id);
    let tx = bank.db.begin().await?;
    store::calls::lock(&tx, reader.row.id).await?;
    let known = imported::find_by_key(&tx, user_id, shown.key.as_bytes()).await?;
    let id = known.as_ref().map_or_else(|| ExternalAccountId::generate(now, &bank.random), |known| known.id);
    let (connection_id, service_id) = (reader.row.id, shown.service_id.to_owned());
    let (currency, answer) = (shown.currency, sealed::seal(bank, sealed::account(id), shown.raw));
    if let Some(known) = known {
        let again = ExternalAccount { connection_id, service_id, currency, answer, updated_at: now, ..known };
        imported::update_account(&tx, again).await?;
    } else {
        let new = ExternalAccount {
            id,
            connection_id,
            user_id,
            account_key: shown.key.as_bytes().to_vec(),
            kind: shown.kind,
            service_id,
            currency,
            answer,
            current_minor: None,
            available_minor: None,
            overdraft_minor: None,
            balance_at: None,
            complete_through: None,
            history_closed: false,
            created_at: now,
            updated_at: now,
        };
        imported::insert_account(&tx, new).await?;
    }
    tx.commit().await
}

/// Holds a balance in minor units.
struct Balance {
    current: Option<i64>,
    available: Option<i64>,
    overdraft: Option<i64>,
}

async fn pull_balance(
    bank: &Bank,
    reader: &mut Reader<'_>,
    account: &ExternalAccount,
    pulled: &mut Pulled,
) -> Result<(), OpenBankingError> {
    let (subject, name) = (account.id.uuid(), account.service_id.as_str());
    let minor = |amount: Option<Decimal>| {
        amount.and_then(|amount| amount.to_money(account.currency).ok()).map(kernel::Money::minor)
    };
    let balance = match account.kind {
        ExternalKind::Account => {
            let got = reader.ask::<AccountBalance>(subject, Read::of(Endpoint::AccountBalance, name)).await?;
            let Some(answer) = pulled.answer(got) else { return Ok(()) };
            answer.first().map(|balance| Balance {
                current: minor(Some(balance.current)),
                available: minor(balance.available),
                overdraft: minor(balance.overdraft),
            })
        }
        ExternalKind::Card => {
            let got = reader.ask::<CardBalance>(subject, Read::of(Endpoint::CardBalance, name)).await?;
            let Some(answer) = pulled.answer(got) else { return Ok(()) };
            answer.first().map(|balance| Balance {
                // What is owed is below zero, as on every other account.
                current: minor(Some(balance.current)).and_then(i64::checked_neg),
                available: minor(balance.available),
                overdraft: minor(balance.credit_limit),
            })
        }
    };
    let Some(balance) = balance.filter(|balance| balance.current.is_some()) else {
        pulled.is_complete = false;
        return Ok(());
    };
    let tx = bank.db.begin().await?;
    if let Some(row) = imported::lock_account(&tx, account.id).await? {
        let now = Some(bank.now());
        let Balance { current, available, overdraft } = balance;
        let (current_minor, available_minor, overdraft_minor) = (current, available, overdraft);
        let row = ExternalAccount { current_minor, available_minor, overdraft_minor, balance_at: now, ..row };
        imported::update_account(&tx, row).await?;
        pulled.balances += 1;
    }
    tx.commit().await?;
    Ok(())
}
