//! The console's pages and forms.

use serde_json::json;

use super::{Ask, people};
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
    let ask = Ask::to(route);
    Some(match route {
        "POST /admin/theme" => ask.body(json!({ "theme": "dark", "back": "/admin/customers" })),
        // Whoever is signed in signs in again as somebody else.
        "POST /admin/sign-in" => {
            let (_, email) = world.app.user("Mio Doe", vec![bank::Role::Support], None).await;
            ask.body(json!({ "email": email, "password": PASSWORD, "next": "/admin/customers" }))
        }
        "POST /admin/sign-out" | "POST /admin/me/sign-out-everywhere" => ask.by_twin_clerk(world, who).await,
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
