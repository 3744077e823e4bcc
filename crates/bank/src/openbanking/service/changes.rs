//! Changing a connection: by its version, and with a trace.

use database::Tx;
use kernel::ConnectionId;
use serde_json::json;

use super::notices;
use crate::audit::{self, Event, Subject};
use crate::openbanking::{
    Connection, ConnectionEvent, ConnectionStatus, EndReason, OpenBankingError, store, transition,
};
use crate::{Bank, Caller};

/// A login at a bank has one connection; two returns at once may both think that they are the first.
const SAME_LOGIN: &str = "truelayer_connections_user_id_provider_id_credentials_id_unique";

/// Names a connection in the audit log.
pub(super) fn subject(id: ConnectionId) -> Subject {
    Subject::new("truelayer_connection", id)
}

/// Writes a changed row over the one that was read.
///
/// # Errors
/// [`OpenBankingError::Changed`] when somebody else was first.
pub(super) async fn replace(bank: &Bank, tx: &Tx, row: Connection) -> Result<(), OpenBankingError> {
    let changed = Connection { version: row.version + 1, updated_at: bank.now(), ..row };
    match store::update(tx, changed).await {
        Ok(true) => Ok(()),
        Ok(false) => Err(OpenBankingError::Changed),
        Err(error) if database::violated(&error).as_deref() == Some(SAME_LOGIN) => {
            Err(OpenBankingError::Changed)
        }
        Err(error) => Err(error.into()),
    }
}

/// Says in the audit log that a connection ended without the customer's doing.
pub(super) fn ended(row: &Connection, status: ConnectionStatus, reason: Option<EndReason>) -> Event {
    Event::new("truelayer.connection_expired", subject(row.id))
        .change(json!({ "status": row.status }), json!({ "status": status, "reason": reason }))
}

/// Ends a connection without the customer's doing; one that keeps its state is left alone.
///
/// # Errors
/// [`OpenBankingError::TooLate`], [`OpenBankingError::Changed`], storage.
pub(super) async fn end(
    bank: &Bank,
    tx: &Tx,
    caller: &Caller,
    (row, reason): (Connection, EndReason),
) -> Result<(), OpenBankingError> {
    let status = transition(row.status, ConnectionEvent::Ended(reason))?;
    if status == row.status {
        return Ok(());
    }
    let event = ended(&row, status, Some(reason));
    notices::ask_of_end(bank, tx, &row).await?;
    let end_reason = (status == ConnectionStatus::Expired).then_some(reason);
    replace(bank, tx, Connection { status, end_reason, ..row }).await?;
    audit::record(bank, tx, caller, event).await?;
    Ok(())
}
