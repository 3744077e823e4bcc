//! Writing on PostgreSQL: one statement, fed with one array per column, which needs no transaction around it.
//!
//! It takes the journal's lock and compares the day before anything else. Accounts are found by their place in the table,
//! where they were read: no second walk down an index. A row that is no longer the version which was read is not written,
//! and then the whole statement fails as one that met another (`serialization_failure`). The accounts come first, in id
//! order, whatever the text's order: PostgreSQL runs the inserts, on which nothing depends, after the update.
//! The driver binds no nulls inside arrays, so that absent values travel as nil ids, zeros, empty texts and
//! the epoch, and `nullif` makes them null again.

use chrono::{DateTime, NaiveDate};
use kernel::Instant;
use sea_orm::sea_query::{ArrayType, Value};
use sea_orm::{ConnectionTrait, DbErr};
use uuid::Uuid;

use crate::decide::{Book, Row};
use crate::load::statement;
use crate::receipts::StoredReceipt;
use crate::seal::JOURNAL_LOCK;
use crate::{Account, Hold};

const WRITE: &str = "
with entered as materialized (
  select ledger_enter($54, $2)
), new as materialized (
  select id, kind, debit_account_id, credit_account_id, amount_minor, currency, code, reference,
         nullif(metadata, '') as metadata,
         nullif(group_id, '00000000-0000-0000-0000-000000000000') as group_id,
         nullif(of_transfer_id, '00000000-0000-0000-0000-000000000000') as of_transfer_id,
         nullif(expires_at, timestamptz 'epoch') as expires_at,
         nullif(debit_sequence, 0) as debit_sequence,
         nullif(credit_sequence, 0) as credit_sequence,
         authority, actor_kind,
         nullif(actor_id, '00000000-0000-0000-0000-000000000000') as actor_id,
         nullif(request_id, '00000000-0000-0000-0000-000000000000') as request_id,
         effective_on, debit_after, credit_after
    from entered cross join
         unnest($3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23)
      as given (
        id, kind, debit_account_id, credit_account_id, amount_minor, currency, code, reference, metadata,
        group_id, of_transfer_id, expires_at, debit_sequence, credit_sequence, authority, actor_kind, actor_id,
        request_id, effective_on, debit_after, credit_after
      )
), journal as (
  insert into ledger_transfers (
    id, kind, debit_account_id, credit_account_id, amount_minor, currency, code, reference, metadata, group_id,
    of_transfer_id, expires_at, debit_sequence, credit_sequence, authority, actor_kind, actor_id, request_id,
    effective_on, booked_at, booked_on
  )
  select id, kind, debit_account_id, credit_account_id, amount_minor, currency, code, reference, metadata,
         group_id, of_transfer_id, expires_at, debit_sequence, credit_sequence, authority, actor_kind, actor_id,
         request_id, effective_on, $1, $2
    from new
), entries as (
  insert into ledger_entries (
    account_id, sequence, transfer_id, direction, amount_minor, balance_after_minor, counterparty_account_id,
    code, reference, effective_on, booked_at
  )
  select debit_account_id, debit_sequence, id, 'debit', amount_minor, debit_after, credit_account_id, code,
         reference, effective_on, $1
    from new
   where debit_sequence is not null
  union all
  select credit_account_id, credit_sequence, id, 'credit', amount_minor, credit_after, debit_account_id, code,
         reference, effective_on, $1
    from new
   where credit_sequence is not null
), holds as (
  insert into ledger_holds (
    id, debit_account_id, credit_account_id, amount_minor, currency, state, captured_minor, resolved_by,
    expires_at, booked_on, counted, booked_at
  )
  select id, debit_account_id, credit_account_id, amount_minor, currency, state, captured_minor,
         nullif(resolved_by, '00000000-0000-0000-0000-000000000000'), nullif(expires_at, timestamptz 'epoch'),
         booked_on, counted, booked_at
    from unnest($24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35)
      as given (
        id, debit_account_id, credit_account_id, amount_minor, currency, state, captured_minor, resolved_by,
        expires_at, booked_on, counted, booked_at
      )
      on conflict (id) do update
     set state = excluded.state,
         captured_minor = excluded.captured_minor,
         resolved_by = excluded.resolved_by
), receipts as (
  insert into ledger_receipts (id, fingerprint, status, answer, transfer_id, created_at)
  select id, fingerprint, status, answer, nullif(transfer_id, '00000000-0000-0000-0000-000000000000'), $1
    from unnest($36, $37, $38, $39, $40) as given (id, fingerprint, status, answer, transfer_id)
), changed as (
  update ledger_accounts
     set debits_posted_minor = given.debits_posted_minor,
         credits_posted_minor = given.credits_posted_minor,
         debits_pending_minor = given.debits_pending_minor,
         credits_pending_minor = given.credits_pending_minor,
         entry_sequence = given.entry_sequence,
         spent_on = given.spent_on,
         spent_day_minor = given.spent_day_minor,
         spent_month_on = given.spent_month_on,
         spent_month_minor = given.spent_month_minor
    from entered cross join
         unnest($41, $42, $43, $44, $45, $46, $47, $48, $49, $50, $51::text[]::tid[], $52::text[]::xid[])
      as given (
        id, debits_posted_minor, credits_posted_minor, debits_pending_minor, credits_pending_minor,
        entry_sequence, spent_on, spent_day_minor, spent_month_on, spent_month_minor, place, version
      )
   where ledger_accounts.ctid = given.place and ledger_accounts.xmin = given.version
     and ledger_accounts.id = given.id
  returning 1
)
select ledger_expect((select count(*) from changed), $53)";

