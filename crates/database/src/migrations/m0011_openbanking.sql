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

create index truelayer_connections_user_id_id on truelayer_connections (user_id, id);
create index truelayer_connections_status_expires_at on truelayer_connections (status, expires_at);

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
