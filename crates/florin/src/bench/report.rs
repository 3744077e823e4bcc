//! Counting answers and their times, and showing both.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use hdrhistogram::Histogram;
use serde_json::json;

use crate::say::say;

/// The longest time that is told apart, in microseconds.
const LONGEST_MICROSECONDS: u64 = 60_000_000;

/// Which part of the requests was answered within each line's time.
const QUANTILES: [f64; 10] = [10.0, 25.0, 50.0, 75.0, 90.0, 95.0, 99.0, 99.9, 99.99, 100.0];
/// How wide the longest line is.
const BAR: u64 = 40;

/// Says how one request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Outcome {
    /// As it should.
    Done,
    /// A refusal of the domain.
    Refused,
    /// A deliberate 503 or 429: come back.
    Overloaded,
    /// Anything else.
    Failed,
}

impl Outcome {
    fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Refused => "refused",
            Self::Overloaded => "overloaded",
            Self::Failed => "failed",
        }
    }
}

/// Collects outcomes and times; several are added into one.
#[derive(Debug)]
pub(super) struct Tally {
    span: Duration,
    counts: BTreeMap<Outcome, u64>,
    times: Histogram<u64>,
    /// How many transfers one request stands for.
    pub(super) weight: u64,
}

impl Tally {
    /// Begins a tally over a span of time.
    pub(super) fn new(span: Duration) -> Self {
        let times = Histogram::new_with_max(LONGEST_MICROSECONDS, 3).expect("bounds that fit");
        Self { span, counts: BTreeMap::new(), times, weight: 1 }
    }

    /// Counts one request.
    pub(super) fn record(&mut self, outcome: Outcome, took: Duration) {
        *self.counts.entry(outcome).or_default() += 1;
        let microseconds = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.times.saturating_record(microseconds);
    }

    /// Returns the time within which a part of the requests was answered, as milliseconds.
    pub(super) fn within(&self, quantile: f64) -> String {
        milliseconds(self.times.value_at_quantile(quantile))
    }

    /// Adds what another one counted in the same span.
    pub(super) fn add(&mut self, other: &Self) {
        for (outcome, count) in &other.counts {
            *self.counts.entry(*outcome).or_default() += count;
        }
        self.times += &other.times;
    }

    pub(super) fn count(&self, outcome: Outcome) -> u64 {
        self.counts.get(&outcome).copied().unwrap_or_default()
    }

    pub(super) fn per_second(&self) -> u64 {
        let milliseconds = u64::try_from(self.span.as_millis()).unwrap_or(u64::MAX).max(1);
        self.count(Outcome::Done) * self.weight * 1_000 / milliseconds
    }

    /// Prints the figures, and writes them as JSON where a file is named.
    ///
    /// # Errors
    /// When the file cannot be written, or requests failed.
    pub(super) fn tell(&self, name: &str, json: Option<&Path>) -> anyhow::Result<()> {
        let at = |quantile: f64| milliseconds(self.times.value_at_quantile(quantile));
        let (p50, p95, p99) = (at(0.50), at(0.95), at(0.99));
        let (longest, rate) = (milliseconds(self.times.max()), self.per_second());
        say(format_args!(
            "{name}: {rate} a second; p50 {p50} ms, p95 {p95} ms, p99 {p99} ms, longest {longest} ms"
        ));
        let ends: Vec<String> =
            self.counts.iter().map(|(outcome, count)| format!("{count} {}", outcome.as_str())).collect();
        say(format_args!("  {} in {} s", ends.join(", "), self.span.as_secs()));
        say(format_args!("{}", histogram(&self.times)));
        if let Some(path) = json {
            let counts: BTreeMap<_, _> =
                self.counts.iter().map(|(end, count)| (end.as_str(), count)).collect();
            let text = json!({
                "name": name, "per_second": rate, "seconds": self.span.as_secs(), "counts": counts,
                "p50_ms": p50, "p95_ms": p95, "p99_ms": p99, "longest_ms": longest,
            });
            std::fs::write(path, text.to_string())
                .with_context(|| format!("{} cannot be written", path.display()))?;
        }
        let failed = self.count(Outcome::Failed);
        anyhow::ensure!(failed == 0, "{failed} requests failed");
        anyhow::ensure!(self.count(Outcome::Done) > 0, "nothing was done");
        Ok(())
    }
}

/// Draws the times as a histogram of quantiles, a line each.
fn histogram(times: &Histogram<u64>) -> String {
    let longest = times.max().max(1);
    let lines = QUANTILES.map(|quantile| {
        let value = times.value_at_quantile(quantile / 100.0);
        let width = usize::try_from(value * BAR / longest).unwrap_or_default();
        format!("  {quantile:>7.3} %  {:>10} ms  {}", milliseconds(value), "▏".repeat(width.max(1)))
    });
    lines.join("\n")
}

/// Shows microseconds as milliseconds with two decimals.
fn milliseconds(microseconds: u64) -> String {
    format!("{}.{:02}", microseconds / 1_000, microseconds % 1_000 / 10)
}
