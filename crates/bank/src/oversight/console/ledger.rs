//! The books at a glance: the chart of accounts with its balances, the proof, the seals.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use kernel::Currency;
use ledger::AccountKind;
use ledger::trial::TrialLine;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::proof::Underway;
use super::spoken;
use crate::oversight::service::{ledger as books, proofs, status};
use crate::oversight::{LedgerStatus, Proved};
use crate::web::Problem;
use crate::web::page::{Badge, Look, Staff, Tone};
use crate::{Bank, Permission};

/// Where the books are.
pub(super) const LEDGER: &str = "/admin/ledger";

pub(super) fn routes() -> OpenApiRouter<Bank> {
    OpenApiRouter::new().routes(routes!(ledger_page)).routes(routes!(run_proof))
}

#[derive(Template)]
#[template(path = "oversight/pages/ledger.html")]
struct LedgerPage<'a> {
    look: &'a Look,
    title: &'static str,
    chart: Chart,
    status: LedgerStatus,
    underway: Option<Underway>,
    outcome: Option<Badge>,
}

impl LedgerPage<'_> {
    fn may_prove(&self) -> bool {
        self.look.may(Permission::VerifyLedger)
    }
}

/// Holds the chart of accounts: a row for each code, a column for each currency.
struct Chart {
    currencies: Vec<Currency>,
    groups: Vec<Group>,
}

/// Holds the rows on one side of the balance sheet.
struct Group {
    label: &'static str,
    rows: Vec<ChartRow>,
}

struct ChartRow {
    label: String,
    code: String,
    accounts: i64,
    /// The balance in each currency; none where the code has no account in it.
    cells: Vec<Option<Cell>>,
}

/// Shows one balance.
struct Cell {
    text: String,
    currency: Currency,
    is_zero: bool,
}

/// Returns the heading of a side of the balance sheet.
pub(super) const fn heading(kind: AccountKind) -> &'static str {
    match kind {
        AccountKind::Asset => "Assets",
        AccountKind::Liability => "Liabilities",
        AccountKind::Equity => "Equity",
        AccountKind::Income => "Income",
        AccountKind::Expense => "Expenses",
    }
}

/// The sides of the balance sheet in the order of a report.
pub(super) const KINDS: [AccountKind; 5] = [
    AccountKind::Asset,
    AccountKind::Liability,
    AccountKind::Equity,
    AccountKind::Income,
    AccountKind::Expense,
];

impl Chart {
    fn of(lines: &[TrialLine], look: &Look) -> Self {
        let mut currencies: Vec<Currency> = lines.iter().map(|line| line.currency).collect();
        currencies.sort_by(|one, other| one.code().cmp(other.code()));
        currencies.dedup();
        let groups = KINDS.into_iter().map(|kind| {
            let mut codes: BTreeMap<&str, Vec<&TrialLine>> = BTreeMap::new();
            for line in lines.iter().filter(|line| line.kind == kind) {
                codes.entry(&line.code).or_default().push(line);
            }
            let rows = codes.into_iter().map(|(code, lines)| ChartRow {
                label: spoken(code),
                code: code.to_owned(),
                accounts: lines.iter().map(|line| line.accounts).sum(),
                cells: currencies.iter().map(|currency| cell(&lines, *currency, look)).collect(),
            });
            Group { label: heading(kind), rows: rows.collect() }
        });
        let groups = groups.filter(|group| !group.rows.is_empty()).collect();
        Self { currencies, groups }
    }
}

fn cell(lines: &[&TrialLine], currency: Currency, look: &Look) -> Option<Cell> {
    let line = lines.iter().find(|line| line.currency == currency)?;
    let minor = line.balance_minor();
    Some(Cell { text: look.format().minor(minor, currency.exponent()), currency, is_zero: minor == 0 })
}

/// Shows how a proof ended.
pub(super) fn outcome(passed: bool) -> Badge {
    if passed { Badge::new(Tone::Good, "Passed") } else { Badge::new(Tone::Bad, "Faults found") }
}

/// Shows the chart of accounts with balances, the last proof and how far the journal is sealed.
#[utoipa::path(
    get, path = "/admin/ledger", tag = "ledger", operation_id = "ledger_page", responses((status = 200))
)]
async fn ledger_page(State(bank): State<Bank>, staff: Staff) -> Result<Response, Problem> {
    let lines = books::trial_balance(&bank, &staff.caller, None).await?;
    let mut status = status::ledger_status(&bank, &staff.caller).await?;
    let look = &staff.look;
    let underway = status.running.take().map(|job| Underway::of(job, look));
    let (chart, outcome) = (Chart::of(&lines, look), status.last.as_ref().map(|proof| outcome(proof.passed)));
    staff.show(&LedgerPage { look, title: "Ledger", chart, status, underway, outcome })
}

/// Asks for a proof of the ledger; one that waits or runs already is not doubled.
#[utoipa::path(
    post, path = "/admin/ledger/proof", tag = "ledger", operation_id = "console_request_ledger_proof",
    responses((status = 303))
)]
async fn run_proof(State(bank): State<Bank>, staff: Staff) -> Result<Response, Problem> {
    proofs::request(&bank, &staff.caller, Proved::Ledger).await?;
    Ok(staff.done(LEDGER, "The proof is asked for. It starts at once, and this page shows how far it is."))
}
