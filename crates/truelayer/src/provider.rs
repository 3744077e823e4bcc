//! The banks that can be linked.

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::scope::Scopes;

/// Describes a bank as the service lists it.
#[derive(Clone, Debug, Deserialize)]
pub struct Provider {
    /// Its name in links and answers: `ob-monzo`, `xs2a-…`, `mock`.
    pub provider_id: String,
    /// Its name for people.
    pub display_name: String,
    /// Where its picture is.
    #[serde(default)]
    pub logo_url: Option<String>,
    /// Its country, in small letters; `uk` for the United Kingdom.
    #[serde(default)]
    pub country: Option<String>,
    /// What it can be asked for; names of the future are left out.
    #[serde(default, deserialize_with = "scopes")]
    pub scopes: Scopes,
    /// What has to be asked of the user before the bank can be reached, as the service describes it.
    #[serde(default)]
    pub steps: Option<Box<RawValue>>,
    /// Whether it works at the moment.
    #[serde(default)]
    pub availability: Option<Availability>,
}

/// Says whether a bank works at the moment.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Availability {
    /// `healthy` or `unhealthy`.
    pub recommended_status: String,
}

/// Chooses from the list; nothing chooses everything.
#[derive(Clone, Debug, Default)]
pub struct ProviderQuery<'a> {
    /// Only the banks that this program may reach.
    pub client_id: Option<&'a str>,
    /// Only banks that give all of this.
    pub scopes: Option<&'a Scopes>,
    /// Only banks of these countries, in the service's spelling (`uk`, `de`).
    pub countries: &'a [&'a str],
}

impl Provider {
    /// Says whether the bank is known to work badly at the moment.
    pub fn is_unhealthy(&self) -> bool {
        self.availability.as_ref().is_some_and(|availability| availability.recommended_status == "unhealthy")
    }
}

impl ProviderQuery<'_> {
    /// Lists the pairs of the query string.
    pub(crate) fn pairs(&self) -> Vec<(&'static str, String)> {
        let scopes = self.scopes.map(|scopes| ("scopes", scopes.to_string()));
        let countries = (!self.countries.is_empty()).then(|| ("country", self.countries.join(" ")));
        let client_id = self.client_id.map(|client_id| ("clientId", client_id.to_owned()));
        client_id.into_iter().chain(scopes).chain(countries).collect()
    }
}

fn scopes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Scopes, D::Error> {
    let names = Vec::<String>::deserialize(deserializer)?;
    Ok(Scopes::from_list(&names.join(" ")))
}
