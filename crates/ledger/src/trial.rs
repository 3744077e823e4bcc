//! The trial balance: what every line of the chart holds, now or at the end of a day.

use chrono::NaiveDate;
use database::Tx;
use kernel::Currency;
use sea_orm::DbErr;

use crate::counts::{self, AccountCount};
use crate::{AccountKind, turnover};

/// Holds one line: all accounts of one code and currency.
///
/// In 128 bits, since a line sums many accounts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrialLine {
    /// The currency.
    pub currency: Currency,
    /// The code in the chart of accounts.
    pub code: String,
    /// Which side makes it grow.
    pub kind: AccountKind,
    /// How many accounts it sums.
    pub accounts: i64,
    /// Everything debited, in minor units.
    pub debits_minor: i128,
    /// Everything credited, in minor units.
    pub credits_minor: i128,
}

impl TrialLine {
    /// Returns the balance, positive on the side on which the line grows.
    pub fn balance_minor(&self) -> i128 {
        if self.kind.grows_by_debits() {
            self.debits_minor - self.credits_minor
        } else {
            self.credits_minor - self.debits_minor
        }
    }
}

/// Lists every line, by currency and code; in each currency debits and credits are equal. `tx` is a snapshot.
///
/// The sums come from the turnover of each day ([`turnover`]), so they do not take longer as accounts become more. As of a
/// day it lists what had moved by its end, and counts the accounts opened until then (UTC); without a day, everything.
///
/// # Errors
/// `DbErr` when the database fails.
pub async fn trial_balance(tx: &Tx, as_of: Option<NaiveDate>) -> Result<Vec<TrialLine>, DbErr> {
    let day = as_of.unwrap_or(turnover::LAST_DAY).clamp(turnover::FIRST_DAY, turnover::LAST_DAY);
    let mut lines = turnover::until(tx, day).await?;
    for AccountCount { currency, code, kind, accounts, .. } in counts::until(tx, day).await? {
        turnover::line(&mut lines, currency, &code, kind).accounts += accounts;
    }
    if as_of.is_some() {
        lines.retain(|line| line.debits_minor != 0 || line.credits_minor != 0);
    }
    lines.sort_by(|one, next| place(one).cmp(&place(next)));
    Ok(lines)
}

/// Says where a line stands among the others.
fn place(line: &TrialLine) -> (&str, &str, &str) {
    (line.currency.code(), &line.code, line.kind.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(currency: Currency, code: &str, kind: AccountKind) -> TrialLine {
        let code = code.to_owned();
        TrialLine { currency, code, kind, accounts: 1, debits_minor: 7, credits_minor: 2 }
    }

    #[test]
    fn a_line_is_positive_on_the_side_on_which_it_grows() {
        assert_eq!(line(Currency::GBP, "cash", AccountKind::Asset).balance_minor(), 5);
        assert_eq!(line(Currency::GBP, "fees", AccountKind::Income).balance_minor(), -5);
    }

    #[test]
    fn lines_stand_by_currency_then_code_then_kind() {
        let wanted = [
            line(Currency::EUR, "suspense", AccountKind::Liability),
            line(Currency::GBP, "cash", AccountKind::Asset),
            line(Currency::GBP, "fees", AccountKind::Expense),
            line(Currency::GBP, "fees", AccountKind::Income),
        ];
        let mut lines: Vec<_> = wanted.iter().rev().cloned().collect();
        lines.sort_by(|one, next| place(one).cmp(&place(next)));
        assert_eq!(lines, wanted);
    }
}
