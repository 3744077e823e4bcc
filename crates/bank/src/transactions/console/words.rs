//! What transfers are called on a page.

use ledger::{Authority, HoldState, TransferKind};

use crate::transactions::service::TransactionDetail;
use crate::web::page::{Badge, Tone};

/// What the bank books, for the filter; the ledger keeps any code.
pub(super) const CODES: [(&str, &str); 12] = [
    ("transfer", "Transfer"),
    ("card", "Card"),
    ("settlement", "Settlement"),
    ("cash_deposit", "Cash deposit"),
    ("cash_withdrawal", "Cash withdrawal"),
    ("bank_payment", "Bank payment"),
    ("bank_payment_reversal", "Bank payment reversal"),
    ("unmatched_money", "Unmatched money"),
    ("correction", "Correction"),
    ("fee", "Fee"),
    ("interest", "Interest"),
    ("reversal", "Reversal"),
];

/// Writes a code as words: `cash_deposit` is `Cash deposit`.
pub(super) fn what(code: &str) -> String {
    let words = code.replace('_', " ");
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// Shows where a transfer stands.
pub(super) fn badge(detail: &TransactionDetail, now: kernel::Instant) -> Badge {
    let hold = detail.hold.as_ref().map(|hold| hold.state_at(now));
    match (detail.transfer.kind, hold) {
        _ if detail.reversed_by.is_some() => Badge::new(Tone::Bad, "Reversed"),
        (_, Some(HoldState::Captured)) => Badge::new(Tone::Good, "Captured"),
        (_, Some(HoldState::Expired)) => Badge::new(Tone::Neutral, "Expired"),
        (TransferKind::Release, _) | (_, Some(HoldState::Released)) => Badge::new(Tone::Neutral, "Released"),
        (TransferKind::Pending, _) => Badge::new(Tone::Busy, "Held"),
        _ => Badge::new(Tone::Good, "Booked"),
    }
}

/// Says under which rules a transfer was judged.
pub(super) const fn rules(authority: Authority) -> &'static str {
    match authority {
        Authority::Customer => "the customer's: funds and limits",
        Authority::Staff => "staff's: funds, no limits",
        Authority::StaffForced => "staff's, forced: neither funds nor limits",
        Authority::System => "the bank's own: funds, no limits",
        Authority::Import => "taken over from another system",
    }
}

#[cfg(test)]
mod tests {
    use super::{CODES, what};

    #[test]
    fn a_code_is_called_the_same_in_the_filter_and_in_the_list() {
        for (code, words) in CODES {
            assert_eq!(what(code), words);
        }
        assert_eq!(what(""), "");
    }
}
