//! Reversing a transfer: exactly what moves back, a reason, and the button.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use kernel::TransferId;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::outcome::{go_on, made};
use crate::Bank;
use crate::approvals::draw_effect;
use crate::idempotency::{self, Begun, IdempotencyKey};
use crate::transfers::model::Reversal;
use crate::transfers::service::{self, Foreseen};
use crate::web::page::{Forms, Listing, Look, Markup, Sent, Staff, place_of};
use crate::web::{Path, Problem};

pub(super) fn routes() -> OpenApiRouter<Bank> {
    OpenApiRouter::new().routes(routes!(reversal_page, reverse))
}

#[derive(Template)]
#[template(path = "transfers/pages/reversal.html")]
struct ReversalPage<'a> {
    look: &'a Look,
    title: &'static str,
    forms: &'a Forms,
    back: String,
    effect: Markup,
    way: Way,
    needs_second_person: bool,
    force: bool,
}

/// Says what stands in the way of a reversal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// Nothing.
    Open,
    /// Only the lack of funds, which a second person may overrule.
    ByForce,
    /// Something that nobody overrules.
    Barred,
}

/// Shows what reversing a transfer would do.
#[utoipa::path(
    get, path = "/admin/transactions/{id}/reverse", tag = "cash-pages", operation_id = "reversal_page",
    responses((status = 200))
)]
async fn reversal_page(
    State(bank): State<Bank>,
    staff: Staff,
    Path(id): Path<TransferId>,
    listing: Listing,
) -> Result<Response, Problem> {
    show(&bank, &staff, (id, is_forced(listing.text("force"))), &Forms::default()).await
}

async fn show(
    bank: &Bank,
    staff: &Staff,
    (id, force): (TransferId, bool),
    forms: &Forms,
) -> Result<Response, Problem> {
    let foreseen = service::foresee_reversal(bank, &staff.caller, (id, force)).await?;
    let Foreseen { effect, needs_second_person } = foreseen;
    let way = match effect.refusal.as_ref().map(Problem::code) {
        None => Way::Open,
        Some("insufficient_funds") if !force => Way::ByForce,
        Some(_) => Way::Barred,
    };
    let page = ReversalPage {
        look: &staff.look,
        title: "Reverse",
        forms,
        back: place_of(&id).unwrap_or_default(),
        effect: draw_effect(&staff.look, &effect)?,
        way,
        needs_second_person,
        force,
    };
    staff.show_with(forms, &page)
}

/// Reverses a transfer, or asks a second person where it is large or forced; once for each form.
#[utoipa::path(
    post, path = "/admin/transactions/{id}/reverse", tag = "cash-pages", operation_id = "console_reverse",
    responses((status = 303))
)]
async fn reverse(
    State(bank): State<Bank>,
    staff: Staff,
    Path(transfer_id): Path<TransferId>,
    key: IdempotencyKey,
    sent: Sent,
) -> Result<Response, Problem> {
    let force = is_forced(sent.text("force"));
    let outcome: Result<_, Problem> = async {
        let id = TransferId::generate(bank.now(), &bank.random);
        let reversal = Reversal { id, transfer_id, reason: sent.parsed("reason")?, force };
        let answer = match idempotency::begin(&bank, &staff.caller, &key).await? {
            Begun::Replay(answer) => answer,
            Begun::Fresh(attempt) => {
                let reversed = service::reverse(&bank, attempt.tx(), &staff.caller, reversal).await;
                attempt.finish(reversed.map(made).map_err(Problem::from)).await?
            }
        };
        idempotency::told(answer).await
    }
    .await;
    match sent.judged("reverse", outcome)? {
        Ok(made) => Ok(go_on(&staff, &made)),
        Err(forms) => show(&bank, &staff, (transfer_id, force), &forms).await,
    }
}

fn is_forced(text: &str) -> bool {
    text == "true"
}
