//! B1b: the power is cut. The embedded database is rebuilt as a disk could have left it at any moment: with everything
//! that was synced, and of the rest some, torn, zeroed or none. Whatever was acknowledged before the moment is there.
//!
//! `kill -9` does not show this, since the page cache survives it. Here the program runs under `strace`, which notes
//! every write to the database and its log, every sync, and every answer; the trace is played onto a simulated disk.

mod disk;
mod trace;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use kernel::Random;

use crate::bank::{Bank, on_postgres, read_bookings};
use crate::journal::{Booking, Journal};
use crate::limits::{count, has, is_long, pause, run, seeded};
use crate::load::Load;
use disk::{Disk, Syncs};
use trace::{Event, Which};

/// How long strace may take to write the rest of its trace.
const TRACING: Duration = Duration::from_secs(20);

#[test]
fn a_power_cut_at_any_moment_leaves_what_was_acknowledged() {
    run(Duration::from_mins(4), async {
        let Some(scene) = Scene::record().await else { return };
        let random = seeded();
        let points = scene.points(&random, count(100, 1_000));
        let mut disk = scene.disk(Syncs::Honest);
        let mut told = BTreeSet::new();
        let mut at = 0;
        for &point in &points {
            while at < point {
                scene.play(at, &mut disk, &mut told);
                at += 1;
            }
            let books = scene.books_after(&disk.after_a_cut(&random)).await.expect("the database opens");
            let there: BTreeSet<&str> = books.iter().map(|booking| booking.key.as_str()).collect();
            let lost: Vec<_> = told.iter().filter(|key| !there.contains(key.as_str())).collect();
            assert!(lost.is_empty(), "cut after event {point}: {lost:?} acknowledged, and not there");
            let verdict = scene.journal.compare(&books);
            assert!(verdict.phantom.is_empty() && verdict.doubled.is_empty(), "{point}: {verdict:?}");
            scene.verify();
        }
        let events = scene.events.len();
        println!("{} cuts in {events} events, {} acknowledged by the last: 0 lost", points.len(), told.len());
    });
}

#[test]
fn every_acknowledgement_comes_after_the_sync_of_what_it_acknowledges() {
    run(Duration::from_mins(2), async {
        let Some(scene) = Scene::record().await else { return };
        let (told, early) = scene.told_before_synced(Syncs::Honest);
        println!("{told} acknowledgements, {} before the sync", early.len());
        assert!(told > 100, "the load was too thin: {told}");
        assert_eq!(early, Vec::<String>::new());
        let (told, early) = scene.told_before_synced(Syncs::Lying);
        assert_eq!(early.len(), told, "control: without a sync every acknowledgement is early");
    });
}

#[test]
fn control_a_disk_that_lies_about_its_syncs_is_noticed() {
    run(Duration::from_mins(2), async {
        let Some(scene) = Scene::record().await else { return };
        let random = seeded();
        let mut disk = scene.disk(Syncs::Lying);
        let mut told = BTreeSet::new();
        for at in 0..scene.events.len() {
            scene.play(at, &mut disk, &mut told);
        }
        // One cut in four keeps all of the log, and nothing is lost by it: so many that chance does not decide.
        let (mut noticed, cuts) = (0, 60);
        for _ in 0..cuts {
            // A database that does not even open is noticed as well.
            let books = scene.books_after(&disk.after_a_cut(&random)).await.unwrap_or_default();
            noticed += usize::from(!scene.journal.compare(&books).lost.is_empty());
        }
        println!("{noticed} of {cuts} cuts of a disk that lies were noticed");
        assert!(noticed * 2 > cuts, "a cut of a disk that lies must lose something, and be noticed");
    });
}

/// A bank that paid under `strace`, its trace, and how its files stood before.
struct Scene {
    bank: Bank,
    journal: Arc<Journal>,
    before: [Vec<u8>; 2],
    events: Vec<Event>,
    copy: String,
}

