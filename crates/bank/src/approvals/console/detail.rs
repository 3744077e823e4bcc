//! One command: what it would do, why it is asked for, the decision, and what came of it.

use askama::Template;
use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use kernel::ApprovalId;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::draw_effect;
use super::list::{Row, rows};
use crate::approvals::{Approval, Executors, service};
use crate::audit::Reason;
use crate::web::page::{Forms, Look, Markup, Sent, Staff, place_of};
use crate::web::{Path, Problem};
use crate::{Bank, Permission};

pub(super) fn routes() -> OpenApiRouter<Bank> {
    OpenApiRouter::new().routes(routes!(approval_page)).routes(routes!(approve)).routes(routes!(reject))
}

#[derive(Template)]
#[template(path = "approvals/pages/approval.html")]
struct ApprovalPage<'a> {
    look: &'a Look,
    title: &'a str,
    forms: &'a Forms,
    row: &'a Row,
    effect: Option<Markup>,
    would_be_refused: bool,
    is_own: bool,
    may_decide: bool,
}

impl ApprovalPage<'_> {
    fn approval(&self) -> &Approval {
        &self.row.approval
    }

    fn subject(&self) -> Option<String> {
        place_of(&self.row.approval.subject_id)
    }

    /// Leads to what was made; none when nothing of that sort came of it.
    fn made(&self) -> Option<(String, &str)> {
        let id = self.row.approval.result.as_ref()?["transfer_id"].as_str()?;
        Some((place_of(id)?, id))
    }
}

/// Shows one command. The look is written into the audit log.
#[utoipa::path(
    get, path = "/admin/approvals/{id}", tag = "approval-pages", operation_id = "approval_page",
    responses((status = 200))
)]
async fn approval_page(
    State(bank): State<Bank>,
    Extension(executors): Extension<Executors>,
    staff: Staff,
    Path(id): Path<ApprovalId>,
) -> Result<Response, Problem> {
    show(&bank, &executors, &staff, (id, &Forms::default())).await
}

async fn show(
    bank: &Bank,
    executors: &Executors,
    staff: &Staff,
    (id, forms): (ApprovalId, &Forms),
) -> Result<Response, Problem> {
    let (approval, effect) = service::find(bank, executors, &staff.caller, id).await?;
    let named = approval.decide_permission.parse().ok();
    let may_decide = staff.look.may(Permission::DecideApprovals)
        && named.is_some_and(|permission| staff.look.may(permission));
    let is_own = staff.caller.user_id == Some(approval.maker_user_id);
    let would_be_refused = effect.as_ref().is_some_and(|effect| effect.refusal.is_some());
    let effect = effect.map(|effect| draw_effect(&staff.look, &effect)).transpose()?;
    let rows = rows(bank, vec![approval]).await?;
    let row = rows.first().ok_or_else(Problem::not_found)?;
    let title = row.summary.as_str();
    let look = &staff.look;
    let page = ApprovalPage { look, title, forms, row, effect, would_be_refused, is_own, may_decide };
    staff.show_with(forms, &page)
}

/// Agrees as the second person; the command is carried out at once.
#[utoipa::path(
    post, path = "/admin/approvals/{id}/approve", tag = "approval-pages", operation_id = "console_approve",
    responses((status = 303))
)]
async fn approve(
    State(bank): State<Bank>,
    Extension(executors): Extension<Executors>,
    staff: Staff,
    Path(id): Path<ApprovalId>,
    sent: Sent,
) -> Result<Response, Problem> {
    let outcome: Result<Approval, Problem> = async {
        let reason: Reason = sent.parsed("reason")?;
        Ok(service::approve(&bank, &executors, &staff.caller, id, Some(reason)).await?)
    }
    .await;
    match sent.judged("approve", outcome)? {
        Ok(_) => Ok(done(&staff, id, "Approved and carried out.")),
        Err(forms) => show(&bank, &executors, &staff, (id, &forms)).await,
    }
}

/// Refuses as the second person, or withdraws what one asked for.
#[utoipa::path(
    post, path = "/admin/approvals/{id}/reject", tag = "approval-pages", operation_id = "console_reject",
    responses((status = 303))
)]
async fn reject(
    State(bank): State<Bank>,
    Extension(executors): Extension<Executors>,
    staff: Staff,
    Path(id): Path<ApprovalId>,
    sent: Sent,
) -> Result<Response, Problem> {
    let outcome: Result<Approval, Problem> =
        async { Ok(service::reject(&bank, &staff.caller, id, sent.parsed("reason")?).await?) }.await;
    match sent.judged("reject", outcome)? {
        Ok(_) => Ok(done(&staff, id, "It will not be carried out.")),
        Err(forms) => show(&bank, &executors, &staff, (id, &forms)).await,
    }
}

fn done(staff: &Staff, id: ApprovalId, message: &str) -> Response {
    staff.done(&place_of(&id).unwrap_or_default(), message)
}
