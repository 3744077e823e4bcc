//! B3: the network fails, between the clients and the program and between the program and its database: connections
//! are cut at any byte, or stand still without an end, or dawdle.

use std::sync::Arc;
use std::time::{Duration, Instant};

use kernel::Random;
use sea_orm::{ConnectionTrait as _, Statement};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::bank::{Bank, on_postgres};
use crate::client::{Client, Outcome};
use crate::journal::{Journal, Verdict};
use crate::limits::{count, pause, run, seeded};
use crate::load::{Load, draw};
use crate::proxy::{Proxy, Weather};
use crate::server::Server;

/// How soon the bank pays again once the network is well.
const HEALTHY: Duration = Duration::from_secs(2);
/// How long a session may hold a transaction in which nothing happens.
const IDLE: Duration = Duration::from_secs(10);
/// The longest that a request may take: 30 s for its work, and some for the way.
const ANSWERED: Duration = Duration::from_secs(33);
/// How long the headers of a request may take, and some for the way.
const HEADERS: Duration = Duration::from_secs(12);
/// How long a connection without a limit is watched: longer than the bank's own writer waits.
const PATIENCE: Duration = Duration::from_secs(16);

#[test]
fn connections_cut_at_any_byte_lose_no_acknowledgement_and_double_no_payment() {
    run(Duration::from_mins(2), async {
        let random = seeded();
        let Scene { mut bank, server, people, front, back } = Scene::set(&random).await;
        let journal = Arc::new(Journal::default());
        // About a kilobyte each way: one request in fifty is cut. Behind, a commit carries several.
        front.cut_within(160 * 1024);
        if let Some(back) = &back {
            back.cut_within(160 * 1024);
        }
        let load = Load::start(&people, &journal);
        let wanted = count(2_000, 5_000);
        while journal.counts().sum() < wanted {
            pause(Duration::from_millis(20)).await;
        }
        load.stop().await;
        front.turn(Weather::Fair);
        if let Some(back) = &back {
            back.turn(Weather::Fair);
        }
        let healthy = time_until_it_pays(&people[0], &journal, &random).await;
        let open = journal.settle(&people).await;
        if let Some(server) = &server {
            let idle = time_until_no_idle_transaction(server).await;
            println!("no idle transaction after {idle:?}");
        }
        let cuts = (front.cuts(), back.as_ref().map_or(0, Proxy::cuts));
        println!(
            "{}, {open} settled; cuts before and behind: {cuts:?}; pays after {healthy:?}",
            journal.counts()
        );
        assert!(cuts.0 * 100 > wanted, "too few cuts");
        assert!(back.is_none() || cuts.1 > 10, "too few cuts behind");
        assert!(healthy <= HEALTHY, "pays only {healthy:?} after the network is well");
        if let Some(server) = &server {
            bank.turn_to(&server.url());
        }
        journal.compare(&bank.booked().await).must_be_clean();
        bank.stop();
        bank.verify();
    });
}

#[test]
fn control_a_client_that_repeats_without_its_key_is_noticed() {
    run(Duration::from_mins(1), async {
        let random = seeded();
        let Scene { mut bank, server, people, front, back: _back } = Scene::set(&random).await;
        let journal = Arc::new(Journal::default());
        front.cut_within(8 * 1024);
        let mut client = people[0].clone();
        for number in 0..200 {
            let payment = draw(&client, &random, format!("{}control-{number}z", crate::bank::MARK));
            if let Outcome::Unknown(_) = journal.pay(&mut client, &payment).await {
                // What careless software does: the same payment, under a fresh key.
                let again = client.pay_under(&payment, &format!("again-{number}")).await;
                journal.note(&payment.key, again);
            }
        }
        if let Some(server) = &server {
            bank.turn_to(&server.url());
        }
        let Verdict { doubled, .. } = journal.compare(&bank.booked().await);
        println!("{} cuts, {} found doubled", front.cuts(), doubled.len());
        assert!(!doubled.is_empty(), "a payment that was made twice must be noticed");
    });
}

#[test]
fn when_the_way_to_the_database_stands_still_every_request_ends_in_time() {
    run(Duration::from_mins(3), async {
        if !on_postgres() {
            return println!("stops the way to a server: runs with PostgreSQL only");
        }
        let random = seeded();
        let Scene { mut bank, server, people, front: _front, back } = Scene::set(&random).await;
        let (server, back) = (server.expect("a server"), back.expect("a way to it"));
        let journal = Arc::new(Journal::default());
        let load = Load::start(&people, &journal);
        pause(Duration::from_millis(500)).await;
        back.turn(Weather::Still);
        let begun = Instant::now();
        // Each client finishes the request it is at.
        load.stop().await;
        let answered = begun.elapsed();
        let mut waiting = people[0].clone();
        let read = Instant::now();
        let (status, _) = waiting.get("/api/v1/accounts").await.expect("an answer");
        println!(
            "a stall: payments ended after {answered:?}, a read with {status} after {:?}",
            read.elapsed()
        );
        assert!(answered <= ANSWERED && read.elapsed() <= ANSWERED, "a request waited for {answered:?}");
        // New connections get through; those that stood still never wake.
        back.replace();
        let healthy = time_until_it_pays(&people[0], &journal, &random).await;
        let open = journal.settle(&people).await;
        let idle = time_until_no_idle_transaction(&server).await;
        println!(
            "{}, {open} settled; pays after {healthy:?}; no idle transaction after {idle:?}",
            journal.counts()
        );
        assert!(healthy <= HEALTHY, "pays only {healthy:?} after the network is well");
        bank.turn_to(&server.url());
        journal.compare(&bank.booked().await).must_be_clean();
        bank.stop();
        bank.verify();
    });
}

