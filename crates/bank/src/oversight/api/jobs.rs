//! Background work for staff.
#![expect(unused_qualifications, reason = "the expansion of utoipa::path names its parameters in full")]

use axum::extract::State;
use kernel::{Instant, JobId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::jobs::{Job, JobError, JobFilter, JobSchedule, JobState};
use crate::oversight::{JobRefusal, service};
use crate::web::{Json, ListQuery, PageResponse, Path, Problem, Problems, Query};
use crate::{Bank, Caller};

pub(super) fn routes() -> OpenApiRouter<Bank> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(schedules))
        .routes(routes!(replay))
        .routes(routes!(run))
}

/// Chooses jobs.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct JobsQuery {
    /// Where they stand.
    state: Option<JobState>,
    /// What they do.
    #[param(example = "identity.send_mail")]
    kind: Option<String>,
    /// How many rows at most, 1 to 200; 50 when absent.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u16>,
    /// The `next` of the page before.
    after: Option<String>,
}

/// Shows one piece of background work.
#[derive(Debug, Serialize, ToSchema)]
struct JobResponse {
    id: JobId,
    /// What it does.
    #[schema(example = "identity.send_mail")]
    kind: String,
    /// What it does it to: ids only.
    #[schema(value_type = Object, example = json!({"user_id": "usr_01k0z8r9tqe5mbd3v6n2j7x4hc"}))]
    payload: Value,
    state: JobState,
    /// Not before.
    #[schema(value_type = String, format = DateTime)]
    run_at: Instant,
    /// How often it was started.
    #[schema(example = 1)]
    attempts: i32,
    /// After how many starts it is dead.
    #[schema(example = 10)]
    most_attempts: i32,
    /// Why the last attempt failed.
    last_error: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Instant,
    /// Until when a worker holds it.
    #[schema(value_type = Option<String>, format = DateTime)]
    leased_until: Option<Instant>,
    /// When it was done or dead.
    #[schema(value_type = Option<String>, format = DateTime)]
    finished_at: Option<Instant>,
}

/// Shows one schedule.
#[derive(Debug, Serialize, ToSchema)]
struct JobScheduleResponse {
    #[schema(example = "ledger.end_of_day")]
    name: String,
    /// The last slot that fired.
    #[schema(value_type = String, format = DateTime)]
    last_slot: Instant,
    /// How many slots passed unfired while no worker ran; one run caught up with each gap.
    #[schema(example = 0)]
    missed: i64,
    /// When the last such gap was found.
    #[schema(value_type = Option<String>, format = DateTime)]
    last_missed_at: Option<Instant>,
}

/// Shows every schedule that has ever fired.
#[derive(Debug, Serialize, ToSchema)]
struct JobSchedulesResponse {
    items: Vec<JobScheduleResponse>,
}

/// Lists background work, newest first; the dead letter by `state=dead`.
#[utoipa::path(
    get,
    path = "/jobs",
    operation_id = "list_jobs",
    tag = "jobs",
    params(JobsQuery),
    responses((status = 200, body = PageResponse<JobResponse>), Problems)
)]
async fn list(
    State(bank): State<Bank>,
    caller: Caller,
    Query(query): Query<JobsQuery>,
) -> Result<Json<PageResponse<JobResponse>>, Problem> {
    let page = ListQuery { limit: query.limit, after: query.after }.page_of::<JobId>()?;
    let filter = JobFilter { state: query.state, kind: query.kind };
    let page = service::jobs::list_jobs(&bank, &caller, filter, page).await?;
    Ok(Json(PageResponse::new(page, JobResponse::from)))
}

/// Lists the schedules, with the slots they missed.
#[utoipa::path(
    get,
    path = "/job-schedules",
    operation_id = "list_job_schedules",
    tag = "jobs",
    responses((status = 200, body = JobSchedulesResponse), Problems)
)]
async fn schedules(State(bank): State<Bank>, caller: Caller) -> Result<Json<JobSchedulesResponse>, Problem> {
    let rows = service::jobs::list_schedules(&bank, &caller).await?;
    Ok(Json(JobSchedulesResponse { items: rows.into_iter().map(JobScheduleResponse::from).collect() }))
}

/// Takes a job out of the dead letter; it starts over.
#[utoipa::path(
    post,
    path = "/jobs/{id}/replay",
    operation_id = "replay_job",
    tag = "jobs",
    params(("id" = JobId, Path)),
    responses((status = 200, body = JobResponse), Problems)
)]
async fn replay(
    State(bank): State<Bank>,
    caller: Caller,
    Path(id): Path<JobId>,
) -> Result<Json<JobResponse>, Problem> {
    Ok(Json(service::jobs::replay_job(&bank, &caller, id).await?.into()))
}

/// Lets a queued job run now instead of at its time.
#[utoipa::path(
    post,
    path = "/jobs/{id}/run",
    operation_id = "run_job",
    tag = "jobs",
    params(("id" = JobId, Path)),
    responses((status = 200, body = JobResponse), Problems)
)]
async fn run(
    State(bank): State<Bank>,
    caller: Caller,
    Path(id): Path<JobId>,
) -> Result<Json<JobResponse>, Problem> {
    Ok(Json(service::jobs::run_job(&bank, &caller, id).await?.into()))
}

impl From<Job> for JobResponse {
    fn from(job: Job) -> Self {
        Self {
            id: job.id,
            kind: job.kind,
            payload: job.payload,
            state: job.state,
            run_at: job.run_at,
            attempts: job.attempts,
            most_attempts: job.most_attempts,
            last_error: job.last_error,
            created_at: job.created_at,
            leased_until: job.leased_until,
            finished_at: job.finished_at,
        }
    }
}

impl From<JobSchedule> for JobScheduleResponse {
    fn from(row: JobSchedule) -> Self {
        let JobSchedule { name, last_slot, missed, last_missed_at } = row;
        Self { name, last_slot, missed, last_missed_at }
    }
}

impl From<JobRefusal> for Problem {
    fn from(error: JobRefusal) -> Self {
        match error {
            JobRefusal::Forbidden(forbidden) => forbidden.into(),
            JobRefusal::Job(JobError::NotFound) => Self::not_found(),
            JobRefusal::Job(JobError::WrongState(state)) => {
                Self::conflict("wrong_job_state", "The job's state does not allow it").with("state", state)
            }
            JobRefusal::Job(JobError::Storage(error)) | JobRefusal::Storage(error) => error.into(),
        }
    }
}
