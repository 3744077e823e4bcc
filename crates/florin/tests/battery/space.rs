//! B4: the disk is full, or refuses to sync. What cannot be kept is not acknowledged: 503, with one stable code, and
//! once there is room again everything that was acknowledged is there.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Write as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::bank::{Bank, on_postgres};
use crate::client::{Client, Outcome};
use crate::journal::{Counts, Journal};
use crate::limits::{has, lacks, pause, run};
use crate::load::{Load, draw};
use crate::program::Folder;
use crate::server::Server;

/// How soon after there is room again the bank starts clean.
const CLEAN_START: Duration = Duration::from_secs(10);
/// The one answer to a payment that cannot be kept.
const UNAVAILABLE: &str = "503 unavailable";

#[test]
fn a_full_disk_refuses_payments_and_loses_none() {
    run(Duration::from_mins(2), async {
        let Some(Fullness { counts, answers, start }) = fill_the_disk(true).await else { return };
        println!("{counts} while the disk was full; answers {answers:?}; clean start after {start:?}");
        assert!(counts.unknown > 0, "the disk was never full");
        assert_eq!(answers, BTreeSet::from([UNAVAILABLE.to_owned()]));
        assert!(start <= CLEAN_START, "it started only {start:?} after there was room");
    });
}

#[test]
fn control_a_disk_with_room_refuses_nothing() {
    run(Duration::from_mins(2), async {
        let Some(Fullness { counts, answers, .. }) = fill_the_disk(false).await else { return };
        println!("{counts} with room on the disk");
        assert!(
            counts.booked > 0 && answers.is_empty(),
            "what refuses here is not the full disk: {answers:?}"
        );
    });
}

#[test]
fn a_sync_that_fails_is_never_taken_for_a_success() {
    run(Duration::from_mins(2), async {
        let Some(Unsynced { mut bank, client, journal, outcomes }) =
            pay_unsynced(&["fsync", "fdatasync"]).await
        else {
            return;
        };
        let refused = Outcome::Unknown(UNAVAILABLE.to_owned());
        assert!(outcomes.iter().all(|outcome| *outcome == refused), "not synced, and answered: {outcomes:?}");
        let open = journal.settle(std::slice::from_ref(&client)).await;
        journal.compare(&bank.booked().await).must_be_clean();
        bank.kill();
        bank.set("LD_PRELOAD", "");
        bank.start().await;
        journal.compare(&bank.booked().await).must_be_clean();
        bank.stop();
        bank.verify();
        println!(
            "20 payments whose sync failed: none acknowledged, {open} settled afterwards: {}",
            journal.counts()
        );
    });
}

#[test]
fn control_where_no_sync_fails_the_same_payments_are_acknowledged() {
    run(Duration::from_mins(2), async {
        let Some(Unsynced { mut bank, outcomes, .. }) = pay_unsynced(&[]).await else { return };
        let booked = outcomes.iter().filter(|outcome| matches!(outcome, Outcome::Booked(_))).count();
        println!("{booked} payments acknowledged under the injector, with no fault");
        assert_eq!(booked, outcomes.len(), "what refuses is not the sync: {outcomes:?}");
        bank.stop();
    });
}

/// What came of payments while some syncs failed.
struct Unsynced {
    bank: Bank,
    client: Client,
    journal: Journal,
    outcomes: Vec<Outcome>,
}

/// Pays twenty times while the calls of these names fail, and heals the disk; `None` where that cannot be done here,
/// after saying so.
async fn pay_unsynced(failing: &[&str]) -> Option<Unsynced> {
    if on_postgres() {
        println!("about the embedded database: runs with SQLite only");
        return None;
    }
    if !has("fiu-ctrl", "fiu-utils") {
        return None;
    }
    let mut bank = Bank::prepared().await;
    let fifo = bank.path("fiu").display().to_string();
    bank.set("FIU_CTRL_FIFO", fifo.as_str());
    bank.set("LD_PRELOAD", "/usr/lib/fiu/fiu_run_preload.so /usr/lib/fiu/fiu_posix_preload.so");
    bank.start().await;
    let mut client = bank.sign_in().await.remove(0);
    let process = bank.serving().id().to_string();
    for name in failing {
        // 5 is EIO.
        control(&fifo, &format!("enable name=posix/io/sync/{name},failinfo=5"), &process);
    }
    // The injector's thread in the program reads its orders by and by.
    pause(Duration::from_secs(1)).await;
    let (journal, random, mut outcomes) = (Journal::default(), kernel::Random::system(), Vec::new());
    for number in 0..20 {
        let payment = draw(&client, &random, format!("{}sync-{number}z", crate::bank::MARK));
        outcomes.push(journal.pay(&mut client, &payment).await);
    }
    for name in failing {
        control(&fifo, &format!("disable name=posix/io/sync/{name}"), &process);
    }
    Some(Unsynced { bank, client, journal, outcomes })
}

