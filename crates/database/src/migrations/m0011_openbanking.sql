-- The links to accounts that customers hold at other banks. A row lives through every renewal of its consent.

create table truelayer_connections (
  id uuid not null constraint truelayer_connections_pkey primary key,
  user_id uuid not null constraint truelayer_connections_user_id_fkey references users (id),
  status text not null,
  -- Every change compares and raises it, so that nothing late brings back what is over.
  version bigint not null,
  end_reason text,
  provider_id text,
  provider_name text,
  credentials_id text,
  scopes text not null,
  -- The data key of this row, sealed under the operator's; the tokens are sealed under it.
  data_key text,
  access_token text,
  refresh_token text,
  -- When the access token ends, which is not when the consent does.
  expires_at timestamptz,
  consented_at timestamptz,
  consent_expires_at timestamptz,
  -- The days before this end of the last reminder.
  reminded_days bigint,
  -- Rises with every new pair of tokens: an answer is kept only over the pair that was sent.
  token_version bigint not null default 0,
  -- The one before, while a crash may have lost the answer that replaced it.
  previous_refresh_token text,
  -- Set before the service is asked and cleared with its answer: what is left behind was never answered.
  refresh_begun_at timestamptz,
  -- Who is asking, and until when nobody else does.
  refresh_lease_id uuid,
  refresh_lease_until timestamptz,
  refreshed_at timestamptz,
  -- The code of the last failure, and when it is worth trying again.
  last_error text,
  next_attempt_at timestamptz,
  -- When its accounts are read next without anybody asking.
  next_pull_at timestamptz,
  -- When what was read through it was erased, some time after it was revoked.
  erased_at timestamptz,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  constraint truelayer_connections_user_id_provider_id_credentials_id_unique
    unique (user_id, provider_id, credentials_id),
  constraint truelayer_connections_status_check
    check (status in ('PENDING', 'ACTIVE', 'EXPIRED', 'REVOKED', 'ERROR')),
  constraint truelayer_connections_active_check
    check (status <> 'ACTIVE' or (access_token is not null and data_key is not null and expires_at is not null
      and provider_id is not null and credentials_id is not null and consent_expires_at is not null))
);

-- "Whose consent was taken back?"
create index truelayer_connections_credentials_id on truelayer_connections (credentials_id);
create index truelayer_connections_user_id_id on truelayer_connections (user_id, id);
create index truelayer_connections_status_id on truelayer_connections (status, id);
create index truelayer_connections_status_next_pull_at on truelayer_connections (status, next_pull_at);
create index truelayer_connections_status_consent_expires_at on truelayer_connections (status, consent_expires_at);

-- A customer who is on the way to a bank and back; used up by the return.
create table truelayer_oauth_states (
  id uuid not null constraint truelayer_oauth_states_pkey primary key,
  state_hash bytea not null constraint truelayer_oauth_states_state_hash_unique unique,
  user_id uuid not null constraint truelayer_oauth_states_user_id_fkey references users (id),
  connection_id uuid not null
    constraint truelayer_oauth_states_connection_id_fkey references truelayer_connections (id),
  code_verifier text not null,
  expires_at timestamptz not null,
  created_at timestamptz not null
);

create index truelayer_oauth_states_expires_at on truelayer_oauth_states (expires_at);
create index truelayer_oauth_states_connection_id on truelayer_oauth_states (connection_id);

-- What each round of renewing tokens found.
create table truelayer_refresh_runs (
  id uuid not null constraint truelayer_refresh_runs_pkey primary key,
  started_at timestamptz not null,
  finished_at timestamptz not null,
  checked bigint not null,
  refreshed bigint not null,
  failed bigint not null,
  needs_reauth bigint not null,
  skipped bigint not null,
  -- The service refused our own credentials: nobody's connection was touched after that.
  alarmed boolean not null
);

create index truelayer_refresh_runs_finished_at on truelayer_refresh_runs (finished_at);
