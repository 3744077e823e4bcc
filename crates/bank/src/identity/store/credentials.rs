//! The tables `api_keys`, `mail_tokens`, `recovery_codes` and `invitations`.

use database::Tx;
use kernel::{ApiKeyId, Instant, InvitationId, UserId};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel, PaginatorTrait,
    QueryFilter, QueryOrder, QuerySelect, Set,
};

use crate::identity::model::credential::{api_key, invitation, mail_token, recovery_code};
use crate::identity::model::{ApiKey, Invitation, MailToken, Purpose};

pub(crate) async fn insert_key(tx: &Tx, row: ApiKey) -> Result<(), DbErr> {
    api_key::Entity::insert(row.into_active_model().reset_all()).exec_without_returning(tx).await?;
    Ok(())
}

pub(crate) async fn find_key(db: &impl ConnectionTrait, id: ApiKeyId) -> Result<Option<ApiKey>, DbErr> {
    api_key::Entity::find_by_id(id).one(db).await
}

pub(crate) async fn keys(db: &impl ConnectionTrait, user_id: UserId) -> Result<Vec<ApiKey>, DbErr> {
    let rows = api_key::Entity::find().filter(api_key::Column::UserId.eq(user_id));
    rows.filter(api_key::Column::RevokedAt.is_null())
        .order_by_desc(api_key::Column::Id)
        .limit(200)
        .all(db)
        .await
}

/// Revokes a key of this owner; returns whether there was one to revoke.
pub(crate) async fn revoke_key(tx: &Tx, owner: UserId, id: ApiKeyId, now: Instant) -> Result<bool, DbErr> {
    let revoked = api_key::ActiveModel { revoked_at: Set(Some(now)), ..Default::default() };
    let update = api_key::Entity::update_many().set(revoked).filter(api_key::Column::Id.eq(id));
    let update =
        update.filter(api_key::Column::UserId.eq(owner)).filter(api_key::Column::RevokedAt.is_null());
    Ok(update.exec(tx).await?.rows_affected == 1)
}

pub(crate) async fn touch_key(tx: &Tx, id: ApiKeyId, now: Instant) -> Result<(), DbErr> {
    let used = api_key::ActiveModel { last_used_at: Set(Some(now)), ..Default::default() };
    api_key::Entity::update_many().set(used).filter(api_key::Column::Id.eq(id)).exec(tx).await?;
    Ok(())
}

pub(crate) async fn insert_mail_token(tx: &Tx, row: MailToken) -> Result<(), DbErr> {
    mail_token::Entity::insert(row.into_active_model().reset_all()).exec_without_returning(tx).await?;
    Ok(())
}

pub(crate) async fn find_mail_token(
    db: &impl ConnectionTrait,
    hash: &[u8],
) -> Result<Option<MailToken>, DbErr> {
    mail_token::Entity::find_by_id(hash.to_vec()).one(db).await
}

/// Uses up every open token of a user for one purpose; returns how many there were.
pub(crate) async fn use_mail_tokens(
    tx: &Tx,
    user_id: UserId,
    purpose: Purpose,
    now: Instant,
) -> Result<u64, DbErr> {
    let used = mail_token::ActiveModel { used_at: Set(Some(now)), ..Default::default() };
    let open = mail_token::Entity::update_many().set(used).filter(mail_token::Column::UserId.eq(user_id));
    let open =
        open.filter(mail_token::Column::Purpose.eq(purpose)).filter(mail_token::Column::UsedAt.is_null());
    Ok(open.exec(tx).await?.rows_affected)
}

pub(crate) async fn delete_mail_tokens(tx: &Tx, before: Instant) -> Result<u64, DbErr> {
    let old = mail_token::Entity::delete_many().filter(mail_token::Column::ExpiresAt.lt(before));
    Ok(old.exec(tx).await?.rows_affected)
}

/// Takes the place of all earlier codes of the user.
pub(crate) async fn replace_recovery_codes(
    tx: &Tx,
    user_id: UserId,
    hashes: Vec<Vec<u8>>,
) -> Result<(), DbErr> {
    recovery_code::Entity::delete_many().filter(recovery_code::Column::UserId.eq(user_id)).exec(tx).await?;
    if hashes.is_empty() {
        return Ok(());
    }
    let rows = hashes
        .into_iter()
        .map(|hash| recovery_code::Model { user_id, hash, used_at: None }.into_active_model().reset_all());
    recovery_code::Entity::insert_many(rows).exec_without_returning(tx).await?;
    Ok(())
}

/// Uses a code up; returns whether it was there and unused.
pub(crate) async fn use_recovery_code(
    tx: &Tx,
    user_id: UserId,
    hash: &[u8],
    now: Instant,
) -> Result<bool, DbErr> {
    let used = recovery_code::ActiveModel { used_at: Set(Some(now)), ..Default::default() };
    let update =
        recovery_code::Entity::update_many().set(used).filter(recovery_code::Column::UserId.eq(user_id));
    let update = update.filter(recovery_code::Column::Hash.eq(hash.to_vec()));
    Ok(update.filter(recovery_code::Column::UsedAt.is_null()).exec(tx).await?.rows_affected == 1)
}

pub(crate) async fn recovery_codes_left(db: &impl ConnectionTrait, user_id: UserId) -> Result<u64, DbErr> {
    let codes = recovery_code::Entity::find().filter(recovery_code::Column::UserId.eq(user_id));
    codes.filter(recovery_code::Column::UsedAt.is_null()).count(db).await
}

pub(crate) async fn insert_invitation(tx: &Tx, row: Invitation) -> Result<(), DbErr> {
    invitation::Entity::insert(row.into_active_model().reset_all()).exec_without_returning(tx).await?;
    Ok(())
}

/// Lists what nobody has taken up and what can still be, newest first.
pub(crate) async fn open_invitations(
    db: &impl ConnectionTrait,
    now: Instant,
) -> Result<Vec<Invitation>, DbErr> {
    let open = invitation::Entity::find().filter(invitation::Column::AcceptedAt.is_null());
    let open = open.filter(invitation::Column::ExpiresAt.gt(now));
    open.order_by_desc(invitation::Column::Id).limit(200).all(db).await
}

pub(crate) async fn load_invitation(tx: &Tx, id: InvitationId) -> Result<Option<Invitation>, DbErr> {
    invitation::Entity::find_by_id(id).lock_exclusive().one(tx).await
}

pub(crate) async fn load_invitation_by_token(tx: &Tx, hash: &[u8]) -> Result<Option<Invitation>, DbErr> {
    let row = invitation::Entity::find().filter(invitation::Column::Hash.eq(hash.to_vec()));
    row.lock_exclusive().one(tx).await
}

pub(crate) async fn update_invitation(tx: &Tx, row: Invitation) -> Result<(), DbErr> {
    row.into_active_model().reset_all().update(tx).await?;
    Ok(())
}
