-- What the service asks a bank in its own time, because the bank needs longer than anybody waits: of each account's rows at
-- most one. What it was about is kept, since the answer does not say.
create table truelayer_tasks (
  account_id uuid not null constraint truelayer_tasks_pkey primary key
    constraint truelayer_tasks_account_id_fkey references truelayer_accounts (id),
  connection_id uuid not null
    constraint truelayer_tasks_connection_id_fkey references truelayer_connections (id),
  -- The service's name for it.
  task_id text not null constraint truelayer_tasks_task_id_unique unique,
  from_on date not null,
  through_on date not null,
  -- Whether the bank refuses to tell what is older.
  history_closed boolean not null,
  asked_at timestamptz not null,
  -- When it is looked for, if nobody says before that it is done.
  look_at timestamptz not null
);

create index truelayer_tasks_connection_id on truelayer_tasks (connection_id);
