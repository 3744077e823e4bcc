-- Commands that need a second person, whole, as the first person asked for them.

create table approvals (
  id uuid not null constraint approvals_pkey primary key,
  kind text not null,
  payload jsonb not null,
  -- SHA-256 over what was asked for, in hexadecimal; the audit log keeps a second copy.
  payload_hash text not null,
  summary text not null,
  subject_kind text not null,
  subject_id text not null,
  reason text not null,
  decide_permission text not null,
  maker_kind text not null,
  maker_id uuid not null,
  -- The person behind the maker, whichever role or key was used.
  maker_user_id uuid not null,
  state text not null default 'pending'
    constraint approvals_state_check check (state in ('pending', 'executed', 'rejected', 'expired')),
  checker_user_id uuid,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  decided_at timestamptz,
  decision_reason text,
  result jsonb,
  constraint approvals_checker_check
    check (state <> 'executed' or (checker_user_id is not null and checker_user_id <> maker_user_id))
);
