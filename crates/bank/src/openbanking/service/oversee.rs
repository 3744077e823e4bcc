//! How the links to other banks do, for staff: states and consents, and never what was read through them.

use chrono::Duration;
use kernel::{ConnectionId, Instant, Page, PageRequest, UserId};
use sea_orm::prelude::Uuid;

use super::changes::subject;
use super::keys::{KeyState, key_states};
use super::notices::AHEAD;
use super::pull::ask_for_pull;
use crate::audit::{self, Event, Reason};
use crate::openbanking::store::{calls, days, imported};
use crate::openbanking::{
    CircuitRow, Connection, ConnectionDay, ConnectionFilter, ConnectionStatus, CountedCall, ExternalKind,
    OpenBankingError, Purpose, ReadState, RefreshRun, store,
};
use crate::{Bank, Caller, Permission};

/// How far back states are counted.
const DAYS: Duration = Duration::days(29);
/// For how long calls count.
const DAY: Duration = Duration::hours(24);

/// Holds how everything does.
#[derive(Clone, Debug)]
pub struct Health {
    /// How many connections are in each state; states without any are absent.
    pub states: Vec<(ConnectionStatus, i64)>,
    /// How many working connections end within two weeks.
    pub ending: u64,
    /// The providers that failed last, and those that are left alone.
    pub failing: Vec<CircuitRow>,
    /// The rounds of renewing tokens of the last thirty days, the newest first.
    pub rounds: Vec<RefreshRun>,
    /// The states of the last thirty days.
    pub days: Vec<ConnectionDay>,
    /// The operator's keys, the one that seals first.
    pub keys: Vec<KeyState>,
}

impl Health {
    /// Counts the connections of a state.
    pub fn count(&self, status: ConnectionStatus) -> i64 {
        self.states.iter().find(|(one, _)| *one == status).map_or(0, |(_, count)| *count)
    }
}

/// Reads how everything does; connections are counted for it.
///
/// # Errors
/// [`OpenBankingError::Forbidden`], storage.
pub async fn health(bank: &Bank, caller: &Caller) -> Result<Health, OpenBankingError> {
    caller.require(Permission::ReadConnections)?;
    let (db, now) = (bank.db.read(), bank.now());
    Ok(Health {
        states: store::count_by_status(db).await?,
        ending: store::count_ending_before(db, now + AHEAD).await?,
        failing: calls::failing(db).await?,
        rounds: store::runs_since(db, now - DAYS).await?,
        days: days::since(db, now.date_naive() - DAYS).await?,
        keys: key_states(bank).await?,
    })
}

/// Holds how everything does, in passing.
#[derive(Clone, Copy, Debug)]
pub struct Glance {
    /// How many connections worked when they were counted last, some minutes ago.
    pub linked: i64,
    /// How many were in error then.
    pub broken: i64,
    /// How many working connections end within two weeks.
    pub ending: u64,
    /// How many providers failed last.
    pub failing: usize,
    /// Whether the last round of renewing tokens found that the service refuses us.
    pub alarmed: bool,
}

/// Reads what a page of many things says about links; nothing is counted for it but what ends soon.
///
/// # Errors
/// [`OpenBankingError::Forbidden`], storage.
pub async fn glance(bank: &Bank, caller: &Caller) -> Result<Glance, OpenBankingError> {
    caller.require(Permission::ReadConnections)?;
    let (db, now) = (bank.db.read(), bank.now());
    let days = days::since(db, now.date_naive() - DAYS).await?;
    let last = days.last().map(|day| day.on_day);
    let count = |status| {
        let found = days.iter().find(|day| Some(day.on_day) == last && day.status == status);
        found.map_or(0, |day| day.connections)
    };
    Ok(Glance {
        linked: count(ConnectionStatus::Active),
        broken: count(ConnectionStatus::Error),
        ending: store::count_ending_before(db, now + AHEAD).await?,
        failing: calls::failing(db).await?.len(),
        alarmed: store::last_run_since(db, now - DAYS).await?.is_some_and(|round| round.alarmed),
    })
}

