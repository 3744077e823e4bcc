//! The table `truelayer_payments`.

use database::Tx;
use kernel::{BankPaymentId, Cursor, Instant, Page, PageRequest, UserId};
use sea_orm::ActiveValue::NotSet;
use sea_orm::prelude::Uuid;
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel, QueryFilter,
    QueryOrder, QuerySelect, QueryTrait,
};

use crate::openbanking::{BankPayment, PaymentState, bank_payment};

/// Writes a payment unless its request did that before; says whether it was new.
pub(in crate::openbanking) async fn insert(tx: &Tx, row: BankPayment) -> Result<bool, DbErr> {
    let known = OnConflict::column(bank_payment::Column::RequestKey).do_nothing().to_owned();
    let insert = bank_payment::Entity::insert(row.into_active_model().reset_all()).on_conflict(known);
    Ok(insert.exec_without_returning(tx).await? == 1)
}

/// Writes a row if it still has the version before this one's; says whether it had.
pub(in crate::openbanking) async fn update(tx: &Tx, row: BankPayment) -> Result<bool, DbErr> {
    let (id, before) = (row.id, row.version - 1);
    let changed = bank_payment::ActiveModel { id: NotSet, ..row.into_active_model().reset_all() };
    let update = bank_payment::Entity::update_many()
        .set(changed)
        .filter(bank_payment::Column::Id.eq(id))
        .filter(bank_payment::Column::Version.eq(before));
    Ok(update.exec(tx).await?.rows_affected == 1)
}

pub(in crate::openbanking) async fn by_request(
    db: &impl ConnectionTrait,
    request_key: Uuid,
) -> Result<Option<BankPayment>, DbErr> {
    bank_payment::Entity::find().filter(bank_payment::Column::RequestKey.eq(request_key)).one(db).await
}

pub(in crate::openbanking) async fn find(
    db: &impl ConnectionTrait,
    id: BankPaymentId,
    user_id: UserId,
) -> Result<Option<BankPayment>, DbErr> {
    let own = bank_payment::Column::UserId.eq(user_id);
    bank_payment::Entity::find_by_id(id).filter(own).one(db).await
}

/// Finds a payment and keeps others from changing it until the transaction ends.
pub(in crate::openbanking) async fn lock(tx: &Tx, id: BankPaymentId) -> Result<Option<BankPayment>, DbErr> {
    bank_payment::Entity::find_by_id(id).lock_exclusive().one(tx).await
}

pub(in crate::openbanking) async fn load(
    db: &impl ConnectionTrait,
    id: BankPaymentId,
) -> Result<Option<BankPayment>, DbErr> {
    bank_payment::Entity::find_by_id(id).one(db).await
}

/// Finds a payment by the service's name for it.
pub(in crate::openbanking) async fn by_service_id(
    db: &impl ConnectionTrait,
    service_id: &str,
) -> Result<Option<BankPayment>, DbErr> {
    bank_payment::Entity::find().filter(bank_payment::Column::ServiceId.eq(service_id)).one(db).await
}

pub(in crate::openbanking) async fn list(
    db: &impl ConnectionTrait,
    user_id: UserId,
    page: PageRequest,
) -> Result<Page<BankPayment>, DbErr> {
    let after: Option<BankPaymentId> = page.after.and_then(|cursor| cursor.key().ok());
    let rows = bank_payment::Entity::find()
        .filter(bank_payment::Column::UserId.eq(user_id))
        .apply_if(after, |query, id| query.filter(bank_payment::Column::Id.lt(id)))
        .order_by_desc(bank_payment::Column::Id)
        .limit(u64::from(page.limit) + 1)
        .all(db)
        .await?;
    Ok(Page::cut(rows, page.limit, |row| Cursor::new(row.id)))
}

/// Lists payments under way that the service knows and that were not heard of since an instant, the oldest first.
pub(in crate::openbanking) async fn unheard_since(
    db: &impl ConnectionTrait,
    before: Instant,
    most: u64,
) -> Result<Vec<BankPaymentId>, DbErr> {
    bank_payment::Entity::find()
        .select_only()
        .column(bank_payment::Column::Id)
        .filter(bank_payment::Column::Status.is_in(PaymentState::UNDER_WAY))
        .filter(bank_payment::Column::UpdatedAt.lt(before))
        .filter(bank_payment::Column::ServiceId.is_not_null())
        .order_by_asc(bank_payment::Column::UpdatedAt)
        .limit(most)
        .into_tuple()
        .all(db)
        .await
}
