//! The tables `jobs` and `job_schedules`.

use std::collections::BTreeMap;

use database::Tx;
use kernel::{Cursor, Instant, JobId, Page, PageRequest};
use sea_orm::prelude::{Json, Uuid};
use sea_orm::sea_query::{Condition, Expr, ExprTrait, LockBehavior, LockType, OnConflict};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, FromQueryResult, IntoActiveModel,
    QueryFilter, QueryOrder, QuerySelect, QueryTrait, Set, Statement,
};

use super::model::job;
use super::schedule::{JobSchedule, job_schedule};
use super::{Job, JobFilter, JobState, Queue};

pub(crate) async fn insert_unless_known(tx: &Tx, row: Job) -> Result<(), DbErr> {
    let known = OnConflict::column(job::Column::DedupeKey).do_nothing().to_owned();
    let insert = job::Entity::insert(row.into_active_model().reset_all()).on_conflict(known);
    insert.exec_without_returning(tx).await?;
    Ok(())
}

pub(crate) async fn list(
    db: &impl ConnectionTrait,
    filter: JobFilter,
    page: PageRequest,
) -> Result<Page<Job>, DbErr> {
    let after: Option<JobId> = page.after.and_then(|cursor| cursor.key().ok());
    let rows = job::Entity::find()
        .apply_if(filter.state, |query, state| query.filter(job::Column::State.eq(state)))
        .apply_if(filter.kind, |query, kind| query.filter(job::Column::Kind.eq(kind)))
        .apply_if(filter.id, |query, id| query.filter(job::Column::Id.eq(id)))
        .apply_if(after, |query, id| query.filter(job::Column::Id.lt(id)))
        .order_by_desc(job::Column::Id)
        .limit(u64::from(page.limit) + 1)
        .all(db)
        .await?;
    Ok(Page::cut(rows, page.limit, |job| Cursor::new(job.id)))
}

pub(crate) async fn count_dead(db: &impl ConnectionTrait) -> Result<u64, DbErr> {
    // The state stands in the text: by a value nobody could know that the index of the dead letter holds them all.
    let sql = "select count(*) as dead from jobs where state = 'dead'";
    let row = db.query_one_raw(Statement::from_string(db.get_database_backend(), sql)).await?;
    let dead: i64 = row.map_or(Ok(0), |row| row.try_get("", "dead"))?;
    Ok(u64::try_from(dead).unwrap_or_default())
}

pub(crate) async fn load_for_update(tx: &Tx, id: JobId) -> Result<Option<Job>, DbErr> {
    job::Entity::find_by_id(id).lock_exclusive().one(tx).await
}

pub(crate) async fn update(tx: &Tx, job: Job) -> Result<(), DbErr> {
    job.into_active_model().reset_all().update(tx).await?;
    Ok(())
}

/// What waits and whose time has come, and what runs under a lease that has run out.
///
/// The states stand in the text as they do in the index `jobs_due`: with bound values a prepared statement could not
/// know that the index has every row it wants, and would read months of finished jobs, every second.
fn due(now: Instant) -> Condition {
    Condition::all()
        .add(Expr::cust("jobs.state in ('queued', 'running')"))
        .add(job::Column::RunAt.lte(now))
        .add(job::Column::LeasedUntil.is_null().or(job::Column::LeasedUntil.lte(now)))
}

pub(crate) async fn is_any_due(db: &impl ConnectionTrait, now: Instant) -> Result<bool, DbErr> {
    let one = job::Entity::find().select_only().column(job::Column::Id).filter(due(now)).limit(1);
    Ok(one.into_tuple::<JobId>().one(db).await?.is_some())
}

/// Locks up to `limit` due jobs, oldest first; those that another worker is taking are passed over.
pub(crate) async fn lock_due(tx: &Tx, now: Instant, limit: u64) -> Result<Vec<Job>, DbErr> {
    job::Entity::find()
        .filter(due(now))
        .order_by_asc(job::Column::RunAt)
        .order_by_asc(job::Column::Id)
        .limit(limit)
        .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
        .all(tx)
        .await
}

