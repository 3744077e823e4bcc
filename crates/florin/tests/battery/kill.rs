//! B1: the program is killed under load, again and again, and so is the database's server. What was acknowledged is
//! there, what was not asked for is not, and the rest is settled by its key.

use std::sync::Arc;
use std::time::Duration;

use crate::bank::Bank;
use crate::client::Client;
use crate::journal::Journal;
use crate::limits::{between, count, pause, run, seeded};
use crate::load::Load;

/// A restart is ready within this, for 95 of 100.
const READY: Duration = Duration::from_secs(5);

#[test]
fn killed_under_load_the_program_loses_nothing_and_invents_nothing() {
    run(Duration::from_mins(3), async {
        let random = seeded();
        let mut bank = Bank::prepared().await;
        let journal = Arc::new(Journal::default());
        let mut starts = vec![bank.start().await];
        let mut people = bank.sign_in().await;
        let kills = count(10, 200);
        let mut open = 0;
        for _ in 0..kills {
            let load = Load::start(&people, &journal);
            pause(between(&random, Duration::from_millis(300), Duration::from_secs(3))).await;
            bank.kill();
            load.stop().await;
            starts.push(bank.start().await);
            turn_all(&mut people, &bank.address());
            open += journal.settle(&people).await;
        }
        let books = bank.booked().await;
        assert_eq!(journal.compare(&books), crate::journal::Verdict::default());
        bank.stop();
        bank.verify();
        let ready = percentile(&mut starts, 95);
        println!(
            "{kills} kills: {}, {open} settled by their keys, ready in {ready:?} (p95)",
            journal.counts()
        );
        assert!(ready <= READY, "ready only after {ready:?}");
        assert!(journal.counts().booked > kills * 100, "the load was too thin");
    });
}

fn turn_all(people: &mut [Client], address: &str) {
    for client in people {
        client.turn_to(address);
    }
}

fn percentile(times: &mut [Duration], percent: usize) -> Duration {
    times.sort();
    times[(times.len() * percent).div_ceil(100).saturating_sub(1)]
}
