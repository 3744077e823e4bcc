//! B6 (a), (d): what is there once is spent once, however many ask at the same time.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use kernel::Random;
use serde_json::json;
use tokio::task::JoinSet;

use crate::bank::MARK;
use crate::client::{Client, Outcome, Payment};
use crate::limits::{count, run, seeded};
use crate::naive::Naive;
use crate::nodes::{Nodes, Numbers, clients};

const CLIENTS: usize = 64;
const REQUESTS: usize = 1_000;
/// What is there, of which each request takes one.
const THERE: i64 = 100;

/// What came of draining an account.
#[derive(Debug)]
struct Drained {
    booked: usize,
    refused: BTreeMap<String, usize>,
    unknown: Vec<String>,
    /// The lowest balance that anybody saw, and how often somebody looked.
    least: i64,
    looks: usize,
    left: i64,
}

#[test]
fn a_balance_of_100_pays_100_of_1000_requests_and_is_never_overdrawn() {
    run(Duration::from_mins(1), async {
        let random = seeded();
        let nodes = Nodes::start(1, 2).await;
        let clients = nodes.clients(CLIENTS).await;
        for round in 0..count(5, 20) {
            let drained = drain(&clients, &random).await;
            println!("round {round}: {drained:?}");
            assert_eq!(findings(&drained), [""; 0], "{drained:?}");
        }
        nodes.finish();
    });
}

#[test]
fn control_a_bank_that_looks_before_it_acts_is_found_to_spend_twice() {
    run(Duration::from_mins(1), async {
        let random = seeded();
        let (_naive, address) = Naive::start().await;
        let clients = clients(std::slice::from_ref(&address), &Naive::client(&address).await, CLIENTS);
        let drained = drain(&clients, &random).await;
        let findings = findings(&drained);
        assert!(
            findings.contains(&"overdrawn") && findings.contains(&"paid more than there was"),
            "{drained:?}"
        );
    });
}

/// Moves [`THERE`] to a new account, and then asks for more than that from all clients at once.
async fn drain(clients: &[Client], random: &Random) -> Drained {
    let name = format!("{MARK}{:08x}", u32::from_be_bytes(random.bytes()));
    let mut first = clients[0].clone();
    let rich = first.person.accounts[0].clone();
    let opened =
        first.post("/api/v1/accounts", &json!({ "product": "current-gbp" })).await.expect("an answer").1;
    let thin = opened["id"].as_str().unwrap_or_else(|| panic!("opening: {opened}")).to_owned();
    let payment = |key: String, from: &str, to: &str, amount_minor| {
        let currency = rich.currency.clone();
        Payment { key, from: from.to_owned(), to: to.to_owned(), amount_minor, currency }
    };
    let given = first.pay(&payment(format!("{name}-gift"), &rich.id, &thin, THERE)).await;
    assert!(matches!(given, Outcome::Booked(_)), "{given:?}");
    let (numbers, done) = (Numbers::below(REQUESTS), Arc::new(AtomicBool::new(false)));
    let mut askers = JoinSet::new();
    for client in clients {
        let (mut client, numbers) = (client.clone(), numbers.clone());
        let template = payment(name.clone(), &thin, &rich.id, 1);
        askers.spawn(async move {
            let mut outcomes = Vec::new();
            while let Some(number) = numbers.take() {
                let key = format!("{}-{number}", template.key);
                outcomes.push(client.pay(&Payment { key, ..template.clone() }).await);
            }
            outcomes
        });
    }
    let watcher = tokio::spawn(watch(first.clone(), thin.clone(), done.clone()));
    let outcomes: Vec<Outcome> = askers.join_all().await.into_iter().flatten().collect();
    done.store(true, Ordering::SeqCst);
    let (least, looks) = watcher.await.expect("the watcher saw");
    let left = first.balance(&thin).await.available_minor;
    summed(outcomes, least.min(left), looks, left)
}

