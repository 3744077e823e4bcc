//! Setting an account's limits: amounts as people type them.

use axum::extract::State;
use axum::response::Response;
use kernel::{AccountId, Currency};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::detail::{address, show};
use crate::accounts::{LimitChange, Setting, service};
use crate::audit::Reason;
use crate::web::page::{Format, Sent, Staff};
use crate::web::{Path, Problem};
use crate::{Bank, Permission};

pub(super) fn routes() -> OpenApiRouter<Bank> {
    OpenApiRouter::new().routes(routes!(set_limits))
}

/// Sets the limits and the overdraft of an account.
#[utoipa::path(
    post, path = "/admin/accounts/{id}/limits", tag = "account-pages", operation_id = "console_set_limits",
    responses((status = 303))
)]
async fn set_limits(
    State(bank): State<Bank>,
    staff: Staff,
    Path(id): Path<AccountId>,
    sent: Sent,
) -> Result<Response, Problem> {
    let outcome: Result<_, Problem> = async {
        staff.caller.require(Permission::LimitAccounts)?;
        let currency = service::find_named(&bank, &staff.caller, &id.to_string()).await?.currency;
        let change = change(&sent, staff.look.format(), currency)?;
        let reason: Reason = sent.parsed("reason")?;
        Ok(service::set_limits(&bank, &staff.caller, id, change, Some(reason)).await?)
    }
    .await;
    match sent.judged("limits", outcome)? {
        Ok(_) => Ok(staff.done(&address(id), "The limits are set.")),
        Err(forms) => show(&bank, &staff, id, &forms).await,
    }
}

/// Reads what was typed: a blank limit is none.
fn change(sent: &Sent, format: Format, currency: Currency) -> Result<LimitChange, Problem> {
    let limit = |name| match sent.text(name) {
        "" => Ok(Setting::Unlimited),
        _ => sent.amount(name, format, currency).map(Setting::At),
    };
    Ok(LimitChange {
        single: limit("single")?,
        day: limit("day")?,
        month: limit("month")?,
        overdraft: Some(sent.amount("overdraft", format, currency)?),
    })
}
