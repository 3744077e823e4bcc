//! What a cash operation or a reversal would do, decided by the ledger at this moment and written nowhere.

use database::Tx;
use kernel::{AccountId, Actor, Money, TransferId};
use ledger::decide::Row;
use ledger::{Action, Authority, NewTransfer, PostError, Posting, Transfer};
use serde_json::Value;

use super::approved::read;
use super::cash::cash_transfer;
use super::reverse::{authority_of, needs_second_person};
use crate::accounts::service::{DescribedAccount, described};
use crate::accounts::{self, Need};
use crate::approvals::{Effect, Movement, MovementSide};
use crate::transfers::model::{CashOperation, Reversal, TransferError, reaches};
use crate::web::Problem;
use crate::{Bank, Caller, Permission};

/// Tells what a command would do, and whether it takes a second person.
#[derive(Clone, Debug)]
pub struct Foreseen {
    /// What moves, or why nothing would.
    pub effect: Effect,
    /// Whether another person has to approve it first.
    pub needs_second_person: bool,
}

/// Tells what a cash operation would do; books nothing.
///
/// # Errors
/// [`TransferError::Forbidden`], [`TransferError::Account`], storage. What the ledger refuses is in the effect.
pub async fn foresee_cash(
    bank: &Bank,
    caller: &Caller,
    operation: &CashOperation,
) -> Result<Foreseen, TransferError> {
    caller.require(Permission::OperateCash)?;
    accounts::service::find_for(bank.db.latest(), caller, operation.account_id, Need::View).await?;
    let (threshold, base) = (bank.settings.approval_threshold_minor, bank.settings.base_currency);
    let needs_second_person = reaches(operation.amount, threshold, base);
    Ok(Foreseen { effect: effect_of_cash(bank, operation).await?, needs_second_person })
}

/// Tells what reversing a transfer would do; reverses nothing.
///
/// # Errors
/// [`TransferError::Forbidden`], [`TransferError::NotFound`], storage. What the ledger refuses is in the effect.
pub async fn foresee_reversal(
    bank: &Bank,
    caller: &Caller,
    (id, force): (TransferId, bool),
) -> Result<Foreseen, TransferError> {
    caller.require(Permission::ReverseTransfers)?;
    let group = ledger::linked::group(bank.db.latest(), id).await?;
    if group.is_empty() {
        return Err(TransferError::NotFound);
    }
    let needs_second_person = force || needs_second_person(bank, &group);
    Ok(Foreseen { effect: effect_of_reversal(bank, id, force).await?, needs_second_person })
}

/// Tells what an approval of a cash operation would do now.
///
/// # Errors
/// Storage; what the ledger refuses is in the effect.
pub async fn forecast_cash(bank: &Bank, payload: &Value) -> Result<Effect, TransferError> {
    let operation: CashOperation = read(payload)?;
    effect_of_cash(bank, &operation).await
}

/// Tells what an approval of a reversal would do now.
///
/// # Errors
/// As [`forecast_cash`].
pub async fn forecast_reversal(bank: &Bank, payload: &Value) -> Result<Effect, TransferError> {
    let reversal: Reversal = read(payload)?;
    effect_of_reversal(bank, reversal.transfer_id, reversal.force).await
}

async fn effect_of_cash(bank: &Bank, operation: &CashOperation) -> Result<Effect, TransferError> {
    let tx = bank.db.begin().await?;
    let transfer = cash_transfer(bank, &tx, operation, None).await?;
    let mut shifts = Vec::new();
    if let Action::Post { debit, credit, amount } = transfer.action {
        shifts.push(Shift { id: transfer.id, debit, credit, amount, effective_on: transfer.effective_on });
    }
    effect(bank, &tx, Authority::Staff, (&[transfer], &shifts)).await
}

async fn effect_of_reversal(bank: &Bank, id: TransferId, force: bool) -> Result<Effect, TransferError> {
    let tx = bank.db.begin().await?;
    let group = ledger::linked::group(&tx, id).await?;
    let fresh = TransferId::generate(bank.now(), &bank.random);
    let mut transfers = ledger::linked::reversals(fresh, &group, "reversal");
    if transfers.is_empty() {
        // Nothing of it moved money: let the ledger say so.
        transfers.push(NewTransfer::new(fresh, Action::Reverse { transfer: id }, "reversal"));
    }
    let reversed = |new: &NewTransfer| {
        let original = group.iter().find(|member| Some(member.id) == new.action.refers_to())?;
        Some(Shift::back(new.id, original))
    };
    let shifts: Vec<Shift> = transfers.iter().filter_map(reversed).collect();
    effect(bank, &tx, authority_of(force), (&transfers, &shifts)).await
}

/// Holds one movement as it is asked for.
struct Shift {
    id: TransferId,
    debit: AccountId,
    credit: AccountId,
    amount: Money,
    effective_on: Option<chrono::NaiveDate>,
}

impl Shift {
    fn back(id: TransferId, original: &Transfer) -> Self {
        Self {
            id,
            debit: original.credit_account_id,
            credit: original.debit_account_id,
            amount: original.amount(),
            effective_on: None,
        }
    }
}

/// Asks the ledger, in a transaction that is dropped and so leaves nothing behind.
async fn effect(
    bank: &Bank,
    tx: &Tx,
    authority: Authority,
    (transfers, shifts): (&[NewTransfer], &[Shift]),
) -> Result<Effect, TransferError> {
    // Who acts makes no difference to the decision, only by which rules.
    let posting = Posting { actor: Actor::System, authority, request_id: None };
    let (rows, refusal) = match bank.ledger.foresee(tx, &posting, transfers).await {
        Ok(rows) => (rows, None),
        Err(PostError::Refused(refusal)) => {
            (Vec::new(), Some(Problem::from(TransferError::Refused(refusal))))
        }
        Err(PostError::Storage(error)) => return Err(error.into()),
    };
    let ids: Vec<AccountId> = shifts.iter().flat_map(|shift| [shift.debit, shift.credit]).collect();
    let accounts = described(tx, &ids).await?;
    let movements = shifts.iter().filter_map(|shift| movement(shift, &accounts, &rows)).collect();
    Ok(Effect { sentence: String::new(), movements, refusal })
}

fn movement(shift: &Shift, accounts: &[DescribedAccount], rows: &[Row]) -> Option<Movement> {
    let row = rows.iter().find(|row| row.transfer.id == shift.id);
    let side = |id: AccountId, after: Option<i64>| {
        let account = accounts.iter().find(|account| account.id() == id)?;
        let currency = account.books.currency;
        Some(MovementSide {
            account_id: id,
            name: account.name.clone(),
            holders: account.holders.clone(),
            grows_by_debits: account.books.kind.grows_by_debits(),
            balance_now: Money::new(account.books.ledger_minor(), currency),
            balance_after: after.map(|minor| Money::new(minor, currency)),
        })
    };
    Some(Movement {
        amount: shift.amount,
        effective_on: shift.effective_on,
        debit: side(shift.debit, row.map(|row| row.debit_balance_after))?,
        credit: side(shift.credit, row.map(|row| row.credit_balance_after))?,
    })
}
