//! Claiming a key, working under it, and keeping the answer.

use axum::http::StatusCode;
use axum::response::Response;
use chrono::Duration;
use database::Tx;
use ledger::receipts::{self, ReceiptKey, StoredReceipt};
use ledger::{Answer, AnswerFn};
use sea_orm::DbErr;
use serde::Serialize;

use super::{IdempotencyKey, model};
use crate::guard::Flight;
use crate::web::Problem;
use crate::{Bank, Caller};

/// How long an answer can be asked for again.
const KEEP: Duration = Duration::days(30);

/// Tells whether the request was answered before.
#[derive(Debug)]
pub enum Begun {
    /// It was: this is the answer, byte for byte.
    Replay(Response),
    /// It was not: do the work.
    Fresh(Attempt),
}

/// Holds the transaction in which the work and its answer commit together.
///
/// Dropping it undoes everything, the claim on the key included.
#[derive(Debug)]
pub struct Attempt {
    // Declared first and so dropped first: the savepoint lies inside the transaction.
    work: Tx,
    outer: Tx,
    key: ReceiptKey,
    request_id: kernel::RequestId,
    _flight: Flight,
}

/// Opens a transaction and claims the key in it, or finds the answer that was given before.
///
/// # Errors
/// 422 `idempotency_key_reused` when the key was used with another request, 409 `request_in_flight` when a
/// twin has not ended after the lock time-out, 503 or 500 of the database.
pub async fn begin(bank: &Bank, caller: &Caller, key: &IdempotencyKey) -> Result<Begun, Problem> {
    enter(bank, caller, key, StoredReceipt::answer).await
}

/// Does as [`begin`] on a route whose answers may be kept as the transfer they show ([`ledger::Receipt`]); `make` makes them.
///
/// # Errors
/// As [`begin`].
pub async fn begin_showing(
    bank: &Bank,
    caller: &Caller,
    key: &IdempotencyKey,
    make: &AnswerFn,
) -> Result<Begun, Problem> {
    enter(bank, caller, key, |stored| Some(stored.answer_by(make))).await
}

async fn enter(
    bank: &Bank,
    caller: &Caller,
    key: &IdempotencyKey,
    answer: impl Fn(&StoredReceipt) -> Option<Answer>,
) -> Result<Begun, Problem> {
    let key = key.receipt(caller.actor);
    let flight = bank.guard.flights().enter(key.id);
    // On SQLite whoever writes is waited for here: the twin, if one is under way, is among them.
    let outer = bank.db.begin().await.map_err(|error| busy_with(error, flight.has_twin()))?;
    let claimed = receipts::claim(&outer, key, bank.now()).await;
    // The claim itself waits for nothing but a twin, on whichever node.
    if !claimed.map_err(|error| busy_with(error, true))? {
        return replay(outer, key, answer).await;
    }
    let work = database::savepoint(&outer).await?;
    let request_id = caller.request_id;
    Ok(Begun::Fresh(Attempt { work, outer, key, request_id, _flight: flight }))
}

/// Says that a twin is under way where that is what the database was busy with.
fn busy_with(error: DbErr, twin: bool) -> Problem {
    if twin && database::is_busy(&error) { model::in_flight() } else { Problem::from(error) }
}

/// Repeats the answer, once it is as safe as when it was first given.
async fn replay(
    outer: Tx,
    key: ReceiptKey,
    answer: impl Fn(&StoredReceipt) -> Option<Answer>,
) -> Result<Begun, Problem> {
    // Gone between the two statements only if the purge took it at this moment: the next try finds it free.
    let Some(stored) = receipts::find(&outer, key).await? else {
        return Err(model::in_flight());
    };
    if stored.fingerprint != key.fingerprint {
        return Err(model::key_reused());
    }
    database::commit_confirmed(outer).await?;
    let Some(Answer { status, body }) = answer(&stored) else {
        return Err(Problem::internal(&DbErr::Custom("a route cannot make its answer again".to_owned())));
    };
    Ok(Begun::Replay(model::replayed(status, body)))
}

impl Attempt {
    /// Lends the transaction to work in.
    pub fn tx(&self) -> &Tx {
        &self.work
    }

    /// Commits the work with its answer, or the refusal alone, and answers.
    ///
    /// A refusal that might end differently next time is not kept: everything is undone, the key is free.
    ///
    /// # Errors
    /// The refusal that is not kept, or 500 and 503 when the commit fails.
    pub async fn finish<T: Serialize>(
        self,
        outcome: Result<(StatusCode, T), Problem>,
    ) -> Result<Response, Problem> {
        let (status, text) = match outcome {
            Ok((status, body)) => {
                let text = serde_json::to_string(&body).map_err(|error| Problem::internal(&error))?;
                self.work.commit().await?;
                (status, text)
            }
            Err(problem) if model::is_final(&problem) => {
                self.work.rollback().await?;
                let problem = problem.request_id(self.request_id);
                (problem.status(), String::from_utf8_lossy(&problem.to_json()).into_owned())
            }
            Err(problem) => return Err(problem),
        };
        let answer = Answer { status: status.as_u16(), body: text };
        receipts::answer(&self.outer, self.key, &answer).await?;
        self.outer.commit().await?;
        Ok(model::rendered(answer.status, answer.body))
    }

    /// Commits the work, frees the key and refuses: the caller must do something first, then repeat.
    ///
    /// For a refusal that leaves something behind, such as the challenge that has to be answered.
    ///
    /// # Errors
    /// Always: `problem`, or 500 and 503 when the commit fails.
    pub async fn postpone(self, problem: Problem) -> Result<Response, Problem> {
        self.work.commit().await?;
        receipts::release(&self.outer, self.key).await?;
        self.outer.commit().await?;
        Err(problem)
    }
}

/// Forgets answers older than 30 days; says how many.
///
/// # Errors
/// `DbErr` of the delete.
pub async fn purge(bank: &Bank) -> Result<u64, DbErr> {
    let tx = bank.db.begin().await?;
    let deleted = receipts::forget_before(&tx, bank.now() - KEEP).await?;
    tx.commit().await?;
    Ok(deleted)
}
