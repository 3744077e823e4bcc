//! What a benchmark asks the server for.

use std::fmt::Write as _;

use axum::http::Method;
use kernel::Random;

use super::client::Call;
use super::people::{Holding, Person};

/// How many payments stand in one batch.
pub(super) const BATCH: u64 = 100;

/// Names a mix of requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Scenario {
    /// Two reads for each payment.
    Mixed,
    /// Payments, one for each request.
    Transfers,
    /// Payments, a hundred for each request.
    Batch,
    /// Single accounts.
    Accounts,
    /// The last fifty transactions of an account.
    Transactions,
    /// Single accounts and the last fifty transactions in turn.
    Reads,
    /// New accounts.
    Open,
    /// Every route that a customer reads, one after the other, over 100, 500 and 1,000 connections.
    Routes,
}

/// Draws requests for one connection.
pub(super) struct Draw<'a> {
    pub(super) people: &'a [Person],
    /// A bearer token for each person.
    pub(super) tokens: &'a [String],
    pub(super) chance: Random,
    /// Stands in front of every idempotency key.
    pub(super) name: String,
    pub(super) hot: bool,
    /// What [`Scenario::Routes`] asks for now; `{id}` stands for an account.
    pub(super) route: String,
    pub(super) asked: u64,
}

impl Draw<'_> {
    /// Draws the next request.
    pub(super) fn call(&mut self, scenario: Scenario) -> Call {
        self.asked += 1;
        match scenario {
            Scenario::Transfers => self.transfer(),
            Scenario::Batch => self.batch(),
            Scenario::Accounts => self.read(""),
            Scenario::Mixed if self.asked.is_multiple_of(3) => self.transfer(),
            Scenario::Mixed if self.asked % 3 == 1 => self.read(""),
            Scenario::Reads if self.asked.is_multiple_of(2) => self.read(""),
            Scenario::Open => self.open(),
            Scenario::Routes => self.get(&self.route.clone()),
            Scenario::Transactions | Scenario::Mixed | Scenario::Reads => self.read("/transactions?limit=50"),
        }
    }

    fn transfer(&mut self) -> Call {
        let person = self.person();
        let body = self.payment(person);
        self.post("/api/v1/transfers", person, body)
    }

    fn batch(&mut self) -> Call {
        let person = self.person();
        let mut body = String::from("{\"items\":[");
        for number in 0..BATCH {
            let comma = if number == 0 { "" } else { "," };
            let payment = self.payment(person);
            let _ = write!(body, "{comma}{{\"id\":\"{number}\",\"transfer\":{payment}}}");
        }
        body.push_str("]}");
        self.post("/api/v1/transfers/batch", person, body)
    }

    fn open(&mut self) -> Call {
        let person = self.person();
        self.post("/api/v1/accounts", person, r#"{"product":"current-gbp"}"#.to_owned())
    }

    fn read(&mut self, rest: &str) -> Call {
        self.get(&format!("/api/v1/accounts/{{id}}{rest}"))
    }

    fn get(&mut self, path: &str) -> Call {
        let person = self.person();
        let account = self.account(person).id.to_string();
        let authorization = Some(self.tokens[person].clone());
        let path = path.replace("{id}", &account);
        Call { method: Method::GET, path, authorization, key: None, body: String::new() }
    }

    fn post(&self, path: &str, person: usize, body: String) -> Call {
        Call {
            method: Method::POST,
            path: path.to_owned(),
            authorization: Some(self.tokens[person].clone()),
            key: Some(format!("{}-{}", self.name, self.asked)),
            body,
        }
    }

    /// Draws who asks; the hot account's owner, where there is one.
    fn person(&self) -> usize {
        if self.hot { 0 } else { self.below(self.people.len()) }
    }

    fn account(&self, person: usize) -> Holding {
        let accounts = &self.people[person].accounts;
        accounts[self.below(accounts.len())]
    }

    fn payment(&self, person: usize) -> String {
        let hot = self.people[0].accounts[0];
        let mut from = if self.hot { hot } else { self.account(person) };
        let mut to = self.account(person);
        while to.id == from.id {
            to = self.account(person);
        }
        if self.hot && self.below(2) == 0 {
            std::mem::swap(&mut from, &mut to);
        }
        format!(
            r#"{{"from_account_id":"{}","to_account_id":"{}","amount":{{"amount_minor":1,"currency":"{}"}},"reference":"Bench"}}"#,
            from.id, to.id, from.currency
        )
    }

    fn below(&self, bound: usize) -> usize {
        usize::try_from(self.chance.below(bound as u64)).unwrap_or_default()
    }
}
