//! Who somebody is, for the slices above.

use kernel::UserId;
use sea_orm::sea_query::{Expr, ExprTrait, Query, SelectStatement};
use sea_orm::{ConnectionTrait, DbErr};

/// Says whether a customer has the id; a member of staff is none.
///
/// # Errors
/// `DbErr` when the database fails.
pub async fn is_customer(conn: &impl ConnectionTrait, id: UserId) -> Result<bool, DbErr> {
    let found =
        users().and_where(Expr::col("id").eq(id)).and_where(Expr::col("kind").eq("customer")).to_owned();
    Ok(conn.query_one(&found).await?.is_some())
}

/// Finds somebody by e-mail address, in any case.
///
/// # Errors
/// `DbErr` when the database fails.
pub async fn find_by_email(conn: &impl ConnectionTrait, email: &str) -> Result<Option<UserId>, DbErr> {
    let found = users().and_where(Expr::col("email_key").eq(email.to_lowercase())).to_owned();
    let row = conn.query_one(&found).await?;
    row.map(|row| row.try_get("", "id")).transpose()
}

/// Returns the full names of users, in the order of their ids; unknown ids are left out.
///
/// # Errors
/// `DbErr` when the database fails.
pub async fn names(conn: &impl ConnectionTrait, ids: &[UserId]) -> Result<Vec<String>, DbErr> {
    let named = users().column("full_name").and_where(Expr::col("id").is_in(ids.iter().copied())).to_owned();
    let rows = conn.query_all(&named).await?;
    rows.into_iter().map(|row| row.try_get("", "full_name")).collect()
}

/// Says whether nobody was ever registered.
///
/// # Errors
/// `DbErr` when the database fails.
pub async fn is_empty(conn: &impl ConnectionTrait) -> Result<bool, DbErr> {
    let anybody = users().limit(1).to_owned();
    Ok(conn.query_one(&anybody).await?.is_none())
}

fn users() -> SelectStatement {
    Query::select().column("id").from("users").order_by("id", sea_orm::sea_query::Order::Asc).to_owned()
}
