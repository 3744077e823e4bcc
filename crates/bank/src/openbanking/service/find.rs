//! Showing a customer's connections, and the banks that can be linked.

use kernel::{ConnectionId, Page, PageRequest, UserId};
use truelayer::{Provider, ProviderQuery};

use super::reach;
use crate::openbanking::{Connection, OpenBankingError, store};
use crate::{Bank, Caller, Permission};

/// Finds one of the caller's connections.
///
/// # Errors
/// [`OpenBankingError::Forbidden`], [`OpenBankingError::NotFound`].
pub async fn find(bank: &Bank, caller: &Caller, id: ConnectionId) -> Result<Connection, OpenBankingError> {
    let user = reader(caller)?;
    store::find(bank.db.latest(), id, user).await?.ok_or(OpenBankingError::NotFound)
}

/// Lists the caller's connections, newest first.
///
/// # Errors
/// [`OpenBankingError::Forbidden`].
pub async fn list(
    bank: &Bank,
    caller: &Caller,
    page: PageRequest,
) -> Result<Page<Connection>, OpenBankingError> {
    let user = reader(caller)?;
    Ok(store::list(bank.db.read(), user, page).await?)
}

/// Lists the banks that the operator's filters cover, by name; asks the service.
///
/// # Errors
/// [`OpenBankingError::Forbidden`], [`OpenBankingError::Off`], what the service says.
pub async fn providers(bank: &Bank, caller: &Caller) -> Result<Vec<Provider>, OpenBankingError> {
    reader(caller)?;
    let (reach, settings) = reach(bank)?;
    let query = ProviderQuery { client_id: Some(reach.client().client_id()), ..ProviderQuery::default() };
    let mut banks = reach.client().providers(&query).await?;
    banks.retain(|bank| settings.providers.iter().any(|filter| covers(filter, bank)));
    banks.sort_by(|one, other| one.display_name.cmp(&other.display_name));
    Ok(banks)
}

/// Says whether a filter (`uk-ob-all`) or a name covers a bank.
fn covers(filter: &str, bank: &Provider) -> bool {
    let Some(kind) = filter.strip_suffix("-all") else { return filter == bank.provider_id };
    let Some((country, family)) = kind.split_once('-') else { return false };
    let is_of_family = bank.provider_id.split('-').next() == Some(family);
    bank.country.as_deref() == Some(country) && is_of_family
}

pub(super) fn reader(caller: &Caller) -> Result<UserId, OpenBankingError> {
    caller.require(Permission::ReadOwnConnections)?;
    caller.user_id.ok_or(OpenBankingError::NeedsPerson)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_covers_its_country_and_its_family_and_a_name_itself() {
        let bank = |id: &str, country: &str| -> Provider {
            let json = serde_json::json!({ "provider_id": id, "display_name": "A", "country": country });
            serde_json::from_value(json).expect("a bank")
        };
        for (filter, id, country, expected) in [
            ("uk-ob-all", "ob-monzo", "uk", true),
            ("uk-ob-all", "oauth-monzo", "uk", false),
            ("uk-ob-all", "ob-monzo", "ie", false),
            ("de-xs2a-all", "xs2a-sparkasse", "de", true),
            ("mock", "mock", "uk", true),
            ("mock", "mock-other", "uk", false),
            ("ob-monzo", "ob-monzo", "uk", true),
        ] {
            assert_eq!(covers(filter, &bank(id, country)), expected, "{filter} {id} {country}");
        }
    }
}
