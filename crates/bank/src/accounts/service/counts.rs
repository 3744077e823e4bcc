//! How many accounts there are.

use ledger::AccountStatus;

use super::super::model::AccountError;
use super::super::store;
use crate::{Bank, Caller, Permission};

/// Counts customers' accounts by status.
///
/// # Errors
/// [`AccountError::Forbidden`], then [`AccountError::Storage`].
pub async fn count_by_status(
    bank: &Bank,
    caller: &Caller,
) -> Result<Vec<(AccountStatus, i64)>, AccountError> {
    caller.require(Permission::ReadAccounts)?;
    Ok(store::count_by_status(bank.db.read()).await?)
}
