//! One block of a chain: which rows it covers, and the hash that ties it to the block before.

use database::Tx;
use kernel::Instant;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::OnConflict;
use sea_orm::{QueryOrder, QuerySelect};

use super::encoding::Digest;
use super::evidence::Header;
use super::{Chained, SealedRow};

/// The hash that stands before the first block.
pub(crate) const GENESIS: Digest = [0; 32];

/// The bytes one row takes in [`Model::row_digests`].
const ROW_BYTES: usize = 36;

/// Mirrors the table `seals`.
pub mod seal {
    use kernel::Instant;
    use sea_orm::entity::prelude::*;

    /// Holds one sealed block of rows.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "seals")]
    pub struct Model {
        /// The chain: `journal` or `audit`.
        #[sea_orm(primary_key, auto_increment = false)]
        pub chain: String,
        /// Counts the blocks from 1.
        #[sea_orm(primary_key, auto_increment = false)]
        pub number: i64,
        /// The first position covered; the one after the block before.
        pub from_position: i64,
        /// The last position covered. Positions in between without a row are sealed as empty.
        pub through_position: i64,
        /// How many rows it covers.
        pub row_count: i64,
        /// The hash of the block before; 32 zero bytes for the first.
        pub previous_hash: Vec<u8>,
        /// For each row four bytes of distance from `from_position` and 32 bytes of digest.
        pub row_digests: Vec<u8>,
        /// The SHA-256 over everything above, with the digests' own SHA-256 in their place.
        pub hash: Vec<u8>,
        /// When it was sealed; not part of the hash.
        pub sealed_at: Instant,
    }

    /// Names no relation.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub use seal::Model as Seal;
use seal::{ActiveModel, Column, Entity};

impl Seal {
    /// Computes the hash of its header.
    pub fn computed_hash(&self) -> Digest {
        Header::of(self).hash(&self.chain)
    }

    /// Lists the rows it covers: position and digest.
    pub(crate) fn rows(&self) -> impl Iterator<Item = (i64, &[u8])> {
        listed(&self.row_digests, self.from_position)
    }

    /// Says whether the list of rows has the length that the count asks for.
    pub(crate) fn is_well_formed(&self) -> bool {
        let count = usize::try_from(self.row_count).unwrap_or(usize::MAX);
        count.checked_mul(ROW_BYTES) == Some(self.row_digests.len())
    }
}

/// Reads a list of rows: position and digest.
fn listed(row_digests: &[u8], from: i64) -> impl Iterator<Item = (i64, &[u8])> {
    row_digests.chunks(ROW_BYTES).map(move |row| {
        let (distance, digest) = row.split_at(row.len().min(4));
        let distance = distance.try_into().map_or(u32::MAX, u32::from_be_bytes);
        (from.saturating_add(i64::from(distance)), digest)
    })
}

/// Says whether a list of rows names this one.
pub(super) fn is_listed(row_digests: &[u8], from: i64, row: (i64, &[u8])) -> bool {
    listed(row_digests, from).any(|one| one == row)
}

/// Makes the block that follows `last` from rows in order, up to `through`, the last of them.
///
/// # Errors
/// The position of the first row that has no digest, because it cannot be read, or lies too far away.
pub(super) fn make<C: Chained>(
    last: Option<&Seal>,
    rows: &[SealedRow],
    through: i64,
    now: Instant,
) -> Result<Seal, i64> {
    let from = last.map_or(1, |last| last.through_position + 1);
    let mut row_digests = Vec::with_capacity(rows.len() * ROW_BYTES);
    for row in rows {
        let distance = u32::try_from(row.position - from).map_err(|_| row.position)?;
        row_digests.extend_from_slice(&distance.to_be_bytes());
        row_digests.extend_from_slice(&row.digest().ok_or(row.position)?);
    }
    let mut seal = Seal {
        chain: C::NAME.to_owned(),
        number: last.map_or(1, |last| last.number + 1),
        from_position: from,
        through_position: through,
        row_count: i64::try_from(rows.len()).expect("a block has few rows"),
        previous_hash: last.map_or(GENESIS.to_vec(), |last| last.hash.clone()),
        row_digests,
        hash: Vec::new(),
        sealed_at: now,
    };
    seal.hash = seal.computed_hash().to_vec();
    Ok(seal)
}

/// Finds the newest block of a chain.
///
/// # Errors
/// `DbErr` when the database fails.
pub async fn last(connection: &impl ConnectionTrait, chain: &str) -> Result<Option<Seal>, DbErr> {
    let of_chain = Entity::find().filter(Column::Chain.eq(chain));
    of_chain.order_by_desc(Column::Number).one(connection).await
}

/// Reads the last sealed position of a chain, without the digests of its block; 0 while nothing is sealed.
pub(crate) async fn sealed_through(connection: &impl ConnectionTrait, chain: &str) -> Result<i64, DbErr> {
    let newest = Entity::find().filter(Column::Chain.eq(chain)).order_by_desc(Column::Number);
    let through = newest.select_only().column(Column::ThroughPosition).into_tuple().one(connection).await?;
    Ok(through.unwrap_or(0))
}

/// Finds the block that covers a position.
pub(super) async fn covering(tx: &Tx, chain: &str, position: i64) -> Result<Option<Seal>, DbErr> {
    let reaches =
        Entity::find().filter(Column::Chain.eq(chain)).filter(Column::ThroughPosition.gte(position));
    reaches.order_by_asc(Column::Number).one(tx).await
}

/// Lists blocks in order, from the one after `number`.
pub(crate) async fn page(tx: &Tx, chain: &str, number: i64, limit: u64) -> Result<Vec<Seal>, DbErr> {
    let after = Entity::find().filter(Column::Chain.eq(chain)).filter(Column::Number.gt(number));
    after.order_by_asc(Column::Number).limit(limit).all(tx).await
}

/// Appends a block; says no when another sealer has written this number.
pub(super) async fn append(tx: &Tx, seal: Seal) -> Result<bool, DbErr> {
    let nothing = OnConflict::columns([Column::Chain, Column::Number]).do_nothing().to_owned();
    let insert = Entity::insert(ActiveModel::from(seal).reset_all()).on_conflict(nothing);
    Ok(insert.exec_without_returning(tx).await? == 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_lists_as_many_rows_as_it_counts() {
        let block = |row_count, bytes| Seal {
            chain: "journal".to_owned(),
            number: 1,
            from_position: 1,
            through_position: 2,
            row_count,
            row_digests: vec![0; bytes],
            previous_hash: Vec::new(),
            hash: Vec::new(),
            sealed_at: Instant::default(),
        };
        for (row_count, bytes, wanted) in [
            (2, 2 * ROW_BYTES, true),
            (0, 0, true),
            (2, ROW_BYTES, false),
            (1, ROW_BYTES + 1, false),
            (-1, 0, false),
        ] {
            assert_eq!(block(row_count, bytes).is_well_formed(), wanted, "{row_count} in {bytes} bytes");
        }
    }
}
