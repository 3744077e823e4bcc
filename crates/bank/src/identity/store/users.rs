//! The tables `users`, `user_roles`, `old_passwords` and `user_notes`.

use database::Tx;
use kernel::{Cursor, Instant, Page, PageRequest, UserId};
use sea_orm::sea_query::{LikeExpr, OnConflict};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel,
    QueryFilter, QueryOrder, QuerySelect, QueryTrait, TryInsertResult,
};

use crate::Role;
use crate::identity::model::user::{Column, Entity, note, old_password, role};
use crate::identity::model::{Note, User, UserKind, UserStatus};

/// Narrows the list of users.
#[derive(Clone, Debug, Default)]
pub struct UserFilter {
    /// Customers or staff.
    pub kind: Option<UserKind>,
    /// With this status.
    pub status: Option<UserStatus>,
    /// Whose name or address contains this, or who is one of `ids`.
    pub text: Option<String>,
    /// Who is found by the text in another way: by an id, by the number of an account.
    pub ids: Vec<UserId>,
}

pub(crate) async fn find(db: &impl ConnectionTrait, id: UserId) -> Result<Option<User>, DbErr> {
    Entity::find_by_id(id).one(db).await
}

pub(crate) async fn find_among(db: &impl ConnectionTrait, ids: &[UserId]) -> Result<Vec<User>, DbErr> {
    Entity::find().filter(Column::Id.is_in(ids.iter().copied())).all(db).await
}

pub(crate) async fn find_by_email(db: &impl ConnectionTrait, email_key: &str) -> Result<Option<User>, DbErr> {
    Entity::find().filter(Column::EmailKey.eq(email_key)).one(db).await
}

/// Returns somebody, whoever it is.
pub(crate) async fn any(db: &impl ConnectionTrait) -> Result<Option<User>, DbErr> {
    Entity::find().one(db).await
}

pub(crate) async fn names(db: &impl ConnectionTrait, ids: &[UserId]) -> Result<Vec<String>, DbErr> {
    let named = Entity::find().select_only().column(Column::FullName);
    let named = named.filter(Column::Id.is_in(ids.iter().copied())).order_by_asc(Column::Id);
    named.into_tuple().all(db).await
}

pub(crate) async fn load_for_update(tx: &Tx, id: UserId) -> Result<Option<User>, DbErr> {
    Entity::find_by_id(id).lock_exclusive().one(tx).await
}

/// Inserts a user, or says `false` when the address is known.
pub(crate) async fn insert_unless_known(tx: &Tx, user: User) -> Result<bool, DbErr> {
    let known = OnConflict::column(Column::EmailKey).do_nothing().to_owned();
    let insert = Entity::insert(user.into_active_model().reset_all()).on_conflict(known).try_insert();
    Ok(matches!(insert.exec_without_returning(tx).await?, TryInsertResult::Inserted(1)))
}

pub(crate) async fn update(tx: &Tx, user: User) -> Result<(), DbErr> {
    user.into_active_model().reset_all().update(tx).await?;
    Ok(())
}

pub(crate) async fn roles(db: &impl ConnectionTrait, id: UserId) -> Result<Vec<Role>, DbErr> {
    let rows = role::Entity::find().filter(role::Column::UserId.eq(id)).order_by_asc(role::Column::Role);
    let rows = rows.all(db).await?;
    Ok(rows.iter().filter_map(|row| row.role.parse().ok()).collect())
}

pub(crate) async fn roles_of(
    db: &impl ConnectionTrait,
    ids: impl IntoIterator<Item = UserId>,
) -> Result<Vec<(UserId, Role)>, DbErr> {
    let rows = role::Entity::find().filter(role::Column::UserId.is_in(ids)).order_by_asc(role::Column::Role);
    let rows = rows.all(db).await?;
    Ok(rows.iter().filter_map(|row| Some((row.user_id, row.role.parse().ok()?))).collect())
}

pub(crate) async fn replace_roles(tx: &Tx, id: UserId, roles: &[Role]) -> Result<(), DbErr> {
    role::Entity::delete_many().filter(role::Column::UserId.eq(id)).exec(tx).await?;
    let rows = roles.iter().map(|one| {
        role::Model { user_id: id, role: one.as_str().to_owned() }.into_active_model().reset_all()
    });
    role::Entity::insert_many(rows).exec_without_returning(tx).await?;
    Ok(())
}

