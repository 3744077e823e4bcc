//! The queue in front of the one writer.

use std::sync::Arc;

use metrics::{counter, histogram};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{Notify, mpsc, oneshot, watch};

use crate::batch::Writer;
use crate::ledger::Core;
use crate::{Submission, SubmitError, Submitted};

/// Carries a submission to the writer, and the answer back.
pub(crate) struct Ticket {
    pub(crate) submission: Submission,
    pub(crate) reply: oneshot::Sender<Result<Submitted, SubmitError>>,
}

/// Holds the near end of the queue; the writer ends when every copy is gone.
#[derive(Debug)]
pub(crate) struct Queue {
    sender: mpsc::Sender<Ticket>,
    stop: Arc<Notify>,
    done: watch::Receiver<()>,
    retry_after: std::time::Duration,
}

impl Queue {
    /// Starts the writer.
    pub(crate) fn start(core: &Arc<Core>) -> Self {
        let (sender, receiver) = mpsc::channel(core.options.queue_size.max(1));
        let (finished, done) = watch::channel(());
        let stop = Arc::new(Notify::new());
        let writer = Writer::new(core.clone());
        let stopping = stop.clone();
        tokio::spawn(async move {
            work(writer, receiver, &stopping).await;
            drop(finished);
        });
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

/// Takes what is queued, without a timer: the more callers wait, the larger the batch.
async fn work(mut writer: Writer, mut receiver: mpsc::Receiver<Ticket>, stop: &Notify) {
    loop {
        let first = tokio::select! {
            biased;
            () = stop.notified() => {
                receiver.close();
                receiver.recv().await
            }
            first = receiver.recv() => first,
        };
        let Some(first) = first else { return };
        let mut size = count(&first);
        let mut tickets = vec![first];
        while size < writer.batch_size() {
            let Ok(next) = receiver.try_recv() else { break };
            size += count(&next);
            tickets.push(next);
        }
        histogram!("florin_ledger_batch_transfers").record(u32::try_from(size).unwrap_or(u32::MAX));
        writer.run(tickets).await;
    }
}

/// Counts the transfers of a submission; one without any still takes a place.
fn count(ticket: &Ticket) -> usize {
    ticket.submission.items.iter().map(Vec::len).sum::<usize>().max(1)
}
