-- Operators know these rows by this name; they are the audit log's, which is sealed.
create view truelayer_audit_logs as
select id, actor_id as user_id, upper(substr(action, 11)) as action, subject_id as connection_id,
       after_values as metadata, at as created_at
  from audit_events
 where action like 'truelayer.%';
