//! Changing what may be debited: customers lower at once and raise up to the product's bounds.

use kernel::{Currency, Money};
use ledger::SpendingLimits;
use serde::{Deserialize, Deserializer};

use super::{AccountAuthority, AccountError, Product};

/// Says what becomes of one limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Setting {
    /// It stays as it is.
    #[default]
    Keep,
    /// It is taken away.
    Unlimited,
    /// It becomes this amount.
    At(Money),
}

/// Reads an amount, or null for no limit; an absent field keeps it (`#[serde(default)]`).
impl<'de> Deserialize<'de> for Setting {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::<Money>::deserialize(deserializer)?.map_or(Self::Unlimited, Self::At))
    }
}

/// Names a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LimitName {
    /// The largest single payment.
    Single,
    /// The most a day.
    Day,
    /// The most a month.
    Month,
    /// How far below zero the balance may fall.
    Overdraft,
}

impl LimitName {
    /// Returns the name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Single => "single",
            Self::Day => "day",
            Self::Month => "month",
            Self::Overdraft => "overdraft",
        }
    }
}

/// Asks for limits to be changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LimitChange {
    /// The largest single payment.
    pub single: Setting,
    /// The most a day.
    pub day: Setting,
    /// The most a month.
    pub month: Setting,
    /// The overdraft; staff only.
    pub overdraft: Option<Money>,
}

impl LimitChange {
    /// Decides the new limits.
    ///
    /// # Errors
    /// For each limit in turn: [`AccountError::LimitNotUsable`], [`AccountError::JointSignatureRequired`],
    /// [`AccountError::LimitAboveMaximum`].
    pub fn decide(
        &self,
        now: SpendingLimits,
        product: &Product,
        authority: &AccountAuthority,
    ) -> Result<SpendingLimits, AccountError> {
        let most = product.most_limits();
        let decide = |name, setting, now, most| {
            let limit = OneLimit { name, setting, now, most };
            limit.decide(product.currency, authority)
        };
        Ok(SpendingLimits {
            largest: decide(LimitName::Single, self.single, now.largest, most.largest)?,
            day: decide(LimitName::Day, self.day, now.day, most.day)?,
            month: decide(LimitName::Month, self.month, now.month, most.month)?,
        })
    }

    /// Decides the new overdraft, if it is to change.
    ///
    /// # Errors
    /// [`AccountError::OverdraftByStaffOnly`], [`AccountError::LimitNotUsable`], then
    /// [`AccountError::LimitAboveMaximum`], which binds staff too.
    pub fn decide_overdraft(
        &self,
        product: &Product,
        authority: &AccountAuthority,
    ) -> Result<Option<Money>, AccountError> {
        let Some(asked) = self.overdraft else { return Ok(None) };
        if !authority.is_staff() {
            return Err(AccountError::OverdraftByStaffOnly);
        }
        usable(LimitName::Overdraft, asked, product.currency)?;
        let maximum = product.most_overdraft();
        if asked.minor() > maximum.minor() {
            return Err(AccountError::LimitAboveMaximum { limit: LimitName::Overdraft, maximum });
        }
        Ok(Some(asked))
    }
}

struct OneLimit {
    name: LimitName,
    setting: Setting,
    now: Option<Money>,
    most: Option<Money>,
}

impl OneLimit {
    fn decide(self, currency: Currency, authority: &AccountAuthority) -> Result<Option<Money>, AccountError> {
        let asked = match self.setting {
            Setting::Keep => return Ok(self.now),
            Setting::Unlimited => None,
            Setting::At(amount) => Some(usable(self.name, amount, currency)?),
        };
        if authority.is_staff() || !exceeds(asked, self.now) {
            return Ok(asked);
        }
        authority.require_alone()?;
        match self.most {
            Some(maximum) if exceeds(asked, self.most) => {
                Err(AccountError::LimitAboveMaximum { limit: self.name, maximum })
            }
            _ => Ok(asked),
        }
    }
}

/// Says whether one limit lets more through than another; none is unlimited.
fn exceeds(limit: Option<Money>, other: Option<Money>) -> bool {
    match (limit, other) {
        (_, None) => false,
        (None, Some(_)) => true,
        (Some(limit), Some(other)) => limit.minor() > other.minor(),
    }
}

fn usable(limit: LimitName, amount: Money, currency: Currency) -> Result<Money, AccountError> {
    if amount.currency() != currency || amount.minor() < 0 {
        return Err(AccountError::LimitNotUsable { limit, currency });
    }
    Ok(amount)
}
