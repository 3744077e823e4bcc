//! The banks that are measured.

use std::fmt;
use std::fs;
use std::path::Path;

use super::{Bench, PEOPLE, succeed};

/// Names a bank that is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Book {
    /// The one on PostgreSQL, without transfers but those that funded it; anew for each measurement.
    Young,
    /// The same people, with as many transfers before as the command line says.
    Grown,
    /// As many people with two accounts each, whose pages of transactions are full.
    Small,
    /// The young one on SQLite, anew for each measurement.
    Sqlite,
}

impl Book {
    pub(crate) const ALL: [Self; 4] = [Self::Young, Self::Grown, Self::Small, Self::Sqlite];

    /// Returns the name of its PostgreSQL database; none on SQLite.
    pub(super) const fn database(self) -> Option<&'static str> {
        match self {
            Self::Young => Some("young"),
            Self::Grown => Some("grown"),
            Self::Small => Some("small"),
            Self::Sqlite => None,
        }
    }

    /// Returns how many accounts each person has.
    const fn accounts(self) -> u32 {
        match self {
            Self::Small => 2,
            Self::Grown | Self::Sqlite | Self::Young => 200,
        }
    }

    /// Returns how many transfers it has before, where the command line asks for `asked`.
    const fn transfers(self, asked: u32) -> u32 {
        match self {
            Self::Grown => asked,
            // Some 120 entries for each of 1,000 accounts.
            Self::Small => 60_000,
            Self::Sqlite | Self::Young => 0,
        }
    }

    /// Says whether every measurement begins with it as it was made.
    const fn is_renewed(self) -> bool {
        matches!(self, Self::Young | Self::Sqlite)
    }
}

impl fmt::Display for Book {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Young => "PostgreSQL",
            Self::Grown => "PostgreSQL, a grown book",
            Self::Small => "PostgreSQL, a small book",
            Self::Sqlite => "SQLite",
        })
    }
}

impl Bench {
    /// Makes a book, and sets it aside where every measurement begins with a copy.
    pub(super) fn open(&self, book: Book, transfers: u32) -> Result<(), String> {
        let (accounts, transfers) = (book.accounts().to_string(), book.transfers(transfers).to_string());
        println!("== {book}: {PEOPLE} people with {accounts} accounts each, {transfers} transfers");
        if let Some(name) = book.database() {
            succeed(&mut self.psql("postgres", &format!("create database {name}")))?;
        }
        let mut prepare = self.florin(book, &["bench", "prepare"]);
        prepare.args(["--people", PEOPLE, "--accounts", &accounts, "--transfers", &transfers, "--file"]);
        succeed(prepare.arg(self.people(book)))?;
        if let Some(name) = book.database() {
            succeed(&mut self.psql(name, "vacuum analyze"))?;
        }
        if !book.is_renewed() {
            return Ok(());
        }
        match book.database() {
            Some(name) => {
                succeed(&mut self.psql("postgres", &format!("alter database {name} rename to {name}_aside")))
            }
            None => fs::rename(self.data(book), self.aside(book)).map_err(|error| error.to_string()),
        }
    }

    /// Makes a book that is used once what it was before anybody used it.
    pub(super) fn renew(&self, book: Book) -> Result<(), String> {
        if !book.is_renewed() {
            return Ok(());
        }
        match book.database() {
            Some(name) => {
                let drop = format!("drop database if exists {name} with (force)");
                succeed(&mut self.psql("postgres", &drop))?;
                let copy = format!("create database {name} template {name}_aside");
                succeed(&mut self.psql("postgres", &copy))
            }
            None => copy(&self.aside(book), &self.data(book)).map_err(|error| error.to_string()),
        }
    }
}

/// Makes a folder a copy of another.
fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    if to.exists() {
        fs::remove_dir_all(to)?;
    }
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let place = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &place)?;
        } else {
            fs::copy(entry.path(), place)?;
        }
    }
    Ok(())
}
