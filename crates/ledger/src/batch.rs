//! One group commit: read, decide each submission in order, write, commit, answer.

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use database::{Database, Engine, Tx, in_time};
use futures_util::FutureExt;
use sea_orm::{ConnectionTrait, DbErr};
use tokio::sync::oneshot;

use crate::caution::Caution;
use crate::intake::Ticket;
use crate::ledger::Core;
use crate::load::{Care, any_known};
use crate::receipts::find_all;
use crate::write::{is_duplicate, is_outdated, write};
use crate::{NewTransfer, Submission, SubmitError, Submitted, desk, plain};

/// The connections of one writer. A batch takes one at a time; the one before it may still be on its way back to the pool, and
/// stays there for good when the server falls silent just then.
const CONNECTIONS: u32 = 2;
/// How often a batch runs when another node's commits or locks stand in its way, or a request was made before.
const MOST_ATTEMPTS: u32 = 4;
/// How often a submission runs alone, after its batch did.
const MOST_ATTEMPTS_ALONE: u32 = 2;

/// Tells what became of a submission.
pub(crate) type Outcome = Result<Submitted, SubmitError>;
/// Pairs a waiting caller with what it is to hear.
type Answered = (oneshot::Sender<Outcome>, Outcome);

/// Writes batches, on connections of its own.
pub(crate) struct Writer {
    core: Arc<Core>,
    /// Opened with the first batch, and again after it could not be.
    database: Option<Database>,
    caution: Caution,
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
        Self { core, database: None, caution: Caution::new() }
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

    /// Runs a batch until it ends, at most so many times.
    async fn attempt(&mut self, submissions: &[Submission], most: u32) -> Result<Vec<Outcome>, Failure> {
        let mut ended = self.commit_or_unwind(submissions).await;
        for attempt in 1..most {
            match ended {
                Err(Failure::Repeated(error)) => {
                    tracing::debug!(attempt, error = %error, "a batch of the ledger runs again, with a look");
                    self.caution.met_repeat();
                }
                Err(Failure::Contended(error)) => {
                    tracing::debug!(attempt, error = %error, "a batch of the ledger runs again, with locks");
                    self.caution.met_another();
                }
                _ => break,
            }
            ended = self.commit_or_unwind(submissions).await;
        }
        self.caution.end_batch();
        ended
    }

    /// Runs the batch once. An answer function that panics must not end the writer; nothing is committed before they all ran.
    async fn commit_or_unwind(&mut self, submissions: &[Submission]) -> Result<Vec<Outcome>, Failure> {
        let run = AssertUnwindSafe(self.commit(submissions)).catch_unwind();
        run.await.unwrap_or(Err(Failure::Statement("an answer could not be made".to_owned())))
    }

