//! What is measured, and the least that is promised.

use super::book::Book;

/// Names who answers while it is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Server {
    /// Nobody: the load is in the process that posts.
    Nobody,
    /// One `florin serve`.
    Florin,
    /// Two of them on one database.
    TwoNodes,
    /// `florin bench naive`.
    Naive,
}

/// Describes one measurement. Of what is promised, each part may be absent.
#[derive(Clone, Copy)]
pub(crate) struct Measure {
    pub(crate) name: &'static str,
    pub(crate) book: Book,
    /// What `florin bench` is told.
    pub(crate) words: &'static [&'static str],
    pub(crate) server: Server,
    /// The least ratio to pgbench.
    pub(crate) least: Option<f64>,
    /// The least ratio to another measurement of the same round, by its name.
    pub(crate) beside: Option<(&'static str, f64)>,
    /// The most milliseconds within which half of the requests, or so many in a hundred, are answered.
    pub(crate) most: Option<(u8, f64)>,
    /// The most memory of the server, in MB.
    pub(crate) memory: Option<f64>,
}

impl Measure {
    /// Says whether its name holds all of the words, or that of one it is compared with, either way round.
    pub(crate) fn is_meant(&self, filters: &[String]) -> bool {
        let is_named = |name: &str| filters.iter().all(|word| name.contains(word.as_str()));
        let is_peer = |one: &&Self| one.beside.is_some_and(|(peer, _)| peer == self.name);
        is_named(self.name)
            || self.beside.is_some_and(|(peer, _)| is_named(peer))
            || MEASURES.iter().filter(is_peer).any(|one| is_named(one.name))
    }

