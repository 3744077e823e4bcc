//! The trailing sealer.

use std::time::Duration;

use database::{Database, Engine, is_busy};
use kernel::Instant;
use sea_orm::{ConnectionTrait, DbErr, FromQueryResult, Statement};
use thiserror::Error;

use super::{Chained, Seal, block};

/// The most rows of one block.
const BLOCK_ROWS: u64 = 1_000;
/// How long writers may have to wait behind the sealer that waits for an older writer.
const LOCK_TIMEOUT: Duration = Duration::from_millis(200);

/// Tells how far a chain is sealed after a round.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// How many rows this round sealed.
    pub rows: u64,
    /// The newest block; none while the chain is empty.
    pub last: Option<Seal>,
    /// How many positions are not sealed yet; 0 unless `waited_out`.
    pub lag: u64,
    /// Whether a long transaction kept the sealer from learning the highest position: try again later.
    pub waited_out: bool,
}

/// Says why a chain could not be sealed.
#[derive(Debug, Error)]
pub enum SealError {
    /// A row cannot be read; verification names what is wrong with it.
    #[error("the row at position {position} of {chain} cannot be read")]
    Unreadable {
        /// The chain.
        chain: &'static str,
        /// The row's position.
        position: i64,
    },
    /// The database failed; blocks appended before stay.
    #[error(transparent)]
    Storage(#[from] DbErr),
}

/// Seals every row written so far, block by block; each block commits by itself, so it resumes where it stopped.
///
/// Several sealers do no harm: a block's number is taken once, the later one reads on from there.
///
/// # Errors
/// [`SealError::Unreadable`], then [`SealError::Storage`].
pub async fn seal<C: Chained>(db: &Database, now: Instant) -> Result<Sealed, SealError> {
    seal_remembering::<C>(db, &C::Memory::default(), now).await
}

/// Does the same for who remembers something from one time to the next.
pub(crate) async fn seal_remembering<C: Chained>(
    db: &Database,
    memory: &C::Memory,
    now: Instant,
) -> Result<Sealed, SealError> {
    let Some(highest) = highest_position::<C>(db).await? else {
        let last = block::last(db.latest(), C::NAME).await?;
        return Ok(Sealed { rows: 0, last, lag: 0, waited_out: true });
    };
    let mut rows = 0;
    loop {
        let last = block::last(db.latest(), C::NAME).await?;
        let sealed_through = last.as_ref().map_or(0, |last| last.through_position);
        if highest <= sealed_through {
            return Ok(finished::<C>(Sealed { rows, last, lag: 0, waited_out: false }));
        }
        let Some(sealed) = seal_block::<C>(db, memory, (last.as_ref(), highest), now).await? else {
            let lag = u64::try_from(highest - sealed_through).unwrap_or_default();
            return Ok(finished::<C>(Sealed { rows, last, lag, waited_out: false }));
        };
        rows += sealed;
    }
}

/// Seals the next block and returns how many rows it has; none when there is no row left to seal.
async fn seal_block<C: Chained>(
    db: &Database,
    memory: &C::Memory,
    (last, highest): (Option<&Seal>, i64),
    now: Instant,
) -> Result<Option<u64>, SealError> {
    let after = last.map_or(0, |last| last.through_position);
    let snapshot = db.snapshot().await?;
    let rows = C::rows(&snapshot, after, highest, BLOCK_ROWS).await?;
    snapshot.commit().await?;
    let Some(newest) = rows.last() else {
        return Ok(None);
    };
    let made = block::make::<C>(last, &rows, newest.position, now);
    let seal = made.map_err(|position| SealError::Unreadable { chain: C::NAME, position })?;
    let tx = db.begin().await?;
    let appended = block::append(&tx, seal).await?;
    if appended {
        C::sealed(&tx, &rows, memory).await?;
    }
    tx.commit().await?;
    Ok(Some(if appended { u64::try_from(rows.len()).unwrap_or(u64::MAX) } else { 0 }))
}

/// Reads the highest position below which nothing can appear any more; none when writers take too long.
async fn highest_position<C: Chained>(db: &Database) -> Result<Option<i64>, DbErr> {
    let tx = db.begin().await?;
    if db.engine() == Engine::Postgres {
        let timeout = LOCK_TIMEOUT.as_millis();
        tx.execute_unprepared(&format!("set local lock_timeout = {timeout}")).await?;
        let lock = format!("select pg_advisory_xact_lock({})", C::POSITION_LOCK);
        match tx.execute_unprepared(&lock).await {
            Err(error) if is_busy(&error) => return Ok(None),
            locked => locked?,
        };
    }
    let sql = format!("select coalesce(max(position), 0) as highest from {}", C::TABLE);
    let row = tx.query_one_raw(Statement::from_string(tx.get_database_backend(), sql)).await?;
    tx.commit().await?;
    let row = row.ok_or_else(|| DbErr::RecordNotFound("a highest position".to_owned()))?;
    Ok(Some(Highest::from_query_result(&row, "")?.highest))
}

#[derive(FromQueryResult)]
struct Highest {
    highest: i64,
}

/// Shows the round on the meters.
fn finished<C: Chained>(sealed: Sealed) -> Sealed {
    metrics::counter!("florin_sealed_rows_total", "chain" => C::NAME).increment(sealed.rows);
    let lag = u32::try_from(sealed.lag).unwrap_or(u32::MAX);
    metrics::gauge!("florin_seal_lag_rows", "chain" => C::NAME).set(lag);
    sealed
}
