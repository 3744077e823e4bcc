//! From what is asked for to what the ledger is told: whose account, which payee, which confirmation.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

use kernel::{AccountId, AccountNumber, Actor, Instant, UserId};
use ledger::{Action, Authority, NewTransfer, Posting, Seen};
use sea_orm::{ConnectionTrait, DbErr};

use crate::accounts::service::AccountAccess;
use crate::accounts::{self, AccountError, Need};
use crate::transfers::model::{
    LONGEST_HOLD, NewPayment, PayTo, PaymentMode, TransferError, USUAL_HOLD, missing, reaches,
};
use crate::transfers::store;
use crate::{Bank, Caller};

/// Holds a payment that may be made, and what has to be confirmed before.
#[derive(Clone, Debug)]
pub struct Planned {
    /// What the ledger is told.
    pub(super) transfer: NewTransfer,
    /// The payee's account.
    pub(super) payee: AccountId,
    /// The payee's number, as a challenge shows it; none where the payment was planned from memory, and none is needed.
    pub(super) payee_number: Option<AccountNumber>,
    /// Whether the payee was never paid before.
    pub(super) is_new_payee: bool,
    /// Whether the amount is above the step-up threshold.
    pub(super) is_large: bool,
    /// Whether every holder has to sign.
    pub(super) all_sign: bool,
    /// The holders who sign together; none where one signature suffices.
    pub(super) signers: Vec<UserId>,
    /// What the judgement rested on, to be compared under the accounts' locks.
    pub(super) seen: Vec<Seen>,
}

impl Planned {
    /// Says whether the payment needs more than its account and its payee: a confirmation or signatures.
    pub fn needs_persons(&self) -> bool {
        self.needs_confirmation() || self.all_sign
    }

    /// Says whether the payer has to confirm the payment.
    pub(super) fn needs_confirmation(&self) -> bool {
        self.is_new_payee || self.is_large
    }

    /// Counts the holders who have yet to sign after `user` did; none where one signature suffices.
    pub(super) fn signatures_missing(&self, user: UserId) -> Option<usize> {
        self.all_sign.then(|| missing(&self.signers, &[user]))
    }
}

/// Says under which rules a caller's payments are judged, and for whom they are written.
pub(super) fn posting(caller: &Caller) -> Posting {
    let authority = match caller.actor {
        Actor::Staff(_) => Authority::Staff,
        Actor::System => Authority::System,
        Actor::Customer(_) | Actor::ApiKey(_) => Authority::Customer,
    };
    Posting { actor: caller.actor, authority, request_id: Some(caller.request_id) }
}

/// Plans payments one by one; each is planned or refused for itself.
///
/// Costs three look-ups for each payer's account and four for all payees together.
///
/// # Errors
/// `DbErr` when the database fails; a refusal stands in the payment's place.
pub(super) async fn plan(
    bank: &Bank,
    connection: &impl ConnectionTrait,
    caller: &Caller,
    payments: &[NewPayment],
) -> Result<Vec<Result<Planned, TransferError>>, DbErr> {
    // Versions first: what changes after they were read shows under the accounts' locks.
    let named: Vec<AccountId> = payments.iter().flat_map(named).collect();
    let versions = ledger::accounts::access_versions(connection, &named).await?;
    let threshold = match caller.user_id {
        Some(user) => crate::challenges::service::threshold_minor(bank, connection, user).await?,
        None => bank.settings.step_up_threshold_minor,
    };
    let numbers: Vec<AccountNumber> =
        payments.iter().filter_map(|payment| payment.to.number().cloned()).collect();
    let by_number = accounts::service::find_by_numbers(connection, &numbers).await?;
    let others: Vec<AccountId> = by_number.values().map(|account| account.id).collect();
    let known = match caller.user_id {
        Some(user) => store::known_payees(connection, user, &others).await?.into_iter().collect(),
        None => HashSet::new(),
    };
    let found = Found {
        own: own_accounts(connection, caller, payments, &others).await?,
        by_number: by_number.into_iter().map(|(number, account)| (number, account.id)).collect(),
        known,
        threshold_minor: threshold,
        versions,
    };
    let mut payers = HashMap::new();
    let mut planned = Vec::with_capacity(payments.len());
    for payment in payments {
        planned.push(match payer(connection, caller, payment.from, &mut payers).await {
            Ok(access) => found.plan(bank, payment, access),
            Err(AccountError::Storage(error)) => return Err(error),
            Err(refusal) => Err(refusal.into()),
        });
    }
    Ok(planned)
}

