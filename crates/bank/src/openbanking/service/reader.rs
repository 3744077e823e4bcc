//! Asking a bank: with the customer's token, within the calls of the day, and never in vain.
//!
//! Before a call its row is written, under the connection's lock: a call that nobody heard the end of counts as well, and
//! two processes cannot both take the last one. After it stands what came of it, and when the same may be asked again.

mod later;

use std::net::IpAddr;

use chrono::Duration;
use kernel::Instant;
use sea_orm::DbErr;
use sea_orm::prelude::Uuid;
use serde::de::DeserializeOwned;
use serde_json::json;
use truelayer::{AccessToken, Answer, Call, Endpoint, Read, Remedy, Scopes};
use uuid::Builder;

use super::changes::{end, replace, subject};
use super::opened::opened;
use super::refresh::refreshed;
use super::{alarm, code, reach, revoke};
use crate::Bank;
use crate::audit::{self, Event};
use crate::openbanking::store::calls;
use crate::openbanking::{
    Circuit, CircuitRow, Connection, ConnectionEvent, ConnectionStatus, EndReason, OpenBankingError,
    ProviderCall, Purpose, ReadState, TooLate, Treatment, Verdict, decide_call, pause, quota_ends_at,
    transition, treat_read,
};
use crate::sealing::vault::VaultError;

/// A token that ends so soon is replaced before it is used.
const MARGIN: Duration = Duration::minutes(1);
/// For how long calls count.
const DAY: Duration = Duration::hours(24);
/// After a failure of the moment.
const LATER: Duration = Duration::minutes(5);

/// Says what came of a question.
pub(super) enum Got<T> {
    /// The bank's answer.
    Answer(Answer<T>),
    /// Nothing now; when it may be asked again is written down.
    NotNow,
    /// Nothing in time: the bank needs longer than anybody waits.
    Late,
    /// The bank tells less of the past than was asked.
    Narrower,
    /// There is nothing to be had: not offered by the bank, or not granted.
    Absent,
}

/// Reads for one connection.
pub(super) struct Reader<'a> {
    bank: &'a Bank,
    pub(super) row: Connection,
    token: AccessToken,
    purpose: Purpose,
    user: Option<IpAddr>,
    /// Whether the token was replaced for these reads.
    is_fresh: bool,
    /// When the first of the questions that it was not the time for may be asked.
    pub(super) postponed_until: Option<Instant>,
}

impl<'a> Reader<'a> {
    /// Opens a connection that works, with new tokens where the old ones end.
    ///
    /// `user` is the address of its customer, who must be asking at this moment; none otherwise.
    ///
    /// # Errors
    /// [`OpenBankingError::TooLate`] for one that does not work, what renewing says.
    pub(super) async fn open(
        bank: &'a Bank,
        row: Connection,
        (purpose, user): (Purpose, Option<IpAddr>),
    ) -> Result<Self, OpenBankingError> {
        if row.status != ConnectionStatus::Active {
            return Err(TooLate { status: row.status, event: ConnectionEvent::Refreshed }.into());
        }
        let version = row.token_version;
        let row = with_fresh_token(bank, row).await?;
        let token = token(bank, &row)?;
        let is_fresh = row.token_version != version;
        Ok(Self { bank, row, token, purpose, user, is_fresh, postponed_until: None })
    }

    /// Asks one question, unless it is known that it is not the time.
    ///
    /// # Errors
    /// What ends the reading of this connection: it is over, failed, or our own credentials are refused.
    pub(super) async fn ask<T: DeserializeOwned>(
        &mut self,
        subject_id: Uuid,
        read: Read<'_>,
    ) -> Result<Got<T>, OpenBankingError> {
        let (bank, endpoint) = (self.bank, read.endpoint);
        let (reach, _) = reach(bank)?;
        loop {
            let id = match self.admit((subject_id, endpoint), Again::InTime).await? {
                Admission::Go(id) => id,
                Admission::NotBefore(at) => {
                    self.postponed_until = Some(self.postponed_until.map_or(at, |known| known.min(at)));
                    return Ok(Got::NotNow);
                }
                Admission::Never => return Ok(Got::Absent),
            };
            let name = id.to_string();
            let call = Call { token: &self.token, user: self.user, correlation_id: Some(&name) };
            let error = match reach.client().read(read, &call).await {
                Ok(answer) => {
                    self.answered((id, subject_id), endpoint, &answer).await?;
                    return Ok(Got::Answer(answer));
                }
                Err(error) => error,
            };
            let treatment = treat_read(error.remedy(), self.is_fresh);
            self.refused((id, subject_id), endpoint, (&error, treatment)).await?;
            match treatment {
                Treatment::Refresh => self.renew().await?,
                Treatment::Narrow => return Ok(Got::Narrower),
                Treatment::NeverAsk | Treatment::RefreshAccounts => return Ok(Got::Absent),
                Treatment::Retry if error.is_late() => return Ok(Got::Late),
                Treatment::Retry | Treatment::TryPrevious | Treatment::WaitForQuota => {
                    return Ok(Got::NotNow);
                }
                Treatment::AskConsent if self.still_consents().await? => return Ok(Got::Absent),
                Treatment::AskConsent => return Err(error.into()),
                Treatment::Alarm => {
                    alarm(&error);
                    return Err(error.into());
                }
                Treatment::Change(event) => {
                    self.change(event, &error).await?;
                    return Err(error.into());
                }
            }
        }
    }

