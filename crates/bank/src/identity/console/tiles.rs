//! What the home page says about customers.

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use crate::identity::model::UserStatus;
use crate::identity::service;
use crate::web::Problem;
use crate::web::page::{Staff, Tile, Tone};
use crate::{Bank, Permission};

/// Counts customers, and those who are suspended.
pub fn tiles<'a>(bank: &'a Bank, staff: &'a Staff) -> BoxFuture<'a, Result<Vec<Tile>, Problem>> {
    async move {
        if !staff.look.may(Permission::ReadUsers) {
            return Ok(Vec::new());
        }
        let counts = service::count_customers(bank, &staff.caller).await?;
        let of = |status| counts.iter().find(|(one, _)| *one == status).map_or(0, |(_, count)| *count);
        let all: i64 = counts.iter().map(|(_, count)| count).sum();
        let suspended = of(UserStatus::Suspended);
        let note = match suspended {
            0 => format!("{} not verified yet", staff.look.count(of(UserStatus::PendingVerification))),
            _ => format!("{} suspended", staff.look.count(suspended)),
        };
        Ok(vec![Tile {
            group: "Bank",
            label: "Customers".to_owned(),
            value: staff.look.count(all),
            unit: String::new(),
            note,
            tone: Tone::Neutral,
            href: Some("/admin/customers"),
        }])
    }
    .boxed()
}
