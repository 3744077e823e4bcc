-- The journal on SQLite. The position is the row id, so appending is appending; entries are clustered by
-- account and number, so the last 50 of an account are one range of the table itself.

create table ledger_transfers (
  position integer primary key,
  id blob not null constraint ledger_transfers_pkey unique,
  kind text not null,
  debit_account_id blob not null,
  credit_account_id blob not null,
  amount_minor integer not null,
  currency text not null,
  code text not null,
  reference text not null,
  metadata text,
  group_id blob,
  of_transfer_id blob,
  expires_at text,
  debit_sequence integer,
  credit_sequence integer,
  authority text not null,
  actor_kind text not null,
  actor_id blob,
  request_id blob,
  booked_at text not null,
  booked_on text not null,
  effective_on text not null,
  constraint ledger_transfers_kind_check
    check (kind in ('posted', 'pending', 'capture', 'release', 'reversal')),
  constraint ledger_transfers_authority_check
    check (authority in ('customer', 'staff', 'staff_forced', 'system', 'import')),
  constraint ledger_transfers_amount_minor_check check (amount_minor > 0),
  constraint ledger_transfers_accounts_check check (debit_account_id <> credit_account_id),
  constraint ledger_transfers_of_transfer_id_check
    check ((kind in ('capture', 'release', 'reversal')) = (of_transfer_id is not null)),
  constraint ledger_transfers_sequences_check check (
    (kind in ('posted', 'capture', 'reversal')) = (debit_sequence is not null)
    and (debit_sequence is null) = (credit_sequence is null)
  )
) strict;

-- A hold is resolved once, a transfer reversed once.
create unique index ledger_transfers_of_transfer_id_unique
  on ledger_transfers (of_transfer_id) where of_transfer_id is not null;
-- "The other members of this linked group."
create index ledger_transfers_group_id_index on ledger_transfers (group_id) where group_id is not null;

create table ledger_entries (
  account_id blob not null,
  sequence integer not null,
  transfer_id blob not null,
  direction text not null,
  amount_minor integer not null,
  balance_after_minor integer not null,
  counterparty_account_id blob not null,
  code text not null,
  reference text not null,
  booked_at text not null,
  effective_on text not null,
  constraint ledger_entries_direction_check check (direction in ('debit', 'credit')),
  constraint ledger_entries_amount_minor_check check (amount_minor > 0),
  constraint ledger_entries_account_id_sequence_unique primary key (account_id, sequence)
) strict, without rowid;

-- One account per chart code and currency; customers' accounts share theirs.
create unique index ledger_accounts_code_currency_unique
  on ledger_accounts (code, currency) where not funded;

create trigger ledger_transfers_no_update before update on ledger_transfers
begin select raise(abort, 'ledger_transfers is append-only: update refused'); end;
create trigger ledger_transfers_no_delete before delete on ledger_transfers
begin select raise(abort, 'ledger_transfers is append-only: delete refused'); end;
create trigger ledger_entries_no_update before update on ledger_entries
begin select raise(abort, 'ledger_entries is append-only: update refused'); end;
create trigger ledger_entries_no_delete before delete on ledger_entries
begin select raise(abort, 'ledger_entries is append-only: delete refused'); end;
create trigger ledger_periods_no_update before update on ledger_periods
begin select raise(abort, 'ledger_periods is append-only: update refused'); end;
create trigger ledger_periods_no_delete before delete on ledger_periods
begin select raise(abort, 'ledger_periods is append-only: delete refused'); end;
create trigger ledger_accounts_no_delete before delete on ledger_accounts
begin select raise(abort, 'ledger_accounts is append-only: delete refused'); end;
create trigger ledger_holds_no_delete before delete on ledger_holds
begin select raise(abort, 'ledger_holds is append-only: delete refused'); end;
