//! What waits for whoever looks, what they asked for, and what is decided.

use std::collections::HashMap;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use kernel::{ApprovalId, UserId};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::words;
use crate::approvals::{Approval, ApprovalFilter, ApprovalState, ApprovalView, service};
use crate::identity::directory;
use crate::web::Problem;
use crate::web::page::{Badge, Listing, Look, Staff, place_of};
use crate::{Bank, Permission};

pub(super) fn routes() -> OpenApiRouter<Bank> {
    OpenApiRouter::new().routes(routes!(approvals_page))
}

#[derive(Template)]
#[template(path = "approvals/pages/approvals.html")]
struct ApprovalsPage<'a> {
    look: &'a Look,
    title: &'static str,
    listing: Listing,
    tabs: [Tab; 3],
    view: ApprovalView,
    rows: Vec<Row>,
}

/// Shows one of the views to choose from.
struct Tab {
    label: &'static str,
    href: &'static str,
    is_current: bool,
}

/// Holds one row of the list.
pub(super) struct Row {
    pub(super) approval: Approval,
    pub(super) kind: String,
    pub(super) summary: String,
    pub(super) maker: String,
    pub(super) checker: String,
    pub(super) badge: Badge,
    pub(super) href: String,
    pub(super) is_pending: bool,
}

/// Lists commands that need or had a second person, newest first.
#[utoipa::path(
    get, path = "/admin/approvals", tag = "approval-pages", operation_id = "approvals_page",
    responses((status = 200))
)]
async fn approvals_page(
    State(bank): State<Bank>,
    staff: Staff,
    listing: Listing,
) -> Result<Response, Problem> {
    let page = listing.page_of::<ApprovalId>()?;
    let view = listing.chosen::<ApprovalView>("view")?.unwrap_or(ApprovalView::Waiting);
    let filter = ApprovalFilter { view: Some((view, staff.caller.user_id)), ..ApprovalFilter::default() };
    let page = service::list(&bank, &staff.caller, filter, page).await?;
    let listing = listing.followed_by(page.next.as_ref());
    let rows = rows(&bank, page.items).await?;
    let tabs = tabs(view, staff.look.may(Permission::DecideApprovals));
    staff.show(&ApprovalsPage { look: &staff.look, title: "Approvals", listing, tabs, view, rows })
}

fn tabs(current: ApprovalView, decides: bool) -> [Tab; 3] {
    let waiting = if decides { "Waiting for you" } else { "Waiting" };
    [
        (waiting, "/admin/approvals", ApprovalView::Waiting),
        ("Asked for by you", "/admin/approvals?view=own", ApprovalView::Own),
        ("Decided", "/admin/approvals?view=decided", ApprovalView::Decided),
    ]
    .map(|(label, href, view)| Tab { label, href, is_current: view == current })
}

/// Names the people of each command.
pub(super) async fn rows(bank: &Bank, approvals: Vec<Approval>) -> Result<Vec<Row>, Problem> {
    let makers = approvals.iter().map(|row| row.maker_user_id);
    let people: Vec<UserId> = makers.chain(approvals.iter().filter_map(|row| row.checker_user_id)).collect();
    let names = directory::named(bank.db.read(), people).await?;
    let now = bank.now();
    Ok(approvals.into_iter().map(|approval| Row::new(approval, now, &names)).collect())
}

impl Row {
    pub(super) fn new(approval: Approval, now: kernel::Instant, names: &HashMap<UserId, String>) -> Self {
        let state = approval.state_at(now);
        let name = |id: UserId| names.get(&id).cloned().unwrap_or_else(|| "somebody".to_owned());
        Self {
            kind: words::kind(&approval.kind),
            summary: words::sentence(&approval.summary),
            maker: name(approval.maker_user_id),
            checker: approval.checker_user_id.map(name).unwrap_or_default(),
            badge: words::badge(state, approval.checker_user_id == Some(approval.maker_user_id)),
            href: place_of(&approval.id).unwrap_or_default(),
            is_pending: state == ApprovalState::Pending,
            approval,
        }
    }
}
