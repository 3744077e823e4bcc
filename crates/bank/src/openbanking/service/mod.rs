//! The use cases, one file each.

mod aside;
mod begin;
mod changes;
mod complete;
mod erase;
mod extend;
mod find;
mod imported;
mod insights;
mod instructions;
mod kept;
mod keys;
mod later;
mod notices;
mod opened;
mod oversee;
mod payment_booking;
mod payment_webhook;
mod payments;
mod pull;
mod pull_instructions;
mod pull_rows;
mod reader;
mod refresh;
mod refresh_due;
mod replay;
mod revoke;
mod sealed;
mod stats;
mod sweep;
mod webhook;

use crate::openbanking::OpenBankingError;
use crate::reach::OpenBanking;
use crate::settings::OpenBankingSettings;
use crate::{Bank, Caller, Permission};
use kernel::UserId;
use sea_orm::DbErr;

pub use begin::{Begin, Begun, begin};
pub use complete::complete;
pub use erase::erase_due;
pub use extend::{Extending, extend};
pub use find::{find, list, providers};
pub use imported::{ShownAccount, ShownRow, accounts, announced, find_account, pull_own, rows};
pub use insights::{Insights, insights};
pub use instructions::{direct_debits, standing_orders};
pub use keys::{KeyState, KeysError, check_keys, rewrap_keys};
pub use later::{COLLECT, collect, take_task_event};
pub use notices::{About, NOTIFY, Notice, notify, remind};
pub use oversee::{
    Glance, Health, Reading, Seen, glance, health, list_all, look_at, of_customer, read_again,
};
pub use payment_booking::{FOLLOW, follow, follow_due};
pub use payment_webhook::take_payment_event;
pub use payments::{PayIn, PayInStep, choose_provider, find_payment, list_payments, pay_in};
pub use pull::{PULL, Pulled, pull, pull_due, pull_for_events};
pub use refresh_due::{Round, refresh_due, refresh_own};
pub use replay::{find_event, list_events, replay, send_test};
pub use revoke::revoke;
pub use stats::{TokenStats, token_stats};
pub use sweep::sweep;
pub use webhook::take as take_webhook;

/// Finishes work even when its caller hangs up.
async fn to_the_end<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> T {
    tokio::spawn(work).await.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()))
}

/// Names a refusal for a column and for the log.
fn code(error: &truelayer::Error) -> &str {
    error.code().map_or("unreachable", |code| code.as_str())
}

/// Wakes the operator: our own credentials are refused.
fn alarm(error: &truelayer::Error) {
    metrics::counter!("florin_openbanking_alarms_total").increment(1);
    tracing::error!(%error, "TrueLayer refuses our own credentials: no connection is refreshed or read");
}

/// Passes over a connection that somebody else changed at this very moment; returns none for it.
fn unless_changed<T>(done: Result<T, OpenBankingError>) -> Result<Option<T>, DbErr> {
    match done {
        Ok(done) => Ok(Some(done)),
        Err(OpenBankingError::Storage(error)) => Err(error),
        Err(error) => {
            tracing::info!("a connection was passed over: {error}");
            Ok(None)
        }
    }
}

/// Returns what reaches the service, with the operator's settings.
fn reach(bank: &Bank) -> Result<(&OpenBanking, &OpenBankingSettings), OpenBankingError> {
    bank.open_banking.as_ref().zip(bank.settings.open_banking.as_ref()).ok_or(OpenBankingError::Off)
}

/// Returns the customer who asks in person: only they can consent.
fn customer(caller: &Caller) -> Result<UserId, OpenBankingError> {
    caller.require(Permission::ManageOwnConnections)?;
    caller.user_id.filter(|_| caller.session_id.is_some()).ok_or(OpenBankingError::NeedsPerson)
}
