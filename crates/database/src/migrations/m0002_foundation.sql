-- The audit log and background work: what every slice writes in its own transaction.

-- One row for each state change, and for each time staff looked at a customer. Append-only; sealed like the
-- journal by its position.
create table audit_events (
  position bigint not null constraint audit_events_pkey primary key,
  id uuid not null constraint audit_events_id_unique unique,
  at timestamptz not null,
  actor_kind text not null,
  actor_id uuid,
  action text not null,
  subject_kind text not null,
  subject_id text not null,
  reason text,
  before_values jsonb,
  after_values jsonb,
  request_id uuid not null
);

create index audit_events_subject on audit_events (subject_kind, subject_id, position);
create index audit_events_actor on audit_events (actor_id, position);

-- Background work. Enqueueing commits with the work that asks for it.
create table jobs (
  id uuid not null constraint jobs_pkey primary key,
  kind text not null,
  payload jsonb not null,
  state text not null default 'queued'
    constraint jobs_state_check check (state in ('queued', 'running', 'done', 'dead')),
  run_at timestamptz not null,
  attempts integer not null default 0,
  most_attempts integer not null constraint jobs_most_attempts_check check (most_attempts > 0),
  dedupe_key text constraint jobs_dedupe_key_unique unique,
  leased_until timestamptz,
  lease_token uuid,
  last_error text,
  created_at timestamptz not null,
  finished_at timestamptz
);
