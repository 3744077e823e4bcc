//! One transaction: both entries, what it belongs to, and who did it.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use kernel::{Actor, Money, TransferId, UserId};
use ledger::{Transfer, TransferKind};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::words;
use crate::Bank;
use crate::accounts::service::{DescribedAccount, described};
use crate::identity::{self, customer_address, directory, member_address};
use crate::transactions::service::{self, TransactionDetail};
use crate::web::page::{Badge, Forms, Look, Markup, Staff, place_of};
use crate::web::{Path, Problem};

pub(super) fn routes() -> OpenApiRouter<Bank> {
    OpenApiRouter::new().routes(routes!(transaction_page))
}

#[derive(Template)]
#[template(path = "transactions/pages/transaction.html")]
struct TransactionPage<'a> {
    look: &'a Look,
    title: String,
    detail: &'a TransactionDetail,
    badge: Badge,
    sides: Vec<Side>,
    links: Vec<Link>,
    actor: ActorShown,
    rules: &'static str,
    actions: Vec<Markup>,
    history: Markup,
}

/// Shows one account of the transaction.
struct Side {
    is_debit: bool,
    href: Option<String>,
    account: DescribedAccount,
    balance_after: Option<Money>,
}

/// Leads to something that belongs to the transaction.
struct Link {
    label: &'static str,
    id: String,
    href: Option<String>,
}

/// Names who did it.
struct ActorShown {
    name: String,
    href: Option<String>,
}

impl TransactionPage<'_> {
    fn transfer(&self) -> &Transfer {
        &self.detail.transfer
    }

    fn moved(&self) -> bool {
        self.detail.transfer.kind.has_entries()
    }
}

/// Shows one transaction. The look is written into the audit log.
#[utoipa::path(
    get, path = "/admin/transactions/{id}", tag = "transaction-pages", operation_id = "transaction_page",
    responses((status = 200))
)]
async fn transaction_page(
    State(bank): State<Bank>,
    staff: Staff,
    Path(id): Path<TransferId>,
) -> Result<Response, Problem> {
    let detail = service::find(&bank, &staff.caller, id).await?;
    let forms = Forms::default();
    let mut actions = Vec::new();
    for action in staff.contributions.transaction_actions {
        actions.push(action(&bank, &staff, id, &forms).await?);
    }
    let page = TransactionPage {
        look: &staff.look,
        title: words::what(&detail.transfer.code),
        badge: words::badge(&detail, bank.now()),
        sides: sides(&bank, &detail).await?,
        links: links(&detail),
        actor: actor(&bank, &detail).await?,
        rules: words::rules(detail.transfer.authority),
        history: identity::history(&bank, &staff, &id.to_string()).await?,
        detail: &detail,
        actions,
    };
    staff.show(&page)
}

/// Describes both accounts, debit first.
async fn sides(bank: &Bank, detail: &TransactionDetail) -> Result<Vec<Side>, Problem> {
    let transfer = &detail.transfer;
    let ids = [transfer.debit_account_id, transfer.credit_account_id];
    let accounts = described(bank.db.latest(), &ids).await?;
    let side = |account: DescribedAccount| {
        let entry = detail.entries.iter().find(|line| line.entry.account_id == account.id());
        Side {
            is_debit: account.id() == transfer.debit_account_id,
            href: place_of(&account.id()).filter(|_| account.is_customers()),
            balance_after: entry.map(|line| line.balance_after),
            account,
        }
    };
    Ok(accounts.into_iter().map(side).collect())
}

/// Lists what the transaction came from, and what came of it.
fn links(detail: &TransactionDetail) -> Vec<Link> {
    let of = match detail.transfer.kind {
        TransferKind::Reversal => "Reverses",
        TransferKind::Capture => "Captures the hold",
        _ => "Releases the hold",
    };
    let link = |label, id: String| Link { label, href: place_of(&id), id };
    let transfer = |label, id: TransferId| link(label, id.to_string());
    let resolved_by = detail.hold.as_ref().and_then(|hold| hold.resolved_by);
    let approval = detail.origin.and_then(|origin| origin.approval_id);
    let one = [
        detail.transfer.of_transfer_id.map(|id| transfer(of, id)),
        resolved_by.map(|id| transfer("Resolved by", id)),
        detail.reversed_by.map(|id| transfer("Reversed by", id)),
        approval.map(|id| link("Approved", id.to_string())),
    ];
    let linked = detail.linked.iter().map(|id| transfer("Booked together with", *id));
    one.into_iter().flatten().chain(linked).collect()
}

async fn actor(bank: &Bank, detail: &TransactionDetail) -> Result<ActorShown, Problem> {
    Ok(match detail.origin.map(|origin| origin.actor) {
        Some(Actor::Customer(id)) => person(bank, id, customer_address(id)).await?,
        Some(Actor::Staff(id)) => person(bank, id, member_address(id)).await?,
        Some(Actor::ApiKey(id)) => ActorShown { name: format!("the API key {id}"), href: None },
        Some(Actor::System) | None => ActorShown { name: "the bank itself".to_owned(), href: None },
    })
}

async fn person(bank: &Bank, id: UserId, address: String) -> Result<ActorShown, Problem> {
    let names = directory::named(bank.db.read(), [id]).await?;
    let name = names.get(&id).cloned().unwrap_or_else(|| id.to_string());
    Ok(ActorShown { name, href: Some(address) })
}
