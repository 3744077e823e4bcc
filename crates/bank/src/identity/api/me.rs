//! One's own profile and password.

use axum::extract::State;
use axum::http::StatusCode;
use kernel::{CountryCode, Instant, Secret, UserId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::parsed;
use crate::identity::model::{FullName, Locale, UserKind, UserStatus};
use crate::identity::service::{self, ProfileChange};
use crate::web::{Json, Problem, Problems};
use crate::{Bank, Caller, Permission, Role};

pub(super) fn routes() -> OpenApiRouter<Bank> {
    OpenApiRouter::new().routes(routes!(show_me, update_me)).routes(routes!(change_password))
}

/// Shows the caller's own profile.
#[derive(Debug, Serialize, ToSchema)]
struct MeResponse {
    id: UserId,
    kind: UserKind,
    #[schema(example = "ada@example.com")]
    email: String,
    #[schema(example = "Ada Lovelace")]
    full_name: String,
    #[schema(example = "GB")]
    country: Option<String>,
    #[schema(example = "en")]
    locale: Option<String>,
    status: UserStatus,
    roles: Vec<Role>,
    /// What this caller may do.
    permissions: Vec<Permission>,
    /// Whether a second factor is enrolled.
    second_factor: bool,
    /// How many recovery codes are unused.
    recovery_codes_left: u64,
    /// Above which amount (minor units of the bank's base currency) payments need a step-up.
    step_up_threshold_minor: i64,
    #[schema(value_type = String, format = DateTime)]
    password_changed_at: Instant,
    #[schema(value_type = String, format = DateTime)]
    created_at: Instant,
}

/// Changes the caller's own profile; what is absent stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct UpdateMeRequest {
    #[schema(min_length = 1, max_length = 200, example = "Ada Lovelace")]
    full_name: Option<String>,
    country: Option<CountryCode>,
    #[schema(example = "de-AT")]
    locale: Option<String>,
    /// 0 up to the bank's own threshold.
    #[schema(minimum = 0, example = 10000)]
    step_up_threshold_minor: Option<i64>,
}

/// Changes the caller's password.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ChangePasswordRequest {
    #[schema(value_type = String, format = Password, max_length = 128)]
    current_password: Secret<String>,
    /// 15 to 128 characters (12 with a second factor) that are hard to guess.
    #[schema(value_type = String, format = Password, min_length = 12, max_length = 128, example = "quartz plover umbrella")]
    password: Secret<String>,
}

/// Shows the caller's own profile.
#[utoipa::path(
    get, path = "/me", tag = "me", operation_id = "show_me",
    responses((status = 200, body = MeResponse), Problems)
)]
async fn show_me(State(bank): State<Bank>, caller: Caller) -> Result<Json<MeResponse>, Problem> {
    me(&bank, &caller).await.map(Json)
}

/// Changes the caller's own profile.
#[utoipa::path(
    patch, path = "/me", tag = "me", operation_id = "update_me",
    request_body = UpdateMeRequest,
    responses((status = 200, body = MeResponse), Problems)
)]
async fn update_me(
    State(bank): State<Bank>,
    caller: Caller,
    Json(body): Json<UpdateMeRequest>,
) -> Result<Json<MeResponse>, Problem> {
    let change = ProfileChange {
        full_name: body
            .full_name
            .as_deref()
            .map(|text| parsed::<FullName>("/full_name", text))
            .transpose()?,
        country: body.country,
        locale: body.locale.as_deref().map(|text| parsed::<Locale>("/locale", text)).transpose()?,
        step_up_threshold_minor: body.step_up_threshold_minor,
    };
    service::update_me(&bank, &caller, change).await?;
    me(&bank, &caller).await.map(Json)
}

/// Changes the caller's password and ends all other sessions.
#[utoipa::path(
    post, path = "/me/password", tag = "me", operation_id = "change_password",
    request_body = ChangePasswordRequest,
    responses((status = 204, description = "The password is changed"), Problems)
)]
async fn change_password(
    State(bank): State<Bank>,
    caller: Caller,
    Json(body): Json<ChangePasswordRequest>,
) -> Result<StatusCode, Problem> {
    service::change_password(&bank, &caller, &body.current_password, &body.password).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn me(bank: &Bank, caller: &Caller) -> Result<MeResponse, Problem> {
    let (user, roles, recovery_codes_left) = service::find_me(bank, caller).await?;
    let second_factor = user.has_second_factor();
    let bank_threshold = bank.settings.step_up_threshold_minor;
    Ok(MeResponse {
        id: user.id,
        kind: user.kind,
        email: user.email,
        full_name: user.full_name,
        country: user.country,
        locale: user.locale,
        status: user.status,
        roles,
        permissions: caller.permissions.iter().collect(),
        second_factor,
        recovery_codes_left,
        step_up_threshold_minor: user.step_up_threshold_minor.unwrap_or(bank_threshold),
        password_changed_at: user.password_changed_at,
        created_at: user.created_at,
    })
}
