//! The program on its data: filled, started, killed, stopped, proved.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use database::testing::TestDatabase;
use database::{Database, Options};
use kernel::TransferId;
use sea_orm::{ConnectionTrait as _, Statement};
use serde::Deserialize;

use crate::client::{Client, Person};
use crate::connection::{Call, Connection};
use crate::journal::Booking;
use crate::program::{Folder, Serving};

/// Begins the reference of every payment of the battery.
pub const MARK: &str = "battery-";
/// How long the program may take until it is ready, before the harness gives up on it.
const START_LIMIT: Duration = Duration::from_secs(30);

/// Holds the data that outlives the process, and the process while there is one.
pub struct Bank {
    folder: Folder,
    url: String,
    /// What the environment of every command gets beside the usual.
    settings: Vec<(String, String)>,
    /// What stands in front of the program, such as a tracer.
    wrapper: Vec<String>,
    words: Vec<String>,
    serving: Option<Serving>,
    // Dropped last: it removes the database.
    server: Option<TestDatabase>,
}

/// Says whether this run of the battery is the one on PostgreSQL.
pub fn on_postgres() -> bool {
    std::env::var_os("FLORIN_TEST_DATABASE_URL").is_some()
}

impl Bank {
    /// Fills a bank for payments, `bench prepare`'s, on the engine that the environment asks for.
    pub async fn prepared() -> Self {
        let mut bank = Self::empty().await;
        bank.prepare();
        bank
    }

    /// Takes the demo's bank of four customers and its staff, on the engine that the environment asks for. The first
    /// start fills it.
    pub async fn demo() -> Self {
        let mut bank = Self::empty().await;
        let people = bank.people_file().display().to_string();
        bank.words = ["demo", "--customers", "4", "--credentials-file", &people].map(str::to_owned).to_vec();
        bank
    }

    /// Takes an empty database on the engine that the environment asks for.
    pub async fn empty() -> Self {
        if !on_postgres() {
            return Self::at(None);
        }
        let server = database::testing::durable().await;
        let mut bank = Self::at(Some(server.url().to_owned()));
        bank.server = Some(server);
        bank
    }

    /// Takes the database at a URL; a file of its own when there is none.
    pub fn at(url: Option<String>) -> Self {
        let folder = Folder::new();
        let url = url.unwrap_or_else(|| format!("sqlite:{}", folder.path("florin.db").display()));
        let words = vec!["serve".to_owned()];
        Self { folder, url, settings: Vec::new(), wrapper: Vec::new(), words, serving: None, server: None }
    }

