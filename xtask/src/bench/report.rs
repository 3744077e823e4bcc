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
    pub(crate) p99: f64,
    pub(crate) memory_mb: Option<f64>,
}

impl Figures {
    /// Reads what `florin bench --json` wrote.
    pub(crate) fn read(text: &str, memory_mb: Option<f64>) -> Option<Self> {
        let field = |name: &str| {
            let rest = text.split_once(&format!("\"{name}\":"))?.1;
            let value: String = rest.chars().take_while(|letter| *letter != ',' && *letter != '}').collect();
            value.trim_matches('"').parse::<f64>().ok()
        };
        Some(Self {
            per_second: field("per_second")?,
            p50: field("p50_ms")?,
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
    rounds: Vec<(Figures, f64)>,
}

impl<'a> Row<'a> {
    pub(crate) fn new(measure: &'a Measure) -> Self {
        Self { measure, rounds: Vec::new() }
    }

    /// Adds a round, with what pgbench gave beside it.
    pub(crate) fn add(&mut self, figures: &Figures, pgbench: f64) {
        self.rounds.push((*figures, pgbench));
    }

    fn ratios(&self) -> Vec<f64> {
        self.rounds.iter().map(|(figures, pgbench)| figures.per_second / pgbench).collect()
    }

    fn middle(&self, of: fn(&Figures) -> f64) -> f64 {
        median(self.rounds.iter().map(|(figures, _)| of(figures)).collect())
    }

    /// Says whether every promise about it is kept.
    pub(crate) fn is_good(&self) -> bool {
        let fast = self.measure.least.is_none_or(|least| median(self.ratios()) >= least);
        let short = self.measure.most_p99.is_none_or(|most| self.middle(|one| one.p99) <= most);
        fast && short
    }
}

/// Lays the rows out as a table.
pub(crate) fn table(rows: &[Row]) -> String {
    let mut text = String::from(
        "| What | × pgbench (least – most) | at least | a second | p50 ms | p99 ms | at most | memory MB | |\n\
         |---|---|---|---|---|---|---|---|---|\n",
    );
    for row in rows {
        let ratios = row.ratios();
        let least = ratios.iter().copied().fold(f64::INFINITY, f64::min);
        let most = ratios.iter().copied().fold(0.0, f64::max);
        let promised = |bar: Option<f64>| bar.map_or_else(String::new, |bar| format!("{bar}"));
        let memory = row.rounds.iter().filter_map(|(figures, _)| figures.memory_mb).fold(0.0, f64::max);
        let memory = if memory > 0.0 { format!("{memory:.0}") } else { String::new() };
        let _ = writeln!(
            text,
            "| {} | {:.1} ({least:.1} – {most:.1}) | {} | {:.0} | {:.1} | {:.1} | {} | {memory} | {} |",
            row.measure.name,
            median(ratios),
            promised(row.measure.least),
            row.middle(|one| one.per_second),
            row.middle(|one| one.p50),
            row.middle(|one| one.p99),
            promised(row.measure.most_p99),
            if row.is_good() { "" } else { "**missed**" },
        );
    }
    text
}

/// Writes the page.
pub(crate) fn write(path: &Path, table: &str, rounds: u32, seconds: u32) -> Result<(), String> {
    let page = format!(
        "# Benchmarks\n\n\
         Written by `cargo xtask bench`, which anybody can run. Each figure is the median of {rounds} rounds of {seconds} s; a\n\
         ratio is to pgbench (TPC-B, scale 10, 32 clients, prepared) in the same round on the same PostgreSQL server, over its\n\
         Unix socket, with durable commits. Server, database and client share this machine: {}.\n\n\
         100,000 accounts of 500 people; every request is authenticated, idempotent, limited, counted, journaled with both\n\
         entries and sealed behind; \"hot\" has one account on one side of every transfer.\n\n{table}",
        machine::describe()
    );
    std::fs::write(path, page).map_err(|error| format!("{}: {error}", path.display()))
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
        let text = r#"{"counts":{"done":5},"name":"x","p50_ms":"1.50","p99_ms":"9.00","per_second":4321,"seconds":5}"#;
        let figures = Figures::read(text, None).expect("figures");
        assert_eq!(figures.to_string(), "4321 a second, p50 1.5 ms, p99 9.0 ms");
        assert!(Figures::read("{}", None).is_none());
    }

    #[test]
    fn the_median_is_the_middle_one() {
        assert!((median(vec![9.0, 1.0, 2.0]) - 2.0).abs() < f64::EPSILON);
        assert!(median(Vec::new()).abs() < f64::EPSILON);
    }
}
