//! What a command would do if it were carried out now, so that the second person sees it before deciding.

use chrono::NaiveDate;
use kernel::{AccountId, Money};
use serde::Serialize;
use utoipa::ToSchema;

use crate::web::Problem;

/// Tells what a command would do at this moment; by the time it is carried out the balances may be others.
#[derive(Clone, Debug, Default)]
pub struct Effect {
    /// What changes besides money, in a sentence; empty for nothing.
    pub sentence: String,
    /// What moves, in order.
    pub movements: Vec<Movement>,
    /// Why it would be refused now.
    pub refusal: Option<Problem>,
}

/// Shows one movement of money with both of its sides.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Movement {
    /// How much.
    pub amount: Money,
    /// The business day it counts on; the present one when absent.
    #[schema(value_type = Option<String>, format = Date)]
    pub effective_on: Option<NaiveDate>,
    /// Where it comes from.
    pub debit: MovementSide,
    /// Where it goes.
    pub credit: MovementSide,
}

/// Shows one account before and after a movement.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MovementSide {
    /// The account.
    pub account_id: AccountId,
    /// Its number, or what the bank's own account is for.
    #[schema(example = "GB20 FLRN 0400 0410 0000 01")]
    pub name: String,
    /// Who holds it; nobody for the bank's own.
    pub holders: Vec<String>,
    /// Whether debits make it grow, as they do what the bank has.
    #[serde(skip)]
    pub grows_by_debits: bool,
    /// The ledger balance at this moment.
    pub balance_now: Money,
    /// The ledger balance after the movement; none when it would be refused.
    pub balance_after: Option<Money>,
}

impl MovementSide {
    /// Says whether the account is a customer's.
    pub fn is_customers(&self) -> bool {
        !self.holders.is_empty()
    }
}
