//! The trial balance, as everything stands or by the end of a day.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use chrono::NaiveDate;
use kernel::Currency;
use ledger::trial::TrialLine;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::ledger::{KINDS, heading};
use super::spoken;
use crate::Bank;
use crate::oversight::service::ledger as books;
use crate::web::Problem;
use crate::web::page::{Badge, Format, Listing, Look, Staff, Tone, show};

pub(super) fn routes() -> OpenApiRouter<Bank> {
    OpenApiRouter::new().routes(routes!(trial_balance_page))
}

#[derive(Template)]
#[template(path = "oversight/pages/trial.html")]
struct TrialPage<'a> {
    look: &'a Look,
    title: &'static str,
    /// What was chosen, as it was sent.
    typed: &'a str,
    as_of: Option<NaiveDate>,
    error: Option<&'static str>,
    sheets: Vec<Sheet>,
    /// The currencies in which nothing moved.
    still: String,
}

/// Holds the trial balance of one currency.
struct Sheet {
    currency: Currency,
    name: String,
    rows: Vec<Row>,
    debits: String,
    credits: String,
    badge: Badge,
}

struct Row {
    label: String,
    code: String,
    side: &'static str,
    accounts: i64,
    debits: String,
    credits: String,
    balance: String,
    /// Whether nothing moved.
    is_still: bool,
}

impl Sheet {
    /// Takes the lines of one currency.
    fn of(lines: &[TrialLine], format: Format) -> Option<Self> {
        let currency = lines.first()?.currency;
        let write = |minor| format.minor(minor, currency.exponent());
        let debits: i128 = lines.iter().map(|line| line.debits_minor).sum();
        let credits: i128 = lines.iter().map(|line| line.credits_minor).sum();
        let in_order = KINDS.into_iter().flat_map(|kind| lines.iter().filter(move |line| line.kind == kind));
        let rows = in_order.map(|line| Row {
            label: spoken(&line.code),
            code: line.code.clone(),
            side: heading(line.kind),
            accounts: line.accounts,
            debits: write(line.debits_minor),
            credits: write(line.credits_minor),
            balance: write(line.balance_minor()),
            is_still: line.debits_minor == 0 && line.credits_minor == 0,
        });
        let badge = if debits == credits {
            Badge::new(Tone::Good, "Balanced")
        } else {
            Badge::new(Tone::Bad, "Does not balance")
        };
        let (rows, name) = (rows.collect(), currency.name());
        Some(Self { currency, name, rows, debits: write(debits), credits: write(credits), badge })
    }

    fn is_still(&self) -> bool {
        self.rows.iter().all(|row| row.is_still)
    }
}

/// Shows what was debited and credited on each code, per currency.
#[utoipa::path(
    get, path = "/admin/ledger/trial-balance", tag = "ledger", operation_id = "trial_balance_page",
    responses((status = 200))
)]
async fn trial_balance_page(
    State(bank): State<Bank>,
    staff: Staff,
    listing: Listing,
) -> Result<Response, Problem> {
    let typed = listing.text("as_of");
    let (as_of, error) = match typed.parse::<NaiveDate>() {
        Ok(day) => (Some(day), None),
        Err(_) if typed.is_empty() => (None, None),
        Err(_) => (None, Some("write a day like 2026-03-31")),
    };
    let lines = books::trial_balance(&bank, &staff.caller, as_of).await?;
    let currencies = lines.chunk_by(|one, next| one.currency == next.currency);
    let sheets = currencies.filter_map(|lines| Sheet::of(lines, staff.look.format()));
    let (still, sheets): (Vec<Sheet>, Vec<Sheet>) = sheets.partition(Sheet::is_still);
    let still = still.iter().map(|sheet| sheet.currency.code()).collect::<Vec<_>>().join(", ");
    let page = TrialPage { look: &staff.look, title: "Trial balance", typed, as_of, error, sheets, still };
    let status = if error.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    show(&staff.look, status, &page)
}
