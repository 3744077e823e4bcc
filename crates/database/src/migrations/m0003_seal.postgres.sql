create trigger seals_append_only before update or delete on seals
  for each row execute function refuse_change();
create trigger seals_no_truncate before truncate on seals
  for each statement execute function refuse_change();
create trigger seal_checkpoints_append_only before update or delete on seal_checkpoints
  for each row execute function refuse_change();
create trigger seal_checkpoints_no_truncate before truncate on seal_checkpoints
  for each statement execute function refuse_change();
create trigger ledger_proofs_append_only before update or delete on ledger_proofs
  for each row execute function refuse_change();
create trigger ledger_proofs_no_truncate before truncate on ledger_proofs
  for each statement execute function refuse_change();
