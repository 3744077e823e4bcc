//! What the demo leaves for its staff to do.

use bank::accounts::service::{self as accounts, AddOwner};
use bank::accounts::{OwnerRole, StatusChange};
use bank::audit::Reason;
use bank::transfers::service::operate_cash;
use bank::transfers::{CashKind, CashOperation};
use bank::{Bank, Caller};
use kernel::{AccountId, Currency, Money, TransferId};
use ledger::{Action, ChartCode, Posting, Rail, chart};

use super::credentials::customer;
use super::fill::{Holding, Staff, submit};
use super::people::Person;

/// Leaves something for the staff to see: a shared account, an attorney, a frozen account, a hold, and cash that a second
/// person must look at.
pub(super) async fn leave_work(
    bank: &Bank,
    staff: &Staff,
    people: &[Person],
    holdings: &[Holding],
) -> anyhow::Result<()> {
    let [first, second, .., last] = holdings else { return Ok(()) };
    let attorney = AddOwner {
        account: first.current,
        user: second.user,
        role: OwnerRole::AttorneyView,
        reason: Some("Power of attorney on file".parse()?),
    };
    accounts::add_owner(bank, &customer(bank, first.user), attorney).await?;
    let reason: Reason = "Card reported stolen, waiting for the customer's call".parse()?;
    accounts::set_status(bank, &staff.compliance, last.current, StatusChange::BlockDebits, reason).await?;
    hold(bank, people[0].currency, first).await?;
    cash(bank, &staff.operations, (second.current, people[1].currency)).await
}

/// Asks for more cash to be taken in than one person may.
async fn cash(
    bank: &Bank,
    clerk: &Caller,
    (account_id, currency): (AccountId, Currency),
) -> anyhow::Result<()> {
    let operation = CashOperation {
        id: TransferId::generate(bank.now(), &bank.random),
        kind: CashKind::Deposit,
        account_id,
        amount: Money::new(420_000, currency),
        reference: "Paid in at the counter".to_owned(),
        reason: "Sold a piano; the buyer's receipt is on file".parse()?,
        effective_on: None,
    };
    let tx = bank.db.begin().await?;
    operate_cash(bank, &tx, clerk, operation).await?;
    tx.commit().await?;
    Ok(())
}

/// Reserves the deposit of a hotel room on the first customer's account.
async fn hold(bank: &Bank, currency: Currency, guest: &Holding) -> anyhow::Result<()> {
    let action = Action::Hold {
        debit: guest.current,
        credit: chart::account_id(ChartCode::Settlement(Rail::Cards), currency),
        amount: Money::new(12_000, currency),
        expires_at: Some(bank.now() + chrono::Duration::days(7)),
    };
    submit(bank, Posting::SYSTEM, action, ("card", "Hotel Meridian, deposit")).await
}
