//! Accounts.

use bank::accounts::service::{self as accounts, AddOwner};
use bank::accounts::{OwnerRole, StatusChange};
use kernel::AccountId;
use serde_json::json;

use super::{Ask, absent};
use crate::matrix::world::{REASON, Which, World, gbp, reason, system};

/// Makes a request about A's account, or about one like it where the request uses it up.
pub async fn of(world: &World, route: &'static str, which: Which) -> Option<Ask> {
    let ask = Ask::to(route);
    let because = json!({ "reason": REASON });
    let body = match route {
        "GET /products" | "GET /accounts" => return Some(ask),
        "POST /accounts" => {
            let holder = world.owner().user_id;
            let body = json!({ "product": "current-gbp", "holder_id": holder, "reason": REASON });
            return Some(ask.body(body));
        }
        "GET /accounts/{id}"
        | "GET /accounts/{id}/balance"
        | "GET /accounts/{id}/transactions"
        | "GET /accounts/{id}/holds"
        | "GET /accounts/{id}/owners" => return Some(ask.with("id", account(world, route, which).await)),
        "PATCH /accounts/{id}" => json!({ "nickname": "Rainy days", "reason": REASON }),
        "PATCH /accounts/{id}/limits" => json!({ "single": gbp(900_000), "reason": REASON }),
        "POST /accounts/{id}/owners" => {
            json!({ "user_id": world.newcomer, "role": "attorney_view", "reason": REASON })
        }
        "POST /accounts/{id}/freeze"
        | "POST /accounts/{id}/block-debits"
        | "POST /accounts/{id}/unfreeze"
        | "POST /accounts/{id}/close" => because,
        "DELETE /accounts/{id}/owners/{user}" => {
            let ask = ask.with("id", account(world, route, which).await).with("user", world.newcomer);
            return Some(ask.query(format!("reason={}", REASON.replace(' ', "+"))));
        }
        _ => return None,
    };
    Some(ask.with("id", account(world, route, which).await).body(body))
}

/// Names A's account, or one like it where the request uses it up.
pub(super) async fn account(world: &World, route: &str, which: Which) -> String {
    if which == Which::Missing {
        return absent(AccountId::PREFIX);
    }
    if route.starts_with("GET ") || route.starts_with("PATCH ") {
        return world.account.to_string();
    }
    let (bank, account) = (&world.app.bank, world.fresh_account().await);
    let by = system(&world.app);
    match route {
        "DELETE /accounts/{id}/owners/{user}" => {
            let (user, role) = (world.newcomer, OwnerRole::AttorneyView);
            let command = AddOwner { account, user, role, reason: Some(reason()) };
            accounts::add_owner(bank, &by, command).await.unwrap();
        }
        "POST /accounts/{id}/unfreeze" => {
            accounts::set_status(bank, &by, account, StatusChange::Freeze, reason()).await.unwrap();
        }
        _ => {}
    }
    account.to_string()
}
