//! The queue in front of the writers.
//!
//! On PostgreSQL there are two: while one decides, the database works for the other. They meet only at the accounts'
//! locks, which both take in id order, as writers of other nodes do. SQLite has one write lock, and so one writer.

use std::sync::Arc;

use database::Engine;
use metrics::{counter, histogram};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{Mutex, Notify, mpsc, oneshot, watch};

use crate::batch::Writer;
use crate::ledger::Core;
use crate::{Submission, SubmitError, Submitted};

/// Carries a submission to the writer, and the answer back.
pub(crate) struct Ticket {
    pub(crate) submission: Submission,
    pub(crate) reply: oneshot::Sender<Result<Submitted, SubmitError>>,
}

/// The far end of the queue; whoever holds it takes the next batch.
type Intake = Arc<Mutex<mpsc::Receiver<Ticket>>>;

/// Holds the near end of the queue; the writers end when every copy is gone.
#[derive(Debug)]
pub(crate) struct Queue {
    sender: mpsc::Sender<Ticket>,
    stop: Arc<Notify>,
    done: watch::Receiver<()>,
    retry_after: std::time::Duration,
}

impl Queue {
    /// Starts the writers.
    pub(crate) fn start(core: &Arc<Core>) -> Self {
        let (sender, receiver) = mpsc::channel(core.options.queue_size.max(1));
        let (finished, done) = watch::channel(());
        let stop = Arc::new(Notify::new());
        let intake: Intake = Arc::new(Mutex::new(receiver));
        for _ in 0..writers(core.database.engine()) {
            let (intake, stop, finished) = (intake.clone(), stop.clone(), finished.clone());
            let writer = Writer::new(core.clone());
            tokio::spawn(async move {
                work(writer, intake, &stop).await;
                drop(finished);
            });
        }
        Self { sender, stop, done, retry_after: core.options.retry_after }
    }

    /// Queues a submission and waits for its outcome.
    pub(crate) async fn submit(&self, submission: Submission) -> Result<Submitted, SubmitError> {
        let (reply, answered) = oneshot::channel();
        match self.sender.try_send(Ticket { submission, reply }) {
            Ok(()) => answered.await.unwrap_or(Err(SubmitError::Unknown)),
            Err(TrySendError::Full(_)) => {
                counter!("florin_ledger_overloaded_total").increment(1);
                Err(SubmitError::Overloaded { retry_after: self.retry_after })
            }
            Err(TrySendError::Closed(_)) => Err(SubmitError::Stopped),
        }
    }

    /// Closes the queue and waits until it is empty.
    pub(crate) async fn stop(&self) {
        self.stop.notify_one();
        // It never changes: the wait ends when the writer drops its end.
        let _ = self.done.clone().changed().await;
    }
}

fn writers(engine: Engine) -> usize {
    match engine {
        Engine::Postgres => 2,
        Engine::Sqlite => 1,
    }
}

/// Writes batch after batch until the queue is closed and empty.
async fn work(mut writer: Writer, intake: Intake, stop: &Notify) {
    while let Some(tickets) = take(&intake, stop, writer.batch_size()).await {
        writer.run(tickets).await;
    }
}

/// Takes what is queued, without a timer: the more callers wait, the larger the batch.
///
/// One writer waits here at a time; the others wait for it, or write.
async fn take(intake: &Intake, stop: &Notify, most: usize) -> Option<Vec<Ticket>> {
    let mut receiver = intake.lock().await;
    let first = tokio::select! {
        biased;
        () = stop.notified() => {
            receiver.close();
            receiver.recv().await
        }
        first = receiver.recv() => first,
    }?;
    // Callers that were answered together ask again together: let those that can run come first.
    tokio::task::yield_now().await;
    let mut size = count(&first);
    let mut tickets = vec![first];
    while size < most {
        let Ok(next) = receiver.try_recv() else { break };
        size += count(&next);
        tickets.push(next);
    }
    histogram!("florin_ledger_batch_transfers").record(u32::try_from(size).unwrap_or(u32::MAX));
    Some(tickets)
}

/// Counts the transfers of a submission; one without any still takes a place.
fn count(ticket: &Ticket) -> usize {
    ticket.submission.items.iter().map(Vec::len).sum::<usize>().max(1)
}
