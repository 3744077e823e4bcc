//! What a decision reads, and what it changed.

use std::collections::{BTreeSet, HashMap, HashSet};

use chrono::NaiveDate;
use kernel::{AccountId, Instant, TransferId};

use super::apply::Change;
use crate::{Account, Hold, Month, NewTransfer, Seen, Transfer, TransferKind};

/// Holds the accounts, transfers and holds of one decision, or of a batch of them.
#[derive(Clone, Debug)]
pub struct Book {
    /// The instant everything is booked at.
    pub now: Instant,
    /// The business day everything is booked on.
    pub business_on: NaiveDate,
    closed: BTreeSet<Month>,
    accounts: HashMap<AccountId, Account>,
    /// Where PostgreSQL keeps the rows; empty on SQLite.
    places: HashMap<AccountId, Place>,
    transfers: HashMap<TransferId, Transfer>,
    holds: HashMap<TransferId, Hold>,
    reversals: HashMap<TransferId, TransferId>,
    groups: HashMap<TransferId, Vec<TransferId>>,
    rows: Vec<Row>,
    changed_accounts: BTreeSet<AccountId>,
    changed_holds: HashSet<TransferId>,
    undo: Vec<Undo>,
}

/// Holds one accepted transfer and what its accounts hold after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The row of the journal.
    pub transfer: Transfer,
    /// The debit account's ledger balance after it.
    pub debit_balance_after: i64,
    /// The credit account's ledger balance after it.
    pub credit_balance_after: i64,
}

/// Names one version of a row of PostgreSQL's.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// Where it is kept: `(page,number)`.
    pub(crate) ctid: String,
    /// The transaction that wrote it (`xmin`): every change of the row has another.
    pub(crate) version: String,
}

/// Remembers one value as it was.
#[derive(Clone, Debug)]
enum Undo {
    Account(Account),
    Hold(TransferId, Option<Hold>),
    Reversal(TransferId),
}

/// Marks a state of the book to return to.
#[derive(Clone, Copy)]
pub(super) struct Mark {
    rows: usize,
}

impl Book {
    /// Makes an empty book for postings at `now` on the business day `business_on`.
    pub fn new(now: Instant, business_on: NaiveDate) -> Self {
        Self {
            now,
            business_on,
            closed: BTreeSet::new(),
            accounts: HashMap::new(),
            places: HashMap::new(),
            transfers: HashMap::new(),
            holds: HashMap::new(),
            reversals: HashMap::new(),
            groups: HashMap::new(),
            rows: Vec::new(),
            changed_accounts: BTreeSet::new(),
            changed_holds: HashSet::new(),
            undo: Vec::new(),
        }
    }

    /// Adds an account as the database has it.
    pub fn insert_account(&mut self, account: Account) {
        self.accounts.insert(account.id, account);
    }

    /// Notes where PostgreSQL keeps an account.
    pub(crate) fn insert_place(&mut self, account: AccountId, place: Place) {
        self.places.insert(account, place);
    }

    /// Returns what [`Book::insert_place`] noted.
    pub(crate) fn place(&self, account: AccountId) -> Option<&Place> {
        self.places.get(&account)
    }

    /// Says whether nobody's right to an account has changed since it was judged.
    pub(crate) fn still_stands(&self, seen: &Seen) -> bool {
        self.accounts.get(&seen.account).is_some_and(|account| account.access_version == seen.access_version)
    }

    /// Adds a transfer that stands in the journal.
    pub fn insert_transfer(&mut self, transfer: Transfer) {
        if let (TransferKind::Reversal, Some(of)) = (transfer.kind, transfer.of_transfer_id) {
            self.reversals.insert(of, transfer.id);
        }
        if let Some(group) = transfer.group_id {
            let members = self.groups.entry(group).or_default();
            if !members.contains(&transfer.id) {
                members.push(transfer.id);
            }
        }
        self.transfers.insert(transfer.id, transfer);
    }

