//! How a chain stands at this moment: how far it is sealed and signed, and how much is neither yet.

use kernel::Instant;
use sea_orm::{ConnectionTrait, DbErr, Statement};

use super::{Chained, Checkpoint, block, checkpoint};

/// More rows than that are not counted: it is far too many anyway.
pub const MOST_COUNTED: u64 = 100_000;

/// Says how far a chain is sealed and signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The last sealed position; 0 while nothing is sealed.
    pub sealed_through: i64,
    /// When the newest block was sealed.
    pub sealed_at: Option<Instant>,
    /// How many rows are not sealed yet, [`MOST_COUNTED`] at most: nothing protects them.
    pub unsealed: u64,
    /// The newest signed checkpoint in the database.
    pub checkpoint: Option<Checkpoint>,
}

/// Reads how a chain stands, in three statements.
///
/// # Errors
/// `DbErr` when the database fails.
pub async fn standing<C: Chained>(connection: &impl ConnectionTrait) -> Result<Standing, DbErr> {
    let last = block::last(connection, C::NAME).await?;
    let sealed_through = last.as_ref().map_or(0, |last| last.through_position);
    let sql = format!(
        "select count(*) as unsealed \
           from (select 1 as one from {} where position > $1 limit {MOST_COUNTED}) as tail",
        C::TABLE
    );
    let backend = connection.get_database_backend();
    let counted = Statement::from_sql_and_values(backend, sql, [sealed_through.into()]);
    let counted = connection.query_one_raw(counted).await?;
    let unsealed: i64 = counted.map_or(Ok(0), |row| row.try_get("", "unsealed"))?;
    Ok(Standing {
        sealed_through,
        sealed_at: last.map(|last| last.sealed_at),
        unsealed: u64::try_from(unsealed).unwrap_or_default(),
        checkpoint: checkpoint::newest(connection, C::NAME).await?,
    })
}
