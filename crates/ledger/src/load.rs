//! Reading everything a decision needs, with the accounts locked in id order, or compared when they are written.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use database::{Columns, Engine, Tx};
use kernel::{AccountId, Instant, TransferId};
use sea_orm::sea_query::Value;
use sea_orm::{ConnectionTrait, DbBackend, DbErr, FromQueryResult, Statement};
use uuid::Uuid;

use crate::decide::{Book, Place};
use crate::periods::closed_months;
use crate::seal::JOURNAL_LOCK;
use crate::{Account, Hold, NewTransfer, Transfer, load_postgres, load_sqlite};

/// The most overdue holds that one batch gives back before it decides.
const MOST_OVERDUE: u64 = 200;

pub(crate) const TRANSFER_COLUMNS: &str = "position, id, kind, debit_account_id, credit_account_id, \
    amount_minor, currency, code, reference, metadata, group_id, of_transfer_id, expires_at, debit_sequence, \
    credit_sequence, authority, actor_kind, actor_id, request_id, booked_at, booked_on, effective_on";

pub(crate) const ACCOUNT_COLUMNS: &str = "id, currency, kind, code, status, funded, overdraft_limit_minor, \
    debits_posted_minor, credits_posted_minor, debits_pending_minor, credits_pending_minor, entry_sequence, \
    largest_limit_minor, day_limit_minor, month_limit_minor, spent_on, spent_day_minor, spent_month_on, \
    spent_month_minor, access_version, opened_at";

/// The business day that the end-of-day job has set, if it has.
pub(crate) const BUSINESS_DAY: &str = "select business_on from ledger_business_days where id = 1";

const HOLD_COLUMNS: &str = "id, debit_account_id, credit_account_id, amount_minor, currency, state, \
    captured_minor, resolved_by, expires_at, booked_on, counted, booked_at";

/// Says what is read, and how.
pub(crate) struct Wanted<'a> {
    /// The transfers to be decided.
    pub(crate) news: &'a [&'a NewTransfer],
    /// Further accounts whose overdue holds are looked for.
    pub(crate) accounts: &'a [AccountId],
    /// The instant of the decision.
    pub(crate) now: Instant,
    /// The business day, unless the end-of-day job has set one.
    pub(crate) clock_date: NaiveDate,
    /// How much is made sure of before.
    pub(crate) care: Care,
}

/// Says what reading makes sure of, at a cost, and what is left to writing, which then may have to begin anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Care {
    /// Whether the ids are looked up; without it one that stands in the journal is met as a duplicate.
    pub(crate) look_up: bool,
    /// Whether the accounts are locked; without it one that somebody else has changed meanwhile is met as another
    /// version of its row. SQLite has locked the database anyway.
    pub(crate) lock: bool,
}

impl Care {
    /// Leaves all to writing.
    pub(crate) const NONE: Self = Self { look_up: false, lock: false };
    /// Leaves nothing to chance.
    pub(crate) const FULL: Self = Self { look_up: true, lock: true };
}

/// Holds the book, and the holds in it that are overdue.
pub(crate) struct Loaded {
    pub(crate) book: Book,
    pub(crate) overdue: Vec<TransferId>,
}