    async fn renew(&mut self) -> Result<(), OpenBankingError> {
        self.row = refreshed(self.bank, self.row.clone()).await?;
        self.token = token(self.bank, &self.row)?;
        self.is_fresh = true;
        Ok(())
    }

    /// Counts a call before it is made.
    async fn admit(
        &self,
        (subject_id, endpoint): (Uuid, Endpoint),
        again: Again,
    ) -> Result<Admission, DbErr> {
        let granted = Scopes::from_list(&self.row.scopes);
        if endpoint.scope().is_some_and(|scope| !granted.contains(scope)) {
            return Ok(Admission::Never);
        }
        let (bank, now) = (self.bank, self.bank.now());
        let tx = bank.db.begin().await?;
        calls::lock(&tx, self.row.id).await?;
        let state = self.state(&tx, subject_id, endpoint).await?;
        if state.is_never {
            return Ok(Admission::Never);
        }
        let waits = again == Again::InTime && self.purpose != Purpose::Attended;
        let early = state.next_at.filter(|next| *next > now && waits);
        if let Some(next) = early {
            return Ok(Admission::NotBefore(next));
        }
        if let Verdict::NotBefore(at) = self.circuit(&tx).await?.decide(now) {
            return Ok(Admission::NotBefore(at));
        }
        let made = calls::made(&tx, (subject_id, endpoint.as_str()), now - DAY).await?;
        if let Verdict::NotBefore(at) = decide_call(&made, self.purpose, now) {
            calls::put_read(&tx, ReadState { next_at: Some(at), ..state }).await?;
            tx.commit().await?;
            return Ok(Admission::NotBefore(at));
        }
        let call = ProviderCall {
            id: Builder::from_random_bytes(bank.random.bytes()).into_uuid(),
            connection_id: self.row.id,
            subject_id,
            endpoint: endpoint.as_str().to_owned(),
            purpose: self.purpose,
            called_at: now,
            outcome: None,
        };
        let id = call.id;
        calls::insert(&tx, call).await?;
        tx.commit().await?;
        Ok(Admission::Go(id))
    }

    async fn answered<T>(
        &self,
        (id, subject_id): (Uuid, Uuid),
        endpoint: Endpoint,
        answer: &Answer<T>,
    ) -> Result<(), DbErr> {
        let now = self.bank.now();
        // The same question within this time gets the same bytes.
        count(endpoint, "ok");
        let fresh_for = answer.fresh_for.and_then(|fresh| Duration::from_std(fresh).ok());
        let tx = self.bank.db.begin().await?;
        calls::finish(&tx, id, "ok").await?;
        let state = self.state(&tx, subject_id, endpoint).await?;
        let next_at = fresh_for.map(|fresh| now + fresh);
        let state = ReadState { next_at, last_error: None, answered_at: Some(now), ..state };
        calls::put_read(&tx, state).await?;
        let circuit = self.circuit(&tx).await?;
        if circuit != Circuit::default() {
            self.put_circuit(&tx, circuit.succeeded()).await?;
        }
        tx.commit().await
    }

    async fn refused(
        &self,
        (id, subject_id): (Uuid, Uuid),
        endpoint: Endpoint,
        (error, treatment): (&truelayer::Error, Treatment),
    ) -> Result<(), DbErr> {
        let (now, code) = (self.bank.now(), code(error));
        count(endpoint, code);
        let tx = self.bank.db.begin().await?;
        calls::finish(&tx, id, code).await?;
        let next_at = match treatment {
            Treatment::WaitForQuota => {
                let made = calls::made(&tx, (subject_id, endpoint.as_str()), now - DAY).await?;
                Some(quota_ends_at(&made, now))
            }
            Treatment::Retry | Treatment::TryPrevious => {
                Some(now + pause(LATER, error.retry_after(), &self.bank.random))
            }
            Treatment::AskConsent | Treatment::RefreshAccounts => Some(now + DAY),
            _ => None,
        };
        let state = self.state(&tx, subject_id, endpoint).await?;
        let is_never = treatment == Treatment::NeverAsk;
        let last_error = Some(code.to_owned());
        calls::put_read(&tx, ReadState { next_at, is_never, last_error, ..state }).await?;
        let is_down = error.remedy() == Remedy::RetryLater;
        let circuit = self.circuit(&tx).await?;
        let circuit = if is_down { circuit.failed(now) } else { circuit.succeeded() };
        self.put_circuit(&tx, circuit).await?;
        tx.commit().await
    }

