//! What runs by the clock.

use askama::Template;
use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::json;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::audit::Reason;
use crate::idempotency::{self, Begun, IdempotencyKey};
use crate::jobs::Registry;
use crate::oversight::ScheduleState;
use crate::oversight::service::jobs;
use crate::web::page::{Forms, Look, Sent, Staff};
use crate::web::{Path, Problem};
use crate::{Bank, Permission};

const SCHEDULES: &str = "/admin/jobs/schedules";

pub(super) fn routes() -> OpenApiRouter<Bank> {
    OpenApiRouter::new().routes(routes!(schedules_page)).routes(routes!(schedule_page, run_schedule))
}

#[derive(Template)]
#[template(path = "oversight/pages/schedules.html")]
struct SchedulesPage<'a> {
    look: &'a Look,
    title: &'static str,
    rows: Vec<ScheduleState>,
}

#[derive(Template)]
#[template(path = "oversight/pages/schedule.html")]
struct SchedulePage<'a> {
    look: &'a Look,
    title: &'static str,
    forms: &'a Forms,
    row: ScheduleState,
    may_run: bool,
}

impl SchedulePage<'_> {
    fn href(&self) -> String {
        address(self.row.name)
    }
}

fn address(name: &str) -> String {
    format!("{SCHEDULES}/{name}")
}

/// Lists the schedules: when they fired last, when they fire next, which slots they missed.
#[utoipa::path(
    get, path = "/admin/jobs/schedules", tag = "jobs", operation_id = "schedules_page",
    responses((status = 200))
)]
async fn schedules_page(
    State(bank): State<Bank>,
    Extension(registry): Extension<Registry>,
    staff: Staff,
) -> Result<Response, Problem> {
    let rows = jobs::list_schedules(&bank, &registry, &staff.caller).await?;
    staff.show(&SchedulesPage { look: &staff.look, title: "Schedules", rows })
}

/// Shows one schedule.
#[utoipa::path(
    get, path = "/admin/jobs/schedules/{name}", tag = "jobs", operation_id = "schedule_page",
    responses((status = 200))
)]
async fn schedule_page(
    State(bank): State<Bank>,
    Extension(registry): Extension<Registry>,
    staff: Staff,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    show(&bank, &registry, (&staff, &name), &Forms::default()).await
}

async fn show(
    bank: &Bank,
    registry: &Registry,
    (staff, name): (&Staff, &str),
    forms: &Forms,
) -> Result<Response, Problem> {
    let rows = jobs::list_schedules(bank, registry, &staff.caller).await?;
    let row = rows.into_iter().find(|row| row.name == name).ok_or_else(Problem::not_found)?;
    let (title, may_run) = (row.name, staff.look.may(Permission::ManageJobs));
    staff.show_with(forms, &SchedulePage { look: &staff.look, title, forms, row, may_run })
}

/// Lets a schedule's work run now, once however often the form is sent.
#[utoipa::path(
    post, path = "/admin/jobs/schedules/{name}", tag = "jobs", operation_id = "console_run_schedule",
    responses((status = 303))
)]
async fn run_schedule(
    State(bank): State<Bank>,
    Extension(registry): Extension<Registry>,
    staff: Staff,
    Path(name): Path<String>,
    key: IdempotencyKey,
    sent: Sent,
) -> Result<Response, Problem> {
    let outcome = run(&bank, &registry, (&staff, &name), (&key, &sent)).await;
    match sent.judged("run", outcome)? {
        Ok(()) => Ok(staff.done(&address(&name), "It runs as soon as a worker is free.")),
        Err(forms) => show(&bank, &registry, (&staff, &name), &forms).await,
    }
}

async fn run(
    bank: &Bank,
    registry: &Registry,
    (staff, name): (&Staff, &str),
    (key, sent): (&IdempotencyKey, &Sent),
) -> Result<(), Problem> {
    let reason: Reason = sent.parsed("reason")?;
    let answer = match idempotency::begin(bank, &staff.caller, key).await? {
        Begun::Replay(answer) => answer,
        Begun::Fresh(attempt) => {
            let actors = (registry, &staff.caller);
            let outcome = jobs::run_schedule(bank, attempt.tx(), actors, (name, reason)).await;
            let outcome = outcome.map(|job| (StatusCode::ACCEPTED, json!({ "id": job.id })));
            attempt.finish(outcome.map_err(Problem::from)).await?
        }
    };
    idempotency::told(answer).await.map(drop)
}
