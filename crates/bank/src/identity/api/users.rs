//! Users as staff sees them.

use axum::extract::State;
use axum::http::StatusCode;
use kernel::UserId;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::parsed;
use super::users_shapes::{
    AssignRolesRequest, InvitationResponse, InvitationsResponse, InviteRequest, NoteResponse, ReasonRequest,
    RoleResponse, RolesResponse, UserDetailResponse, UserResponse, UsersQuery, WriteNoteRequest,
};
use crate::identity::UserFilter;
use crate::identity::service::{self, Invite};
use crate::web::{Json, ListQuery, PageResponse, Path, Problem, Problems, Query};
use crate::{Bank, Caller, Permission, Role};

pub(super) fn routes() -> OpenApiRouter<Bank> {
    OpenApiRouter::new()
        .routes(routes!(list_users))
        .routes(routes!(list_invitations, invite_user))
        .routes(routes!(list_roles))
        .routes(routes!(show_user))
        .routes(routes!(suspend_user))
        .routes(routes!(reinstate_user))
        .routes(routes!(assign_roles))
        .routes(routes!(end_user_sessions))
        .routes(routes!(reset_user_totp))
        .routes(routes!(write_user_note))
}

/// Lists users, newest first. The look is written into the audit log.
#[utoipa::path(
    get, path = "/users", tag = "users", operation_id = "list_users", params(UsersQuery),
    responses((status = 200, body = PageResponse<UserResponse>), Problems)
)]
async fn list_users(
    State(bank): State<Bank>,
    caller: Caller,
    Query(query): Query<UsersQuery>,
) -> Result<Json<PageResponse<UserResponse>>, Problem> {
    let page = ListQuery { limit: query.limit, after: query.after }.page_of::<UserId>()?;
    let text = query.search.filter(|text| !text.is_empty());
    let filter = UserFilter { kind: query.kind, status: query.status, text, ids: Vec::new() };
    let page = service::list_users(&bank, &caller, filter, page).await?;
    Ok(Json(PageResponse::new(page, |(user, roles)| UserResponse::new(user, roles))))
}

/// Lists the invitations of staff that nobody has taken up yet, newest first.
#[utoipa::path(
    get, path = "/users/invitations", tag = "users", operation_id = "list_invitations",
    responses((status = 200, body = InvitationsResponse), Problems)
)]
async fn list_invitations(
    State(bank): State<Bank>,
    caller: Caller,
) -> Result<Json<InvitationsResponse>, Problem> {
    let open = service::list_invitations(&bank, &caller).await?;
    Ok(Json(InvitationsResponse { items: open.into_iter().map(InvitationResponse::from).collect() }))
}

/// Lists the roles and what each may do.
#[utoipa::path(
    get, path = "/roles", tag = "users", operation_id = "list_roles",
    responses((status = 200, body = RolesResponse), Problems)
)]
async fn list_roles(caller: Caller) -> Result<Json<RolesResponse>, Problem> {
    caller.require(Permission::ReadUsers)?;
    Ok(Json(RolesResponse { items: Role::ALL.into_iter().map(RoleResponse::from).collect() }))
}

/// Invites a member of staff; the token goes by mail.
#[utoipa::path(
    post, path = "/users/invitations", tag = "users", operation_id = "invite_user",
    request_body = InviteRequest,
    responses((status = 201, body = InvitationResponse), Problems)
)]
async fn invite_user(
    State(bank): State<Bank>,
    caller: Caller,
    Json(body): Json<InviteRequest>,
) -> Result<(StatusCode, Json<InvitationResponse>), Problem> {
    let email = parsed("/email", &body.email)?;
    let invite = Invite { email, roles: body.roles, reason: body.reason };
    let tx = bank.db.begin().await?;
    let invitation = service::invite(&bank, &tx, &caller, invite).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(invitation.into())))
}

