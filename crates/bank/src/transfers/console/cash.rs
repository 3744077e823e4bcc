//! The cash desk: what to book, then exactly what will happen, then the button.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use kernel::TransferId;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::outcome::{go_on, made};
use crate::accounts::AccountError;
use crate::accounts::service::{NumberedAccount, find_named};
use crate::approvals::draw_effect;
use crate::idempotency::{self, Begun, IdempotencyKey};
use crate::transfers::model::{CashOperation, reference_fault};
use crate::transfers::service::{self, Foreseen};
use crate::web::Problem;
use crate::web::page::{Forms, Listing, Look, Markup, Sent, Staff};
use crate::{Bank, Permission};

/// What can be booked, in the order of the form.
const KINDS: [(&str, &str); 4] = [
    ("deposit", "Deposit: cash is brought"),
    ("withdrawal", "Withdrawal: cash is taken"),
    ("correction_credit", "Correction in favor of the customer"),
    ("correction_debit", "Correction against the customer"),
];

/// The fields that the page before the button sends on.
const FIELDS: [&str; 6] = ["account", "kind", "amount", "reference", "effective_on", "reason"];

pub(super) fn routes() -> OpenApiRouter<Bank> {
    OpenApiRouter::new().routes(routes!(cash_page, operate)).routes(routes!(preview))
}

#[derive(Template)]
#[template(path = "transfers/pages/cash.html")]
struct CashPage<'a> {
    look: &'a Look,
    title: &'static str,
    forms: &'a Forms,
    kinds: [(&'static str, &'static str); 4],
    account: &'a str,
    kind: &'a str,
}

#[derive(Template)]
#[template(path = "transfers/pages/cash_review.html")]
struct ReviewPage<'a> {
    look: &'a Look,
    title: &'static str,
    operation: &'a CashOperation,
    number: String,
    what: &'static str,
    fields: Vec<(&'static str, &'a str)>,
    effect: Markup,
    would_be_refused: bool,
    needs_second_person: bool,
}

/// Asks what to book.
#[utoipa::path(
    get, path = "/admin/cash-operations", tag = "cash-pages", operation_id = "cash_page",
    responses((status = 200))
)]
async fn cash_page(staff: Staff, listing: Listing) -> Result<Response, Problem> {
    staff.caller.require(Permission::OperateCash)?;
    show(&staff, &Forms::default(), (listing.text("account"), listing.text("kind")))
}

fn show(staff: &Staff, forms: &Forms, (account, kind): (&str, &str)) -> Result<Response, Problem> {
    let page = CashPage { look: &staff.look, title: "Cash desk", forms, kinds: KINDS, account, kind };
    staff.show_with(forms, &page)
}

/// Shows what would be booked, or the form again to be changed.
#[utoipa::path(
    post, path = "/admin/cash-operations/preview", tag = "cash-pages", operation_id = "console_preview_cash",
    responses((status = 200))
)]
async fn preview(State(bank): State<Bank>, staff: Staff, sent: Sent) -> Result<Response, Problem> {
    staff.caller.require(Permission::OperateCash)?;
    if !sent.text("change").is_empty() {
        return show(&staff, &sent.kept("cash"), ("", ""));
    }
    let fields = sent.clone();
    let outcome: Result<_, Problem> = async {
        let (account, operation) = read(&bank, &staff, &sent).await?;
        let foreseen = service::foresee_cash(&bank, &staff.caller, &operation).await?;
        Ok((account, operation, foreseen))
    }
    .await;
    match sent.judged("cash", outcome)? {
        Ok((account, operation, foreseen)) => review(&staff, &fields, (&account, &operation), foreseen),
        Err(forms) => show(&staff, &forms, ("", "")),
    }
}

fn review(
    staff: &Staff,
    sent: &Sent,
    (account, operation): (&NumberedAccount, &CashOperation),
    Foreseen { effect, needs_second_person }: Foreseen,
) -> Result<Response, Problem> {
    let page = ReviewPage {
        look: &staff.look,
        title: "Cash desk",
        operation,
        number: account.number.grouped(),
        what: operation.kind.words(),
        fields: FIELDS.map(|name| (name, sent.text(name))).to_vec(),
        would_be_refused: effect.refusal.is_some(),
        effect: draw_effect(&staff.look, &effect)?,
        needs_second_person,
    };
    staff.show(&page)
}

/// Books what was shown, or asks a second person where the amount is large; once for each form.
#[utoipa::path(
    post, path = "/admin/cash-operations", tag = "cash-pages", operation_id = "console_operate_cash",
    responses((status = 303))
)]
async fn operate(
    State(bank): State<Bank>,
    staff: Staff,
    key: IdempotencyKey,
    sent: Sent,
) -> Result<Response, Problem> {
    staff.caller.require(Permission::OperateCash)?;
    let outcome: Result<_, Problem> = async {
        let (_, operation) = read(&bank, &staff, &sent).await?;
        let answer = match idempotency::begin(&bank, &staff.caller, &key).await? {
            Begun::Replay(answer) => answer,
            Begun::Fresh(attempt) => {
                let booked = service::operate_cash(&bank, attempt.tx(), &staff.caller, operation).await;
                attempt.finish(booked.map(made).map_err(Problem::from)).await?
            }
        };
        idempotency::told(answer).await
    }
    .await;
    match sent.judged("cash", outcome)? {
        Ok(made) => Ok(go_on(&staff, &made)),
        Err(forms) => show(&staff, &forms, ("", "")),
    }
}

/// Reads the form; the account is named by its number or its id, and its currency is the amount's.
async fn read(bank: &Bank, staff: &Staff, sent: &Sent) -> Result<(NumberedAccount, CashOperation), Problem> {
    let account = match find_named(bank, &staff.caller, sent.text("account")).await {
        Err(AccountError::NotFound) => {
            return Err(Problem::invalid_field("/account", "no account has this number or id"));
        }
        found => found?,
    };
    let amount = sent.amount("amount", staff.look.format(), account.currency)?;
    if !amount.is_positive() {
        return Err(Problem::invalid_field("/amount", "the amount must be above zero"));
    }
    let reference = sent.text("reference").to_owned();
    if let Some(fault) = reference_fault(&reference) {
        return Err(Problem::invalid_field("/reference", fault));
    }
    let operation = CashOperation {
        id: TransferId::generate(bank.now(), &bank.random),
        kind: sent.parsed("kind")?,
        account_id: account.id,
        amount,
        reference,
        reason: sent.parsed("reason")?,
        effective_on: sent.day("effective_on")?,
    };
    Ok((account, operation))
}
