//! The short way: a payment that needs nobody but the payer is planned from memory.

use std::collections::HashMap;
use std::sync::Arc;

use kernel::UserId;
use sea_orm::DbErr;

use super::plan::{Planned, transfer};
use crate::guard::Wallet;
use crate::transfers::model::{NewPayment, PayTo, reaches};
use crate::transfers::store;
use crate::{Bank, Caller, accounts, challenges};

/// Returns what the caller may pay from, remembered or read; none for who is no person.
///
/// Read before the ledger's lock, it is compared under it: [`Planned::seen`].
pub(super) async fn wallet(bank: &Bank, caller: &Caller) -> Result<Option<Arc<Wallet>>, DbErr> {
    let Some(user) = caller.user_id else { return Ok(None) };
    let found = bank.guard.wallets().get_or_read(user, || read(bank, user)).await;
    found
        .map(Some)
        .map_err(|error| Arc::try_unwrap(error).unwrap_or_else(|shared| DbErr::Custom(shared.to_string())))
}

async fn read(bank: &Bank, user: UserId) -> Result<Wallet, DbErr> {
    let connection = bank.db.latest();
    let threshold_minor = challenges::service::threshold_minor(bank, connection, user).await?;
    let (own, entrusted) = accounts::service::purses(connection, user).await?;
    let paid = store::payees_of(connection, user).await?;
    let payees = accounts::service::numbered_accounts(connection, &paid).await?;
    let payees = payees.into_iter().map(|account| (account.number, account.id)).collect::<HashMap<_, _>>();
    Ok(Wallet { own, entrusted, payees, threshold_minor })
}

/// Plans a payment to an own account or to somebody paid before, below the threshold, signed by one; none when it
/// is not so simple: then the long way judges it, and explains.
pub(super) fn plan_from(bank: &Bank, wallet: &Wallet, payment: &NewPayment) -> Option<Planned> {
    let from = wallet.own.find(payment.from).or_else(|| wallet.entrusted.find(payment.from))?;
    let mut seen = vec![from];
    let payee = match &payment.to {
        PayTo::Account(id) => {
            seen.push(wallet.own.find(*id)?);
            *id
        }
        PayTo::Number(number) => {
            // A payment of exactly the threshold needs no step-up.
            let above = wallet.threshold_minor.saturating_add(1);
            let is_large = reaches(payment.amount, above, bank.settings.base_currency);
            *wallet.payees.get(number).filter(|_| !is_large)?
        }
    };
    Some(Planned {
        transfer: transfer(payment, payee, false, bank.now()).ok()?,
        payee,
        payee_number: None,
        is_new_payee: false,
        is_large: false,
        all_sign: false,
        signers: Vec::new(),
        seen,
    })
}
