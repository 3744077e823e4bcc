//! Who somebody is, for the slices above.

use std::collections::{HashMap, HashSet};

use kernel::{PageRequest, UserId};
use sea_orm::{ConnectionTrait, DbErr};

use super::model::UserKind;
use super::store::users;

/// Says whether a customer has the id; a member of staff is none.
///
/// # Errors
/// `DbErr` when the database fails.
pub async fn is_customer(conn: &impl ConnectionTrait, id: UserId) -> Result<bool, DbErr> {
    Ok(users::find(conn, id).await?.is_some_and(|user| user.kind == UserKind::Customer))
}

/// Finds somebody by e-mail address, in any case.
///
/// # Errors
/// `DbErr` when the database fails.
pub async fn find_by_email(conn: &impl ConnectionTrait, email: &str) -> Result<Option<UserId>, DbErr> {
    Ok(users::find_by_email(conn, &email.to_lowercase()).await?.map(|user| user.id))
}

/// Returns the full names of users, in the order of their ids; unknown ids are left out.
///
/// # Errors
/// `DbErr` when the database fails.
pub async fn names(conn: &impl ConnectionTrait, ids: &[UserId]) -> Result<Vec<String>, DbErr> {
    users::names(conn, ids).await
}

/// Says who somebody is: the name, and on which side of the counter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// First and last names.
    pub name: String,
    /// Customer or staff.
    pub kind: UserKind,
}

/// Returns who users are by their ids; unknown ids are left out.
///
/// # Errors
/// `DbErr` when the database fails.
pub async fn known(
    conn: &impl ConnectionTrait,
    ids: impl IntoIterator<Item = UserId>,
) -> Result<HashMap<UserId, Known>, DbErr> {
    let ids: HashSet<UserId> = ids.into_iter().collect();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = users::known(conn, ids.into_iter().collect()).await?;
    Ok(rows.into_iter().map(|(id, name, kind)| (id, Known { name, kind })).collect())
}

/// Returns the full names of users by their ids; unknown ids are left out.
///
/// # Errors
/// `DbErr` when the database fails.
pub async fn named(
    conn: &impl ConnectionTrait,
    ids: impl IntoIterator<Item = UserId>,
) -> Result<HashMap<UserId, String>, DbErr> {
    let ids: HashSet<UserId> = ids.into_iter().collect();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    Ok(users::named(conn, ids.into_iter().collect()).await?.into_iter().collect())
}

/// Finds customers whose name or e-mail address has a text in it, the newest first, at most `most` of them.
///
/// # Errors
/// `DbErr` when the database fails.
pub async fn find_customers(
    conn: &impl ConnectionTrait,
    text: &str,
    most: u16,
) -> Result<Vec<UserId>, DbErr> {
    let filter = users::UserFilter {
        kind: Some(UserKind::Customer),
        text: Some(text.to_owned()),
        ..users::UserFilter::default()
    };
    let page = users::list(conn, filter, PageRequest { limit: most, after: None }).await?;
    Ok(page.items.into_iter().map(|user| user.id).collect())
}

/// Says whether nobody was ever registered.
///
/// # Errors
/// `DbErr` when the database fails.
pub async fn is_empty(conn: &impl ConnectionTrait) -> Result<bool, DbErr> {
    Ok(users::any(conn).await?.is_none())
}
