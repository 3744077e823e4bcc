//! The JSON route of challenges, and how a refusal shows the challenge to answer.

use axum::extract::State;
use axum::http::StatusCode;
use kernel::{ChallengeId, Secret};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{ChallengeError, service};
use crate::web::{Json, Path, Problem, Problems};
use crate::{Bank, Caller};

/// Lists the routes.
pub fn routes() -> OpenApiRouter<Bank> {
    OpenApiRouter::new().routes(routes!(answer_challenge))
}

/// Carries the code.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AnswerChallengeRequest {
    /// The authenticator's six digits, a recovery code, or the six digits that were mailed.
    #[schema(value_type = String, example = "123456")]
    code: Secret<String>,
}

/// Answers a challenge; then repeat the request that asked for it, with its `challenge_id`.
///
/// A challenge confirms one amount to one payee, once, within ten minutes. After five wrong codes it is over.
#[utoipa::path(
    post, path = "/challenges/{id}/answer", tag = "challenges", operation_id = "answer_challenge",
    params(("id" = ChallengeId, Path)), request_body = AnswerChallengeRequest,
    responses((status = 204, description = "The challenge is answered"), Problems)
)]
async fn answer_challenge(
    State(bank): State<Bank>,
    caller: Caller,
    Path(id): Path<ChallengeId>,
    Json(body): Json<AnswerChallengeRequest>,
) -> Result<StatusCode, Problem> {
    service::answer(&bank, &caller, id, &body.code).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl From<ChallengeError> for Problem {
    fn from(error: ChallengeError) -> Self {
        match error {
            ChallengeError::Required(required) => {
                Self::new(StatusCode::FORBIDDEN, "challenge_required", "Confirm this first")
                    .with("challenge_id", required.challenge_id)
                    .with("method", required.method)
                    .with("amount", required.amount)
                    .with("payee", required.payee)
                    .with("expires_at", required.expires_at)
            }
            ChallengeError::NeedsPerson => {
                Self::forbidden().detail("only a person who is signed in can confirm")
            }
            ChallengeError::NotFound => Self::not_found(),
            ChallengeError::WrongCode { tries_left } => {
                Self::refused("wrong_code", "The code is wrong").with("tries_left", tries_left)
            }
            ChallengeError::Identity(error) => error.into(),
            ChallengeError::Storage(error) => error.into(),
        }
    }
}
