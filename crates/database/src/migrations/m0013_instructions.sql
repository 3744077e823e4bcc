-- What other banks do by themselves for our customers: standing orders, and permissions to collect. Replaced as a whole with
-- every complete answer: the service's names for them do not last.

create table truelayer_instructions (
  id uuid not null constraint truelayer_instructions_pkey primary key,
  account_id uuid not null
    constraint truelayer_instructions_account_id_fkey references truelayer_accounts (id),
  kind text not null,
  -- The order in which the bank lists them.
  position bigint not null,
  -- The bank's answer, sealed.
  answer text not null,
  read_at timestamptz not null,
  constraint truelayer_instructions_account_id_kind_position_unique unique (account_id, kind, position),
  constraint truelayer_instructions_kind_check check (kind in ('standing_order', 'direct_debit'))
);

-- "Whose accounts does this customer have elsewhere?"
create index truelayer_accounts_user_id_id on truelayer_accounts (user_id, id);
