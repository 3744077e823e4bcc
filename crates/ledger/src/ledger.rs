//! The handle through which everything is posted.

use std::sync::Arc;
use std::time::Duration;

use chrono::NaiveDate;
use chrono_tz::Tz;
use database::{Database, Tx};
use kernel::{Clock, Random, clock::date_in};
use sea_orm::DbErr;
use thiserror::Error;

use crate::{NewTransfer, Posted, Posting, Refusal, Submission, SubmitError, Submitted};

/// Sets how the ledger works; [`Default`] suits a server.
#[derive(Clone, Debug)]
pub struct LedgerOptions {
    /// The bank's time zone: the business day follows it until [`crate::periods::advance_business_date`] is used.
    pub zone: Tz,
    /// The most transfers of one group commit.
    pub batch_size: usize,
    /// The most submissions that wait; one more is [`SubmitError::Overloaded`].
    pub queue_size: usize,
    /// What an overloaded caller is told to wait.
    pub retry_after: Duration,
}

impl Default for LedgerOptions {
    fn default() -> Self {
        Self { zone: Tz::UTC, batch_size: 750, queue_size: 4096, retry_after: Duration::from_secs(1) }
    }
}

/// Posts transfers, alone in a caller's transaction or many together; clones share one writer.
#[derive(Clone, Debug)]
pub struct Ledger {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    database: Database,
    clock: Clock,
    random: Random,
    options: LedgerOptions,
}

/// Says why [`Ledger::post`] did not post.
#[derive(Debug, Error)]
pub enum PostError {
    /// The rules of the ledger say no; nothing was written, and the transaction can go on.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The database failed; the transaction must be rolled back.
    #[error(transparent)]
    Storage(#[from] DbErr),
}

impl Ledger {
    /// Takes the database and the inputs; the writer starts with the first submission.
    pub fn new(database: Database, clock: Clock, random: Random, options: LedgerOptions) -> Self {
        Self { inner: Arc::new(Inner { database, clock, random, options }) }
    }

    /// Posts linked transfers, all or none, in the caller's transaction.
    ///
    /// Locks the accounts in id order, reads, decides, and writes with one statement. Transfers whose ids stand
    /// in the journal with the same content are answered from there. Call it once per transaction, or with
    /// accounts in id order: two calls lock twice.
    ///
    /// # Errors
    /// [`PostError::Refused`] with the first refusal in the order of [`Refusal`], then [`PostError::Storage`].
    pub async fn post(
        &self,
        _tx: &Tx,
        _posting: &Posting,
        _transfers: &[NewTransfer],
    ) -> Result<Vec<Posted>, PostError> {
        Err(DbErr::Custom("not built yet".to_owned()).into())
    }

    /// Posts through the group commit and returns when the outcome is durable. Never call it inside a transaction.
    ///
    /// A caller that stops waiting loses the answer, not the work.
    ///
    /// # Errors
    /// [`SubmitError::Overloaded`] and [`SubmitError::Stopped`] at once; [`SubmitError::KeyReused`],
    /// [`SubmitError::Storage`], [`SubmitError::Unknown`] after the batch.
    pub async fn submit(&self, _submission: Submission) -> Result<Submitted, SubmitError> {
        Err(SubmitError::Stopped)
    }

    /// Takes no more submissions and returns when those queued are answered.
    pub async fn stop(&self) {}

    /// Returns the business day by the clock alone, in the bank's zone.
    pub fn clock_date(&self) -> NaiveDate {
        date_in(self.inner.clock.now(), self.inner.options.zone)
    }
}
