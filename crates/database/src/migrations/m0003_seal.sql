-- Proof that nothing was changed afterwards: seals over the journal and the audit log, signed checkpoints of
-- them, and the outcome of every verification.

-- One block of a chain of hashes. Its digests name each row it covers, so that a change is found by its row and
-- a row that appears later, even in a gap, is known to be new.
create table seals (
  chain text not null,
  number bigint not null,
  from_position bigint not null,
  through_position bigint not null,
  row_count bigint not null,
  previous_hash bytea not null,
  -- For each row 4 bytes of distance from from_position and the 32 bytes of its SHA-256.
  row_digests bytea not null,
  hash bytea not null,
  sealed_at timestamptz not null,
  constraint seals_chain_number_unique primary key (chain, number),
  constraint seals_chain_check check (chain in ('journal', 'audit')),
  constraint seals_number_check check (number > 0),
  constraint seals_positions_check check (from_position > 0 and through_position >= from_position),
  constraint seals_row_count_check check (row_count > 0)
);

-- A signed statement of how far a chain reached; the same stands in files outside the database.
create table seal_checkpoints (
  chain text not null,
  seal_number bigint not null,
  through_position bigint not null,
  seal_hash bytea not null,
  signed_at timestamptz not null,
  public_key bytea not null,
  signature bytea not null,
  constraint seal_checkpoints_chain_seal_number_unique primary key (chain, seal_number)
);

-- What a verification of the ledger found.
create table ledger_proofs (
  id uuid not null constraint ledger_proofs_pkey primary key,
  started_at timestamptz not null,
  finished_at timestamptz not null,
  passed boolean not null,
  accounts bigint not null,
  transfers bigint not null,
  entries bigint not null,
  holds bigint not null,
  faults bigint not null,
  -- The sort of the first fault and the row it was found at.
  first_fault text,
  sealed_through bigint not null,
  seal_hash bytea,
  unsealed bigint not null,
  checkpoints bigint not null
);

-- What moved between the lines of the chart, summed by day as the journal is sealed: a row covers exactly the sealed
-- transfers. The books as of a day and the numbers of each day are read here instead of from the whole journal.
create table ledger_turnovers (
  effective_on date not null,
  currency text not null,
  code text not null,
  debit_code text not null,
  debit_kind text not null,
  credit_code text not null,
  credit_kind text not null,
  transfers bigint not null,
  -- The sum may need more than 64 bits: its multiples of 2^32, and the sum of what each transfer has beyond.
  amount_upper bigint not null,
  amount_lower bigint not null,
  constraint ledger_turnovers_pkey primary key (
    effective_on, currency, code, debit_code, debit_kind, credit_code, credit_kind
  ),
  constraint ledger_turnovers_transfers_check check (transfers > 0)
);
