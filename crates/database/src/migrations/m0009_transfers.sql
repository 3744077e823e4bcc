-- Whom a customer may pay without being asked again, and the look-ups by which a payee is confirmed first.

-- One row for each account a customer has paid after confirming the name.
create table payees (
  user_id uuid not null,
  account_id uuid not null,
  confirmed_at timestamptz not null,
  constraint payees_user_id_account_id_unique unique (user_id, account_id)
);

-- A name that was shown, for a while, to the customer who asked.
create table payee_lookups (
  id uuid not null constraint payee_lookups_pkey primary key,
  user_id uuid not null,
  account_id uuid not null,
  created_at timestamptz not null,
  expires_at timestamptz not null
);

create index payee_lookups_user_id_created_at on payee_lookups (user_id, created_at);

-- Who has signed a held payment from an account where all holders sign.
create table transfer_signatures (
  transfer_id uuid not null,
  user_id uuid not null,
  signed_at timestamptz not null,
  constraint transfer_signatures_transfer_id_user_id_unique unique (transfer_id, user_id)
);
