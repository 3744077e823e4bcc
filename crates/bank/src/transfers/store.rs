//! The tables `payees`, `payee_lookups` and `transfer_signatures`.

use database::Tx;
use kernel::{AccountId, Instant, PayeeLookupId, TransferId, UserId};
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel, PaginatorTrait,
    QueryFilter, QueryOrder, QuerySelect,
};

use super::model::{Payee, PayeeLookup, TransferSignature, payee, payee_lookup, transfer_signature};

pub(crate) async fn insert_lookup(tx: &Tx, lookup: PayeeLookup) -> Result<(), DbErr> {
    lookup.into_active_model().reset_all().insert(tx).await?;
    Ok(())
}

pub(crate) async fn find_lookup(
    connection: &impl ConnectionTrait,
    id: PayeeLookupId,
) -> Result<Option<PayeeLookup>, DbErr> {
    payee_lookup::Entity::find_by_id(id).one(connection).await
}

pub(crate) async fn count_lookups(
    connection: &impl ConnectionTrait,
    user: UserId,
    since: Instant,
) -> Result<u64, DbErr> {
    let mine = payee_lookup::Entity::find().filter(payee_lookup::Column::UserId.eq(user));
    mine.filter(payee_lookup::Column::CreatedAt.gt(since)).count(connection).await
}

pub(crate) async fn delete_lookups_before(tx: &Tx, before: Instant) -> Result<u64, DbErr> {
    let old = payee_lookup::Entity::delete_many().filter(payee_lookup::Column::ExpiresAt.lt(before));
    Ok(old.exec(tx).await?.rows_affected)
}

/// Returns those of `accounts` that the user has paid before.
pub(crate) async fn known_payees(
    connection: &impl ConnectionTrait,
    user: UserId,
    accounts: &[AccountId],
) -> Result<Vec<AccountId>, DbErr> {
    if accounts.is_empty() {
        return Ok(Vec::new());
    }
    let known = payee::Entity::find()
        .filter(payee::Column::UserId.eq(user))
        .filter(payee::Column::AccountId.is_in(accounts.iter().copied()));
    Ok(known.all(connection).await?.into_iter().map(|payee| payee.account_id).collect())
}

/// The most payees of one person that are remembered; the others are looked up for each payment.
const MOST_PAYEES: u64 = 500;

/// Returns the accounts that the user has paid before, the latest first.
pub(crate) async fn payees_of(
    connection: &impl ConnectionTrait,
    user: UserId,
) -> Result<Vec<AccountId>, DbErr> {
    let paid = payee::Entity::find().filter(payee::Column::UserId.eq(user));
    let paid = paid.order_by_desc(payee::Column::ConfirmedAt).limit(MOST_PAYEES).all(connection).await?;
    Ok(paid.into_iter().map(|payee| payee.account_id).collect())
}

pub(crate) async fn insert_payee_unless_known(tx: &Tx, payee: Payee) -> Result<(), DbErr> {
    let known =
        OnConflict::columns([payee::Column::UserId, payee::Column::AccountId]).do_nothing().to_owned();
    let insert = payee::Entity::insert(payee.into_active_model().reset_all()).on_conflict(known);
    insert.exec_without_returning(tx).await?;
    Ok(())
}

/// Signs; signing twice changes nothing.
pub(crate) async fn insert_signature(tx: &Tx, signature: TransferSignature) -> Result<(), DbErr> {
    use transfer_signature::Column::{TransferId, UserId};
    let signed = OnConflict::columns([TransferId, UserId]).do_nothing().to_owned();
    let insert =
        transfer_signature::Entity::insert(signature.into_active_model().reset_all()).on_conflict(signed);
    insert.exec_without_returning(tx).await?;
    Ok(())
}

/// Locks the signatures under a hold; whoever began a payment where all sign left the first.
pub(crate) async fn lock_signatures(tx: &Tx, id: TransferId) -> Result<(), DbErr> {
    let signed = transfer_signature::Entity::find().filter(transfer_signature::Column::TransferId.eq(id));
    signed.order_by_asc(transfer_signature::Column::UserId).lock_exclusive().all(tx).await?;
    Ok(())
}

pub(crate) async fn signed_by(
    connection: &impl ConnectionTrait,
    id: TransferId,
) -> Result<Vec<UserId>, DbErr> {
    let signed = transfer_signature::Entity::find().filter(transfer_signature::Column::TransferId.eq(id));
    Ok(signed.all(connection).await?.into_iter().map(|signature| signature.user_id).collect())
}
