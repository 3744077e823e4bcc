-- Schedules that survive restarts, and the sandbox's clock.

-- A beat comes every few seconds and leaves nothing behind: its row goes when it is done.
alter table jobs add column beat boolean not null default false;

-- The last slot that each schedule fired, moved forward by whoever fires the next one first.
create table job_schedules (
  name text not null constraint job_schedules_pkey primary key,
  last_slot timestamptz not null,
  missed bigint not null default 0 constraint job_schedules_missed_check check (missed >= 0),
  last_missed_at timestamptz
);

-- How far a sandbox's clock is from the machine's; one row, which every node follows.
create table sandbox_clock (
  id bigint not null constraint sandbox_clock_pkey primary key constraint sandbox_clock_id_check check (id = 1),
  offset_microseconds bigint not null,
  moved_at timestamptz not null
);

-- The audit log is asked about a thing by its id alone, which names its kind, and about a stretch of time.
drop index audit_events_subject;
create index audit_events_subject on audit_events (subject_id, position);
create index audit_events_at on audit_events (at);
