//! The two files of an import: up to the first zero byte the accounts, then the transactions.
#![no_main]

use std::collections::BTreeSet;

use bank::imports::{Source, read};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let at = input.iter().position(|byte| *byte == 0).unwrap_or(input.len());
    let (accounts, transactions) = (&input[..at], input.get(at + 1..).unwrap_or_default());
    match read(accounts, transactions) {
        Ok(batch) => {
            assert!(batch.transactions.iter().all(|row| row.amount.is_positive()));
            assert!(batch.transactions.is_sorted_by_key(|row| row.effective_on));
            let numbers: BTreeSet<_> = batch.accounts.iter().map(|row| row.number.to_string()).collect();
            assert_eq!(numbers.len(), batch.accounts.len(), "an account stands twice");
            let ids = batch.transactions.iter().map(|row| (row.number.to_string(), &row.external_id));
            assert_eq!(
                ids.collect::<BTreeSet<_>>().len(),
                batch.transactions.len(),
                "a transaction stands twice"
            );
        }
        Err(faults) => {
            assert!(!faults.is_empty(), "refused without a reason");
            for fault in faults {
                let lines = if fault.source == Source::Accounts { accounts } else { transactions };
                let most = 2 + lines.iter().filter(|byte| matches!(byte, b'\n' | b'\r')).count() as u64;
                assert!(fault.line <= most, "{fault}");
            }
        }
    }
});