    /// Commits the batch. A database that falls silent is left, with the connections to it.
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
        let news: Vec<_> =
            submissions.iter().flat_map(|submission| submission.items.iter().flatten()).collect();
        if let Some(outcomes) = self.commit_plain(database, submissions, &news).await? {
            return Ok(outcomes);
        }
        let prepared = in_time(async { Ok(self.prepare(database, submissions, &news).await) }).await;
        let (tx, outcomes) = prepared.map_err(Failure::Connection).flatten()?;
        in_time(tx.commit()).await.map_err(Failure::Unknown)?;
        Ok(outcomes)
    }

    /// Runs the batch with two statements and no transaction: one reads, one writes and thereby commits. None where that
    /// is not enough: on SQLite, after somebody was met, and for whatever refers to other transfers.
    async fn commit_plain(
        &self,
        database: &Database,
        submissions: &[Submission],
        news: &[&NewTransfer],
    ) -> Result<Option<Vec<Outcome>>, Failure> {
        let is_careful = self.caution.care() != Care::NONE || database.engine() == Engine::Sqlite;
        if is_careful || !plain::are_plain(news) {
            return Ok(None);
        }
        let connection = database.primary();
        let read = in_time(self.core.plain_book(connection, news)).await;
        let Some(mut book) = read.map_err(before_commit)? else {
            return Ok(None);
        };
        let (outcomes, receipts) = desk::serve(&mut book, submissions, HashMap::new());
        if in_time(repeats(connection, submissions, &outcomes)).await.map_err(before_commit)? {
            return Err(repeated());
        }
        in_time(write(connection, &book, &receipts)).await.map_err(in_commit)?;
        self.core.lines.learn(book.changed_accounts());
        Ok(Some(outcomes))
    }

    /// Does everything in one transaction but its commit.
    async fn prepare(
        &self,
        database: &Database,
        submissions: &[Submission],
        news: &[&NewTransfer],
    ) -> Result<(Tx, Vec<Outcome>), Failure> {
        let tx = database.begin().await.map_err(before_commit)?;
        let care = self.caution.care();
        let mut book = self.core.book(&tx, news, &[], care).await.map_err(before_commit)?;
        let receipts = submissions.iter().filter_map(|submission| submission.receipt.as_ref());
        let keys: Vec<_> = receipts.filter(|_| care.look_up).map(|receipt| receipt.key.id).collect();
        let stored = find_all(&tx, &keys).await.map_err(before_commit)?;
        let (outcomes, receipts) = desk::serve(&mut book, submissions, stored);
        if !care.look_up && repeats(&tx, submissions, &outcomes).await.map_err(before_commit)? {
            return Err(repeated());
        }
        write(&tx, &book, &receipts).await.map_err(before_commit)?;
        self.core.lines.learn(book.changed_accounts());
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

/// Says whether anything that was refused without a look had been made, or answered, before: then it is no refusal.
///
/// What was accepted needs no look: the unique indexes have the last word.
async fn repeats(
    connection: &impl ConnectionTrait,
    submissions: &[Submission],
    outcomes: &[Outcome],
) -> Result<bool, DbErr> {
    let refused = submissions.iter().zip(outcomes).filter(|(_, outcome)| is_refused(outcome));
    let mut ids = Vec::new();
    for (submission, _) in refused {
        ids.extend(submission.items.iter().flatten().map(|new| new.id.uuid()));
        ids.extend(submission.receipt.as_ref().map(|receipt| receipt.key.id));
    }
    Ok(!ids.is_empty() && any_known(connection, ids.into_iter()).await?)
}

fn repeated() -> Failure {
    Failure::Repeated(DbErr::Custom("a request was made before".to_owned()))
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

/// Sorts an error of a statement that commits by itself: what the database says about it, it has not done.
fn in_commit(error: DbErr) -> Failure {
    match error {
        DbErr::ConnectionAcquire(_) => Failure::Connection(error),
        error if database::is_said_by_database(&error) => before_commit(error),
        error => Failure::Unknown(error),
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

#[cfg(test)]
mod tests {
    use std::io::{Error, ErrorKind};

    use sea_orm::RuntimeErr;

    use super::*;
    use crate::load::statement;

    #[tokio::test]
    async fn only_what_the_database_says_itself_ends_a_committing_statement_for_sure() {
        let lost = Arc::new(sea_orm::SqlxError::from(Error::from(ErrorKind::ConnectionReset)));
        let lost = DbErr::Exec(RuntimeErr::SqlxError(lost));
        assert!(matches!(in_commit(lost), Failure::Unknown(_)), "the commit may have gone through");
        let silent = DbErr::Conn(RuntimeErr::Internal("the database does not answer".to_owned()));
        assert!(matches!(in_commit(silent), Failure::Unknown(_)));
        let unsent = DbErr::ConnectionAcquire(sea_orm::ConnAcquireErr::Timeout);
        assert!(matches!(in_commit(unsent), Failure::Connection(_)), "nothing was sent");
        let database = database::testing::fresh().await;
        let connection = database.primary();
        let wrong = connection.execute_raw(statement(connection, "insert into nowhere values (1)", [])).await;
        assert!(matches!(in_commit(wrong.unwrap_err()), Failure::Statement(_)), "nothing was done");
    }
}
