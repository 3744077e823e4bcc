//! What becomes of each submission of a batch, decided without a look at the database.

use std::collections::HashMap;

use uuid::Uuid;

use crate::batch::Outcome;
use crate::decide::{Book, decide};
use crate::receipts::StoredReceipt;
use crate::{Receipt, Submission, SubmitError, Submitted};

/// Serves the submissions of a batch in order: replays, refuses a reused key, or decides.
#[derive(Default)]
pub(crate) struct Desk {
    /// Answers given before, by the ids of their keys.
    pub(crate) stored: HashMap<Uuid, StoredReceipt>,
    /// Answers given now.
    pub(crate) fresh: Vec<StoredReceipt>,
}

impl Desk {
    /// Returns what becomes of each submission, and the answers to be stored.
    pub(crate) fn serve_all(
        mut self,
        book: &mut Book,
        submissions: &[Submission],
    ) -> (Vec<Outcome>, Vec<StoredReceipt>) {
        let outcomes = submissions.iter().map(|submission| self.serve(book, submission)).collect();
        (outcomes, self.fresh)
    }

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
