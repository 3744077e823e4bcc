//! A sandbox's clock.

use axum::Extension;
use axum::extract::State;
use chrono::Duration;
use kernel::Instant;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::jobs::Registry;
use crate::oversight::{ClockError, ClockMove, ClockMoved, service};
use crate::web::{Json, Problem, Problems};
use crate::{Bank, Caller};

pub(super) fn routes(registry: Registry) -> OpenApiRouter<Bank> {
    OpenApiRouter::new().routes(routes!(move_clock)).layer(Extension(registry))
}

/// Says where to move the clock: one of the two.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"advance_seconds": 86400}))]
struct MoveClockRequest {
    /// To this instant.
    #[schema(value_type = Option<String>, format = DateTime)]
    at: Option<Instant>,
    /// Forward by so many seconds.
    #[schema(minimum = 0, example = 86400)]
    advance_seconds: Option<i64>,
}

/// Shows where the clock stands, and what the move brought about.
#[derive(Debug, Serialize, ToSchema)]
struct ClockResponse {
    /// What the clock shows.
    #[schema(value_type = String, format = DateTime)]
    at: Instant,
    /// How far it is from the machine's clock.
    #[schema(example = 86400)]
    offset_seconds: i64,
    /// How much background work had become due and is done.
    #[schema(example = 3)]
    jobs_done: usize,
    /// How much of it failed.
    #[schema(example = 0)]
    jobs_failed: usize,
}

/// Moves the clock of a sandbox forward, and runs what that made due. Absent in production.
///
/// It moves for everybody: sessions and tokens that the move makes too old have ended.
#[utoipa::path(
    post,
    path = "/sandbox/clock",
    tag = "sandbox",
    operation_id = "move_clock",
    request_body = MoveClockRequest,
    responses((status = 200, body = ClockResponse), Problems)
)]
async fn move_clock(
    State(bank): State<Bank>,
    Extension(registry): Extension<Registry>,
    caller: Caller,
    Json(request): Json<MoveClockRequest>,
) -> Result<Json<ClockResponse>, Problem> {
    let moved = service::clock::move_clock(&bank, &registry, &caller, request.parse()?).await?;
    Ok(Json(moved.into()))
}

impl MoveClockRequest {
    fn parse(&self) -> Result<ClockMove, Problem> {
        match (self.at, self.advance_seconds) {
            (Some(at), None) => Ok(ClockMove::At(at)),
            (None, Some(seconds)) => {
                // What no duration holds is out of range, which the move itself refuses.
                Ok(ClockMove::By(Duration::try_seconds(seconds).unwrap_or(Duration::MAX)))
            }
            _ => Err(Problem::invalid_field("", "give either at or advance_seconds")),
        }
    }
}

impl From<ClockMoved> for ClockResponse {
    fn from(moved: ClockMoved) -> Self {
        Self {
            at: moved.now,
            offset_seconds: moved.offset.num_seconds(),
            jobs_done: moved.ran.done,
            jobs_failed: moved.ran.failed + moved.ran.dead,
        }
    }
}

impl From<ClockError> for Problem {
    fn from(error: ClockError) -> Self {
        match error {
            ClockError::Production => Self::not_found(),
            ClockError::Forbidden(forbidden) => forbidden.into(),
            ClockError::OutOfRange { now, latest } => {
                Self::refused("clock_out_of_range", "The clock moves forward, within its calendar")
                    .with("now", now)
                    .with("latest", latest)
            }
            ClockError::Storage(error) => error.into(),
        }
    }
}
