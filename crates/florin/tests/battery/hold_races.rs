//! B6 (c): a hold that is captured and released at the same time ends one way, once, and the balances agree with it.

use std::time::Duration;

use futures_util::future::join_all;
use kernel::Random;
use serde_json::json;

use crate::bank::MARK;
use crate::client::Person;
use crate::limits::{count, run, seeded};
use crate::naive::Naive;
use crate::nodes::Nodes;
use crate::wire::{Reply, Wire};

/// How many ask for a capture, and how many for a release.
const EACH: usize = 3;
const AMOUNT: i64 = 7;

/// What came of one hold.
#[derive(Debug)]
struct Ended {
    captured: usize,
    released: usize,
    status: String,
    /// What left the payer's account, and what is still reserved on it.
    moved: i64,
    held: i64,
    others: Vec<Reply>,
}

#[test]
fn a_hold_is_captured_or_released_and_never_both() {
    run(Duration::from_mins(1), async {
        let random = seeded();
        let mut nodes = Nodes::start(1, 2).await;
        let (person, wire) = (nodes.first().people().swap_remove(0), nodes.wire(0).await);
        let (mut captures, rounds) = (0, count(200, 2_000));
        for _ in 0..rounds {
            let ended = race(&wire, &person, &random).await;
            assert_eq!(findings(&ended), [""; 0], "{ended:?}");
            captures += ended.captured;
        }
        println!("{rounds} holds: {captures} captured, {} released", rounds - captures);
        assert!(captures > 0 && captures < rounds, "only one side ever won: this was no race");
        nodes.finish();
    });
}

#[test]
fn control_a_bank_that_looks_before_it_acts_is_found_to_do_both() {
    run(Duration::from_mins(1), async {
        let random = seeded();
        let (_naive, address) = Naive::start().await;
        let wire = Wire::sign_in(vec![address], &Naive::person()).await;
        // One race may be run by a machine so slow that its deeds come one by one.
        for _ in 0..50 {
            let ended = race(&wire, &Naive::person(), &random).await;
            if findings(&ended).contains(&"it did not end once") {
                return;
            }
        }
        panic!("fifty holds that are looked at and then acted upon all ended once");
    });
}

/// Makes a hold and lets captures and releases at it, in an order that is drawn.
async fn race(wire: &Wire, person: &Person, random: &Random) -> Ended {
    let name = format!("{MARK}{:016x}", u64::from_be_bytes(random.bytes()));
    let (from, to) = (&person.accounts[0], &person.accounts[1].id);
    let amount = json!({ "amount_minor": AMOUNT, "currency": from.currency });
    let before = balance(wire, &from.id).await;
    let hold = json!({
        "from_account_id": from.id, "to_account_id": to, "amount": amount, "mode": "hold", "reference": name,
    });
    let hold = wire.post("/api/v1/transfers", Some(&name), &hold).await.expect("an answer");
    let id = hold.json()["id"].as_str().unwrap_or_else(|| panic!("a hold: {}", hold.text())).to_owned();
    let mut deeds: Vec<(&str, String)> =
        (0..EACH * 2).map(|n| (["capture", "release"][n % 2], format!("{name}-{n}"))).collect();
    for last in (1..deeds.len()).rev() {
        deeds.swap(last, usize::try_from(random.below(last as u64 + 1)).expect("small"));
    }
    let sent = deeds.iter().map(async |(deed, key)| {
        let path = format!("/api/v1/transfers/{id}/{deed}");
        (*deed, settled(wire, &path, key).await)
    });
    let (done, others): (Vec<_>, Vec<_>) =
        join_all(sent).await.into_iter().partition(|(_, it)| it.status == 201);
    let won = |deed: &str| done.iter().filter(|(one, _)| *one == deed).count();
    let shown = wire.get(&format!("/api/v1/transfers/{id}")).await.expect("an answer").json();
    let after = balance(wire, &from.id).await;
    Ended {
        captured: won("capture"),
        released: won("release"),
        status: shown["status"].as_str().unwrap_or_default().to_owned(),
        moved: before.0 - after.0,
        held: after.0 - after.1,
        others: others.into_iter().map(|(_, reply)| reply).collect(),
    }
}

/// Asks again, with the key, as long as the bank says that it was too busy.
async fn settled(wire: &Wire, path: &str, key: &str) -> Reply {
    loop {
        let reply = wire.post(path, Some(key), &json!({})).await.expect("an answer");
        if reply.status != 503 && reply.code() != "request_in_flight" {
            return reply;
        }
        crate::limits::pause(Duration::from_millis(20)).await;
    }
}

/// Returns what is booked, and what is available.
async fn balance(wire: &Wire, account: &str) -> (i64, i64) {
    let shown = wire.get(&format!("/api/v1/accounts/{account}")).await.expect("an answer").json();
    let minor =
        |name: &str| shown["balance"][name]["amount_minor"].as_i64().unwrap_or_else(|| panic!("{shown}"));
    (minor("ledger"), minor("available"))
}

fn findings(ended: &Ended) -> Vec<&'static str> {
    let moved = if ended.captured > 0 { AMOUNT } else { 0 };
    let status = if ended.captured > 0 { "captured" } else { "released" };
    let refused = |reply: &Reply| reply.status == 422 || reply.status == 409;
    let findings = [
        (ended.captured + ended.released != 1, "it did not end once"),
        (ended.status != status, "it is shown otherwise than it was answered"),
        (ended.moved != moved, "what left the account is not what was captured"),
        (ended.held != 0, "something is still reserved"),
        (!ended.others.iter().all(refused), "the others were not refused"),
    ];
    findings.into_iter().filter_map(|(found, what)| found.then_some(what)).collect()
}
