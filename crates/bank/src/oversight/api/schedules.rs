//! Schedules of background work.

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use kernel::Instant;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::jobs::{JobResponse, MoveJobRequest};
use crate::jobs::Registry;
use crate::oversight::{ScheduleState, service};
use crate::web::{Json, Path, Problem, Problems};
use crate::{Bank, Caller};

pub(super) fn routes(registry: Registry) -> OpenApiRouter<Bank> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(run)).layer(Extension(registry))
}

/// Shows one schedule.
#[derive(Debug, Serialize, ToSchema)]
struct JobScheduleResponse {
    #[schema(example = "ledger.end_of_day")]
    name: &'static str,
    /// Which work it asks for.
    #[schema(example = "ledger.end_of_day")]
    kind: &'static str,
    /// How often: `every 2 s`, or a cron expression of six fields (seconds first) in the bank's time zone.
    #[schema(example = "0 0 * * * *")]
    rhythm: String,
    /// The last slot that fired; null for a schedule that never did.
    #[schema(value_type = Option<String>, format = DateTime)]
    last_slot: Option<Instant>,
    /// The next.
    #[schema(value_type = Option<String>, format = DateTime)]
    next_slot: Option<Instant>,
    /// How many slots passed unfired while no worker ran; one run caught up with each gap.
    #[schema(example = 0)]
    missed: i64,
    /// When the last such gap was found.
    #[schema(value_type = Option<String>, format = DateTime)]
    last_missed_at: Option<Instant>,
}

/// Shows every schedule.
#[derive(Debug, Serialize, ToSchema)]
struct JobSchedulesResponse {
    items: Vec<JobScheduleResponse>,
}

/// Lists the schedules: when they fired last, when they fire next, which slots they missed.
#[utoipa::path(
    get,
    path = "/job-schedules",
    operation_id = "list_job_schedules",
    tag = "jobs",
    responses((status = 200, body = JobSchedulesResponse), Problems)
)]
async fn list(
    State(bank): State<Bank>,
    Extension(registry): Extension<Registry>,
    caller: Caller,
) -> Result<Json<JobSchedulesResponse>, Problem> {
    let rows = service::jobs::list_schedules(&bank, &registry, &caller).await?;
    Ok(Json(JobSchedulesResponse { items: rows.into_iter().map(JobScheduleResponse::from).collect() }))
}

/// Lets a schedule's work run now, besides its slots; what waits or runs already is not doubled.
#[utoipa::path(
    post,
    path = "/job-schedules/{name}/run",
    operation_id = "run_job_schedule",
    tag = "jobs",
    params(("name" = String, Path, example = "ledger.end_of_day")),
    request_body = MoveJobRequest,
    responses((status = 202, body = JobResponse), Problems)
)]
async fn run(
    State(bank): State<Bank>,
    Extension(registry): Extension<Registry>,
    caller: Caller,
    Path(name): Path<String>,
    Json(body): Json<MoveJobRequest>,
) -> Result<(StatusCode, Json<JobResponse>), Problem> {
    let tx = bank.db.begin().await?;
    let asked = (name.as_str(), body.reason);
    let job = service::jobs::run_schedule(&bank, &tx, (&registry, &caller), asked).await?;
    tx.commit().await?;
    Ok((StatusCode::ACCEPTED, Json(job.into())))
}

impl From<ScheduleState> for JobScheduleResponse {
    fn from(state: ScheduleState) -> Self {
        let ScheduleState { name, kind, rhythm, last_slot, next_slot, missed, last_missed_at } = state;
        Self { name, kind, rhythm, last_slot, next_slot, missed, last_missed_at }
    }
}
