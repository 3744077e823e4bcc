//! Linked groups as a whole: which transfers belong together, and how all of them are resolved at once.

use kernel::TransferId;
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder};
use uuid::Uuid;

use crate::transfer::ledger_transfer::{Column, Entity};
use crate::{Action, NewTransfer, Transfer, TransferKind};

/// Finds a transfer.
///
/// # Errors
/// `DbErr` when the database fails.
pub async fn find(connection: &impl ConnectionTrait, id: TransferId) -> Result<Option<Transfer>, DbErr> {
    Entity::find_by_id(id).one(connection).await
}

/// Lists the transfers that are linked with one, itself among them, in the journal's order; none when it is absent.
///
/// # Errors
/// `DbErr` when the database fails.
pub async fn group(connection: &impl ConnectionTrait, id: TransferId) -> Result<Vec<Transfer>, DbErr> {
    let Some(transfer) = find(connection, id).await? else { return Ok(Vec::new()) };
    let Some(group) = transfer.group_id else { return Ok(vec![transfer]) };
    Entity::find().filter(Column::GroupId.eq(group)).order_by_asc(Column::Position).all(connection).await
}

/// Makes the reversal of a whole group: one transfer for each member that moved money.
///
/// The first takes `id`, the others ids that follow from it, so that a repeated request makes the same.
pub fn reversals(id: TransferId, group: &[Transfer], code: &'static str) -> Vec<NewTransfer> {
    let moved = group.iter().filter(|member| member.kind.has_entries());
    let actions = moved.map(|member| Action::Reverse { transfer: member.id });
    numbered(id, actions, code)
}

/// Makes the release of a whole group of holds; ids as in [`reversals`].
pub fn releases(id: TransferId, group: &[Transfer], code: &'static str) -> Vec<NewTransfer> {
    let holds = group.iter().filter(|member| member.kind == TransferKind::Pending);
    numbered(id, holds.map(|member| Action::Release { hold: member.id }), code)
}

/// Makes the capture of a whole group of holds, each in full; ids as in [`reversals`].
pub fn captures(id: TransferId, group: &[Transfer], code: &'static str) -> Vec<NewTransfer> {
    let holds = group.iter().filter(|member| member.kind == TransferKind::Pending);
    numbered(id, holds.map(|member| Action::Capture { hold: member.id, amount: None }), code)
}

fn numbered(id: TransferId, actions: impl Iterator<Item = Action>, code: &'static str) -> Vec<NewTransfer> {
    let follow =
        |index: u128| TransferId::from_uuid(Uuid::from_u128(id.uuid().as_u128().wrapping_add(index)));
    (0..).zip(actions).map(|(index, action)| NewTransfer::new(follow(index), action, code)).collect()
}
