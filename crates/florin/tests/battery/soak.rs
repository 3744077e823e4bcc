//! B28, in the long form only: mixed load for an hour (`FLORIN_SOAK_MINUTES`), a fault every other minute, and every minute
//! everything that must hold. On PostgreSQL one node is killed and one is not: the second shows that nothing leaks.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use kernel::Random;
use serde_json::json;
use tokio::task::JoinSet;

use crate::bank::{Bank, MARK, on_postgres};
use crate::client::{Client, Outcome};
use crate::journal::{Journal, Verdict};
use crate::leaks::{Sample, growth_per_hour};
use crate::limits::{is_long, pause, run, seeded};
use crate::load::draw;
use crate::server::Server;
use crate::wire::Wire;

const PAYERS: usize = 8;
const READERS: usize = 4;
/// How long each of them rests between two requests: an hour of everything at once would fill the disk, not the bank.
const REST: Duration = Duration::from_millis(40);
/// Before this the program still fills its pools and caches.
const WARM_UP: usize = 3;
/// After how many minutes everybody signs in anew: a token of the battery lives an hour, and the soak longer.
const SIGN_IN: usize = 20;
/// Below this many minutes the growth of memory is told, and not judged: it would be noise.
const JUDGED: usize = 30;
const SECRET: &str = "a-secret-of-more-than-32-bytes-for-the-battery-only";

/// Holds what runs and what is known of it.
struct Soak {
    nodes: Vec<Bank>,
    people: Vec<Client>,
    journal: Arc<Journal>,
    samples: Vec<Sample>,
    /// How many there were, and with which it began.
    faults: u64,
    // Dropped last: the nodes are on it.
    server: Option<Server>,
}

#[test]
fn an_hour_of_load_and_faults_leaks_nothing_and_loses_nothing() {
    if !is_long() {
        println!("skipped: the soak is in the long form only");
        return;
    }
    run(Duration::from_mins(12), async {
        let random = seeded();
        let minutes = std::env::var("FLORIN_SOAK_MINUTES").map_or(60, |text| text.parse().expect("a number"));
        let mut soak = Soak::start().await;
        for minute in 1..=minutes {
            soak.minute(minute, &random).await;
        }
        soak.finish(minutes);
    });
}

impl Soak {
    async fn start() -> Self {
        let server = if on_postgres() { Server::start(&[]).await } else { None };
        let mut first = Bank::at(server.as_ref().map(Server::url));
        first.set("JWT_SECRET", SECRET);
        // One that is killed comes back where it was, so that clients find it again.
        first.set("FLORIN_ADDR", format!("127.0.0.1:{}", free_port()));
        first.prepare();
        first.start().await;
        let mut nodes = vec![first];
        if let Some(server) = &server {
            let mut second = Bank::at(Some(server.url()));
            second.set("JWT_SECRET", SECRET);
            second.set("FLORIN_DATA_DIR", nodes[0].path("data").display().to_string());
            second.start().await;
            nodes.push(second);
        }
        let people = sign_in(&nodes).await;
        Self { nodes, people, journal: Arc::default(), samples: Vec::new(), faults: 0, server }
    }

    /// Loads the bank for a minute, with a fault in the middle of every other, and looks at everything.
    async fn minute(&mut self, minute: usize, random: &Random) {
        if minute.is_multiple_of(SIGN_IN) {
            self.people = sign_in(&self.nodes).await;
        }
        let (stop, begun) = (Arc::new(AtomicBool::new(false)), Instant::now());
        let mut load = self.load(&stop);
        pause(Duration::from_secs(25)).await;
        let fault = if minute.is_multiple_of(2) { self.fault(random).await } else { "none" };
        pause(Duration::from_mins(1).saturating_sub(begun.elapsed())).await;
        stop.store(true, Ordering::SeqCst);
        while let Some(ended) = load.join_next().await {
            ended.expect("a client did not panic");
        }
        let open = self.journal.settle(&self.people).await;
        assert_eq!(self.journal.compare(&self.nodes[0].booked().await), Verdict::default());
        self.nodes[0].verify();
        let sample = Sample::of(self.nodes.last_mut().expect("a node").serving().id(), &self.nodes[0]).await;
        println!("minute {minute}: fault {fault}; {}, {open} settled; {sample}", self.journal.counts());
        assert_eq!(sample.stuck_sessions, 0, "sessions hold a transaction open");
        self.samples.push(sample);
    }

