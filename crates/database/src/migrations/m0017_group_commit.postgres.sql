-- What a group commit makes sure of inside its one statement, so that it needs no transaction around it. Both functions are
-- volatile: each looks at what is committed when it is called, not when the statement began.

-- Keeps the sealer and the end of the day out until the transaction ends, and refuses a day that is over.
create function ledger_enter(journal_lock bigint, booked_on date) returns void language plpgsql volatile as $$
begin
  perform pg_advisory_xact_lock_shared(journal_lock);
  if exists (select 1 from ledger_business_days where id = 1 and business_on <> booked_on) then
    raise exception 'the business day has moved' using errcode = 'serialization_failure';
  end if;
end
$$;

-- Refuses a statement that has changed other than what it should: somebody was faster.
create function ledger_expect(changed bigint, expected bigint) returns void language plpgsql volatile as $$
begin
  if changed <> expected then
    raise exception 'an account has changed' using errcode = 'serialization_failure';
  end if;
end
$$;
