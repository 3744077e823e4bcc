//! What moved in the last two weeks, for the home page.

use std::collections::BTreeMap;

use askama::Template;
use chrono::{Datelike, NaiveDate};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use kernel::Currency;
use ledger::turnover::Turnover;

use super::spoken;
use crate::oversight::service::ledger as books;
use crate::web::Problem;
use crate::web::page::{Bar, Bars, Look, Markup, Staff};
use crate::{Bank, Permission};

/// How many days are shown, the current one included.
const DAYS: u64 = 14;

#[derive(Template)]
#[template(path = "oversight/pages/movements.html")]
struct Movements<'a> {
    look: &'a Look,
    chart: Markup,
    currencies: Vec<Currency>,
    rows: Vec<Row>,
    all: Row,
}

/// Holds what moved for one purpose.
struct Row {
    label: String,
    href: String,
    transfers: i64,
    /// How much of each currency, in their order.
    amounts: Vec<String>,
}

/// Draws how many transfers there were on each day, and lists what they were for.
pub fn movements<'a>(bank: &'a Bank, staff: &'a Staff) -> BoxFuture<'a, Result<Markup, Problem>> {
    async move {
        let look = &staff.look;
        if !look.may(Permission::ReadLedger) {
            return Ok(Markup::default());
        }
        let (days, turnover) = books::turnover_lately(bank, &staff.caller, DAYS).await?;
        let mut currencies: Vec<Currency> = turnover.iter().map(|one| one.currency).collect();
        currencies.sort_by_key(|currency| currency.code().to_owned());
        currencies.dedup();
        let mut by_code: BTreeMap<&str, Vec<&Turnover>> = BTreeMap::new();
        for one in &turnover {
            by_code.entry(&one.code).or_default().push(one);
        }
        let row = |label: String, href: String, of: &[&Turnover]| Row {
            label,
            href,
            transfers: of.iter().map(|one| one.transfers).sum(),
            amounts: currencies.iter().map(|currency| amount(look, of, *currency)).collect(),
        };
        let mut rows: Vec<Row> = by_code
            .iter()
            .map(|(code, of)| row(spoken(code), listed(look, days, &format!("&code={code}")), of))
            .collect();
        rows.sort_by_key(|row| std::cmp::Reverse(row.transfers));
        let all = row("All".to_owned(), listed(look, days, ""), &turnover.iter().collect::<Vec<_>>());
        let chart = chart(look, days, &turnover).draw();
        Markup::of(&Movements { look, chart, currencies, rows, all })
    }
    .boxed()
}

/// Says where the transfers of some days are listed; nowhere for a reader who may not see them.
fn listed(look: &Look, (first, last): (NaiveDate, NaiveDate), more: &str) -> String {
    if !look.may(Permission::ReadTransactions) {
        return String::new();
    }
    format!("/admin/transactions?from={first}&to={last}{more}")
}

fn amount(look: &Look, of: &[&Turnover], currency: Currency) -> String {
    let of_currency = of.iter().filter(|one| one.currency == currency);
    let minor: i128 = of_currency.map(|one| one.amount_minor).sum();
    look.format().minor(minor, currency.exponent())
}

fn chart(look: &Look, (first, last): (NaiveDate, NaiveDate), turnover: &[Turnover]) -> Bars {
    let bar = |day: NaiveDate| {
        let transfers: i64 = turnover.iter().filter(|one| one.day == day).map(|one| one.transfers).sum();
        let noun = if transfers == 1 { "transfer" } else { "transfers" };
        Bar {
            label: look.format().day(day),
            short: day.day().to_string(),
            size: transfers,
            text: format!("{} {noun}", look.count(transfers)),
            href: listed(look, (day, day), ""),
        }
    };
    let days = first.iter_days().take_while(|day| *day <= last);
    let caption = format!("Transfers a day, {} to {}", look.format().day(first), look.format().day(last));
    Bars { caption, bars: days.map(bar).collect() }
}
