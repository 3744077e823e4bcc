//! The table `security_epoch`: one row.

use database::Tx;
use sea_orm::{ConnectionTrait, DbErr, FromQueryResult, Statement};

/// Raises the epoch, so that every node forgets whom it has checked. The last statement before the commit:
/// the row is locked until then.
pub(crate) async fn raise(tx: &Tx) -> Result<(), DbErr> {
    let sql = "update security_epoch set epoch = epoch + 1 where id = 1";
    tx.execute_raw(Statement::from_string(tx.get_database_backend(), sql)).await?;
    Ok(())
}

/// Raises the standing epoch, so that every node forgets what it knows of people's wallets. As [`raise`].
pub(crate) async fn raise_standing(tx: &Tx) -> Result<(), DbErr> {
    let sql = "update security_epoch set standing = standing + 1 where id = 1";
    tx.execute_raw(Statement::from_string(tx.get_database_backend(), sql)).await?;
    Ok(())
}

/// Holds both epochs.
#[derive(Clone, Copy, Debug, FromQueryResult)]
pub(crate) struct Epochs {
    pub(crate) epoch: i64,
    pub(crate) standing: i64,
}

pub(crate) async fn read(db: &impl ConnectionTrait) -> Result<Epochs, DbErr> {
    let sql = "select epoch, standing from security_epoch where id = 1";
    let row =
        Epochs::find_by_statement(Statement::from_string(db.get_database_backend(), sql)).one(db).await?;
    row.ok_or_else(|| DbErr::RecordNotFound("the security epoch".to_owned()))
}
