//! One group commit: read, decide each submission in order, write, commit, answer.

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use database::{Database, Tx, in_time};
use futures_util::FutureExt;
use sea_orm::DbErr;
use tokio::sync::oneshot;
use uuid::Uuid;

use crate::decide::{Book, decide};
use crate::intake::Ticket;
use crate::ledger::Core;
use crate::load::{Care, any_known};
use crate::receipts::{StoredReceipt, find_all};
use crate::write::{is_duplicate, is_outdated, write};
use crate::{NewTransfer, Receipt, Submission, SubmitError, Submitted};

/// The connections of one writer. A batch takes one; the one before it may still be on its way back to the pool, and
/// stays there for good when the server falls silent just then.
const CONNECTIONS: u32 = 2;
/// How often a batch runs when another node's commits or locks stand in its way, or a request was made before.
const MOST_ATTEMPTS: u32 = 4;
/// How often a submission runs alone, after its batch did.
const MOST_ATTEMPTS_ALONE: u32 = 2;
/// For how many batches ids and keys are looked up after one was met that had been used before, and accounts are
/// locked after somebody else had changed one.
const CAREFUL_FOR: u32 = 100;

type Outcome = Result<Submitted, SubmitError>;
/// Pairs a waiting caller with what it is to hear.
type Answered = (oneshot::Sender<Outcome>, Outcome);

/// Writes batches, on connections of its own.
pub(crate) struct Writer {
    core: Arc<Core>,
    /// Opened with the first batch, and again after it could not be.
    database: Option<Database>,
    /// For how many batches more ids and keys are looked up. While nobody repeats a request that finds nothing:
    /// then one that is repeated after all meets the unique index, and its batch runs again with a look.
    look_ups: u32,
    /// For how many batches more the accounts are locked. While nobody else changes them that costs a write for each:
    /// then one that is changed after all is met as another version, and its batch runs again with locks.
    locks: u32,
}

/// Says why a batch was not committed.
enum Failure {
    /// A request was made before, perhaps on another node: nothing was written, running again with a look settles it.
    Repeated(DbErr),
    /// Somebody else was faster with an account, or holds a lock: nothing was written, running again settles it.
    Contended(DbErr),
    /// A statement failed, or an answer function: nothing was written, alone each may pass.
    Statement(String),
    /// The database cannot be reached: nothing was written.
    Connection(DbErr),
    /// The commit was sent and nobody knows its end.
    Unknown(DbErr),
}

impl Writer {
    pub(crate) fn new(core: Arc<Core>) -> Self {
        Self { core, database: None, look_ups: 0, locks: 0 }
    }

    pub(crate) fn batch_size(&self) -> usize {
        self.core.options.batch_size
    }

    /// Runs a batch and returns what every ticket is to be answered.
    pub(crate) async fn run(&mut self, tickets: Vec<Ticket>) -> Vec<Answered> {
        let (submissions, replies): (Vec<_>, Vec<_>) =
            tickets.into_iter().map(|ticket| (ticket.submission, ticket.reply)).unzip();
        let outcomes = match self.attempt(&submissions, MOST_ATTEMPTS).await {
            Ok(outcomes) => outcomes,
            Err(Failure::Statement(_) | Failure::Repeated(_) | Failure::Contended(_))
                if submissions.len() > 1 =>
            {
                self.run_alone(&submissions).await
            }
            Err(failure) => vec![Err(failure.into()); submissions.len()],
        };
        replies.into_iter().zip(outcomes).collect()
    }

    /// Runs each submission by itself, so that one that cannot be written does not take the others along.
    async fn run_alone(&mut self, submissions: &[Submission]) -> Vec<Outcome> {
        let mut outcomes = Vec::with_capacity(submissions.len());
        for submission in submissions {
            match self.attempt(std::slice::from_ref(submission), MOST_ATTEMPTS_ALONE).await {
                Ok(mut alone) => outcomes.append(&mut alone),
                Err(Failure::Connection(error)) => {
                    let error = SubmitError::from(Failure::Connection(error));
                    outcomes.resize(submissions.len(), Err(error));
                    break;
                }
                Err(failure) => outcomes.push(Err(failure.into())),
            }
        }
        outcomes
    }

    async fn attempt(&mut self, submissions: &[Submission], most: u32) -> Result<Vec<Outcome>, Failure> {
        let mut attempt = 1;
        loop {
            // An answer function that panics must not end the writer; nothing is committed before they all ran.
            let run = AssertUnwindSafe(self.commit(submissions)).catch_unwind();
            match run.await.unwrap_or(Err(Failure::Statement("an answer could not be made".to_owned()))) {
                Err(Failure::Repeated(error)) if attempt < most => {
                    tracing::debug!(attempt, error = %error, "a batch of the ledger runs again, with a look");
                    self.look_ups = CAREFUL_FOR;
                }
                Err(Failure::Contended(error)) if attempt < most => {
                    tracing::debug!(attempt, error = %error, "a batch of the ledger runs again, with locks");
                    self.locks = CAREFUL_FOR;
                }
                other => {
                    self.look_ups = self.look_ups.saturating_sub(1);
                    self.locks = self.locks.saturating_sub(1);
                    return other;
                }
            }
            attempt += 1;
        }
    }

    /// Runs the batch in one transaction. A database that falls silent is left, with the connections to it.
    async fn commit(&mut self, submissions: &[Submission]) -> Result<Vec<Outcome>, Failure> {
        let database = self.connect().await?;
        let ended = self.prepare_and_commit(&database, submissions).await;
        if matches!(ended, Err(Failure::Connection(_) | Failure::Unknown(DbErr::Conn(_)))) {
            self.database = None;
        }
        ended
    }

