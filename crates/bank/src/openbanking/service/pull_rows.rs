//! Reading the rows of an account at another bank: everything once, then the last days again.
//!
//! A bank changes what it said: rows get names, texts and days, and some vanish. So the last fourteen days are read again each
//! time, and a complete answer takes the place of what was kept of its days.

use std::collections::BTreeSet;

use chrono::{Duration, NaiveDate};
use kernel::{ExternalTransactionId, Money};
use sea_orm::DbErr;
use truelayer::data::Transaction;
use truelayer::{Answer, Item, Read, Window};

use super::later;
use super::pull::Pulled;
use super::reader::{Got, Reader};
use super::sealed;
use crate::Bank;
use crate::openbanking::store::imported;
use crate::openbanking::{
    Announced, ExternalAccount, ExternalTransaction, Fate, ImportedRow, OpenBankingError, PendingTransaction,
    RowKey, StoredRow, fates, merge, row_keys,
};

/// How far back the first reading goes.
const HISTORY: Duration = Duration::days(730);
/// How far back a bank tells that wants its customer for more (RTS Art. 10a: 90 days).
const OPEN_HISTORY: Duration = Duration::days(89);
/// How many days are read again.
const OVERLAP: Duration = Duration::days(14);

/// Reads the booked rows.
pub(super) async fn pull_rows(
    bank: &Bank,
    reader: &mut Reader<'_>,
    account: &ExternalAccount,
    pulled: &mut Pulled,
) -> Result<(), OpenBankingError> {
    if later::is_awaited(bank, reader, account, pulled).await? {
        return Ok(());
    }
    let today = bank.now().date_naive();
    let oldest = today - if account.history_closed { OPEN_HISTORY } else { HISTORY };
    let mut from = account.complete_through.map_or(oldest, |through| oldest.max(through - OVERLAP));
    let asked = |from, is_closed| Asked { from, through: today, is_closed };
    let mut got = reader.ask::<Transaction>(account.id.uuid(), asked(from, false).read(account)).await?;
    let is_closed = matches!(got, Got::Narrower);
    if is_closed {
        from = today - OPEN_HISTORY;
        got = reader.ask(account.id.uuid(), asked(from, is_closed).read(account)).await?;
    }
    if matches!(got, Got::Late) {
        later::put(bank, reader, account, asked(from, is_closed)).await?;
    }
    let Some(answer) = pulled.answer(got) else { return Ok(()) };
    Ok(keep(bank, account, (asked(from, is_closed), &answer), pulled).await?)
}

/// Says what was asked for.
#[derive(Clone, Copy)]
pub(super) struct Asked {
    pub(super) from: NaiveDate,
    pub(super) through: NaiveDate,
    /// Whether the bank refused to tell more.
    pub(super) is_closed: bool,
}

impl Asked {
    pub(super) fn read(self, account: &ExternalAccount) -> Read<'_> {
        let window = Window::days(self.from, self.through);
        Read { window, ..Read::of(account.kind.rows(), account.service_id.as_str()) }
    }
}

/// Keeps the rows of an answer, and lets go of those that a complete one does not show any more.
pub(super) async fn keep(
    bank: &Bank,
    account: &ExternalAccount,
    (asked, answer): (Asked, &Answer<Transaction>),
    pulled: &mut Pulled,
) -> Result<(), DbErr> {
    let usable = usable(&answer.items);
    let is_complete = answer.is_complete() && usable.len() == answer.items.len();
    pulled.is_complete &= is_complete;
    let fetched: Vec<ImportedRow> = usable.iter().map(|(row, _)| row.clone()).collect();
    let keys = row_keys(&fetched);
    let tx = bank.db.begin().await?;
    let Some(row) = imported::lock_account(&tx, account.id).await? else { return tx.commit().await };
    let hashes: BTreeSet<Vec<u8>> = keys.iter().map(|key| key.parts().0.to_vec()).collect();
    let known = imported::rows_to_compare(&tx, account.id, (asked.from, hashes)).await?;
    let stored: Vec<StoredRow> = known.iter().filter_map(stored).collect();
    let plan = merge(&stored, &fetched);
    let is_gone = |at: &&usize| is_complete && stored[**at].booked_on >= asked.from;
    let gone: Vec<_> = plan.gone.iter().filter(is_gone).map(|at| known[*at].id).collect();
    pulled.removed += gone.len();
    imported::delete_rows(&tx, gone).await?;
    for (old, new) in plan.same {
        let (old, (_, item)) = (&known[old], &usable[new]);
        let again = row_of(bank, old.id, (account, keys[new], item));
        let again = ExternalTransaction { created_at: old.created_at, ..again };
        let is_other = ExternalTransaction { answer: old.answer.clone(), ..again.clone() } != *old
            || !sealed::is_row(bank, old.id, (&old.answer, item.raw()));
        if is_other {
            imported::update_row(&tx, again).await?;
            pulled.changed += 1;
        }
    }
    let fresh = |at: &usize| {
        let id = ExternalTransactionId::generate(bank.now(), &bank.random);
        row_of(bank, id, (account, keys[*at], usable[*at].1))
    };
    let added: Vec<_> = plan.added.iter().map(fresh).collect();
    pulled.added += added.len();
    imported::insert_rows(&tx, added).await?;
    let complete_through = if is_complete { Some(asked.through) } else { row.complete_through };
    let history_closed = row.history_closed || asked.is_closed;
    let row = ExternalAccount { complete_through, history_closed, updated_at: bank.now(), ..row };
    imported::update_account(&tx, row).await?;
    tx.commit().await
}

