//! What a payment is, what may be refused, and the rules that need no database.

mod tables;

use chrono::{Duration, NaiveDate};
use kernel::{
    AccountId, AccountNumber, ApprovalId, ChallengeId, Currency, Instant, Money, PayeeLookupId, TransferId,
    UserId, contains_card_number,
};
use ledger::{HoldState, Refusal, SubmitError, Transfer, TransferKind};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::accounts::AccountError;
use crate::audit::Reason;
use crate::challenges::ChallengeError;
use crate::context::Forbidden;

/// How long a look-up may be used to confirm a payee.
pub const LOOKUP_LIFETIME: Duration = Duration::minutes(15);
/// How many look-ups a customer may make in an hour: names are not to be harvested.
pub const LOOKUPS_AN_HOUR: u64 = 20;
/// How long a hold lasts when the request does not say.
pub const USUAL_HOLD: Duration = Duration::days(7);
/// How long a hold may last.
pub const LONGEST_HOLD: Duration = Duration::days(30);
/// The most payments of one batch.
pub const BATCH_SIZE: usize = 1000;
/// The longest reference, in characters (ISO 20022 `Max140Text`).
pub const REFERENCE_LENGTH: usize = 140;

pub use tables::{Payee, PayeeLookup, TransferSignature, payee, payee_lookup, transfer_signature};

/// Says whom a payment is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PayTo {
    /// An account of the payer's own.
    Account(AccountId),
    /// An account at this bank by its number.
    Number(AccountNumber),
}

impl PayTo {
    /// Returns the account, where it was named by its id.
    pub fn account(&self) -> Option<AccountId> {
        if let Self::Account(id) = self { Some(*id) } else { None }
    }

    /// Returns the number, where the account was named by it.
    pub fn number(&self) -> Option<&AccountNumber> {
        if let Self::Number(number) = self { Some(number) } else { None }
    }
}

/// Says whether a payment moves money now or reserves it first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PaymentMode {
    /// Moves it now.
    Immediate,
    /// Reserves it until it is captured, released, or the time is over.
    Hold {
        /// When the time is over; seven days from now when absent.
        expires_at: Option<Instant>,
    },
}

/// Asks for a payment; parsed, not judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPayment {
    /// Chosen by the client, or fresh.
    pub id: TransferId,
    /// The payer's account.
    pub from: AccountId,
    /// The payee.
    pub to: PayTo,
    /// How much.
    pub amount: Money,
    /// The text both sides see.
    pub reference: String,
    /// Now, or held first.
    pub mode: PaymentMode,
    /// The look-up that confirmed a new payee.
    pub payee_lookup: Option<PayeeLookupId>,
    /// The step-up that was answered.
    pub challenge: Option<ChallengeId>,
}

/// Shows a payment to its payer or to staff.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payment {
    /// The row of the journal.
    pub transfer: Transfer,
    /// Where it stands now.
    pub status: TransferStatus,
    /// What was captured of a hold, when it was.
    pub captured: Option<Money>,
    /// How many holders have yet to sign, where all sign.
    pub signatures_missing: Option<usize>,
}

impl Payment {
    /// Shows a row that was just written.
    pub fn fresh(transfer: Transfer) -> Self {
        let status = TransferStatus::of(transfer.kind, None, false);
        Self { transfer, status, captured: None, signatures_missing: None }
    }
}

/// Says where a payment stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TransferStatus {
    /// The money has moved.
    Booked,
    /// The money is reserved.
    Held,
    /// A hold's money has moved, or part of it.
    Captured,
    /// A hold was given back.
    Released,
    /// A hold's time was over.
    Expired,
    /// The money has moved back.
    Reversed,
}

impl TransferStatus {
    /// Reads the status off the journal's row, its hold's state at this instant, and whether it was reversed.
    pub fn of(kind: TransferKind, hold: Option<HoldState>, reversed: bool) -> Self {
        match (kind, hold) {
            _ if reversed => Self::Reversed,
            (TransferKind::Release, _) | (_, Some(HoldState::Released)) => Self::Released,
            (_, Some(HoldState::Expired)) => Self::Expired,
            (_, Some(HoldState::Captured)) => Self::Captured,
            (TransferKind::Pending, _) | (_, Some(HoldState::Pending)) => Self::Held,
            _ => Self::Booked,
        }
    }
}

