//! What a verification can find, and the first of each sort.

use std::collections::BTreeMap;
use std::fmt;

/// Names a sort of fault, in the order in which an operator should look at them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FaultKind {
    /// A sealed row says something else than when it was sealed.
    RowChanged,
    /// A sealed row is gone.
    RowMissing,
    /// A row stands where none stood when the place was sealed.
    RowInserted,
    /// A block does not have the hash it says, or its list of rows is damaged.
    SealBroken,
    /// A block does not follow the one before it.
    SealUnlinked,
    /// The chain or the rows end before a place that a checkpoint proves was reached.
    TailCut,
    /// The chain contradicts a checkpoint: it was rewritten, forked or taken from elsewhere.
    ChainRewritten,
    /// A checkpoint is not signed by a trusted key, or cannot be read.
    CheckpointForged,
    /// A checkpoint of the files is not in the database.
    CheckpointMissing,
    /// A column holds what no version of the program writes.
    Unreadable,
    /// Debits and credits of a currency differ.
    Unbalanced,
    /// A transfer and its entries disagree, or an entry is missing.
    TransferDisagrees,
    /// An entry belongs to no transfer, or to none that names it.
    EntryStray,
    /// An entry's account does not exist.
    AccountMissing,
    /// An account's entries are not numbered from 1 without a gap.
    SequenceBroken,
    /// A balance after an entry is not the one before it plus the entry.
    RunningBalanceWrong,
    /// An account's posted totals are not the sums of its entries.
    BalanceWrong,
    /// A hold and the journal disagree.
    HoldDisagrees,
    /// A capture, release or reversal does not fit what it refers to.
    ReferenceWrong,
    /// An account's pending totals are not the sums of its pending holds.
    PendingWrong,
    /// An account's spending counters are impossible.
    CounterWrong,
    /// A closed account has a balance.
    ClosedWithBalance,
    /// The turnover of a day is not the sum of its transfers.
    TurnoverWrong,
    /// The kept number of accounts is not how many there are.
    AccountsMiscounted,
}

impl FaultKind {
    /// Returns the name, as stored and shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RowChanged => "row_changed",
            Self::RowMissing => "row_missing",
            Self::RowInserted => "row_inserted",
            Self::SealBroken => "seal_broken",
            Self::SealUnlinked => "seal_unlinked",
            Self::TailCut => "tail_cut",
            Self::ChainRewritten => "chain_rewritten",
            Self::CheckpointForged => "checkpoint_forged",
            Self::CheckpointMissing => "checkpoint_missing",
            Self::Unreadable => "unreadable",
            Self::Unbalanced => "unbalanced",
            Self::TransferDisagrees => "transfer_disagrees",
            Self::EntryStray => "entry_stray",
            Self::AccountMissing => "account_missing",
            Self::SequenceBroken => "sequence_broken",
            Self::RunningBalanceWrong => "running_balance_wrong",
            Self::BalanceWrong => "balance_wrong",
            Self::HoldDisagrees => "hold_disagrees",
            Self::ReferenceWrong => "reference_wrong",
            Self::PendingWrong => "pending_wrong",
            Self::CounterWrong => "counter_wrong",
            Self::ClosedWithBalance => "closed_with_balance",
            Self::TurnoverWrong => "turnover_wrong",
            Self::AccountsMiscounted => "accounts_miscounted",
        }
    }
}

/// Holds the first fault of one sort.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The sort.
    pub kind: FaultKind,
    /// The row: an id, or the place in the chain where the row is not readable or gone.
    pub row: String,
    /// The place in the chain, where there is one.
    pub position: Option<i64>,
    /// What was expected and what was found.
    pub detail: String,
    /// How many faults of this sort there are.
    pub count: u64,
}

/// Collects faults: the first of each sort and how many.
#[derive(Clone, Debug, Default)]
pub struct Faults(BTreeMap<FaultKind, Fault>);

impl Faults {
    /// Notes a fault found at a row that has no place in a chain.
    pub fn note(&mut self, kind: FaultKind, row: impl Into<String>, detail: impl Into<String>) {
        self.add(Fault { kind, row: row.into(), position: None, detail: detail.into(), count: 1 });
    }

    /// Notes a fault found at a place in a chain.
    pub fn note_at(
        &mut self,
        kind: FaultKind,
        position: i64,
        row: impl Into<String>,
        detail: impl Into<String>,
    ) {
        self.add(Fault { kind, row: row.into(), position: Some(position), detail: detail.into(), count: 1 });
    }

    /// Notes where sums that are kept, by name, differ from those found anew in `source`.
    pub(crate) fn compare<V: PartialEq + fmt::Debug>(
        &mut self,
        kind: FaultKind,
        (kept, found): (&BTreeMap<String, V>, &BTreeMap<String, V>),
        source: &str,
    ) {
        for (name, sum) in found.iter().filter(|(name, sum)| kept.get(*name) != Some(*sum)) {
            self.note(kind, name, format!("says {:?}, {source} gives {sum:?}", kept.get(name)));
        }
        for name in kept.keys().filter(|name| !found.contains_key(*name)) {
            self.note(kind, name, format!("{source} has nothing like it"));
        }
    }

    /// Says whether a fault of this sort was found.
    pub fn has(&self, kind: FaultKind) -> bool {
        self.0.contains_key(&kind)
    }

    /// Returns the first of each sort, in the order of [`FaultKind`].
    pub fn into_vec(self) -> Vec<Fault> {
        self.0.into_values().collect()
    }

    fn add(&mut self, fault: Fault) {
        self.0.entry(fault.kind).and_modify(|known| known.count += 1).or_insert(fault);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_each_sort_is_kept_in_the_order_of_the_sorts() {
        let mut faults = Faults::default();
        faults.note(FaultKind::BalanceWrong, "acc_1", "first");
        faults.note(FaultKind::BalanceWrong, "acc_2", "second");
        faults.note_at(FaultKind::RowChanged, 7, "trf_1", "changed");
        assert!(faults.has(FaultKind::RowChanged) && !faults.has(FaultKind::TailCut));
        let faults = faults.into_vec();
        let shown: Vec<_> =
            faults.iter().map(|fault| (fault.kind.as_str(), fault.row.as_str(), fault.count)).collect();
        assert_eq!(shown, [("row_changed", "trf_1", 1), ("balance_wrong", "acc_1", 2)]);
    }
}
