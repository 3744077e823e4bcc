//! Checking what rows say about one another: holds, captures, releases, reversals, pending totals, stray entries.
//!
//! Each rule is one statement that looks for the first row that breaks it, so the engine does the walking.

use database::Tx;
use kernel::{AccountId, TransferId};
use sea_orm::{ConnectionTrait, DbErr, FromQueryResult, Statement};
use uuid::Uuid;

use super::{FaultKind, Faults};

/// A hold stands in the journal with the same terms, and its state is what the journal says.
const HOLDS: &str = "
select h.id, count(*) over () as found
  from ledger_holds h
  left join ledger_transfers t on t.id = h.id
  left join ledger_transfers r on r.of_transfer_id = h.id
 where t.id is null or t.kind <> 'pending'
    or t.debit_account_id <> h.debit_account_id or t.credit_account_id <> h.credit_account_id
    or t.amount_minor <> h.amount_minor or t.currency <> h.currency or t.booked_on <> h.booked_on
    or t.expires_at is distinct from h.expires_at
    or r.id is distinct from h.resolved_by
    or not case h.state
           when 'pending' then r.id is null
           when 'captured' then r.kind = 'capture' and r.amount_minor = h.captured_minor
           else r.kind = 'release' and h.captured_minor = 0 end
 order by h.id
 limit 1";

/// Each pending transfer has its hold.
const HELD: &str = "
select t.id, count(*) over () as found
  from ledger_transfers t
  left join ledger_holds h on h.id = t.id
 where t.kind = 'pending' and h.id is null
 order by t.position
 limit 1";

/// A capture or release takes a hold's accounts and no more than its amount; a reversal is the exact opposite.
const REFERENCES: &str = "
select r.id, count(*) over () as found
  from ledger_transfers r
  left join ledger_transfers t on t.id = r.of_transfer_id
 where r.of_transfer_id is not null
   and not coalesce(r.currency = t.currency and case r.kind
       when 'capture' then t.kind = 'pending' and r.amount_minor <= t.amount_minor
        and r.debit_account_id = t.debit_account_id and r.credit_account_id = t.credit_account_id
       when 'release' then t.kind = 'pending' and r.amount_minor = t.amount_minor
        and r.debit_account_id = t.debit_account_id and r.credit_account_id = t.credit_account_id
       when 'reversal' then t.kind in ('posted', 'capture') and r.amount_minor = t.amount_minor
        and r.debit_account_id = t.credit_account_id and r.credit_account_id = t.debit_account_id
       else 1 = 0 end, 1 = 0)
 order by r.position
 limit 1";

/// A transfer's accounts exist and are kept in its currency.
const CURRENCIES: &str = "
select t.id, count(*) over () as found
  from ledger_transfers t
  left join ledger_accounts d on d.id = t.debit_account_id
  left join ledger_accounts c on c.id = t.credit_account_id
 where t.currency is distinct from d.currency or t.currency is distinct from c.currency
 order by t.position
 limit 1";

/// An account's pending totals, as high and low halves of 32 bits so that no sum overflows.
const PENDING: &str = "
select a.id, count(*) over () as found
  from ledger_accounts a
  left join (
       select account_id, cast(sum(debit_high) as bigint) as debit_high, cast(sum(debit_low) as bigint) as debit_low,
              cast(sum(credit_high) as bigint) as credit_high, cast(sum(credit_low) as bigint) as credit_low
         from (select debit_account_id as account_id, amount_minor / 4294967296 as debit_high,
                      amount_minor % 4294967296 as debit_low, 0 as credit_high, 0 as credit_low
                 from ledger_holds where state = 'pending'
                union all
               select credit_account_id, 0, 0, amount_minor / 4294967296, amount_minor % 4294967296
                 from ledger_holds where state = 'pending') halves
        group by account_id) s on s.account_id = a.id
 where a.debits_pending_minor / 4294967296 <> coalesce(s.debit_high + s.debit_low / 4294967296, 0)
    or a.debits_pending_minor % 4294967296 <> coalesce(s.debit_low % 4294967296, 0)
    or a.credits_pending_minor / 4294967296 <> coalesce(s.credit_high + s.credit_low / 4294967296, 0)
    or a.credits_pending_minor % 4294967296 <> coalesce(s.credit_low % 4294967296, 0)
 order by a.id
 limit 1";

/// An entry is named by the transfer it names. Asked only when there are more entries than transfers account for.
const STRAYS: &str = "
select e.account_id as id, e.sequence as found
  from ledger_entries e
  left join ledger_transfers t on t.id = e.transfer_id
 where not coalesce(case e.direction
       when 'debit' then t.debit_account_id = e.account_id and t.debit_sequence = e.sequence
       else t.credit_account_id = e.account_id and t.credit_sequence = e.sequence end, 1 = 0)
 order by e.account_id, e.sequence
 limit 1";

/// What to look for, what it is called, and what it means.
const RULES: [(&str, FaultKind, &str); 5] = [
    (HOLDS, FaultKind::HoldDisagrees, "the hold is not what the journal says of it"),
    (HELD, FaultKind::HoldDisagrees, "the journal has a hold whose row is missing"),
    (REFERENCES, FaultKind::ReferenceWrong, "does not fit the transfer it refers to"),
    (CURRENCIES, FaultKind::AccountMissing, "an account is missing or of another currency"),
    (PENDING, FaultKind::PendingWrong, "pending totals are not the sums of its pending holds"),
];

#[derive(FromQueryResult)]
struct First {
    id: Uuid,
    found: i64,
}

/// Runs every rule.
pub(super) async fn verify(tx: &Tx, faults: &mut Faults) -> Result<(), DbErr> {
    for (sql, kind, detail) in RULES {
        if let Some(first) = first(tx, sql).await? {
            let name = match kind {
                FaultKind::PendingWrong => AccountId::from_uuid(first.id).to_string(),
                _ => TransferId::from_uuid(first.id).to_string(),
            };
            faults.note(kind, name, format!("{detail} ({} such rows)", first.found));
        }
    }
    Ok(())
}

/// Finds the first entry that no transfer names.
pub(super) async fn stray_entry(tx: &Tx, faults: &mut Faults) -> Result<(), DbErr> {
    if let Some(stray) = first(tx, STRAYS).await? {
        let name = format!("{} entry {}", AccountId::from_uuid(stray.id), stray.found);
        faults.note(FaultKind::EntryStray, name, "no transfer has this entry");
    }
    Ok(())
}

async fn first(tx: &Tx, sql: &str) -> Result<Option<First>, DbErr> {
    First::find_by_statement(Statement::from_string(tx.get_database_backend(), sql)).one(tx).await
}
