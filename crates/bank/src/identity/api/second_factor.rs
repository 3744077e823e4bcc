//! One's own second factor.

use axum::extract::State;
use axum::http::StatusCode;
use kernel::Secret;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::identity::service;
use crate::web::{Json, Problem, Problems};
use crate::{Bank, Caller};

pub(super) fn routes() -> OpenApiRouter<Bank> {
    OpenApiRouter::new()
        .routes(routes!(enroll_totp, remove_totp))
        .routes(routes!(confirm_totp))
        .routes(routes!(renew_recovery_codes))
}

/// Confirms by the password that it is the user who asks.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PasswordRequest {
    #[schema(value_type = String, format = Password, max_length = 128, example = "quartz plover umbrella")]
    password: Secret<String>,
}

/// Shows the seed of a second factor, this once.
#[derive(Debug, Serialize, ToSchema)]
struct TotpResponse {
    /// In base 32, to be typed into an authenticator.
    #[schema(example = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")]
    secret: String,
    /// As a QR code's text, to be scanned.
    #[schema(
        example = "otpauth://totp/Florin%20Bank:ada@example.com?secret=JBSWY3DPEHPK3PXP&issuer=Florin%20Bank"
    )]
    otpauth_url: String,
}

/// Carries a code of the new authenticator.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ConfirmTotpRequest {
    #[schema(value_type = String, example = "123456")]
    code: Secret<String>,
}

/// Shows fresh recovery codes, this once. Each works once in place of the authenticator.
#[derive(Debug, Serialize, ToSchema)]
struct RecoveryCodesResponse {
    #[schema(example = json!(["7HGT-Q2ZK-0C5W-9YXE-B4MA-R8SN"]))]
    recovery_codes: Vec<String>,
}

/// Confirms by both factors that it is the user who asks.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RemoveTotpRequest {
    #[schema(value_type = String, format = Password, max_length = 128, example = "quartz plover umbrella")]
    password: Secret<String>,
    /// The authenticator's six digits, or a recovery code.
    #[schema(value_type = String, example = "123456")]
    code: Secret<String>,
}

/// Begins to enroll an authenticator; it counts once a code has confirmed it.
#[utoipa::path(
    post, path = "/me/totp", tag = "me", operation_id = "enroll_totp",
    request_body = PasswordRequest,
    responses((status = 200, body = TotpResponse), Problems)
)]
async fn enroll_totp(
    State(bank): State<Bank>,
    caller: Caller,
    Json(body): Json<PasswordRequest>,
) -> Result<Json<TotpResponse>, Problem> {
    let enrolment = service::enrol_second_factor(&bank, &caller, &body.password).await?;
    let (secret, otpauth_url) = (enrolment.secret.expose().clone(), enrolment.url.expose().clone());
    Ok(Json(TotpResponse { secret, otpauth_url }))
}

/// Confirms the authenticator by a code, ends the other sessions and shows the recovery codes.
#[utoipa::path(
    post, path = "/me/totp/confirm", tag = "me", operation_id = "confirm_totp",
    request_body = ConfirmTotpRequest,
    responses((status = 200, body = RecoveryCodesResponse), Problems)
)]
async fn confirm_totp(
    State(bank): State<Bank>,
    caller: Caller,
    Json(body): Json<ConfirmTotpRequest>,
) -> Result<Json<RecoveryCodesResponse>, Problem> {
    Ok(shown(&service::confirm_enrolment(&bank, &caller, &body.code).await?))
}

/// Takes the second factor away, by password and a code, and ends the other sessions.
#[utoipa::path(
    delete, path = "/me/totp", tag = "me", operation_id = "remove_totp",
    request_body = RemoveTotpRequest,
    responses((status = 204, description = "The second factor is gone"), Problems)
)]
async fn remove_totp(
    State(bank): State<Bank>,
    caller: Caller,
    Json(body): Json<RemoveTotpRequest>,
) -> Result<StatusCode, Problem> {
    service::remove_second_factor(&bank, &caller, &body.password, &body.code).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Shows fresh recovery codes, in place of all earlier ones.
#[utoipa::path(
    post, path = "/me/totp/recovery-codes", tag = "me", operation_id = "renew_recovery_codes",
    request_body = PasswordRequest,
    responses((status = 200, body = RecoveryCodesResponse), Problems)
)]
async fn renew_recovery_codes(
    State(bank): State<Bank>,
    caller: Caller,
    Json(body): Json<PasswordRequest>,
) -> Result<Json<RecoveryCodesResponse>, Problem> {
    Ok(shown(&service::renew_recovery_codes(&bank, &caller, &body.password).await?))
}

fn shown(codes: &[Secret<String>]) -> Json<RecoveryCodesResponse> {
    Json(RecoveryCodesResponse { recovery_codes: codes.iter().map(|code| code.expose().clone()).collect() })
}
