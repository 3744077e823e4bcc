//! The banks that the simulated service reaches.

use crate::client::Endpoint;

/// Says which environment is imitated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Profile {
    /// The sandbox: one bank, `mock`, and the control API.
    #[default]
    Sandbox,
    /// The live environment: several made-up banks in three countries, and no control API.
    Live,
}

/// Describes a bank.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct FakeBank {
    pub(super) id: &'static str,
    pub(super) name: &'static str,
    /// In the service's spelling, where the United Kingdom is `uk`.
    pub(super) country: &'static str,
    /// The filters that offer it.
    pub(super) filters: &'static [&'static str],
    /// Whether it gives transactions a lasting name.
    pub(super) has_lasting_ids: bool,
    /// Issues cards only: it has no accounts to show.
    pub(super) only_cards: bool,
    /// How far back it answers at all.
    pub(super) history_days: i64,
    /// How long a consent lasts.
    pub(super) consent_days: i64,
    /// Whether a new consent silently ends the one before (Berlin Group's recurring consents).
    pub(super) one_consent: bool,
}

/// The sandbox's only bank, and those of the imitated live environment.
static BANKS: [(Profile, FakeBank); 6] = [
    (
        Profile::Sandbox,
        FakeBank {
            id: "mock",
            name: "Mock Bank",
            country: "uk",
            filters: &["mock", "uk-cs-mock"],
            has_lasting_ids: true,
            only_cards: false,
            history_days: 730,
            consent_days: 90,
            one_consent: false,
        },
    ),
    (
        Profile::Live,
        FakeBank {
            id: "ob-harbour",
            name: "Harbour Bank",
            country: "uk",
            filters: &["uk-ob-all"],
            has_lasting_ids: true,
            only_cards: false,
            history_days: 730,
            consent_days: 90,
            one_consent: false,
        },
    ),
    (
        Profile::Live,
        FakeBank {
            id: "ob-plainfield",
            name: "Plainfield Building Society",
            country: "uk",
            filters: &["uk-ob-all"],
            has_lasting_ids: false,
            only_cards: false,
            history_days: 365,
            consent_days: 90,
            one_consent: false,
        },
    ),
    (
        Profile::Live,
        FakeBank {
            id: "ob-cardinal",
            name: "Cardinal Cards",
            country: "uk",
            filters: &["uk-ob-all"],
            has_lasting_ids: true,
            only_cards: true,
            history_days: 730,
            consent_days: 90,
            one_consent: false,
        },
    ),
    (
        Profile::Live,
        FakeBank {
            id: "xs2a-nordstern",
            name: "Nordstern Sparbank",
            country: "de",
            filters: &["de-xs2a-all"],
            has_lasting_ids: true,
            only_cards: false,
            history_days: 365,
            consent_days: 180,
            one_consent: true,
        },
    ),
    (
        Profile::Live,
        FakeBank {
            id: "xs2a-alpin",
            name: "Alpin Bank",
            country: "at",
            filters: &["at-xs2a-all"],
            has_lasting_ids: false,
            only_cards: false,
            history_days: 365,
            consent_days: 180,
            one_consent: true,
        },
    ),
];

impl FakeBank {
    /// Lists the banks of a profile.
    pub(super) fn all(profile: Profile) -> impl Iterator<Item = &'static Self> {
        BANKS.iter().filter(move |(of, _)| *of == profile).map(|(_, bank)| bank)
    }

    /// Lists the banks that a link's `providers` offer; nothing offers the standard ones of the United Kingdom.
    pub(super) fn offered(profile: Profile, providers: &str) -> Vec<&'static Self> {
        let named: Vec<&str> = providers.split_whitespace().collect();
        let default = ["uk-oauth-all", "uk-ob-all"];
        let named: &[&str] = if named.is_empty() { &default } else { &named };
        let is_offered =
            |bank: &&Self| named.iter().any(|name| *name == bank.id || bank.filters.contains(name));
        Self::all(profile).filter(is_offered).collect()
    }

    /// Says whether it can answer this kind of question.
    pub(super) const fn supports(&self, endpoint: Endpoint) -> bool {
        let is_about_accounts = matches!(
            endpoint,
            Endpoint::Accounts
                | Endpoint::Account
                | Endpoint::AccountBalance
                | Endpoint::AccountTransactions
                | Endpoint::AccountPendingTransactions
        );
        let is_british_only = matches!(endpoint, Endpoint::StandingOrders | Endpoint::DirectDebits);
        !(self.only_cards && (is_about_accounts || is_british_only))
            && (self.is_british() || !is_british_only)
    }

    /// Says whether the bank is in the United Kingdom, where links can be extended.
    pub(super) const fn is_british(&self) -> bool {
        matches!(self.country.as_bytes(), b"uk")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_offer_the_banks_of_their_country() {
        let ids = |profile, providers| {
            FakeBank::offered(profile, providers).iter().map(|bank| bank.id).collect::<Vec<_>>()
        };
        assert_eq!(ids(Profile::Sandbox, "mock"), ["mock"]);
        assert_eq!(ids(Profile::Sandbox, "uk-cs-mock uk-ob-all"), ["mock"]);
        assert!(ids(Profile::Sandbox, "uk-ob-all").is_empty());
        assert_eq!(ids(Profile::Live, "de-xs2a-all at-xs2a-all"), ["xs2a-nordstern", "xs2a-alpin"]);
        assert_eq!(ids(Profile::Live, "").len(), 3);
        assert_eq!(ids(Profile::Live, "ob-cardinal"), ["ob-cardinal"]);
        assert!(ids(Profile::Live, "mock").is_empty());
    }
}