/// Loads the book of a batch: 3 round trips, one more to look ids up or when holds are overdue, up to 5 more when it
/// captures, releases, reverses or backdates.
pub(crate) async fn load(tx: &Tx, wanted: &Wanted<'_>) -> Result<Loaded, DbErr> {
    guard(tx).await?;
    // A statement of its own: one that waits for the lock would see the day as it was before.
    let day = state_of_the_day(tx, wanted.now).await?;
    let mut book = Book::new(wanted.now, day.business_on.unwrap_or(wanted.clock_date));
    let news = || wanted.news.iter();
    let mut referred: BTreeSet<_> = news().filter_map(|new| new.action.refers_to()).collect();
    let mut accounts: BTreeSet<_> = wanted.accounts.iter().copied().collect();
    for (debit, credit) in news().filter_map(|new| new.action.accounts()) {
        accounts.extend([debit, credit]);
    }
    for transfer in referred_transfers(tx, &referred).await? {
        accounts.extend([transfer.debit_account_id, transfer.credit_account_id]);
        referred.insert(transfer.id);
        book.insert_transfer(transfer);
    }
    let overdue = if day.overdue == 0 { Vec::new() } else { overdue_of(tx, &accounts, wanted.now).await? };
    for hold in &overdue {
        accounts.insert(hold.credit_account_id);
    }
    read_accounts(tx, &accounts, wanted.care.lock, &mut book).await?;
    // After the accounts: what another node committed on them is seen, or their rows are others when they are written.
    if wanted.care.look_up {
        for transfer in transfers(tx, "id", news().map(|new| new.id)).await? {
            book.insert_transfer(transfer);
        }
    }
    if !referred.is_empty() {
        for reversal in transfers(tx, "of_transfer_id", referred.iter().copied()).await? {
            book.insert_transfer(reversal);
        }
    }
    let overdue: Vec<_> = overdue.iter().map(|hold| hold.id).collect();
    for hold in holds(tx, referred.iter().chain(&overdue).copied().collect()).await? {
        book.insert_hold(hold);
    }
    if news().any(|new| new.effective_on.is_some()) {
        for month in closed_months(tx).await? {
            book.insert_closed_month(month);
        }
    }
    Ok(Loaded { book, overdue })
}

/// Holds the sealer and other writers off until the transaction ends; the first lock of a transaction.
///
/// On SQLite the write transaction itself does that.
///
/// # Errors
/// `DbErr` when the lock is not given in time.
pub async fn exclude_writers(tx: &Tx) -> Result<(), DbErr> {
    if engine(tx) == Engine::Postgres {
        tx.execute_raw(statement(tx, "select pg_advisory_xact_lock($1)", [JOURNAL_LOCK.into()])).await?;
    }
    Ok(())
}

pub(crate) fn engine(connection: &impl ConnectionTrait) -> Engine {
    match connection.get_database_backend() {
        DbBackend::Postgres => Engine::Postgres,
        _ => Engine::Sqlite,
    }
}

pub(crate) fn statement(
    connection: &impl ConnectionTrait,
    sql: impl Into<String>,
    values: impl IntoIterator<Item = Value>,
) -> Statement {
    Statement::from_sql_and_values(connection.get_database_backend(), sql, values)
}

/// Returns the condition "is one of the ids in `$1`" and the value to bind.
pub(crate) fn among(
    connection: &impl ConnectionTrait,
    ids: impl Iterator<Item = Uuid>,
) -> (&'static str, Value) {
    database::among(connection.get_database_backend(), ids)
}

/// Reads the business day that the end-of-day job has set, without a lock.
pub(crate) async fn set_business_date(connection: &impl ConnectionTrait) -> Result<Option<NaiveDate>, DbErr> {
    let day = BusinessDay::find_by_statement(statement(connection, BUSINESS_DAY, []));
    Ok(day.one(connection).await?.map(|day| day.business_on))
}

/// Reads accounts that have overdue holds, so that these can be given back.
pub(crate) async fn overdue_accounts(
    connection: &impl ConnectionTrait,
    now: Instant,
) -> Result<Vec<AccountId>, DbErr> {
    let sql = format!(
        "select distinct debit_account_id from ledger_holds \
         where state = 'pending' and expires_at <= $1 limit {MOST_OVERDUE}"
    );
    let found = OverdueAccount::find_by_statement(statement(connection, sql, [now.into()]));
    Ok(found.all(connection).await?.into_iter().map(|row| row.debit_account_id).collect())
}

#[derive(FromQueryResult)]
struct OverdueAccount {
    debit_account_id: AccountId,
}

