//! One account: what it holds, what binds it, who owns it, and what can be done.

use std::collections::HashMap;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use kernel::{AccountId, Money, UserId};
use ledger::{AccountStatus, Balance, Hold};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::words::{hold_badge, role, status_badge};
use crate::accounts::service::{self, AccountDetail, AccountSheet};
use crate::identity::{self, customer_address, directory};
use crate::web::page::{Badge, Forms, Look, Markup, Staff, place_of};
use crate::web::{Path, Problem};
use crate::{Bank, Permission};

/// How many holds the page shows.
const HOLDS: u16 = 15;

pub(super) fn routes() -> OpenApiRouter<Bank> {
    OpenApiRouter::new().routes(routes!(account_page))
}

/// Returns where an account's page is.
pub(super) fn address(id: AccountId) -> String {
    place_of(&id).unwrap_or_default()
}

#[derive(Template)]
#[template(path = "accounts/pages/account.html")]
struct AccountPage<'a> {
    look: &'a Look,
    title: String,
    forms: &'a Forms,
    sheet: &'a AccountSheet,
    balance: Balance,
    limits: Vec<Limit>,
    owners: Vec<Owner>,
    holds: Vec<HeldRow>,
    panels: Vec<Markup>,
    actions: Vec<Markup>,
    history: Markup,
}

/// Shows one limit and how much of it is used.
struct Limit {
    label: &'static str,
    most: Option<Money>,
    used: Option<Money>,
}

/// Shows somebody who owns the account, or acts for those who do.
struct Owner {
    name: String,
    href: String,
    role: &'static str,
}

/// Shows money that is or was reserved.
struct HeldRow {
    href: String,
    badge: Badge,
    is_pending: bool,
    hold: Hold,
}

impl AccountPage<'_> {
    fn href(&self) -> String {
        address(self.sheet.account.id)
    }

    fn badge(&self) -> Badge {
        status_badge(self.sheet.books.status)
    }

    fn is(&self, status: &str) -> bool {
        self.sheet.books.status.as_str() == status
    }

    fn is_closed(&self) -> bool {
        self.sheet.books.status == AccountStatus::Closed
    }

    /// Writes a limit as it is typed; nothing where there is none.
    fn typed(&self, name: &str) -> String {
        let bounds = self.sheet.books.limits();
        let amount = match name {
            "single" => bounds.largest,
            "day" => bounds.day,
            "month" => bounds.month,
            _ => Some(self.sheet.books.overdraft_limit()),
        };
        amount.map_or_else(String::new, |amount| self.look.format().amount(amount))
    }

    fn most_overdraft(&self) -> String {
        format!("Up to {}.", self.look.format().amount(self.sheet.product.most_overdraft()))
    }

    fn may_act(&self) -> bool {
        [Permission::FreezeAccounts, Permission::LimitAccounts, Permission::CloseAccounts]
            .into_iter()
            .any(|permission| self.look.may(permission))
    }
}

impl Limit {
    /// Says whether there is something to use up.
    fn bounds(&self) -> bool {
        self.most.is_some_and(Money::is_positive)
    }

    /// Says how much is used in thousandths, which is as fine as a line on the screen.
    fn thousandths(&self) -> i128 {
        let (Some(most), Some(used)) = (self.most, self.used) else { return 0 };
        (i128::from(used.minor()) * 1000).checked_div(i128::from(most.minor())).unwrap_or(1000).min(1000)
    }
}

/// Shows one account. The look is written into the audit log.
#[utoipa::path(
    get, path = "/admin/accounts/{id}", tag = "account-pages", operation_id = "account_page",
    responses((status = 200))
)]
async fn account_page(
    State(bank): State<Bank>,
    staff: Staff,
    Path(id): Path<AccountId>,
) -> Result<Response, Problem> {
    show(&bank, &staff, id, &Forms::default()).await
}

/// Shows one account, with a form that may have been refused.
pub(super) async fn show(
    bank: &Bank,
    staff: &Staff,
    id: AccountId,
    forms: &Forms,
) -> Result<Response, Problem> {
    let AccountDetail { sheet, holds } = service::get_detail(bank, &staff.caller, id, HOLDS).await?;
    let (mut panels, mut actions) = (Vec::new(), Vec::new());
    for panel in staff.contributions.account {
        panels.push(panel(bank, staff, id, forms).await?);
    }
    for action in staff.contributions.account_actions {
        actions.push(action(bank, staff, id, forms).await?);
    }
    let history = identity::history(bank, staff, &id.to_string()).await?;
    let people: Vec<UserId> = sheet.owners.iter().map(|owner| owner.user_id).collect();
    let names = directory::named(bank.db.read(), people).await?;
    let now = bank.now();
    let page = AccountPage {
        look: &staff.look,
        title: sheet.account.number.grouped(),
        forms,
        balance: sheet.books.balance(),
        limits: limits(&sheet),
        owners: owners(&sheet, &names),
        holds: holds.into_iter().map(|hold| HeldRow::new(hold, now)).collect(),
        sheet: &sheet,
        panels,
        actions,
        history,
    };
    staff.show_with(forms, &page)
}

fn limits(sheet: &AccountSheet) -> Vec<Limit> {
    let (books, on) = (&sheet.books, sheet.business_on);
    let money = |minor| Some(Money::new(minor, books.currency));
    let bounds = books.limits();
    vec![
        Limit { label: "Single payment", most: bounds.largest, used: None },
        Limit { label: "Today", most: bounds.day, used: money(books.spent_on_day(on)) },
        Limit { label: "This month", most: bounds.month, used: money(books.spent_in_month(on)) },
        Limit {
            label: "Overdraft",
            most: Some(books.overdraft_limit()),
            used: money((-books.ledger_minor()).max(0)),
        },
    ]
}

fn owners(sheet: &AccountSheet, names: &HashMap<UserId, String>) -> Vec<Owner> {
    let owner = |owner: &crate::accounts::AccountOwner| Owner {
        name: names.get(&owner.user_id).cloned().unwrap_or_else(|| owner.user_id.to_string()),
        href: customer_address(owner.user_id),
        role: role(owner.role),
    };
    sheet.owners.iter().map(owner).collect()
}

impl HeldRow {
    fn new(hold: Hold, now: kernel::Instant) -> Self {
        let state = hold.state_at(now);
        Self {
            href: place_of(&hold.id).unwrap_or_default(),
            badge: hold_badge(state),
            is_pending: state == ledger::HoldState::Pending,
            hold,
        }
    }
}
