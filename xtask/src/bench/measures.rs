//! What is measured, and the least that is promised.

use std::fmt;

/// Names the database underneath.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Engine {
    Postgres,
    Sqlite,
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Postgres => "PostgreSQL",
            Self::Sqlite => "SQLite",
        })
    }
}

/// Describes one measurement.
pub(crate) struct Measure {
    pub(crate) name: &'static str,
    pub(crate) engine: Engine,
    /// What `florin bench` is told.
    pub(crate) words: &'static [&'static str],
    pub(crate) over_http: bool,
    /// The least ratio to pgbench; none where nothing is promised in it.
    pub(crate) least: Option<f64>,
    /// The most milliseconds of the slowest request in a hundred.
    pub(crate) most_p99: Option<f64>,
}

impl Measure {
    /// Says whether its name holds all of the words.
    pub(crate) fn is_meant(&self, filters: &[String]) -> bool {
        filters.iter().all(|word| self.name.contains(word.as_str()))
    }
}

const fn submit(
    name: &'static str,
    engine: Engine,
    words: &'static [&'static str],
    least: Option<f64>,
) -> Measure {
    Measure { name, engine, words, over_http: false, least, most_p99: None }
}

const fn http(
    name: &'static str,
    engine: Engine,
    words: &'static [&'static str],
    least: Option<f64>,
    most_p99: Option<f64>,
) -> Measure {
    Measure { name, engine, words, over_http: true, least, most_p99 }
}

use Engine::{Postgres, Sqlite};

pub(crate) const MEASURES: &[Measure] = &[
    submit("submit, spread, PostgreSQL", Postgres, &["submit"], Some(6.0)),
    submit("submit, hot account, PostgreSQL", Postgres, &["submit", "--hot"], Some(6.0)),
    submit("submit, spread, SQLite", Sqlite, &["submit"], Some(5.0)),
    submit("one transaction each, spread", Postgres, &["submit", "--alone", "--waiters", "32"], None),
    submit(
        "one transaction each, hot account",
        Postgres,
        &["submit", "--alone", "--hot", "--waiters", "32"],
        None,
    ),
    http(
        "POST transfers, 100 connections, PostgreSQL",
        Postgres,
        &["--scenario", "transfers", "--connections", "100"],
        None,
        Some(30.0),
    ),
    http(
        "POST transfers, 256 connections, PostgreSQL",
        Postgres,
        &["--scenario", "transfers", "--connections", "256"],
        Some(3.5),
        None,
    ),
    http(
        "POST transfers, 256 connections, hot account, PostgreSQL",
        Postgres,
        &["--scenario", "transfers", "--connections", "256", "--hot"],
        Some(4.5),
        None,
    ),
    http(
        "POST transfers, 256 connections, SQLite",
        Sqlite,
        &["--scenario", "transfers", "--connections", "256"],
        Some(3.5),
        None,
    ),
    http(
        "POST transfers, 256 connections, hot account, SQLite",
        Sqlite,
        &["--scenario", "transfers", "--connections", "256", "--hot"],
        Some(4.5),
        None,
    ),
    http(
        "POST transfers, 500 connections, PostgreSQL",
        Postgres,
        &["--scenario", "transfers", "--connections", "500"],
        None,
        Some(80.0),
    ),
    http(
        "POST transfers, 1000 connections, PostgreSQL",
        Postgres,
        &["--scenario", "transfers", "--connections", "1000"],
        Some(4.0),
        Some(150.0),
    ),
    http(
        "POST transfers/batch, 100 each, 16 connections, PostgreSQL",
        Postgres,
        &["--scenario", "batch", "--connections", "16"],
        Some(7.0),
        None,
    ),
    http(
        "POST transfers, one client, PostgreSQL",
        Postgres,
        &["--scenario", "transfers", "--connections", "1"],
        None,
        None,
    ),
    http(
        "GET accounts/{id}, 1000 connections, PostgreSQL",
        Postgres,
        &["--scenario", "accounts", "--connections", "1000"],
        None,
        Some(100.0),
    ),
    http(
        "GET transactions, 1000 connections, PostgreSQL",
        Postgres,
        &["--scenario", "transactions", "--connections", "1000"],
        None,
        Some(150.0),
    ),
];