/// Pairs rows whose amounts can be money with what tells them apart.
fn usable(items: &[Item<Transaction>]) -> Vec<(ImportedRow, &Item<Transaction>)> {
    let row = |item: &Item<Transaction>| {
        let row = &item.value;
        Some(ImportedRow {
            normalised_id: row.normalised_id().map(str::to_owned),
            provider_id: row.provider_id().map(str::to_owned),
            booked_on: row.timestamp.on,
            amount: row.magnitude().to_money(row.currency).ok()?,
            direction: row.transaction_type,
            description: row.description.expose().clone(),
        })
    };
    items.iter().filter_map(|item| Some((row(item)?, item))).collect()
}

fn row_of(
    bank: &Bank,
    id: ExternalTransactionId,
    (account, key, item): (&ExternalAccount, RowKey, &Item<Transaction>),
) -> ExternalTransaction {
    let (row, (hash, ordinal)) = (&item.value, key.parts());
    ExternalTransaction {
        id,
        account_id: account.id,
        row_hash: hash.to_vec(),
        row_ordinal: ordinal.into(),
        has_lasting_name: row.normalised_id().is_some(),
        booked_on: row.timestamp.on,
        booked_at: row.timestamp.at,
        amount_minor: row.magnitude().to_money(row.currency).map_or(0, Money::minor),
        currency: row.currency,
        direction: row.transaction_type.into(),
        answer: sealed::seal(bank, sealed::row(id), item.raw()),
        created_at: bank.now(),
    }
}

fn stored(row: &ExternalTransaction) -> Option<StoredRow> {
    let hash = row.row_hash.as_slice().try_into().ok()?;
    Some(StoredRow {
        key: RowKey::restored(hash, u32::try_from(row.row_ordinal).ok()?),
        has_lasting_name: row.has_lasting_name,
        booked_on: row.booked_on,
        amount: Money::new(row.amount_minor, row.currency),
        direction: row.direction.into(),
    })
}

/// Reads what is announced: kept as long as the bank shows it and it is not booked.
pub(super) async fn pull_announced(
    bank: &Bank,
    reader: &mut Reader<'_>,
    account: &ExternalAccount,
    pulled: &mut Pulled,
) -> Result<(), OpenBankingError> {
    let read = Read::of(account.kind.announced(), account.service_id.as_str());
    let got = reader.ask::<Transaction>(account.id.uuid(), read).await?;
    let Some(answer) = pulled.answer(got) else { return Ok(()) };
    let usable = usable(&answer.items);
    let announced: Vec<Announced> = usable.iter().map(announced_of).collect();
    let today = bank.now().date_naive();
    let earliest = announced.iter().map(|row| row.announced_on).min().unwrap_or(today);
    let tx = bank.db.begin().await?;
    if imported::lock_account(&tx, account.id).await?.is_none() {
        return Ok(tx.commit().await?);
    }
    let booked = imported::rows_since(&tx, account.id, earliest).await?;
    let candidates: Vec<ImportedRow> = booked.iter().map(|row| candidate(bank, row)).collect();
    let mut rows = Vec::new();
    for (fate, (row, item)) in fates(&announced, &candidates, today).into_iter().zip(&usable) {
        let perhaps_transaction_id = match fate {
            Fate::Booked(_) => continue,
            Fate::Dropped => {
                metrics::counter!("florin_openbanking_announced_dropped_total").increment(1);
                continue;
            }
            Fate::Perhaps(at) => Some(booked[at].id),
            Fate::Waiting => None,
        };
        let id = ExternalTransactionId::generate(bank.now(), &bank.random);
        rows.push(PendingTransaction {
            id,
            account_id: account.id,
            announced_on: row.booked_on,
            announced_at: item.value.timestamp.at,
            amount_minor: row.amount.minor(),
            currency: row.amount.currency(),
            direction: row.direction.into(),
            answer: sealed::seal(bank, sealed::announced(id), item.raw()),
            perhaps_transaction_id,
        });
    }
    imported::replace_announced(&tx, account.id, rows).await?;
    Ok(tx.commit().await?)
}

fn announced_of((row, item): &(ImportedRow, &Item<Transaction>)) -> Announced {
    let merchant = item.value.merchant_name.as_ref().map(|name| name.expose().clone());
    Announced {
        announced_on: row.booked_on,
        amount: row.amount,
        direction: row.direction,
        merchant: merchant.unwrap_or_else(|| row.description.clone()),
    }
}

/// Returns a booked row as announced rows are compared with it.
fn candidate(bank: &Bank, row: &ExternalTransaction) -> ImportedRow {
    let shown = sealed::open::<Transaction>(bank, sealed::row(row.id), &row.answer);
    ImportedRow {
        normalised_id: None,
        provider_id: None,
        booked_on: row.booked_on,
        amount: Money::new(row.amount_minor, row.currency),
        direction: row.direction.into(),
        description: shown.map(|shown| shown.description.expose().clone()).unwrap_or_default(),
    }
}
