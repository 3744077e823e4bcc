//! The pages and forms of both sides.

use kernel::JobId;
use serde_json::json;

use super::{Ask, accounts, links, money, oversight, people};
use crate::harness::PASSWORD;
use crate::matrix::table::{is_page, path_of};
use crate::matrix::world::{REASON, Which, Who, World};

/// Asks for a page, or sends its form with everything that it needs but the token, which the sender adds.
pub async fn of(world: &World, route: &'static str, who: Who, which: Which) -> Option<Ask> {
    let path = path_of(route);
    if !is_page(path) {
        return None;
    }
    if path.starts_with("/admin/customers/{id}") {
        let ask = Ask::to(route).with("id", people::user(world, route, who, which).await);
        let field = if route.ends_with("/notes") { "text" } else { "reason" };
        let mut body = json!({ field: REASON });
        if route.ends_with("/kyc-level") {
            body["level"] = json!("2");
        }
        return Some(ask.body(body));
    }
    if let Some(ask) = of_money(world, route, which).await {
        return Some(ask);
    }
    if let Some(ask) = team(world, route, which).await {
        return Some(ask);
    }
    if let Some(ask) = watching(world, route, which).await {
        return Some(ask);
    }
    if let Some(ask) = links::page(world, route, which).await {
        return Some(ask);
    }
    let ask = Ask::to(route);
    Some(match route {
        "POST /admin/theme" => ask.body(json!({ "theme": "dark", "back": "/admin/customers" })),
        // Whoever is signed in signs in again as somebody else.
        "POST /admin/sign-in" => {
            let (_, email) = world.app.user("Mio Doe", vec![bank::Role::Support], None).await;
            ask.body(json!({ "email": email, "password": PASSWORD, "next": "/admin/customers" }))
        }
        "POST /my/sign-in" => {
            let (_, email) = world.app.user("Mio Doe", vec![bank::Role::Customer], None).await;
            ask.body(json!({ "email": email, "password": PASSWORD, "next": "/my" }))
        }
        "POST /my/sign-out" | "POST /admin/sign-out" | "POST /admin/me/sign-out-everywhere" => {
            ask.by_twin_clerk(world, who).await
        }
        "POST /admin/me/sessions/{id}/end" => ask.with("id", people::session(world, which).await),
        "POST /admin/me/password" => {
            let body = json!({ "current_password": PASSWORD, "password": "walnut ferry canopy" });
            ask.body(body).by_twin_clerk(world, who).await
        }
        "POST /admin/me/recovery-codes" | "POST /admin/me/second-factor" => {
            ask.body(json!({ "password": PASSWORD })).by_twin_clerk(world, who).await
        }
        "POST /admin/me/second-factor/confirm" => {
            ask.body(json!({ "code": "000000" })).by_twin_clerk(world, who).await
        }
        _ => ask,
    })
}

/// The same for the pages about accounts and what moves on them.
async fn of_money(world: &World, route: &'static str, which: Which) -> Option<Ask> {
    let (ask, path) = (Ask::to(route), path_of(route));
    if path.starts_with("/admin/accounts/{id}") {
        let like = route.replacen(" /admin/", " /", 1);
        let ask = ask.with("id", accounts::account(world, &like, which).await);
        return Some(ask.body(json!({ "reason": REASON, "single": "5,000.00", "overdraft": "0" })));
    }
    if path.starts_with("/admin/transactions/{id}") {
        let ask = ask.with("id", money::transfer(world, route, which).await);
        return Some(ask.body(json!({ "reason": REASON, "idempotency_key": key(world) })));
    }
    if path.starts_with("/admin/approvals/{id}") {
        let ask = ask.with("id", oversight::approval(world, which).await);
        return Some(ask.body(json!({ "reason": REASON })));
    }
    path.starts_with("/admin/cash-operations").then(|| {
        ask.body(json!({
            "kind": "deposit", "account": world.account, "amount": "1.00", "reason": REASON,
            "idempotency_key": key(world),
        }))
    })
}

/// Asks for what is the team's.
async fn team(world: &World, route: &'static str, which: Which) -> Option<Ask> {
    let ask = Ask::to(route);
    let body = match route {
        "POST /admin/team/invitations" => {
            let email = people::new_address(world);
            json!({ "email": email, "roles": ["support"], "reason": REASON, "idempotency_key": key(world) })
        }
        "POST /admin/team/api-keys" => json!({
            "name": "books", "scopes": ["users:read"], "expires_in_days": "7", "idempotency_key": key(world)
        }),
        "POST /admin/team/api-keys/{id}/revoke" => {
            return Some(ask.with("id", people::api_key(world, which).await));
        }
        "POST /admin/team/{id}/roles" => json!({ "roles": ["auditor"], "reason": REASON }),
        _ if path_of(route).starts_with("/admin/team/{id}") => json!({ "reason": REASON }),
        _ => return None,
    };
    let is_member = path_of(route).starts_with("/admin/team/{id}");
    let ask = if is_member { ask.with("id", people::member(world, route, which).await) } else { ask };
    Some(ask.body(body))
}

/// Asks for what staff watches the bank by.
async fn watching(world: &World, route: &'static str, which: Which) -> Option<Ask> {
    let (ask, because) = (Ask::to(route), json!({ "reason": REASON }));
    Some(match route {
        "POST /admin/ledger/months/close" => ask.body(json!({ "month": "2026-02", "reason": REASON })),
        "GET /admin/ledger/proofs/{id}" => ask.with("id", oversight::proof(world, which).await),
        "GET /admin/audit-log/{id}" => ask.with("id", oversight::event(world, which).await),
        "GET /admin/jobs/{id}" => ask.with("id", oversight::job(world, false, which).await),
        "POST /admin/jobs/{id}/replay" => {
            ask.with("id", oversight::job(world, true, which).await).body(because)
        }
        "POST /admin/jobs/{id}/run" => {
            ask.with("id", oversight::job(world, false, which).await).body(because)
        }
        "GET /admin/jobs/schedules/{name}" => ask.with("name", oversight::schedule(which)),
        "POST /admin/jobs/schedules/{name}" => ask
            .with("name", oversight::schedule(which))
            .body(json!({ "reason": REASON, "idempotency_key": key(world) })),
        _ => return None,
    })
}

/// Makes the key of a form that was never sent.
fn key(world: &World) -> String {
    JobId::generate(world.app.bank.now(), &world.app.bank.random).to_string()
}
