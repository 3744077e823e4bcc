//! The record of verifications.

use database::Tx;
use kernel::{Cursor, Instant, Page, PageRequest, ProofId};
use sea_orm::entity::prelude::*;
use sea_orm::{QueryOrder, QuerySelect};

use super::Report;

/// Mirrors the table `ledger_proofs`.
pub mod ledger_proof {
    use kernel::{Instant, ProofId};
    use sea_orm::entity::prelude::*;

    /// Holds the outcome of one verification.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "ledger_proofs")]
    pub struct Model {
        /// Names the verification.
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: ProofId,
        /// When it began.
        pub started_at: Instant,
        /// When it ended.
        pub finished_at: Instant,
        /// Whether nothing was wrong.
        pub passed: bool,
        /// How many accounts were read.
        pub accounts: i64,
        /// How many transfers were read.
        pub transfers: i64,
        /// How many entries were read.
        pub entries: i64,
        /// How many holds were read.
        pub holds: i64,
        /// How many sorts of fault were found.
        pub faults: i64,
        /// The first: its sort, its row, what is wrong.
        pub first_fault: Option<String>,
        /// The last sealed position of the journal.
        pub sealed_through: i64,
        /// The hash of the newest block.
        pub seal_hash: Option<Vec<u8>>,
        /// How many transfers were not sealed yet.
        pub unsealed: i64,
        /// How many checkpoints the journal agreed with.
        pub checkpoints: i64,
    }

    /// Names no relation.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub use ledger_proof::Model as Proof;
use ledger_proof::{ActiveModel, Column, Entity};

/// Stores what a verification found, for `GET ledger/proofs`.
///
/// # Errors
/// `DbErr` when the database fails.
pub async fn record(
    tx: &Tx,
    id: ProofId,
    report: &Report,
    (started_at, finished_at): (Instant, Instant),
) -> Result<Proof, DbErr> {
    let count = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    let first = report.faults.first();
    let proof = Proof {
        id,
        started_at,
        finished_at,
        passed: report.passed(),
        accounts: count(report.accounts),
        transfers: count(report.chain.rows),
        entries: count(report.entries),
        holds: count(report.holds),
        faults: i64::try_from(report.faults.len()).unwrap_or(i64::MAX),
        first_fault: first.map(|fault| format!("{} at {}: {}", fault.kind.as_str(), fault.row, fault.detail)),
        sealed_through: report.chain.sealed_through,
        seal_hash: report.chain.seal_hash.map(|hash| hash.to_vec()),
        unsealed: count(report.chain.unsealed),
        checkpoints: count(report.chain.checkpoints),
    };
    Entity::insert(ActiveModel::from(proof.clone()).reset_all()).exec_without_returning(tx).await?;
    Ok(proof)
}

/// Lists verifications, newest first.
///
/// # Errors
/// `DbErr` when the database fails, and for a cursor of another list.
pub async fn proofs(connection: &impl ConnectionTrait, page: &PageRequest) -> Result<Page<Proof>, DbErr> {
    let mut query = Entity::find().order_by_desc(Column::Id).limit(u64::from(page.limit) + 1);
    if let Some(after) = &page.after {
        let id: ProofId = after.key().map_err(|error| DbErr::Custom(error.to_string()))?;
        query = query.filter(Column::Id.lt(id));
    }
    Ok(Page::cut(query.all(connection).await?, page.limit, |proof| Cursor::new(proof.id)))
}

/// Finds a verification.
///
/// # Errors
/// `DbErr` when the database fails.
pub async fn find(connection: &impl ConnectionTrait, id: ProofId) -> Result<Option<Proof>, DbErr> {
    Entity::find_by_id(id).one(connection).await
}
