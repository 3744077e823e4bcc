//! The program as a user starts it: its own process, its own data.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use database::testing::TestDatabase;
use reqwest::Client;
use serde_json::{Value, json};

use super::stream::Customer;
use crate::program::Folder;

/// Keeps the data that outlives the process: a folder, or a database on the test's server.
pub(super) struct Place {
    folder: Folder,
    server: Option<TestDatabase>,
}

impl Place {
    /// Takes an empty place on the engine that the environment asks for.
    pub(super) async fn fresh() -> Self {
        let folder = Folder::new();
        let server = match std::env::var_os("FLORIN_TEST_DATABASE_URL") {
            Some(_) => Some(database::testing::durable().await),
            None => None,
        };
        Self { folder, server }
    }

    /// Runs `florin <what> verify` on the data.
    pub(super) fn verify(&self, what: &str) {
        let output = self.command(&[what, "verify"]).output().expect("florin runs");
        let told =
            String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "florin {what} verify: {told}");
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.folder.florin(arguments);
        command.env("FLORIN_RATE_WRITE", "1000000").env("FLORIN_RATE_READ", "1000000").stdin(Stdio::null());
        if let Some(server) = &self.server {
            command.env("DATABASE_URL", server.url());
        }
        command
    }
}

/// Runs the program until it is killed or stopped.
pub(super) struct Program {
    child: Child,
    credentials: Value,
    base: String,
}

impl Program {
    /// Starts it and waits until it serves.
    pub(super) async fn start(place: &Place) -> Self {
        let file = place.folder.path("credentials.json");
        let file = file.to_str().expect("a readable path");
        let mut child = place
            .command(&["demo", "--customers", "4", "--credentials-file", file])
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .expect("florin starts");
        let output = BufReader::new(child.stdout.take().expect("piped"));
        let served = tokio::task::spawn_blocking(move || wait_until_served(output)).await.expect("reads");
        let url = served.expect("florin ended before it served");
        let credentials = std::fs::read(file).expect("the credentials");
        let credentials = serde_json::from_slice(&credentials).expect("JSON");
        Self { child, credentials, base: format!("{url}/api/v1") }
    }

    /// Signs the sample customer in who has two accounts of one currency.
    pub(super) async fn sign_in(&self) -> Customer {
        let sign_ins = self.credentials["sign_ins"].as_array().expect("sign-ins");
        let pair = |one: &&Value| {
            one["role"] == "customer" && one["accounts"].as_array().is_some_and(|a| a.len() > 1)
        };
        let person = sign_ins.iter().find(pair).expect("a customer with two accounts");
        let client = Client::new();
        let body = json!({ "email": person["email"], "password": person["password"] });
        let answer =
            client.post(format!("{}/auth/login", self.base)).json(&body).send().await.expect("an answer");
        let answer: Value = answer.json().await.expect("JSON");
        let token = answer["access_token"].as_str().unwrap_or_else(|| panic!("signed in: {answer}"));
        let account = |index: usize| person["accounts"][index]["id"].as_str().expect("an id").to_owned();
        let currency = person["accounts"][0]["currency"].as_str().expect("a currency").to_owned();
        Customer {
            client,
            base: self.base.clone(),
            token: token.to_owned(),
            accounts: [account(0), account(1)],
            currency,
        }
    }

    /// Ends it at once, wherever it is: SIGKILL.
    pub(super) fn kill(mut self) {
        self.child.kill().expect("killed");
        self.child.wait().expect("gone");
    }

    /// The same; what was answered is durable, so there is nothing to wait for.
    pub(super) fn stop(self) {
        self.kill();
    }
}

/// Reads until the line that says where it serves, and leaves a reader so that the pipe never fills.
fn wait_until_served(mut output: BufReader<std::process::ChildStdout>) -> Option<String> {
    let mut line = String::new();
    while output.read_line(&mut line).is_ok_and(|read| read > 0) {
        if let Some((_, url)) = line.split_once("listens on ") {
            let url = url.trim().to_owned();
            std::thread::spawn(move || std::io::copy(&mut output, &mut std::io::sink()));
            return Some(url);
        }
        line.clear();
    }
    None
}
