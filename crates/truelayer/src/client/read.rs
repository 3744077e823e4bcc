//! What can be read, and on whose behalf.

use std::net::IpAddr;

use chrono::{NaiveDate, SecondsFormat};
use kernel::Instant;

use crate::scope::Scope;
use crate::token::AccessToken;

/// Names a kind of read; calls are counted per account and endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the names are those of the paths")]
pub enum Endpoint {
    Me,
    Info,
    Accounts,
    Account,
    AccountBalance,
    AccountTransactions,
    AccountPendingTransactions,
    StandingOrders,
    DirectDebits,
    Cards,
    Card,
    CardBalance,
    CardTransactions,
    CardPendingTransactions,
    Results,
}

impl Endpoint {
    /// Returns the name for logs, counters and tables.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Me => "me",
            Self::Info => "info",
            Self::Accounts => "accounts",
            Self::Account => "account",
            Self::AccountBalance => "account_balance",
            Self::AccountTransactions => "account_transactions",
            Self::AccountPendingTransactions => "account_pending_transactions",
            Self::StandingOrders => "standing_orders",
            Self::DirectDebits => "direct_debits",
            Self::Cards => "cards",
            Self::Card => "card",
            Self::CardBalance => "card_balance",
            Self::CardTransactions => "card_transactions",
            Self::CardPendingTransactions => "card_pending_transactions",
            Self::Results => "results",
        }
    }

    /// Returns the scope that the endpoint needs; `me` and results need none.
    pub const fn scope(self) -> Option<Scope> {
        match self {
            Self::Me | Self::Results => None,
            Self::Info => Some(Scope::Info),
            Self::Accounts | Self::Account => Some(Scope::Accounts),
            Self::AccountBalance | Self::CardBalance => Some(Scope::Balance),
            Self::AccountTransactions
            | Self::AccountPendingTransactions
            | Self::CardTransactions
            | Self::CardPendingTransactions => Some(Scope::Transactions),
            Self::StandingOrders => Some(Scope::StandingOrders),
            Self::DirectDebits => Some(Scope::DirectDebits),
            Self::Cards | Self::Card => Some(Scope::Cards),
        }
    }

    /// Says whether the call reaches the bank, and so counts against the four of a day without the user.
    pub const fn reaches_bank(self) -> bool {
        !matches!(self, Self::Me | Self::Results)
    }
}

/// Names one read with its object and window.
#[derive(Clone, Copy, Debug)]
pub struct Read<'a> {
    /// What is read.
    pub endpoint: Endpoint,
    /// The account, the card or the task, where one is meant.
    pub id: Option<&'a str>,
    /// The days, for transactions.
    pub window: Window,
}

/// Bounds the days of transactions, both inclusive; without a bound the service chooses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Window {
    /// The first day.
    pub from: Option<NaiveDate>,
    /// The last day, or an instant of it.
    pub to: Option<WindowEnd>,
}

/// Says where a window ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WindowEnd {
    /// With the whole day.
    Day(NaiveDate),
    /// At an instant: some banks refuse a day that is not over.
    Instant(Instant),
}

impl Window {
    /// Bounds both ends by whole days.
    pub const fn days(from: NaiveDate, to: NaiveDate) -> Self {
        Self { from: Some(from), to: Some(WindowEnd::Day(to)) }
    }

    pub(super) fn pairs(self) -> Vec<(&'static str, String)> {
        let from = self.from.map(|from| ("from", from.to_string()));
        let to = self.to.map(|to| match to {
            WindowEnd::Day(day) => ("to", day.to_string()),
            WindowEnd::Instant(at) => ("to", at.to_rfc3339_opts(SecondsFormat::Secs, true)),
        });
        from.into_iter().chain(to).collect()
    }
}

impl<'a> Read<'a> {
    /// Names a read of an object without a window.
    pub const fn of(endpoint: Endpoint, id: &'a str) -> Self {
        Self { endpoint, id: Some(id), window: Window { from: None, to: None } }
    }

    /// Names a read of everything there is.
    pub const fn all(endpoint: Endpoint) -> Self {
        Self { endpoint, id: None, window: Window { from: None, to: None } }
    }

    /// Lists the segments behind `/data/v1`.
    pub(super) fn segments(&self) -> Vec<&'a str> {
        let id = self.id.unwrap_or_default();
        match self.endpoint {
            Endpoint::Me => vec!["me"],
            Endpoint::Info => vec!["info"],
            Endpoint::Accounts => vec!["accounts"],
            Endpoint::Account => vec!["accounts", id],
            Endpoint::AccountBalance => vec!["accounts", id, "balance"],
            Endpoint::AccountTransactions => vec!["accounts", id, "transactions"],
            Endpoint::AccountPendingTransactions => vec!["accounts", id, "transactions", "pending"],
            Endpoint::StandingOrders => vec!["accounts", id, "standing_orders"],
            Endpoint::DirectDebits => vec!["accounts", id, "direct_debits"],
            Endpoint::Cards => vec!["cards"],
            Endpoint::Card => vec!["cards", id],
            Endpoint::CardBalance => vec!["cards", id, "balance"],
            Endpoint::CardTransactions => vec!["cards", id, "transactions"],
            Endpoint::CardPendingTransactions => vec!["cards", id, "transactions", "pending"],
            Endpoint::Results => vec!["results", id],
        }
    }
}

/// Says with which token and on whose behalf a read is made.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// Opens the user's data.
    pub token: &'a AccessToken,
    /// The address of the user who is asking right now, never another: it lifts the limit of four calls a day
    /// (PSD2 RTS Art. 36(5)(b)). `None` when nobody is there.
    pub user: Option<IpAddr>,
    /// A name of one's own for the call, by which the service's support can find it.
    pub correlation_id: Option<&'a str>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_are_written_as_the_service_reads_them() {
        let day = |text: &str| text.parse::<NaiveDate>().expect("a date");
        let until = Window {
            from: Some(day("2026-01-02")),
            to: Some(WindowEnd::Instant("2026-02-03T04:05:06.789Z".parse().expect("an instant"))),
        };
        assert_eq!(
            until.pairs(),
            [("from", "2026-01-02".to_owned()), ("to", "2026-02-03T04:05:06Z".to_owned())]
        );
        assert_eq!(
            Window::days(day("2026-01-02"), day("2026-02-03")).pairs()[1],
            ("to", "2026-02-03".to_owned())
        );
        assert!(Window::default().pairs().is_empty());
    }
}
