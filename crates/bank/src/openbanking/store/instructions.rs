//! The table `truelayer_instructions`.

use database::Tx;
use kernel::ExternalAccountId;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel, QueryFilter,
    QueryOrder,
};

use super::imported::ROWS;
use crate::openbanking::{ExternalInstruction, InstructionKind, external_instruction};

/// Lists an account's instructions of a kind, as the bank lists them.
pub(in crate::openbanking) async fn of_account(
    db: &impl ConnectionTrait,
    account_id: ExternalAccountId,
    kind: InstructionKind,
) -> Result<Vec<ExternalInstruction>, DbErr> {
    external_instruction::Entity::find()
        .filter(external_instruction::Column::AccountId.eq(account_id))
        .filter(external_instruction::Column::Kind.eq(kind))
        .order_by_asc(external_instruction::Column::Position)
        .all(db)
        .await
}

/// Puts the instructions of a kind that there are now in the place of those that were.
pub(in crate::openbanking) async fn replace(
    tx: &Tx,
    (account_id, kind): (ExternalAccountId, InstructionKind),
    rows: Vec<ExternalInstruction>,
) -> Result<(), DbErr> {
    external_instruction::Entity::delete_many()
        .filter(external_instruction::Column::AccountId.eq(account_id))
        .filter(external_instruction::Column::Kind.eq(kind))
        .exec(tx)
        .await?;
    for some in rows.chunks(ROWS) {
        let some = some.iter().map(|row| row.clone().into_active_model().reset_all());
        external_instruction::Entity::insert_many(some).exec_without_returning(tx).await?;
    }
    Ok(())
}
