//! How many accounts there are.

use ledger::chart::CUSTOMER_DEPOSIT;
use ledger::counts::{self, AccountCount};
use ledger::turnover::LAST_DAY;

use super::super::model::AccountError;
use crate::{Bank, Caller, Permission};

/// Counts customers' accounts by line of the chart and status.
///
/// # Errors
/// [`AccountError::Forbidden`], then [`AccountError::Storage`].
pub async fn count_by_status(bank: &Bank, caller: &Caller) -> Result<Vec<AccountCount>, AccountError> {
    caller.require(Permission::ReadAccounts)?;
    let mut counts = counts::until(bank.db.read(), LAST_DAY).await?;
    counts.retain(|count| count.code == CUSTOMER_DEPOSIT);
    Ok(counts)
}
