//! The link itself, and who the user is.

use kernel::Secret;
use serde::{Deserialize, Deserializer};

use crate::scope::Scopes;
use crate::timestamp::{Timestamp, lenient};

/// Describes a link: its bank, its consent and its name at the service.
#[derive(Clone, Debug, Deserialize)]
pub struct Me {
    /// The program.
    #[serde(default)]
    pub client_id: Option<String>,
    /// The link; stays the same when it is renewed.
    pub credentials_id: String,
    /// `Authorised`, or what has become of it.
    #[serde(default)]
    pub consent_status: Option<String>,
    /// When that changed last.
    #[serde(default, deserialize_with = "lenient")]
    pub consent_status_updated_at: Option<Timestamp>,
    /// When the user consented.
    #[serde(default, deserialize_with = "lenient")]
    pub consent_created_at: Option<Timestamp>,
    /// When the consent ends; wins over every rule about countries.
    #[serde(default, deserialize_with = "lenient")]
    pub consent_expires_at: Option<Timestamp>,
    /// The bank.
    pub provider: LinkProvider,
    /// What the user granted; names of the future are left out.
    #[serde(default, deserialize_with = "scopes")]
    pub scopes: Scopes,
}

impl Me {
    /// Says whether the consent stands.
    pub fn is_authorised(&self) -> bool {
        self.consent_status.as_deref().is_some_and(|status| status.eq_ignore_ascii_case("authorised"))
    }
}

/// Names the bank of a link.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct LinkProvider {
    /// Its name at the service.
    pub provider_id: String,
    /// Its name for people.
    #[serde(default)]
    pub display_name: Option<String>,
    /// Where its picture is.
    #[serde(default)]
    pub logo_uri: Option<String>,
}

/// Says who the user is, as far as the bank tells.
#[derive(Clone, Debug, Deserialize)]
pub struct Info {
    /// The user's name.
    #[serde(default)]
    pub full_name: Option<Secret<String>>,
    /// The branch, where a group of banks shares one name.
    #[serde(default)]
    pub branch_id: Option<String>,
    /// Mail addresses; rarely there.
    #[serde(default)]
    pub emails: Vec<Secret<String>>,
    /// Telephone numbers; rarely there.
    #[serde(default)]
    pub phones: Vec<Secret<String>>,
    /// When the service asked the bank.
    #[serde(default, deserialize_with = "lenient")]
    pub update_timestamp: Option<Timestamp>,
}

fn scopes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Scopes, D::Error> {
    let names = Vec::<String>::deserialize(deserializer)?;
    Ok(Scopes::from_list(&names.join(" ")))
}