#[derive(FromQueryResult)]
struct BusinessDay {
    business_on: NaiveDate,
}

#[derive(FromQueryResult)]
struct StateOfTheDay {
    business_on: Option<NaiveDate>,
    overdue: i32,
}

/// Takes the writers' shared lock; the first lock of a transaction.
async fn guard(tx: &Tx) -> Result<(), DbErr> {
    if engine(tx) == Engine::Postgres {
        tx.execute_raw(statement(tx, load_postgres::GUARD, [JOURNAL_LOCK.into()])).await?;
    }
    Ok(())
}

/// Reads the business day, and whether any hold at all is overdue: mostly none is, and nobody has to look whose they are.
async fn state_of_the_day(tx: &Tx, now: Instant) -> Result<StateOfTheDay, DbErr> {
    let sql = format!(
        "select ({BUSINESS_DAY}) as business_on, case when exists \
         (select 1 from ledger_holds where state = 'pending' and expires_at <= $1) then 1 else 0 end as overdue"
    );
    let found = StateOfTheDay::find_by_statement(statement(tx, sql, [now.into()]));
    found.one(tx).await?.ok_or_else(|| DbErr::RecordNotFound("the state of the day".to_owned()))
}

/// Reads the transfers that are captured, released or reversed, and the other members of their groups.
async fn referred_transfers(tx: &Tx, referred: &BTreeSet<TransferId>) -> Result<Vec<Transfer>, DbErr> {
    if referred.is_empty() {
        return Ok(Vec::new());
    }
    let mut found = transfers(tx, "id", referred.iter().copied()).await?;
    let groups: BTreeSet<_> = found.iter().filter_map(|transfer| transfer.group_id).collect();
    if !groups.is_empty() {
        found.extend(transfers(tx, "group_id", groups.into_iter()).await?);
    }
    Ok(found)
}

/// Reads transfers by a column of ids, in the journal's order.
pub(crate) async fn transfers(
    connection: &impl ConnectionTrait,
    column: &str,
    ids: impl Iterator<Item = TransferId>,
) -> Result<Vec<Transfer>, DbErr> {
    let (among, ids) = among(connection, ids.map(TransferId::uuid));
    let sql =
        format!("select {TRANSFER_COLUMNS} from ledger_transfers where {column} {among} order by position");
    Transfer::find_by_statement(statement(connection, sql, [ids])).all(connection).await
}

/// Says whether any of the ids is one of a transfer in the journal, or of a stored answer.
pub(crate) async fn any_known(
    connection: &impl ConnectionTrait,
    ids: impl Iterator<Item = Uuid>,
) -> Result<bool, DbErr> {
    let (among, ids) = among(connection, ids);
    let sql = format!(
        "select id from ledger_transfers where id {among} \
         union all select id from ledger_receipts where id {among} limit 1"
    );
    Ok(connection.query_one_raw(statement(connection, sql, [ids])).await?.is_some())
}

/// Reads pending holds whose time is over, on the accounts that a batch may debit.
async fn overdue_of(tx: &Tx, accounts: &BTreeSet<AccountId>, now: Instant) -> Result<Vec<Hold>, DbErr> {
    let (among, ids) = among(tx, accounts.iter().map(|id| id.uuid()));
    let sql = format!(
        "select {HOLD_COLUMNS} from ledger_holds \
         where state = 'pending' and expires_at <= $2 and debit_account_id {among} \
         order by expires_at limit {MOST_OVERDUE}"
    );
    Hold::find_by_statement(statement(tx, sql, [ids, now.into()])).all(tx).await
}

