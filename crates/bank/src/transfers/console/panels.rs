//! What can be done with money, beside the pages of accounts and transactions.

use askama::Template;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use kernel::{AccountId, TransferId};

use crate::transfers::service;
use crate::web::Problem;
use crate::web::page::{Forms, Markup, Staff, place_of};
use crate::{Bank, Permission};

#[derive(Template)]
#[template(path = "transfers/pages/of_account.html")]
struct OfAccount {
    account: AccountId,
}

#[derive(Template)]
#[template(path = "transfers/pages/of_transaction.html")]
struct OfTransaction {
    address: String,
}

/// Leads from an account to the cash desk.
pub fn of_account<'a>(
    _: &'a Bank,
    staff: &'a Staff,
    account: AccountId,
    _: &'a Forms,
) -> BoxFuture<'a, Result<Markup, Problem>> {
    async move {
        if !staff.look.may(Permission::OperateCash) {
            return Ok(Markup::default());
        }
        Markup::of(&OfAccount { account })
    }
    .boxed()
}

/// Leads from a transaction to its reversal, where that is possible at all.
pub fn of_transaction<'a>(
    bank: &'a Bank,
    staff: &'a Staff,
    transfer: TransferId,
    _: &'a Forms,
) -> BoxFuture<'a, Result<Markup, Problem>> {
    async move {
        if !staff.look.may(Permission::ReverseTransfers) || !service::is_reversible(bank, transfer).await? {
            return Ok(Markup::default());
        }
        Markup::of(&OfTransaction { address: format!("{}/reverse", place_of(&transfer).unwrap_or_default()) })
    }
    .boxed()
}