/// Looks at a balance again and again, and keeps the least.
async fn watch(mut client: Client, account: String, done: Arc<AtomicBool>) -> (i64, usize) {
    let (mut least, mut looks) = (i64::MAX, 0);
    while !done.load(Ordering::SeqCst) {
        let balance = client.balance(&account).await;
        least = least.min(balance.available_minor).min(balance.ledger_minor);
        looks += 1;
    }
    (least, looks)
}

fn summed(outcomes: Vec<Outcome>, least: i64, looks: usize, left: i64) -> Drained {
    let mut drained =
        Drained { booked: 0, refused: BTreeMap::new(), unknown: Vec::new(), least, looks, left };
    for outcome in outcomes {
        match outcome {
            Outcome::Booked(_) => drained.booked += 1,
            Outcome::Refused(code) => *drained.refused.entry(code).or_default() += 1,
            Outcome::Unknown(why) => drained.unknown.push(why),
        }
    }
    drained
}

fn findings(drained: &Drained) -> Vec<&'static str> {
    let there = usize::try_from(THERE).expect("small");
    let refused = drained.refused.get("insufficient_funds").copied().unwrap_or_default();
    let findings = [
        (drained.booked > there, "paid more than there was"),
        (drained.booked < there, "refused what was there"),
        (refused + drained.booked != REQUESTS, "refused for another reason, or not answered"),
        (drained.least < 0, "overdrawn"),
        (drained.left != 0, "something is left, or owed"),
        (drained.looks == 0, "nobody looked"),
    ];
    findings.into_iter().filter_map(|(found, what)| found.then_some(what)).collect()
}

#[test]
fn one_payment_that_is_sent_many_times_at_once_is_made_once() {
    run(Duration::from_mins(1), async {
        let random = seeded();
        let nodes = Nodes::start(1, 2).await;
        let clients = nodes.clients(CLIENTS).await;
        for _ in 0..count(10, 100) {
            let payment =
                between_own(&clients[0], format!("{MARK}{:016x}", u64::from_be_bytes(random.bytes())));
            let moved = repeated(&clients, &payment).await;
            assert_eq!(moved, (1, 1), "ids, and what the payer's balance lost");
        }
        nodes.finish();
    });
}

#[test]
fn control_a_bank_without_keys_is_found_to_pay_a_repeated_payment_again() {
    run(Duration::from_mins(1), async {
        let (_naive, address) = Naive::start().await;
        let clients = clients(std::slice::from_ref(&address), &Naive::client(&address).await, 8);
        let (ids, moved) = repeated(&clients, &between_own(&clients[0], "again".to_owned())).await;
        assert!(ids > 1 && moved > 1, "{ids} ids, {moved} moved");
    });
}

fn between_own(client: &Client, key: String) -> Payment {
    let accounts = &client.person.accounts;
    let (from, to, currency) = (accounts[0].id.clone(), accounts[1].id.clone(), accounts[0].currency.clone());
    Payment { key, from, to, amount_minor: 1, currency }
}

/// Sends one payment from every client at once; returns how many ids came back, and how much the payer lost.
async fn repeated(clients: &[Client], payment: &Payment) -> (usize, i64) {
    let mut first = clients[0].clone();
    let before = first.balance(&payment.from).await.ledger_minor;
    let sent = clients.iter().map(async |client| settled(&mut client.clone(), payment).await);
    let mut ids = join_all(sent).await;
    ids.sort();
    ids.dedup();
    (ids.len(), before - first.balance(&payment.from).await.ledger_minor)
}

/// Sends a payment until there is an answer; a twin may have to wait for the other's.
async fn settled(client: &mut Client, payment: &Payment) -> String {
    for _ in 0..100 {
        match client.pay(payment).await {
            Outcome::Booked(id) => return id,
            Outcome::Refused(code) => panic!("refused: {code}"),
            Outcome::Unknown(_) => crate::limits::pause(Duration::from_millis(20)).await,
        }
    }
    panic!("{} is never answered", payment.key)
}
