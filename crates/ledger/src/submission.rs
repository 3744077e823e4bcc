//! What is handed to the group commit, and what comes back.

use std::sync::Arc;
use std::time::Duration;

use kernel::AccountId;
use thiserror::Error;

use crate::receipts::ReceiptKey;
use crate::{NewTransfer, Posted, Posting, Refusal};

/// Tells what became of one item: every transfer of it stands in the journal, or none.
pub type ItemOutcome = Result<Vec<Posted>, Refusal>;

/// Holds the answer to a request, ready to be sent and stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body, JSON.
    pub body: String,
}

/// Turns the outcomes of a submission's items, in order, into the answer; pure, since a batch may run again.
pub type AnswerFn = Arc<dyn Fn(&[ItemOutcome]) -> Answer + Send + Sync>;

/// Asks for the answer to be stored with the work and replayed when the request is repeated.
#[derive(Clone)]
pub struct Receipt {
    /// Names the request.
    pub key: ReceiptKey,
    /// Makes the answer.
    pub answer: AnswerFn,
    /// Says that the answer to one transfer, made by itself, depends on that transfer alone: then only its id is kept, and
    /// a repeated request has its own function make the answer again.
    pub shows_transfer: bool,
}

/// Hands transfers to [`crate::Ledger::submit`].
#[derive(Clone)]
pub struct Submission {
    /// Who posts, under which rules.
    pub posting: Posting,
    /// Items are decided in order, each by itself; the transfers of one item are linked, all or none.
    pub items: Vec<Vec<NewTransfer>>,
    /// Stores the answer with the work.
    pub receipt: Option<Receipt>,
    /// What the caller's judgement rested on; compared while the accounts are locked.
    pub seen: Vec<Seen>,
}

/// Says how often rights to an account had changed when somebody's right to it was judged.
///
/// A judgement may so be remembered for a while: it counts only if it still holds under the account's lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The account, one that a transfer of the submission moves money on.
    pub account: AccountId,
    /// Its [`crate::Account::access_version`].
    pub access_version: i64,
}

impl Submission {
    /// Hands over items without a receipt, judged by nothing that may have changed.
    pub fn new(posting: Posting, items: Vec<Vec<NewTransfer>>) -> Self {
        Self { posting, items, receipt: None, seen: Vec::new() }
    }
}

/// Tells what became of a submission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Submitted {
    /// It was decided now and is durable.
    Decided {
        /// What became of each item, in order.
        items: Vec<ItemOutcome>,
        /// The answer that was stored, when a receipt was asked for.
        answer: Option<Answer>,
    },
    /// It was decided before: the stored answer.
    Replayed(Answer),
}

/// Says why a submission was not decided.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SubmitError {
    /// The queue is full; nothing was done.
    #[error("the ledger is busy")]
    Overloaded {
        /// When to try again.
        retry_after: Duration,
    },
    /// The key was used for another request; nothing was done.
    #[error("the key was used for another request")]
    KeyReused,
    /// Rights to an account have changed since they were judged: judge again. Nothing was done.
    #[error("rights to the account have changed")]
    AccessChanged,
    /// The commit was sent and its end is not known: repeat the same ids and key to learn it.
    #[error("it is not known whether the transfer was made; repeat it with the same key")]
    Unknown,
    /// The ledger is stopping; nothing was done.
    #[error("the ledger is stopping")]
    Stopped,
    /// The database failed before the commit; nothing was done.
    #[error("the ledger cannot write: {0}")]
    Storage(String),
}