pub(crate) async fn write(
    connection: &impl ConnectionTrait,
    book: &Book,
    receipts: &[StoredReceipt],
) -> Result<(), DbErr> {
    let holds: Vec<_> = book.changed_holds().collect();
    let accounts: Vec<_> = book.changed_accounts().collect();
    let mut values = vec![book.now.into(), book.business_on.into()];
    values.extend(transfer_columns(book.rows()));
    values.extend(hold_columns(&holds));
    values.extend(receipt_columns(receipts));
    values.extend(account_columns(&accounts));
    let places = || accounts.iter().map(|account| book.place(account.id));
    values.push(texts(places().map(|place| place.map_or("(0,0)", |place| &place.ctid))));
    values.push(texts(places().map(|place| place.map_or("0", |place| &place.version))));
    values.push(i64::try_from(accounts.len()).unwrap_or(i64::MAX).into());
    values.push(JOURNAL_LOCK.into());
    connection.execute_raw(statement(connection, WRITE, values)).await?;
    Ok(())
}

fn transfer_columns(rows: &[Row]) -> [Value; 21] {
    let transfers = || rows.iter().map(|row| &row.transfer);
    let nil = |id: Option<Uuid>| id.unwrap_or_default();
    [
        ids(transfers().map(|row| row.id.uuid())),
        texts(transfers().map(|row| row.kind.as_str())),
        ids(transfers().map(|row| row.debit_account_id.uuid())),
        ids(transfers().map(|row| row.credit_account_id.uuid())),
        numbers(transfers().map(|row| row.amount_minor)),
        texts(transfers().map(|row| row.currency.code())),
        texts(transfers().map(|row| row.code.as_str())),
        texts(transfers().map(|row| row.reference.as_str())),
        texts(transfers().map(|row| row.metadata.as_deref().unwrap_or_default())),
        ids(transfers().map(|row| nil(row.group_id.map(kernel::TransferId::uuid)))),
        ids(transfers().map(|row| nil(row.of_transfer_id.map(kernel::TransferId::uuid)))),
        instants(transfers().map(|row| row.expires_at.unwrap_or(DateTime::UNIX_EPOCH))),
        numbers(transfers().map(|row| row.debit_sequence.unwrap_or(0))),
        numbers(transfers().map(|row| row.credit_sequence.unwrap_or(0))),
        texts(transfers().map(|row| row.authority.as_str())),
        texts(transfers().map(|row| row.actor_kind.as_str())),
        ids(transfers().map(|row| nil(row.actor_id))),
        ids(transfers().map(|row| nil(row.request_id))),
        days(transfers().map(|row| row.effective_on)),
        numbers(rows.iter().map(|row| row.debit_balance_after)),
        numbers(rows.iter().map(|row| row.credit_balance_after)),
    ]
}

