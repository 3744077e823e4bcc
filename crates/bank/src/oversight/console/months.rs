//! The months of the journal, and closing one.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use kernel::{Actor, Instant, UserId};
use ledger::Month;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::people::{Named, People};
use crate::oversight::service::periods;
use crate::oversight::{MonthPhase, MonthState};
use crate::web::Problem;
use crate::web::page::{Badge, Forms, Look, Sent, Staff, Tone, place_of};
use crate::{Bank, Permission};

const MONTHS: &str = "/admin/ledger/months";

pub(super) fn routes() -> OpenApiRouter<Bank> {
    OpenApiRouter::new().routes(routes!(months_page)).routes(routes!(close_month))
}

#[derive(Template)]
#[template(path = "oversight/pages/months.html")]
struct MonthsPage<'a> {
    look: &'a Look,
    title: &'static str,
    forms: &'a Forms,
    rows: Vec<Row>,
    /// What can be closed, the oldest first.
    closable: Vec<(String, String)>,
    may_close: bool,
}

struct Row {
    month: String,
    badge: Badge,
    asked_by: Option<Named>,
    agreed_by: Option<Named>,
    at: Option<Instant>,
    approval: Option<String>,
}

impl Row {
    fn of(state: &MonthState, people: &People) -> Self {
        let bare = |tone, word| Self {
            month: words(state.month),
            badge: Badge::new(tone, word),
            asked_by: None,
            agreed_by: None,
            at: None,
            approval: None,
        };
        match &state.phase {
            MonthPhase::Current => bare(Tone::Busy, "Current"),
            MonthPhase::Over => bare(Tone::Neutral, "Open"),
            MonthPhase::Closing(id) => {
                Self { approval: place_of(&id), ..bare(Tone::Warning, "Waits for a second person") }
            }
            MonthPhase::Closed(closing) => Self {
                asked_by: closing.closed_by.map(|actor| people.actor(actor)),
                agreed_by: closing.approved_by.map(|actor| people.actor(actor)),
                at: Some(closing.closed_at),
                ..bare(Tone::Good, "Closed")
            },
        }
    }
}

fn words(month: Month) -> String {
    month.first_day().format("%B %Y").to_string()
}

fn person(actor: Option<Actor>) -> Option<UserId> {
    match actor? {
        Actor::Customer(id) | Actor::Staff(id) => Some(id),
        Actor::ApiKey(_) | Actor::System => None,
    }
}

/// Lists who asked for and who agreed to the closes.
fn closers(months: &[MonthState]) -> Vec<UserId> {
    let closings = months.iter().filter_map(|state| match &state.phase {
        MonthPhase::Closed(closing) => Some(closing),
        _ => None,
    });
    closings.flat_map(|closing| [person(closing.closed_by), person(closing.approved_by)]).flatten().collect()
}

/// Shows every month of the journal and how it stands.
#[utoipa::path(
    get, path = "/admin/ledger/months", tag = "ledger", operation_id = "months_page", responses((status = 200))
)]
async fn months_page(State(bank): State<Bank>, staff: Staff) -> Result<Response, Problem> {
    show(&bank, &staff, &Forms::default()).await
}

async fn show(bank: &Bank, staff: &Staff, forms: &Forms) -> Result<Response, Problem> {
    let months = periods::list_months(bank, &staff.caller).await?;
    let people = People::read(bank, closers(&months)).await?;
    let over = months.iter().rev().filter(|state| state.phase == MonthPhase::Over);
    let page = MonthsPage {
        look: &staff.look,
        title: "Months",
        forms,
        rows: months.iter().map(|state| Row::of(state, &people)).collect(),
        closable: over.map(|state| (state.month.to_string(), words(state.month))).collect(),
        may_close: staff.look.may(Permission::ClosePeriods),
    };
    staff.show_with(forms, &page)
}

/// Asks for a month to be closed for good; a second person does it by approving.
#[utoipa::path(
    post, path = "/admin/ledger/months/close", tag = "ledger", operation_id = "console_close_month",
    responses((status = 303))
)]
async fn close_month(State(bank): State<Bank>, staff: Staff, sent: Sent) -> Result<Response, Problem> {
    let outcome: Result<(), Problem> = async {
        let (month, reason) = (sent.parsed("month")?, sent.parsed("reason")?);
        periods::request_close(&bank, &staff.caller, month, reason).await?;
        Ok(())
    }
    .await;
    match sent.judged("close", outcome)? {
        Ok(()) => Ok(staff.done(MONTHS, "Asked for. A second person closes the month by approving.")),
        Err(forms) => show(&bank, &staff, &forms).await,
    }
}
