//! Showing a customer what another bank does by itself on their account.

use kernel::{ConnectionId, Currency, ExternalAccountId};
use serde::de::DeserializeOwned;
use truelayer::data::{DirectDebit, StandingOrder};

use super::imported::own;
use super::sealed;
use crate::openbanking::store::instructions;
use crate::openbanking::{ExternalInstruction, InstructionKind, OpenBankingError};
use crate::{Bank, Caller};

/// Lists the standing orders of one's own account, as the bank lists them, with the account's currency.
///
/// # Errors
/// [`OpenBankingError::Forbidden`], [`OpenBankingError::NotFound`].
pub async fn standing_orders(
    bank: &Bank,
    caller: &Caller,
    of: (ConnectionId, ExternalAccountId),
) -> Result<(Currency, Vec<StandingOrder>), OpenBankingError> {
    list(bank, caller, of, InstructionKind::StandingOrder).await
}

/// Lists who may collect from one's own account, as the bank lists them, with the account's currency.
///
/// # Errors
/// [`OpenBankingError::Forbidden`], [`OpenBankingError::NotFound`].
pub async fn direct_debits(
    bank: &Bank,
    caller: &Caller,
    of: (ConnectionId, ExternalAccountId),
) -> Result<(Currency, Vec<DirectDebit>), OpenBankingError> {
    list(bank, caller, of, InstructionKind::DirectDebit).await
}

async fn list<T: DeserializeOwned>(
    bank: &Bank,
    caller: &Caller,
    of: (ConnectionId, ExternalAccountId),
    kind: InstructionKind,
) -> Result<(Currency, Vec<T>), OpenBankingError> {
    let account = own(bank, caller, of).await?;
    let rows = instructions::of_account(bank.db.read(), account.id, kind).await?;
    let open = |row: &ExternalInstruction| sealed::open(bank, sealed::instruction(row.id), &row.answer);
    Ok((account.currency, rows.iter().filter_map(open).collect()))
}
