//! `florin demo`, killed with -9 under a stream of transfers, loses nothing and invents nothing.
//!
//! Each round starts the program, pays between two accounts of one customer from several connections, and kills
//! the process after a drawn number of answers, wherever it is. The next round repeats every payment whose
//! outcome is unknown with its key. At the end the accounts must hold exactly the payments that were answered.

mod program;
mod stream;

use std::collections::BTreeSet;

use kernel::Random;

use program::{Place, Program};
use stream::{Payments, pay_until_killed, settle};

/// Kills in one test; two tests on an engine make the ten.
const KILLS: usize = 5;

#[tokio::test]
async fn killed_while_paying_nothing_is_lost_and_nothing_appears() {
    survive(0x00c0_ffee).await;
}

#[tokio::test]
async fn killed_again_from_another_seed_nothing_is_lost_and_nothing_appears() {
    survive(0x000f_a111).await;
}

async fn survive(seed: u64) {
    println!("seed {seed:#x}");
    let random = Random::seeded(seed);
    let place = Place::fresh().await;
    let mut payments = Payments::default();
    for round in 0..KILLS {
        let program = Program::start(&place).await;
        let customer = program.sign_in().await;
        settle(&customer, &mut payments).await;
        let answers = 20 + usize::try_from(random.below(120)).expect("small");
        println!("round {round}: kill after {answers} answers");
        pay_until_killed(program, &customer, &mut payments, answers).await;
    }
    let program = Program::start(&place).await;
    let customer = program.sign_in().await;
    settle(&customer, &mut payments).await;
    let booked: BTreeSet<String> = customer.booked().await;
    let answered: BTreeSet<String> = payments.booked.keys().cloned().collect();
    let lost: Vec<_> = answered.difference(&booked).collect();
    let phantom: Vec<_> = booked.difference(&answered).collect();
    assert_eq!(lost, Vec::<&String>::new(), "answered, but not booked");
    assert_eq!(phantom, Vec::<&String>::new(), "booked, but never answered");
    assert!(answered.len() >= KILLS * 20, "the stream was too thin: {}", answered.len());
    program.stop();
    place.verify("ledger");
    place.verify("audit");
}