    /// Asks the service, which knows, whether the customer still consents; writes down what it says.
    async fn still_consents(&self) -> Result<bool, OpenBankingError> {
        let (reach, _) = reach(self.bank)?;
        let call = Call { token: &self.token, user: self.user, correlation_id: None };
        let me = reach.client().me(&call).await?;
        let Some(me) = me.first().filter(|me| !me.is_authorised()) else { return Ok(true) };
        let is_revoked = me.consent_status.as_deref().is_some_and(|status| {
            status.eq_ignore_ascii_case("revoked") || status.eq_ignore_ascii_case("deleted")
        });
        let caller = self.bank.system_caller();
        if is_revoked {
            revoke::wipe(self.bank, &caller, self.row.clone()).await?;
        } else {
            let tx = self.bank.db.begin().await?;
            end(self.bank, &tx, &caller, (self.row.clone(), EndReason::ProviderRefused)).await?;
            tx.commit().await?;
        }
        Ok(false)
    }

    /// Moves the connection to where a refusal leads.
    async fn change(&self, event: ConnectionEvent, error: &truelayer::Error) -> Result<(), OpenBankingError> {
        let (bank, caller, row) = (self.bank, self.bank.system_caller(), self.row.clone());
        let tx = bank.db.begin().await?;
        if let ConnectionEvent::Ended(reason) = event {
            end(bank, &tx, &caller, (row, reason)).await?;
        } else {
            let (id, before, status) = (row.id, row.status, transition(row.status, event)?);
            let code = code(error);
            replace(bank, &tx, Connection { status, last_error: Some(code.to_owned()), ..row }).await?;
            let failed = Event::new("truelayer.connection_failed", subject(id))
                .change(json!({ "status": before }), json!({ "status": status, "error": code }));
            audit::record(bank, &tx, &caller, failed).await?;
        }
        Ok(tx.commit().await?)
    }

    async fn state(
        &self,
        tx: &database::Tx,
        subject_id: Uuid,
        endpoint: Endpoint,
    ) -> Result<ReadState, DbErr> {
        let known = calls::find_read(tx, subject_id, endpoint.as_str()).await?;
        Ok(known.unwrap_or_else(|| ReadState {
            subject_id,
            endpoint: endpoint.as_str().to_owned(),
            connection_id: self.row.id,
            next_at: None,
            is_never: false,
            last_error: None,
            answered_at: None,
        }))
    }

    async fn circuit(&self, tx: &database::Tx) -> Result<Circuit, DbErr> {
        let row = calls::find_circuit(tx, self.provider()).await?;
        let restored = |row: CircuitRow| {
            Circuit::restored(u32::try_from(row.failures).unwrap_or(u32::MAX), row.open_until)
        };
        Ok(row.map(restored).unwrap_or_default())
    }

    async fn put_circuit(&self, tx: &database::Tx, circuit: Circuit) -> Result<(), DbErr> {
        let (failures, open_until) = circuit.parts();
        let (provider_id, updated_at) = (self.provider().to_owned(), self.bank.now());
        let row = CircuitRow { provider_id, failures: failures.into(), open_until, updated_at };
        calls::put_circuit(tx, row).await
    }

    pub(super) fn provider(&self) -> &str {
        self.row.provider_id.as_deref().unwrap_or_default()
    }
}

/// Counts a question that reached the service, by what came of it.
fn count(endpoint: Endpoint, outcome: &str) {
    let labels = [("endpoint", endpoint.as_str().to_owned()), ("outcome", outcome.to_owned())];
    metrics::counter!("florin_openbanking_calls_total", &labels).increment(1);
}

/// Replaces the tokens of a connection whose access token is over, or is about to be.
pub(super) async fn with_fresh_token(bank: &Bank, row: Connection) -> Result<Connection, OpenBankingError> {
    let ends = row.expires_at.is_none_or(|ends| ends <= bank.now() + MARGIN);
    if ends { refreshed(bank, row).await } else { Ok(row) }
}

/// Says when a question may follow the last one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Again {
    /// At the time that is written down.
    InTime,
    /// At once, in another way.
    AtOnce,
}

/// Says whether a call may be made.
enum Admission {
    Go(Uuid),
    NotBefore(Instant),
    Never,
}

fn token(bank: &Bank, row: &Connection) -> Result<AccessToken, OpenBankingError> {
    let (reach, _) = reach(bank)?;
    Ok(opened(reach, row)?.ok_or(VaultError)?.access)
}
