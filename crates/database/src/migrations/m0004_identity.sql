-- Who may sign in, how they prove it, and what they are signed in with. No secret stands here in clear:
-- passwords are argon2id hashes, tokens and keys SHA-256 hashes of 256 random bits, second-factor seeds and
-- mailed codes are sealed.

create table users (
  id uuid not null constraint users_pkey primary key,
  kind text not null constraint users_kind_check check (kind in ('customer', 'staff')),
  email text not null,
  -- The address in lower case: what makes it unique and how it is found.
  email_key text not null constraint users_email_key_unique unique,
  full_name text not null,
  -- Name and address in lower case, for the search.
  search_key text not null,
  country text,
  locale text,
  status text not null
    constraint users_status_check check (status in ('pending_verification', 'active', 'suspended')),
  -- When the address was proved; it outlives a suspension.
  verified_at timestamptz,
  password_hash text not null,
  password_changed_at timestamptz not null,
  totp_seed text,
  totp_confirmed_at timestamptz,
  -- The last time step whose code was taken: each code works once (RFC 6238 §5.2).
  totp_last_step bigint,
  -- Rises with everything that ends what was begun before: half-done sign-ins carry it.
  stamp bigint not null default 0,
  step_up_threshold_minor bigint
    constraint users_step_up_threshold_minor_check check (step_up_threshold_minor >= 0),
  created_at timestamptz not null,
  updated_at timestamptz not null,
  constraint users_totp_check check (totp_confirmed_at is null or totp_seed is not null)
);

create table user_roles (
  user_id uuid not null constraint user_roles_user_id_fkey references users (id),
  role text not null constraint user_roles_role_check
    check (role in ('customer', 'support', 'compliance', 'operations', 'auditor', 'admin')),
  constraint user_roles_pkey primary key (user_id, role)
);

-- Hashes of passwords that were used before; the newest few are refused again.
create table old_passwords (
  user_id uuid not null constraint old_passwords_user_id_fkey references users (id),
  replaced_at timestamptz not null,
  password_hash text not null,
  constraint old_passwords_pkey primary key (user_id, replaced_at)
);

create table recovery_codes (
  user_id uuid not null constraint recovery_codes_user_id_fkey references users (id),
  hash bytea not null,
  used_at timestamptz,
  constraint recovery_codes_pkey primary key (user_id, hash)
);

create table sessions (
  id uuid not null constraint sessions_pkey primary key,
  user_id uuid not null constraint sessions_user_id_fkey references users (id),
  -- What the client called itself, cut short, for the list that the user sees.
  device text not null,
  -- Binds a browser's cookies to the browser; null for clients that hold their tokens themselves.
  device_hash bytea,
  created_at timestamptz not null,
  last_used_at timestamptz not null,
  expires_at timestamptz not null,
  ended_at timestamptz,
  end_reason text constraint sessions_end_reason_check check (end_reason in
    ('signed_out', 'ended_by_user', 'ended_by_staff', 'idle', 'expired', 'too_many', 'token_reused',
     'credentials_changed', 'suspended')),
  constraint sessions_ended_check check ((ended_at is null) = (end_reason is null))
);
create index sessions_open on sessions (user_id) where ended_at is null;

-- Every refresh token of a session, so that one used twice is known for what it is.
create table refresh_tokens (
  hash bytea not null constraint refresh_tokens_pkey primary key,
  session_id uuid not null constraint refresh_tokens_session_id_fkey references sessions (id),
  created_at timestamptz not null,
  used_at timestamptz,
  successor_hash bytea,
  constraint refresh_tokens_used_check check ((used_at is null) = (successor_hash is null))
);
create index refresh_tokens_session on refresh_tokens (session_id);

create table api_keys (
  id uuid not null constraint api_keys_pkey primary key,
  user_id uuid not null constraint api_keys_user_id_fkey references users (id),
  name text not null,
  hash bytea not null,
  -- Permissions, separated by spaces; never more than the owner's.
  scopes text not null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  last_used_at timestamptz,
  revoked_at timestamptz
);
create index api_keys_user on api_keys (user_id, id);

-- One-time tokens that were mailed: to verify an address, to reset a password.
create table mail_tokens (
  hash bytea not null constraint mail_tokens_pkey primary key,
  user_id uuid not null constraint mail_tokens_user_id_fkey references users (id),
  purpose text not null constraint mail_tokens_purpose_check check (purpose in ('verify_email', 'reset_password')),
  created_at timestamptz not null,
  expires_at timestamptz not null,
  used_at timestamptz
);
create index mail_tokens_user on mail_tokens (user_id);

create table invitations (
  id uuid not null constraint invitations_pkey primary key,
  email text not null,
  email_key text not null,
  -- Role names, separated by spaces.
  roles text not null,
  invited_by uuid not null constraint invitations_invited_by_fkey references users (id),
  -- Known once the mail is written; a second mail replaces it.
  hash bytea constraint invitations_hash_unique unique,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  accepted_at timestamptz
);

create table user_notes (
  id uuid not null constraint user_notes_pkey primary key,
  user_id uuid not null constraint user_notes_user_id_fkey references users (id),
  author_id uuid not null constraint user_notes_author_id_fkey references users (id),
  body text not null,
  created_at timestamptz not null
);
create index user_notes_user on user_notes (user_id, id);

-- Failures to prove oneself, by account and by address, both only as keyed hashes: they outlive a restart,
-- bind all nodes, and an address that nobody registered is counted like any other.
create table throttles (
  scope text not null constraint throttles_scope_check check (scope in ('account', 'address', 'mail', 'lookup')),
  subject bytea not null,
  failures bigint not null,
  since timestamptz not null,
  locked_until timestamptz,
  constraint throttles_pkey primary key (scope, subject)
);

-- Rises with every revocation; nodes watch it, so that what they have cached ends everywhere.
create table security_epoch (
  id bigint not null constraint security_epoch_pkey primary key
    constraint security_epoch_one_check check (id = 1),
  epoch bigint not null,
  -- The same for what people may pay from; it rises when somebody is known less well, or is more careful.
  standing bigint not null default 0
);
insert into security_epoch (id, epoch) values (1, 0);

-- One-time confirmations, each bound to what it confirms (PSD2 RTS Art. 5).
create table challenges (
  id uuid not null constraint challenges_pkey primary key,
  user_id uuid not null constraint challenges_user_id_fkey references users (id),
  purpose text not null,
  -- Hash of purpose, amount, currency and payee.
  subject_hash bytea not null,
  amount_minor bigint,
  currency text,
  payee text,
  method text not null constraint challenges_method_check check (method in ('totp', 'mail')),
  sealed_code text,
  attempts bigint not null default 0,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  answered_at timestamptz,
  used_at timestamptz,
  constraint challenges_used_check check (used_at is null or answered_at is not null)
);
create index challenges_user on challenges (user_id, id);
