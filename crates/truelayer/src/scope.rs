//! What a user lets the program see.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// Names one kind of data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// Who the user is.
    Info,
    /// The accounts.
    Accounts,
    /// Their balances.
    Balance,
    /// The cards.
    Cards,
    /// Transactions, settled and pending.
    Transactions,
    /// Direct debits.
    DirectDebits,
    /// Standing orders.
    StandingOrders,
    /// Access while the user is away: without it there is no refresh token.
    OfflineAccess,
}

/// Every scope with its name on the wire.
const NAMES: [(Scope, &str); 8] = [
    (Scope::Info, "info"),
    (Scope::Accounts, "accounts"),
    (Scope::Balance, "balance"),
    (Scope::Cards, "cards"),
    (Scope::Transactions, "transactions"),
    (Scope::DirectDebits, "direct_debits"),
    (Scope::StandingOrders, "standing_orders"),
    (Scope::OfflineAccess, "offline_access"),
];

/// Says that a text names no scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("not a scope")]
pub struct ScopeError;

impl Scope {
    /// Returns the name on the wire.
    pub fn as_str(self) -> &'static str {
        NAMES.iter().find(|(scope, _)| *scope == self).map_or("", |(_, name)| name)
    }
}

impl FromStr for Scope {
    type Err = ScopeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        NAMES.iter().find(|(_, name)| *name == text).map(|(scope, _)| *scope).ok_or(ScopeError)
    }
}

/// Holds a set of scopes in a fixed order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scopes(Vec<Scope>);

impl Scopes {
    /// Makes a set; repetitions count once.
    pub fn new(scopes: impl IntoIterator<Item = Scope>) -> Self {
        let mut scopes: Vec<Scope> = scopes.into_iter().collect();
        scopes.sort_unstable();
        scopes.dedup();
        Self(scopes)
    }

    /// Holds every scope there is.
    pub fn all() -> Self {
        Self::new(NAMES.iter().map(|(scope, _)| *scope))
    }

    /// Reads a list with spaces between the names; names of the future are left out.
    pub fn from_list(text: &str) -> Self {
        Self::new(text.split_whitespace().filter_map(|name| name.parse().ok()))
    }

    /// Says whether the scope is in the set.
    pub fn contains(&self, scope: Scope) -> bool {
        self.0.contains(&scope)
    }

    /// Lists the scopes.
    pub fn iter(&self) -> impl Iterator<Item = Scope> + '_ {
        self.0.iter().copied()
    }

    /// Says whether nothing is in the set.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Names a scope that is useless without another which is missing.
    ///
    /// Balances and transactions need accounts or cards; standing orders and direct debits need accounts.
    pub fn incomplete(&self) -> Option<Scope> {
        let has_accounts = self.contains(Scope::Accounts);
        let has_any = has_accounts || self.contains(Scope::Cards);
        self.iter().find(|scope| match scope {
            Scope::Balance | Scope::Transactions => !has_any,
            Scope::DirectDebits | Scope::StandingOrders => !has_accounts,
            Scope::Info | Scope::Accounts | Scope::Cards | Scope::OfflineAccess => false,
        })
    }
}

/// Shows the list with spaces between the names, as on the wire.
impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, scope) in self.0.iter().enumerate() {
            write!(f, "{}{}", if position > 0 { " " } else { "" }, scope.as_str())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_survives_its_text() {
        let all = Scopes::all();
        assert_eq!(
            all.to_string(),
            "info accounts balance cards transactions direct_debits standing_orders offline_access"
        );
        assert_eq!(Scopes::from_list(&all.to_string()), all);
        assert_eq!(Scopes::from_list("accounts  nonsense accounts").to_string(), "accounts");
    }

    #[test]
    fn a_scope_that_needs_another_is_named() {
        for (list, missing) in [
            ("accounts balance transactions", None),
            ("cards balance transactions", None),
            ("info offline_access", None),
            ("balance", Some(Scope::Balance)),
            ("cards standing_orders", Some(Scope::StandingOrders)),
            ("cards direct_debits", Some(Scope::DirectDebits)),
        ] {
            assert_eq!(Scopes::from_list(list).incomplete(), missing, "{list}");
        }
    }
}