/// Counts the users who may sign in and hold a role.
pub(crate) async fn holders(tx: &Tx, wanted: Role) -> Result<Vec<UserId>, DbErr> {
    let holders = role::Entity::find().filter(role::Column::Role.eq(wanted.as_str())).all(tx).await?;
    let ids = holders.iter().map(|row| row.user_id);
    let active = Entity::find().filter(Column::Id.is_in(ids)).filter(Column::Status.eq(UserStatus::Active));
    Ok(active.all(tx).await?.iter().map(|user| user.id).collect())
}

/// Returns the hashes of the passwords before the current one, newest first.
pub(crate) async fn old_passwords(
    db: &impl ConnectionTrait,
    id: UserId,
    most: u64,
) -> Result<Vec<String>, DbErr> {
    let rows = old_password::Entity::find()
        .filter(old_password::Column::UserId.eq(id))
        .order_by_desc(old_password::Column::ReplacedAt)
        .limit(most);
    Ok(rows.all(db).await?.into_iter().map(|row| row.password_hash).collect())
}

pub(crate) async fn insert_old_password(
    tx: &Tx,
    user_id: UserId,
    replaced_at: Instant,
    password_hash: String,
) -> Result<(), DbErr> {
    let row = old_password::Model { user_id, replaced_at, password_hash };
    old_password::Entity::insert(row.into_active_model().reset_all()).exec_without_returning(tx).await?;
    Ok(())
}

pub(crate) async fn list(
    db: &impl ConnectionTrait,
    filter: UserFilter,
    page: PageRequest,
) -> Result<Page<User>, DbErr> {
    let after = page.after.as_ref().and_then(|cursor| cursor.key::<UserId>().ok());
    let rows = Entity::find()
        .apply_if(filter.kind, |query, kind| query.filter(Column::Kind.eq(kind)))
        .apply_if(filter.status, |query, status| query.filter(Column::Status.eq(status)))
        .apply_if(filter.text, |query, text| query.filter(found_by(&text, filter.ids)))
        .apply_if(after, |query, after| query.filter(Column::Id.lt(after)))
        .order_by_desc(Column::Id)
        .limit(u64::from(page.limit) + 1);
    Ok(Page::cut(rows.all(db).await?, page.limit, |user| Cursor::new(user.id)))
}

/// Takes the wildcards of `like` as what they are: letters.
fn found_by(text: &str, ids: Vec<UserId>) -> Condition {
    let text = text.to_lowercase().replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    let like = LikeExpr::new(format!("%{text}%")).escape('\\');
    let by_id = (!ids.is_empty()).then(|| Column::Id.is_in(ids));
    Condition::any().add(Column::SearchKey.like(like)).add_option(by_id)
}

/// Counts customers by status.
pub(crate) async fn count_customers(db: &impl ConnectionTrait) -> Result<Vec<(UserStatus, i64)>, DbErr> {
    let counted =
        Entity::find().select_only().column(Column::Status).column_as(Column::Id.count(), "customers");
    counted.filter(Column::Kind.eq(UserKind::Customer)).group_by(Column::Status).into_tuple().all(db).await
}

pub(crate) async fn named(
    db: &impl ConnectionTrait,
    ids: Vec<UserId>,
) -> Result<Vec<(UserId, String)>, DbErr> {
    let named = Entity::find().select_only().columns([Column::Id, Column::FullName]);
    named.filter(Column::Id.is_in(ids)).into_tuple().all(db).await
}

pub(crate) async fn known(
    db: &impl ConnectionTrait,
    ids: Vec<UserId>,
) -> Result<Vec<(UserId, String, UserKind)>, DbErr> {
    let known = Entity::find().select_only().columns([Column::Id, Column::FullName, Column::Kind]);
    known.filter(Column::Id.is_in(ids)).into_tuple().all(db).await
}

pub(crate) async fn insert_note(tx: &Tx, row: Note) -> Result<(), DbErr> {
    note::Entity::insert(row.into_active_model().reset_all()).exec_without_returning(tx).await?;
    Ok(())
}

pub(crate) async fn notes(db: &impl ConnectionTrait, id: UserId) -> Result<Vec<Note>, DbErr> {
    let rows = note::Entity::find().filter(note::Column::UserId.eq(id)).order_by_desc(note::Column::Id);
    rows.limit(100).all(db).await
}
