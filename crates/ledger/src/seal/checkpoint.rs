//! Checkpoints: signed statements of how far a chain had come.

use std::path::Path;

use database::{Database, Tx};
use kernel::Instant;
use sea_orm::QueryOrder;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::OnConflict;
use thiserror::Error;

use super::encoding::Encoder;
use super::{Chained, Seal, SigningKey, VerifyingKey, block, checkpoint_file};

/// Mirrors the table `seal_checkpoints`; a line of the file outside the database has the same fields.
pub mod seal_checkpoint {
    use kernel::Instant;
    use sea_orm::entity::prelude::*;
    use serde::{Deserialize, Serialize};

    /// Holds one signed checkpoint.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
    #[sea_orm(table_name = "seal_checkpoints")]
    pub struct Model {
        /// The chain: `journal` or `audit`.
        #[sea_orm(primary_key, auto_increment = false)]
        pub chain: String,
        /// The block it stands on.
        #[sea_orm(primary_key, auto_increment = false)]
        pub seal_number: i64,
        /// The last position the block covers.
        pub through_position: i64,
        /// The block's hash.
        #[serde(with = "hex::serde")]
        pub seal_hash: Vec<u8>,
        /// When it was signed.
        pub signed_at: Instant,
        /// The Ed25519 key that checks the signature.
        #[serde(with = "hex::serde")]
        pub public_key: Vec<u8>,
        /// The signature over all of the above but the key.
        #[serde(with = "hex::serde")]
        pub signature: Vec<u8>,
    }

    /// Names no relation.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub use seal_checkpoint::Model as Checkpoint;
use seal_checkpoint::{ActiveModel, Column, Entity};

/// Says why no checkpoint was made.
#[derive(Debug, Error)]
pub enum CheckpointError {
    /// The file outside the database could not be written; the checkpoint stands in the database alone.
    #[error("the checkpoint file: {0}")]
    File(#[from] std::io::Error),
    /// The database failed.
    #[error(transparent)]
    Storage(#[from] DbErr),
}

impl Checkpoint {
    /// Returns the bytes that are signed.
    fn message(&self) -> Vec<u8> {
        Encoder::new("florin/checkpoint/1")
            .text(&self.chain)
            .integer(self.seal_number)
            .integer(self.through_position)
            .bytes(&self.seal_hash)
            .instant(self.signed_at)
            .into_bytes()
    }

    /// Says whether one of `trusted` signed it.
    pub fn is_signed_by(&self, trusted: &[VerifyingKey]) -> bool {
        let named = trusted.iter().find(|key| key.as_bytes() == self.public_key);
        named.is_some_and(|key| key.accepts(&self.message(), &self.signature))
    }
}

/// Signs the newest block of a chain, stores that, and appends it to the chain's file in `directory`.
///
/// Returns none when there is nothing new to sign. The file is written after the database and reaches the disk
/// before this returns; what a crash in between left out is appended by the next call.
///
/// # Errors
/// [`CheckpointError::Storage`], then [`CheckpointError::File`].
pub async fn checkpoint<C: Chained>(
    db: &Database,
    key: &SigningKey,
    directory: Option<&Path>,
    now: Instant,
) -> Result<Option<Checkpoint>, CheckpointError> {
    let Some(seal) = block::last(db.latest(), C::NAME).await? else {
        return Ok(None);
    };
    let (stands, is_new) = match standing_on(db.latest(), C::NAME, seal.number).await? {
        Some(known) => (known, false),
        // Another process may sign the same block at the same time: both export the one that stands.
        None => store(db, sign(seal, key, now)).await?,
    };
    if let Some(directory) = directory {
        checkpoint_file::append(directory.to_owned(), stands.clone()).await?;
    }
    Ok(is_new.then_some(stands))
}

fn sign(seal: Seal, key: &SigningKey, now: Instant) -> Checkpoint {
    let mut made = Checkpoint {
        chain: seal.chain,
        seal_number: seal.number,
        through_position: seal.through_position,
        seal_hash: seal.hash,
        signed_at: now,
        public_key: key.verifying_key().as_bytes().to_vec(),
        signature: Vec::new(),
    };
    made.signature = key.sign(&made.message());
    made
}

/// Stores a checkpoint unless its block has one; returns the one that stands, and whether it is this one.
async fn store(db: &Database, made: Checkpoint) -> Result<(Checkpoint, bool), DbErr> {
    let nothing = OnConflict::columns([Column::Chain, Column::SealNumber]).do_nothing().to_owned();
    let tx = db.begin().await?;
    let insert = Entity::insert(ActiveModel::from(made.clone()).reset_all()).on_conflict(nothing);
    insert.exec_without_returning(&tx).await?;
    let stands = standing_on(&tx, &made.chain, made.seal_number).await?;
    tx.commit().await?;
    let stands = stands.ok_or_else(|| DbErr::RecordNotFound("the checkpoint just stored".to_owned()))?;
    let is_new = stands == made;
    Ok((stands, is_new))
}

/// Finds the checkpoint of a block.
async fn standing_on(
    connection: &impl ConnectionTrait,
    chain: &str,
    seal_number: i64,
) -> Result<Option<Checkpoint>, DbErr> {
    Entity::find_by_id((chain.to_owned(), seal_number)).one(connection).await
}

/// Finds the newest checkpoint of a chain.
pub(super) async fn newest(
    connection: &impl ConnectionTrait,
    chain: &str,
) -> Result<Option<Checkpoint>, DbErr> {
    Entity::find().filter(Column::Chain.eq(chain)).order_by_desc(Column::SealNumber).one(connection).await
}

/// Lists the checkpoints of a chain that the database holds, oldest first.
pub(crate) async fn all(tx: &Tx, chain: &str) -> Result<Vec<Checkpoint>, DbErr> {
    let of_chain = Entity::find().filter(Column::Chain.eq(chain));
    of_chain.order_by_asc(Column::SealNumber).all(tx).await
}
