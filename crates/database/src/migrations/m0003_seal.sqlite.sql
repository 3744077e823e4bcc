create trigger seals_no_update before update on seals
begin select raise(abort, 'seals is append-only: update refused'); end;
create trigger seals_no_delete before delete on seals
begin select raise(abort, 'seals is append-only: delete refused'); end;
create trigger seal_checkpoints_no_update before update on seal_checkpoints
begin select raise(abort, 'seal_checkpoints is append-only: update refused'); end;
create trigger seal_checkpoints_no_delete before delete on seal_checkpoints
begin select raise(abort, 'seal_checkpoints is append-only: delete refused'); end;
create trigger ledger_proofs_no_update before update on ledger_proofs
begin select raise(abort, 'ledger_proofs is append-only: update refused'); end;
create trigger ledger_proofs_no_delete before delete on ledger_proofs
begin select raise(abort, 'ledger_proofs is append-only: delete refused'); end;
