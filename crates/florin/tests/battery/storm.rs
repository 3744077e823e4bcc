//! B7: 500 keys, 20 twins each, and the program is killed half way: 500 effects, and every answer of a key the same bytes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::future::{join, join_all};
use futures_util::stream::{self, StreamExt as _};
use kernel::Random;
use serde_json::{Value, json};
use tokio::sync::{Notify, watch};

use crate::bank::{Bank, MARK};
use crate::client::{Holding, Person};
use crate::journal::Booking;
use crate::limits::{count, pause, run, seeded};
use crate::naive::Naive;
use crate::wire::{Reply, Wire};

const KEYS: usize = 500;
const TWINS: usize = 20;
/// How many keys are asked for at the same time.
const AT_ONCE: usize = 10;

/// What was answered under one key.
#[derive(Debug, Default)]
struct Heard {
    replies: Vec<Reply>,
    /// How many answers were lost with a connection.
    lost: usize,
    /// How many were told to come again.
    postponed: usize,
}

#[test]
fn five_hundred_keys_of_twenty_twins_have_five_hundred_effects_through_a_kill() {
    run(Duration::from_mins(1), async {
        let random = seeded();
        for round in 0..count(1, 20) {
            let mut bank = Bank::prepared().await;
            bank.start().await;
            let person = bank.people().swap_remove(0);
            let wire = Wire::sign_in(vec![bank.address()], &person).await;
            let heard = storm(&wire, &person, &random, Some(&mut bank)).await;
            let (lost, postponed) =
                heard.values().fold((0, 0), |(l, p), one| (l + one.lost, p + one.postponed));
            let findings = findings(&heard, &bank.booked().await);
            assert_eq!(findings, BTreeSet::new());
            println!(
                "round {round}: {KEYS} effects; {lost} answers lost with the kill, {postponed} told to come again"
            );
            assert!(lost > 0, "the kill met nobody");
            bank.stop();
            bank.verify();
        }
    });
}

#[test]
fn control_a_bank_that_keeps_no_keys_is_found_out() {
    run(Duration::from_mins(1), async {
        let random = seeded();
        let (naive, address) = Naive::start().await;
        let wire = Wire::sign_in(vec![address], &Naive::person()).await;
        let heard = storm(&wire, &Naive::person(), &random, None).await;
        let findings = findings(&heard, &naive.bookings());
        assert!(
            findings.contains(&"answers differ") && findings.contains(&"booked more than once"),
            "{findings:?}"
        );
        assert!(findings.contains(&"more than one answer claims to be the first"), "{findings:?}");
    });
}

/// Sends everything, and kills the bank in the middle when there is one to kill.
async fn storm(
    wire: &Wire,
    person: &Person,
    random: &Random,
    bank: Option<&mut Bank>,
) -> BTreeMap<String, Heard> {
    let name = format!("{MARK}{:08x}", u32::from_be_bytes(random.bytes()));
    let keys: Vec<String> = (0..KEYS).map(|number| format!("{name}-{number}")).collect();
    let (turn, turned) = watch::channel(None);
    let (done, half_way) = (AtomicUsize::new(0), Notify::new());
    let asked = stream::iter(&keys).map(async |key| {
        let heard = twins(wire, person, key, &turned).await;
        if done.fetch_add(1, Ordering::SeqCst) + 1 == KEYS / 2 {
            half_way.notify_one();
        }
        (key.clone(), heard)
    });
    let killed = async {
        let Some(bank) = bank else { return };
        half_way.notified().await;
        bank.kill();
        bank.start().await;
        turn.send_replace(Some(bank.address()));
    };
    join(asked.buffer_unordered(AT_ONCE).collect(), killed).await.0
}

