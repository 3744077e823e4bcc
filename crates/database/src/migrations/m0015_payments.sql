-- Payments into accounts here from accounts at other banks. The service makes them; we book on settlement, once.

create table truelayer_payments (
  id uuid not null constraint truelayer_payments_pkey primary key,
  user_id uuid not null constraint truelayer_payments_user_id_fkey references users (id),
  account_id uuid not null constraint truelayer_payments_account_id_fkey references accounts (id),
  amount_minor bigint not null,
  currency text not null,
  -- The bank that is paid from, when it was chosen here.
  provider_id text,
  -- Digests of the customer's key and of what was asked: a repetition goes on where the first one stopped.
  request_key uuid not null constraint truelayer_payments_request_key_unique unique,
  request_fingerprint uuid not null,
  -- The service's name for it; none while nobody heard that it was made.
  service_id text constraint truelayer_payments_service_id_unique unique,
  status text not null,
  failure_reason text,
  -- The booking, and the one that took it back. In suspense when the account took no money any more.
  transfer_id uuid,
  is_in_suspense boolean not null,
  reversal_transfer_id uuid,
  version bigint not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  constraint truelayer_payments_amount_minor_check check (amount_minor > 0),
  constraint truelayer_payments_status_check
    check (status in ('created', 'authorizing', 'authorized', 'executed', 'settled', 'failed', 'reversed')),
  constraint truelayer_payments_settled_check check (status not in ('settled', 'reversed') or transfer_id is not null)
);

create index truelayer_payments_user_id_id on truelayer_payments (user_id, id);
-- "What is under way and was not heard of?"
create index truelayer_payments_status_updated_at on truelayer_payments (status, updated_at);
