//! Registering, signing in and out.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use kernel::{CountryCode, Instant, Secret, SessionId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{cookies, parsed};
use crate::identity::model::{Delivery, Locale, Visitor};
use crate::identity::service::{self, FirstStep, Registration, SecondStep, SignIn, SignedIn, csrf_token};
use crate::web::{Json, Problem, Problems};
use crate::{Bank, Caller};

pub(super) fn routes() -> OpenApiRouter<Bank> {
    OpenApiRouter::new()
        .routes(routes!(register))
        .routes(routes!(verify_email))
        .routes(routes!(login))
        .routes(routes!(mfa))
        .routes(routes!(refresh))
        .routes(routes!(logout))
        .routes(routes!(forgot_password))
        .routes(routes!(reset_password))
}

/// Registers a customer, or a member of staff by an invitation.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RegisterRequest {
    #[schema(format = "email", max_length = 254, example = "ada@example.com")]
    email: String,
    /// 15 to 128 characters of any kind that are hard to guess.
    #[schema(value_type = String, format = Password, min_length = 15, max_length = 128, example = "quartz plover umbrella")]
    password: Secret<String>,
    #[schema(min_length = 1, max_length = 200, example = "Ada Lovelace")]
    full_name: String,
    /// Country of residence.
    country: Option<CountryCode>,
    /// Preferred language: `en`, `de-AT`.
    #[schema(example = "en")]
    locale: Option<String>,
    /// From an invitation's mail: makes a member of staff.
    #[schema(value_type = Option<String>)]
    invitation_token: Option<Secret<String>>,
}

/// Says what comes next.
#[derive(Debug, Serialize, ToSchema)]
struct RegisterResponse {
    /// `verify_email`: a mail is on its way. `sign_in`: with an invitation, the address is verified already.
    #[schema(example = "verify_email")]
    next: &'static str,
}

/// Carries a mailed token.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct VerifyEmailRequest {
    #[schema(value_type = String, example = "JH0yVx5P3hSg0m3cWc0mXg8Q4Qm0Jt1u")]
    token: Secret<String>,
}

/// Carries the first step of a sign-in.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LoginRequest {
    #[schema(format = "email", example = "ada@example.com")]
    email: String,
    #[schema(value_type = String, format = Password, max_length = 128, example = "quartz plover umbrella")]
    password: Secret<String>,
    /// How the tokens shall travel.
    #[serde(default)]
    delivery: Delivery,
}

/// Carries the second step of a sign-in.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct MfaRequest {
    /// From the first step.
    #[schema(value_type = String)]
    mfa_token: Secret<String>,
    /// The authenticator's six digits, or a recovery code.
    #[schema(value_type = String, example = "123456")]
    code: Secret<String>,
    /// How the tokens shall travel.
    #[serde(default)]
    delivery: Delivery,
}

/// Carries a refresh token; browsers send it as a cookie, and an empty object.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RefreshRequest {
    #[schema(value_type = Option<String>)]
    refresh_token: Option<Secret<String>>,
}

/// Carries the address whose password is forgotten.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ForgotPasswordRequest {
    #[schema(format = "email", example = "ada@example.com")]
    email: String,
}

/// Carries a mailed token and the new password.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ResetPasswordRequest {
    #[schema(value_type = String)]
    token: Secret<String>,
    #[schema(value_type = String, format = Password, min_length = 12, max_length = 128, example = "quartz plover umbrella")]
    password: Secret<String>,
}

/// Says how far a sign-in came. With `delivery: cookie` the tokens are in cookies, not here.
#[derive(Debug, Default, Serialize, ToSchema)]
struct SignInResponse {
    /// Whether a second step is needed: send `mfa_token` and a code to `auth/mfa`.
    mfa_required: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    mfa_token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    session_id: Option<SessionId>,
    /// `Bearer`.
    #[serde(skip_serializing_if = "Option::is_none")]
    token_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    access_token: Option<String>,
    /// Until when the access token holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    access_expires_at: Option<Instant>,
    /// Continues the session once, at `auth/refresh`.
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
    /// When the session ends in any case; it ends earlier when it rests.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    session_expires_at: Option<Instant>,
    /// With cookies: send it as `X-CSRF-Token` with every write.
    #[serde(skip_serializing_if = "Option::is_none")]
    csrf_token: Option<String>,
}

/// Registers a customer, or a member of staff by an invitation.
///
/// The answer is the same whether or not the address is known; its owner learns by mail.
#[utoipa::path(
    post, path = "/auth/register", tag = "auth", operation_id = "register", security(()),
    request_body = RegisterRequest,
    responses((status = 202, body = RegisterResponse), Problems)
)]
async fn register(
    State(bank): State<Bank>,
    visitor: Visitor,
    Json(body): Json<RegisterRequest>,
) -> Result<(StatusCode, Json<RegisterResponse>), Problem> {
    let next = if body.invitation_token.is_some() { "sign_in" } else { "verify_email" };
    let registration = Registration {
        email: parsed("/email", &body.email)?,
        full_name: parsed("/full_name", &body.full_name)?,
        password: body.password,
        country: body.country,
        locale: body.locale.as_deref().map(|text| parsed::<Locale>("/locale", text)).transpose()?,
        invitation_token: body.invitation_token,
    };
    service::register(&bank, &visitor, registration).await?;
    Ok((StatusCode::ACCEPTED, Json(RegisterResponse { next })))
}

