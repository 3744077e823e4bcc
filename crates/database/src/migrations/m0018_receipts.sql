-- An answer that shows one transfer and nothing else is kept as that transfer's id: the journal tells the rest, and never
-- changes. No foreign key, as anywhere in the journal.
alter table ledger_receipts add column transfer_id uuid;
