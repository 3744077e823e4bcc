//! B1: the program is killed under load, again and again, and so is the database's server. What was acknowledged is
//! there, what was not asked for is not, and the rest is settled by its key.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::bank::{Bank, on_postgres};
use crate::client::Client;
use crate::journal::{Journal, Verdict};
use crate::limits::{between, count, pause, run, seeded};
use crate::load::Load;
use crate::server::Server;

/// A restart is ready within this, for 95 of 100; so is a program whose database came back.
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
            turn_all(&mut people, &bank);
            open += journal.settle(&people).await;
        }
        journal.compare(&bank.booked().await).must_be_clean();
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

#[test]
fn when_the_database_server_is_killed_the_program_lives_and_nothing_is_lost() {
    run(Duration::from_mins(3), async {
        let Some(Kills { mut bank, journal, mut returns, open, server: _server }) =
            kill_server(&[], count(5, 50)).await
        else {
            return;
        };
        journal.compare(&bank.booked().await).must_be_clean();
        bank.stop();
        bank.verify();
        let kills = returns.len();
        let ready = percentile(&mut returns, 95);
        println!(
            "{kills} kills: {}, {open} settled, ready {ready:?} after the server (p95)",
            journal.counts()
        );
        assert!(ready <= READY, "ready only {ready:?} after its database");
        assert!(journal.counts().booked > kills * 100, "the load was too thin");
    });
}

#[test]
fn control_a_server_that_acknowledges_before_it_writes_is_noticed() {
    run(Duration::from_mins(2), async {
        let lazy = [
            "synchronous_commit=off",
            "wal_writer_delay=10s",
            "wal_writer_flush_after=2GB",
            "wal_buffers=64MB",
        ];
        let Some(Kills { bank, journal, server: _server, .. }) = kill_server(&lazy, 3).await else { return };
        let Verdict { lost, .. } = journal.compare(&bank.booked().await);
        println!("{}: {} found lost", journal.counts(), lost.len());
        assert!(!lost.is_empty(), "what the server had in memory alone is gone, and the journal must say so");
    });
}

#[test]
fn control_a_database_put_back_to_an_earlier_moment_is_noticed() {
    run(Duration::from_mins(2), async {
        if on_postgres() {
            return println!("puts files back: runs with SQLite only");
        }
        let mut bank = Bank::prepared().await;
        let journal = Arc::new(Journal::default());
        let files = ["florin.db", "florin.db-wal"].map(|name| bank.path(name));
        let mut earlier = Vec::new();
        for _ in 0..2 {
            bank.start().await;
            let load = Load::start(&bank.sign_in().await, &journal);
            pause(Duration::from_millis(500)).await;
            bank.kill();
            load.stop().await;
            earlier.push(files.clone().map(|file| std::fs::read(file).expect("a file of the database")));
        }
        for (file, bytes) in files.iter().zip(&earlier[0]) {
            std::fs::write(file, bytes).expect("put back");
        }
        let Verdict { lost, .. } = journal.compare(&bank.booked().await);
        println!("{}: {} found lost", journal.counts(), lost.len());
        assert!(!lost.is_empty(), "the payments after the copy are gone, and the journal must say so");
    });
}

/// What is left after the server was killed some times.
struct Kills {
    bank: Bank,
    journal: Arc<Journal>,
    returns: Vec<Duration>,
    open: usize,
    /// It serves the books until they are read.
    server: Server,
}

/// Kills a server of its own under load, and brings it back, while one program runs on; `None` on SQLite.
async fn kill_server(settings: &[&str], kills: usize) -> Option<Kills> {
    if !on_postgres() {
        println!("kills a server: runs with PostgreSQL only");
        return None;
    }
    let random = seeded();
    let mut server = Server::start(settings).await?;
    let mut bank = Bank::at(Some(server.url()));
    bank.prepare();
    bank.start().await;
    let people = bank.sign_in().await;
    let journal = Arc::new(Journal::default());
    let (mut returns, mut open) = (Vec::new(), 0);
    for _ in 0..kills {
        let load = Load::start(&people, &journal);
        pause(between(&random, Duration::from_millis(300), Duration::from_secs(2))).await;
        server.kill();
        pause(between(&random, Duration::ZERO, Duration::from_secs(1))).await;
        server.resume().await;
        let back = Instant::now();
        while !bank.is_ready().await {
            assert!(
                back.elapsed() < Duration::from_secs(30),
                "the program does not come back: {}",
                bank.log()
            );
            pause(Duration::from_millis(20)).await;
        }
        returns.push(back.elapsed());
        // It pays on after the interruption, in the same process.
        pause(Duration::from_millis(300)).await;
        load.stop().await;
        open += journal.settle(&people).await;
    }
    Some(Kills { bank, journal, returns, open, server })
}

fn turn_all(people: &mut [Client], bank: &Bank) {
    for client in people {
        client.turn_to(&bank.address());
    }
}

fn percentile(times: &mut [Duration], percent: usize) -> Duration {
    times.sort();
    times[(times.len() * percent).div_ceil(100).saturating_sub(1)]
}
