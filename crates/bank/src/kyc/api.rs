//! `users/{id}/kyc-level`.

use axum::extract::State;
use axum::http::StatusCode;
use kernel::UserId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{KycError, KycLevel, SetLevel, service};
use crate::audit::Reason;
use crate::web::{Json, Path, Problem, Problems};
use crate::{Bank, Caller};

/// Lists the routes of this slice.
pub fn routes() -> OpenApiRouter<Bank> {
    OpenApiRouter::new().routes(routes!(get_level, set_level))
}

/// Sets how well a customer is known.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetKycLevelRequest {
    /// The new level.
    pub level: KycLevel,
    /// Why.
    pub reason: Reason,
}

/// Shows how well a customer is known.
#[derive(Debug, Serialize, ToSchema)]
pub struct CurrentKycLevelResponse {
    /// The customer.
    pub user_id: UserId,
    /// The level.
    pub level: KycLevel,
}

/// Shows how well a customer is known now, and was before.
#[derive(Debug, Serialize, ToSchema)]
pub struct KycLevelResponse {
    /// The customer.
    pub user_id: UserId,
    /// The level.
    pub level: KycLevel,
    /// The level before.
    pub previous_level: KycLevel,
}

/// Show a customer's verification level
///
/// The look is written into the audit log.
#[utoipa::path(
    get, path = "/users/{id}/kyc-level", tag = "kyc", operation_id = "get_kyc_level",
    params(("id" = UserId, Path, description = "The customer")),
    responses((status = 200, description = "The level", body = CurrentKycLevelResponse), Problems),
)]
async fn get_level(
    State(bank): State<Bank>,
    caller: Caller,
    Path(user): Path<UserId>,
) -> Result<Json<CurrentKycLevelResponse>, Problem> {
    let level = service::find_level(&bank, &caller, user).await?;
    Ok(Json(CurrentKycLevelResponse { user_id: user, level }))
}

/// Set a customer's verification level
///
/// For staff who judge who customers are. Level 1 or more is needed to open an account and to pay.
#[utoipa::path(
    post, path = "/users/{id}/kyc-level", tag = "kyc", operation_id = "set_kyc_level",
    params(("id" = UserId, Path, description = "The customer")),
    request_body = SetKycLevelRequest,
    responses((status = 200, description = "The level is set", body = KycLevelResponse), Problems),
)]
async fn set_level(
    State(bank): State<Bank>,
    caller: Caller,
    Path(user): Path<UserId>,
    Json(request): Json<SetKycLevelRequest>,
) -> Result<Json<KycLevelResponse>, Problem> {
    let SetKycLevelRequest { level, reason } = request;
    let previous_level = service::set_level(&bank, &caller, SetLevel { user, level, reason }).await?;
    Ok(Json(KycLevelResponse { user_id: user, level, previous_level }))
}

impl From<KycError> for Problem {
    fn from(error: KycError) -> Self {
        match error {
            KycError::Forbidden(error) => error.into(),
            KycError::NotFound => Self::not_found(),
            KycError::OwnLevel => {
                Self::new(StatusCode::FORBIDDEN, "own_level", "Nobody sets his own verification level")
            }
            KycError::LevelTooLow { have, need } => {
                Self::refused("kyc_level_too_low", "The customer must be verified further first")
                    .with("level", have)
                    .with("required_level", need)
            }
            KycError::Storage(error) => error.into(),
        }
    }
}
