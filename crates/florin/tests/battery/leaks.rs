//! What a process holds: memory, open files, sessions on the database.

use std::fmt;

use sea_orm::{ConnectionTrait as _, Statement};

use crate::bank::{Bank, on_postgres};

/// What one process held at one moment.
#[derive(Clone, Debug, Default)]
pub struct Sample {
    pub memory_kilobytes: u32,
    pub handles: usize,
    /// Sessions on the database, of all nodes; none on SQLite.
    pub connections: i64,
    /// Sessions that have held a transaction open for ten seconds without doing anything.
    pub stuck_sessions: i64,
}

impl Sample {
    /// Looks at a process, and at the database of a bank.
    pub async fn of(process: u32, bank: &Bank) -> Self {
        let status = std::fs::read_to_string(format!("/proc/{process}/status")).expect("a process that runs");
        let memory = status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.trim().split(' ').next());
        let handles = std::fs::read_dir(format!("/proc/{process}/fd")).expect("a process of ours").count();
        let (connections, stuck_sessions) = if on_postgres() { sessions(bank).await } else { (0, 0) };
        let memory_kilobytes = memory.and_then(|text| text.parse().ok()).expect("a number");
        Self { memory_kilobytes, handles, connections, stuck_sessions }
    }
}

impl fmt::Display for Sample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let megabytes = self.memory_kilobytes / 1024;
        write!(f, "{megabytes} MiB, {} handles, {} sessions", self.handles, self.connections)
    }
}

async fn sessions(bank: &Bank) -> (i64, i64) {
    let options = database::Options { connections: 1, ..database::Options::new(bank.url()) };
    let db = database::Database::connect(&options).await.expect("a database");
    let sql = "
select count(*) as sessions,
       count(*) filter (where state like 'idle in transaction%' and state_change < now() - interval '10 s') as stuck
from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()";
    let statement = Statement::from_string(db.primary().get_database_backend(), sql);
    let row = db.primary().query_one_raw(statement).await.expect("readable").expect("a row");
    db.close().await;
    (row.try_get("", "sessions").expect("a number"), row.try_get("", "stuck").expect("a number"))
}

/// Says by which share memory grows in an hour, when one sample was taken each minute: the slope of the straight line
/// that fits best, over the mean.
pub fn growth_per_hour(samples: &[Sample]) -> f64 {
    let count = f64::from(u32::try_from(samples.len()).expect("few"));
    let (mut by_time, mut spread, mut mean) = (0.0, 0.0, 0.0);
    for (minute, sample) in (0_u32..).zip(samples) {
        let from_middle = f64::from(minute) - (count - 1.0) / 2.0;
        by_time += from_middle * f64::from(sample.memory_kilobytes);
        spread += from_middle * from_middle;
        mean += f64::from(sample.memory_kilobytes) / count;
    }
    if spread == 0.0 { 0.0 } else { by_time / spread * 60.0 / mean }
}

#[test]
fn a_leak_is_seen_and_noise_is_not() {
    let samples = |kilobytes: fn(u32) -> u32| {
        let sample = |minute| Sample { memory_kilobytes: kilobytes(minute), ..Sample::default() };
        growth_per_hour(&(0..57).map(sample).collect::<Vec<_>>())
    };
    assert!(samples(|minute| 100_000 + minute * 200) > 0.05, "12 % in an hour");
    assert!(samples(|minute| 100_000 + minute % 7 * 500).abs() < 0.01, "up and down");
    assert!(samples(|_| 100_000).abs() < 0.001);
}

/// The control: open files and memory of this very process, which the test takes on purpose.
#[test]
fn control_what_is_held_open_is_counted() {
    if on_postgres() {
        // The sessions belong to a bank; the rest is the same.
        return;
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let bank = Bank::at(None);
    let look = || runtime.block_on(Sample::of(std::process::id(), &bank));
    let before = look();
    let files: Vec<_> = (0..40).map(|_| std::fs::File::open("/dev/null").expect("a file")).collect();
    let bytes = vec![1_u8; 64 << 20];
    let after = look();
    assert!(after.handles >= before.handles + files.len(), "{before} → {after}");
    assert!(after.memory_kilobytes > before.memory_kilobytes + 50_000, "{before} → {after}: {}", bytes.len());
}
