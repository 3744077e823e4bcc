//! Background work for staff.
#![expect(unused_qualifications, reason = "the expansion of utoipa::path names its parameters in full")]

use axum::extract::State;
use kernel::{Instant, JobId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::audit::Reason;
use crate::jobs::{Job, JobError, JobFilter, JobProgress, JobState, Queue};
use crate::oversight::{DatabaseStatus, JobRefusal, service};
use crate::web::{Json, ListQuery, PageResponse, Path, Problem, Problems, Query};
use crate::{Bank, Caller};

pub(super) fn routes() -> OpenApiRouter<Bank> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(show))
        .routes(routes!(queues))
        .routes(routes!(replay))
        .routes(routes!(run))
        .routes(routes!(database))
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
pub(super) struct JobResponse {
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
    /// How far it is, while it runs; null where it does not tell.
    progress: Option<JobProgress>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Instant,
    /// Until when a worker holds it.
    #[schema(value_type = Option<String>, format = DateTime)]
    leased_until: Option<Instant>,
    /// When it was done or dead.
    #[schema(value_type = Option<String>, format = DateTime)]
    finished_at: Option<Instant>,
}

/// Shows the work of one kind that is not done.
#[derive(Debug, Serialize, ToSchema)]
struct QueueResponse {
    #[schema(example = "identity.send_mail")]
    kind: String,
    /// Its time has come, and no worker has taken it yet.
    #[schema(example = 3)]
    due: i64,
    /// Its time is still to come.
    #[schema(example = 0)]
    later: i64,
    /// A worker holds it.
    #[schema(example = 1)]
    running: i64,
    /// Failed before, and waits for another attempt; counted among `due` and `later`, too.
    #[schema(example = 0)]
    retrying: i64,
    /// Failed for the last time.
    #[schema(example = 0)]
    dead: i64,
    /// Since when the work that is longest due has been.
    #[schema(value_type = Option<String>, format = DateTime)]
    due_since: Option<Instant>,
}

/// Shows every kind that has work which is not done.
#[derive(Debug, Serialize, ToSchema)]
struct QueuesResponse {
    items: Vec<QueueResponse>,
}

/// Says why a job is moved.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct MoveJobRequest {
    pub(super) reason: Reason,
}

/// Shows what holds the bank.
#[derive(Debug, Serialize, ToSchema)]
struct DatabaseResponse {
    /// `SQLite` or `PostgreSQL`.
    #[schema(example = "PostgreSQL")]
    engine: &'static str,
    #[schema(example = 734_003_200)]
    size_bytes: u64,
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
    let filter = JobFilter { state: query.state, kind: query.kind, id: None };
    let page = service::jobs::list_jobs(&bank, &caller, filter, page).await?;
    Ok(Json(PageResponse::new(page, JobResponse::from)))
}

/// Shows one piece of background work.
#[utoipa::path(
    get,
    path = "/jobs/{id}",
    operation_id = "show_job",
    tag = "jobs",
    params(("id" = JobId, Path)),
    responses((status = 200, body = JobResponse), Problems)
)]
async fn show(
    State(bank): State<Bank>,
    caller: Caller,
    Path(id): Path<JobId>,
) -> Result<Json<JobResponse>, Problem> {
    Ok(Json(service::jobs::find_job(&bank, &caller, id).await?.into()))
}

/// Counts the work that is not done, by kind.
#[utoipa::path(
    get,
    path = "/job-queues",
    operation_id = "list_job_queues",
    tag = "jobs",
    responses((status = 200, body = QueuesResponse), Problems)
)]
async fn queues(State(bank): State<Bank>, caller: Caller) -> Result<Json<QueuesResponse>, Problem> {
    let queues = service::jobs::list_queues(&bank, &caller).await?;
    Ok(Json(QueuesResponse { items: queues.into_iter().map(QueueResponse::from).collect() }))
}

/// Says which engine holds the bank, and how large it is.
#[utoipa::path(
    get,
    path = "/database",
    operation_id = "show_database",
    tag = "jobs",
    responses((status = 200, body = DatabaseResponse), Problems)
)]
async fn database(State(bank): State<Bank>, caller: Caller) -> Result<Json<DatabaseResponse>, Problem> {
    let DatabaseStatus { engine, size_bytes } = service::status::database_status(&bank, &caller).await?;
    Ok(Json(DatabaseResponse { engine, size_bytes }))
}

/// Takes a job out of the dead letter; it starts over.
#[utoipa::path(
    post,
    path = "/jobs/{id}/replay",
    operation_id = "replay_job",
    tag = "jobs",
    params(("id" = JobId, Path)),
    request_body = MoveJobRequest,
    responses((status = 200, body = JobResponse), Problems)
)]
async fn replay(
    State(bank): State<Bank>,
    caller: Caller,
    Path(id): Path<JobId>,
    Json(body): Json<MoveJobRequest>,
) -> Result<Json<JobResponse>, Problem> {
    Ok(Json(service::jobs::replay_job(&bank, &caller, id, body.reason).await?.into()))
}

/// Lets a queued job run now instead of at its time.
#[utoipa::path(
    post,
    path = "/jobs/{id}/run",
    operation_id = "run_job",
    tag = "jobs",
    params(("id" = JobId, Path)),
    request_body = MoveJobRequest,
    responses((status = 200, body = JobResponse), Problems)
)]
async fn run(
    State(bank): State<Bank>,
    caller: Caller,
    Path(id): Path<JobId>,
    Json(body): Json<MoveJobRequest>,
) -> Result<Json<JobResponse>, Problem> {
    Ok(Json(service::jobs::run_job(&bank, &caller, id, body.reason).await?.into()))
}

impl From<Job> for JobResponse {
    fn from(job: Job) -> Self {
        Self {
            progress: job.how_far(),
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

impl From<Queue> for QueueResponse {
    fn from(queue: Queue) -> Self {
        let Queue { kind, due, later, running, retrying, dead, due_since } = queue;
        Self { kind, due, later, running, retrying, dead, due_since }
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
