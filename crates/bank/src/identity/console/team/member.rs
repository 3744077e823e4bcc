//! One member of staff: roles, sessions, keys, and what can be done.

use std::collections::HashMap;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use kernel::UserId;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::members::{roles, words};
use super::{RoleChoice, address, role_choices};
use crate::audit::{AuditEvent, Reason, Who};
use crate::identity::console::customer::status_badge;
use crate::identity::console::history::events;
use crate::identity::directory;
use crate::identity::model::{UserKind, UserStatus};
use crate::identity::service::{self, UserDetail};
use crate::web::page::{Badge, Forms, Look, Sent, Staff};
use crate::web::{Path, Problem};
use crate::{Bank, Permission};

pub(super) fn routes() -> OpenApiRouter<Bank> {
    OpenApiRouter::new()
        .routes(routes!(member_page))
        .routes(routes!(change_roles))
        .routes(routes!(suspend))
        .routes(routes!(reinstate))
        .routes(routes!(end_sessions))
        .routes(routes!(reset_second_factor))
}

#[derive(Template)]
#[template(path = "identity/pages/member.html")]
struct MemberPage<'a> {
    look: &'a Look,
    title: &'a str,
    forms: &'a Forms,
    detail: &'a UserDetail,
    roles: String,
    choices: Vec<RoleChoice>,
    history: Option<Vec<AuditEvent>>,
    names: HashMap<UserId, String>,
}

impl MemberPage<'_> {
    fn badge(&self) -> Badge {
        status_badge(self.detail.user.status)
    }

    fn href(&self) -> String {
        address(self.detail.user.id)
    }

    fn is_suspended(&self) -> bool {
        self.detail.user.status == UserStatus::Suspended
    }

    fn is_oneself(&self) -> bool {
        self.look.member().is_some_and(|member| member.caller.user_id == Some(self.detail.user.id))
    }

    fn may_act(&self) -> bool {
        let acts = [
            Permission::AssignRoles,
            Permission::SuspendUsers,
            Permission::EndSessions,
            Permission::ResetSecondFactor,
        ];
        !self.is_oneself() && acts.into_iter().any(|permission| self.look.may(permission))
    }

    fn actor(&self, event: &AuditEvent) -> &str {
        match event.actor() {
            Some(Who::User(id)) => self.names.get(&id).map_or("somebody", String::as_str),
            Some(Who::ApiKey(_)) => "an API key",
            Some(Who::System) | None => "the bank itself",
        }
    }
}

/// Shows a member of staff. The look is written into the audit log.
#[utoipa::path(
    get, path = "/admin/team/{id}", tag = "team", operation_id = "member_page", responses((status = 200))
)]
async fn member_page(
    State(bank): State<Bank>,
    staff: Staff,
    Path(id): Path<UserId>,
) -> Result<Response, Problem> {
    show(&bank, &staff, id, &Forms::default()).await
}

async fn show(bank: &Bank, staff: &Staff, id: UserId, forms: &Forms) -> Result<Response, Problem> {
    let detail = service::find_user(bank, &staff.caller, id).await?;
    if detail.user.kind != UserKind::Staff {
        return Err(Problem::not_found());
    }
    let history = events(bank, staff, &id.to_string()).await?;
    let actors = history.iter().flatten().filter_map(|event| match event.actor() {
        Some(Who::User(id)) => Some(id),
        _ => None,
    });
    let names = directory::named(bank.db.read(), actors).await?;
    let choices = role_choices(|role| {
        let held = if detail.roles.contains(&role) { role.as_str() } else { "" };
        forms.is_chosen("roles", "roles", role.as_str(), held)
    });
    let (look, title, roles) = (&staff.look, detail.user.full_name.as_str(), words(&detail.roles));
    let page = MemberPage { look, title, forms, detail: &detail, roles, choices, history, names };
    staff.show_with(forms, &page)
}

