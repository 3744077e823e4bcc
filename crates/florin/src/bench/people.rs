//! Who pays in a benchmark: the form of the demo's `--credentials-file`, so that a demo can be loaded as well.

use std::path::Path;

use anyhow::Context as _;
use kernel::{AccountId, Currency};
use serde::{Deserialize, Serialize};

/// Holds everybody.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct People {
    pub(super) sign_ins: Vec<Person>,
}

/// Holds one person's way in, and accounts.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Person {
    pub(super) role: String,
    pub(super) email: String,
    pub(super) password: String,
    pub(super) accounts: Vec<Holding>,
}

/// Names one account.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Holding {
    pub(super) id: AccountId,
    pub(super) currency: Currency,
}

impl People {
    /// Reads those who can pay from one account of theirs to another of the same currency.
    pub(super) fn read(path: &Path) -> anyhow::Result<Vec<Person>> {
        let text = std::fs::read(path).with_context(|| format!("{} cannot be read", path.display()))?;
        let People { mut sign_ins } = serde_json::from_slice(&text)
            .with_context(|| format!("{} is no file of `bench prepare` or `demo`", path.display()))?;
        for person in &mut sign_ins {
            let first = person.accounts.first().map(|account| account.currency);
            person.accounts.retain(|account| Some(account.currency) == first);
        }
        sign_ins.retain(|person| person.role == "customer" && person.accounts.len() > 1);
        anyhow::ensure!(!sign_ins.is_empty(), "nobody in {} has two accounts", path.display());
        Ok(sign_ins)
    }

    pub(super) fn write(&self, path: &Path) -> anyhow::Result<()> {
        let text = serde_json::to_vec(self)?;
        std::fs::write(path, text).with_context(|| format!("{} cannot be written", path.display()))
    }
}
