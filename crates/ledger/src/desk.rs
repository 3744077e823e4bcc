//! What becomes of each submission of a batch, decided without a look at the database.

use std::collections::HashMap;

use uuid::Uuid;

use crate::batch::Outcome;
use crate::decide::{Book, decide};
use crate::receipts::StoredReceipt;
use crate::{Answer, Receipt, Submission, SubmitError, Submitted};

/// Serves the submissions of a batch in order: replays, refuses a reused key, or decides.
struct Desk {
    /// Answers given before, by the ids of their keys.
    stored: HashMap<Uuid, StoredReceipt>,
    /// Answers given now, likewise, each with the fingerprint of what was asked.
    given: HashMap<Uuid, (Uuid, Answer)>,
    /// What is to be stored of these.
    fresh: Vec<StoredReceipt>,
}

/// Returns what becomes of each submission, and the answers to be stored; `stored` are those given before.
pub(crate) fn serve(
    book: &mut Book,
    submissions: &[Submission],
    stored: HashMap<Uuid, StoredReceipt>,
) -> (Vec<Outcome>, Vec<StoredReceipt>) {
    let mut desk = Desk { stored, given: HashMap::new(), fresh: Vec::new() };
    let outcomes = submissions.iter().map(|submission| desk.serve(book, submission)).collect();
    (outcomes, desk.fresh)
}

impl Desk {
    fn serve(&mut self, book: &mut Book, submission: &Submission) -> Outcome {
        let known = submission.receipt.as_ref().and_then(|receipt| self.known(receipt));
        if let (Some(receipt), Some((fingerprint, answer))) = (&submission.receipt, known) {
            if fingerprint != receipt.key.fingerprint {
                return Err(SubmitError::KeyReused);
            }
            return Ok(Submitted::Replayed(answer));
        }
        if submission.seen.iter().any(|seen| !book.still_stands(seen)) {
            return Err(SubmitError::AccessChanged);
        }
        let items: Vec<_> =
            submission.items.iter().map(|item| decide(book, &submission.posting, item)).collect();
        let answer = submission.receipt.as_ref().map(|receipt| {
            let answer = (receipt.answer)(&items);
            let given = (receipt.key.fingerprint, answer.clone());
            self.given.insert(receipt.key.id, given);
            self.fresh.push(StoredReceipt::new(receipt, &items, &answer));
            answer
        });
        Ok(Submitted::Decided { items, answer })
    }

    /// Returns what was answered under a key, and the fingerprint of what had been asked.
    fn known(&self, receipt: &Receipt) -> Option<(Uuid, Answer)> {
        if let Some(given) = self.given.get(&receipt.key.id) {
            return Some(given.clone());
        }
        let stored = self.stored.get(&receipt.key.id)?;
        Some((stored.fingerprint, stored.answer_by(&receipt.answer)))
    }
}
