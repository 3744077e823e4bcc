//! Every route that a customer reads, one after the other.
//!
//! The list is the server's own document, so that a new route is measured without a line here.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};

use super::load::{Callers, Load, measure};
use super::report::{Outcome, Tally};
use crate::say::say;

/// Over how many connections each route is asked.
const CONNECTIONS: [usize; 3] = [100, 500, 1_000];

/// Measures every route over every number of connections, and prints a table.
pub(super) async fn run(callers: &Arc<Callers>, load: Load, json: Option<&Path>) -> anyhow::Result<()> {
    let document = callers.fetch("/api/openapi.json").await?;
    let mut rows = Vec::new();
    say(format_args!(
        "| Route | connections | a second | p50 ms | p95 ms | p99 ms |\n|---|---|---|---|---|---|"
    ));
    for route in readable(&document)? {
        // A route that is not the customer's, or wants more than an account, is left out.
        if ask(callers, &load, (&route, 1), Duration::from_millis(200)).await?.count(Outcome::Refused) > 0 {
            continue;
        }
        for connections in CONNECTIONS {
            let tally = ask(callers, &load, (&route, connections), load.measured).await?;
            let (rate, failed) = (tally.per_second(), tally.count(Outcome::Failed));
            ensure!(failed == 0, "{route}: {failed} requests failed");
            let [p50, p95, p99] = [0.50, 0.95, 0.99].map(|quantile| tally.within(quantile));
            say(format_args!("| `GET {route}` | {connections} | {rate} | {p50} | {p95} | {p99} |"));
            rows.push(json!({
                "route": route, "connections": connections, "per_second": rate, "p50_ms": p50, "p95_ms": p95,
                "p99_ms": p99,
            }));
        }
    }
    if let Some(path) = json {
        let text = Value::Array(rows).to_string();
        std::fs::write(path, text).with_context(|| format!("{} cannot be written", path.display()))?;
    }
    Ok(())
}

async fn ask(
    callers: &Arc<Callers>,
    load: &Load,
    (route, connections): (&str, usize),
    measured: Duration,
) -> anyhow::Result<Tally> {
    let warm_up = load.warm_up.min(measured);
    measure(callers.clone(), Load { route: route.to_owned(), connections, measured, warm_up, ..load.clone() })
        .await
}

/// Lists the paths that are read and name nothing, or an account.
fn readable(document: &Value) -> anyhow::Result<Vec<String>> {
    let paths = document["paths"].as_object().context("the document has no paths")?;
    let is_meant = |path: &str| {
        let rest = path.replace("/accounts/{id}", "/accounts");
        !rest.contains('{') && !rest.ends_with("/export")
    };
    let read = paths.iter().filter(|(path, item)| item.get("get").is_some() && is_meant(path));
    Ok(read.map(|(path, _)| path.clone()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_names_an_account_or_nothing_is_asked_for() {
        let document = json!({ "paths": {
            "/api/v1/accounts": { "get": {}, "post": {} }, "/api/v1/accounts/{id}/holds": { "get": {} },
            "/api/v1/users/{id}": { "get": {} }, "/api/v1/transfers": { "post": {} },
        } });
        assert_eq!(readable(&document).unwrap(), ["/api/v1/accounts", "/api/v1/accounts/{id}/holds"]);
        assert!(readable(&json!({})).is_err());
    }
}
