//! Medians, the table and the page.

use std::fmt::{self, Write as _};
use std::path::Path;

use super::machine;
use super::measures::Measure;

/// Holds what one measurement gave.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Figures {
    pub(crate) per_second: f64,
    pub(crate) p50: f64,
    pub(crate) p95: f64,
    pub(crate) p99: f64,
    pub(crate) memory_mb: Option<f64>,
}

impl Figures {
    /// Reads what `florin bench --json` wrote. None when anything asked was refused or failed: such an answer costs the server
    /// little, and what it was asked for is not what was measured.
    pub(crate) fn read(text: &str, memory_mb: Option<f64>) -> Option<Self> {
        if ["\"refused\":", "\"failed\":"].iter().any(|count| text.contains(count)) {
            return None;
        }
        let field = |name: &str| {
            let rest = text.split_once(&format!("\"{name}\":"))?.1;
            let value: String = rest.chars().take_while(|letter| *letter != ',' && *letter != '}').collect();
            value.trim_matches('"').parse::<f64>().ok()
        };
        Some(Self {
            per_second: field("per_second")?,
            p50: field("p50_ms")?,
            p95: field("p95_ms")?,
            p99: field("p99_ms")?,
            memory_mb,
        })
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.0} a second, p50 {:.1} ms, p99 {:.1} ms", self.per_second, self.p50, self.p99)
    }
}

/// Collects the rounds of one measurement.
pub(crate) struct Row<'a> {
    pub(crate) measure: &'a Measure,
    rounds: Vec<Round>,
}

/// Holds one round: the figures, what pgbench gave around it, and what the measurement beside it gave.
struct Round {
    figures: Figures,
    pgbench: f64,
    beside: Option<f64>,
}

impl<'a> Row<'a> {
    pub(crate) fn new(measure: &'a Measure) -> Self {
        Self { measure, rounds: Vec::new() }
    }

    /// Adds a round.
    pub(crate) fn add(&mut self, figures: &Figures, pgbench: f64, beside: Option<f64>) {
        self.rounds.push(Round { figures: *figures, pgbench, beside });
    }

    /// Returns the rate of the newest round.
    pub(crate) fn newest(&self) -> Option<f64> {
        self.rounds.last().map(|round| round.figures.per_second)
    }

    fn ratios(&self) -> Vec<f64> {
        self.rounds.iter().map(|round| round.figures.per_second / round.pgbench).collect()
    }

    fn to_peer(&self) -> Option<f64> {
        let ratio = |round: &Round| Some(round.figures.per_second / round.beside?);
        let ratios: Vec<f64> = self.rounds.iter().filter_map(ratio).collect();
        (!ratios.is_empty()).then(|| median(ratios))
    }

    fn middle(&self, of: fn(&Figures) -> f64) -> f64 {
        median(self.rounds.iter().map(|round| of(&round.figures)).collect())
    }

    fn memory(&self) -> f64 {
        self.rounds.iter().filter_map(|round| round.figures.memory_mb).fold(0.0, f64::max)
    }

    fn within(&self, percent: u8) -> f64 {
        match percent {
            50 => self.middle(|one| one.p50),
            95 => self.middle(|one| one.p95),
            _ => self.middle(|one| one.p99),
        }
    }

    /// Lists the promises that are not kept.
    pub(crate) fn missed(&self) -> Vec<String> {
        let Measure { least, beside, most, memory, .. } = self.measure;
        let mut missed = Vec::new();
        if let Some(bar) = least.filter(|bar| median(self.ratios()) < *bar) {
            missed.push(format!("{bar} × pgbench"));
        }
        if let (Some((peer, bar)), Some(ratio)) = (beside, self.to_peer())
            && ratio < *bar
        {
            missed.push(format!("{bar} × {peer}"));
        }
        if let Some((percent, bar)) = most.filter(|(percent, bar)| self.within(*percent) > *bar) {
            missed.push(format!("p{percent} {bar} ms"));
        }
        if let Some(bar) = memory.filter(|bar| self.memory() > *bar) {
            missed.push(format!("{bar} MB"));
        }
        missed
    }
}

