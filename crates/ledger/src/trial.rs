//! The trial balance: what every line of the chart holds, now or at the end of a day.

use chrono::{NaiveDate, NaiveTime};
use database::Tx;
use kernel::Currency;
use sea_orm::{DbErr, FromQueryResult};

use crate::load::statement;
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
/// Without a day it reads the accounts' balances; as of a day it adds up what is effective until then ([`turnover`]) and
/// counts the accounts opened until its end (UTC).
///
/// # Errors
/// `DbErr` when the database fails.
pub async fn trial_balance(tx: &Tx, as_of: Option<NaiveDate>) -> Result<Vec<TrialLine>, DbErr> {
    match as_of {
        None => {
            let sums = Sums::find_by_statement(statement(tx, NOW, [])).all(tx).await?;
            Ok(sums.into_iter().map(TrialLine::from).collect())
        }
        Some(day) => by_the_end_of(tx, day).await,
    }
}

async fn by_the_end_of(tx: &Tx, day: NaiveDate) -> Result<Vec<TrialLine>, DbErr> {
    let day = day.clamp(turnover::FIRST_DAY, turnover::LAST_DAY);
    let end = day.succ_opt().unwrap_or(day).and_time(NaiveTime::MIN).and_utc();
    let opened = Opened::find_by_statement(statement(tx, OPENED, [end.into()])).all(tx).await?;
    let mut lines = turnover::until(tx, day).await?;
    for line in &mut lines {
        let of_line = opened.iter().find(|opened| opened.is_of(line));
        line.accounts = of_line.map_or(0, |opened| opened.accounts);
    }
    lines.sort_by(|one, next| place(one).cmp(&place(next)));
    Ok(lines)
}

/// Says where a line stands among the others.
fn place(line: &TrialLine) -> (&str, &str, &str) {
    (line.currency.code(), &line.code, line.kind.as_str())
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

const OPENED: &str = "
select currency, code, kind, count(*) as accounts
  from ledger_accounts
 where opened_at < $1
 group by currency, code, kind";

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

#[derive(FromQueryResult)]
struct Opened {
    currency: Currency,
    code: String,
    kind: AccountKind,
    accounts: i64,
}

impl Opened {
    fn is_of(&self, line: &TrialLine) -> bool {
        self.currency == line.currency && self.code == line.code && self.kind == line.kind
    }
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