/// Reads the accounts, locked in id order where that is wanted, and where PostgreSQL keeps which version of their rows.
async fn read_accounts(
    tx: &Tx,
    accounts: &BTreeSet<AccountId>,
    lock: bool,
    book: &mut Book,
) -> Result<(), DbErr> {
    let (among, ids) = among(tx, accounts.iter().map(|id| id.uuid()));
    let (place, for_update) = match engine(tx) {
        Engine::Postgres => (load_postgres::PLACE, if lock { load_postgres::LOCK } else { "" }),
        Engine::Sqlite => (load_sqlite::PLACE, load_sqlite::LOCK),
    };
    let sql = format!(
        "select {ACCOUNT_COLUMNS}{place} from ledger_accounts where id {among} order by id{for_update}"
    );
    for row in tx.query_all_raw(statement(tx, sql, [ids])).await? {
        take_account(&mut Columns::of(&row), engine(tx), book)?;
    }
    Ok(())
}

/// Takes an account into a book, from a row that begins with [`ACCOUNT_COLUMNS`] and, on PostgreSQL, goes on with
/// [`load_postgres::PLACE`].
pub(crate) fn take_account(columns: &mut Columns<'_>, engine: Engine, book: &mut Book) -> Result<(), DbErr> {
    let account = account(columns)?;
    if engine == Engine::Postgres {
        book.insert_place(account.id, Place { ctid: columns.take()?, version: columns.take()? });
    }
    book.insert_account(account);
    Ok(())
}

/// Takes an account from a row that begins with [`ACCOUNT_COLUMNS`].
pub(crate) fn account(columns: &mut Columns<'_>) -> Result<Account, DbErr> {
    Ok(Account {
        id: columns.take()?,
        currency: columns.take()?,
        kind: columns.take()?,
        code: columns.take()?,
        status: columns.take()?,
        funded: columns.take()?,
        overdraft_limit_minor: columns.take()?,
        debits_posted_minor: columns.take()?,
        credits_posted_minor: columns.take()?,
        debits_pending_minor: columns.take()?,
        credits_pending_minor: columns.take()?,
        entry_sequence: columns.take()?,
        largest_limit_minor: columns.take()?,
        day_limit_minor: columns.take()?,
        month_limit_minor: columns.take()?,
        spent_on: columns.take()?,
        spent_day_minor: columns.take()?,
        spent_month_on: columns.take()?,
        spent_month_minor: columns.take()?,
        access_version: columns.take()?,
        opened_at: columns.take()?,
    })
}

async fn holds(tx: &Tx, ids: BTreeSet<TransferId>) -> Result<Vec<Hold>, DbErr> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let (among, ids) = among(tx, ids.into_iter().map(TransferId::uuid));
    let sql = format!("select {HOLD_COLUMNS} from ledger_holds where id {among}");
    Hold::find_by_statement(statement(tx, sql, [ids])).all(tx).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_id_is_known_when_a_transfer_or_a_stored_answer_has_it() {
        let database = database::testing::fresh().await;
        let connection = database.primary();
        let [transfer, answer, neither] = [1, 2, 3].map(Uuid::from_u128);
        let transfers =
            "insert into ledger_transfers (position, id, kind, debit_account_id, credit_account_id,
            amount_minor, currency, code, reference, debit_sequence, credit_sequence, authority, actor_kind,
            booked_at, booked_on, effective_on)
            values (1, $1, 'posted', $1, $2, 1, 'GBP', '', '', 1, 1, 'system', 'system',
            '2026-03-02T10:00:00Z', '2026-03-02', '2026-03-02')";
        let answers = "insert into ledger_receipts (id, fingerprint, status, answer, created_at)
            values ($2, $1, 201, '', '2026-03-02T10:00:00Z')";
        for sql in [transfers, answers] {
            let insert = statement(connection, sql, [transfer.into(), answer.into()]);
            connection.execute_raw(insert).await.expect("a row");
        }
        for (ids, is_known) in [(vec![transfer], true), (vec![neither, answer], true), (vec![neither], false)]
        {
            assert_eq!(any_known(connection, ids.iter().copied()).await.expect("read"), is_known, "{ids:?}");
        }
    }
}
