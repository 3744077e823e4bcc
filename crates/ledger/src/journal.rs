//! Reading the journal: one transfer, what became of it, its entries, and the newest of them all.

use kernel::{Cursor, Page, PageRequest, TransferId};
use sea_orm::sea_query::ExprTrait;
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    QueryTrait,
};

use crate::entry::ledger_entry;
use crate::hold::ledger_hold;
use crate::transfer::ledger_transfer;
use crate::{Entry, Hold, Transfer, TransferKind};

/// Finds the state of a hold by the id of the transfer that placed it.
///
/// # Errors
/// `DbErr` when the database fails.
pub async fn hold(connection: &impl ConnectionTrait, id: TransferId) -> Result<Option<Hold>, DbErr> {
    ledger_hold::Entity::find_by_id(id).one(connection).await
}

/// Finds the transfer that reversed another.
///
/// # Errors
/// `DbErr` when the database fails.
pub async fn reversal_of(
    connection: &impl ConnectionTrait,
    id: TransferId,
) -> Result<Option<Transfer>, DbErr> {
    use ledger_transfer::Column;
    let reversals = ledger_transfer::Entity::find()
        .filter(Column::OfTransferId.eq(id))
        .filter(Column::Kind.eq(TransferKind::Reversal));
    reversals.one(connection).await
}

/// Returns a transfer's entries, debit first; a hold and a release have none.
///
/// # Errors
/// `DbErr` when the database fails.
pub async fn entries(connection: &impl ConnectionTrait, transfer: &Transfer) -> Result<Vec<Entry>, DbErr> {
    let sides = [
        (transfer.debit_account_id, transfer.debit_sequence),
        (transfer.credit_account_id, transfer.credit_sequence),
    ];
    let mut wanted = Condition::any();
    for (account, sequence) in sides {
        if let Some(sequence) = sequence {
            let one =
                ledger_entry::Column::AccountId.eq(account).and(ledger_entry::Column::Sequence.eq(sequence));
            wanted = wanted.add(one);
        }
    }
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let mut entries = ledger_entry::Entity::find().filter(wanted).all(connection).await?;
    entries.sort_by_key(|entry| entry.account_id != transfer.debit_account_id);
    Ok(entries)
}

/// Lists the whole journal that passes `narrow`, newest first.
///
/// # Errors
/// `DbErr` when the database fails, or for a cursor of another list.
pub async fn list(
    connection: &impl ConnectionTrait,
    narrow: Condition,
    page: &PageRequest,
) -> Result<Page<Transfer>, DbErr> {
    use ledger_transfer::Column;
    let after = page.after.as_ref().map(Cursor::key::<i64>).transpose();
    let after = after.map_err(|error| DbErr::Custom(error.to_string()))?;
    let rows = ledger_transfer::Entity::find()
        .filter(narrow)
        .apply_if(after, |query, after| query.filter(Column::Position.lt(after)))
        .order_by_desc(Column::Position)
        .limit(u64::from(page.limit) + 1)
        .all(connection)
        .await?;
    Ok(Page::cut(rows, page.limit, |transfer| Cursor::new(transfer.position)))
}
