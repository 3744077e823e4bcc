-- What staff watches: how far a long job has come, and the audit log asked about one action.

-- How far the work is, while it runs: its stage, how much is done, of how much.
alter table jobs add column progress jsonb;

-- "When was the log last verified?", "Who closed a month?": one action among very many rows.
create index audit_events_action on audit_events (action, position);