/// What a full disk came to.
struct Fullness {
    /// The payments that were sent while it was full.
    counts: Counts,
    /// What those were answered that were not booked.
    answers: BTreeSet<String>,
    /// From when there was room until the program was ready.
    start: Duration,
}

/// Fills the disk of a bank under load, or leaves it room; frees it, starts again, and proves the books.
async fn fill_the_disk(full: bool) -> Option<Fullness> {
    let disk = SmallDisk::mount(if on_postgres() { 160 } else { 64 })?;
    let mut server = None;
    let mut bank = if on_postgres() {
        let settings = ["max_wal_size=32MB", "min_wal_size=32MB", "wal_recycle=off"];
        server = Some(Server::start_on(Folder::new(), disk.path("cluster"), &settings).await?);
        Bank::at(server.as_ref().map(Server::url))
    } else {
        Bank::at(Some(format!("sqlite:{}", disk.path("florin.db").display())))
    };
    bank.prepare();
    bank.start().await;
    let people = bank.sign_in().await;
    let journal = Arc::new(Journal::default());
    let load = Load::start(&people, &journal);
    pause(Duration::from_millis(500)).await;
    let before = journal.counts();
    if full {
        disk.fill();
    }
    pause(Duration::from_millis(2_500)).await;
    load.stop().await;
    let after = journal.counts();
    let counts = Counts {
        booked: after.booked - before.booked,
        refused: after.refused - before.refused,
        unknown: after.unknown,
    };
    let answers = journal.answers();
    disk.free();
    let freed = Instant::now();
    bank.kill();
    if let Some(server) = &mut server {
        server.ensure().await;
    }
    bank.start().await;
    let start = freed.elapsed();
    let mut people = people;
    for client in &mut people {
        client.turn_to(&bank.address());
    }
    journal.settle(&people).await;
    journal.compare(&bank.booked().await).must_be_clean();
    bank.stop();
    bank.verify();
    Some(Fullness { counts, answers, start })
}

/// Tells the fault injector inside a process what to do.
fn control(fifo: &str, what: &str, process: &str) {
    let told = Command::new("fiu-ctrl").args(["-f", fifo, "-c", what, process]).status();
    assert!(told.expect("fiu-ctrl runs").success(), "{what}");
}

/// A file system in memory with a limit, which goes away with it.
struct SmallDisk(Folder);

impl SmallDisk {
    /// Mounts one of so many megabytes; `None` where that is not allowed, after saying so.
    fn mount(megabytes: u32) -> Option<Self> {
        let folder = Folder::new();
        let is_root = std::fs::metadata(folder.path(".")).expect("a folder").uid() == 0;
        if !is_root {
            lacks("only root may mount the small disk that is to be full");
            return None;
        }
        let options = format!("size={megabytes}m,mode=0777");
        let mount = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &options, "tmpfs"])
            .arg(folder.path(""))
            .output();
        let mount = mount.expect("mount runs");
        if !mount.status.success() {
            lacks(&format!("a small disk cannot be mounted: {}", String::from_utf8_lossy(&mount.stderr)));
            return None;
        }
        Some(Self(folder))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path(name)
    }

    /// Writes until there is no room left.
    fn fill(&self) {
        let mut ballast = File::create(self.path("ballast")).expect("a file");
        let mut size = 1 << 20;
        while size > 0 {
            if ballast.write_all(&vec![0; size]).is_err() {
                size /= 2;
            }
        }
    }

    fn free(&self) {
        std::fs::remove_file(self.path("ballast")).unwrap_or_default();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: a server that is still ending holds it for a moment.
        let path: &Path = &self.0.path("");
        let _ = Command::new("umount").arg("-l").arg(path).status();
    }
}
