//! Showing one transaction with what belongs to it.

use kernel::{AccountId, Actor, ApprovalId, RequestId, TransferId};
use ledger::{Authority, Entry, Hold, Transfer, TransferKind};
use sea_orm::{ConnectionTrait, DbErr};

use super::super::model::{Transaction, TransactionsError};
use super::describe;
use crate::accounts;
use crate::audit::{self, Event, Subject};
use crate::{Bank, Caller, Permission};

/// Holds one transfer and what belongs to it.
#[derive(Clone, Debug)]
pub struct TransactionDetail {
    /// The row of the journal.
    pub transfer: Transfer,
    /// Those of its entries that the caller may see, debit first; a hold and a release have none.
    pub entries: Vec<Transaction>,
    /// How a hold stands.
    pub hold: Option<Hold>,
    /// The transfer that reversed it.
    pub reversed_by: Option<TransferId>,
    /// The others that were booked together with it.
    pub linked: Vec<TransferId>,
    /// Where it comes from; for staff only.
    pub origin: Option<Origin>,
}

/// Says where a transfer comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin {
    /// By whom.
    pub actor: Actor,
    /// Under which rules it was judged.
    pub authority: Authority,
    /// The request that booked it.
    pub request_id: Option<RequestId>,
    /// The approval of a second person behind it.
    pub approval_id: Option<ApprovalId>,
}

/// Shows one transfer with those of its entries that the caller may see: staff both. A look by staff leaves an
/// audit row.
///
/// # Errors
/// [`TransactionsError::Forbidden`], [`TransactionsError::NotFound`] when it is absent or touches no account that
/// the caller may view.
pub async fn find(
    bank: &Bank,
    caller: &Caller,
    id: TransferId,
) -> Result<TransactionDetail, TransactionsError> {
    accounts::service::require_transactions(caller)?;
    let connection = bank.db.latest();
    let transfer = ledger::linked::find(connection, id).await?.ok_or(TransactionsError::NotFound)?;
    let is_staff = caller.may(Permission::ReadTransactions) && caller.may(Permission::ReadAccounts);
    let sides = [transfer.debit_account_id, transfer.credit_account_id];
    let seen = if is_staff { sides.to_vec() } else { visible_of(connection, caller, sides).await? };
    if seen.is_empty() {
        return Err(TransactionsError::NotFound);
    }
    let mut entries = ledger::journal::entries(connection, &transfer).await?;
    entries.retain(|entry: &Entry| seen.contains(&entry.account_id));
    let currencies = seen.into_iter().map(|account| (account, transfer.currency)).collect();
    let entries = describe(bank, &currencies, entries).await?;
    let mut linked: Vec<TransferId> =
        ledger::linked::group(connection, id).await?.into_iter().map(|member| member.id).collect();
    linked.retain(|member| *member != id);
    let hold = match transfer.kind {
        TransferKind::Pending => ledger::journal::hold(connection, id).await?,
        _ => None,
    };
    let reversed_by = ledger::journal::reversal_of(connection, id).await?.map(|reversal| reversal.id);
    audit::record_read(bank, caller, Event::new("transaction.view", Subject::new("transfer", id))).await?;
    let origin = is_staff.then(|| origin(&transfer)).flatten();
    // Which transfers were booked together may tell of accounts that are not the caller's.
    let linked = if is_staff { linked } else { Vec::new() };
    Ok(TransactionDetail { transfer, entries, hold, reversed_by, linked, origin })
}

async fn visible_of(
    connection: &impl ConnectionTrait,
    caller: &Caller,
    sides: [AccountId; 2],
) -> Result<Vec<AccountId>, DbErr> {
    let mut seen = Vec::new();
    for side in sides {
        if let Some(access) = accounts::service::find_visible(connection, caller, side).await? {
            seen.push(access.id());
        }
    }
    Ok(seen)
}

/// Reads the origin off the journal; the approval stands in the metadata of what was approved.
fn origin(transfer: &Transfer) -> Option<Origin> {
    let metadata: Option<serde_json::Value> =
        transfer.metadata.as_deref().and_then(|text| serde_json::from_str(text).ok());
    let approval_id = metadata.and_then(|metadata| metadata["approval_id"].as_str()?.parse().ok());
    let (authority, request_id) = (transfer.authority, transfer.request_id.map(RequestId::from_uuid));
    Some(Origin { actor: transfer.actor()?, authority, request_id, approval_id })
}
