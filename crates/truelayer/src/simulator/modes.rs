//! How the service behaves where the contract leaves it open, or where it goes wrong.

use serde::{Deserialize, Serialize};

/// Says how refresh tokens behave; public sources disagree about today's service.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefreshMode {
    /// The same token comes back every time.
    #[default]
    Static,
    /// The field is absent: the token stays as it is.
    Omit,
    /// A new one comes back, the old one is dead.
    Rotate,
    /// As before, but the old one gives the same successor for a while (RFC 9700 §4.14.2).
    RotateGrace {
        /// For how long.
        seconds: i64,
    },
    /// A new one comes back, and whoever uses the old one kills both.
    RotateStrict,
}

/// Says how users come back from the bank.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReturnMode {
    /// With a code, or with an error.
    #[default]
    Normal,
    /// With nothing but the state, as some banks do.
    StateOnly,
    /// Not at all.
    Never,
}

/// Says how webhooks go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WebhookMode {
    /// Each is sent twice.
    Duplicate,
    /// The last of those that are due goes first.
    Reorder,
    /// Each is sent so many seconds late.
    Delay(i64),
    /// None is sent.
    Drop,
    /// Each was signed four days ago.
    StaleTimestamp,
    /// Each is signed with another secret, or another key of the same name.
    WrongSecret,
    /// Each is changed after it was signed.
    TamperedBody,
    /// Each is signed for another path.
    WrongPath,
}

/// Holds the switches.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Modes {
    /// How refresh tokens behave.
    pub refresh: RefreshMode,
    /// How users come back.
    pub returns: ReturnMode,
    /// How long access tokens live.
    pub expires_in_seconds: i64,
    /// Whether accounts get other ids with every new link.
    pub fresh_account_ids: bool,
    /// Whether the access token and the refresh token of an extension are replaced, as promised; if not, extending is
    /// refused as before the review of the consent page.
    pub extension_reviewed: bool,
    /// How webhooks go wrong.
    pub webhooks: Vec<WebhookMode>,
    /// How long each answer takes.
    pub latency_milliseconds: u64,
}

impl Default for Modes {
    fn default() -> Self {
        Self {
            refresh: RefreshMode::default(),
            returns: ReturnMode::default(),
            expires_in_seconds: 3600,
            fresh_account_ids: false,
            extension_reviewed: true,
            webhooks: Vec::new(),
            latency_milliseconds: 0,
        }
    }
}
