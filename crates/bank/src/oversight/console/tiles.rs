//! Numbers of the home page.

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use ledger::chart::CUSTOMER_DEPOSIT;

use crate::oversight::service;
use crate::web::Problem;
use crate::web::page::{Staff, Tile, Tone};
use crate::{Bank, Permission};

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
            href: None,
        }])
    }
    .boxed()
}

/// Sums what customers have, by currency.
pub fn money_tiles<'a>(bank: &'a Bank, staff: &'a Staff) -> BoxFuture<'a, Result<Vec<Tile>, Problem>> {
    async move {
        if !staff.look.may(Permission::ReadLedger) {
            return Ok(Vec::new());
        }
        let lines = service::ledger::trial_balance(bank, &staff.caller, None).await?;
        let deposits = lines.into_iter().filter(|line| line.code == CUSTOMER_DEPOSIT);
        let tile = |line: ledger::trial::TrialLine| Tile {
            group: "Deposits",
            label: line.currency.name(),
            value: staff.look.format().minor(line.balance_minor(), line.currency.exponent()),
            unit: line.currency.code().to_owned(),
            note: format!("on {} accounts", staff.look.count(line.accounts)),
            tone: Tone::Neutral,
            href: None,
        };
        Ok(deposits.map(tile).collect())
    }
    .boxed()
}
