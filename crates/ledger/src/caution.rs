//! How much a writer leaves to chance, by what it met lately.

use crate::load::Care;

/// For how many batches ids and keys are looked up after one was met that had been used before, and accounts are
/// locked at most after somebody else had changed one.
const CAREFUL_FOR: u32 = 100;

/// Counts for how many batches more a writer is careful.
pub(crate) struct Caution {
    /// Ids and keys are looked up. While nobody repeats a request that finds nothing: then one that is repeated after
    /// all meets the unique index, and its batch runs again with a look.
    look_ups: u32,
    /// Accounts are locked. While nobody else changes them that costs a write for each: then one that is changed after
    /// all is met as another version, and its batch runs again with locks.
    locks: u32,
    /// For how many batches they are locked when that happens next: more, the more often it does.
    next_locks: u32,
}

impl Caution {
    /// Begins without any.
    pub(crate) const fn new() -> Self {
        Self { look_ups: 0, locks: 0, next_locks: 1 }
    }

    /// Says what the next batch leaves to chance.
    pub(crate) const fn care(&self) -> Care {
        Care { look_up: self.look_ups > 0, lock: self.locks > 0 }
    }

    /// Notes that somebody made a request again.
    pub(crate) fn met_repeat(&mut self) {
        self.look_ups = CAREFUL_FOR;
    }

    /// Notes that somebody else changed an account meanwhile.
    pub(crate) fn met_another(&mut self) {
        self.locks = self.next_locks;
        self.next_locks = (2 * self.next_locks).min(CAREFUL_FOR);
    }

    /// Notes the end of a batch.
    pub(crate) fn end_batch(&mut self) {
        if self.locks == 0 {
            self.next_locks = (self.next_locks / 2).max(1);
        }
        self.look_ups = self.look_ups.saturating_sub(1);
        self.locks = self.locks.saturating_sub(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Counts the batches until `is_careful` says no.
    fn batches(caution: &mut Caution, is_careful: impl Fn(Care) -> bool) -> u32 {
        let mut count = 0;
        while is_careful(caution.care()) {
            caution.end_batch();
            count += 1;
        }
        count
    }

    #[test]
    fn ids_are_looked_up_for_a_hundred_batches_after_a_repeat() {
        let mut caution = Caution::new();
        assert_eq!(caution.care(), Care::NONE);
        caution.met_repeat();
        assert_eq!(caution.care(), Care { look_up: true, lock: false });
        assert_eq!(batches(&mut caution, |care| care.look_up), 100);
        assert_eq!(caution.care(), Care::NONE);
    }

    #[test]
    fn accounts_are_locked_for_longer_each_time_somebody_is_met_up_to_a_hundred_batches() {
        let mut caution = Caution::new();
        for wanted in [1, 2, 4, 8, 16, 32, 64, 100, 100] {
            caution.met_another();
            assert_eq!(caution.care(), Care { look_up: false, lock: true });
            assert_eq!(batches(&mut caution, |care| care.lock), wanted);
        }
    }

    #[test]
    fn each_batch_that_meets_nobody_halves_what_comes_next() {
        let mut caution = Caution::new();
        for _ in 0..5 {
            caution.met_another();
        }
        assert_eq!(batches(&mut caution, |care| care.lock), 16);
        caution.end_batch();
        caution.met_another();
        assert_eq!(batches(&mut caution, |care| care.lock), 16, "half of 32");
        for _ in 0..10 {
            caution.end_batch();
        }
        caution.met_another();
        assert_eq!(batches(&mut caution, |care| care.lock), 1);
    }
}