    /// Adds a hold as the database has it.
    pub fn insert_hold(&mut self, hold: Hold) {
        self.holds.insert(hold.id, hold);
    }

    /// Adds a month that takes no more postings.
    pub fn insert_closed_month(&mut self, month: Month) {
        self.closed.insert(month);
    }

    /// Returns an account as it stands now.
    pub fn account(&self, id: AccountId) -> Option<&Account> {
        self.accounts.get(&id)
    }

    /// Returns a transfer that was there before or was accepted since.
    pub fn transfer(&self, id: TransferId) -> Option<&Transfer> {
        self.transfers.get(&id)
    }

    /// Returns a hold as it stands now.
    pub fn hold(&self, id: TransferId) -> Option<&Hold> {
        self.holds.get(&id)
    }

    /// Returns what was accepted, in order.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// Returns the accounts that changed, in id order.
    pub fn changed_accounts(&self) -> impl Iterator<Item = &Account> {
        self.changed_accounts.iter().filter_map(|id| self.accounts.get(id))
    }

    /// Returns the holds that were placed or changed.
    pub fn changed_holds(&self) -> impl Iterator<Item = &Hold> {
        self.changed_holds.iter().filter_map(|id| self.holds.get(id))
    }

    pub(super) fn is_closed(&self, month: Month) -> bool {
        self.closed.contains(&month)
    }

    pub(super) fn reversal_of(&self, id: TransferId) -> Option<TransferId> {
        self.reversals.get(&id).copied()
    }

    pub(super) fn members(&self, group: TransferId) -> &[TransferId] {
        self.groups.get(&group).map_or(&[], Vec::as_slice)
    }

    /// Writes an accepted transfer and what it changes.
    pub(super) fn record(&mut self, transfer: Transfer, change: Change) {
        let (debit, credit) = (change.debit, change.credit);
        let row = Row {
            debit_balance_after: debit.ledger_minor(),
            credit_balance_after: credit.ledger_minor(),
            transfer: transfer.clone(),
        };
        for account in [debit, credit] {
            self.changed_accounts.insert(account.id);
            self.undo.extend(self.accounts.insert(account.id, account).map(Undo::Account));
        }
        if let Some(hold) = change.hold.map(|hold| hold.resolved(&transfer)) {
            self.changed_holds.insert(hold.id);
            let id = hold.id;
            let before = self.holds.insert(id, hold);
            self.undo.push(Undo::Hold(id, before));
        }
        if let (TransferKind::Reversal, Some(of)) = (transfer.kind, transfer.of_transfer_id) {
            self.reversals.insert(of, transfer.id);
            self.undo.push(Undo::Reversal(of));
        }
        self.transfers.insert(transfer.id, transfer);
        self.rows.push(row);
    }

    pub(super) fn mark(&mut self) -> Mark {
        self.undo.clear();
        Mark { rows: self.rows.len() }
    }

    /// Takes back everything since `mark`.
    pub(super) fn undo(&mut self, mark: Mark) {
        while let Some(step) = self.undo.pop() {
            match step {
                Undo::Account(account) => drop(self.accounts.insert(account.id, account)),
                Undo::Hold(id, Some(hold)) => drop(self.holds.insert(id, hold)),
                Undo::Hold(id, None) => {
                    self.holds.remove(&id);
                    self.changed_holds.remove(&id);
                }
                Undo::Reversal(of) => drop(self.reversals.remove(&of)),
            }
        }
        for row in self.rows.drain(mark.rows..) {
            self.transfers.remove(&row.transfer.id);
        }
    }

    /// Keeps everything since the mark, and remembers who belongs together.
    pub(super) fn settle(&mut self, _: Mark, group: Option<TransferId>, item: &[NewTransfer]) {
        self.undo.clear();
        if let Some(group) = group {
            self.groups.insert(group, item.iter().map(|new| new.id).collect());
        }
    }
}
