-- How well customers are known. No row is level 0, so that a registration writes nothing here.

create table kyc_levels (
  user_id uuid not null constraint kyc_levels_pkey primary key
    constraint kyc_levels_user_id_fkey references users (id),
  level smallint not null,
  set_at timestamptz not null,
  constraint kyc_levels_level_check check (level >= 0 and level <= 3)
);
