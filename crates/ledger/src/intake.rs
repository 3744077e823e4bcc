//! What waits for a writer, and what the writers are at.
//!
//! Two batches that touch the same account would only wait for each other at its lock, so that the second writer stands
//! idle with its transaction open. A submission whose account is in somebody's hands therefore stays here, and so does
//! a later one that touches the same accounts: nobody is overtaken, and whoever waits is served when the account is free.
//!
//! A writer takes its share and leaves the rest to the others, which would stand idle otherwise; only what touches an account
//! of its batch comes along, since nobody else could serve it meanwhile.

use std::collections::{HashSet, VecDeque};
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use kernel::AccountId;
use tokio::sync::{Notify, oneshot};

use crate::{Submission, SubmitError, Submitted};

/// Carries a submission to a writer, and the answer back.
pub(crate) struct Ticket {
    pub(crate) submission: Submission,
    pub(crate) reply: oneshot::Sender<Result<Submitted, SubmitError>>,
}

/// Says why a ticket was not taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rejected {
    Full,
    Closed,
}

/// Holds the tickets that wait.
pub(crate) struct Intake {
    state: Mutex<State>,
    wake: Notify,
    writers: usize,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Ticket>,
    /// How many tickets the batches under way have.
    under_way: usize,
    /// The accounts of these.
    busy: HashSet<AccountId>,
    closed: bool,
}

/// A share is no smaller: a batch costs a round trip and a flush, however few it serves.
const LEAST_SHARE: usize = 32;

/// Holds the tickets of a batch, and the accounts that are kept from others until it is dropped.
pub(crate) struct Taken<'a> {
    intake: &'a Intake,
    pub(crate) tickets: Vec<Ticket>,
    count: usize,
    accounts: HashSet<AccountId>,
}

impl fmt::Debug for Intake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Intake").field("waiting", &self.state().waiting.len()).finish_non_exhaustive()
    }
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        let mut state = self.intake.state();
        state.under_way -= self.count;
        for account in &self.accounts {
            state.busy.remove(account);
        }
    }
}

impl Intake {
    /// Opens an intake that so many writers take from.
    pub(crate) fn new(writers: usize) -> Self {
        Self { state: Mutex::default(), wake: Notify::new(), writers }
    }

    /// Adds a ticket at the end.
    pub(crate) fn push(&self, ticket: Ticket, most: usize) -> Result<(), Rejected> {
        let mut state = self.state();
        if state.closed {
            return Err(Rejected::Closed);
        }
        if state.waiting.len() >= most {
            return Err(Rejected::Full);
        }
        // Whoever holds one of its accounts looks again when that batch is done.
        let is_free = accounts(&ticket).all(|account| !state.busy.contains(&account));
        state.waiting.push_back(ticket);
        drop(state);
        if is_free {
            self.wake.notify_one();
        }
        Ok(())
    }

    /// Takes no more tickets.
    pub(crate) fn close(&self) {
        self.state().closed = true;
        self.wake.notify_waiters();
    }

