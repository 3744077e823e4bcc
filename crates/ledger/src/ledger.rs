//! The handle through which everything is posted.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use chrono::NaiveDate;
use chrono_tz::Tz;
use database::{Database, Tx};
use kernel::clock::date_in;
use kernel::{AccountId, Clock, Instant, Random, TransferId};
use sea_orm::{ConnectionTrait, DbErr};
use thiserror::Error;

use crate::decide::{Book, Row, decide, expire};
use crate::lines::Lines;
use crate::load::{Care, Wanted, load, overdue_accounts, set_business_date};
use crate::queue::Queue;
use crate::seal::{Journal, SealError, Sealed, seal_remembering};
use crate::write::write;
use crate::{
    Account, NewTransfer, Posted, Posting, Refusal, Submission, SubmitError, Submitted, accounts, plain,
};

/// Sets how the ledger works; [`Default`] suits a server.
#[derive(Clone, Debug)]
pub struct LedgerOptions {
    /// The bank's time zone: the business day follows it until [`Ledger::advance_business_date`] is used.
    pub zone: Tz,
    /// From how many transfers on a group commit takes no further submission.
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
    core: Arc<Core>,
    queue: OnceLock<Queue>,
}

/// Holds the inputs that the handle and its writer share.
#[derive(Debug)]
pub(crate) struct Core {
    pub(crate) database: Database,
    pub(crate) clock: Clock,
    pub(crate) random: Random,
    pub(crate) options: LedgerOptions,
    /// What the sealer knows of accounts.
    pub(crate) lines: Lines,
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
        let core = Arc::new(Core { database, clock, random, options, lines: Lines::default() });
        Self { inner: Arc::new(Inner { core, queue: OnceLock::new() }) }
    }

    /// Posts linked transfers, all or none, in the caller's transaction.
    ///
    /// Locks the accounts in id order, reads, decides, and writes with one statement. Transfers that stand in
    /// the journal with the same ids and content are answered from there. Call it once per transaction and
    /// with everything: a second call takes further locks, which may meet another transaction's.
    ///
    /// # Errors
    /// [`PostError::Refused`] with the first refusal in the order of [`Refusal`]; [`PostError::Storage`].
    pub async fn post(
        &self,
        tx: &Tx,
        posting: &Posting,
        transfers: &[NewTransfer],
    ) -> Result<Vec<Posted>, PostError> {
        let core = &self.inner.core;
        let mut book = core.book(tx, &transfers.iter().collect::<Vec<_>>(), &[], Care::FULL).await?;
        let posted = decide(&mut book, posting, transfers)?;
        write(tx, &book, &[]).await?;
        Ok(posted)
    }

    /// Decides what [`Ledger::post`] would at this moment, and writes nothing: the rows that it would write, with the
    /// balances after each, in the order of `transfers`. None for transfers that stand in the journal already.
    ///
    /// Locks as a posting does, so that the caller's transaction should end at once.
    ///
    /// # Errors
    /// As [`Ledger::post`].
    pub async fn foresee(
        &self,
        tx: &Tx,
        posting: &Posting,
        transfers: &[NewTransfer],
    ) -> Result<Vec<Row>, PostError> {
        let core = &self.inner.core;
        let mut book = core
            .book(tx, &transfers.iter().collect::<Vec<_>>(), &[], Care { look_up: false, lock: true })
            .await?;
        decide(&mut book, posting, transfers)?;
        // Holds whose time is over are given back on the way; they are no part of what was asked.
        let asked = |row: &&Row| transfers.iter().any(|new| new.id == row.transfer.id);
        Ok(book.rows().iter().filter(asked).cloned().collect())
    }

    /// Posts through the group commit and returns when the outcome is durable. Never call it inside a transaction.
    ///
    /// A caller that stops waiting loses the answer, not the work. A repeated receipt key gets the stored
    /// answer, also when its twin is still in the queue.
    ///
    /// # Errors
    /// [`SubmitError::Overloaded`] and [`SubmitError::Stopped`] at once; [`SubmitError::KeyReused`],
    /// [`SubmitError::Storage`], [`SubmitError::Unknown`] after the batch.
    pub async fn submit(&self, submission: Submission) -> Result<Submitted, SubmitError> {
        self.queue().submit(submission).await
    }

    /// Seals the journal as [`crate::seal::seal`] does, and remembers what it learns of accounts for the next time.
    ///
    /// # Errors
    /// As [`crate::seal::seal`].
    pub async fn seal(&self, now: Instant) -> Result<Sealed, SealError> {
        let core = &self.inner.core;
        seal_remembering::<Journal>(&core.database, &core.lines, now).await
    }

    /// Takes no more submissions and returns when those that were queued are answered.
    pub async fn stop(&self) {
        self.queue().stop().await;
    }

    /// Gives all overdue holds back, and returns how many there were. Never call it inside a transaction.
    ///
    /// Postings do so for the accounts they touch; this job does it for the rest. Run it every second or two.
    ///
    /// # Errors
    /// `DbErr` when the database fails; what was given back before stays so.
    pub async fn expire_holds(&self) -> Result<u64, DbErr> {
        let core = &self.inner.core;
        let mut expired = 0;
        loop {
            let accounts = overdue_accounts(core.database.latest(), core.clock.now()).await?;
            if accounts.is_empty() {
                return Ok(expired);
            }
            let tx = core.database.begin().await?;
            let book = core.book(&tx, &[], &accounts, Care::FULL).await?;
            write(&tx, &book, &[]).await?;
            tx.commit().await?;
            if book.rows().is_empty() {
                // Another node gave them back meanwhile; what else could keep one is for the proof to find.
                return Ok(expired);
            }
            expired += book.rows().len() as u64;
        }
    }

    /// Returns the bank's current day.
    ///
    /// # Errors
    /// `DbErr` when the database fails.
    pub async fn business_date(&self, connection: &impl ConnectionTrait) -> Result<NaiveDate, DbErr> {
        Ok(set_business_date(connection).await?.unwrap_or_else(|| self.inner.core.clock_date()))
    }

    /// Finds an account with the bank's current day, in one round trip.
    ///
    /// # Errors
    /// `DbErr` when the database fails.
    pub async fn account_today(
        &self,
        connection: &impl ConnectionTrait,
        id: AccountId,
    ) -> Result<Option<(Account, NaiveDate)>, DbErr> {
        Ok(self.today(accounts::find_on_its_day(connection, id).await?))
    }

    /// Finds an account for a show, with the business day as it is now.
    ///
    /// Costs a share of a round trip: those who look at this moment share the statement.
    ///
    /// # Errors
    /// `DbErr` when the database fails.
    pub async fn show_today(
        &self,
        database: &Database,
        id: AccountId,
    ) -> Result<Option<(Account, NaiveDate)>, DbErr> {
        Ok(self.today(accounts::gather_on_its_day(database, id).await?))
    }

    fn today(&self, found: Option<(Account, Option<NaiveDate>)>) -> Option<(Account, NaiveDate)> {
        found.map(|(account, set)| (account, set.unwrap_or_else(|| self.inner.core.clock_date())))
    }

    /// Returns the instant by the ledger's clock.
    pub(crate) fn now(&self) -> Instant {
        self.inner.core.clock.now()
    }

    fn queue(&self) -> &Queue {
        self.inner.queue.get_or_init(|| Queue::start(&self.inner.core))
    }
}

impl Core {
    /// Reads the book of a batch of plain transfers, outside a transaction: see [`plain::read`].
    pub(crate) async fn plain_book(
        &self,
        connection: &impl ConnectionTrait,
        news: &[&NewTransfer],
    ) -> Result<Option<Book>, DbErr> {
        plain::read(connection, news, self.clock.now(), self.clock_date()).await
    }

    /// Loads the book of a batch, and gives back what is overdue on its accounts.
    pub(crate) async fn book(
        &self,
        tx: &Tx,
        news: &[&NewTransfer],
        accounts: &[AccountId],
        care: Care,
    ) -> Result<Book, DbErr> {
        let (now, clock_date) = (self.clock.now(), self.clock_date());
        let wanted = Wanted { news, accounts, now, clock_date, care };
        let mut loaded = load(tx, &wanted).await?;
        for hold in loaded.overdue {
            expire(&mut loaded.book, hold, TransferId::generate(now, &self.random));
        }
        Ok(loaded.book)
    }

    fn clock_date(&self) -> NaiveDate {
        date_in(self.clock.now(), self.options.zone)
    }
}
