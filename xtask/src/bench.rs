//! `cargo xtask bench`: the ledger beside PostgreSQL's own benchmark, on the same server, in turn.
//!
//! Every measurement stands between two runs of pgbench (TPC-B, scale 10, 32 clients, prepared statements) on the same
//! PostgreSQL, and the figure is its ratio to their mean: it says more than a rate on a machine that others use too.
//! Rounds repeat everything; the medians go to the terminal and into `docs/benchmarks.md`. `--transfers N` fills the book
//! before. The program is a fresh build with the profile `dist`, or the one that `FLORIN_BIN` names.

mod book;
mod costs;
mod machine;
mod measures;
mod report;
pub(crate) mod server;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::Duration;

use crate::battery;
use crate::postgres::{HOW_TO_INSTALL, Programs, Server, Writes};
use crate::workspace::root;
use book::Book;
use costs::{Before, Cost};
use measures::{self as measures_of, MEASURES, Measure};
use report::{Figures, Method, Row};
use server::Florin;

/// How many people a bank of the benchmark has.
const PEOPLE: &str = "500";

/// Runs `cargo xtask bench [--rounds N] [--seconds N] [--transfers N] [filter…]`.
pub(crate) fn run(arguments: &[String]) -> Result<ExitCode, String> {
    let Wanted { rounds, seconds, transfers, filters } = Wanted::read(arguments)?;
    let wanted: Vec<&Measure> = MEASURES.iter().filter(|measure| measure.is_meant(&filters)).collect();
    if wanted.is_empty() {
        return Err("no measurement has such a name".to_owned());
    }
    let programs = Programs::find().ok_or(HOW_TO_INSTALL)?;
    let florin = battery::program("dist")?;
    let server = Server::start(&programs, Writes::Measured)?;
    let bench = Bench::prepare(&server, (florin, &programs), (seconds, transfers), &wanted)?;
    let mut rows: Vec<Row> = wanted.iter().map(|measure| Row::new(measure)).collect();
    for round in 1..=rounds {
        bench.renew(rows[0].measure.book)?;
        let mut before = bench.pgbench()?;
        for place in 0..rows.len() {
            let measure = rows[place].measure;
            let figures = bench.measure(measure)?;
            if let Some(next) = rows.get(place + 1) {
                bench.renew(next.measure.book)?;
            }
            let after = bench.pgbench()?;
            let pgbench = f64::midpoint(before, after);
            let peer = measure.beside.and_then(|(name, _)| rows.iter().find(|row| row.measure.name == name));
            let beside = peer.and_then(Row::newest);
            println!("round {round}: {}: {figures}, pgbench {before:.0} and {after:.0}", measure.name);
            rows[place].add(&figures, pgbench, beside);
            before = after;
        }
    }
    let table = report::table(&rows);
    println!("\n{table}");
    if filters.is_empty() {
        let costs = bench.costs()?;
        println!("{costs}");
        let method = Method { rounds, seconds, transfers: transfers.to_string() };
        report::write(&root().join("docs/benchmarks.md"), &table, &costs, &method)?;
    }
    Ok(if rows.iter().all(|row| row.missed().is_empty()) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What the words after `bench` ask for.
struct Wanted {
    rounds: u32,
    seconds: u32,
    transfers: u32,
    filters: Vec<String>,
}

impl Wanted {
    fn read(arguments: &[String]) -> Result<Self, String> {
        let mut wanted = Self { rounds: 3, seconds: 5, transfers: 0, filters: Vec::new() };
        let mut words = arguments.iter();
        while let Some(word) = words.next() {
            let mut number = || {
                let text = words.next().ok_or_else(|| format!("{word} needs a number"))?;
                text.parse().map_err(|_| format!("{word}: `{text}` is no number"))
            };
            match word.as_str() {
                "--rounds" => wanted.rounds = number()?,
                "--seconds" => wanted.seconds = number()?,
                "--transfers" => wanted.transfers = number()?,
                _ => wanted.filters.push(word.clone()),
            }
        }
        Ok(wanted)
    }
}

/// Everything that is made once: the databases with their people, and where they are.
struct Bench {
    folder: PathBuf,
    florin: PathBuf,
    pgbench: PathBuf,
    /// The server's socket folder, which pgbench takes as a host.
    host: String,
    /// The server's address, with the database `postgres`.
    server: String,
    seconds: u32,
}

impl Bench {
    fn prepare(
        server: &Server,
        (florin, programs): (PathBuf, &Programs),
        (seconds, transfers): (u32, u32),
        wanted: &[&Measure],
    ) -> Result<Self, String> {
        let folder = std::env::temp_dir().join(format!("florin-bench-{}", std::process::id()));
        let host = server.url().split_once("host=").map(|(_, host)| host.to_owned()).unwrap_or_default();
        let bench = Self {
            folder,
            florin,
            pgbench: programs.tool("pgbench"),
            host,
            server: server.url().clone(),
            seconds,
        };
        std::fs::create_dir_all(&bench.folder).map_err(|error| error.to_string())?;
        succeed(&mut bench.psql("postgres", "create database pgbench"))?;
        let mut fill = Command::new(&bench.pgbench);
        fill.args(["-h", &bench.host, "-U", "florin", "-i", "-q", "-s", "10", "pgbench"]);
        succeed(fill.stdout(Stdio::null()).stderr(Stdio::null()))?;
        for book in Book::ALL {
            if wanted.iter().any(|measure| measure.book == book) {
                bench.open(book, transfers)?;
            }
        }
        Ok(bench)
    }

    /// Runs pgbench and returns its transactions a second.
    fn pgbench(&self) -> Result<f64, String> {
        succeed(&mut self.psql("postgres", "checkpoint"))?;
        let seconds = self.seconds.to_string();
        let mut command = Command::new(&self.pgbench);
        command.args(["-h", &self.host, "-U", "florin", "-n", "-M", "prepared", "-j", "2", "-c", "32", "-T"]);
        let output =
            command.args([&seconds, "pgbench"]).output().map_err(|error| format!("pgbench: {error}"))?;
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let rate = said.lines().find_map(|line| line.strip_prefix("tps = ")?.split(' ').next()?.parse().ok());
        rate.ok_or_else(|| format!("pgbench: {said}{}", String::from_utf8_lossy(&output.stderr)))
    }

    /// Takes one measurement.
    fn measure(&self, measure: &Measure) -> Result<Figures, String> {
        let json = self.folder.join("figures.json");
        let serve = |words: &[&str]| Florin::start(self.florin(measure.book, words));
        let running = match measure.server {
            measures_of::Server::Nobody => Vec::new(),
            measures_of::Server::Florin => vec![serve(&["serve"])?],
            measures_of::Server::TwoNodes => vec![serve(&["serve"])?, serve(&["serve"])?],
            measures_of::Server::Naive => vec![serve(&["bench", "naive"])?],
        };
        let mut command = self.florin(measure.book, &["bench"]);
        command.args(measure.words).arg("--people").arg(self.people(measure.book));
        command.args(["--seconds", &self.seconds.to_string(), "--json"]).arg(&json);
        if !running.is_empty() {
            let urls: Vec<&str> = running.iter().map(Florin::url).collect();
            // Whoever is met for the first time is read from the database: two nodes meet everybody twice.
            command.args(["--url", &urls.join(","), "--warm-up", "5"]);
        }
        let watch = running.first().map(Florin::watch);
        succeed(&mut command)?;
        let memory = watch.and_then(|watch| watch.most(Duration::from_secs(self.seconds.into())));
        drop(running);
        let text = std::fs::read_to_string(&json).map_err(|error| format!("{}: {error}", json.display()))?;
        Figures::read(&text, memory).ok_or_else(|| format!("no figures, or refusals, in {text}"))
    }

    /// Measures what a transfer costs, and how soon a server on the grown book is ready.
    fn costs(&self) -> Result<String, String> {
        self.renew(Book::Young)?;
        let costs = costs::tell(&self.cost(Book::Young)?, &self.cost(Book::Grown)?);
        let begun = std::time::Instant::now();
        let running = Florin::start(self.florin(Book::Grown, &["serve"]))?;
        let ready = begun.elapsed().as_millis();
        drop(running);
        Ok(format!(
            "{costs}\nFrom its start until it listens, on the grown book: {ready} ms (promised: 300).\n"
        ))
    }

    /// Measures what a transfer costs in a book.
    fn cost(&self, book: Book) -> Result<Cost, String> {
        let psql = |sql: &str| self.psql(book.database().unwrap_or_default(), sql);
        succeed(&mut psql("checkpoint"))?;
        let before = Before::look(psql)?;
        let mut submit = self.florin(book, &["bench", "submit"]);
        // Long enough that the pages' first images after the checkpoint do not hide the rest.
        succeed(submit.args(["--seconds", "45", "--people"]).arg(self.people(book)))?;
        Ok(before.cost(&Before::look(psql)?))
    }

    fn people(&self, book: Book) -> PathBuf {
        self.folder.join(format!("{book:?}.json"))
    }

    fn data(&self, book: Book) -> PathBuf {
        self.folder.join(format!("{book:?}"))
    }

    /// Where a book on SQLite is kept as it was made.
    fn aside(&self, book: Book) -> PathBuf {
        self.folder.join(format!("{book:?}-aside"))
    }

    /// Makes a command that runs SQL in a database and prints rows without decoration.
    fn psql(&self, database: &str, sql: &str) -> Command {
        let mut command = Command::new("psql");
        command.args(["-h", &self.host, "-U", "florin", "-qXAt", "-c", sql, database]);
        command.env("PGOPTIONS", "-c client_min_messages=warning");
        command
    }

    /// Returns the program with the environment of a benchmark: no limit in the way, no session that ends.
    fn florin(&self, book: Book, words: &[&str]) -> Command {
        let mut command = Command::new(&self.florin);
        command.args(words).env("FLORIN_DATA_DIR", self.data(book));
        if let Some(name) = book.database() {
            command.env("DATABASE_URL", self.server.replacen("/postgres?", &format!("/{name}?"), 1));
        }
        for limit in ["SIGN_IN", "READ", "WRITE", "EXPENSIVE"] {
            command.env(format!("FLORIN_RATE_{limit}"), "1000000");
        }
        for life in ["ACCESS_TOKEN", "CUSTOMER_IDLE"] {
            command.env(format!("FLORIN_{life}_SECONDS"), "3600");
        }
        command.env("FLORIN_ADDR", "127.0.0.1:0").env("FLORIN_METRICS_ADDR", "127.0.0.1:0");
        // What a token is bound to: one name for the nodes of one bank, whatever the port.
        command.env("FLORIN_PUBLIC_URL", "http://127.0.0.1");
        // As the unit in docs/operations.md does.
        command.env("MIMALLOC_PURGE_DELAY", "100").env("MIMALLOC_ARENA_PURGE_MULT", "0");
        command.env("FLORIN_LOG", "error").current_dir(&self.folder);
        command
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Runs a command to a good end, its words passing through.
fn succeed(command: &mut Command) -> Result<(), String> {
    let name = Path::new(command.get_program()).display().to_string();
    let status = command.status().map_err(|error| format!("{name}: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("{name} ended with {status}")) }
}
