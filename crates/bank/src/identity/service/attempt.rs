//! Trying to prove oneself, under the throttles.
//!
//! Failures are counted in the database, so that they outlive a restart and bind all nodes. A proof is judged
//! outside a transaction; whether the lock fell meanwhile is looked at again, under the throttle's row lock,
//! before the answer is given away: many guesses at once learn no more than as many one after the other.

use std::net::IpAddr;

use database::Tx;
use kernel::UserId;
use sea_orm::DbErr;

use crate::audit::{self, Event, Subject};
use crate::identity::model::{IdentityError, Throttle, ThrottleScope};
use crate::identity::store::throttles;
use crate::{Bank, Caller};

/// Holds what one attempt to prove oneself is counted by.
pub(super) struct Attempt<'a> {
    bank: &'a Bank,
    caller: &'a Caller,
    counters: Vec<(ThrottleScope, Vec<u8>)>,
}

impl<'a> Attempt<'a> {
    /// Counts by the account, known or not, and by where the caller comes from.
    pub(super) fn new(bank: &'a Bank, caller: &'a Caller, email_key: &str) -> Self {
        let mut counters = vec![(ThrottleScope::Account, name(bank, ThrottleScope::Account, email_key))];
        if let Some(address) = caller.address {
            let network = network(address);
            counters.push((ThrottleScope::Address, name(bank, ThrottleScope::Address, &network)));
        }
        Self { bank, caller, counters }
    }

    /// Lets the attempt begin unless a lock holds.
    pub(super) async fn admit(&self) -> Result<(), IdentityError> {
        for (scope, subject) in &self.counters {
            let throttle = throttles::find(self.bank.db.latest(), *scope, subject).await?;
            refuse_locked(self.bank, throttle.as_ref())?;
        }
        Ok(())
    }

    /// Looks again, in the transaction that acts on the proof, whether a lock fell meanwhile.
    pub(super) async fn readmit(&self, tx: &Tx) -> Result<(), IdentityError> {
        for (scope, subject) in &self.counters {
            let throttle = throttles::load_for_update(tx, *scope, subject).await?;
            refuse_locked(self.bank, throttle.as_ref())?;
        }
        Ok(())
    }

    /// Counts a failure and writes it down, in a transaction of its own; gives back `refusal`.
    pub(super) async fn fail(&self, user: Option<UserId>, refusal: IdentityError) -> IdentityError {
        match self.write_failure(user).await {
            Ok(()) => refusal,
            Err(error) => error,
        }
    }

    /// Forgets the failures of the account: all proofs were right.
    pub(super) async fn succeed(&self, tx: &Tx) -> Result<(), DbErr> {
        let (scope, subject) = &self.counters[0];
        throttles::delete(tx, *scope, subject).await
    }

    async fn write_failure(&self, user: Option<UserId>) -> Result<(), IdentityError> {
        let tx = self.bank.db.begin().await?;
        for (scope, subject) in &self.counters {
            count(self.bank, &tx, *scope, subject).await?;
        }
        let subject = Subject { kind: "user", id: user.map_or("unknown".to_owned(), |id| id.to_string()) };
        audit::record(self.bank, &tx, self.caller, Event::new("session.sign_in_failed", subject)).await?;
        Ok(tx.commit().await?)
    }
}

/// Counts one use of something that is bounded, such as mails to one address.
///
/// # Errors
/// [`IdentityError::Locked`] when there were too many.
pub async fn throttle(
    bank: &Bank,
    tx: &Tx,
    scope: ThrottleScope,
    subject: &str,
) -> Result<(), IdentityError> {
    count(bank, tx, scope, &name(bank, scope, subject)).await
}

async fn count(bank: &Bank, tx: &Tx, scope: ThrottleScope, subject: &[u8]) -> Result<(), IdentityError> {
    let now = bank.now();
    throttles::insert_unless_known(tx, Throttle::begin(scope, subject.to_vec(), now)).await?;
    let row = throttles::load_for_update(tx, scope, subject).await?;
    let mut row = row.unwrap_or_else(|| Throttle::begin(scope, subject.to_vec(), now));
    refuse_locked(bank, Some(&row))?;
    row.count(now);
    Ok(throttles::update(tx, row).await?)
}

fn refuse_locked(bank: &Bank, throttle: Option<&Throttle>) -> Result<(), IdentityError> {
    match throttle.and_then(|throttle| throttle.wait_seconds(bank.now())) {
        Some(retry_after_seconds) => Err(IdentityError::Locked { retry_after_seconds }),
        None => Ok(()),
    }
}

/// Returns what one customer has whole: an IPv4 address, or an IPv6 network of 64 bits.
fn network(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            format!("{}/64", std::net::Ipv6Addr::from(u128::from(address) >> 64 << 64))
        }
    }
}

/// Names what is counted without showing it: the table holds no address.
fn name(bank: &Bank, scope: ThrottleScope, subject: &str) -> Vec<u8> {
    let purpose = match scope {
        ThrottleScope::Account => "throttle account",
        ThrottleScope::Address => "throttle address",
        ThrottleScope::Mail => "throttle mail",
        ThrottleScope::Lookup => "throttle lookup",
    };
    bank.keys.fingerprint(purpose, subject.as_bytes()).to_vec()
}
