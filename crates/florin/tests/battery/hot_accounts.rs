//! B6 (b): ten accounts that everybody pays to and from, in both directions. No deadlock reaches a client, nothing is
//! lost between them, and nobody waits long.

use std::time::{Duration, Instant};

use kernel::Random;
use tokio::task::JoinSet;

use crate::bank::MARK;
use crate::client::{Client, Outcome, Payment};
use crate::limits::{count, run, seeded};
use crate::naive::Naive;
use crate::nodes::{Nodes, Numbers, clients};

const CLIENTS: usize = 64;
const ACCOUNTS: u32 = 10;
/// How long one of a hundred may take.
const PATIENCE: Duration = Duration::from_secs(1);

/// What came of it.
#[derive(Debug)]
struct Shuffled {
    times: Vec<Duration>,
    /// What was answered with anything but a booking.
    failures: Vec<Outcome>,
    before: i64,
    after: i64,
}

#[test]
fn ten_hot_accounts_pay_one_another_without_a_deadlock_or_a_loss() {
    run(Duration::from_mins(1), async {
        let random = seeded();
        let nodes = Nodes::start(1, ACCOUNTS).await;
        let clients = nodes.clients(CLIENTS).await;
        for round in 0..count(1, 20) {
            let payments = 20_000;
            let begun = Instant::now();
            let mut shuffled = shuffle(&clients, payments, &random).await;
            shuffled.times.sort();
            let p99 = shuffled.times[shuffled.times.len() * 99 / 100];
            let rate = payments as u128 * 1_000 / begun.elapsed().as_millis().max(1);
            println!("round {round}: {payments} payments, {rate}/s, p99 {p99:?}");
            assert_eq!(
                findings(&shuffled),
                [""; 0],
                "{:?}",
                &shuffled.failures[..shuffled.failures.len().min(5)]
            );
        }
        nodes.finish();
    });
}

#[test]
fn control_a_bank_that_locks_as_it_is_told_is_found_to_deadlock_and_to_lose() {
    run(Duration::from_mins(1), async {
        let random = seeded();
        let (_naive, address) = Naive::start().await;
        let clients = clients(std::slice::from_ref(&address), &Naive::client(&address).await, CLIENTS);
        let shuffled = shuffle(&clients, 2_000, &random).await;
        let findings = findings(&shuffled);
        assert!(
            findings.contains(&"failures reached clients") && findings.contains(&"money was made or lost")
        );
    });
}

async fn shuffle(clients: &[Client], payments: usize, random: &Random) -> Shuffled {
    let name = format!("{MARK}{:08x}", u32::from_be_bytes(random.bytes()));
    let before = total(&clients[0]).await;
    let numbers = Numbers::below(payments);
    let mut payers = JoinSet::new();
    for client in clients {
        let (mut client, numbers, name) = (client.clone(), numbers.clone(), name.clone());
        let chance = Random::seeded(u64::from_be_bytes(random.bytes()));
        payers.spawn(async move {
            let (mut times, mut failures) = (Vec::new(), Vec::new());
            while let Some(number) = numbers.take() {
                let payment = draw(&client, &chance, format!("{name}-{number}"));
                let begun = Instant::now();
                let outcome = client.pay(&payment).await;
                times.push(begun.elapsed());
                if !matches!(outcome, Outcome::Booked(_)) {
                    failures.push(outcome);
                }
            }
            (times, failures)
        });
    }
    let (times, failures): (Vec<_>, Vec<_>) = payers.join_all().await.into_iter().unzip();
    let after = total(&clients[0]).await;
    Shuffled { times: times.concat(), failures: failures.concat(), before, after }
}

/// Draws a pair that is as often named one way round as the other.
fn draw(client: &Client, chance: &Random, key: String) -> Payment {
    let below = |bound: usize| usize::try_from(chance.below(bound as u64)).expect("small");
    let accounts = &client.person.accounts;
    let from = below(accounts.len());
    let to = (from + 1 + below(accounts.len() - 1)) % accounts.len();
    let (from, to, currency) = (&accounts[from], &accounts[to].id, accounts[from].currency.clone());
    Payment { key, from: from.id.clone(), to: to.clone(), amount_minor: 1, currency }
}

async fn total(client: &Client) -> i64 {
    let (mut client, mut sum) = (client.clone(), 0);
    for account in client.person.accounts.clone() {
        sum += client.balance(&account.id).await.ledger_minor;
    }
    sum
}

fn findings(shuffled: &Shuffled) -> Vec<&'static str> {
    let slow = shuffled.times.iter().filter(|time| **time > PATIENCE).count();
    let findings = [
        (!shuffled.failures.is_empty(), "failures reached clients"),
        (shuffled.before != shuffled.after, "money was made or lost"),
        (slow * 100 > shuffled.times.len(), "more than one of a hundred waited too long"),
    ];
    findings.into_iter().filter_map(|(found, what)| found.then_some(what)).collect()
}
