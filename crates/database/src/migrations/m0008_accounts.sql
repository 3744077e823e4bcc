-- What customers hold: products, accounts and who may use them. Balances, status and limits stand in the
-- ledger under the same id; nothing here repeats them.

-- Limits are in minor units; null is unlimited. The first three are what a new account starts with, the
-- `most` ones how far customers may raise them themselves.
create table products (
  code text not null constraint products_pkey primary key,
  name text not null,
  kind text not null,
  currency text not null,
  minimum_kyc_level smallint not null,
  most_overdraft_minor bigint not null,
  -- Charged once a month, in minor units; 0 is free.
  monthly_fee_minor bigint not null,
  single_limit_minor bigint,
  day_limit_minor bigint,
  month_limit_minor bigint,
  most_single_limit_minor bigint,
  most_day_limit_minor bigint,
  most_month_limit_minor bigint,
  constraint products_kind_check check (kind in ('current', 'savings')),
  constraint products_minimum_kyc_level_check check (minimum_kyc_level >= 0 and minimum_kyc_level <= 3),
  constraint products_most_overdraft_minor_check check (most_overdraft_minor >= 0),
  constraint products_monthly_fee_minor_check check (monthly_fee_minor >= 0),
  constraint products_limits_check check (
    single_limit_minor >= 0 and day_limit_minor >= 0 and month_limit_minor >= 0
    and most_single_limit_minor >= 0 and most_day_limit_minor >= 0 and most_month_limit_minor >= 0
  )
);

create table accounts (
  id uuid not null constraint accounts_pkey primary key
    constraint accounts_id_fkey references ledger_accounts (id),
  product_code text not null constraint accounts_product_code_fkey references products (code),
  number text not null constraint accounts_number_unique unique,
  country text not null,
  nickname text,
  -- Number and nickname in lower case, for the staff's search box.
  search_text text not null,
  opened_at timestamptz not null,
  closed_at timestamptz
);

create table account_owners (
  account_id uuid not null constraint account_owners_account_id_fkey references accounts (id),
  user_id uuid not null constraint account_owners_user_id_fkey references users (id),
  role text not null,
  added_at timestamptz not null,
  constraint account_owners_account_id_user_id_unique primary key (account_id, user_id),
  constraint account_owners_role_check check (
    role in ('holder', 'joint_any_signs', 'joint_all_sign', 'attorney_view', 'attorney_view_and_pay')
  )
);
-- "The accounts of this customer."
create index account_owners_user_id_index on account_owners (user_id, account_id);

-- What still waits on an account; it cannot be closed meanwhile. Kept by the slices whose work it is.
create table account_pending_work (
  account_id uuid not null constraint account_pending_work_account_id_fkey references accounts (id),
  kind text not null,
  subject_id uuid not null,
  since timestamptz not null,
  constraint account_pending_work_account_id_kind_subject_id_unique primary key (account_id, kind, subject_id)
);

-- The numbers of the next accounts in each country. A row's lock hands numbers out one at a time until its transaction ends;
-- sixteen rows, each with every sixteenth number, let as many accounts be opened at once.
create table account_serials (
  country text not null,
  slot bigint not null,
  next_serial bigint not null,
  constraint account_serials_pkey primary key (country, slot)
);
with countries (country, first_serial) as (
  values ('GB', 10000001), ('DE', 1000000001), ('AT', 10000000001), ('US', 1000000001)
), slots (slot) as (
  values (0), (1), (2), (3), (4), (5), (6), (7), (8), (9), (10), (11), (12), (13), (14), (15)
)
insert into account_serials (country, slot, next_serial)
select country, slot, first_serial + slot from countries, slots;

insert into products (
  code, name, kind, currency, minimum_kyc_level, most_overdraft_minor, monthly_fee_minor,
  single_limit_minor, day_limit_minor, month_limit_minor,
  most_single_limit_minor, most_day_limit_minor, most_month_limit_minor
)
values
  ('current-gbp', 'Current account', 'current', 'GBP', 1, 200000, 0, 1000000, 2500000, 10000000, 5000000, 10000000, 50000000),
  ('current-eur', 'Current account', 'current', 'EUR', 1, 200000, 0, 1000000, 2500000, 10000000, 5000000, 10000000, 50000000),
  ('current-usd', 'Checking account', 'current', 'USD', 1, 200000, 0, 1000000, 2500000, 10000000, 5000000, 10000000, 50000000),
  ('current-czk', 'Current account', 'current', 'CZK', 1, 5000000, 0, 25000000, 60000000, 250000000, 120000000, 250000000, 1200000000),
  ('premium-gbp', 'Premium account', 'current', 'GBP', 2, 1000000, 1200, 2500000, 5000000, 25000000, 10000000, 25000000, 100000000),
  ('savings-gbp', 'Savings account', 'savings', 'GBP', 1, 0, 0, 1000000, 1000000, 5000000, 2500000, 5000000, 25000000),
  ('savings-eur', 'Savings account', 'savings', 'EUR', 1, 0, 0, 1000000, 1000000, 5000000, 2500000, 5000000, 25000000),
  ('savings-usd', 'Savings account', 'savings', 'USD', 1, 0, 0, 1000000, 1000000, 5000000, 2500000, 5000000, 25000000),
  ('savings-czk', 'Savings account', 'savings', 'CZK', 1, 0, 0, 25000000, 25000000, 120000000, 60000000, 120000000, 600000000);
