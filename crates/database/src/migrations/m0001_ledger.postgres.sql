-- The journal on PostgreSQL. Each B-tree costs the writer about 8 % of a transfer, hence only these:
-- transfers_pkey (the id is the key against double posting), position (sealing, export and lists in order; always
-- the rightmost page), entries' one covering key. The two partial indexes hold linked and referring rows only.

-- Drawn only under the writers' shared advisory lock, so that the sealer knows when a prefix is complete.
create sequence ledger_transfers_position_seq;

create table ledger_transfers (
  position bigint not null default nextval('ledger_transfers_position_seq')
    constraint ledger_transfers_position_unique unique,
  amount_minor bigint not null,
  debit_sequence bigint,
  credit_sequence bigint,
  booked_at timestamptz not null,
  expires_at timestamptz,
  booked_on date not null,
  effective_on date not null,
  id uuid not null constraint ledger_transfers_pkey primary key,
  debit_account_id uuid not null,
  credit_account_id uuid not null,
  group_id uuid,
  of_transfer_id uuid,
  actor_id uuid,
  request_id uuid,
  kind text not null,
  currency text not null,
  code text not null,
  authority text not null,
  actor_kind text not null,
  reference text not null,
  metadata text,
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
);
alter sequence ledger_transfers_position_seq owned by ledger_transfers.position;

-- A hold is resolved once, a transfer reversed once.
create unique index ledger_transfers_of_transfer_id_unique
  on ledger_transfers (of_transfer_id) where of_transfer_id is not null;
-- "The other members of this linked group."
create index ledger_transfers_group_id_index on ledger_transfers (group_id) where group_id is not null;

create table ledger_entries (
  sequence bigint not null,
  amount_minor bigint not null,
  balance_after_minor bigint not null,
  booked_at timestamptz not null,
  effective_on date not null,
  account_id uuid not null,
  transfer_id uuid not null,
  counterparty_account_id uuid not null,
  direction text not null,
  code text not null,
  reference text not null,
  constraint ledger_entries_direction_check check (direction in ('debit', 'credit')),
  constraint ledger_entries_amount_minor_check check (amount_minor > 0),
  -- Covers every column: the last 50 of an account are one range of one index.
  constraint ledger_entries_account_id_sequence_unique unique (account_id, sequence) include (
    transfer_id, direction, amount_minor, balance_after_minor, counterparty_account_id, booked_at,
    effective_on, code, reference
  )
);

-- One account per chart code and currency; customers' accounts share theirs.
create unique index ledger_accounts_code_currency_unique
  on ledger_accounts (code, currency) where not funded;

-- Balances change in place (HOT) as long as the page has room and no index names them.
alter table ledger_accounts set (fillfactor = 60);
-- Old receipts are found by their place in the table, at almost no cost to the writer.
create index ledger_receipts_created_at_index on ledger_receipts using brin (created_at);

create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '% is append-only: % refused', tg_table_name, lower(tg_op)
    using errcode = 'restrict_violation';
end
$$;

create trigger ledger_transfers_append_only before update or delete on ledger_transfers
  for each row execute function refuse_change();
create trigger ledger_transfers_no_truncate before truncate on ledger_transfers
  for each statement execute function refuse_change();
create trigger ledger_entries_append_only before update or delete on ledger_entries
  for each row execute function refuse_change();
create trigger ledger_entries_no_truncate before truncate on ledger_entries
  for each statement execute function refuse_change();
create trigger ledger_periods_append_only before update or delete on ledger_periods
  for each row execute function refuse_change();
create trigger ledger_accounts_no_delete before delete on ledger_accounts
  for each row execute function refuse_change();
create trigger ledger_holds_no_delete before delete on ledger_holds
  for each row execute function refuse_change();
