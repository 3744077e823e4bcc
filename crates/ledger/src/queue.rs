//! The queue in front of the writers.
//!
//! On PostgreSQL there are two: while one decides, the database works for the other. SQLite has one write lock, and so one
//! writer. Writers of other nodes meet these at the accounts' locks, which all take in id order.

use std::sync::Arc;
use std::time::Duration;

use database::Engine;
use metrics::{counter, histogram};
use tokio::sync::{oneshot, watch};

use crate::batch::Writer;
use crate::intake::{Intake, Rejected, Ticket, count};
use crate::ledger::Core;
use crate::{Submission, SubmitError, Submitted};

/// Holds the near end of the queue; the writers end when it is stopped or gone, and what was queued is answered.
#[derive(Debug)]
pub(crate) struct Queue {
    intake: Arc<Intake>,
    done: watch::Receiver<()>,
    size: usize,
    retry_after: Duration,
}

impl Queue {
    /// Starts the writers.
    pub(crate) fn start(core: &Arc<Core>) -> Self {
        let writers = writers(core.database.engine());
        let intake = Arc::new(Intake::new(writers));
        let (finished, done) = watch::channel(());
        for _ in 0..writers {
            let (intake, finished) = (intake.clone(), finished.clone());
            let (writer, batch_size) = (Writer::new(core.clone()), core.options.batch_size);
            tokio::spawn(async move {
                work(writer, &intake, batch_size).await;
                drop(finished);
            });
        }
        Self { intake, done, size: core.options.queue_size.max(1), retry_after: core.options.retry_after }
    }

    /// Queues a submission and waits for its outcome.
    pub(crate) async fn submit(&self, submission: Submission) -> Result<Submitted, SubmitError> {
        let (reply, answered) = oneshot::channel();
        match self.intake.push(Ticket { submission, reply }, self.size) {
            Ok(()) => answered.await.unwrap_or(Err(SubmitError::Unknown)),
            Err(Rejected::Full) => {
                counter!("florin_ledger_overloaded_total").increment(1);
                Err(SubmitError::Overloaded { retry_after: self.retry_after })
            }
            Err(Rejected::Closed) => Err(SubmitError::Stopped),
        }
    }

    /// Closes the queue and waits until it is empty.
    pub(crate) async fn stop(&self) {
        self.intake.close();
        // It never changes: the wait ends when the last writer drops its end.
        let _ = self.done.clone().changed().await;
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        self.intake.close();
    }
}

fn writers(engine: Engine) -> usize {
    match engine {
        Engine::Postgres => 2,
        Engine::Sqlite => 1,
    }
}

/// Writes batch after batch until the queue is closed and empty, without a timer: the more callers wait, the larger
/// the batch.
async fn work(mut writer: Writer, intake: &Intake, batch_size: usize) {
    while let Some(mut taken) = intake.take(batch_size).await {
        let size = taken.tickets.iter().map(count).sum::<usize>();
        histogram!("florin_ledger_batch_transfers").record(u32::try_from(size).unwrap_or(u32::MAX));
        let answers = writer.run(std::mem::take(&mut taken.tickets)).await;
        // The accounts are free before anybody learns of it, and asks again.
        drop(taken);
        for (reply, outcome) in answers {
            // A caller that went away does not matter: the work is done and its receipt is stored.
            let _ = reply.send(outcome);
        }
    }
}

#[cfg(test)]
mod tests {
    use kernel::{Clock, Random};

    use super::*;
    use crate::LedgerOptions;
    use crate::lines::Lines;

    #[test]
    fn postgresql_has_two_writers_and_sqlite_its_one() {
        assert_eq!([Engine::Postgres, Engine::Sqlite].map(writers), [2, 1]);
    }

    #[tokio::test]
    async fn the_writers_end_when_nobody_can_submit_any_more() {
        let database = database::testing::fresh().await;
        let (clock, random, options) = (Clock::system(), Random::system(), LedgerOptions::default());
        let core = Core { database: database.clone(), clock, random, options, lines: Lines::default() };
        let queue = Queue::start(&Arc::new(core));
        let mut done = queue.done.clone();
        drop(queue);
        let ended = tokio::time::timeout(Duration::from_secs(20), done.changed());
        assert!(ended.await.expect("they end").is_err(), "the last one dropped its end");
    }
}
