//! Writing on SQLite: some rows a statement, each value bound.
//!
//! Statements come in few lengths, so that each is prepared once. One that takes its rows apart out of JSON costs
//! three times as much: every column of every row would be looked for from the start of its text.
//! A statement that fails leaves the rows before (`or fail`), since its transaction is rolled back anyway: to be able to take
//! them back alone, SQLite would copy every page before it is changed.

use kernel::Instant;
use sea_orm::sea_query::Value;
use sea_orm::{ConnectionTrait, DbErr};

use crate::decide::{Book, Row};
use crate::load::statement;
use crate::receipts::StoredReceipt;
use crate::{Account, Hold};

/// How many rows a statement has; the last size fits whatever is left. Larger ones are slower, row for row, and smaller ones
/// wake the writer's thread more often.
const SIZES: [usize; 4] = [64, 16, 4, 1];

/// Says what is done with rows: the text before them, and the text behind them.
struct Write {
    head: &'static str,
    tail: &'static str,
}

const TRANSFERS: Write = Write {
    head: "
insert or fail into ledger_transfers (
  id, kind, debit_account_id, credit_account_id, amount_minor, currency, code, reference, metadata, group_id,
  of_transfer_id, expires_at, debit_sequence, credit_sequence, authority, actor_kind, actor_id, request_id,
  effective_on, booked_at, booked_on
) values ",
    tail: "",
};

const ENTRIES: Write = Write {
    head: "
insert or fail into ledger_entries (
  account_id, sequence, transfer_id, direction, amount_minor, balance_after_minor, counterparty_account_id,
  code, reference, effective_on, booked_at
) values ",
    tail: "",
};

const ACCOUNTS: Write = Write {
    head: "
with changed (
  id, debits_posted_minor, credits_posted_minor, debits_pending_minor, credits_pending_minor, entry_sequence,
  spent_on, spent_day_minor, spent_month_on, spent_month_minor
) as (values ",
    tail: ")
update or fail ledger_accounts
   set debits_posted_minor = changed.debits_posted_minor,
       credits_posted_minor = changed.credits_posted_minor,
       debits_pending_minor = changed.debits_pending_minor,
       credits_pending_minor = changed.credits_pending_minor,
       entry_sequence = changed.entry_sequence,
       spent_on = changed.spent_on,
       spent_day_minor = changed.spent_day_minor,
       spent_month_on = changed.spent_month_on,
       spent_month_minor = changed.spent_month_minor
  from changed
 where ledger_accounts.id = changed.id",
};

const HOLDS: Write = Write {
    head: "
insert into ledger_holds (
  id, debit_account_id, credit_account_id, amount_minor, currency, state, captured_minor, resolved_by,
  expires_at, booked_on, counted, booked_at
) values ",
    tail: "
    on conflict (id) do update
   set state = excluded.state,
       captured_minor = excluded.captured_minor,
       resolved_by = excluded.resolved_by",
};

const RECEIPTS: Write = Write {
    head: "insert or fail into ledger_receipts (id, fingerprint, status, answer, transfer_id, created_at) values ",
    tail: "",
};

pub(crate) async fn write(
    tx: &impl ConnectionTrait,
    book: &Book,
    receipts: &[StoredReceipt],
) -> Result<(), DbErr> {
    TRANSFERS.rows(tx, book.rows().iter().map(transfer).collect()).await?;
    ENTRIES.rows(tx, book.rows().iter().flat_map(entries).collect()).await?;
    ACCOUNTS.rows(tx, book.changed_accounts().map(account).collect()).await?;
    HOLDS.rows(tx, book.changed_holds().map(hold).collect()).await?;
    RECEIPTS.rows(tx, receipts.iter().map(|row| receipt(row, book.now)).collect()).await
}

impl Write {
    /// Writes rows, all of one width.
    async fn rows(&self, tx: &impl ConnectionTrait, rows: Vec<Vec<Value>>) -> Result<(), DbErr> {
        let mut rows = rows.into_iter();
        for size in SIZES {
            while rows.len() >= size {
                let some: Vec<_> = rows.by_ref().take(size).collect();
                let text = self.text(size, some[0].len());
                tx.execute_raw(statement(tx, text, some.into_iter().flatten())).await?;
            }
        }
        Ok(())
    }

    /// Returns the statement for `rows` rows of `width` values.
    ///
    /// Without numbers: each would be a name, and a name is looked for in a list of all of them.
    fn text(&self, rows: usize, width: usize) -> String {
        let row = format!("({})", vec!["?"; width].join(", "));
        [self.head, &vec![row; rows].join(", "), self.tail].concat()
    }
}

fn transfer(row: &Row) -> Vec<Value> {
    let transfer = &row.transfer;
    vec![
        transfer.id.into(),
        transfer.kind.as_str().into(),
        transfer.debit_account_id.into(),
        transfer.credit_account_id.into(),
        transfer.amount_minor.into(),
        transfer.currency.code().into(),
        transfer.code.as_str().into(),
        transfer.reference.as_str().into(),
        transfer.metadata.clone().into(),
        transfer.group_id.into(),
        transfer.of_transfer_id.into(),
        transfer.expires_at.into(),
        transfer.debit_sequence.into(),
        transfer.credit_sequence.into(),
        transfer.authority.as_str().into(),
        transfer.actor_kind.as_str().into(),
        transfer.actor_id.into(),
        transfer.request_id.into(),
        transfer.effective_on.into(),
        transfer.booked_at.into(),
        transfer.booked_on.into(),
    ]
}

/// Returns both entries of a row, or none when it moves nothing.
fn entries(row: &Row) -> impl Iterator<Item = Vec<Value>> {
    let transfer = &row.transfer;
    let (debit, credit) = (transfer.debit_account_id, transfer.credit_account_id);
    let sides = [
        ("debit", debit, credit, transfer.debit_sequence, row.debit_balance_after),
        ("credit", credit, debit, transfer.credit_sequence, row.credit_balance_after),
    ];
    sides.into_iter().filter_map(|(direction, account, counterparty, sequence, balance_after)| {
        Some(vec![
            account.into(),
            sequence?.into(),
            transfer.id.into(),
            direction.into(),
            transfer.amount_minor.into(),
            balance_after.into(),
            counterparty.into(),
            transfer.code.as_str().into(),
            transfer.reference.as_str().into(),
            transfer.effective_on.into(),
            transfer.booked_at.into(),
        ])
    })
}

fn account(account: &Account) -> Vec<Value> {
    vec![
        account.id.into(),
        account.debits_posted_minor.into(),
        account.credits_posted_minor.into(),
        account.debits_pending_minor.into(),
        account.credits_pending_minor.into(),
        account.entry_sequence.into(),
        account.spent_on.into(),
        account.spent_day_minor.into(),
        account.spent_month_on.into(),
        account.spent_month_minor.into(),
    ]
}

fn hold(hold: &Hold) -> Vec<Value> {
    vec![
        hold.id.into(),
        hold.debit_account_id.into(),
        hold.credit_account_id.into(),
        hold.amount_minor.into(),
        hold.currency.code().into(),
        hold.state.as_str().into(),
        hold.captured_minor.into(),
        hold.resolved_by.into(),
        hold.expires_at.into(),
        hold.booked_on.into(),
        hold.counted.into(),
        hold.booked_at.into(),
    ]
}

fn receipt(receipt: &StoredReceipt, now: Instant) -> Vec<Value> {
    vec![
        receipt.id.into(),
        receipt.fingerprint.into(),
        receipt.status.into(),
        receipt.answer.as_str().into(),
        receipt.transfer_id.into(),
        now.into(),
    ]
}
