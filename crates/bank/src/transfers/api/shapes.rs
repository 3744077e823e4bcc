//! How payments look on the wire.

use chrono::NaiveDate;
use kernel::{
    AccountId, AccountNumber, ApprovalId, ChallengeId, Instant, Money, PayeeLookupId, Random, TransferId,
};
use ledger::TransferKind;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Bank;
use crate::approvals::EffectResponse;
use crate::transfers::model::{NewPayment, PayTo, Payment, PaymentMode, TransferStatus, reference_fault};
use crate::transfers::service::Foreseen;
use crate::web::{FieldError, Problem};

/// Asks for a payment.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateTransferRequest {
    /// Chosen by the client, if it wants to: the same id is never paid twice.
    #[serde(default)]
    id: Option<TransferId>,
    /// The account to pay from.
    from_account_id: AccountId,
    /// An account of one's own to pay to; or else `to_account_number`.
    #[serde(default)]
    to_account_id: Option<AccountId>,
    /// The number of the payee's account at this bank; or else `to_account_id`.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "GB33BUKB20201555555555")]
    to_account_number: Option<AccountNumber>,
    /// How much; above zero, in the currency of both accounts.
    amount: Money,
    /// What both sides read on their statements.
    #[serde(default)]
    #[schema(max_length = 140, example = "Rent for March")]
    reference: String,
    /// `immediate` moves the money now; `hold` reserves it until it is captured or released.
    #[serde(default)]
    mode: TransferMode,
    /// When a hold gives up, at most 30 days from now; 7 days when absent.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Instant>,
    /// The look-up by which a payee who was never paid before is confirmed.
    #[serde(default)]
    payee_lookup_id: Option<PayeeLookupId>,
    /// The step-up that was answered, for a new payee or a large amount.
    #[serde(default)]
    challenge_id: Option<ChallengeId>,
}

/// Says whether a payment moves money now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TransferMode {
    /// Moves it now.
    #[default]
    Immediate,
    /// Reserves it.
    Hold,
}

impl CreateTransferRequest {
    /// Turns the request into what the service takes; `at` points at the request inside a larger body.
    pub fn parse(self, bank: &Bank, at: &str) -> Result<NewPayment, Problem> {
        let mut errors = Vec::new();
        let mut wrong = |field: &str, detail: &str| {
            errors.push(FieldError { pointer: format!("{at}/{field}"), detail: detail.to_owned() });
        };
        if !self.amount.is_positive() {
            wrong("amount/amount_minor", "must be above zero");
        }
        if let Some(fault) = reference_fault(&self.reference) {
            wrong("reference", fault);
        }
        if self.expires_at.is_some() && self.mode == TransferMode::Immediate {
            wrong("expires_at", "only a hold expires");
        }
        let to = match (self.to_account_id, self.to_account_number) {
            (Some(id), None) => Some(PayTo::Account(id)),
            (None, Some(number)) => Some(PayTo::Number(number)),
            _ => {
                wrong("to_account_number", "give either to_account_id or to_account_number");
                None
            }
        };
        let Some(to) = to.filter(|_| errors.is_empty()) else {
            return Err(Problem::invalid(errors));
        };
        Ok(NewPayment {
            id: self.id.unwrap_or_else(|| fresh(bank, &bank.random)),
            from: self.from_account_id,
            to,
            amount: self.amount,
            reference: self.reference,
            mode: match self.mode {
                TransferMode::Immediate => PaymentMode::Immediate,
                TransferMode::Hold => PaymentMode::Hold { expires_at: self.expires_at },
            },
            payee_lookup: self.payee_lookup_id,
            challenge: self.challenge_id,
        })
    }
}

fn fresh(bank: &Bank, random: &Random) -> TransferId {
    TransferId::generate(bank.now(), random)
}

/// Shows a payment.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TransferResponse {
    /// The payment.
    pub id: TransferId,
    /// Where it stands.
    pub status: TransferStatus,
    /// What the row of the journal does: posted, pending, capture, release, reversal.
    #[schema(value_type = String, example = "posted")]
    pub kind: TransferKind,
    /// What it is for the business: `transfer`, `cash_deposit`, `reversal`.
    #[schema(example = "transfer")]
    pub code: String,
    /// The account debited.
    pub from_account_id: AccountId,
    /// The account credited.
    pub to_account_id: AccountId,
    /// How much.
    pub amount: Money,
    /// What was captured of a hold.
    pub captured: Option<Money>,
    /// How many holders have yet to sign, where all sign.
    pub signatures_missing: Option<usize>,
    /// The text on the statements.
    pub reference: String,
    /// The hold that was captured or released, or the payment that was reversed.
    pub of_transfer_id: Option<TransferId>,
    /// When a hold gives up.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires_at: Option<Instant>,
    /// When it was booked.
    #[schema(value_type = String, format = DateTime)]
    pub booked_at: Instant,
    /// The business day it counts on.
    #[schema(value_type = String, format = Date)]
    pub effective_on: NaiveDate,
}

impl From<Payment> for TransferResponse {
    fn from(payment: Payment) -> Self {
        let transfer = payment.transfer;
        Self {
            id: transfer.id,
            status: payment.status,
            kind: transfer.kind,
            from_account_id: transfer.debit_account_id,
            to_account_id: transfer.credit_account_id,
            amount: transfer.amount(),
            captured: payment.captured,
            signatures_missing: payment.signatures_missing,
            of_transfer_id: transfer.of_transfer_id,
            expires_at: transfer.expires_at,
            booked_at: transfer.booked_at,
            effective_on: transfer.effective_on,
            code: transfer.code,
            reference: transfer.reference,
        }
    }
}

/// Tells what a command would do at this moment; nothing was done.
#[derive(Debug, Serialize, ToSchema)]
pub struct ForeseenResponse {
    /// Whether another person has to approve it first.
    pub needs_second_person: bool,
    /// What moves, or why nothing would.
    pub effect: EffectResponse,
}

impl From<Foreseen> for ForeseenResponse {
    fn from(foreseen: Foreseen) -> Self {
        let Foreseen { effect, needs_second_person } = foreseen;
        Self { needs_second_person, effect: effect.into() }
    }
}

/// Says that a second person has to approve first.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WaitingResponse {
    /// What waits: see `GET approvals`.
    pub approval_id: ApprovalId,
    /// Always `waiting_for_approval`.
    #[schema(value_type = String, example = "waiting_for_approval")]
    pub status: &'static str,
}

impl WaitingResponse {
    /// Names the approval that is waited for.
    pub fn new(approval_id: ApprovalId) -> Self {
        Self { approval_id, status: "waiting_for_approval" }
    }
}