fn hold_columns(holds: &[&Hold]) -> [Value; 12] {
    let holds = || holds.iter();
    [
        ids(holds().map(|hold| hold.id.uuid())),
        ids(holds().map(|hold| hold.debit_account_id.uuid())),
        ids(holds().map(|hold| hold.credit_account_id.uuid())),
        numbers(holds().map(|hold| hold.amount_minor)),
        texts(holds().map(|hold| hold.currency.code())),
        texts(holds().map(|hold| hold.state.as_str())),
        numbers(holds().map(|hold| hold.captured_minor)),
        ids(holds().map(|hold| hold.resolved_by.map(kernel::TransferId::uuid).unwrap_or_default())),
        instants(holds().map(|hold| hold.expires_at.unwrap_or(DateTime::UNIX_EPOCH))),
        days(holds().map(|hold| hold.booked_on)),
        array(ArrayType::Bool, holds().map(|hold| hold.counted)),
        instants(holds().map(|hold| hold.booked_at)),
    ]
}

fn receipt_columns(receipts: &[StoredReceipt]) -> [Value; 5] {
    let receipts = || receipts.iter();
    [
        ids(receipts().map(|receipt| receipt.id)),
        ids(receipts().map(|receipt| receipt.fingerprint)),
        array(ArrayType::SmallInt, receipts().map(|receipt| receipt.status)),
        texts(receipts().map(|receipt| receipt.answer.as_str())),
        ids(receipts().map(|receipt| receipt.transfer_id.map(kernel::TransferId::uuid).unwrap_or_default())),
    ]
}

fn account_columns(accounts: &[&Account]) -> [Value; 10] {
    let accounts = || accounts.iter();
    [
        ids(accounts().map(|account| account.id.uuid())),
        numbers(accounts().map(|account| account.debits_posted_minor)),
        numbers(accounts().map(|account| account.credits_posted_minor)),
        numbers(accounts().map(|account| account.debits_pending_minor)),
        numbers(accounts().map(|account| account.credits_pending_minor)),
        numbers(accounts().map(|account| account.entry_sequence)),
        days(accounts().map(|account| account.spent_on)),
        numbers(accounts().map(|account| account.spent_day_minor)),
        days(accounts().map(|account| account.spent_month_on)),
        numbers(accounts().map(|account| account.spent_month_minor)),
    ]
}

fn ids(ids: impl Iterator<Item = Uuid>) -> Value {
    array(ArrayType::Uuid, ids)
}

fn numbers(numbers: impl Iterator<Item = i64>) -> Value {
    array(ArrayType::BigInt, numbers)
}

fn texts<'a>(texts: impl Iterator<Item = &'a str>) -> Value {
    array(ArrayType::String, texts)
}

fn days(days: impl Iterator<Item = NaiveDate>) -> Value {
    array(ArrayType::ChronoDate, days)
}

fn instants(instants: impl Iterator<Item = Instant>) -> Value {
    array(ArrayType::ChronoDateTimeUtc, instants)
}

fn array<T: Into<Value>>(kind: ArrayType, values: impl Iterator<Item = T>) -> Value {
    Value::Array(kind, Some(Box::new(values.map(Into::into).collect())))
}