/// Says what happens at the counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CashKind {
    /// Cash is brought.
    Deposit,
    /// Cash is taken.
    Withdrawal,
    /// A mistake is made good in favor of the customer.
    CorrectionCredit,
    /// A mistake is made good against the customer.
    CorrectionDebit,
}

impl std::str::FromStr for CashKind {
    type Err = UnknownCashKind;

    fn from_str(text: &str) -> Result<Self, UnknownCashKind> {
        Ok(match text {
            "deposit" => Self::Deposit,
            "withdrawal" => Self::Withdrawal,
            "correction_credit" => Self::CorrectionCredit,
            "correction_debit" => Self::CorrectionDebit,
            _ => return Err(UnknownCashKind),
        })
    }
}

/// Says that a text names nothing that happens at the counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("choose what happens")]
pub struct UnknownCashKind;

impl CashKind {
    /// Returns what the ledger calls it.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Deposit => "cash_deposit",
            Self::Withdrawal => "cash_withdrawal",
            Self::CorrectionCredit | Self::CorrectionDebit => "correction",
        }
    }

    /// Returns what people call it.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Deposit => "Deposit",
            Self::Withdrawal => "Withdrawal",
            Self::CorrectionCredit => "Correction in favor of the customer",
            Self::CorrectionDebit => "Correction against the customer",
        }
    }

    /// Says whether the customer gains.
    pub const fn is_credit(self) -> bool {
        matches!(self, Self::Deposit | Self::CorrectionCredit)
    }

    /// Returns the bank's account on the other side.
    pub const fn contra(self) -> ledger::ChartCode {
        match self {
            Self::Deposit | Self::Withdrawal => ledger::ChartCode::Cash,
            Self::CorrectionCredit | Self::CorrectionDebit => ledger::ChartCode::Suspense,
        }
    }
}

/// Asks for a cash operation; also what a second person approves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CashOperation {
    /// Names the transfer to be.
    pub id: TransferId,
    /// What happens.
    pub kind: CashKind,
    /// The customer's account.
    pub account_id: AccountId,
    /// How much.
    pub amount: Money,
    /// The text on the statement.
    pub reference: String,
    /// Why, for the audit log.
    pub reason: Reason,
    /// The day it counts on, in an open month; the business day when absent.
    pub effective_on: Option<NaiveDate>,
}

/// Asks for a reversal; also what a second person approves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reversal {
    /// Names the transfer to be.
    pub id: TransferId,
    /// The transfer to be reversed.
    pub transfer_id: TransferId,
    /// Why, for the audit log.
    pub reason: Reason,
    /// Whether the account may fall below its overdraft limit; always takes a second person.
    pub force: bool,
}

/// Tells what became of a command that may need a second person.
#[derive(Clone, Debug)]
pub enum Done<T> {
    /// It is done.
    Now(T),
    /// It waits for a second person.
    Waiting(ApprovalId),
}