/// Lays the rows out as a table.
pub(crate) fn table(rows: &[Row]) -> String {
    let mut text = String::from(
        "| What | × pgbench (least – most) | × peer | a second | p50 ms | p95 ms | p99 ms | memory MB | promised and missed |\n\
         |---|---|---|---|---|---|---|---|---|\n",
    );
    for row in rows {
        let ratios = row.ratios();
        let least = ratios.iter().copied().fold(f64::INFINITY, f64::min);
        let most = ratios.iter().copied().fold(0.0, f64::max);
        let [memory, peer] = [Some(row.memory()).filter(|memory| *memory > 0.0), row.to_peer()];
        let _ = writeln!(
            text,
            "| {} | {:.1} ({least:.1} – {most:.1}) | {} | {:.0} | {:.1} | {:.1} | {:.1} | {} | {} |",
            row.measure.name,
            median(ratios),
            peer.map_or_else(String::new, |ratio| format!("{ratio:.1}")),
            row.middle(|one| one.per_second),
            row.within(50),
            row.within(95),
            row.within(99),
            memory.map_or_else(String::new, |memory| format!("{memory:.0}")),
            row.missed().join(", "),
        );
    }
    text
}

/// Writes the page.
pub(crate) fn write(path: &Path, table: &str, costs: &str, method: &Method) -> Result<(), String> {
    let Method { rounds, seconds, transfers } = method;
    let page = format!(
        "# Benchmarks\n\n\
         Written by `cargo xtask bench`, which anybody can run. Each figure is the median of {rounds} rounds of {seconds} s; a\n\
         ratio is to the mean of pgbench (TPC-B, scale 10, 32 clients, prepared) before and after it, on the same PostgreSQL server,\n\
         over its Unix socket, with durable commits. Server, database and client share this machine: {}.\n\n\
         100,000 accounts of 500 people. Every measurement begins with a fresh copy of their book, in which nothing stands but\n\
         what funded them, except in the grown book, which also serves `POST accounts` and the reads: {transfers} transfers before the\n\
         first round. Every request is authenticated, idempotent, limited, counted, journaled with both entries and sealed\n\
         behind; \"hot\" has one account on one side of every transfer. The naive server has the same schema and rules, a\n\
         transaction for each request and none of the rest (`florin bench naive`). Memory is the most the server held while it\n\
         was measured, after 500 people had signed in (the allocator's settings are those of docs/operations.md).\n\n\
         {table}\n{costs}",
        machine::describe()
    );
    std::fs::write(path, page).map_err(|error| format!("{}: {error}", path.display()))
}

/// Says how it was measured.
pub(crate) struct Method {
    pub(crate) rounds: u32,
    pub(crate) seconds: u32,
    pub(crate) transfers: String,
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_read_from_what_the_program_writes() {
        let text = r#"{"counts":{"done":5},"name":"x","p50_ms":"1.50","p95_ms":"2.00","p99_ms":"9.00","per_second":4321,"seconds":5}"#;
        let figures = Figures::read(text, None).expect("figures");
        assert_eq!(figures.to_string(), "4321 a second, p50 1.5 ms, p99 9.0 ms");
        assert!(Figures::read("{}", None).is_none());
        let refused = text.replace("\"done\":5", "\"done\":5,\"refused\":1");
        assert!(Figures::read(&refused, None).is_none(), "refusals are cheap: they are no measurement");
    }

    #[test]
    fn the_median_is_the_middle_one() {
        assert!((median(vec![9.0, 1.0, 2.0]) - 2.0).abs() < f64::EPSILON);
        assert!(median(Vec::new()).abs() < f64::EPSILON);
    }
}