impl Scene {
    /// Lets a bank pay for a while; `None` where there is nothing to trace, or nothing to trace with.
    async fn record() -> Option<Self> {
        if on_postgres() {
            println!("about the embedded database: runs with SQLite only");
            return None;
        }
        if !has("strace", "strace") {
            return None;
        }
        let mut bank = Bank::prepared().await;
        let trace = bank.path("trace").display().to_string();
        let calls = "trace=pwrite64,pwritev,write,writev,sendto,sendmsg,fsync,fdatasync,ftruncate";
        bank.wrap(&[
            "strace",
            "-D",
            "-f",
            "-y",
            "-xx",
            "-s",
            "1000000",
            "--seccomp-bpf",
            "-e",
            calls,
            "-o",
            &trace,
        ]);
        let database = bank.path("florin.db");
        let log = bank.path("florin.db-wal");
        let before = [&database, &log].map(|file| std::fs::read(file).unwrap_or_default());
        bank.start().await;
        let people = bank.sign_in().await;
        let journal = Arc::new(Journal::default());
        let load = Load::start(&people, &journal);
        pause(Duration::from_millis(if is_long() { 3_000 } else { 1_000 })).await;
        load.stop().await;
        bank.kill();
        let text = whole_trace(Path::new(&trace)).await;
        let events = trace::parse(&text, &database, &log);
        std::fs::create_dir(bank.path("copy")).expect("a folder");
        std::fs::create_dir(bank.path("no-checkpoints")).expect("a folder");
        let copy = bank.path("copy/florin.db").display().to_string();
        bank.turn_to(&format!("sqlite:{copy}"));
        println!("{}, {} events", journal.counts(), events.len());
        Some(Self { bank, journal, before, events, copy })
    }

    fn disk(&self, syncs: Syncs) -> Disk {
        Disk::new(self.before.clone(), syncs)
    }

    /// Draws moments in the trace: half of them anywhere, half right after an answer.
    fn points(&self, random: &Random, many: usize) -> Vec<usize> {
        let answers = (0..self.events.len()).filter(|at| matches!(self.events[*at], Event::Told(_)));
        let answers: Vec<usize> = answers.collect();
        assert!(answers.len() > 100, "the load was too thin: {}", answers.len());
        let below = |bound: usize| usize::try_from(random.below(bound as u64)).expect("small");
        let mut points: Vec<usize> = (0..many)
            .map(|number| {
                let anywhere = number % 2 == 0;
                1 + if anywhere { below(self.events.len()) } else { answers[below(answers.len())] }
            })
            .collect();
        points.sort_unstable();
        points
    }

    /// Plays one event: onto the disk, or into the set of what was acknowledged.
    fn play(&self, at: usize, disk: &mut Disk, told: &mut BTreeSet<String>) {
        match &self.events[at] {
            Event::Told(key) => drop(told.insert(key.clone())),
            event => disk.play(event),
        }
    }

    /// Opens the database that a cut left, which recovers it, and reads what stands in it.
    async fn books_after(&self, files: &[Vec<u8>; 2]) -> Result<Vec<Booking>, sea_orm::DbErr> {
        let _ = std::fs::remove_file(format!("{}-shm", self.copy));
        std::fs::write(&self.copy, &files[0]).expect("written");
        std::fs::write(format!("{}-wal", self.copy), &files[1]).expect("written");
        read_bookings(self.bank.url()).await
    }

    /// Proves the books and the audit log of the copy. The checkpoints outside know of what came later.
    fn verify(&self) {
        let none = self.bank.path("no-checkpoints").display().to_string();
        self.bank.succeed(&["ledger", "verify", "--checkpoints", &none]);
        self.bank.succeed(&["audit", "verify", "--checkpoints", &none]);
    }

    /// Counts the acknowledgements, and lists those whose payment was not synced to the log before.
    fn told_before_synced(&self, syncs: Syncs) -> (usize, Vec<String>) {
        let (mut told, mut early) = (0, Vec::new());
        let (mut written, mut synced) = (BTreeSet::new(), BTreeSet::new());
        for event in &self.events {
            match event {
                Event::Wrote { which: Which::Log, bytes, .. } => written.extend(trace::keys(bytes)),
                Event::Synced(Which::Log) if syncs == Syncs::Honest => synced.append(&mut written),
                Event::Told(key) => {
                    told += 1;
                    if !synced.contains(key) {
                        early.push(key.clone());
                    }
                }
                _ => {}
            }
        }
        (told, early)
    }
}

/// Waits until strace, which outlives the program for a moment, writes nothing more, and reads its trace.
async fn whole_trace(path: &Path) -> String {
    let begun = Instant::now();
    let mut before = String::new();
    while begun.elapsed() < TRACING {
        pause(Duration::from_millis(400)).await;
        let text = std::fs::read_to_string(path).unwrap_or_default();
        if text.len() == before.len() && text.contains("+++ killed by SIGKILL") {
            return text;
        }
        before = text;
    }
    panic!("strace did not write its trace to the end");
}