#[test]
fn control_whoever_sets_no_limit_waits_for_a_way_that_stands_still() {
    run(Duration::from_mins(1), async {
        let Some(server) = (if on_postgres() { Server::start(&[]).await } else { None }) else {
            return println!("stops the way to a server: runs with PostgreSQL only");
        };
        let back = Proxy::start(&server.address(), seeded()).await;
        // A connection as a program has it that trusts its network.
        let url = format!("postgres://florin@{}/postgres?sslmode=disable", back.address());
        let db = sea_orm::Database::connect(&url).await.expect("a connection");
        let ask = || db.execute_unprepared("select 1");
        ask().await.expect("an answer while the way is open");
        back.turn(Weather::Still);
        let answered = tokio::time::timeout(PATIENCE, ask()).await;
        assert!(answered.is_err(), "the way was open, and the harness would have shown nothing");
        println!("a connection without a limit still waits after {PATIENCE:?}");
    });
}

#[test]
fn control_a_server_without_a_limit_listens_to_a_slow_client() {
    run(Duration::from_mins(1), async {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("bound").to_string();
        let front = Proxy::start(&address, seeded()).await;
        front.turn(Weather::Dripping);
        let mut client = TcpStream::connect(front.address()).await.expect("a connection");
        client.write_all(&[b'x'; 64]).await.expect("sent");
        let (mut heard, _) = listener.accept().await.expect("a client");
        let (begun, mut bytes, mut one) = (Instant::now(), 0, [0; 1]);
        while begun.elapsed() <= HEADERS {
            assert_eq!(
                heard.read(&mut one).await.expect("a byte"),
                1,
                "the proxy gave the client up, not the bank"
            );
            bytes += 1;
        }
        println!("a server without a limit heard {bytes} bytes in {:?} and listens on", begun.elapsed());
        assert!(bytes < 32, "it was not slow: {bytes}");
    });
}

#[test]
fn a_client_that_sends_one_byte_a_second_is_given_up() {
    run(Duration::from_mins(1), async {
        let random = seeded();
        let Scene { bank, server: _server, people, front, back: _back } = Scene::set(&random).await;
        let mut slow = people[0].clone();
        front.turn(Weather::Dripping);
        let begun = Instant::now();
        let answer = slow.get("/api/v1/accounts").await;
        let took = begun.elapsed();
        println!("one byte a second: {:?} after {took:?}", answer.map(|(status, _)| status));
        assert!(took <= HEADERS, "it was listened to for {took:?}");
        assert!(bank.is_ready().await, "others are served meanwhile");
    });
}

/// A bank behind one proxy and, on PostgreSQL, in front of another.
struct Scene {
    bank: Bank,
    server: Option<Server>,
    /// Customers who reach the bank through the front.
    people: Vec<Client>,
    front: Proxy,
    back: Option<Proxy>,
}

impl Scene {
    async fn set(random: &Random) -> Self {
        let chance = || Random::seeded(random.below(u64::MAX));
        let server = if on_postgres() { Server::start(&[]).await } else { None };
        let mut bank = Bank::at(server.as_ref().map(Server::url));
        bank.prepare();
        let back = match &server {
            Some(server) => Some(Proxy::start(&server.address(), chance()).await),
            None => None,
        };
        if let Some(back) = &back {
            bank.turn_to(&format!("postgres://florin@{}/postgres?sslmode=disable", back.address()));
        }
        bank.start().await;
        let front = Proxy::start(&bank.address(), chance()).await;
        let mut people = bank.sign_in().await;
        for client in &mut people {
            client.turn_to(&front.address());
        }
        Self { bank, server, people, front, back }
    }
}

/// Pays until a payment is booked, and returns how long that took.
async fn time_until_it_pays(client: &Client, journal: &Journal, random: &Random) -> Duration {
    let begun = Instant::now();
    let mut client = client.clone();
    for number in 0.. {
        let key = format!("{}healthy-{:x}-{number}z", crate::bank::MARK, random.below(u64::MAX));
        let payment = draw(&client, random, key);
        if let Outcome::Booked(_) = journal.pay(&mut client, &payment).await {
            break;
        }
        assert!(begun.elapsed() < Duration::from_mins(1), "it does not pay again");
        pause(Duration::from_millis(20)).await;
    }
    begun.elapsed()
}

/// Waits until no session of the program's holds a transaction in which nothing happens; fails after [`IDLE`].
async fn time_until_no_idle_transaction(server: &Server) -> Duration {
    let db = database::Database::connect(&database::Options::new(server.url())).await.expect("a connection");
    let sql = "select count(*) as many from pg_stat_activity \
               where application_name = 'florin' and state like 'idle in transaction%'";
    let begun = Instant::now();
    loop {
        let row =
            db.latest().query_one_raw(Statement::from_string(db.latest().get_database_backend(), sql)).await;
        let many: i64 = row.expect("an answer").expect("a row").try_get("", "many").expect("a number");
        if many == 0 {
            db.close().await;
            return begun.elapsed();
        }
        assert!(begun.elapsed() < IDLE, "{many} sessions are idle in a transaction");
        pause(Duration::from_millis(100)).await;
    }
}
