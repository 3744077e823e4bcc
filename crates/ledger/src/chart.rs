//! The chart of accounts: the bank's own accounts, one per code and currency.

use aws_lc_rs::digest;
use database::Tx;
use kernel::{AccountId, Currency, Instant};
use sea_orm::DbErr;
use uuid::Builder;

use crate::{AccountKind, NewAccount, SpendingLimits, accounts};

/// The code that all customers' deposits share.
pub const CUSTOMER_DEPOSIT: &str = "customer_deposit";

/// Names one of the bank's own accounts; there is one per currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ChartCode {
    /// Notes and coins.
    Cash,
    /// Money on its way through a payment rail.
    Settlement(Rail),
    /// Money whose owner is not known yet.
    Suspense,
    /// Fees earned.
    FeeIncome,
    /// Principal that borrowers owe.
    LoansReceivable,
    /// Interest that borrowers owe.
    InterestReceivable,
    /// Penalties that borrowers owe.
    PenaltiesReceivable,
    /// Interest earned.
    InterestIncome,
    /// Penalties earned.
    PenaltyIncome,
    /// Interest paid to depositors.
    InterestExpense,
    /// Debts given up.
    WriteOffs,
    /// The bank's position in a currency that was exchanged.
    FxPosition,
}

/// Names a payment rail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Rail {
    /// Wire transfers.
    Wires,
    /// Bill payments.
    Bills,
    /// Cards.
    Cards,
    /// Payments that were imported or arrive from other banks.
    Interbank,
}

impl ChartCode {
    /// Every code of the chart.
    pub const ALL: [Self; 15] = [
        Self::Cash,
        Self::Settlement(Rail::Wires),
        Self::Settlement(Rail::Bills),
        Self::Settlement(Rail::Cards),
        Self::Settlement(Rail::Interbank),
        Self::Suspense,
        Self::FeeIncome,
        Self::LoansReceivable,
        Self::InterestReceivable,
        Self::PenaltiesReceivable,
        Self::InterestIncome,
        Self::PenaltyIncome,
        Self::InterestExpense,
        Self::WriteOffs,
        Self::FxPosition,
    ];

    /// Returns the stored code.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cash => "cash",
            Self::Settlement(Rail::Wires) => "settlement_wires",
            Self::Settlement(Rail::Bills) => "settlement_bills",
            Self::Settlement(Rail::Cards) => "settlement_cards",
            Self::Settlement(Rail::Interbank) => "settlement_interbank",
            Self::Suspense => "suspense",
            Self::FeeIncome => "fee_income",
            Self::LoansReceivable => "loans_receivable",
            Self::InterestReceivable => "interest_receivable",
            Self::PenaltiesReceivable => "penalties_receivable",
            Self::InterestIncome => "interest_income",
            Self::PenaltyIncome => "penalty_income",
            Self::InterestExpense => "interest_expense",
            Self::WriteOffs => "write_offs",
            Self::FxPosition => "fx_position",
        }
    }

    /// Returns the side of the balance sheet.
    pub const fn kind(self) -> AccountKind {
        match self {
            Self::Cash
            | Self::Settlement(_)
            | Self::LoansReceivable
            | Self::InterestReceivable
            | Self::PenaltiesReceivable
            | Self::FxPosition => AccountKind::Asset,
            Self::Suspense => AccountKind::Liability,
            Self::FeeIncome | Self::InterestIncome | Self::PenaltyIncome => AccountKind::Income,
            Self::InterestExpense | Self::WriteOffs => AccountKind::Expense,
        }
    }
}

/// Returns the id of the bank's own account, which follows from code and currency alone.
///
/// It is the first 16 bytes of SHA-256 over `florin:chart:CODE:CURRENCY` as a UUID of version 8 (RFC 9562 §5.8),
/// so that every node and every restored copy agrees without asking.
pub fn account_id(code: ChartCode, currency: Currency) -> AccountId {
    let name = format!("florin:chart:{}:{}", code.as_str(), currency.code());
    let hash = digest::digest(&digest::SHA256, name.as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash.as_ref()[..16]);
    AccountId::from_uuid(Builder::from_custom_bytes(bytes).into_uuid())
}

/// Opens the bank's own account if it is not open yet, and returns its id.
///
/// Costs one round trip. Call it when a currency is first offered; afterwards [`account_id`] is enough.
///
/// # Errors
/// `DbErr` when the database fails.
pub async fn system_account(
    tx: &Tx,
    code: ChartCode,
    currency: Currency,
    now: Instant,
) -> Result<AccountId, DbErr> {
    let account = NewAccount {
        id: account_id(code, currency),
        currency,
        kind: code.kind(),
        code: code.as_str().to_owned(),
        funded: false,
        overdraft_limit: None,
        limits: SpendingLimits::default(),
    };
    accounts::open_once(tx, &account, now).await?;
    Ok(account.id)
}

/// Opens all of the bank's own accounts in a currency that are not open yet.
///
/// # Errors
/// `DbErr` when the database fails.
pub async fn open_currency(tx: &Tx, currency: Currency, now: Instant) -> Result<(), DbErr> {
    for code in ChartCode::ALL {
        system_account(tx, code, currency, now).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_code_and_currency_has_its_own_account() {
        let mut ids = HashSet::new();
        for code in ChartCode::ALL {
            for currency in [Currency::GBP, Currency::EUR] {
                let id = account_id(code, currency);
                assert!(ids.insert(id), "{code:?} {currency}");
                assert_eq!(id.uuid().get_version_num(), 8);
            }
        }
        let names: HashSet<_> = ChartCode::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(names.len(), ChartCode::ALL.len());
    }

    #[test]
    fn the_id_of_an_account_of_the_bank_never_changes() {
        let id = account_id(ChartCode::Cash, Currency::GBP).uuid().to_string();
        assert_eq!(id, "081e08c9-d582-8f31-b594-20c76fd6fab5");
    }
}
