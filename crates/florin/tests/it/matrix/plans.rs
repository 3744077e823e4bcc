//! How the database finds what the routes ask for: through an index, in every table that grows.

use std::collections::BTreeMap;

use database::{Database, Engine};
use sea_orm::{ConnectionTrait, Statement};
use serde_json::Value;

use super::table::{Row, is_beside_the_api, path_of, rows};
use super::world::{Which, Who, World};

/// The tables that a bank fills beyond ten thousand rows.
const GROWING: [&str; 23] = [
    "account_owners",
    "accounts",
    "api_keys",
    "approvals",
    "audit_events",
    "challenges",
    "jobs",
    "ledger_accounts",
    "ledger_entries",
    "ledger_holds",
    "ledger_receipts",
    "ledger_transfers",
    "refresh_tokens",
    "sessions",
    "truelayer_accounts",
    "truelayer_calls",
    "truelayer_connections",
    "truelayer_pending_transactions",
    "truelayer_instructions",
    "truelayer_payments",
    "truelayer_reads",
    "truelayer_transactions",
    "users",
];

/// The routes whose question is everything there is, or that run what a night does. The console's home counts customers,
/// the
/// figures about tokens and the page of links count connections.
const ABOUT_EVERYTHING: [&str; 8] = [
    "GET /admin",
    "GET /admin/connections",
    "GET /integrations/truelayer/token-stats",
    "POST /admin/audit-log/verify",
    "POST /admin/jobs/{id}/run",
    "POST /ledger/verify",
    "POST /audit-log/verify",
    "POST /sandbox/clock",
];

/// Indexes that hold only the few rows that are still open: reading one from end to end is no matter.
const OF_FEW_ROWS: [&str; 3] = ["jobs_due", "jobs_dead", "sessions_open"];

#[tokio::test]
async fn no_route_reads_a_growing_table_from_end_to_end() {
    let world = World::new().await;
    let db = &world.app.bank.db;
    assert!(db.statement_texts().is_empty());
    for row in rows().into_iter().filter(is_asked) {
        for who in [Who::Owner, Who::Support, Who::Operations, Who::Admin] {
            world.ask(row.route, who, Which::Owned).await;
        }
    }
    let texts = db.statement_texts();
    let asks = |text: &&String| ["select", "update"].iter().any(|verb| begins(text, verb)) && !is_free(text);
    let mut scans = BTreeMap::new();
    for text in texts.iter().filter(asks) {
        let found = match db.engine() {
            Engine::Postgres => postgres_scans(db, text).await,
            Engine::Sqlite => sqlite_scans(db, text).await,
        };
        if !found.is_empty() {
            scans.insert(text, found);
        }
    }
    assert!(texts.len() > 120, "{} statements were seen", texts.len());
    assert!(scans.is_empty(), "{scans:#?}");
}

#[tokio::test]
async fn a_scan_would_be_seen() {
    let world = World::new().await;
    let db = &world.app.bank.db;
    let found = async |text: &str| match db.engine() {
        Engine::Postgres => postgres_scans(db, text).await,
        Engine::Sqlite => sqlite_scans(db, text).await,
    };
    assert_eq!(found("select id from ledger_transfers where reference = $1").await.len(), 1);
    assert_eq!(found("select id from ledger_transfers order by reference limit 5").await.len(), 1);
    assert!(found("select id from ledger_transfers where id = $1").await.is_empty());
    assert!(found("select id from ledger_transfers order by position limit 5").await.is_empty());
}

fn is_asked(row: &Row) -> bool {
    !is_beside_the_api(path_of(row.route)) && !ABOUT_EVERYTHING.contains(&row.route)
}

/// Says whether a statement looks for what grew old, once a night, or among no ids at all, which needs no table; or
/// belongs to a proof, which reads everything and which a job may run at any time.
fn is_free(text: &str) -> bool {
    let old = begins(text, "update \"sessions\"") && text.contains("\"expires_at\" <=");
    let proof = text.contains("over () as found")
        || text.starts_with("select count(*) as rows from ")
        || text.starts_with("select cast(t.effective_on as text)")
        || text.starts_with("select substr(cast(opened_at as text)");
    // Links are counted every ten minutes, which a job that is made here may run.
    let count = text.contains("GROUP BY \"truelayer_connections\".\"status\"");
    old || proof || count || text.contains("WHERE ? = ?") || text.contains("WHERE $1 = $2")
}

