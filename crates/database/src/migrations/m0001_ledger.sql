-- The ledger: accounts with four balances, holds, receipts, months and the business day.
-- The journal itself (transfers, entries) stands in the texts per engine, since its keys are clustered differently.
-- Foreign keys stop at the journal: its writer has locked both accounts, accounts are never deleted (trigger),
-- and four look-ups per transfer would cost a fifth of the writer.

create table ledger_accounts (
  id uuid not null constraint ledger_accounts_pkey primary key,
  currency text not null,
  kind text not null,
  code text not null,
  status text not null,
  -- Whether a movement may not take it below its overdraft limit: customers' accounts yes, the bank's own no.
  funded boolean not null,
  overdraft_limit_minor bigint not null,
  debits_posted_minor bigint not null,
  credits_posted_minor bigint not null,
  debits_pending_minor bigint not null,
  credits_pending_minor bigint not null,
  -- How many entries the account has: the next one takes the number after it.
  entry_sequence bigint not null,
  largest_limit_minor bigint,
  day_limit_minor bigint,
  month_limit_minor bigint,
  -- What was spent on this business day and in the month that begins on this day.
  spent_on date not null,
  spent_day_minor bigint not null,
  spent_month_on date not null,
  spent_month_minor bigint not null,
  -- Rises whenever somebody's right to the account changes: what was judged before counts no more.
  access_version bigint not null default 1,
  opened_at timestamptz not null,
  constraint ledger_accounts_kind_check check (kind in ('asset', 'liability', 'equity', 'income', 'expense')),
  constraint ledger_accounts_status_check check (status in ('open', 'debit_blocked', 'frozen', 'closed')),
  constraint ledger_accounts_balances_check check (
    debits_posted_minor >= 0 and credits_posted_minor >= 0
    and debits_pending_minor >= 0 and credits_pending_minor >= 0
  ),
  constraint ledger_accounts_closed_check check (
    status <> 'closed' or (
      debits_posted_minor = credits_posted_minor and debits_pending_minor = 0 and credits_pending_minor = 0
    )
  ),
  constraint ledger_accounts_overdraft_limit_minor_check check (overdraft_limit_minor >= 0),
  constraint ledger_accounts_limits_check check (
    largest_limit_minor >= 0 and day_limit_minor >= 0 and month_limit_minor >= 0
  ),
  constraint ledger_accounts_spent_check check (spent_day_minor >= 0 and spent_month_minor >= 0),
  constraint ledger_accounts_entry_sequence_check check (entry_sequence >= 0)
);

-- By how many the number of accounts changed, where and when: added with each opening and change of status, summed by
-- readers, folded now and then. Counting the accounts themselves would read every one of them.
create table ledger_account_counts (
  opened_on date not null,
  currency text not null,
  code text not null,
  kind text not null,
  status text not null,
  accounts bigint not null,
  constraint ledger_account_counts_accounts_check check (accounts <> 0)
);

-- A hold's state, apart from the journal whose rows never change.
create table ledger_holds (
  id uuid not null constraint ledger_holds_pkey primary key,
  debit_account_id uuid not null,
  credit_account_id uuid not null,
  amount_minor bigint not null,
  currency text not null,
  state text not null,
  captured_minor bigint not null,
  -- The transfer that captured or released it.
  resolved_by uuid,
  expires_at timestamptz,
  -- The business day it counts on, and whether it counted against the spending limits.
  booked_on date not null,
  counted boolean not null,
  booked_at timestamptz not null,
  constraint ledger_holds_state_check check (state in ('pending', 'captured', 'released', 'expired')),
  constraint ledger_holds_amount_minor_check check (amount_minor > 0),
  constraint ledger_holds_captured_minor_check check (
    captured_minor >= 0 and captured_minor <= amount_minor and (state = 'captured') = (captured_minor > 0)
  ),
  constraint ledger_holds_resolved_by_check check ((state = 'pending') = (resolved_by is null))
);

-- "The holds of this account, newest first."
create index ledger_holds_debit_account_id_id_index on ledger_holds (debit_account_id, id);
-- "What is overdue?", asked before every batch; it holds pending ones only, so it stays small.
create index ledger_holds_expires_at_index on ledger_holds (expires_at)
  where state = 'pending' and expires_at is not null;

-- Answers already given, so that a repeated request gets the same bytes. A key is as long as its caller likes, and the
-- writer pays for every byte of an index: whose it is, and what was asked, are kept as digests. No index on the
-- time: they are cleared once a day.
create table ledger_receipts (
  id uuid not null constraint ledger_receipts_pkey primary key,
  fingerprint uuid not null,
  status smallint not null,
  answer text not null,
  created_at timestamptz not null
);

-- Months that take no more postings; a month without a row is open.
create table ledger_periods (
  id date not null constraint ledger_periods_pkey primary key,
  closed_by_kind text not null,
  closed_by_id uuid,
  approved_by_kind text not null,
  approved_by_id uuid,
  closed_at timestamptz not null
);

-- The bank's day: one row, moved by the end-of-day job. Without it the day follows the clock.
create table ledger_business_days (
  id smallint not null constraint ledger_business_days_pkey primary key,
  business_on date not null,
  moved_at timestamptz not null,
  constraint ledger_business_days_id_check check (id = 1)
);