/// Finds the account that is to pay; one that may is looked up once for all its payments.
async fn payer<'a>(
    connection: &impl ConnectionTrait,
    caller: &Caller,
    id: AccountId,
    payers: &'a mut HashMap<AccountId, AccountAccess>,
) -> Result<&'a AccountAccess, AccountError> {
    match payers.entry(id) {
        Entry::Occupied(known) => Ok(known.into_mut()),
        Entry::Vacant(place) => {
            Ok(place.insert(accounts::service::find_for(connection, caller, id, Need::Pay).await?))
        }
    }
}

/// Holds everything that was looked up for a set of payments.
struct Found {
    own: HashMap<AccountId, AccountNumber>,
    by_number: HashMap<AccountNumber, AccountId>,
    known: HashSet<AccountId>,
    threshold_minor: i64,
    versions: Vec<Seen>,
}

impl Found {
    fn plan(
        &self,
        bank: &Bank,
        payment: &NewPayment,
        access: &AccountAccess,
    ) -> Result<Planned, TransferError> {
        let all_sign = access.authority.signatures_required() > 1;
        let (payee, payee_number) = self.payee(&payment.to)?;
        let is_own = self.own.contains_key(&payee);
        // A payment of exactly the threshold needs no step-up.
        let above = self.threshold_minor.saturating_add(1);
        Ok(Planned {
            transfer: transfer(payment, payee, all_sign, bank.now())?,
            payee,
            payee_number: Some(payee_number),
            is_new_payee: !is_own && !self.known.contains(&payee),
            is_large: !is_own && reaches(payment.amount, above, bank.settings.base_currency),
            all_sign,
            signers: access.authority.signers.clone(),
            seen: named(payment).filter_map(|id| self.seen(id)).collect(),
        })
    }

    fn seen(&self, account: AccountId) -> Option<Seen> {
        self.versions.iter().find(|seen| seen.account == account).copied()
    }

    fn payee(&self, to: &PayTo) -> Result<(AccountId, AccountNumber), TransferError> {
        let found = match to {
            PayTo::Account(id) => self.own.get(id).map(|number| (*id, number.clone())),
            PayTo::Number(number) => self.by_number.get(number).map(|id| (*id, number.clone())),
        };
        found.ok_or(TransferError::PayeeNotFound)
    }
}

/// Says what the ledger is told; where all sign, the money is held until they have.
pub(super) fn transfer(
    payment: &NewPayment,
    payee: AccountId,
    all_sign: bool,
    now: Instant,
) -> Result<NewTransfer, TransferError> {
    let (debit, credit, amount) = (payment.from, payee, payment.amount);
    let hold = |expires_at: Option<Instant>| {
        let expires_at = expires_at.unwrap_or(now + USUAL_HOLD);
        if expires_at > now + LONGEST_HOLD {
            return Err(TransferError::HoldTooLong);
        }
        Ok(Action::Hold { debit, credit, amount, expires_at: Some(expires_at) })
    };
    let action = match payment.mode {
        PaymentMode::Immediate if all_sign => hold(None)?,
        PaymentMode::Immediate => Action::Post { debit, credit, amount },
        PaymentMode::Hold { expires_at } => hold(expires_at)?,
    };
    let mut transfer = NewTransfer::new(payment.id, action, "transfer");
    transfer.reference.clone_from(&payment.reference);
    Ok(transfer)
}

/// Finds which of the payees are the caller's own accounts.
async fn own_accounts(
    connection: &impl ConnectionTrait,
    caller: &Caller,
    payments: &[NewPayment],
    others: &[AccountId],
) -> Result<HashMap<AccountId, AccountNumber>, DbErr> {
    let by_id = payments.iter().filter_map(|payment| payment.to.account());
    let ids: HashSet<AccountId> = by_id.chain(others.iter().copied()).collect();
    let ids: Vec<AccountId> = ids.into_iter().collect();
    let own = accounts::service::held_by(connection, caller, &ids).await?;
    Ok(own.into_iter().map(|account| (account.id, account.number)).collect())
}

/// Lists the accounts that a payment names by their ids.
fn named(payment: &NewPayment) -> impl Iterator<Item = AccountId> {
    std::iter::once(payment.from).chain(payment.to.account())
}
