//! Stopping an account, letting it move again, and closing it.

use axum::extract::State;
use axum::response::Response;
use kernel::AccountId;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::detail::{address, show};
use crate::Bank;
use crate::accounts::{AccountError, StatusChange, service};
use crate::audit::Reason;
use crate::web::page::{Sent, Staff};
use crate::web::{Path, Problem};

pub(super) fn routes() -> OpenApiRouter<Bank> {
    OpenApiRouter::new()
        .routes(routes!(freeze))
        .routes(routes!(block_debits))
        .routes(routes!(unfreeze))
        .routes(routes!(close))
}

/// Stops everything on an account.
#[utoipa::path(
    post, path = "/admin/accounts/{id}/freeze", tag = "account-pages", operation_id = "console_freeze_account",
    responses((status = 303))
)]
async fn freeze(
    State(bank): State<Bank>,
    staff: Staff,
    Path(id): Path<AccountId>,
    sent: Sent,
) -> Result<Response, Problem> {
    let form = ("freeze", "Frozen. Nothing moves on the account.");
    set_status((&bank, &staff, id), sent, StatusChange::Freeze, form).await
}

/// Stops what would leave an account.
#[utoipa::path(
    post, path = "/admin/accounts/{id}/block-debits", tag = "account-pages",
    operation_id = "console_block_debits", responses((status = 303))
)]
async fn block_debits(
    State(bank): State<Bank>,
    staff: Staff,
    Path(id): Path<AccountId>,
    sent: Sent,
) -> Result<Response, Problem> {
    let form = ("block-debits", "Debits are blocked. Money may still come in.");
    set_status((&bank, &staff, id), sent, StatusChange::BlockDebits, form).await
}

/// Lets an account move again.
#[utoipa::path(
    post, path = "/admin/accounts/{id}/unfreeze", tag = "account-pages",
    operation_id = "console_unfreeze_account", responses((status = 303))
)]
async fn unfreeze(
    State(bank): State<Bank>,
    staff: Staff,
    Path(id): Path<AccountId>,
    sent: Sent,
) -> Result<Response, Problem> {
    let form = ("unfreeze", "Everything moves again.");
    set_status((&bank, &staff, id), sent, StatusChange::Unfreeze, form).await
}

/// Closes an account for ever.
#[utoipa::path(
    post, path = "/admin/accounts/{id}/close", tag = "account-pages", operation_id = "console_close_account",
    responses((status = 303))
)]
async fn close(
    State(bank): State<Bank>,
    staff: Staff,
    Path(id): Path<AccountId>,
    sent: Sent,
) -> Result<Response, Problem> {
    let outcome: Result<_, Problem> = async {
        let reason: Reason = sent.parsed("reason")?;
        Ok(service::close(&bank, &staff.caller, id, Some(reason)).await?)
    }
    .await;
    match sent.judged("close", outcome)? {
        Ok(_) => Ok(staff.done(&address(id), "Closed for ever.")),
        Err(forms) => show(&bank, &staff, id, &forms).await,
    }
}

async fn set_status(
    (bank, staff, id): (&Bank, &Staff, AccountId),
    sent: Sent,
    change: StatusChange,
    (form, message): (&'static str, &str),
) -> Result<Response, Problem> {
    let outcome = match sent.parsed("reason") {
        Ok(reason) => {
            let changed = service::set_status(bank, &staff.caller, id, change, reason).await;
            changed.map_err(|error: AccountError| Problem::from(error))
        }
        Err(problem) => Err(problem),
    };
    match sent.judged(form, outcome)? {
        Ok(_) => Ok(staff.done(&address(id), message)),
        Err(forms) => show(bank, staff, id, &forms).await,
    }
}