fn begins(text: &str, verb: &str) -> bool {
    text.trim_start().get(..verb.len()).is_some_and(|start| start.eq_ignore_ascii_case(verb))
}

/// Has PostgreSQL plan a statement for any values, without scans where it knows another way: nor for a join that wants all
/// rows of both sides, which it prefers while the tables are as small as here.
async fn postgres_scans(db: &Database, text: &str) -> Vec<String> {
    let tx = db.begin().await.expect("a transaction");
    let set = "set local plan_cache_mode = force_generic_plan; set local enable_seqscan = off; \
               set local enable_hashjoin = off; set local enable_mergejoin = off";
    tx.execute_unprepared(set).await.expect("settings");
    tx.execute_unprepared(&format!("prepare asked as {text}")).await.expect(text);
    let values = vec!["null"; values_of(text)].join(", ");
    let arguments = if values.is_empty() { values } else { format!("({values})") };
    let explain = format!("explain (format json) execute asked{arguments}");
    let row = tx.query_one_raw(Statement::from_string(tx.get_database_backend(), explain)).await;
    let plan: Value = row.expect(text).expect("a plan").try_get_by_index(0).expect("JSON");
    tx.execute_unprepared("deallocate asked").await.expect("forgotten");
    let mut found = Vec::new();
    walk(&plan[0]["Plan"], false, &mut found);
    found
}

/// Returns how many values a statement takes.
fn values_of(text: &str) -> usize {
    let numbers = text.split('$').skip(1).map(|rest| rest.split(|sign: char| !sign.is_ascii_digit()).next());
    numbers.filter_map(|number| number?.parse().ok()).max().unwrap_or(0)
}

/// Notes the nodes that read a growing table from one end; a limit above, in the order of an index, ends that early.
fn walk(node: &Value, limited: bool, found: &mut Vec<String>) {
    let kind = node["Node Type"].as_str().unwrap_or_default();
    let table = node["Relation Name"].as_str().unwrap_or_default();
    let by_key = !node["Index Cond"].is_null();
    let few = node["Index Name"].as_str().is_some_and(|index| OF_FEW_ROWS.contains(&index));
    let whole = kind == "Seq Scan" || (kind.starts_with("Index") && !by_key && !limited);
    if GROWING.contains(&table) && whole && !few {
        found.push(format!("{kind} of {table}"));
    }
    let limited =
        kind == "Limit" || (limited && !matches!(kind, "Sort" | "Aggregate" | "Hash" | "WindowAgg"));
    for child in node["Plans"].as_array().into_iter().flatten() {
        walk(child, limited, found);
    }
}

/// Asks SQLite how it would run a statement.
async fn sqlite_scans(db: &Database, text: &str) -> Vec<String> {
    let explain =
        Statement::from_string(db.read().get_database_backend(), format!("explain query plan {text}"));
    let rows = db.read().query_all_raw(explain).await.expect(text);
    let steps: Vec<String> = rows.iter().map(|row| row.try_get("", "detail").expect("a step")).collect();
    let sorts = steps.iter().any(|step| step.contains("TEMP B-TREE"));
    let limited = text.to_lowercase().contains("limit") && !sorts;
    let scans = steps.into_iter().filter(|step| {
        let Some((name, rest)) =
            step.strip_prefix("SCAN ").map(|step| step.split_once(' ').unwrap_or((step, "")))
        else {
            return false;
        };
        let in_order = limited && (rest.contains("INDEX") || rest.is_empty());
        let of_few = OF_FEW_ROWS.iter().any(|index| rest.ends_with(index));
        GROWING.iter().any(|table| is_called(text, table, name)) && !in_order && !of_few
    });
    scans.collect()
}

/// Says whether a statement calls a table so.
fn is_called(text: &str, table: &str, name: &str) -> bool {
    let forms =
        [format!("{table} {name}"), format!("{table} as {name}"), format!("\"{table}\" AS \"{name}\"")];
    table == name || forms.iter().any(|form| text.contains(form))
}