/// Lists everybody's connections, newest first.
///
/// # Errors
/// [`OpenBankingError::Forbidden`], storage.
pub async fn list_all(
    bank: &Bank,
    caller: &Caller,
    (filter, page): (ConnectionFilter, PageRequest),
) -> Result<Page<Connection>, OpenBankingError> {
    caller.require(Permission::ReadConnections)?;
    Ok(store::list_all(bank.db.read(), filter, page).await?)
}

/// Lists a customer's connections, the newest first, fifty at most.
///
/// # Errors
/// [`OpenBankingError::Forbidden`], storage.
pub async fn of_customer(
    bank: &Bank,
    caller: &Caller,
    customer: UserId,
) -> Result<Vec<Connection>, OpenBankingError> {
    caller.require(Permission::ReadConnections)?;
    Ok(store::list(bank.db.read(), customer, PageRequest::first()).await?.items)
}

/// Shows a connection with what is known about reading it.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The connection.
    pub row: Connection,
    /// What is asked of the bank, and how that goes.
    pub readings: Vec<Reading>,
}

/// Shows one kind of question about one account, or about the connection as a whole.
#[derive(Clone, Debug)]
pub struct Reading {
    /// The account, by its place among the connection's, from one; none for the connection as a whole.
    pub account: Option<(usize, ExternalKind)>,
    /// What is known about it.
    pub state: ReadState,
    /// The calls of the last day without the customer, the oldest first.
    pub unattended: Vec<Instant>,
    /// How many were made with the customer.
    pub attended: usize,
}

/// Shows one connection. The look is written down.
///
/// # Errors
/// [`OpenBankingError::Forbidden`], [`OpenBankingError::NotFound`], storage.
pub async fn look_at(bank: &Bank, caller: &Caller, id: ConnectionId) -> Result<Seen, OpenBankingError> {
    caller.require(Permission::ReadConnections)?;
    let row = store::load(bank.db.latest(), id).await?.ok_or(OpenBankingError::NotFound)?;
    let db = bank.db.read();
    let accounts = imported::accounts_of(db, id).await?;
    let subjects = accounts.iter().map(|account| account.id.uuid()).chain([id.uuid()]).collect();
    let made = calls::about(db, subjects, bank.now() - DAY).await?;
    let readings = calls::reads_of(db, id).await?.into_iter().map(|state| {
        let mut numbered = (1..).zip(&accounts);
        let account = numbered.find(|(_, account)| account.id.uuid() == state.subject_id);
        reading(account.map(|(number, account)| (number, account.kind)), state, &made)
    });
    let seen = Seen { row, readings: readings.collect() };
    let tx = bank.db.begin().await?;
    audit::record(bank, &tx, caller, Event::new("truelayer.view", subject(id))).await?;
    tx.commit().await?;
    Ok(seen)
}

fn reading(
    account: Option<(usize, ExternalKind)>,
    state: ReadState,
    made: &[(Uuid, String, CountedCall)],
) -> Reading {
    let of = |call: &&(Uuid, String, CountedCall)| call.0 == state.subject_id && call.1 == state.endpoint;
    let (attended, unattended): (Vec<_>, Vec<_>) =
        made.iter().filter(of).partition(|(_, _, call)| call.purpose == Purpose::Attended);
    Reading {
        account,
        unattended: unattended.into_iter().map(|(_, _, call)| call.at).collect(),
        attended: attended.len(),
        state,
    }
}

/// Asks for a connection's accounts to be read again, without its customer: the calls of the day count.
///
/// # Errors
/// [`OpenBankingError::Forbidden`], [`OpenBankingError::NotFound`], [`OpenBankingError::NotWorking`], storage.
pub async fn read_again(
    bank: &Bank,
    caller: &Caller,
    (id, reason): (ConnectionId, Reason),
) -> Result<(), OpenBankingError> {
    caller.require(Permission::ManageConnections)?;
    let tx = bank.db.begin().await?;
    let row = store::load(&tx, id).await?.ok_or(OpenBankingError::NotFound)?;
    if row.status != ConnectionStatus::Active {
        return Err(OpenBankingError::NotWorking);
    }
    ask_for_pull(bank, &tx, id, Purpose::Event).await?;
    let event = Event::new("truelayer.reading_requested", subject(id)).because(reason.as_str());
    audit::record(bank, &tx, caller, event).await?;
    Ok(tx.commit().await?)
}