/// Locks what waits or runs and was asked for after `limit`, and the job with that key.
pub(crate) async fn lock_ahead(tx: &Tx, key: &str, limit: Instant) -> Result<Vec<Job>, DbErr> {
    let ahead = job::Column::CreatedAt.gt(limit).or(job::Column::DedupeKey.eq(key));
    job::Entity::find()
        .filter(Expr::cust("jobs.state in ('queued', 'running')"))
        .filter(ahead)
        .order_by_asc(job::Column::Id)
        .lock_exclusive()
        .all(tx)
        .await
}

pub(crate) async fn find(db: &impl ConnectionTrait, id: JobId) -> Result<Option<Job>, DbErr> {
    job::Entity::find_by_id(id).one(db).await
}

pub(crate) async fn find_by_key(db: &impl ConnectionTrait, key: &str) -> Result<Option<Job>, DbErr> {
    job::Entity::find().filter(job::Column::DedupeKey.eq(key)).one(db).await
}

/// Writes how far the running job with that key is.
pub(crate) async fn note_progress(tx: &Tx, key: &str, progress: Json) -> Result<(), DbErr> {
    let running = job::Column::DedupeKey.eq(key).and(job::Column::State.eq(JobState::Running));
    let update = job::Entity::update_many().col_expr(job::Column::Progress, Expr::value(progress));
    update.filter(running).exec(tx).await?;
    Ok(())
}

/// Marks locked jobs as started under one lease.
pub(crate) async fn start(tx: &Tx, ids: &[JobId], token: Uuid, until: Instant) -> Result<(), DbErr> {
    let update = job::Entity::update_many()
        .col_expr(job::Column::State, Expr::value(JobState::Running))
        .col_expr(job::Column::Attempts, Expr::col(job::Column::Attempts).add(1))
        .col_expr(job::Column::LeasedUntil, Expr::value(until))
        .col_expr(job::Column::LeaseToken, Expr::value(token))
        .filter(job::Column::Id.is_in(ids.iter().copied()));
    update.exec(tx).await?;
    Ok(())
}

/// Prolongs leases; returns the jobs that are still held.
pub(crate) async fn renew(tx: &Tx, tokens: &[Uuid], until: Instant) -> Result<Vec<JobId>, DbErr> {
    let held = job::Entity::update_many()
        .col_expr(job::Column::LeasedUntil, Expr::value(until))
        .filter(job::Column::State.eq(JobState::Running))
        .filter(job::Column::LeaseToken.is_in(tokens.iter().copied()))
        .exec_with_returning(tx)
        .await?;
    Ok(held.into_iter().map(|job| job.id).collect())
}

/// Writes how a started job ended, unless its lease was lost; says whether it was still held.
pub(crate) async fn finish(tx: &Tx, job: Job, token: Uuid) -> Result<bool, DbErr> {
    let update = job::Entity::update_many()
        .col_expr(job::Column::State, Expr::value(job.state))
        .col_expr(job::Column::RunAt, Expr::value(job.run_at))
        .col_expr(job::Column::Attempts, Expr::value(job.attempts))
        .col_expr(job::Column::DedupeKey, Expr::value(job.dedupe_key))
        .col_expr(job::Column::LastError, Expr::value(job.last_error))
        .col_expr(job::Column::FinishedAt, Expr::value(job.finished_at))
        .col_expr(job::Column::LeasedUntil, Expr::value(None::<Instant>))
        .col_expr(job::Column::LeaseToken, Expr::value(None::<Uuid>))
        .filter(job::Column::Id.eq(job.id))
        .filter(job::Column::LeaseToken.eq(token));
    Ok(update.exec(tx).await?.rows_affected == 1)
}

/// Removes a finished beat, unless its lease was lost; says whether it was still held.
pub(crate) async fn remove(tx: &Tx, id: JobId, token: Uuid) -> Result<bool, DbErr> {
    let held = job::Column::Id.eq(id).and(job::Column::LeaseToken.eq(token));
    Ok(job::Entity::delete_many().filter(held).exec(tx).await?.rows_affected == 1)
}

/// Removes jobs that were done before `limit`; the dead stay.
pub(crate) async fn purge_done(tx: &Tx, limit: Instant) -> Result<u64, DbErr> {
    let old = job::Column::State.eq(JobState::Done).and(job::Column::FinishedAt.lt(limit));
    Ok(job::Entity::delete_many().filter(old).exec(tx).await?.rows_affected)
}

