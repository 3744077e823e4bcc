create sequence audit_events_position;

-- Workers look only at what waits or runs.
create index jobs_due on jobs (run_at) where state in ('queued', 'running');

create trigger audit_events_append_only before update or delete on audit_events
  for each row execute function refuse_change();
create trigger audit_events_no_truncate before truncate on audit_events
  for each statement execute function refuse_change();
