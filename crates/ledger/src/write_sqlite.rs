//! Writing on SQLite: one `insert … select … from json_each` per table.

use chrono::SecondsFormat;
use database::Tx;
use kernel::Instant;
use sea_orm::sea_query::Value;
use sea_orm::{ConnectionTrait, DbErr};
use serde_json::json;
use uuid::Uuid;

use crate::decide::{Book, Row};
use crate::load::statement;
use crate::receipts::StoredReceipt;
use crate::{Account, Hold};

const TRANSFERS: &str = "
insert into ledger_transfers (
  id, kind, debit_account_id, credit_account_id, amount_minor, currency, code, reference, metadata, group_id,
  of_transfer_id, expires_at, debit_sequence, credit_sequence, authority, actor_kind, actor_id, request_id,
  effective_on, booked_at, booked_on
)
select unhex(value ->> 0), value ->> 1, unhex(value ->> 2), unhex(value ->> 3), value ->> 4, value ->> 5,
       value ->> 6, value ->> 7, value ->> 8, unhex(value ->> 9), unhex(value ->> 10), value ->> 11,
       value ->> 12, value ->> 13, value ->> 14, value ->> 15, unhex(value ->> 16), unhex(value ->> 17),
       value ->> 18, $2, $3
  from json_each($1)
 order by key";

const ENTRIES: &str = "
insert into ledger_entries (
  account_id, sequence, transfer_id, direction, amount_minor, balance_after_minor, counterparty_account_id,
  code, reference, effective_on, booked_at
)
select unhex(value ->> 2), value ->> 12, unhex(value ->> 0), 'debit', value ->> 4, value ->> 19,
       unhex(value ->> 3), value ->> 6, value ->> 7, value ->> 18, $2
  from json_each($1)
 where value ->> 12 is not null
union all
select unhex(value ->> 3), value ->> 13, unhex(value ->> 0), 'credit', value ->> 4, value ->> 20,
       unhex(value ->> 2), value ->> 6, value ->> 7, value ->> 18, $2
  from json_each($1)
 where value ->> 13 is not null";

const ACCOUNTS: &str = "
update ledger_accounts
   set debits_posted_minor = changed.value ->> 1,
       credits_posted_minor = changed.value ->> 2,
       debits_pending_minor = changed.value ->> 3,
       credits_pending_minor = changed.value ->> 4,
       entry_sequence = changed.value ->> 5,
       spent_on = changed.value ->> 6,
       spent_day_minor = changed.value ->> 7,
       spent_month_on = changed.value ->> 8,
       spent_month_minor = changed.value ->> 9
  from json_each($1) as changed
 where ledger_accounts.id = unhex(changed.value ->> 0)";

const HOLDS: &str = "
insert into ledger_holds (
  id, debit_account_id, credit_account_id, amount_minor, currency, state, captured_minor, resolved_by,
  expires_at, booked_on, counted, booked_at
)
select unhex(value ->> 0), unhex(value ->> 1), unhex(value ->> 2), value ->> 3, value ->> 4, value ->> 5,
       value ->> 6, unhex(value ->> 7), value ->> 8, value ->> 9, value ->> 10, value ->> 11
  from json_each($1)
 where true
    on conflict (id) do update
   set state = excluded.state,
       captured_minor = excluded.captured_minor,
       resolved_by = excluded.resolved_by";

const RECEIPTS: &str = "
insert into ledger_receipts (scope, key, fingerprint, status, answer, created_at)
select value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, $2
  from json_each($1)";

pub(crate) async fn write(tx: &Tx, book: &Book, receipts: &[StoredReceipt]) -> Result<(), DbErr> {
    if !book.rows().is_empty() {
        let rows = array(book.rows().iter().map(row));
        let values = [rows.clone(), book.now.into(), book.business_on.into()];
        tx.execute_raw(statement(tx, TRANSFERS, values)).await?;
        tx.execute_raw(statement(tx, ENTRIES, [rows, book.now.into()])).await?;
        let accounts = array(book.changed_accounts().map(account));
        tx.execute_raw(statement(tx, ACCOUNTS, [accounts])).await?;
    }
    if book.changed_holds().next().is_some() {
        let holds = array(book.changed_holds().map(hold));
        tx.execute_raw(statement(tx, HOLDS, [holds])).await?;
    }
    if !receipts.is_empty() {
        let receipts = array(receipts.iter().map(receipt));
        tx.execute_raw(statement(tx, RECEIPTS, [receipts, book.now.into()])).await?;
    }
    Ok(())
}

fn array(rows: impl Iterator<Item = serde_json::Value>) -> Value {
    serde_json::Value::Array(rows.collect()).to_string().into()
}

fn row(row: &Row) -> serde_json::Value {
    let transfer = &row.transfer;
    json!([
        hex(transfer.id.uuid()),
        transfer.kind.as_str(),
        hex(transfer.debit_account_id.uuid()),
        hex(transfer.credit_account_id.uuid()),
        transfer.amount_minor,
        transfer.currency,
        transfer.code,
        transfer.reference,
        transfer.metadata,
        transfer.group_id.map(|id| hex(id.uuid())),
        transfer.of_transfer_id.map(|id| hex(id.uuid())),
        transfer.expires_at.map(instant),
        transfer.debit_sequence,
        transfer.credit_sequence,
        transfer.authority.as_str(),
        transfer.actor_kind,
        transfer.actor_id.map(hex),
        transfer.request_id.map(hex),
        transfer.effective_on,
        row.debit_balance_after,
        row.credit_balance_after,
    ])
}

fn account(account: &Account) -> serde_json::Value {
    json!([
        hex(account.id.uuid()),
        account.debits_posted_minor,
        account.credits_posted_minor,
        account.debits_pending_minor,
        account.credits_pending_minor,
        account.entry_sequence,
        account.spent_on,
        account.spent_day_minor,
        account.spent_month_on,
        account.spent_month_minor,
    ])
}

fn hold(hold: &Hold) -> serde_json::Value {
    json!([
        hex(hold.id.uuid()),
        hex(hold.debit_account_id.uuid()),
        hex(hold.credit_account_id.uuid()),
        hold.amount_minor,
        hold.currency,
        hold.state.as_str(),
        hold.captured_minor,
        hold.resolved_by.map(|id| hex(id.uuid())),
        hold.expires_at.map(instant),
        hold.booked_on,
        i64::from(hold.counted),
        instant(hold.booked_at),
    ])
}

fn receipt(receipt: &StoredReceipt) -> serde_json::Value {
    json!([receipt.scope, receipt.key, receipt.fingerprint, receipt.status, receipt.answer])
}

fn hex(id: Uuid) -> String {
    id.simple().to_string()
}

/// Writes an instant as the driver binds it, so that stored texts compare.
fn instant(at: Instant) -> String {
    at.to_rfc3339_opts(SecondsFormat::AutoSi, false)
}
