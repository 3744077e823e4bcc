//! Who somebody is, for the slices above.

use kernel::UserId;
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{ConnectionTrait, DbErr};

/// Says whether a customer has the id; a member of staff is none.
///
/// # Errors
/// `DbErr` when the database fails.
pub async fn is_customer(conn: &impl ConnectionTrait, id: UserId) -> Result<bool, DbErr> {
    let found = Query::select()
        .column("id")
        .from("users")
        .and_where(Expr::col("id").eq(id))
        .and_where(Expr::col("kind").eq("customer"))
        .to_owned();
    Ok(conn.query_one(&found).await?.is_some())
}
