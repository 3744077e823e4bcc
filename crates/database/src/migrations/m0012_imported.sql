-- What customers let us read of their accounts at other banks. Nothing here is money of ours: no row is a posting.
-- Names, numbers and texts stand only in the sealed answers of the banks.

create table truelayer_accounts (
  id uuid not null constraint truelayer_accounts_pkey primary key,
  connection_id uuid not null
    constraint truelayer_accounts_connection_id_fkey references truelayer_connections (id),
  user_id uuid not null constraint truelayer_accounts_user_id_fkey references users (id),
  -- Recognizes it when its link is made anew, and shows no number.
  account_key bytea not null,
  kind text not null,
  -- The service's name for it, which may change with the link.
  service_id text not null,
  currency text not null,
  -- The bank's answer, sealed.
  answer text not null,
  -- In minor units. Of a card, what is owed is below zero, and what may be owed is the overdraft.
  current_minor bigint,
  available_minor bigint,
  overdraft_minor bigint,
  balance_at timestamptz,
  -- Until which day its rows are complete.
  complete_through date,
  -- Whether the bank refuses to tell what is older.
  history_closed boolean not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  constraint truelayer_accounts_user_id_account_key_unique unique (user_id, account_key),
  constraint truelayer_accounts_kind_check check (kind in ('account', 'card'))
);

-- "Which of our accounts does the service mean?"
create index truelayer_accounts_service_id on truelayer_accounts (service_id);
create index truelayer_accounts_connection_id_id on truelayer_accounts (connection_id, id);

create table truelayer_transactions (
  id uuid not null constraint truelayer_transactions_pkey primary key,
  account_id uuid not null
    constraint truelayer_transactions_account_id_fkey references truelayer_accounts (id),
  -- Recognizes the row in every later answer; the ordinal counts rows that nothing else tells apart.
  row_hash bytea not null,
  row_ordinal bigint not null,
  has_lasting_name boolean not null,
  booked_on date not null,
  booked_at timestamptz not null,
  -- In minor units; the direction says which way.
  amount_minor bigint not null,
  currency text not null,
  direction text not null,
  answer text not null,
  created_at timestamptz not null,
  constraint truelayer_transactions_account_id_row_unique unique (account_id, row_hash, row_ordinal),
  constraint truelayer_transactions_amount_minor_check check (amount_minor >= 0),
  constraint truelayer_transactions_direction_check check (direction in ('debit', 'credit'))
);

create index truelayer_transactions_account_id_booked_on_id on truelayer_transactions (account_id, booked_on, id);

-- What banks announce and have not booked: replaced as a whole with every answer, and never counted.
create table truelayer_pending_transactions (
  id uuid not null constraint truelayer_pending_transactions_pkey primary key,
  account_id uuid not null
    constraint truelayer_pending_transactions_account_id_fkey references truelayer_accounts (id),
  announced_on date not null,
  announced_at timestamptz not null,
  amount_minor bigint not null,
  currency text not null,
  direction text not null,
  answer text not null,
  -- A booked row that it may be, with another amount.
  perhaps_transaction_id uuid
);

create index truelayer_pending_transactions_account_id on truelayer_pending_transactions (account_id, announced_on, id);

-- Every question that reached a bank: four a day are answered while the customer is away. A log of a month, which no change
-- of a connection need look through: it has no foreign key.
create table truelayer_calls (
  id uuid not null constraint truelayer_calls_pkey primary key,
  connection_id uuid not null,
  -- The account, or the connection for what is asked of the bank as a whole.
  subject_id uuid not null,
  endpoint text not null,
  purpose text not null,
  called_at timestamptz not null,
  -- ok, or the code of the refusal; none while it is not answered, or when nobody heard the answer.
  outcome text,
  constraint truelayer_calls_purpose_check check (purpose in ('attended', 'event', 'scheduled'))
);

create index truelayer_calls_subject_id_endpoint_called_at on truelayer_calls (subject_id, endpoint, called_at);
create index truelayer_calls_called_at on truelayer_calls (called_at);

-- What is known about one kind of question: when it may be asked again, or that it never need be.
create table truelayer_reads (
  subject_id uuid not null,
  endpoint text not null,
  connection_id uuid not null
    constraint truelayer_reads_connection_id_fkey references truelayer_connections (id),
  next_at timestamptz,
  is_never boolean not null,
  last_error text,
  answered_at timestamptz,
  constraint truelayer_reads_subject_id_endpoint_unique primary key (subject_id, endpoint)
);

create index truelayer_reads_connection_id on truelayer_reads (connection_id);

-- What the service reported: an event counts once, however often it is delivered. Names are kept for longer than an event
-- is accepted, so that none can be sent again.
create table truelayer_webhook_events (
  event_id text not null constraint truelayer_webhook_events_pkey primary key,
  kind text not null,
  -- What it is about, as the service calls it: an account or a link.
  resource_id text not null,
  connection_id uuid,
  happened_at timestamptz not null,
  received_at timestamptz not null,
  state text not null,
  constraint truelayer_webhook_events_state_check check (state in ('taken', 'ignored', 'unmatched'))
);

create index truelayer_webhook_events_received_at on truelayer_webhook_events (received_at);
create index truelayer_webhook_events_connection_id_received_at on truelayer_webhook_events (connection_id, received_at);

-- Providers that fail are left alone for a while.
create table truelayer_circuits (
  provider_id text not null constraint truelayer_circuits_pkey primary key,
  failures bigint not null,
  open_until timestamptz,
  updated_at timestamptz not null
);
