//! The links of a customer, on the customer's page.

use askama::Template;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use kernel::{Instant, UserId};

use crate::openbanking::own::status_badge;
use crate::openbanking::service;
use crate::web::Problem;
use crate::web::page::{Badge, Forms, Look, Markup, Staff, place_of};
use crate::{Bank, Permission};

#[derive(Template)]
#[template(path = "openbanking/pages/of_customer.html")]
struct OfCustomer<'a> {
    look: &'a Look,
    rows: Vec<Row>,
}

/// Holds one link.
struct Row {
    name: String,
    href: String,
    badge: Badge,
    ends_at: Option<Instant>,
}

/// Shows a customer's links; nothing where there are none, or to whoever may not see them.
pub fn of_customer<'a>(
    bank: &'a Bank,
    staff: &'a Staff,
    customer: UserId,
    _: &'a Forms,
) -> BoxFuture<'a, Result<Markup, Problem>> {
    async move {
        if !staff.look.may(Permission::ReadConnections) {
            return Ok(Markup::default());
        }
        let found = service::of_customer(bank, &staff.caller, customer).await?;
        if found.is_empty() {
            return Ok(Markup::default());
        }
        let rows = found.into_iter().map(|row| Row {
            name: row.bank_name().unwrap_or("No bank chosen yet").to_owned(),
            href: place_of(&row.id).unwrap_or_default(),
            badge: status_badge(row.status),
            ends_at: row.consent_expires_at,
        });
        Markup::of(&OfCustomer { look: &staff.look, rows: rows.collect() })
    }
    .boxed()
}
