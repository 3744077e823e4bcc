//! The table `truelayer_oauth_states`.

use database::Tx;
use kernel::{ConnectionId, Instant, UserId};
use sea_orm::{ActiveModelTrait, ColumnTrait, DbErr, EntityTrait, IntoActiveModel, QueryFilter};

use crate::openbanking::{OauthState, oauth_state};

pub(in crate::openbanking) async fn insert(tx: &Tx, row: OauthState) -> Result<(), DbErr> {
    row.into_active_model().reset_all().insert(tx).await?;
    Ok(())
}

/// Takes a state away from its user; of two returns at once only one gets it.
pub(in crate::openbanking) async fn take(
    tx: &Tx,
    hash: &[u8],
    user: UserId,
) -> Result<Option<OauthState>, DbErr> {
    let taken = oauth_state::Entity::delete_many()
        .filter(oauth_state::Column::StateHash.eq(hash))
        .filter(oauth_state::Column::UserId.eq(user))
        .exec_with_returning(tx)
        .await?;
    Ok(taken.into_iter().next())
}

pub(in crate::openbanking) async fn delete_of(tx: &Tx, id: ConnectionId) -> Result<(), DbErr> {
    let of = oauth_state::Column::ConnectionId.eq(id);
    oauth_state::Entity::delete_many().filter(of).exec(tx).await?;
    Ok(())
}

/// Deletes the states whose time is over.
pub(in crate::openbanking) async fn delete_before(tx: &Tx, before: Instant) -> Result<u64, DbErr> {
    let old = oauth_state::Entity::delete_many().filter(oauth_state::Column::ExpiresAt.lte(before));
    Ok(old.exec(tx).await?.rows_affected)
}