    /// Waits for tickets that can be served and takes them, up to about `most` transfers; none when all is done.
    pub(crate) async fn take(&self, most: usize) -> Option<Taken<'_>> {
        loop {
            let woken = self.wake.notified();
            // Callers that were answered together ask again together: let those that can run come first.
            tokio::task::yield_now().await;
            {
                let mut state = self.state();
                let share = (state.waiting.len() + state.under_way).div_ceil(self.writers).max(LEAST_SHARE);
                let (tickets, accounts) = state.take(share, most);
                if !tickets.is_empty() {
                    if !state.waiting.is_empty() {
                        self.wake.notify_one();
                    }
                    drop(state);
                    return Some(Taken { intake: self, count: tickets.len(), tickets, accounts });
                }
                if state.closed && state.waiting.is_empty() {
                    // The other writers may sleep over tickets that are served by now.
                    self.wake.notify_waiters();
                    return None;
                }
            }
            woken.await;
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing panics while it is held, and a queue is whole between any two steps.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Takes a share of what touches no account of a batch under way, nor one that an earlier ticket waits for, with whatever
    /// touches the same accounts.
    fn take(&mut self, share: usize, most: usize) -> (Vec<Ticket>, HashSet<AccountId>) {
        let (mut taken, mut mine, mut size) = (Vec::new(), HashSet::new(), 0);
        let mut left = VecDeque::new();
        let mut wanted = HashSet::new();
        while size < most {
            let Some(ticket) = self.waiting.pop_front() else { break };
            let is_free = accounts(&ticket).all(|id| !self.busy.contains(&id) && !wanted.contains(&id));
            if is_free && (taken.len() < share || accounts(&ticket).any(|id| mine.contains(&id))) {
                size += count(&ticket);
                mine.extend(accounts(&ticket));
                taken.push(ticket);
            } else {
                wanted.extend(accounts(&ticket));
                left.push_back(ticket);
            }
        }
        self.under_way += taken.len();
        self.busy.extend(&mine);
        left.append(&mut self.waiting);
        self.waiting = left;
        (taken, mine)
    }
}

/// Names the accounts of a ticket, as far as it names them: what refers to another transfer meets others at the lock.
fn accounts(ticket: &Ticket) -> impl Iterator<Item = AccountId> + '_ {
    let named = ticket.submission.items.iter().flatten().filter_map(|new| new.action.accounts());
    named.flat_map(|(debit, credit)| [debit, credit])
}

