//! How the links to other banks do, in numbers.

use chrono::Duration;

use super::keys::keys_in_use;
use crate::openbanking::{ConnectionStatus, OpenBankingError, RefreshRun, store, success_basis_points};
use crate::{Bank, Caller, Permission};

/// Over which time rounds are added up.
const WINDOW: Duration = Duration::days(30);

/// Holds how many connections stand where, and how the last rounds went.
#[derive(Clone, Debug)]
pub struct TokenStats {
    /// How many connections are in each state; states without any are absent.
    pub connections: Vec<(ConnectionStatus, i64)>,
    /// The rounds of the last 30 days, the newest first.
    pub rounds: Vec<RefreshRun>,
    /// How many connections each of the operator's keys seals; first the one that seals now.
    pub keys: Vec<(String, i64)>,
}

impl TokenStats {
    /// Counts the connections of a state.
    pub fn count(&self, status: ConnectionStatus) -> i64 {
        self.connections.iter().find(|(one, _)| *one == status).map_or(0, |(_, count)| *count)
    }

    /// Adds up a number of each round.
    pub fn sum(&self, number: impl Fn(&RefreshRun) -> i64) -> i64 {
        self.rounds.iter().map(number).sum()
    }

    /// Returns the share of attempts that brought tokens, in basis points; none without attempts.
    pub fn success_basis_points(&self) -> Option<i64> {
        success_basis_points(&self.rounds)
    }
}

/// Reads the numbers; nobody's data is among them.
///
/// # Errors
/// [`OpenBankingError::Forbidden`], storage.
pub async fn token_stats(bank: &Bank, caller: &Caller) -> Result<TokenStats, OpenBankingError> {
    caller.require(Permission::ReadConnections)?;
    let db = bank.db.read();
    let connections = store::count_by_status(db).await?;
    let keys = match keys_in_use(bank).await {
        Err(OpenBankingError::Off) => Vec::new(),
        keys => keys?,
    };
    Ok(TokenStats { connections, rounds: store::runs_since(db, bank.now() - WINDOW).await?, keys })
}
