//! Accounts at other banks.

use bank::openbanking::service::{Begin, begin};
use serde_json::json;

use super::{Ask, absent};
use crate::matrix::world::{Which, World};

/// Makes a request about a connection that A has just begun.
pub async fn of(world: &World, route: &'static str, which: Which) -> Option<Ask> {
    let ask = Ask::to(route);
    Some(match route {
        "POST /integrations/truelayer/auth" => ask.body(json!({ "provider_id": "mock" })),
        "GET /integrations/truelayer/callback" => ask.query("state=nobodys&code=none"),
        "POST /integrations/truelayer/callback"
        | "GET /integrations/truelayer/connections"
        | "GET /integrations/truelayer/token-stats"
        | "GET /integrations/truelayer/providers" => ask,
        "GET /integrations/truelayer/connections/{id}"
        | "DELETE /integrations/truelayer/connections/{id}"
        | "POST /integrations/truelayer/connections/{id}/refresh-tokens"
        | "POST /integrations/truelayer/connections/{id}/reauthenticate" => {
            ask.with("id", connection(world, which).await)
        }
        _ => return None,
    })
}

async fn connection(world: &World, which: Which) -> String {
    match which {
        Which::Missing => absent("con"),
        Which::Owned => {
            let begun = begin(&world.app.bank, &world.caller_of_owner(), Begin::default()).await;
            begun.unwrap().connection_id.to_string()
        }
    }
}