    const fn new(name: &'static str, book: Book, server: Server, words: &'static [&'static str]) -> Self {
        Self { name, book, words, server, least: None, beside: None, most: None, memory: None }
    }

    const fn least(self, ratio: f64) -> Self {
        Self { least: Some(ratio), ..self }
    }

    const fn beside(self, name: &'static str, ratio: f64) -> Self {
        Self { beside: Some((name, ratio)), ..self }
    }

    const fn most(self, percent: u8, milliseconds: f64) -> Self {
        Self { most: Some((percent, milliseconds)), ..self }
    }

    const fn memory(self, megabytes: f64) -> Self {
        Self { memory: Some(megabytes), ..self }
    }
}

use Book::{Grown, Small, Sqlite, Young};
use Server::{Florin, Naive, Nobody, TwoNodes};

const SUBMIT: &str = "submit, spread, PostgreSQL";
const ALONE: &str = "one transaction each, hot account";
const SPREAD: &str = "POST transfers, 256 connections, PostgreSQL";
const NAIVE: &str = "naive server, 256 connections";
const NAIVE_HOT: &str = "naive server, 256 connections, hot account";
const SMALL: &str = "GET transactions, 100 connections, small book";

/// Every measurement; one that stands beside another comes after it.
pub(crate) const MEASURES: &[Measure] = &[
    Measure::new(SUBMIT, Young, Nobody, &["submit"]).least(6.0),
    Measure::new("submit, spread, grown book", Grown, Nobody, &["submit"]).beside(SUBMIT, 0.8),
    Measure::new("one transaction each, spread", Young, Nobody, &["submit", "--alone", "--waiters", "32"]),
    Measure::new(ALONE, Young, Nobody, &["submit", "--alone", "--hot", "--waiters", "32"]),
    Measure::new("submit, hot account, PostgreSQL", Young, Nobody, &["submit", "--hot"])
        .least(6.0)
        .beside(ALONE, 25.0),
    Measure::new("submit, spread, SQLite", Sqlite, Nobody, &["submit"]).least(5.0),
    Measure::new(NAIVE, Young, Naive, &["--scenario", "transfers", "--connections", "256"]),
    Measure::new(NAIVE_HOT, Young, Naive, &["--scenario", "transfers", "--connections", "256", "--hot"]),
    Measure::new(SPREAD, Young, Florin, &["--scenario", "transfers", "--connections", "256"])
        .least(3.5)
        .beside(NAIVE, 4.0)
        .memory(64.0),
    Measure::new(
        "POST transfers, 256 connections, grown book",
        Grown,
        Florin,
        &["--scenario", "transfers", "--connections", "256"],
    )
    .beside(SPREAD, 0.8),
    Measure::new(
        "POST transfers, 256 connections, hot account, PostgreSQL",
        Young,
        Florin,
        &["--scenario", "transfers", "--connections", "256", "--hot"],
    )
    .least(4.5)
    .beside(NAIVE_HOT, 15.0),
    Measure::new(
        "POST transfers, 256 connections, two nodes",
        Young,
        TwoNodes,
        &["--scenario", "transfers", "--connections", "256"],
    )
    .beside(SPREAD, 0.8),
    Measure::new(
        "POST transfers, 256 connections, SQLite",
        Sqlite,
        Florin,
        &["--scenario", "transfers", "--connections", "256"],
    )
    .least(3.5),
    Measure::new(
        "POST transfers, 256 connections, hot account, SQLite",
        Sqlite,
        Florin,
        &["--scenario", "transfers", "--connections", "256", "--hot"],
    )
    .least(4.5),
    Measure::new(
        "POST transfers, 100 connections",
        Young,
        Florin,
        &["--scenario", "transfers", "--connections", "100"],
    )
    .most(99, 30.0),
    Measure::new(
        "POST transfers, 500 connections",
        Young,
        Florin,
        &["--scenario", "transfers", "--connections", "500"],
    )
    .most(99, 80.0),
    Measure::new(
        "POST transfers, 1000 connections",
        Young,
        Florin,
        &["--scenario", "transfers", "--connections", "1000"],
    )
    .least(4.0)
    .most(99, 150.0)
    .memory(128.0),
    Measure::new(
        "POST transfers/batch, 100 each, 16 connections",
        Young,
        Florin,
        &["--scenario", "batch", "--connections", "16"],
    )
    .least(7.0),
    Measure::new(
        "POST transfers, one client",
        Young,
        Florin,
        &["--scenario", "transfers", "--connections", "1"],
    )
    .most(50, 2.0),
    Measure::new(
        "POST accounts, 100 connections",
        Grown,
        Florin,
        &["--scenario", "open", "--connections", "100"],
    )
    .most(95, 200.0),
    Measure::new(
        "GET accounts/{id}, 100 connections",
        Grown,
        Florin,
        &["--scenario", "accounts", "--connections", "100"],
    )
    .most(95, 100.0),
    Measure::new(
        "GET accounts/{id}, 1000 connections",
        Grown,
        Florin,
        &["--scenario", "accounts", "--connections", "1000"],
    )
    .most(99, 100.0),
    Measure::new(SMALL, Small, Florin, &["--scenario", "transactions", "--connections", "100"]),
    Measure::new(
        "GET transactions, 100 connections",
        Grown,
        Florin,
        &["--scenario", "transactions", "--connections", "100"],
    )
    .beside(SMALL, 0.8)
    .most(95, 150.0),
    Measure::new(
        "GET transactions, 1000 connections",
        Grown,
        Florin,
        &["--scenario", "transactions", "--connections", "1000"],
    )
    .most(99, 150.0),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_stands_beside_another_comes_after_it() {
        for (place, measure) in MEASURES.iter().enumerate() {
            let found =
                measure.beside.is_none_or(|(name, _)| MEASURES[..place].iter().any(|one| one.name == name));
            assert!(found, "{}", measure.name);
        }
    }

    #[test]
    fn who_is_asked_for_brings_along_what_stands_beside_it() {
        let meant: Vec<_> =
            MEASURES.iter().filter(|one| one.is_meant(&[" book".to_owned()])).map(|one| one.name).collect();
        let both = [
            SUBMIT,
            "submit, spread, grown book",
            SPREAD,
            "POST transfers, 256 connections, grown book",
            SMALL,
            "GET transactions, 100 connections",
        ];
        assert_eq!(meant, both);
    }
}
