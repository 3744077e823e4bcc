//! What the home page says about accounts.

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use ledger::AccountStatus;

use crate::accounts::service;
use crate::web::Problem;
use crate::web::page::{Staff, Tile, Tone};
use crate::{Bank, Permission};

/// Counts accounts, and those on which something may not move.
pub fn tiles<'a>(bank: &'a Bank, staff: &'a Staff) -> BoxFuture<'a, Result<Vec<Tile>, Problem>> {
    async move {
        if !staff.look.may(Permission::ReadAccounts) {
            return Ok(Vec::new());
        }
        let counts = service::count_by_status(bank, &staff.caller).await?;
        let of = |status: AccountStatus| -> i64 {
            counts.iter().filter(|count| count.status == status).map(|count| count.accounts).sum()
        };
        let (blocked, frozen) = (of(AccountStatus::DebitBlocked), of(AccountStatus::Frozen));
        let stopped = [(frozen, "frozen"), (blocked, "with debits blocked")];
        let stopped: Vec<String> = stopped
            .into_iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, word)| format!("{} {word}", staff.look.count(count)))
            .collect();
        Ok(vec![Tile {
            group: "Bank",
            label: "Open accounts".to_owned(),
            value: staff.look.count(of(AccountStatus::Open) + blocked + frozen),
            unit: String::new(),
            note: if stopped.is_empty() { "none is stopped".to_owned() } else { stopped.join(", ") },
            tone: Tone::Neutral,
            href: Some("/admin/accounts"),
        }])
    }
    .boxed()
}
