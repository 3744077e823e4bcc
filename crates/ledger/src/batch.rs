//! One group commit: read, decide each submission in order, write, commit, answer.

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use database::{Database, Tx, in_time};
use futures_util::FutureExt;
use sea_orm::DbErr;

use crate::decide::{Book, decide};
use crate::ledger::Core;
use crate::queue::Ticket;
use crate::receipts::{StoredReceipt, find_all};
use crate::write::{is_duplicate, write};
use crate::{NewTransfer, Receipt, Submission, SubmitError, Submitted};

/// How often a batch runs when another node's commits or locks stand in its way.
const MOST_ATTEMPTS: u32 = 3;
/// How often a submission runs alone, after its batch did.
const MOST_ATTEMPTS_ALONE: u32 = 2;

type Outcome = Result<Submitted, SubmitError>;

/// Writes batches, on a connection of its own.
pub(crate) struct Writer {
    core: Arc<Core>,
    /// Opened with the first batch, and again after it could not be.
    database: Option<Database>,
}

/// Says why a batch was not committed.
enum Failure {
    /// Another node was faster, or holds a lock: nothing was written, running again settles it.
    Again(DbErr),
    /// A statement failed, or an answer function: nothing was written, alone each may pass.
    Statement(String),
    /// The database cannot be reached: nothing was written.
    Connection(DbErr),
    /// The commit was sent and nobody knows its end.
    Unknown(DbErr),
}

impl Writer {
    pub(crate) fn new(core: Arc<Core>) -> Self {
        Self { core, database: None }
    }

    pub(crate) fn batch_size(&self) -> usize {
        self.core.options.batch_size
    }

    /// Runs a batch and answers every ticket, whether or not somebody still waits.
    pub(crate) async fn run(&mut self, tickets: Vec<Ticket>) {
        let (submissions, replies): (Vec<_>, Vec<_>) =
            tickets.into_iter().map(|ticket| (ticket.submission, ticket.reply)).unzip();
        let outcomes = match self.attempt(&submissions, MOST_ATTEMPTS).await {
            Ok(outcomes) => outcomes,
            Err(Failure::Statement(_) | Failure::Again(_)) if submissions.len() > 1 => {
                self.run_alone(&submissions).await
            }
            Err(failure) => vec![Err(failure.into()); submissions.len()],
        };
        for (reply, outcome) in replies.into_iter().zip(outcomes) {
            // A caller that went away does not matter: the work is done and its receipt is stored.
            let _ = reply.send(outcome);
        }
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
                Err(Failure::Again(error)) if attempt < most => {
                    tracing::debug!(attempt, error = %error, "a batch of the ledger runs again");
                    attempt += 1;
                }
                other => return other,
            }
        }
    }

    /// Runs the batch in one transaction. A database that falls silent is left, with the connection to it.
    async fn commit(&mut self, submissions: &[Submission]) -> Result<Vec<Outcome>, Failure> {
        let database = self.connect().await?;
        let prepared = in_time(async { Ok(self.prepare(&database, submissions).await) }).await;
        let (tx, outcomes) = match prepared {
            Ok(prepared) => prepared?,
            Err(silence) => {
                self.database = None;
                return Err(Failure::Connection(silence));
            }
        };
        let committed = in_time(tx.commit()).await;
        if matches!(committed, Err(DbErr::Conn(_))) {
            self.database = None;
        }
        committed.map_err(Failure::Unknown)?;
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
        let mut book = self.core.book(&tx, &news, &[], true).await.map_err(before_commit)?;
        let keys: Vec<_> =
            submissions.iter().filter_map(|submission| submission.receipt.as_ref()).map(key).collect();
        let mut desk = Desk { stored: find_all(&tx, &keys).await.map_err(before_commit)?, fresh: Vec::new() };
        let outcomes = submissions.iter().map(|submission| desk.serve(&mut book, submission)).collect();
        write(&tx, &book, &desk.fresh).await.map_err(before_commit)?;
        Ok((tx, outcomes))
    }

    async fn connect(&mut self) -> Result<Database, Failure> {
        if let Some(database) = &self.database {
            return Ok(database.clone());
        }
        let database = self.core.database.dedicated(1).await.map_err(Failure::Connection)?;
        self.database = Some(database.clone());
        Ok(database)
    }
}

/// Serves the submissions of a batch in order: replays, refuses a reused key, or decides.
struct Desk {
    stored: HashMap<(String, String), StoredReceipt>,
    fresh: Vec<StoredReceipt>,
}

impl Desk {
    fn serve(&mut self, book: &mut Book, submission: &Submission) -> Outcome {
        let known = submission.receipt.as_ref().and_then(|receipt| self.known(receipt));
        if let (Some(receipt), Some(known)) = (&submission.receipt, known) {
            if known.fingerprint != receipt.fingerprint {
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
            let (scope, key) = (receipt.scope.clone(), receipt.key.clone());
            let row = StoredReceipt::new(scope.clone(), key.clone(), receipt.fingerprint.clone(), &answer);
            self.stored.insert((scope, key), row.clone());
            self.fresh.push(row);
            answer
        });
        Ok(Submitted::Decided { items, answer })
    }

    fn known(&self, receipt: &Receipt) -> Option<&StoredReceipt> {
        self.stored.get(&(receipt.scope.clone(), receipt.key.clone()))
    }
}

fn key(receipt: &Receipt) -> (&str, &str) {
    (&receipt.scope, &receipt.key)
}

/// Sorts an error that came before the commit was sent.
fn before_commit(error: DbErr) -> Failure {
    match error {
        // Waiting for a connection took its time already.
        DbErr::Conn(_) | DbErr::ConnectionAcquire(_) => Failure::Connection(error),
        error if is_duplicate(&error) || database::is_busy(&error) => Failure::Again(error),
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
            Failure::Again(error) | Failure::Connection(error) => {
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
