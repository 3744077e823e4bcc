//! Answers of the Data API: rows that keep the text they were read from.

use std::fmt;
use std::time::Duration;

use kernel::Instant;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::header;
use super::send::{Reply, correlation_id};
use crate::error::Error;
use crate::timestamp::Timestamp;

/// Holds a row and its text, to be sealed and read again when more is understood.
#[derive(Clone)]
pub struct Item<T> {
    /// The row.
    pub value: T,
    raw: Box<RawValue>,
}

impl<T> Item<T> {
    /// Returns the JSON as the bank sent it.
    pub fn raw(&self) -> &str {
        self.raw.get()
    }
}

/// Shows the row and leaves the text out, which holds names and numbers.
impl<T: fmt::Debug> fmt::Debug for Item<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value.fmt(f)
    }
}

/// Stands for a row that could not be read.
#[derive(Clone)]
pub struct Unread {
    /// Where it stood.
    pub position: usize,
    raw: Box<RawValue>,
}

impl Unread {
    /// Returns the JSON as the bank sent it.
    pub fn raw(&self) -> &str {
        self.raw.get()
    }
}

impl fmt::Debug for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unread").field("position", &self.position).finish_non_exhaustive()
    }
}

/// Holds the rows of an answer and what came with it.
#[derive(Clone, Debug)]
pub struct Answer<T> {
    /// The rows that could be read.
    pub items: Vec<Item<T>>,
    /// The rows that could not.
    pub unread: Vec<Unread>,
    /// Whether the answer is there yet; anything else comes only from results of a task.
    pub status: TaskStatus,
    /// The name under which the service's support finds the call.
    pub correlation_id: Option<String>,
    /// The link at the service; stays the same when it is renewed.
    pub credentials_id: Option<String>,
    /// How long the service answers the same question with the same bytes.
    pub fresh_for: Option<Duration>,
    /// When the service asked the bank.
    pub last_modified: Option<Instant>,
}

impl<T> Answer<T> {
    /// Says whether everything is there and was read: only then may a cursor be moved.
    pub fn is_complete(&self) -> bool {
        self.status == TaskStatus::Succeeded && self.unread.is_empty()
    }

    /// Lists the rows without their texts.
    pub fn values(&self) -> impl Iterator<Item = &T> {
        self.items.iter().map(|item| &item.value)
    }

    /// Returns the first row: reads of one object still answer with a list.
    pub fn first(&self) -> Option<&T> {
        self.items.first().map(|item| &item.value)
    }
}

/// Says how far an asynchronous read is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub enum TaskStatus {
    /// It is done; answers that do not say are.
    #[default]
    Succeeded,
    /// It waits.
    Queued,
    /// It is being done.
    Running,
    /// It failed.
    Failed,
}

/// Names an asynchronous read.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Task {
    /// Its name.
    pub task_id: String,
    /// How far it is.
    #[serde(default)]
    pub status: TaskStatus,
}

#[derive(Deserialize)]
struct Envelope {
    #[serde(default)]
    results: Vec<Box<RawValue>>,
    #[serde(default)]
    status: TaskStatus,
}

impl Reply {
    /// Reads an envelope row by row: one bad row costs that row and the completeness, not the answer.
    pub(super) fn answer<T: DeserializeOwned>(&self) -> Result<Answer<T>, Error> {
        let envelope: Envelope = self.json()?;
        let (mut items, mut unread) = (Vec::new(), Vec::new());
        for (position, raw) in envelope.results.into_iter().enumerate() {
            match serde_json::from_str(raw.get()) {
                Ok(value) => items.push(Item { value, raw }),
                Err(_) => unread.push(Unread { position, raw }),
            }
        }
        if !unread.is_empty() {
            let correlation_id = correlation_id(&self.headers).unwrap_or_default();
            let rows = unread.len();
            tracing::warn!(
                endpoint = self.name,
                rows,
                correlation_id,
                "{rows} rows of {} are unreadable",
                self.name
            );
        }
        Ok(Answer {
            items,
            unread,
            status: envelope.status,
            correlation_id: correlation_id(&self.headers),
            credentials_id: header(&self.headers, "x-credentials-id"),
            fresh_for: header(&self.headers, "cache-control").as_deref().and_then(max_age),
            last_modified: header(&self.headers, "last-modified").as_deref().and_then(modified),
        })
    }
}

/// Reads `max-age=n` (RFC 9111 §5.2.2.1).
pub(crate) fn max_age(cache_control: &str) -> Option<Duration> {
    let mut directives = cache_control.split(',').map(str::trim);
    let seconds = directives.find_map(|directive| directive.strip_prefix("max-age="))?;
    seconds.parse().ok().map(Duration::from_secs)
}

/// The vendor describes ISO 8601; HTTP itself has its own form (RFC 9110 §5.6.7).
fn modified(text: &str) -> Option<Instant> {
    let iso = text.parse::<Timestamp>().ok().map(|timestamp| timestamp.at);
    iso.or_else(|| chrono::DateTime::parse_from_rfc2822(text).ok().map(|at| at.to_utc()))
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderMap;

    use super::*;

    fn reply(body: &str) -> Reply {
        Reply { name: "test", status: 200, headers: HeaderMap::new(), body: body.as_bytes().to_vec() }
    }

    #[test]
    fn a_row_keeps_its_text_and_a_bad_row_costs_completeness() {
        let answer: Answer<u8> =
            reply(r#"{"results":[1, "canary", 300, 2 ]}"#).answer().expect("an envelope");
        assert_eq!(answer.values().copied().collect::<Vec<_>>(), [1, 2]);
        assert_eq!(answer.items[1].raw(), "2");
        assert_eq!(answer.unread.iter().map(|row| row.position).collect::<Vec<_>>(), [1, 2]);
        assert_eq!(answer.unread[0].raw(), "\"canary\"");
        assert!(!answer.is_complete());
        assert!(!format!("{answer:?}").contains("canary"));
    }

    #[test]
    fn only_a_finished_answer_is_complete() {
        for (status, complete) in
            [("Succeeded", true), ("Queued", false), ("Running", false), ("Failed", false)]
        {
            let body = format!(r#"{{"results":[],"status":"{status}"}}"#);
            assert_eq!(reply(&body).answer::<u8>().expect(status).is_complete(), complete, "{status}");
        }
        assert!(reply("{}").answer::<u8>().expect("an empty envelope").is_complete());
        assert!(reply("<html>").answer::<u8>().is_err());
    }

    #[test]
    fn freshness_and_age_are_read_from_headers() {
        assert_eq!(max_age("private, max-age=3600"), Some(Duration::from_hours(1)));
        assert_eq!(max_age("no-store"), None);
        let expected: Option<Instant> = "2026-11-19T09:30:00Z".parse().ok();
        assert_eq!(modified("2026-11-19T09:30:00Z"), expected);
        assert_eq!(modified("Thu, 19 Nov 2026 09:30:00 GMT"), expected);
        assert_eq!(modified("recently"), None);
    }
}