/// Sends one payment from all its twins; each repeats it until it has an answer.
async fn twins(wire: &Wire, person: &Person, key: &str, turned: &watch::Receiver<Option<String>>) -> Heard {
    let body = payment(&person.accounts, key, 1);
    let sent = (0..TWINS).map(async |_| {
        let (mut wire, mut heard) = (wire.clone(), Heard::default());
        loop {
            if let Some(address) = turned.borrow().as_deref() {
                wire.turn_to(address);
            }
            match wire.post("/api/v1/transfers", Some(key), &body).await {
                Ok(reply) if reply.status == 503 || reply.code() == "request_in_flight" => {
                    assert!(
                        reply.retry_after.is_some(),
                        "told to come again, and not when: {}",
                        reply.text()
                    );
                    heard.postponed += 1;
                }
                Ok(reply) => {
                    heard.replies.push(reply);
                    return heard;
                }
                Err(_) => heard.lost += 1,
            }
            pause(Duration::from_millis(10)).await;
        }
    });
    let mut all = Heard::default();
    for one in join_all(sent).await {
        all.replies.extend(one.replies);
        all.lost += one.lost;
        all.postponed += one.postponed;
    }
    all
}

fn payment(accounts: &[Holding], reference: &str, amount_minor: i64) -> Value {
    json!({
        "from_account_id": accounts[0].id, "to_account_id": accounts[1].id, "reference": reference,
        "amount": { "amount_minor": amount_minor, "currency": accounts[0].currency },
    })
}

fn findings(heard: &BTreeMap<String, Heard>, books: &[Booking]) -> BTreeSet<&'static str> {
    let mut findings = BTreeSet::new();
    let mut effects: BTreeMap<&str, usize> = BTreeMap::new();
    for booking in books {
        *effects.entry(&booking.key).or_default() += 1;
    }
    for (key, Heard { replies, lost, .. }) in heard {
        let firsts = replies.iter().filter(|reply| !reply.is_replay).count();
        let booked = effects.get(key.as_str()).copied().unwrap_or_default();
        let checks = [
            (replies.len() != TWINS, "a twin was not answered"),
            (replies.iter().any(|reply| reply.status != 201), "answered with something else"),
            (replies.iter().any(|reply| reply.bytes != replies[0].bytes), "answers differ"),
            (firsts > 1, "more than one answer claims to be the first"),
            (firsts == 0 && *lost == 0, "every answer says that it was given before"),
            (booked == 0, "answered, and not booked"),
            (booked > 1, "booked more than once"),
        ];
        findings.extend(checks.into_iter().filter_map(|(found, what)| found.then_some(what)));
    }
    findings
}

#[test]
fn a_key_belongs_to_its_principal_route_and_body_and_outlives_a_restart() {
    run(Duration::from_mins(1), async {
        let mut bank = Bank::prepared().await;
        bank.start().await;
        let people = bank.people();
        let mut ada = Wire::sign_in(vec![bank.address()], &people[0]).await;
        let bob = Wire::sign_in(vec![bank.address()], &people[1]).await;
        let key = format!("{MARK}one-key");
        let body = payment(&people[0].accounts, "ada's", 5);
        let first = ada.post("/api/v1/transfers", Some(&key), &body).await.expect("an answer");
        assert_eq!((first.status, first.is_replay), (201, false), "{}", first.text());
        let other =
            ada.post("/api/v1/transfers", Some(&key), &payment(&people[0].accounts, "ada's", 6)).await;
        let other = other.expect("an answer");
        assert_eq!((other.status, other.code().as_str()), (422, "idempotency_key_reused"));
        let his = bob.post("/api/v1/transfers", Some(&key), &payment(&people[1].accounts, "bob's", 5)).await;
        let his = his.expect("an answer");
        assert_eq!((his.status, his.is_replay), (201, false), "another principal's: {}", his.text());
        let item = json!({ "id": "1", "transfer": payment(&people[0].accounts, "ada's batch", 5) });
        let routed = ada.post("/api/v1/transfers/batch", Some(&key), &json!({ "items": [item] })).await;
        let routed = routed.expect("an answer");
        assert!(routed.status < 300 && !routed.is_replay, "another route's: {}", routed.text());
        for (length, status) in [(255, 201), (256, 422)] {
            let key = "k".repeat(length);
            let reply = ada.post("/api/v1/transfers", Some(&key), &body).await.expect("an answer");
            assert_eq!(reply.status, status, "a key of {length}: {}", reply.text());
        }
        bank.kill();
        bank.start().await;
        ada.turn_to(&bank.address());
        let again = ada.post("/api/v1/transfers", Some(&key), &body).await.expect("an answer");
        assert_eq!((again.status, again.is_replay, again.bytes), (201, true, first.bytes));
        bank.stop();
        bank.verify();
    });
}
