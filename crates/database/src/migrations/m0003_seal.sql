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
