//! The table `security_epoch`: one row.

use database::Tx;
use sea_orm::{ConnectionTrait, DbErr, Statement};

/// Raises the epoch, so that every node forgets whom it has checked. The last statement before the commit:
/// the row is locked until then.
pub(crate) async fn raise(tx: &Tx) -> Result<(), DbErr> {
    let sql = "update security_epoch set epoch = epoch + 1 where id = 1";
    tx.execute_raw(Statement::from_string(tx.get_database_backend(), sql)).await?;
    Ok(())
}

pub(crate) async fn read(db: &impl ConnectionTrait) -> Result<i64, DbErr> {
    let sql = "select epoch from security_epoch where id = 1";
    let row = db.query_one_raw(Statement::from_string(db.get_database_backend(), sql)).await?;
    row.ok_or_else(|| DbErr::RecordNotFound("the security epoch".to_owned()))?.try_get("", "epoch")
}
