//! What the home page says about approvals.

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use crate::approvals::service;
use crate::web::Problem;
use crate::web::page::{Staff, Tile, Tone};
use crate::{Bank, Permission};

/// Counts what waits for a second person.
pub fn tiles<'a>(bank: &'a Bank, staff: &'a Staff) -> BoxFuture<'a, Result<Vec<Tile>, Problem>> {
    async move {
        if !staff.look.may(Permission::ReadApprovals) {
            return Ok(Vec::new());
        }
        let waiting = service::count_waiting(bank, &staff.caller).await?;
        let note = match waiting.own {
            0 => String::new(),
            own => format!("{} more asked for by you", staff.look.count(own)),
        };
        let decides = staff.look.may(Permission::DecideApprovals);
        let label = if decides { "Approvals waiting for you" } else { "Approvals waiting" };
        Ok(vec![Tile {
            group: "Today",
            label: label.to_owned(),
            value: staff.look.count(waiting.of_others),
            unit: String::new(),
            note,
            tone: Tone::Neutral,
            href: Some("/admin/approvals"),
        }])
    }
    .boxed()
}
