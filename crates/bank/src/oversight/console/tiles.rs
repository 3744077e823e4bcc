//! Numbers of the home page.

use chrono::Duration;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use ledger::verify::Proof;

use crate::jobs::Queue;
use crate::oversight::service::ledger::Deposits;
use crate::oversight::{DatabaseStatus, service};
use crate::web::Problem;
use crate::web::page::{Look, Staff, Tile, Tone};
use crate::{Bank, Permission};

const HEALTH: &str = "Health";
/// Over how many days deposits are compared.
const GROWTH_DAYS: u64 = 14;

/// Counts jobs that failed for the last time.
pub fn jobs_tiles<'a>(bank: &'a Bank, staff: &'a Staff) -> BoxFuture<'a, Result<Vec<Tile>, Problem>> {
    async move {
        if !staff.look.may(Permission::ReadJobs) {
            return Ok(Vec::new());
        }
        let dead = service::jobs::count_dead(bank, &staff.caller).await?;
        let (tone, note) =
            if dead == 0 { (Tone::Good, "all work is done") } else { (Tone::Bad, "somebody should look") };
        Ok(vec![Tile {
            group: "Today",
            label: "Failed jobs".to_owned(),
            value: staff.look.count(dead),
            unit: String::new(),
            note: note.to_owned(),
            tone,
            href: Some("/admin/jobs?state=dead"),
        }])
    }
    .boxed()
}

/// Says how far work is behind, how old the last proof is, and what holds the bank.
pub fn health_tiles<'a>(bank: &'a Bank, staff: &'a Staff) -> BoxFuture<'a, Result<Vec<Tile>, Problem>> {
    async move {
        let mut tiles = Vec::new();
        if staff.look.may(Permission::ReadJobs) {
            let queues = service::jobs::list_queues(bank, &staff.caller).await?;
            tiles.push(lag(&queues, &staff.look));
        }
        if staff.look.may(Permission::ReadLedger) {
            let status = service::status::ledger_status(bank, &staff.caller).await?;
            tiles.push(proof(status.last.as_ref(), &staff.look));
        }
        if staff.look.may(Permission::ReadJobs) {
            tiles.push(database(service::status::database_status(bank, &staff.caller).await?));
        }
        Ok(tiles)
    }
    .boxed()
}

/// Late by half a minute is late, by five minutes is a fault.
fn lag(queues: &[Queue], look: &Look) -> Tile {
    let due: i64 = queues.iter().map(|queue| queue.due).sum();
    let since = queues.iter().filter_map(|queue| queue.due_since).min();
    let seconds = since.map_or(0, |since| (look.format().now - since).num_seconds().max(0));
    let tone = match seconds {
        0..30 => Tone::Good,
        30..300 => Tone::Warning,
        _ => Tone::Bad,
    };
    let (value, unit) = if seconds < 120 { (seconds, "s") } else { (seconds / 60, "min") };
    let note = match due {
        0 => "nothing waits".to_owned(),
        due => format!("{} due", look.count(due)),
    };
    Tile {
        group: HEALTH,
        label: "Queue lag".to_owned(),
        value: look.count(value),
        unit: unit.to_owned(),
        note,
        tone,
        href: Some("/admin/jobs"),
    }
}

/// A proof that found faults is bad for ever; one that is older than two days should be run again.
fn proof(last: Option<&Proof>, look: &Look) -> Tile {
    let (value, tone, note) = match last {
        None => ("Never".to_owned(), Tone::Warning, "run it once".to_owned()),
        Some(proof) if !proof.passed => {
            (look.format().distance(proof.finished_at), Tone::Bad, "faults were found".to_owned())
        }
        Some(proof) => {
            let is_old = look.format().now - proof.finished_at > Duration::days(2);
            let tone = if is_old { Tone::Warning } else { Tone::Good };
            let read = format!("{} transfers, no fault", look.count(proof.transfers));
            (look.format().distance(proof.finished_at), tone, read)
        }
    };
    Tile {
        group: HEALTH,
        label: "Last ledger proof".to_owned(),
        value,
        unit: String::new(),
        note,
        tone,
        href: Some("/admin/ledger"),
    }
}

fn database(status: DatabaseStatus) -> Tile {
    let megabytes = status.size_bytes.div_ceil(1_000_000);
    let (value, unit) = if megabytes < 10_000 { (megabytes, "MB") } else { (megabytes / 1000, "GB") };
    Tile {
        group: HEALTH,
        label: "Database".to_owned(),
        value: value.to_string(),
        unit: unit.to_owned(),
        note: status.engine.to_owned(),
        tone: Tone::Neutral,
        href: None,
    }
}

/// Sums what customers have, by currency.
pub fn money_tiles<'a>(bank: &'a Bank, staff: &'a Staff) -> BoxFuture<'a, Result<Vec<Tile>, Problem>> {
    async move {
        if !staff.look.may(Permission::ReadLedger) {
            return Ok(Vec::new());
        }
        let deposits = service::ledger::deposits(bank, &staff.caller, GROWTH_DAYS).await?;
        let tile = |deposits: Deposits| {
            let write = |minor| staff.look.format().minor(minor, deposits.currency.exponent());
            let note = match deposits.growth_minor {
                0 => format!("unchanged in {GROWTH_DAYS} days"),
                more if more > 0 => format!("+{} in {GROWTH_DAYS} days", write(more)),
                less => format!("{} in {GROWTH_DAYS} days", write(less)),
            };
            Tile {
                group: "Deposits",
                label: deposits.currency.name(),
                value: write(deposits.balance_minor),
                unit: deposits.currency.code().to_owned(),
                note,
                tone: Tone::Neutral,
                href: Some("/admin/ledger"),
            }
        };
        Ok(deposits.into_iter().map(tile).collect())
    }
    .boxed()
}
