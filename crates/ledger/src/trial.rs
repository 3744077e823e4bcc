//! The trial balance: what every line of the chart holds, now or at the end of a day.

use chrono::NaiveDate;
use kernel::Currency;
use sea_orm::{ConnectionTrait, DbErr, FromQueryResult};

use crate::AccountKind;
use crate::load::statement;

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

/// Lists every line, by currency and code; in each currency debits and credits are equal.
///
/// Without a day it reads the accounts' balances; as of a day it sums all entries effective until then, which
/// takes as long as the journal is.
///
/// # Errors
/// `DbErr` when the database fails.
pub async fn trial_balance(
    connection: &impl ConnectionTrait,
    as_of: Option<NaiveDate>,
) -> Result<Vec<TrialLine>, DbErr> {
    let query = match as_of {
        None => statement(connection, NOW, []),
        Some(day) => statement(connection, AS_OF, [day.into()]),
    };
    Ok(Sums::find_by_statement(query).all(connection).await?.into_iter().map(TrialLine::from).collect())
}

// Sums of 64-bit columns may need more: the upper and the lower halves are summed apart.
const NOW: &str = "
select currency, code, kind, count(*) as accounts,
       cast(sum(debits_posted_minor / 4294967296) as bigint) as debits_upper,
       cast(sum(debits_posted_minor % 4294967296) as bigint) as debits_lower,
       cast(sum(credits_posted_minor / 4294967296) as bigint) as credits_upper,
       cast(sum(credits_posted_minor % 4294967296) as bigint) as credits_lower
  from ledger_accounts
 group by currency, code, kind
 order by currency, code, kind";

const AS_OF: &str = "
select account.currency, account.code, account.kind, count(distinct account.id) as accounts,
       cast(sum(case when direction = 'debit' then amount_minor / 4294967296 else 0 end) as bigint)
         as debits_upper,
       cast(sum(case when direction = 'debit' then amount_minor % 4294967296 else 0 end) as bigint)
         as debits_lower,
       cast(sum(case when direction = 'credit' then amount_minor / 4294967296 else 0 end) as bigint)
         as credits_upper,
       cast(sum(case when direction = 'credit' then amount_minor % 4294967296 else 0 end) as bigint)
         as credits_lower
  from ledger_accounts account
  join ledger_entries entry on entry.account_id = account.id
 where entry.effective_on <= $1
 group by account.currency, account.code, account.kind
 order by account.currency, account.code, account.kind";

#[derive(FromQueryResult)]
struct Sums {
    currency: Currency,
    code: String,
    kind: AccountKind,
    accounts: i64,
    debits_upper: i64,
    debits_lower: i64,
    credits_upper: i64,
    credits_lower: i64,
}

impl From<Sums> for TrialLine {
    fn from(sums: Sums) -> Self {
        let join = |upper: i64, lower: i64| (i128::from(upper) << 32) + i128::from(lower);
        Self {
            currency: sums.currency,
            code: sums.code,
            kind: sums.kind,
            accounts: sums.accounts,
            debits_minor: join(sums.debits_upper, sums.debits_lower),
            credits_minor: join(sums.credits_upper, sums.credits_lower),
        }
    }
}
