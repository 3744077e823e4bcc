//! One's own account: sessions, password, recovery codes.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use kernel::{Secret, SessionId};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::enter;
use crate::identity::model::{Session, User};
use crate::identity::service;
use crate::web::page::{Area, Badge, Forms, Look, Sent, Staff, Tone};
use crate::web::{Path, Problem};
use crate::{Bank, Role};

const ONESELF: &str = "/admin/me";

pub(super) fn routes() -> OpenApiRouter<Bank> {
    OpenApiRouter::new()
        .routes(routes!(oneself_page))
        .routes(routes!(change_password))
        .routes(routes!(end_session))
        .routes(routes!(sign_out_everywhere))
        .routes(routes!(renew_recovery_codes))
}

#[derive(Template)]
#[template(path = "identity/pages/oneself.html")]
struct OneselfPage<'a> {
    look: &'a Look,
    title: &'static str,
    forms: &'a Forms,
    user: User,
    roles: Vec<Role>,
    recovery_codes_left: u64,
    sessions: Vec<Session>,
    current: Option<SessionId>,
}

impl OneselfPage<'_> {
    fn is_current(&self, session: &Session) -> bool {
        Some(session.id) == self.current
    }

    fn second_factor(&self) -> Badge {
        if self.user.has_second_factor() {
            Badge::new(Tone::Good, "Enrolled")
        } else {
            Badge::new(Tone::Warning, "Not enrolled")
        }
    }
}

#[derive(Template)]
#[template(path = "identity/pages/recovery_codes.html")]
pub(super) struct RecoveryCodesPage<'a> {
    pub(super) look: &'a Look,
    pub(super) title: &'static str,
    pub(super) codes: Vec<Secret<String>>,
}

/// Shows one's own account.
#[utoipa::path(
    get, path = "/admin/me", tag = "oneself", operation_id = "oneself_page", responses((status = 200))
)]
async fn oneself_page(State(bank): State<Bank>, staff: Staff) -> Result<Response, Problem> {
    show(&bank, &staff, &Forms::default()).await
}

async fn show(bank: &Bank, staff: &Staff, forms: &Forms) -> Result<Response, Problem> {
    let (user, roles, recovery_codes_left) = service::find_me(bank, &staff.caller).await?;
    let sessions = service::list_sessions(bank, &staff.caller).await?;
    let page = OneselfPage {
        look: &staff.look,
        title: "Your account",
        forms,
        user,
        roles,
        recovery_codes_left,
        sessions,
        current: staff.caller.session_id,
    };
    staff.show_with(forms, &page)
}

/// Changes one's password and ends the other sessions.
#[utoipa::path(
    post, path = "/admin/me/password", tag = "oneself", operation_id = "console_change_password",
    responses((status = 303))
)]
async fn change_password(State(bank): State<Bank>, staff: Staff, sent: Sent) -> Result<Response, Problem> {
    let (current, new) = (sent.secret("current_password"), sent.secret("password"));
    let outcome = service::change_password(&bank, &staff.caller, &current, &new).await;
    match sent.judged("password", outcome.map_err(Problem::from))? {
        Ok(()) => Ok(staff.done(ONESELF, "Your password is changed. Your other sessions have ended.")),
        Err(forms) => show(&bank, &staff, &forms).await,
    }
}

/// Ends one of one's sessions.
#[utoipa::path(
    post, path = "/admin/me/sessions/{id}/end", tag = "oneself", operation_id = "console_end_session",
    responses((status = 303))
)]
async fn end_session(
    State(bank): State<Bank>,
    staff: Staff,
    Path(id): Path<SessionId>,
) -> Result<Response, Problem> {
    service::end_session(&bank, &staff.caller, id).await?;
    Ok(staff.done(ONESELF, "The session has ended."))
}

/// Ends all of one's sessions, this one too.
#[utoipa::path(
    post, path = "/admin/me/sign-out-everywhere", tag = "oneself",
    operation_id = "console_sign_out_everywhere", responses((status = 303))
)]
async fn sign_out_everywhere(State(bank): State<Bank>, staff: Staff) -> Result<Response, Problem> {
    service::end_all_sessions(&bank, &staff.caller).await?;
    let mut response = staff.done(Area::Staff.sign_in(), "You are signed out everywhere.");
    enter::let_out(&bank, Area::Staff, response.headers_mut());
    Ok(response)
}

/// Shows fresh recovery codes, this once, in place of all earlier ones.
#[utoipa::path(
    post, path = "/admin/me/recovery-codes", tag = "oneself", operation_id = "console_renew_recovery_codes",
    responses((status = 200))
)]
async fn renew_recovery_codes(
    State(bank): State<Bank>,
    staff: Staff,
    sent: Sent,
) -> Result<Response, Problem> {
    let outcome = service::renew_recovery_codes(&bank, &staff.caller, &sent.secret("password")).await;
    match sent.judged("recovery-codes", outcome.map_err(Problem::from))? {
        Ok(codes) => staff.show(&RecoveryCodesPage { look: &staff.look, title: "Recovery codes", codes }),
        Err(forms) => show(&bank, &staff, &forms).await,
    }
}
