//! The oddities of real banks, each on rows that can be named.

use chrono::SecondsFormat;
use kernel::Instant;

use super::rows::{Row, Sort};
use crate::simulator::provider::FakeBank;

/// The two names under which a row is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ShownIds {
    pub(crate) normalised: Option<String>,
    pub(crate) provider: Option<String>,
}

impl Row {
    /// Returns the names of a row at a bank: cash has a blank one, every fee has the same.
    pub(crate) fn ids(&self, bank: &FakeBank, holder_key: &str) -> ShownIds {
        let hash = self.hash(bank, holder_key);
        let normalised = bank.has_lasting_ids.then(|| format!("txn-{}", &hash[..17]));
        let provider = match self.sort {
            Sort::Cash => Some(" ".to_owned()),
            Sort::Fee => Some("9998".to_owned()),
            Sort::Interest => None,
            _ => Some(hash[20..32].to_owned()),
        };
        ShownIds { normalised, provider }
    }

    /// Writes the time in one of three forms.
    pub(crate) fn written_time(&self) -> String {
        match self.sequence % 3 {
            0 => self.at.format("%Y-%m-%dT00:00:00").to_string(),
            1 => self.at.to_rfc3339_opts(SecondsFormat::Micros, true),
            _ => self.at.format("%Y-%m-%dT%H:%M:%S+00:00").to_string(),
        }
    }

    /// Says whether the row comes without the vendor's guess at a class, as all of Australia's do.
    pub(crate) fn lacks_classification(&self) -> bool {
        self.sort == Sort::Interest
    }

    fn hash(&self, bank: &FakeBank, holder_key: &str) -> String {
        let text = format!("{}/{holder_key}/{}/{}", bank.id, instant(self.at), self.sequence);
        hex::encode(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.as_bytes()))
    }
}

fn instant(at: Instant) -> i64 {
    at.timestamp_micros()
}