/// Verifies an address by the mailed token, which works once and for a day.
#[utoipa::path(
    post, path = "/auth/verify-email", tag = "auth", operation_id = "verify_email", security(()),
    request_body = VerifyEmailRequest,
    responses((status = 204, description = "The address is verified"), Problems)
)]
async fn verify_email(
    State(bank): State<Bank>,
    visitor: Visitor,
    Json(body): Json<VerifyEmailRequest>,
) -> Result<StatusCode, Problem> {
    service::verify_email(&bank, &visitor, &body.token).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Signs in with address and password.
///
/// A failure never says what was wrong. After five in a row the account rests for a minute, and for longer
/// each time.
#[utoipa::path(
    post, path = "/auth/login", tag = "auth", operation_id = "login", security(()),
    request_body = LoginRequest,
    responses((status = 200, body = SignInResponse), Problems)
)]
async fn login(
    State(bank): State<Bank>,
    visitor: Visitor,
    Json(body): Json<LoginRequest>,
) -> Result<Response, Problem> {
    let LoginRequest { email, password, delivery } = body;
    let step = FirstStep { email: parsed("/email", &email)?, password, delivery, only: None };
    match service::sign_in(&bank, &visitor, step).await? {
        SignIn::Done(signed_in) => Ok(welcome(&bank, &signed_in)),
        SignIn::SecondStep(token) => {
            let mfa_token = Some(token.expose().clone());
            let answer = SignInResponse { mfa_required: true, mfa_token, ..SignInResponse::default() };
            Ok(Json(answer).into_response())
        }
    }
}

/// Finishes a sign-in with the second factor. Each code works once.
#[utoipa::path(
    post, path = "/auth/mfa", tag = "auth", operation_id = "finish_login", security(()),
    request_body = MfaRequest,
    responses((status = 200, body = SignInResponse), Problems)
)]
async fn mfa(
    State(bank): State<Bank>,
    visitor: Visitor,
    Json(body): Json<MfaRequest>,
) -> Result<Response, Problem> {
    let step = SecondStep { token: body.mfa_token, code: body.code, delivery: body.delivery, only: None };
    Ok(welcome(&bank, &service::second_step(&bank, &visitor, step).await?))
}

/// Exchanges a refresh token for fresh tokens.
///
/// A token works once. If the answer is lost, the same client may repeat the request within ten seconds and
/// gets the same tokens; after that, a token that was used before ends the session. Refreshing is no use of
/// the session: it does not keep an idle one alive.
#[utoipa::path(
    post, path = "/auth/refresh", tag = "auth", operation_id = "refresh", security(()),
    request_body = RefreshRequest,
    responses((status = 200, body = SignInResponse), Problems)
)]
async fn refresh(
    State(bank): State<Bank>,
    visitor: Visitor,
    headers: HeaderMap,
    Json(body): Json<RefreshRequest>,
) -> Result<Response, Problem> {
    let cookie = || cookies::refresh(&bank, &headers).map(Secret::new);
    let token = body.refresh_token.or_else(cookie).ok_or_else(Problem::unauthenticated)?;
    Ok(welcome(&bank, &service::refresh(&bank, &visitor, &token).await?))
}

/// Signs out: the session ends at once, on every node.
#[utoipa::path(
    post, path = "/auth/logout", tag = "auth", operation_id = "logout",
    responses((status = 204, description = "The session has ended"), Problems)
)]
async fn logout(State(bank): State<Bank>, caller: Caller) -> Result<(StatusCode, HeaderMap), Problem> {
    service::sign_out(&bank, &caller).await?;
    Ok((StatusCode::NO_CONTENT, cookies::clear(&bank)))
}

/// Mails a token that sets a new password. The answer is the same for every address.
#[utoipa::path(
    post, path = "/auth/password/forgot", tag = "auth", operation_id = "forgot_password", security(()),
    request_body = ForgotPasswordRequest,
    responses((status = 202, description = "If the address is known, a mail is on its way"), Problems)
)]
async fn forgot_password(
    State(bank): State<Bank>,
    Json(body): Json<ForgotPasswordRequest>,
) -> Result<StatusCode, Problem> {
    service::forgot_password(&bank, &parsed("/email", &body.email)?).await?;
    Ok(StatusCode::ACCEPTED)
}

/// Sets a new password by a mailed token and ends all sessions. It signs nobody in.
#[utoipa::path(
    post, path = "/auth/password/reset", tag = "auth", operation_id = "reset_password", security(()),
    request_body = ResetPasswordRequest,
    responses((status = 204, description = "The password is set"), Problems)
)]
async fn reset_password(
    State(bank): State<Bank>,
    visitor: Visitor,
    Json(body): Json<ResetPasswordRequest>,
) -> Result<StatusCode, Problem> {
    service::reset_password(&bank, &visitor, &body.token, &body.password).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Hands the tokens over: in the body, or in cookies with only the write token in the body.
fn welcome(bank: &Bank, signed_in: &SignedIn) -> Response {
    let mut answer = SignInResponse {
        session_id: Some(signed_in.session_id),
        access_expires_at: Some(signed_in.access_expires_at),
        session_expires_at: Some(signed_in.session_expires_at),
        ..SignInResponse::default()
    };
    match signed_in.delivery {
        Delivery::Bearer => {
            answer.token_type = Some("Bearer");
            answer.access_token = Some(signed_in.access_token.expose().clone());
            answer.refresh_token = Some(signed_in.refresh_token.expose().clone());
            Json(answer).into_response()
        }
        Delivery::Cookie => {
            answer.csrf_token = Some(csrf_token(bank, signed_in.session_id));
            (cookies::set(bank, signed_in), Json(answer)).into_response()
        }
    }
}
