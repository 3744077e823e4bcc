//! B2 without its cluster, which `.ci/failover` has: a server that waits for a replica which never confirms. Nothing is
//! acknowledged meanwhile, neither at first nor when it is repeated: what is repeated may stand on this server alone.

use std::time::Duration;

use database::{Database, Options};
use sea_orm::ConnectionTrait as _;
use serde_json::{Value, json};

use crate::bank::{Bank, MARK, on_postgres};
use crate::client::Person;
use crate::limits::{pause, run};
use crate::server::Server;
use crate::wire::{Reply, Wire};

/// Who hears nothing within this is not told anything soon: an answer takes milliseconds.
const SILENCE: Duration = Duration::from_secs(3);

/// How often a payment is tried until the server has taken up its new settings.
const TRIES: usize = 500;

#[test]
fn what_no_replica_has_is_not_acknowledged_not_even_when_it_is_repeated() {
    run(Duration::from_mins(2), async {
        let Some(mut alone) = Alone::start().await else { return };
        let requests = alone.requests().await;
        let mut first = Vec::new();
        for request in &requests {
            first.push(alone.ask(request).await.expect("an answer"));
        }
        alone.set("synchronous_standby_names = 'nobody'").await;
        assert!(alone.falls_silent().await, "a payment is acknowledged without a replica");
        for request in &requests {
            let again = alone.ask(request).await;
            assert_eq!(again, None, "{} is repeated without a replica", request.path);
        }
        alone.set("synchronous_standby_names = ''").await;
        for (request, first) in requests.iter().zip(first) {
            let again = alone.settled(request).await;
            assert!(again.is_replay && again.bytes == first.bytes, "{}: {}", request.path, again.text());
        }
        alone.bank.stop();
        alone.bank.verify();
    });
}

#[test]
fn control_a_server_that_waits_for_no_replica_is_noticed() {
    run(Duration::from_mins(2), async {
        let Some(mut alone) = Alone::start().await else { return };
        alone.set("synchronous_commit = 'local'").await;
        alone.set("synchronous_standby_names = 'nobody'").await;
        assert!(!alone.falls_silent().await, "it acknowledges what no replica has, and nobody notices");
        alone.bank.stop();
    });
}

#[test]
fn a_server_that_takes_no_writes_is_not_taken_for_the_leader() {
    run(Duration::from_mins(1), async {
        if !on_postgres() {
            return println!("asks for a leader: runs with PostgreSQL only");
        }
        let Some(server) = Server::start(&[]).await else { return };
        let options = Options { acquire_timeout: SILENCE, ..Options::new(server.url()) };
        let before = Database::connect(&options).await.expect("a server that takes writes");
        // What a session is told when it begins stays with it, as it does on a replica.
        before
            .primary()
            .execute_unprepared("alter role florin set default_transaction_read_only = on")
            .await
            .unwrap();
        let follower = Database::connect(&options).await.expect_err("a server that takes no writes");
        assert!(database::is_busy(&follower) || database::is_unavailable(&follower), "{follower}");
        before
            .primary()
            .execute_unprepared("alter role florin reset default_transaction_read_only")
            .await
            .unwrap();
        Database::connect(&options).await.expect("a server that takes writes again");
    });
}

/// A bank on a server of its own, which may be told to wait for a replica.
struct Alone {
    bank: Bank,
    person: Person,
    wire: Wire,
    settings: Database,
    _server: Server,
}

/// A request with its key.
struct Request {
    path: String,
    key: String,
    body: Value,
}

impl Alone {
    async fn start() -> Option<Self> {
        if !on_postgres() {
            println!("waits for a replica: runs with PostgreSQL only");
            return None;
        }
        let server = Server::start(&[]).await?;
        let mut bank = Bank::at(Some(server.url()));
        bank.prepare();
        bank.start().await;
        let person = bank.people().swap_remove(0);
        let wire = Wire::sign_in(vec![bank.address()], &person).await;
        let settings = Database::connect(&Options::new(server.url())).await.expect("a connection");
        Some(Self { bank, person, wire, settings, _server: server })
    }

    /// Makes a payment, which is committed with others, and the release of a hold, which is a transaction of its own.
    async fn requests(&self) -> [Request; 2] {
        let hold = self.payment("held", "hold");
        let held = self.ask(&hold).await.expect("an answer").json();
        let path = format!("/api/v1/transfers/{}/release", held["id"].as_str().expect("a hold"));
        let release = Request { path, key: format!("{MARK}released"), body: json!({}) };
        [self.payment("paid", "immediate"), release]
    }

    fn payment(&self, name: &str, mode: &str) -> Request {
        let (from, key) = (&self.person.accounts[0], format!("{MARK}{name}"));
        let amount = json!({ "amount_minor": 1, "currency": from.currency });
        let to = &self.person.accounts[1].id;
        let body = json!({
            "from_account_id": from.id, "to_account_id": to, "amount": amount, "mode": mode, "reference": key,
        });
        Request { path: "/api/v1/transfers".to_owned(), key, body }
    }

    async fn set(&self, setting: &str) {
        for sql in [&format!("alter system set {setting}"), "select pg_reload_conf()"] {
            self.settings.primary().execute_unprepared(sql).await.expect("a superuser");
        }
    }

    /// Says whether payments are no longer answered, soon after the server was told to wait.
    async fn falls_silent(&self) -> bool {
        for number in 0..TRIES {
            if self.ask(&self.payment(&format!("new-{number}"), "immediate")).await.is_none() {
                return true;
            }
        }
        false
    }

    /// Sends a request; none when there is no acknowledgement in time.
    async fn ask(&self, request: &Request) -> Option<Reply> {
        let asked = self.wire.post(&request.path, Some(&request.key), &request.body);
        let reply = tokio::time::timeout(SILENCE, asked).await.ok()?.expect("an answer");
        (reply.status == 201).then_some(reply)
    }

    async fn settled(&self, request: &Request) -> Reply {
        loop {
            match self.ask(request).await {
                Some(reply) => return reply,
                None => pause(Duration::from_millis(100)).await,
            }
        }
    }
}