    async fn prepare_and_commit(
        &self,
        database: &Database,
        submissions: &[Submission],
    ) -> Result<Vec<Outcome>, Failure> {
        let prepared = in_time(async { Ok(self.prepare(database, submissions).await) }).await;
        let (tx, outcomes) = prepared.map_err(Failure::Connection).flatten()?;
        in_time(tx.commit()).await.map_err(Failure::Unknown)?;
        Ok(outcomes)
    }

    /// Does everything but the commit.
    async fn prepare(
        &self,
        database: &Database,
        submissions: &[Submission],
    ) -> Result<(Tx, Vec<Outcome>), Failure> {
        let tx = database.begin().await.map_err(before_commit)?;
        let items = submissions.iter().flat_map(|submission| &submission.items);
        let news: Vec<&NewTransfer> = items.flatten().collect();
        let care = Care { look_up: self.look_ups > 0, lock: self.locks > 0 };
        let mut book = self.core.book(&tx, &news, &[], care).await.map_err(before_commit)?;
        let receipts = submissions.iter().filter_map(|submission| submission.receipt.as_ref());
        let keys: Vec<_> = receipts.filter(|_| care.look_up).map(|receipt| receipt.key.id).collect();
        let mut desk = Desk { stored: find_all(&tx, &keys).await.map_err(before_commit)?, fresh: Vec::new() };
        let outcomes: Vec<_> =
            submissions.iter().map(|submission| desk.serve(&mut book, submission)).collect();
        if !care.look_up && repeats(&tx, submissions, &outcomes).await.map_err(before_commit)? {
            return Err(Failure::Repeated(DbErr::Custom("a request was made before".to_owned())));
        }
        write(&tx, &book, &desk.fresh).await.map_err(before_commit)?;
        Ok((tx, outcomes))
    }

    async fn connect(&mut self) -> Result<Database, Failure> {
        if let Some(database) = &self.database {
            return Ok(database.clone());
        }
        let database = self.core.database.dedicated(CONNECTIONS).await.map_err(Failure::Connection)?;
        self.database = Some(database.clone());
        Ok(database)
    }
}

/// Serves the submissions of a batch in order: replays, refuses a reused key, or decides.
struct Desk {
    stored: HashMap<Uuid, StoredReceipt>,
    fresh: Vec<StoredReceipt>,
}

impl Desk {
    fn serve(&mut self, book: &mut Book, submission: &Submission) -> Outcome {
        let known = submission.receipt.as_ref().and_then(|receipt| self.known(receipt));
        if let (Some(receipt), Some(known)) = (&submission.receipt, known) {
            if known.fingerprint != receipt.key.fingerprint {
                return Err(SubmitError::KeyReused);
            }
            return Ok(Submitted::Replayed(known.answer()));
        }
        if submission.seen.iter().any(|seen| !book.still_stands(seen)) {
            return Err(SubmitError::AccessChanged);
        }
        let items: Vec<_> =
            submission.items.iter().map(|item| decide(book, &submission.posting, item)).collect();
        let answer = submission.receipt.as_ref().map(|receipt| {
            let answer = (receipt.answer)(&items);
            let row = StoredReceipt::new(receipt.key, &answer);
            self.stored.insert(row.id, row.clone());
            self.fresh.push(row);
            answer
        });
        Ok(Submitted::Decided { items, answer })
    }

    fn known(&self, receipt: &Receipt) -> Option<&StoredReceipt> {
        self.stored.get(&receipt.key.id)
    }
}

/// Says whether anything that was refused without a look had been made, or answered, before: then it is no refusal.
///
/// What was accepted needs no look: the unique indexes have the last word.
async fn repeats(tx: &Tx, submissions: &[Submission], outcomes: &[Outcome]) -> Result<bool, DbErr> {
    let refused = || submissions.iter().zip(outcomes).filter(|(_, outcome)| is_refused(outcome));
    let news = refused().flat_map(|(submission, _)| submission.items.iter().flatten());
    let ids: Vec<_> = news.map(|new| new.id).collect();
    let receipts = refused().filter_map(|(submission, _)| submission.receipt.as_ref());
    let keys: Vec<_> = receipts.map(|receipt| receipt.key.id).collect();
    Ok(any_known(tx, &ids).await? || !find_all(tx, &keys).await?.is_empty())
}

fn is_refused(outcome: &Outcome) -> bool {
    !matches!(outcome, Ok(Submitted::Decided { items, .. }) if items.iter().all(Result::is_ok))
}

/// Sorts an error that came before the commit was sent.
fn before_commit(error: DbErr) -> Failure {
    match error {
        // Waiting for a connection took its time already.
        DbErr::Conn(_) | DbErr::ConnectionAcquire(_) => Failure::Connection(error),
        error if is_duplicate(&error) => Failure::Repeated(error),
        error if is_outdated(&error) || database::is_busy(&error) => Failure::Contended(error),
        error => Failure::Statement(error.to_string()),
    }
}

impl From<Failure> for SubmitError {
    /// Logs the failure, once for the batch, and says what the caller may conclude.
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Unknown(error) => {
                tracing::error!(error = %error, "the end of a commit of the ledger is not known");
                Self::Unknown
            }
            Failure::Repeated(error) | Failure::Contended(error) | Failure::Connection(error) => {
                tracing::error!(error = %error, "the ledger cannot write");
                Self::Storage(error.to_string())
            }
            Failure::Statement(error) => {
                tracing::error!(error, "the ledger cannot write");
                Self::Storage(error)
            }
        }
    }
}