    /// Sets a variable for all commands from now on.
    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        self.settings.retain(|(known, _)| known != name);
        self.settings.push((name.to_owned(), value.into()));
    }

    /// Takes another way to the same database, such as through a proxy, or another database.
    pub fn turn_to(&mut self, url: &str) {
        url.clone_into(&mut self.url);
    }

    /// Puts a program in front of ours when it serves, such as `strace -D`: it must leave ours the child.
    pub fn wrap(&mut self, words: &[&str]) {
        self.wrapper = words.iter().map(|&word| word.to_owned()).collect();
    }

    /// Fills it with four people of four accounts each.
    pub fn prepare(&mut self) {
        self.prepare_with(4, 4);
    }

    /// Fills it with `people` of `accounts` each.
    pub fn prepare_with(&mut self, people: u32, accounts: u32) {
        let file = self.people_file().display().to_string();
        let (people, accounts) = (people.to_string(), accounts.to_string());
        self.succeed(&["bench", "prepare", "--people", &people, "--accounts", &accounts, "--file", &file]);
    }

    /// Starts the program and returns how long it took until it was ready.
    pub async fn start(&mut self) -> Duration {
        self.try_start().await.unwrap_or_else(|error| panic!("the program did not start: {error}"))
    }

    /// Starts the program; gives back what it logged when it does not come up.
    pub async fn try_start(&mut self) -> Result<Duration, String> {
        let begun = Instant::now();
        let log = File::options().create(true).append(true).open(self.log_file()).expect("a log");
        let words: Vec<&str> = self.words.iter().map(String::as_str).collect();
        let serving = Serving::try_start(self.command(&self.wrapper, &words), log.into());
        self.serving = Some(serving.map_err(|_| self.log())?);
        while begun.elapsed() < START_LIMIT {
            if self.is_ready().await {
                return Ok(begun.elapsed());
            }
            crate::limits::pause(Duration::from_millis(10)).await;
        }
        self.kill();
        Err(format!("not ready within {START_LIMIT:?}: {}", self.log()))
    }

    /// Asks once whether the program is ready.
    pub async fn is_ready(&self) -> bool {
        let Ok(mut connection) = Connection::open(&self.address()).await else { return false };
        let (path, body) = ("/readyz".to_owned(), String::new());
        let call = Call { method: axum::http::Method::GET, path, authorization: None, key: None, body };
        connection.send(&call).await.is_ok_and(|(status, _)| status.is_success())
    }

    /// Ends the program at once, wherever it is: SIGKILL.
    pub fn kill(&mut self) {
        drop(self.serving.take().expect("a program that runs"));
    }

    /// Asks the program to stop and waits until it has.
    pub fn stop(&mut self) {
        let serving = self.serving.take().expect("a program that runs");
        serving.terminate();
        let (status, _) = serving.wait();
        assert!(status.success(), "it stopped with {status}: {}", self.log());
    }

    /// Returns `host:port`, where it answers.
    pub fn address(&self) -> String {
        let serving = self.serving.as_ref().expect("a program that runs");
        serving.url.trim_start_matches("http://").to_owned()
    }

    /// Returns the running program.
    pub fn serving(&mut self) -> &mut Serving {
        self.serving.as_mut().expect("a program that runs")
    }

    /// Proves the books and the audit log with the program's own commands.
    pub fn verify(&self) {
        self.succeed(&["ledger", "verify"]);
        self.succeed(&["audit", "verify"]);
    }

    /// Runs a command of the program to a good end and returns what it said.
    pub fn succeed(&self, words: &[&str]) -> String {
        self.attempt(words).unwrap_or_else(|told| panic!("florin {}: {told}", words.join(" ")))
    }

    /// Runs a command of the program and returns what it said, as an error when it ended badly.
    pub fn attempt(&self, words: &[&str]) -> Result<String, String> {
        let output = self.command(&[], words).output().expect("the program runs");
        let told = [output.stdout, output.stderr].concat();
        let told = String::from_utf8_lossy(&told).into_owned();
        if output.status.success() { Ok(told) } else { Err(told) }
    }

    /// Lists everybody who can sign in.
    pub fn people(&self) -> Vec<Person> {
        #[derive(Deserialize)]
        struct People {
            sign_ins: Vec<Person>,
        }
        let text = std::fs::read(self.people_file()).expect("the file of a filled bank");
        serde_json::from_slice::<People>(&text).expect("JSON").sign_ins
    }

    /// Signs in every customer who can pay from one account to another.
    pub async fn sign_in(&self) -> Vec<Client> {
        let mut clients = Vec::new();
        for person in self.people() {
            if person.role == "customer" && person.accounts.len() > 1 {
                clients.push(Client::sign_in(&self.address(), &person).await);
            }
        }
        clients
    }

    /// Reads the battery's payments from the database itself, in the order of the journal.
    pub async fn booked(&self) -> Vec<Booking> {
        read_bookings(&self.url).await.unwrap_or_else(|error| panic!("the books cannot be read: {error}"))
    }

    /// Returns where the database is.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Returns a path beside the data.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path(name)
    }

    /// Reads what the program logged so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.log_file()).unwrap_or_default()
    }

    fn log_file(&self) -> PathBuf {
        self.folder.path("florin.log")
    }

    fn people_file(&self) -> PathBuf {
        self.folder.path("people.json")
    }

    /// Returns the program in the bank's environment: no limit on requests in the way, no session that ends.
    fn command(&self, wrapper: &[String], words: &[&str]) -> Command {
        let plain = self.folder.florin(words);
        let mut command = match wrapper.split_first() {
            None => plain,
            Some((first, rest)) => {
                let mut command = Command::new(first);
                command.args(rest).arg(plain.get_program()).args(plain.get_args()).env_clear();
                command.envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?))));
                command.current_dir(plain.get_current_dir().unwrap_or(Path::new("/")));
                command
            }
        };
        for limit in ["SIGN_IN", "READ", "WRITE", "EXPENSIVE"] {
            command.env(format!("FLORIN_RATE_{limit}"), "1000000");
        }
        for life in ["ACCESS_TOKEN", "CUSTOMER_IDLE", "STAFF_IDLE"] {
            command.env(format!("FLORIN_{life}_SECONDS"), "3600");
        }
        command.env("DATABASE_URL", &self.url).env("FLORIN_DATA_DIR", self.folder.path("data"));
        // Tokens are bound to it: they outlive a restart on another port.
        command.env("FLORIN_PUBLIC_URL", "http://florin.test");
        command.envs(self.settings.iter().map(|(name, value)| (name, value))).stdin(Stdio::null());
        command
    }
}

/// Reads the battery's payments from a database.
pub async fn read_bookings(url: &str) -> Result<Vec<Booking>, sea_orm::DbErr> {
    let db = Database::connect(&Options { connections: 1, ..Options::new(url) }).await?;
    let sql = "select id, reference from ledger_transfers where reference like $1 order by position";
    let backend = db.latest().get_database_backend();
    let rows = Statement::from_sql_and_values(backend, sql, [format!("{MARK}%").into()]);
    let rows = db.latest().query_all_raw(rows).await;
    let bookings = rows.and_then(|rows| {
        let booking = |row: &sea_orm::QueryResult| {
            let id: TransferId = row.try_get("", "id")?;
            Ok(Booking { key: row.try_get("", "reference")?, id: id.to_string() })
        };
        rows.iter().map(booking).collect()
    });
    db.close().await;
    bookings
}