/// Says why nothing was moved.
#[derive(Debug, Error)]
pub enum TransferError {
    /// The caller lacks the permission.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// The transfer is absent, or not the caller's.
    #[error("no such transfer")]
    NotFound,
    /// The payer's account does not allow it.
    #[error(transparent)]
    Account(#[from] AccountError),
    /// No account at this bank has the number.
    #[error("no account at this bank has this number")]
    PayeeNotFound,
    /// The payee was never paid and no look-up was given.
    #[error("look the payee up and confirm the name first")]
    PayeeNotConfirmed,
    /// The look-up is too old, another's, or of another account.
    #[error("the look-up does not confirm this payee")]
    LookupNotUsable,
    /// Too many names were looked up.
    #[error("too many payees were looked up")]
    TooManyLookups,
    /// The step-up is missing, wrong or spent.
    #[error(transparent)]
    Challenge(#[from] ChallengeError),
    /// A machine cannot answer a step-up.
    #[error("an API key pays known payees only, up to the step-up threshold")]
    NeedsPerson,
    /// A hold would last too long.
    #[error("a hold lasts at most {} days", LONGEST_HOLD.num_days())]
    HoldTooLong,
    /// Only captures and releases of one's own holds are the customer's.
    #[error("not a hold")]
    NotAHold,
    /// The ledger says no.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The group commit did not decide.
    #[error(transparent)]
    Submit(#[from] SubmitError),
    /// The approval could not be asked for.
    #[error(transparent)]
    Approval(#[from] crate::approvals::ApprovalError),
    /// The database failed.
    #[error(transparent)]
    Storage(#[from] sea_orm::DbErr),
}

impl TransferError {
    /// Says whether rights to an account have changed since the payment was judged: then it is judged again.
    pub fn is_outdated(&self) -> bool {
        matches!(self, Self::Submit(SubmitError::AccessChanged))
    }
}

/// Counts the holders who have yet to sign.
pub fn missing(signers: &[UserId], signed: &[UserId]) -> usize {
    signers.iter().filter(|signer| !signed.contains(signer)).count()
}

/// Says whether an amount reaches a threshold that is given in another currency's minor units.
///
/// Without a rate both are compared as whole units: 1,000 pounds, 1,000 euros and 1,000 yen are the same.
pub fn reaches(amount: Money, threshold_minor: i64, base: Currency) -> bool {
    let scale = |exponent: u8| 10_i128.pow(u32::from(exponent));
    let (of_amount, of_base) = (scale(amount.currency().exponent()), scale(base.exponent()));
    i128::from(amount.minor()) * of_base >= i128::from(threshold_minor) * of_amount
}

/// Says what keeps a text from standing on a statement.
pub fn reference_fault(text: &str) -> Option<&'static str> {
    if text.chars().count() > REFERENCE_LENGTH || text.chars().any(char::is_control) {
        return Some("at most 140 printable characters");
    }
    contains_card_number(text).then_some("a card's number must not be written here")
}

/// Shows enough of a name to recognize it and too little to learn it: `Amelia Ashworth` is `Am**** As******`.
pub fn mask_name(name: &str) -> String {
    let masked = name.split_whitespace().map(|word| {
        let shown = if word.chars().count() > 3 { 2 } else { 1 };
        let stars = word.chars().count().saturating_sub(shown);
        word.chars().take(shown).chain(std::iter::repeat_n('*', stars)).collect::<String>()
    });
    masked.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_shown_in_part() {
        for (name, masked) in [
            ("Amelia Ashworth", "Am**** As******"),
            ("Bo Li", "B* L*"),
            ("Zoë", "Z**"),
            ("", ""),
            ("Ann  B", "A** B"),
        ] {
            assert_eq!(mask_name(name), masked);
        }
    }

    #[test]
    fn thresholds_compare_whole_units_of_any_currency() {
        for (minor, currency, expected) in [
            (100_000, Currency::GBP, true),
            (99_999, Currency::GBP, false),
            (100_000, Currency::EUR, true),
            (1_000, Currency::JPY, true),
            (999, Currency::JPY, false),
        ] {
            assert_eq!(
                reaches(Money::new(minor, currency), 100_000, Currency::GBP),
                expected,
                "{minor} {currency}"
            );
        }
    }

    #[test]
    fn the_status_follows_the_journal_and_the_hold() {
        use TransferKind::{Capture, Pending, Posted, Release};
        for (kind, hold, reversed, expected) in [
            (Posted, None, false, TransferStatus::Booked),
            (Posted, None, true, TransferStatus::Reversed),
            (Pending, Some(HoldState::Pending), false, TransferStatus::Held),
            (Pending, Some(HoldState::Captured), false, TransferStatus::Captured),
            (Pending, Some(HoldState::Released), false, TransferStatus::Released),
            (Pending, Some(HoldState::Expired), false, TransferStatus::Expired),
            (Capture, None, false, TransferStatus::Booked),
            (Release, None, false, TransferStatus::Released),
        ] {
            assert_eq!(TransferStatus::of(kind, hold, reversed), expected);
        }
    }
}