/// Goes on after an action: back to the page with a message, or the page with the form that was refused.
async fn answer(
    (bank, staff, id): (&Bank, &Staff, UserId),
    judged: Result<(), Forms>,
    message: &str,
) -> Result<Response, Problem> {
    match judged {
        Ok(()) => Ok(staff.done(&address(id), message)),
        Err(forms) => show(bank, staff, id, &forms).await,
    }
}

/// Gives a member of staff other roles, which count from the next request on.
#[utoipa::path(
    post, path = "/admin/team/{id}/roles", tag = "team", operation_id = "console_assign_roles",
    responses((status = 303))
)]
async fn change_roles(
    State(bank): State<Bank>,
    staff: Staff,
    Path(id): Path<UserId>,
    sent: Sent,
) -> Result<Response, Problem> {
    let outcome: Result<(), Problem> = async {
        let roles = (roles(&sent)?, sent.parsed::<Reason>("reason")?);
        Ok(service::assign_roles(&bank, &staff.caller, id, roles).await?)
    }
    .await;
    let judged = sent.judged("roles", outcome)?;
    answer((&bank, &staff, id), judged, "The roles are changed. They count from the next request on.").await
}

/// Stops a member of staff: sessions and keys end at once.
#[utoipa::path(
    post, path = "/admin/team/{id}/suspend", tag = "team", operation_id = "console_suspend_member",
    responses((status = 303))
)]
async fn suspend(
    State(bank): State<Bank>,
    staff: Staff,
    Path(id): Path<UserId>,
    sent: Sent,
) -> Result<Response, Problem> {
    let outcome: Result<(), Problem> =
        async { Ok(service::suspend(&bank, &staff.caller, id, sent.parsed("reason")?).await?) }.await;
    let judged = sent.judged("suspend", outcome)?;
    answer((&bank, &staff, id), judged, "Suspended. Sessions and API keys have ended.").await
}

/// Lets a suspended member of staff sign in again.
#[utoipa::path(
    post, path = "/admin/team/{id}/reinstate", tag = "team", operation_id = "console_reinstate_member",
    responses((status = 303))
)]
async fn reinstate(
    State(bank): State<Bank>,
    staff: Staff,
    Path(id): Path<UserId>,
    sent: Sent,
) -> Result<Response, Problem> {
    let outcome: Result<(), Problem> =
        async { Ok(service::reinstate(&bank, &staff.caller, id, sent.parsed("reason")?).await?) }.await;
    let judged = sent.judged("reinstate", outcome)?;
    answer((&bank, &staff, id), judged, "Reinstated. Signing in works again.").await
}

/// Ends all sessions of a member of staff.
#[utoipa::path(
    post, path = "/admin/team/{id}/end-sessions", tag = "team", operation_id = "console_end_member_sessions",
    responses((status = 303))
)]
async fn end_sessions(
    State(bank): State<Bank>,
    staff: Staff,
    Path(id): Path<UserId>,
    sent: Sent,
) -> Result<Response, Problem> {
    let outcome: Result<(), Problem> =
        async { Ok(service::end_sessions_of(&bank, &staff.caller, id, sent.parsed("reason")?).await?) }.await;
    let judged = sent.judged("end-sessions", outcome)?;
    answer((&bank, &staff, id), judged, "All sessions have ended.").await
}

/// Takes the second factor of a member of staff away, so that a new one can be enrolled.
#[utoipa::path(
    post, path = "/admin/team/{id}/reset-second-factor", tag = "team",
    operation_id = "console_reset_member_second_factor", responses((status = 303))
)]
async fn reset_second_factor(
    State(bank): State<Bank>,
    staff: Staff,
    Path(id): Path<UserId>,
    sent: Sent,
) -> Result<Response, Problem> {
    let outcome: Result<(), Problem> =
        async { Ok(service::reset_second_factor(&bank, &staff.caller, id, sent.parsed("reason")?).await?) }
            .await;
    let judged = sent.judged("reset-second-factor", outcome)?;
    answer((&bank, &staff, id), judged, "The second factor is gone, and all sessions have ended.").await
}