/// Counts the transfers of a submission; one without any still takes a place.
pub(crate) fn count(ticket: &Ticket) -> usize {
    ticket.submission.items.iter().map(Vec::len).sum::<usize>().max(1)
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;
    use kernel::{Currency, Money, TransferId};
    use uuid::Uuid;

    use super::*;
    use crate::{Action, NewTransfer, Posting};

    /// Makes a payment from one account to another, all given as numbers.
    fn payment(number: u128, debit: u128, credit: u128) -> NewTransfer {
        let account = |number| AccountId::from_uuid(Uuid::from_u128(number));
        let (debit, credit, amount) = (account(debit), account(credit), Money::new(1, Currency::GBP));
        let id = TransferId::from_uuid(Uuid::from_u128(number));
        NewTransfer::new(id, Action::Post { debit, credit, amount }, "test")
    }

    /// Queues one.
    fn push(intake: &Intake, number: u128, debit: u128, credit: u128) {
        let new = payment(number, debit, credit);
        let (reply, _) = oneshot::channel();
        let ticket = Ticket { submission: Submission::new(Posting::SYSTEM, vec![vec![new]]), reply };
        intake.push(ticket, 100).unwrap();
    }

    fn numbers(taken: &Taken<'_>) -> Vec<u128> {
        let ids = taken.tickets.iter().map(|ticket| ticket.submission.items[0][0].id);
        ids.map(|id| id.uuid().as_u128()).collect()
    }

    #[tokio::test]
    async fn who_touches_a_busy_account_waits_and_nobody_on_the_same_accounts_passes_by() {
        let intake = Intake::new(2);
        push(&intake, 1, 100, 200);
        push(&intake, 2, 100, 300);
        let first = intake.take(10).await.unwrap();
        assert_eq!(numbers(&first), [1, 2], "one batch may touch an account twice");
        push(&intake, 3, 300, 400);
        push(&intake, 4, 400, 500);
        push(&intake, 5, 600, 700);
        let second = intake.take(10).await.unwrap();
        assert_eq!(numbers(&second), [5], "3 waits for 300, and 4 for what 3 wants");
        assert!(intake.take(10).now_or_never().is_none());
        drop(first);
        assert_eq!(numbers(&intake.take(10).await.unwrap()), [3, 4]);
        assert_eq!(format!("{intake:?}"), "Intake { waiting: 0, .. }");
        drop(second);
        assert!(intake.state().busy.is_empty(), "what is done keeps no account");
        assert_eq!(intake.state().under_way, 0);
    }

    #[tokio::test]
    async fn who_leaves_something_wakes_another_writer() {
        let intake = Intake::new(2);
        let pairs = || (1..=80).map(|number| (number, 100 * number, 100 * number + 1));
        pairs().for_each(|(number, debit, credit)| push(&intake, number, debit, credit));
        let busy = [intake.take(100).await.unwrap(), intake.take(100).await.unwrap()];
        let mut other = std::pin::pin!(intake.take(100));
        // Each time it is woken it lets others go first, and then looks; the pushes have woken it once.
        for _ in 0..4 {
            assert!(other.as_mut().now_or_never().is_none());
        }
        // Nobody is woken for these: the accounts are busy.
        pairs().for_each(|(number, debit, credit)| push(&intake, 100 + number, debit, credit));
        drop(busy);
        let half = intake.take(100).await.unwrap();
        assert!(other.as_mut().now_or_never().is_none());
        let rest = other.now_or_never().expect("it was woken").unwrap();
        assert_eq!((half.tickets.len(), rest.tickets.len()), (40, 40));
    }

    #[tokio::test]
    async fn each_writer_takes_its_share_and_what_only_it_can_serve() {
        let intake = Intake::new(2);
        for number in 1..=80 {
            push(&intake, number, 100 * number, 100 * number + 1);
        }
        push(&intake, 81, 100, 200);
        push(&intake, 82, 300, 8_000);
        push(&intake, 83, 400, 8_000);
        let first = intake.take(100).await.unwrap();
        let share: Vec<_> = (1..=42).chain([81]).collect();
        assert_eq!(
            numbers(&first),
            share,
            "81 is on its accounts; 82 waits for an account of one that is left"
        );
        let second = intake.take(100).await.unwrap();
        assert_eq!(numbers(&second), (43..=80).collect::<Vec<_>>(), "82 and 83 are on accounts of both");
        drop(first);
        assert!(intake.take(100).now_or_never().is_none());
        drop(second);
        assert_eq!(numbers(&intake.take(100).await.unwrap()), [82, 83]);
        let few = Intake::new(2);
        for number in 1..=10 {
            push(&few, number, 100 * number, 100 * number + 1);
        }
        assert_eq!(few.take(100).await.unwrap().tickets.len(), 10, "a few are not worth two batches");
    }

    #[tokio::test]
    async fn a_batch_ends_at_its_size_and_a_closed_intake_is_emptied_first() {
        let intake = Intake::new(2);
        for number in 1..=3 {
            push(&intake, number, 100 * number, 100 * number + 1);
        }
        assert_eq!(numbers(&intake.take(2).await.unwrap()), [1, 2]);
        intake.close();
        assert_eq!(numbers(&intake.take(2).await.unwrap()), [3]);
        assert!(intake.take(2).await.is_none());
    }

    #[test]
    fn a_submission_counts_its_transfers_and_at_least_one() {
        let new = payment(1, 100, 200);
        let groups = [
            (Vec::new(), 1),
            (vec![vec![new.clone()]], 1),
            (vec![vec![new.clone(), new.clone()], vec![new]], 3),
        ];
        for (items, wanted) in groups {
            let submission = Submission::new(Posting::SYSTEM, items);
            assert_eq!(count(&Ticket { submission, reply: oneshot::channel().0 }), wanted);
        }
    }

    #[tokio::test]
    async fn a_full_or_closed_intake_says_so() {
        let intake = Intake::new(2);
        let ticket = || Ticket {
            submission: Submission::new(Posting::SYSTEM, Vec::new()),
            reply: oneshot::channel().0,
        };
        assert_eq!(intake.push(ticket(), 1), Ok(()));
        assert_eq!(intake.push(ticket(), 1), Err(Rejected::Full));
        intake.close();
        assert_eq!(intake.push(ticket(), 2), Err(Rejected::Closed));
    }
}