/// Counts the jobs of one state.
#[derive(Debug, FromQueryResult)]
pub(crate) struct Depth {
    pub(crate) state: JobState,
    pub(crate) jobs: i64,
    /// The earliest time any of them was to run.
    pub(crate) earliest: Option<Instant>,
}

pub(crate) async fn depths(db: &impl ConnectionTrait) -> Result<Vec<Depth>, DbErr> {
    job::Entity::find()
        .select_only()
        .column(job::Column::State)
        .column_as(job::Column::Id.count(), "jobs")
        .column_as(job::Column::RunAt.min(), "earliest")
        .filter(job::Column::State.ne(JobState::Done))
        .group_by(job::Column::State)
        .into_model()
        .all(db)
        .await
}

/// Counts what waits, runs and is dead by kind, each from its own index: what is done is never read.
pub(crate) async fn queues(db: &impl ConnectionTrait, now: Instant) -> Result<Vec<Queue>, DbErr> {
    const WAITING: &str = "
select kind,
       cast(sum(case when state = 'queued' and run_at <= $1 then 1 else 0 end) as bigint) as due,
       cast(sum(case when state = 'queued' and run_at > $1 then 1 else 0 end) as bigint) as later,
       cast(sum(case when state = 'running' then 1 else 0 end) as bigint) as running,
       cast(sum(case when state = 'queued' and last_error is not null then 1 else 0 end) as bigint) as retrying,
       min(case when state = 'queued' and run_at <= $1 then run_at end) as due_since
  from jobs
 where state in ('queued', 'running')
 group by kind";
    const DEAD: &str = "select kind, count(*) as dead from jobs where state = 'dead' group by kind";
    let backend = db.get_database_backend();
    let waiting = Waiting::find_by_statement(Statement::from_sql_and_values(backend, WAITING, [now.into()]));
    let mut queues: BTreeMap<String, Queue> = BTreeMap::new();
    for row in waiting.all(db).await? {
        queues.insert(row.kind.clone(), row.into());
    }
    for row in db.query_all_raw(Statement::from_string(backend, DEAD)).await? {
        let (kind, dead): (String, i64) = (row.try_get("", "kind")?, row.try_get("", "dead")?);
        queues.entry(kind.clone()).or_insert_with(|| Queue::empty(kind)).dead = dead;
    }
    Ok(queues.into_values().collect())
}

#[derive(FromQueryResult)]
struct Waiting {
    kind: String,
    due: i64,
    later: i64,
    running: i64,
    retrying: i64,
    due_since: Option<Instant>,
}

impl From<Waiting> for Queue {
    fn from(row: Waiting) -> Self {
        let Waiting { kind, due, later, running, retrying, due_since } = row;
        Self { kind, due, later, running, retrying, dead: 0, due_since }
    }
}

pub(crate) async fn schedules(db: &impl ConnectionTrait) -> Result<Vec<JobSchedule>, DbErr> {
    job_schedule::Entity::find().order_by_asc(job_schedule::Column::Name).all(db).await
}

/// Makes the row of a schedule that never fired; says whether this call made it.
pub(crate) async fn insert_schedule(tx: &Tx, name: &str, slot: Instant) -> Result<bool, DbErr> {
    let row = job_schedule::ActiveModel {
        name: Set(name.to_owned()),
        last_slot: Set(slot),
        missed: Set(0),
        last_missed_at: Set(None),
    };
    let known = OnConflict::column(job_schedule::Column::Name).do_nothing().to_owned();
    let insert = job_schedule::Entity::insert(row).on_conflict(known);
    Ok(insert.exec_without_returning(tx).await? == 1)
}

pub(crate) async fn lock_schedule(tx: &Tx, name: &str) -> Result<Option<JobSchedule>, DbErr> {
    job_schedule::Entity::find_by_id(name).lock_exclusive().one(tx).await
}

pub(crate) async fn update_schedule(tx: &Tx, row: JobSchedule) -> Result<(), DbErr> {
    row.into_active_model().reset_all().update(tx).await?;
    Ok(())
}
