//! One customer: who it is, what staff knows and did, and what can be done.

use std::collections::HashMap;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use kernel::UserId;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::history;
use crate::Bank;
use crate::audit::Reason;
use crate::identity::directory;
use crate::identity::model::UserStatus;
use crate::identity::service::{self, UserDetail};
use crate::web::page::{Badge, Forms, Look, Markup, Sent, Staff, Tone};
use crate::web::{Path, Problem};

pub(super) fn routes() -> OpenApiRouter<Bank> {
    OpenApiRouter::new()
        .routes(routes!(customer_page))
        .routes(routes!(suspend))
        .routes(routes!(reinstate))
        .routes(routes!(end_sessions))
        .routes(routes!(reset_second_factor))
        .routes(routes!(write_note))
}

/// Returns where a customer's page is.
pub fn address(id: UserId) -> String {
    format!("/admin/customers/{id}")
}

pub(super) fn status_badge(status: UserStatus) -> Badge {
    match status {
        UserStatus::Active => Badge::new(Tone::Good, "Active"),
        UserStatus::PendingVerification => Badge::new(Tone::Warning, "Not verified"),
        UserStatus::Suspended => Badge::new(Tone::Bad, "Suspended"),
    }
}

#[derive(Template)]
#[template(path = "identity/pages/customer.html")]
struct CustomerPage<'a> {
    look: &'a Look,
    title: &'a str,
    forms: &'a Forms,
    detail: &'a UserDetail,
    panels: Vec<Markup>,
    history: Markup,
    names: HashMap<UserId, String>,
}

impl CustomerPage<'_> {
    fn badge(&self) -> Badge {
        status_badge(self.detail.user.status)
    }

    fn href(&self) -> String {
        address(self.detail.user.id)
    }

    fn is_suspended(&self) -> bool {
        self.detail.user.status == UserStatus::Suspended
    }

    fn name(&self, id: UserId) -> &str {
        self.names.get(&id).map_or("somebody", String::as_str)
    }
}

/// Shows one customer. The look is written into the audit log.
#[utoipa::path(
    get, path = "/admin/customers/{id}", tag = "customers", operation_id = "customer_page",
    responses((status = 200))
)]
async fn customer_page(
    State(bank): State<Bank>,
    staff: Staff,
    Path(id): Path<UserId>,
) -> Result<Response, Problem> {
    show(&bank, &staff, id, &Forms::default()).await
}

/// Shows one customer, with a form that was refused.
///
/// # Errors
/// Those of [`service::find_user`] and of the panels.
pub async fn show(bank: &Bank, staff: &Staff, id: UserId, forms: &Forms) -> Result<Response, Problem> {
    let detail = service::find_user(bank, &staff.caller, id).await?;
    let mut panels = Vec::new();
    for panel in staff.contributions.customer {
        panels.push(panel(bank, staff, id, forms).await?);
    }
    let history = history(bank, staff, &id.to_string()).await?;
    let people: Vec<UserId> = detail.notes.iter().map(|note| note.author_id).collect();
    let names = directory::named(bank.db.read(), people).await?;
    let title = detail.user.full_name.as_str();
    let page = CustomerPage { look: &staff.look, title, forms, detail: &detail, panels, history, names };
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

/// Stops a customer: sessions and keys end at once.
#[utoipa::path(
    post, path = "/admin/customers/{id}/suspend", tag = "customers", operation_id = "console_suspend_customer",
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

/// Lets a suspended customer sign in again.
#[utoipa::path(
    post, path = "/admin/customers/{id}/reinstate", tag = "customers",
    operation_id = "console_reinstate_customer", responses((status = 303))
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

/// Ends all sessions of a customer.
#[utoipa::path(
    post, path = "/admin/customers/{id}/end-sessions", tag = "customers",
    operation_id = "console_end_customer_sessions", responses((status = 303))
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

/// Takes a customer's second factor away, so that a new one can be enrolled.
#[utoipa::path(
    post, path = "/admin/customers/{id}/reset-second-factor", tag = "customers",
    operation_id = "console_reset_second_factor", responses((status = 303))
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

/// Writes a note on a customer.
#[utoipa::path(
    post, path = "/admin/customers/{id}/notes", tag = "customers", operation_id = "console_write_note",
    responses((status = 303))
)]
async fn write_note(
    State(bank): State<Bank>,
    staff: Staff,
    Path(id): Path<UserId>,
    sent: Sent,
) -> Result<Response, Problem> {
    let outcome: Result<(), Problem> = async {
        let text: Reason = sent.parsed("text")?;
        service::write_note(&bank, &staff.caller, id, text.into()).await?;
        Ok(())
    }
    .await;
    let judged = sent.judged("note", outcome)?;
    answer((&bank, &staff, id), judged, "The note is written.").await
}