    /// Breaks something and mends it.
    async fn fault(&mut self, random: &Random) -> &'static str {
        // Each kind in its turn, beginning anywhere.
        self.faults = if self.faults == 0 { 1 + random.below(3) } else { self.faults + 1 };
        match (self.faults % 3, self.server.as_mut()) {
            (0, Some(server)) => {
                server.kill();
                server.resume().await;
                "the database killed"
            }
            (1, Some(_)) => {
                cut(&self.nodes[0]).await;
                "every connection to the database cut"
            }
            _ => {
                self.nodes[0].kill();
                self.nodes[0].start().await;
                "a node killed"
            }
        }
    }

    fn load(&self, stop: &Arc<AtomicBool>) -> JoinSet<()> {
        let mut load = JoinSet::new();
        for number in 0..PAYERS + READERS {
            let mut client = self.people[number % self.people.len()].clone();
            let (journal, stop) = (self.journal.clone(), stop.clone());
            let wire = (number < READERS).then(|| Wire::of(&client));
            load.spawn(async move {
                let (chance, mut number) = (Random::system(), 0_u64);
                let name = format!("{MARK}{:08x}", u32::from_be_bytes(chance.bytes()));
                while !stop.load(Ordering::SeqCst) {
                    number += 1;
                    match &wire {
                        Some(wire) => look(&client, wire, &format!("{name}-{number}")).await,
                        None => drop(pay(&journal, &mut client, &chance, format!("{name}-{number}")).await),
                    }
                    pause(REST).await;
                }
            });
        }
        load
    }

    fn finish(mut self, minutes: usize) {
        let (first, last) = (&self.samples[WARM_UP.min(minutes - 1)], &self.samples[minutes - 1]);
        let growth = growth_per_hour(&self.samples[WARM_UP.min(minutes - 1)..]);
        println!(
            "{minutes} minutes: {}, memory grows by {:.1} %/h, {first} → {last}",
            self.journal.counts(),
            growth * 100.0
        );
        // A client more or less that has just connected is no leak.
        assert!(last.handles <= first.handles + 16, "handles are left open");
        assert!(last.connections <= first.connections + 8, "connections to the database are left open");
        // Where the one node is killed again and again, its memory says nothing.
        assert!(minutes < JUDGED || !on_postgres() || growth < 0.05, "memory grows");
        for bank in self.nodes.iter_mut().rev() {
            bank.stop();
        }
        self.nodes[0].verify();
    }
}

/// Signs everybody in; every other one asks the second node, where there is one.
async fn sign_in(nodes: &[Bank]) -> Vec<Client> {
    let mut people = nodes[0].sign_in().await;
    if let Some(second) = nodes.get(1) {
        people.iter_mut().skip(1).step_by(2).for_each(|client| client.turn_to(&second.address()));
    }
    people
}

async fn pay(journal: &Journal, client: &mut Client, chance: &Random, key: String) -> Outcome {
    let payment = draw(client, chance, key);
    journal.pay(client, &payment).await
}

/// Reads as an app does, and holds a little and gives it back; during a fault any of it may fail.
async fn look(client: &Client, wire: &Wire, name: &str) {
    let accounts = &client.person.accounts;
    let own = format!("/api/v1/accounts/{}", accounts[0].id);
    for path in [own.clone(), format!("{own}/transactions?limit=50"), "/api/v1/accounts".to_owned()] {
        if let Ok(reply) = wire.get(&path).await {
            assert!(reply.status == 200 || reply.status == 503, "{path}: {}", reply.text());
        }
    }
    // Under another name than payments, which the journal counts.
    let name = format!("look-{name}");
    let amount = json!({ "amount_minor": 1, "currency": accounts[0].currency });
    let hold = json!({
        "from_account_id": accounts[0].id, "to_account_id": accounts[1].id, "amount": amount, "mode": "hold",
        "reference": name,
    });
    let held = wire.post("/api/v1/transfers", Some(&name), &hold).await;
    let id = held.ok().and_then(|held| held.json()["id"].as_str().map(str::to_owned));
    if let Some(id) = id {
        let path = format!("/api/v1/transfers/{id}/release");
        drop(wire.post(&path, Some(&format!("{name}-back")), &json!({})).await);
    }
}

/// Ends every session on the database but the one that does it.
async fn cut(bank: &Bank) {
    use sea_orm::{ConnectionTrait as _, Statement};
    let options = database::Options { connections: 1, ..database::Options::new(bank.url()) };
    let db = database::Database::connect(&options).await.expect("a database");
    let sql = "select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and datname is not null";
    let backend = db.primary().get_database_backend();
    db.primary().query_all_raw(Statement::from_string(backend, sql)).await.expect("cut");
    db.close().await;
}

fn free_port() -> u16 {
    let bound = std::net::TcpListener::bind("127.0.0.1:0").and_then(|bound| bound.local_addr());
    bound.expect("a port").port()
}