/// Shows one user. The look is written into the audit log.
#[utoipa::path(
    get, path = "/users/{id}", tag = "users", operation_id = "show_user",
    params(("id" = UserId, Path)),
    responses((status = 200, body = UserDetailResponse), Problems)
)]
async fn show_user(
    State(bank): State<Bank>,
    caller: Caller,
    Path(id): Path<UserId>,
) -> Result<Json<UserDetailResponse>, Problem> {
    Ok(Json(service::find_user(&bank, &caller, id).await?.into()))
}

/// Stops a user: sessions and keys end at once.
#[utoipa::path(
    post, path = "/users/{id}/suspend", tag = "users", operation_id = "suspend_user",
    params(("id" = UserId, Path)), request_body = ReasonRequest,
    responses((status = 204, description = "The user is suspended"), Problems)
)]
async fn suspend_user(
    State(bank): State<Bank>,
    caller: Caller,
    Path(id): Path<UserId>,
    Json(body): Json<ReasonRequest>,
) -> Result<StatusCode, Problem> {
    service::suspend(&bank, &caller, id, body.reason).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Lets a suspended user sign in again.
#[utoipa::path(
    post, path = "/users/{id}/reinstate", tag = "users", operation_id = "reinstate_user",
    params(("id" = UserId, Path)), request_body = ReasonRequest,
    responses((status = 204, description = "The user is active"), Problems)
)]
async fn reinstate_user(
    State(bank): State<Bank>,
    caller: Caller,
    Path(id): Path<UserId>,
    Json(body): Json<ReasonRequest>,
) -> Result<StatusCode, Problem> {
    service::reinstate(&bank, &caller, id, body.reason).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Gives a member of staff other roles, which count from the next request on.
#[utoipa::path(
    post, path = "/users/{id}/roles", tag = "users", operation_id = "assign_roles",
    params(("id" = UserId, Path)), request_body = AssignRolesRequest,
    responses((status = 204, description = "The roles are assigned"), Problems)
)]
async fn assign_roles(
    State(bank): State<Bank>,
    caller: Caller,
    Path(id): Path<UserId>,
    Json(body): Json<AssignRolesRequest>,
) -> Result<StatusCode, Problem> {
    service::assign_roles(&bank, &caller, id, (body.roles, body.reason)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Ends all sessions of a user.
#[utoipa::path(
    post, path = "/users/{id}/end-sessions", tag = "users", operation_id = "end_user_sessions",
    params(("id" = UserId, Path)), request_body = ReasonRequest,
    responses((status = 204, description = "The sessions have ended"), Problems)
)]
async fn end_user_sessions(
    State(bank): State<Bank>,
    caller: Caller,
    Path(id): Path<UserId>,
    Json(body): Json<ReasonRequest>,
) -> Result<StatusCode, Problem> {
    service::end_sessions_of(&bank, &caller, id, body.reason).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes a user's second factor away, so that a new one can be enrolled, and ends all sessions.
#[utoipa::path(
    post, path = "/users/{id}/reset-totp", tag = "users", operation_id = "reset_user_totp",
    params(("id" = UserId, Path)), request_body = ReasonRequest,
    responses((status = 204, description = "The second factor is gone"), Problems)
)]
async fn reset_user_totp(
    State(bank): State<Bank>,
    caller: Caller,
    Path(id): Path<UserId>,
    Json(body): Json<ReasonRequest>,
) -> Result<StatusCode, Problem> {
    service::reset_second_factor(&bank, &caller, id, body.reason).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Writes a note on a user.
#[utoipa::path(
    post, path = "/users/{id}/notes", tag = "users", operation_id = "write_user_note",
    params(("id" = UserId, Path)), request_body = WriteNoteRequest,
    responses((status = 201, body = NoteResponse), Problems)
)]
async fn write_user_note(
    State(bank): State<Bank>,
    caller: Caller,
    Path(id): Path<UserId>,
    Json(body): Json<WriteNoteRequest>,
) -> Result<(StatusCode, Json<NoteResponse>), Problem> {
    let note = service::write_note(&bank, &caller, id, body.text.into()).await?;
    Ok((StatusCode::CREATED, Json(note.into())))
}
