//! The payments and their states. Pure.

use std::collections::BTreeMap;

use chrono::Duration;
use kernel::Instant;
use serde_json::Value;
use url::Url;

/// How long after the authorization the bank sends the money.
const UNTIL_EXECUTED: Duration = Duration::seconds(1);
/// How long after that it arrives.
const UNTIL_SETTLED: Duration = Duration::seconds(5);

/// Says where a payment stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    AuthorizationRequired,
    Authorizing,
    Authorized,
    Executed,
    Settled,
    Failed,
}

impl Status {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::AuthorizationRequired => "authorization_required",
            Self::Authorizing => "authorizing",
            Self::Authorized => "authorized",
            Self::Executed => "executed",
            Self::Settled => "settled",
            Self::Failed => "failed",
        }
    }
}

/// Says what a user decides at the bank.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Decision {
    Pay,
    /// The bank refuses the user.
    NotAuthorized,
    /// The bank takes the order and then does not carry it out.
    NotExecuted,
    Cancel,
}

impl Decision {
    /// Reads the vendor's names of test users.
    pub(super) fn of(username: &str) -> Option<Self> {
        Some(match username {
            "test_executed" | "test_settled" => Self::Pay,
            "test_authorisation_failed" => Self::NotAuthorized,
            "test_execution_rejected" => Self::NotExecuted,
            _ => return None,
        })
    }
}

/// Holds a payment.
#[derive(Clone, Debug)]
pub(super) struct SimulatedPayment {
    pub(super) id: String,
    pub(super) amount_minor: i64,
    pub(super) currency: String,
    pub(super) provider_selection: Value,
    pub(super) beneficiary: Value,
    pub(super) user_id: String,
    pub(super) source_id: String,
    pub(super) metadata: Value,
    pub(super) created_at: Instant,
    pub(super) status: Status,
    pub(super) provider_id: Option<String>,
    pub(super) return_uri: Option<Url>,
    pub(super) authorized_at: Option<Instant>,
    pub(super) executed_at: Option<Instant>,
    pub(super) settled_at: Option<Instant>,
    pub(super) failed: Option<Failed>,
    pub(super) reversed: Option<(Instant, &'static str)>,
    /// Set when the bank will not carry the order out.
    will_be_rejected: bool,
}

/// Says how a payment failed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Failed {
    pub(super) at: Instant,
    pub(super) stage: Status,
    pub(super) reason: &'static str,
}

/// What a new payment is made of.
pub(super) struct Request {
    pub(super) id: String,
    pub(super) amount_minor: i64,
    pub(super) currency: String,
    pub(super) provider_selection: Value,
    pub(super) beneficiary: Value,
    pub(super) user_id: String,
    pub(super) source_id: String,
    pub(super) metadata: Value,
}

impl SimulatedPayment {
    pub(super) fn new(request: Request, now: Instant) -> Self {
        let Request {
            id,
            amount_minor,
            currency,
            provider_selection,
            beneficiary,
            user_id,
            source_id,
            metadata,
        } = request;
        let provider_id = provider_selection["provider_id"].as_str().map(str::to_owned);
        Self {
            id,
            amount_minor,
            currency,
            provider_selection,
            beneficiary,
            user_id,
            source_id,
            metadata,
            created_at: now,
            status: Status::AuthorizationRequired,
            provider_id,
            return_uri: None,
            authorized_at: None,
            executed_at: None,
            settled_at: None,
            failed: None,
            reversed: None,
            will_be_rejected: false,
        }
    }

    /// Says whether the money goes to an account at the service, where its arrival is seen.
    pub(super) fn is_seen_to_arrive(&self) -> bool {
        self.beneficiary["type"] == "merchant_account"
    }

    /// Applies what the user decides; `None` when it is not the time.
    pub(super) fn decide(&mut self, decision: Decision, now: Instant) -> Option<Url> {
        if self.status != Status::Authorizing || self.provider_id.is_none() {
            return None;
        }
        let back = self.return_uri.clone()?;
        match decision {
            Decision::Pay | Decision::NotExecuted => {
                self.status = Status::Authorized;
                self.authorized_at = Some(now);
                self.will_be_rejected = decision == Decision::NotExecuted;
            }
            Decision::NotAuthorized => self.fail("not_authorized", now),
            Decision::Cancel => self.fail("canceled", now),
        }
        Some(back)
    }

    /// Ends a payment without money.
    pub(super) fn fail(&mut self, reason: &'static str, now: Instant) {
        self.failed = Some(Failed { at: now, stage: self.status, reason });
        self.status = Status::Failed;
    }

    fn advance(&mut self, now: Instant) -> bool {
        match self.status {
            Status::Authorized if self.authorized_at.is_some_and(|at| now >= at + UNTIL_EXECUTED) => {
                if self.will_be_rejected {
                    self.fail("provider_rejected", now);
                } else {
                    self.status = Status::Executed;
                    self.executed_at = Some(now);
                }
                true
            }
            Status::Executed if self.is_seen_to_arrive() => {
                let is_due = self.executed_at.is_some_and(|at| now >= at + UNTIL_SETTLED);
                if is_due {
                    self.status = Status::Settled;
                    self.settled_at = Some(now);
                }
                is_due
            }
            _ => false,
        }
    }
}

/// Holds an answer for the repetition of a write.
#[derive(Clone, Debug)]
pub(super) struct Receipt {
    pub(super) body_hash: Vec<u8>,
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
}

/// Holds every payment, and every answer to a write by path and key.
#[derive(Debug, Default)]
pub(in crate::simulator) struct PaymentBook {
    pub(super) payments: BTreeMap<String, SimulatedPayment>,
    pub(super) receipts: BTreeMap<(String, String), Receipt>,
}

impl PaymentBook {
    /// Moves each payment on by at most one step, and names those that moved.
    pub(super) fn advance(&mut self, now: Instant) -> Vec<String> {
        let moved =
            self.payments.values_mut().filter_map(|payment| payment.advance(now).then(|| payment.id.clone()));
        moved.collect()
    }
}
